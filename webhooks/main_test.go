package webhooks_test

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"       // the driver pgx
	_ "github.com/ncruces/go-sqlite3/driver" // the driver sqlite3
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"parley/auth"
	"parley/chat"
	"parley/internal/testenv"
	"parley/store"
	"parley/webhooks"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// secret is that of every webhook here.
const secret = chat.HookSecretPrefix + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwCAFEBABE"

// world is a database with webhooks and the nodes that deliver.
type world struct {
	*testing.T
	url   string
	db    *store.Store // the first node's
	vault chat.Vault
	log   lockedBuffer // of all nodes
}

func newWorld(t *testing.T, url string) *world {
	t.Helper()
	if err := store.MigrateUp(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	vault, err := auth.NewVault([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, url: url, vault: vault}
	w.db = w.open()
	return w
}

// onEach runs the test over each kind of database.
func onEach(t *testing.T, run func(*world)) {
	t.Run("sqlite", func(t *testing.T) { run(newWorld(t, testenv.SQLite(t))) })
	t.Run("postgres", func(t *testing.T) { run(newWorld(t, testenv.Postgres(t))) })
}

// open opens the database once more, as another node does.
func (w *world) open() *store.Store {
	w.Helper()
	s, err := store.Open(w.Context(), store.Options{URL: w.url, Logger: slog.New(slog.DiscardHandler)})
	w.ok(err)
	w.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			w.Error(err)
		}
	})
	return s
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// hook registers an address for all events.
func (w *world) hook(id, address string) {
	w.Helper()
	sealed, err := w.vault.Seal(secret, id)
	w.ok(err)
	w.ok(w.db.CreateWebhook(w.Context(), chat.Webhook{
		ID: id, URL: address, Events: chat.HookEvents, Secret: sealed, CreatedAt: time.Now(),
	}))
}

// queue stores deliveries to a webhook as a command in the room does.
func (w *world) queue(hook, room string, ids ...string) {
	w.Helper()
	done := make(chan error, 1)
	w.db.Submit(chat.Command{
		Room: room,
		Decide: func(s chat.State) (e chat.Effects, _ error) {
			if s.Room.ID == "" {
				e.Room = &chat.Room{Name: room, Kind: chat.KindGroup}
			}
			return e, nil
		},
		Hooks: func(chat.Outcome) (list []chat.Delivery) {
			for _, id := range ids {
				body := []byte(`{"room":"` + room + `","id":"` + id + `","text":"BODY"}`)
				list = append(list, chat.Delivery{ID: id, Webhook: hook, Room: room, Event: chat.HookMessage, Body: body})
			}
			return list
		},
	}, func(_ chat.Outcome, err error) { done <- err })
	w.ok(<-done)
}

// dispatch starts a node over the database; stop ends it as a shutdown does.
func (w *world) dispatch(db *store.Store, change ...func(*webhooks.Options)) (d *webhooks.Dispatcher, stop func()) {
	w.Helper()
	o := webhooks.Options{
		Store: db, Vault: w.vault, FirstRetry: time.Millisecond, Poll: 10 * time.Millisecond,
		Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Log:     slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&o)
	}
	d, err := webhooks.New(w.Context(), o)
	w.ok(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.Run(ctx)
	}()
	stop = func() { cancel(); <-ended }
	w.Cleanup(stop)
	return d, stop
}

// dead waits for so many dead deliveries and returns them, newest first.
func (w *world) dead(n int) []chat.Delivery {
	w.Helper()
	var list []chat.Delivery
	w.until("dead deliveries", func() bool {
		var err error
		list, _, err = w.db.DeadDeliveries(w.Context(), chat.Page{Limit: 100})
		w.ok(err)
		return len(list) >= n
	})
	return list
}

// empty waits until nothing that is not dead is left. It looks past the store, which
// shows these to nobody without leasing them.
func (w *world) empty() {
	w.Helper()
	driver, name := "pgx", w.url
	if path, lite := strings.CutPrefix(w.url, "sqlite://"); lite {
		driver, name = "sqlite3", "file:"+path
	}
	db, err := sql.Open(driver, name)
	w.ok(err)
	defer db.Close()
	w.until("nothing left", func() bool {
		var n int
		w.ok(db.QueryRowContext(w.Context(), "SELECT count(*) FROM webhook_deliveries WHERE NOT dead").Scan(&n))
		return n == 0
	})
}

func (w *world) until(what string, done func() bool) {
	w.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.Fatalf("waited in vain: %s\n%s", what, w.log.String())
		}
	}
}

// receiver is somebody's server. It holds that what arrives is signed and that no
// two of a room are there at once, and keeps the ids that were answered with 200.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	asked int
	taken map[string][]string // by room
	in    map[string]bool
}

// receive starts one. answer, if any, is asked for each request; 0 means that it
// has answered itself.
func (w *world) receive(answer func(rw http.ResponseWriter, r *http.Request, id string) int) *receiver {
	v := &receiver{taken: map[string][]string{}, in: map[string]bool{}}
	signer, err := standardwebhooks.NewWebhook(secret)
	w.ok(err)
	v.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = signer.Verify(body, r.Header)
		}
		if err != nil {
			w.Errorf("request: %v", err)
		}
		id, room := r.Header.Get("webhook-id"), between(string(body), `"room":"`, `"`)
		v.mu.Lock()
		if v.in[room] {
			w.Errorf("two deliveries of room %s at once", room)
		}
		v.in[room] = true
		v.asked++
		v.mu.Unlock()
		status := http.StatusOK
		if answer != nil {
			status = answer(rw, r, id)
		}
		v.mu.Lock()
		v.in[room] = false
		if status == http.StatusOK {
			v.taken[room] = append(v.taken[room], id)
		}
		v.mu.Unlock()
		if status != 0 {
			rw.WriteHeader(status)
			_, _ = io.WriteString(rw, "ANSWER")
		}
	}))
	w.Cleanup(v.Close)
	return v
}

func between(s, before, after string) string {
	_, s, _ = strings.Cut(s, before)
	s, _, _ = strings.Cut(s, after)
	return s
}

func (v *receiver) requests() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.asked
}

// got returns what was taken of the room.
func (v *receiver) got(room string) []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.taken[room])
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
