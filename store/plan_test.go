package store

import (
	"strings"
	"testing"

	"parley/chat"
)

// TestReadsUseIndexes explains every read on SQLite: none may go through a whole
// table, and only lists that are small by nature may be sorted.
func TestReadsUseIndexes(t *testing.T) {
	url := databases[0].url(t)
	if err := MigrateUp(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	s := open(t, Options{URL: url})
	wantCode(t, "post", (<-submit(s, post("r", "m", "n"))).err, "")
	wantCode(t, "conversation", (<-submit(s, waits("c", "k"))).err, "")
	var statements []string
	explain := tap(s, func(sql string) { statements = append(statements, sql) })
	ctx := t.Context()
	sorted := map[string]bool{"rooms of": true, "feed": true, "streaming": true}
	page := chat.Page{Limit: 10, Search: "x"}
	deep := chat.Page{Limit: 10, Skip: 3}
	for name, read := range map[string]func() error{
		"room":         func() error { _, err := s.Room(ctx, "r"); return err },
		"member":       func() error { _, err := s.Member(ctx, "r", "u"); return err },
		"participants": func() error { _, err := s.Participants(ctx, "r", 5); return err },
		"rooms of":     func() error { _, _, err := s.RoomsOf(ctx, "u", page); return err },
		"views":        func() error { _, err := s.Views(ctx, "u", []string{"r", "q"}); return err },
		"room heads":   func() error { _, err := s.RoomHeads(ctx, "u"); return err },
		"heads":        func() error { _, err := s.Heads(ctx, []string{"r", "q"}); return err },
		"stands":       func() error { _, err := s.Stands(ctx, []string{"r", "q"}); return err },
		"active":       func() error { _, err := s.Active(ctx, "r", []string{"u", "v"}); return err },
		"message":      func() error { _, err := s.Message(ctx, "m"); return err },
		"messages": func() error {
			_, _, err := s.Messages(ctx, chat.MessageQuery{Room: "r", Before: 9, Page: deep}, true)
			return err
		},
		"messages after": func() error {
			_, _, err := s.Messages(ctx, chat.MessageQuery{Room: "r", After: 9, Page: deep}, true)
			return err
		},
		"messages, oldest first": func() error {
			_, _, err := s.Messages(ctx, chat.MessageQuery{Room: "r", Oldest: true, Page: deep}, true)
			return err
		},
		"feed": func() error {
			_, _, err := s.Messages(ctx, chat.MessageQuery{User: "u", Page: chat.Page{Limit: 5}}, true)
			return err
		},
		"changes":        func() error { _, err := s.Changes(ctx, "r", 3, 10); return err },
		"read positions": func() error { _, err := s.ReadSeqs(ctx, []string{"r", "q"}, 50); return err },
		"user":           func() error { _, err := s.User(ctx, "u"); return ignoreNotFound(err) },
		"user by name":   func() error { _, err := s.UserByName(ctx, "u"); return ignoreNotFound(err) },
		"conversation":   func() error { _, err := s.Conversation(ctx, "k"); return ignoreNotFound(err) },
		"poll":           func() error { _, err := s.Poll(ctx, "k", 3, 5); return err },
		"queue":          func() error { _, err := s.Queue(ctx, 5); return err },
		"deserted":       func() error { _, err := s.Deserted(ctx, start, 5); return err },
		"notes":          func() error { _, _, err := s.Notes(ctx, "r", deep); return err },
		"files of room":  func() error { _, err := s.FilesOnlyIn(ctx, "r"); return err },
		"roles":          func() error { _, err := s.MissingUsers(ctx, []string{"u", "v"}); return err },
		"users changed":  func() error { _, err := s.UsersChangedSince(ctx, start, 5); return err },
		"rooms after":    func() error { _, err := s.RoomsAfter(ctx, "a", 5); return err },
		"unread": func() error {
			_, err := s.unread(ctx, []viewRow{{roomRow: roomRow{ID: "r", Seq: 9}, State: "active"}})
			return err
		},
		"place":          func() error { _, err := s.seqAfterSkip(ctx, "r", 1); return err },
		"users by role":  func() error { _, _, err := s.Users(ctx, chat.UserQuery{Page: page, Role: "user"}); return err },
		"invitation":     func() error { _, err := s.Invitation(ctx, "i"); return ignoreNotFound(err) },
		"received":       func() error { _, _, err := s.Invitations(ctx, "u", false, page); return err },
		"sent":           func() error { _, _, err := s.Invitations(ctx, "u", true, chat.Page{Limit: 5}); return err },
		"file":           func() error { _, err := s.File(ctx, "f"); return ignoreNotFound(err) },
		"readable files": func() error { _, err := s.UnreadableFiles(ctx, "u", []string{"f", "g"}); return err },
		"streaming":      func() error { _, err := s.StreamingBefore(ctx, start, 5); return err },
		"replies":        func() error { return s.fillReplies(ctx, []chat.Message{{ID: "m", Sender: "bot:b"}}) },
		"chatbot":        func() error { _, err := s.Chatbot(ctx, "c"); return ignoreNotFound(err) },
		"session":        func() error { _, err := s.Session(ctx, "s"); return ignoreNotFound(err) },
		"expired":        func() error { _, err := s.ExpiredSessions(ctx, start, start, 5); return err },
		"document":       func() error { _, err := s.Document(ctx, "d"); return ignoreNotFound(err) },
		"documents":      func() error { _, _, err := s.Documents(ctx, "c", page); return err },
		"passages":       func() error { _, err := s.Passages(ctx, "c", []string{"x", "y"}, 5); return err },
		"word lists":     func() error { return (&question{store: s}).readLists(ctx, "x", []int64{1, 2}, true) },
		"passages by id": func() error { _, err := s.passagesByID(ctx, []int64{1, 2}); return err },
		"acts of actor":  func() error { _, _, err := s.Audits(ctx, chat.AuditQuery{Actor: "a", Limit: 5}); return err },
		"acts on room":   func() error { _, _, err := s.Audits(ctx, chat.AuditQuery{Room: "r", Limit: 5}); return err },
		"acts on user":   func() error { _, _, err := s.Audits(ctx, chat.AuditQuery{User: "u", Limit: 5}); return err },
		"acts by name":   func() error { _, _, err := s.Audits(ctx, chat.AuditQuery{Act: "a", Limit: 5}); return err },
	} {
		statements = nil
		if err := read(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(statements) == 0 {
			t.Errorf("%s: no statement was seen", name)
		}
		for _, sql := range statements {
			plan := explain(sql)
			if scans(plan) || strings.Contains(plan, "TEMP B-TREE FOR ORDER BY") && !sorted[name] {
				t.Errorf("%s: %s\n%s", name, sql, plan)
			}
		}
	}
	for _, sql := range []string{
		sqliteElders, sqliteInvitation, sqlitePlace, sqliteUninvite, sqliteUnpost, sqliteRoom, sqliteMember, sqliteByID, sqliteNonce, sqliteUpdateRoom, sqliteUpdateMessage, sqliteReadMember,
		sqliteReply, sqliteCheckpoint, sqliteClose, sqliteDropReply, sqliteUnreply, sqliteUnpostAll, sqliteClear,
		sqliteConversation, sqliteEraseConversation, sqliteEraseNotes, sqliteEraseDeliveries,
		`UPDATE chatbot_sessions SET closed_at = 1 WHERE closed_at = 0 AND user_id = 'u'`,
		`UPDATE chatbot_sessions SET closed_at = 1 WHERE closed_at = 0 AND chatbot_id = 'c'`,
		`SELECT * FROM documents WHERE state <> 'ready' AND state = 'gone' LIMIT 1`,
	} {
		if plan := explain(sql); scans(plan) {
			t.Errorf("%s\n%s", sql, plan)
		}
	}
}

// TestSmallIndexes: what is looked for among streaming messages and active sessions
// is found in indexes of these alone.
func TestSmallIndexes(t *testing.T) {
	url := databases[0].url(t)
	if err := MigrateUp(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	s := open(t, Options{URL: url})
	var statements []string
	explain := tap(s, func(sql string) { statements = append(statements, sql) })
	if _, err := s.StreamingBefore(t.Context(), start, 5); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ExpiredSessions(t.Context(), start, start, 5); err != nil {
		t.Fatal(err)
	}
	plans := explain(statements[0]) + explain(statements[1])
	for _, index := range []string{"messages_streaming", "chatbot_sessions_seen", "chatbot_sessions_used"} {
		if !strings.Contains(plans, "INDEX "+index) {
			t.Errorf("%s is not used:\n%s", index, plans)
		}
	}
}

// TestWholeListsAreWalked: lists that select nothing follow an order that the
// database keeps, and stop at the end of their page; whole numbers are counted in
// an index. None sorts what it lists.
func TestWholeListsAreWalked(t *testing.T) {
	url := databases[0].url(t)
	if err := MigrateUp(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	s := open(t, Options{URL: url})
	var statements []string
	explain := tap(s, func(sql string) { statements = append(statements, sql) })
	ctx := t.Context()
	for name, read := range map[string]func(page chat.Page) error{
		"rooms":    func(p chat.Page) error { _, _, err := s.AllRooms(ctx, p); return err },
		"users":    func(p chat.Page) error { _, _, err := s.Users(ctx, chat.UserQuery{Page: p}); return err },
		"chatbots": func(p chat.Page) error { _, _, err := s.Chatbots(ctx, p); return err },
		"acts": func(p chat.Page) error {
			_, _, err := s.Audits(ctx, chat.AuditQuery{Skip: p.Skip, Limit: p.Limit})
			return err
		},
	} {
		statements = nil
		for _, page := range []chat.Page{{Limit: 5}, {Limit: 5, Search: "x"}} {
			if err := read(page); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(statements) != 4 {
			t.Errorf("%s: %d statements", name, len(statements))
		}
		for _, sql := range statements {
			plan := explain(sql)
			if sorts, bounded := strings.Contains(plan, "TEMP B-TREE"), strings.Contains(sql, " LIMIT "); sorts ||
				!bounded && !strings.Contains(plan, "COVERING INDEX") {
				t.Errorf("%s: %s\n%s", name, sql, plan)
			}
		}
	}
}

func ignoreNotFound(err error) error {
	if chat.CodeOf(err) == chat.CodeNotFound {
		return nil
	}
	return err
}

// scans reports a walk through a table, other than one over a subquery's rows or
// a list in the statement or in a row.
func scans(plan string) bool {
	for line := range strings.Lines(plan) {
		if rest, ok := strings.CutPrefix(line, "SCAN "); ok &&
			!strings.HasPrefix(rest, "arm") && !strings.HasPrefix(rest, "matches") && !strings.HasPrefix(rest, "CONSTANT") &&
			!strings.HasPrefix(rest, "head") && !strings.HasPrefix(rest, "page") && !strings.HasPrefix(rest, "ahead") &&
			!strings.HasPrefix(rest, "sizes") && !strings.HasPrefix(rest, "s\n") && !strings.HasPrefix(rest, "(subquery") &&
			!strings.HasPrefix(rest, "c USING INDEX conversations_") && // in its order, to the end of the page
			!strings.HasPrefix(rest, "f VIRTUAL TABLE") {
			return true
		}
	}
	return false
}
