package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"gorm.io/gorm/logger"

	"parley/chat"
)

// waits makes a customer's room whose conversation waits.
func waits(room, key string) chat.Command {
	return chat.Command{Room: room, Decide: func(chat.State) (chat.Effects, error) {
		return chat.Effects{
			Room:         &chat.Room{Kind: chat.KindCustomer, Creator: "u"},
			Members:      []chat.Member{{User: "u", State: chat.MemberActive}},
			Conversation: &chat.Conversation{Key: key, State: chat.Waiting, WaitingSince: start},
		}, nil
	}}
}

// inboxPlans are the inbox's reads, and for each database the index that it must go
// by. A poll is one statement.
var inboxPlans = []struct {
	name  string
	read  func(*Store) error
	index []string
}{
	{"poll", func(s *Store) error { _, err := s.Poll(s.index.stop, "k7", 3, 5); return err }, []string{"conversations_key", "messages_seq", "conversations_queue"}},
	{"queue", func(s *Store) error { _, err := s.Queue(s.index.stop, 5); return err }, []string{"conversations_queue"}},
	{"deserted", func(s *Store) error { _, err := s.Deserted(s.index.stop, start, 5); return err }, []string{"conversations_agent"}},
	{"by state", func(s *Store) error {
		_, _, err := s.Conversations(s.index.stop, chat.ConversationQuery{State: chat.Resolved, Page: chat.Page{Limit: 5}})
		return err
	}, []string{"conversations_state"}},
	{"those that wait", func(s *Store) error {
		_, _, err := s.Conversations(s.index.stop, chat.ConversationQuery{State: chat.Waiting, Page: chat.Page{Limit: 5}})
		return err
	}, []string{"conversations_queue"}},
	{"all", func(s *Store) error {
		_, _, err := s.Conversations(s.index.stop, chat.ConversationQuery{Page: chat.Page{Limit: 5}})
		return err
	}, []string{"conversations_listed"}},
}

// unindexed is what no plan may have: a walk through a whole table, or sorting what
// is listed.
var unindexed = regexp.MustCompile(`Seq Scan on (conversations|rooms|messages|members)|Bitmap|Sort Key: [cmq]\.|FOR ORDER BY`)

// TestInboxPlans: polls, the queue and lists of the inbox go by indexes on both
// databases, in their order, and stop at the end of their page.
func TestInboxPlans(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, Options{URL: url})
		fillInbox(t, s)
		var statements []string
		explainSQLite := tap(s, func(sql string) { statements = append(statements, sql) })
		explain := explainSQLite
		if s.db.write.Name() == "postgres" {
			explain = func(sql string) string { return explainPostgres(t, s, sql) }
		}
		for _, p := range inboxPlans {
			statements = nil
			if err := p.read(s); err != nil {
				t.Fatalf("%s: %v", p.name, err)
			}
			if p.name == "poll" && len(statements) != 1 {
				t.Errorf("a poll is %d statements:\n%s", len(statements), strings.Join(statements, "\n"))
			}
			for _, sql := range statements {
				if !strings.Contains(sql, "conversations c") || strings.Contains(sql, "SELECT count(*) FROM conversations c") ||
					strings.HasPrefix(sql, "SELECT c.room_id FROM") {
					continue // numbers, places, last messages
				}
				plan := explain(sql)
				for _, index := range p.index {
					if !strings.Contains(plan, index) {
						t.Errorf("%s: %s is not used: %s\n%s", p.name, index, sql, plan)
					}
				}
				if unindexed.MatchString(plan) || scans(plan) {
					t.Errorf("%s: %s\n%s", p.name, sql, plan)
				}
			}
		}
	})
}

// fillInbox makes many conversations in all states, one with many messages.
func fillInbox(t testing.TB, s *Store) {
	t.Helper()
	const n, m = 5000, 3000
	numbers := "WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < "
	for _, sql := range []string{
		fmt.Sprintf(`INSERT INTO rooms (id, name, kind, visibility, creator_id, seq, version, participant_count, last_message_id, created_at,
			updated_at, active_at, deleted) %s%d) SELECT 'r' || n, '', 'customer', '', 'u' || n, %d, 0, 0, '', 0, 0, 0, false FROM n`, numbers, n, m),
		fmt.Sprintf(`INSERT INTO conversations (room_id, key, name, email, user_id, state, agent_id, reason, waiting_since, created_at,
			updated_at, deleted) %s%d) SELECT 'r' || n, 'k' || n, '', '', '', CASE n %% 4 WHEN 0 THEN 'bot' WHEN 1 THEN 'assigned' WHEN 2 THEN 'resolved'
			ELSE 'waiting' END, 'a' || n %% 9, '', n, n, n, false FROM n`, numbers, n),
		fmt.Sprintf(`INSERT INTO messages (id, room_id, seq, version, born_version, sender_id, text, type, files, reply_to, status, edited_at,
			created_at, updated_at, deleted) %s%d) SELECT 'm' || n, 'r7', n + 1, n + 1, n + 1, 'u7', 'x', 'text', '', '', 'complete', 0, n, n, false FROM n`, numbers, m),
		fmt.Sprintf(`INSERT INTO members (room_id, user_id, state, read_seq, joined_at) %s%d) SELECT 'r' || n, 'u' || n, 'active', 0, 0 FROM n`, numbers, n),
		`VACUUM`,
		`ANALYZE`,
	} {
		if err := s.db.write.Exec(sql).Error; err != nil {
			t.Fatal(err)
		}
	}
}

