package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"parley/chat"
)

// say is a command that writes a message of u with a text.
func say(room, id, text string) chat.Command {
	cmd := post(room, id, "")
	decide := cmd.Decide
	cmd.Decide = func(s chat.State) (chat.Effects, error) {
		e, err := decide(s)
		e.Insert.Text = text
		return e, err
	}
	return cmd
}

// edit is a command that edits a message, or deletes it if there is no text.
func edit(room, id, text string) chat.Command {
	return chat.Command{Room: room, Message: id, Decide: func(s chat.State) (chat.Effects, error) {
		m := *s.Message
		m.Text, m.Deleted = text, text == ""
		return chat.Effects{Update: &m}, nil
	}}
}

// searched lists the ids that a query gives, newest first.
func searched(t *testing.T, s *Store, q chat.MessageQuery) (ids []string) {
	t.Helper()
	if err := s.Indexed(t.Context()); err != nil {
		t.Fatal(err)
	}
	if q.Limit == 0 {
		q.Limit = 10_000
	}
	messages, n, err := s.Messages(t.Context(), q, true)
	if err != nil || int(n) != len(messages) {
		t.Fatalf("%d of %d messages: %v", len(messages), n, err)
	}
	return column(messages, func(m *chat.Message) string { return m.ID })
}

// forgetIndex empties the index, as it is in a database that was never indexed.
func forgetIndex(t *testing.T, s *Store) {
	t.Helper()
	statements := []string{"DELETE FROM search_docs", "DELETE FROM search_rooms"}
	if s.db.write.Name() != "postgres" {
		statements = append(statements, "DELETE FROM search_words WHERE rowid >= 0")
	}
	err := s.index.transaction(func(tx *gorm.DB) error {
		for _, sql := range statements {
			if err := tx.Exec(sql).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSearchBacklog: what was written while nobody indexed is indexed after a
// start, in the order that it has, whatever was edited and deleted meanwhile.
func TestSearchBacklog(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, Options{URL: url})
		var want []string
		var waits []<-chan result
		for i := range 3000 {
			room := "big" // most go to one room; small ones begin in the middle
			if i > 1000 && i%7 == 0 {
				room = fmt.Sprint("small", i%40)
			}
			id := fmt.Sprintf("m%06d", i)
			want = append(want, id)
			waits = append(waits, submit(s, say(room, id, "word")))
			if i%10 == 9 {
				// An old message of the big room changes late, some are deleted.
				old := fmt.Sprintf("m%06d", i/10)
				if i/10%5 == 0 && i/10 <= 1000 {
					waits = append(waits, submit(s, edit("big", old, "")))
					want[i/10] = ""
				} else if i/10 <= 1000 {
					waits = append(waits, submit(s, edit("big", old, "word, edited")))
				}
			}
		}
		for _, w := range waits {
			wantCode(t, "write", (<-w).err, "")
		}
		want = slices.DeleteFunc(want, func(id string) bool { return id == "" })
		slices.Reverse(want)
		same := func(what string, s *Store) {
			t.Helper()
			for _, q := range []chat.MessageQuery{{User: "u"}, {}} {
				q.Search = "word"
				if got := searched(t, s, q); !slices.Equal(got, want) {
					t.Errorf("%s: %d messages, want %d, or they are in another order", what, len(got), len(want))
				}
			}
		}
		same("as it was written", s)
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		s = open(t, Options{URL: url})
		same("after a restart", s)
		if err := s.Indexed(t.Context()); err != nil {
			t.Fatal(err)
		}
		forgetIndex(t, s)
		same("indexed from nothing", s)
	})
}

// TestSearchInRooms: whichever way the rooms of a user are searched, the answer is
// the same.
func TestSearchInRooms(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, Options{URL: url})
		users := map[string]int{"all": 100, "most": 60, "some": 20, "one": 1} // of the rooms
		var waits []<-chan result
		for r := range 100 {
			waits = append(waits, submit(s, chat.Command{Room: fmt.Sprint("r", r), Decide: func(chat.State) (chat.Effects, error) {
				e := chat.Effects{Room: &chat.Room{Name: "r", Kind: chat.KindGroup}}
				for user, n := range users {
					if r < n {
						e.Members = append(e.Members, chat.Member{User: user, State: chat.MemberActive})
					}
				}
				return e, nil
			}}))
		}
		for i := range 3000 {
			waits = append(waits, submit(s, say(fmt.Sprint("r", i*7%100), fmt.Sprintf("m%06d", i), fmt.Sprint("word w", i%3))))
		}
		for _, w := range waits {
			wantCode(t, "write", (<-w).err, "")
		}
		for user, n := range users {
			for _, oldest := range []bool{false, true} {
				q := chat.MessageQuery{User: user, Oldest: oldest, Page: chat.Page{Search: "w1 word"}}
				s.probe = s.db.engine.probe()
				want := searched(t, s, q)
				if len(want) != 10*n {
					t.Errorf("%s: %d messages, want %d", user, len(want), 10*n)
				}
				for _, s.probe = range []int{1, 10, 100} {
					if got := searched(t, s, q); !slices.Equal(got, want) {
						t.Errorf("%s, probe of %d: %d messages, want %d, or they are in another order", user, s.probe, len(got), len(want))
					}
				}
			}
		}
	})
}

