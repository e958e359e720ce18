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
	var statements []string
	explain := tap(s, func(sql string) { statements = append(statements, sql) })
	ctx := t.Context()
	page := chat.Page{Limit: 10, Search: "x"}
	for name, read := range map[string]func() error{
		"room":         func() error { _, err := s.Room(ctx, "r"); return err },
		"member":       func() error { _, err := s.Member(ctx, "r", "u"); return err },
		"participants": func() error { _, err := s.Participants(ctx, "r", 5); return err },
		"rooms of":     func() error { _, _, err := s.RoomsOf(ctx, "u", page); return err },
		"views":        func() error { _, err := s.Views(ctx, "u", []string{"r", "q"}); return err },
		"room heads":   func() error { _, err := s.RoomHeads(ctx, "u"); return err },
		"heads":        func() error { _, err := s.Heads(ctx, []string{"r", "q"}); return err },
		"message":      func() error { _, err := s.Message(ctx, "m"); return err },
		"messages": func() error {
			_, _, err := s.Messages(ctx, chat.MessageQuery{Room: "r", Before: 9, Page: page}, true)
			return err
		},
		"messages after": func() error {
			_, _, err := s.Messages(ctx, chat.MessageQuery{Room: "r", After: 9, Page: chat.Page{Limit: 5}}, true)
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
		"roles":          func() error { _, err := s.MissingUsers(ctx, []string{"u", "v"}); return err },
		"users changed":  func() error { _, err := s.UsersChangedSince(ctx, start, 5); return err },
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
			if scans(plan) || strings.Contains(plan, "TEMP B-TREE FOR ORDER BY") && name != "rooms of" && name != "feed" {
				t.Errorf("%s: %s\n%s", name, sql, plan)
			}
		}
	}
	for _, sql := range []string{sqliteRoom, sqliteMember, sqliteByID, sqliteNonce, sqliteUpdateRoom, sqliteUpdateMessage, sqliteReadMember} {
		if plan := explain(sql); scans(plan) {
			t.Errorf("%s\n%s", sql, plan)
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
// a list in the statement.
func scans(plan string) bool {
	for line := range strings.Lines(plan) {
		if rest, ok := strings.CutPrefix(line, "SCAN "); ok &&
			!strings.HasPrefix(rest, "arm") && !strings.HasPrefix(rest, "matches") && !strings.HasPrefix(rest, "CONSTANT") {
			return true
		}
	}
	return false
}
