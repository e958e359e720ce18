package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"parley/chat"
	"parley/internal/testenv"
	"parley/migrations"
)

func TestOpenRefuses(t *testing.T) {
	for url, want := range map[string]string{
		"":                   "begins with",
		"mysql://x":          "begins with",
		"sqlite://":          "not usable",
		"sqlite:///dev/null": "open sqlite",
		"postgres://u:SECRET@127.0.0.1:1/x?connect_timeout=1": "connect",
		"postgres://u:SECRET@127.0.0.1:bad/x":                 "parse",
	} {
		_, err := Open(t.Context(), Options{URL: url})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
}

func TestSQLitePaths(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for url, file := range map[string]string{
		"sqlite://data/parley.db":              filepath.Join(dir, "data/parley.db"),
		"sqlite://" + dir + "/a b/c?d%20#e.db": filepath.Join(dir, "a b/c?d%20#e.db"),
	} {
		if err := MigrateUp(t.Context(), url); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(file); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestOpenNeedsMigrations(t *testing.T) {
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			url := db.url(t)
			if _, err := Open(t.Context(), Options{URL: url}); !errors.Is(err, ErrNotMigrated) {
				t.Errorf("open: %v", err)
			}
		})
	}
}

// TestMigrations goes up, down step by step with rows in every table, and up
// again; what a step did not make keeps its rows.
func TestMigrations(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		ctx := t.Context()
		fill := func() string {
			s, err := Open(ctx, Options{URL: url})
			if err != nil {
				t.Fatal(err)
			}
			wantCode(t, "user", s.EnsureUsers(ctx, []chat.User{{ID: "u", Username: "Ann"}}), "")
			wantCode(t, "post", (<-submit(s, post("r", "m", "n"))).err, "")
			wantCode(t, "file", s.CreateFile(ctx, chat.File{ID: "f", Owner: "u"}), "")
			wantCode(t, "invite", (<-submit(s, chat.Command{Room: "r", Decide: func(chat.State) (chat.Effects, error) {
				return chat.Effects{
					Insert: &chat.Message{ID: "m2", Sender: "u", Type: chat.ContentFile, Files: []string{"f"}},
					Invite: []chat.Invitation{{ID: "i", Sender: "u", Receiver: "v"}},
					Audit:  []chat.Audit{{ID: "a", Act: chat.ActMembersAdd}},
				}, nil
			}})).err, "")
			wantCode(t, "chatbot", s.CreateChatbot(ctx, chat.Chatbot{ID: "c"}), "")
			_, err = s.OpenSession(ctx, chat.Session{ID: "s", User: "u", Chatbot: "c"})
			wantCode(t, "session", err, "")
			wantCode(t, "document", s.CreateDocument(ctx, chat.Document{ID: "d", Chatbot: "c"}, []chat.Passage{{Words: []string{"w"}}}), "")
			wantCode(t, "reply", (<-submit(s, chat.Command{Room: "r", Decide: func(chat.State) (chat.Effects, error) {
				return chat.Effects{Insert: &chat.Message{
					ID: "m3", Sender: "bot:c", Status: chat.StatusStreaming, Reply: &chat.ReplyRecord{OwnerEpoch: 1},
				}}, nil
			}})).err, "")
			epoch := s.Epoch()
			if err := s.Close(ctx); err != nil {
				t.Fatal(err)
			}
			return epoch
		}
		epoch := fill()
		if err := MigrateDown(ctx, url); err != nil {
			t.Fatal(err)
		}
		if got := applied(t, url); got != len(mustStatus(t, url))-1 {
			t.Errorf("%d steps left after one down", got)
		}
		if err := MigrateUp(ctx, url); err != nil {
			t.Fatal(err)
		}
		s := open(t, Options{URL: url})
		if room, err := s.Room(ctx, "r"); err != nil || room.Seq != 2 || s.Epoch() != epoch {
			t.Errorf("after down and up: room %+v, %v, epoch %s and before %s", room, err, s.Epoch(), epoch)
		}
		if err := s.Close(ctx); err != nil {
			t.Fatal(err)
		}
		for applied(t, url) > 0 {
			if err := MigrateDown(ctx, url); err != nil {
				t.Fatal(err)
			}
		}
		if err := MigrateDown(ctx, url); !errors.Is(err, migrations.ErrNone) {
			t.Errorf("down on an empty database: %v", err)
		}
		for range 2 {
			if err := MigrateUp(ctx, url); err != nil {
				t.Fatal(err)
			}
		}
		if again := fill(); again == epoch {
			t.Error("a new database has the old epoch")
		}
	})
}

