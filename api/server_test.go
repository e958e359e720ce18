package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/api"
	"parley/auth"
	"parley/chat"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// door is a server under test.
type door struct {
	*httptest.Server
	t     testing.TB
	store *sqlite
	log   *lockedBuffer
}

// events throws events away.
type events struct{}

func (events) Publish(chat.Event) {}

// open serves a store with the users ann, bob, cid, root (an administrator) and
// others, whose tokens are their names. Time moves by a second with each look at it; ids
// count.
func open(t testing.TB, change ...func(*api.Options)) *door {
	t.Helper()
	store := openStore(t, "ann", "bob", "cid", "root", "extra1", "extra2")
	var ids, ticks atomic.Int64
	log := &lockedBuffer{}
	now := func() time.Time { return start.Add(time.Duration(ticks.Add(1)) * time.Second) }
	newID := func() string { return fmt.Sprintf("id%d", ids.Add(1)) }
	directory, err := auth.New(auth.Config{Secret: make([]byte, auth.MinSecret), Users: store, NewID: newID, Now: func() time.Time { return start }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(directory.Close)
	service := chat.NewService(chat.Options{
		Store: store, Bus: events{}, Directory: directory, AllowEdit: true, AllowDelete: true, Now: now, NewID: newID,
	})
	o := api.Options{
		Chat: service, Authenticate: authenticate, Accounts: memAccounts{},
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&o)
	}
	d := &door{Server: httptest.NewServer(api.New(o)), t: t, store: store, log: log}
	d.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(d.Close)
	return d
}

func authenticate(_ context.Context, credentials ...string) (chat.Identity, error) {
	token := strings.TrimSpace(credentials[0])
	token = strings.Trim(strings.TrimPrefix(token, "Bearer "), `" `)
	switch token {
	case "":
		return chat.Identity{}, chat.ErrNoToken
	case "old":
		return chat.Identity{}, fmt.Errorf("authenticate: %w", chat.ErrTokenExpired)
	case "blocked":
		return chat.Identity{}, chat.ErrBlocked
	case "ann", "bob", "cid":
		return chat.Identity{Actor: chat.Actor{ID: token, Name: token, Role: chat.RoleUser}}, nil
	case "amy", "abe":
		return chat.Identity{Actor: chat.Actor{ID: token, Name: token, Role: chat.RoleAgent}}, nil
	case "guest":
		return chat.Identity{Actor: chat.Actor{ID: token, Role: chat.RoleGuest}}, nil
	case "root":
		return chat.Identity{Actor: chat.Actor{ID: token, Role: chat.RoleAdmin}}, nil
	}
	return chat.Identity{}, chat.ErrBadToken
}

// reply is an answer that has been read.
type reply struct {
	status int
	header http.Header
	body   string
}

// call sends a request as the user, "" for nobody, with pairs of headers.
func (d *door) call(user, method, path, body string, header ...string) reply {
	d.t.Helper()
	req, err := http.NewRequest(method, d.URL+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if user != "" {
		req.Header.Set("Authorization", "Bearer "+user)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			req.Header.Del(header[i])
		}
	}
	resp, err := d.Client().Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, strings.TrimSpace(string(text))}
}

// must is call, and fails unless the answer has the status.
func (d *door) must(status int, user, method, path, body string) reply {
	d.t.Helper()
	r := d.call(user, method, path, body)
	if r.status != status {
		d.t.Fatalf("%s %s: %d %s, want %d", method, path, r.status, r.body, status)
	}
	return r
}

// room makes a room of ann and bob.
func (d *door) room() string {
	d.t.Helper()
	r := d.must(200, "ann", "POST", "/chat/rooms", `{"roomName":"Conduit Users","users":["bob"]}`)
	return field(d.t, r.body, "roomId")
}

// post posts a text of ann's and returns its id.
func (d *door) post(room, text string) string {
	d.t.Helper()
	r := d.must(201, "ann", "POST", "/chat/messages", fmt.Sprintf(`{"roomId":%q,"message":%q}`, room, text))
	return field(d.t, r.body, "messageId")
}

func field(t testing.TB, body, name string) string {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal([]byte(body), &fields); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return fmt.Sprint(fields[name])
}

// golden compares a JSON answer with testdata/name.golden.json.
func golden(t testing.TB, name, body string) {
	t.Helper()
	var indented bytes.Buffer
	if err := json.Indent(&indented, []byte(body+"\n"), "", "  "); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	got := indented.Bytes()
	path := filepath.Join("testdata", name+".golden.json")
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
	}
}

// lockedBuffer keeps what is logged.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