func explainPostgres(t *testing.T, s *Store, sql string) string {
	t.Helper()
	quiet := *s.db.read
	config := *quiet.Config
	config.Logger = logger.Discard
	quiet.Config = &config
	var lines []string
	if err := quiet.Raw("EXPLAIN " + strings.ReplaceAll(sql, `"`, "'")).Scan(&lines).Error; err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// TestErasedTextIsGone looks through every row of every table, the search index
// included, for what was said in an erased conversation, whether its room stays or
// is deleted. SQLite's index keeps a removed document's words, of no document then,
// until it merges its segments, which it is told to here.
func TestErasedTextIsGone(t *testing.T) {
	const secret = "xylographie"
	onEach(t, func(t *testing.T, url string) {
		s := open(t, Options{URL: url})
		for _, room := range []string{"stays", "deleted"} {
			sayEverywhere(t, s, room, secret)
			if found := holds(t, s, secret); len(found) < 6 {
				t.Fatal("too little of it is found before: ", found)
			}
			change := func(change func(chat.State) chat.Effects) {
				t.Helper()
				wantCode(t, "erase", (<-submit(s, chat.Command{Room: room, Decide: func(st chat.State) (chat.Effects, error) { return change(st), nil }})).err, "")
			}
			change(func(chat.State) chat.Effects { return chat.Effects{CloseReply: chat.StatusCancelled} })
			change(func(st chat.State) chat.Effects {
				st.Room.Deleted = room == "deleted"
				return chat.Effects{Room: &st.Room, Clear: true, Erase: true}
			})
			if err := s.Indexed(t.Context()); err != nil {
				t.Fatal(err)
			}
			if s.db.write.Name() != "postgres" {
				if err := s.db.write.Exec("INSERT INTO search_words(search_words) VALUES ('optimize')").Error; err != nil {
					t.Fatal(err)
				}
			}
			if found := holds(t, s, secret); len(found) > 0 {
				t.Error(room, "is still in ", found)
			}
		}
	})
}

// sayEverywhere puts a word into everything that a conversation has.
func sayEverywhere(t *testing.T, s *Store, room, word string) {
	t.Helper()
	apply := func(e chat.Effects, hooks func(chat.Outcome) []chat.Delivery) {
		t.Helper()
		cmd := chat.Command{Room: room, Hooks: hooks, Decide: func(chat.State) (chat.Effects, error) { return e, nil }}
		wantCode(t, "say", (<-submit(s, cmd)).err, "")
	}
	wantCode(t, "room", (<-submit(s, waits(room, "key "+room))).err, "")
	apply(chat.Effects{
		Conversation: &chat.Conversation{Name: word, Email: word, Reason: word, State: chat.Waiting},
		Note:         &chat.Note{ID: "note " + room, Author: "eve", Text: word},
	}, func(chat.Outcome) []chat.Delivery {
		body, _ := json.Marshal(map[string]string{"content": word})
		return []chat.Delivery{{ID: "delivery " + room, Webhook: "w", Event: chat.HookMessage, Body: body}}
	})
	for i := range 3 {
		apply(chat.Effects{Insert: &chat.Message{
			ID: fmt.Sprint(room, i), Sender: "u", Text: "ann " + word, Type: chat.ContentText, CreatedAt: start,
		}}, nil)
	}
	apply(chat.Effects{Insert: &chat.Message{
		ID: room + " reply", Sender: chat.BotSender("b"), Text: word, Type: chat.ContentText, Status: chat.StatusStreaming, CreatedAt: start,
		Reply: &chat.ReplyRecord{Sources: []chat.Source{{Document: word, Passage: word}}},
	}}, nil)
	if err := s.Indexed(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// holds names the tables that have a row with the text.
func holds(t *testing.T, s *Store, text string) (tables []string) {
	t.Helper()
	list := `SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'`
	if s.db.write.Name() == "postgres" {
		list = `SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`
	}
	var names []string
	if err := s.db.write.Raw(list).Scan(&names).Error; err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		rows, err := s.db.write.Raw(`SELECT * FROM ` + name).Rows()
		if err != nil {
			t.Fatal(name, err)
		}
		if rowsHold(t, rows, text) {
			tables = append(tables, name)
		}
	}
	return tables
}

func rowsHold(t *testing.T, rows *sql.Rows, text string) (found bool) {
	t.Helper()
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, targets := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if b, ok := v.([]byte); ok {
				v = string(b)
			}
			found = found || strings.Contains(fmt.Sprint(v), text)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}