// TestMigrateFromBeforeConversations: a database of the release without chatbots
// goes on as it is: its rooms have no chatbot, nothing open and nothing cleared.
func TestMigrateFromBeforeConversations(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, Options{URL: url})
		wantCode(t, "post", (<-submit(s, post("r", "m1", "n"))).err, "")
		if err := s.Indexed(t.Context()); err != nil {
			t.Fatal(err)
		}
		want, err := s.Room(t.Context(), "r")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		for applied(t, url) > 10 {
			if err := MigrateDown(t.Context(), url); err != nil {
				t.Fatal(err)
			}
		}
		if err := MigrateUp(t.Context(), url); err != nil {
			t.Fatal(err)
		}
		s = open(t, Options{URL: url})
		if room, err := s.Room(t.Context(), "r"); err != nil || room != want {
			t.Errorf("room %+v, %v, want %+v", room, err, want)
		}
		wantCode(t, "post again", (<-submit(s, post("r", "m2", ""))).err, "")
		if r := <-submit(s, post("r", "m3", "n")); r.err != nil || r.Before.Prior == nil || r.Before.Prior.ID != "m1" {
			t.Errorf("nonce of before: %+v", r)
		}
		if got := searched(t, s, chat.MessageQuery{Room: "r", Page: chat.Page{Search: "hi"}}); len(got) != 2 {
			t.Errorf("found %v", got)
		}
	})
}

func mustStatus(t *testing.T, url string) []migrations.Step {
	t.Helper()
	steps, err := MigrateStatus(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

func applied(t *testing.T, url string) (n int) {
	t.Helper()
	for _, s := range mustStatus(t, url) {
		if s.Applied {
			n++
		}
	}
	return n
}

// TestMigrateAtOnce: nodes that start together migrate once.
func TestMigrateAtOnce(t *testing.T) {
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			url := db.url(t)
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					if err := MigrateUp(t.Context(), url); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			open(t, Options{URL: url})
		})
	}
}

func TestNewEpoch(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, Options{URL: url})
		old := s.Epoch()
		epoch, err := s.NewEpoch(t.Context())
		if err != nil || epoch == old || epoch != s.Epoch() {
			t.Errorf("epoch %q after %q, store says %q: %v", epoch, old, s.Epoch(), err)
		}
		if again := open(t, Options{URL: url}); again.Epoch() != epoch {
			t.Errorf("reopened: %q, want %q", again.Epoch(), epoch)
		}
		if err := s.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestPostgresCrash kills and restarts the server under writers that retry with
// their nonces: every message that was acknowledged is there, each once, counted
// without gaps.
func TestPostgresCrash(t *testing.T) {
	dir, err := os.MkdirTemp("", "parley-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	server, err := testenv.StartPostgres(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	url, err := server.Create(t.Context(), "parley")
	if err != nil {
		t.Fatal(err)
	}
	if err := MigrateUp(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	s := open(t, Options{URL: url})

	const senders = 8
	ctx, stop := context.WithCancel(t.Context())
	acked := make([]int, senders)
	var wg sync.WaitGroup
	for u := range senders {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				for tries := 0; ; tries++ {
					r := <-submit(s, post("r", fmt.Sprintf("m-%d-%d-%d", u, n, tries), fmt.Sprintf("%d-%d", u, n)))
					if r.err == nil {
						break
					}
					wantCode(t, "while the server is away", r.err, chat.CodeUnavailable)
				}
				acked[u] = n + 1
			}
		})
	}
	for i := range 3 {
		// One answer later the senders are in the middle of it, too.
		wantCode(t, "between crashes", (<-submit(s, post("other", fmt.Sprint("o", i), ""))).err, "")
		if err := server.Kill(); err != nil {
			t.Error(err)
		}
		if err := server.Start(); err != nil {
			t.Error(err)
		}
	}
	stop()
	wg.Wait()
	total := 0
	for _, n := range acked {
		total += n
	}
	messages, err := s.Changes(t.Context(), "r", 0, total+1000)
	if err != nil {
		t.Fatal(err)
	}
	nonces := map[string]bool{}
	for i, m := range messages {
		if m.Seq != int64(i+1) || nonces[m.Nonce] {
			t.Fatalf("message %d: seq %d, nonce %s known: %v", i+1, m.Seq, m.Nonce, nonces[m.Nonce])
		}
		nonces[m.Nonce] = true
	}
	if len(messages) != total {
		t.Errorf("%d messages are stored, %d were acknowledged", len(messages), total)
	}
}