// TestSearchGap: many messages may get their numbers before their words.
func TestSearchGap(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, Options{URL: url})
		const n = 2*maxGap + 100
		var waits []<-chan result
		for i := range n {
			waits = append(waits, submit(s, say("r", fmt.Sprintf("m%06d", i), "word")))
			if len(waits) == 1000 {
				<-waits[999]
				waits = waits[:0]
			}
		}
		<-submit(s, say("r", "m999999", "last"))
		if err := s.Indexed(t.Context()); err != nil {
			t.Fatal(err)
		}
		db := s.db.write
		// Everything but the last is as if it had been changed after it.
		if err := db.Exec("UPDATE messages SET version = version + ? WHERE seq <= ?", n+1, n).Error; err != nil {
			t.Fatal(err)
		}
		if err := db.Exec("UPDATE rooms SET version = ?", 2*n+1).Error; err != nil {
			t.Fatal(err)
		}
		forgetIndex(t, s)
		if got := searched(t, s, chat.MessageQuery{Room: "r", Page: chat.Page{Search: "last"}}); len(got) != 1 {
			t.Errorf("the last message: %v", got)
		}
		all := searched(t, s, chat.MessageQuery{Room: "r", Sender: "u", Page: chat.Page{Search: ""}})
		if len(all) != n+1 || all[0] != "m999999" || !slices.IsSortedFunc(all, func(a, b string) int { return strings.Compare(b, a) }) {
			t.Errorf("%d messages, want %d in order", len(all), n+1)
		}
	})
}

// TestSearchTwoNodes: two nodes index the same rooms at once.
func TestSearchTwoNodes(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		nodes := []*Store{open(t, Options{URL: url}), open(t, Options{URL: url})}
		var wg sync.WaitGroup
		for n, node := range nodes {
			wg.Go(func() {
				for i := range 300 {
					id := fmt.Sprintf("m%d-%04d", n, i)
					wantCode(t, "write", (<-submit(node, say(fmt.Sprint("r", i%3), id, "word"))).err, "")
					if i%3 == 0 {
						wantCode(t, "edit", (<-submit(node, edit("r0", id, "word anew"))).err, "")
					}
				}
			})
		}
		wg.Wait()
		for _, node := range nodes {
			for words, want := range map[string]int{"word": 600, "anew": 200} {
				if got := searched(t, node, chat.MessageQuery{Page: chat.Page{Search: words}}); len(got) != want {
					t.Errorf("%s: %d messages, want %d", words, len(got), want)
				}
			}
			page, _, err := node.Messages(t.Context(), chat.MessageQuery{Room: "r1", Page: chat.Page{Search: "word", Limit: 300}}, false)
			if err != nil || len(page) != 200 {
				t.Fatalf("%d messages, %v", len(page), err)
			}
			for i, m := range page {
				if m.Seq != int64(200-i) {
					t.Fatalf("place %d has seq %d", i, m.Seq)
				}
			}
		}
	})
}

// TestSearchForgetsRooms: a deleted room's index goes, and the others stay.
func TestSearchForgetsRooms(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, Options{URL: url})
		var waits []<-chan result
		for i := range 1200 {
			waits = append(waits, submit(s, say(fmt.Sprint("r", i%2), fmt.Sprintf("m%06d", i), "word")))
		}
		for _, w := range waits {
			wantCode(t, "write", (<-w).err, "")
		}
		<-submit(s, chat.Command{Room: "r0", Decide: func(st chat.State) (chat.Effects, error) {
			st.Room.Deleted = true
			return chat.Effects{Room: &st.Room}, nil
		}})
		if got := searched(t, s, chat.MessageQuery{Page: chat.Page{Search: "word"}}); len(got) != 600 {
			t.Errorf("%d messages are left, want 600", len(got))
		}
		var left []int64
		err := s.db.read.Raw(`SELECT count(*) FROM search_docs UNION ALL SELECT count(*) FROM search_rooms`).Scan(&left).Error
		if err != nil || !slices.Equal(left, []int64{600, 1}) {
			t.Errorf("rows of the index: %v, %v", left, err)
		}
	})
}

// TestSearchAfterFaults: the index outlives a database that is away, and Close
// does not wait for it.
func TestSearchAfterFaults(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, Options{URL: url})
		<-submit(s, say("r", "m1", "word"))
		searched(t, s, chat.MessageQuery{Sender: "u"})
		if err := s.db.write.Exec("ALTER TABLE search_rooms RENAME TO elsewhere").Error; err != nil {
			t.Fatal(err)
		}
		<-submit(s, say("r", "m2", "word"))
		if err := s.Indexed(t.Context()); err == nil {
			t.Error("indexed without a table")
		}
		if err := s.db.write.Exec("ALTER TABLE elsewhere RENAME TO search_rooms").Error; err != nil {
			t.Fatal(err)
		}
		if got := searched(t, s, chat.MessageQuery{Room: "r", Page: chat.Page{Search: "word"}}); !slices.Equal(got, []string{"m2", "m1"}) {
			t.Errorf("found %v", got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Indexed(ctx); err == nil {
			t.Error("Indexed did not heed its context")
		}
	})
}
