package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/chat"
	"parley/internal/testenv"
	"parley/store"
)

// census is a format that counts what it encodes.
type census struct{ encoded atomic.Int64 }

func (c *census) Encode(e chat.Event, _ string) (Frame, bool) {
	c.encoded.Add(1)
	return NewFrame([]byte(e.Kind)), true
}

// tally counts the events of a client by their kinds.
type tally struct {
	mu   sync.Mutex
	seen map[string]int
}

func (c *tally) Send(f Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[string(f.Text())]++
}

func (*tally) Backlog() int { return 0 }

func (*tally) End(*chat.Error) {}

// take returns what was counted since the last look.
func (c *tally) take() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := c.seen
	c.seen = map[string]int{}
	return seen
}

// meter is the real store, and counts the rows of members that are read. What a
// command loads under the lock is its own and one other's, whatever the room.
type meter struct {
	*store.Store
	members, calls atomic.Int64
}

func (m *meter) Participants(ctx context.Context, room string, limit int) ([]chat.Member, error) {
	list, err := m.Store.Participants(ctx, room, limit)
	m.members.Add(int64(len(list)))
	return list, err
}

func (m *meter) Views(ctx context.Context, user string, ids []string) ([]chat.RoomView, error) {
	views, err := m.Store.Views(ctx, user, ids)
	for _, v := range views {
		m.members.Add(int64(len(v.Participants)))
	}
	return views, err
}

func (m *meter) ReadSeqs(ctx context.Context, rooms []string, most int) (map[string]map[string]int64, error) {
	all, err := m.Store.ReadSeqs(ctx, rooms, most)
	for _, seqs := range all {
		m.members.Add(int64(len(seqs)))
	}
	return all, err
}

func (m *meter) RoomHeads(ctx context.Context, user string) ([]chat.RoomHead, error) {
	m.calls.Add(1)
	return m.Store.RoomHeads(ctx, user)
}

// device is somebody's connection in a crowd.
type device struct {
	user    string
	session *Session
	tally   *tally
}

// crowd is a room whose members are all connected, over the real domain and store.
type crowd struct {
	t       *testing.T
	store   *meter
	hub     *Hub
	chat    *chat.Service
	formats [2]*census // of two protocols, in turn
	room    string
	devices []*device
}

// newCrowd makes a room of n members. The first, its creator, and the last have
// two connections.
func newCrowd(t *testing.T, n int) *crowd {
	c := &crowd{t: t, store: &meter{Store: openStore(t)}, formats: [2]*census{{}, {}}}
	c.hub = NewHub(Options{
		Store: c.store, Epoch: c.store.Epoch, Log: slog.New(slog.DiscardHandler), PresenceGrace: never, TypingTimeout: never,
	})
	var ids atomic.Int64
	c.chat = chat.NewService(chat.Options{
		Store: c.store, Bus: c.hub, Presence: c.hub, Now: time.Now, MaxUsers: n, AllowEdit: true,
		NewID: func() string { return fmt.Sprintf("id%d", ids.Add(1)) }, Log: slog.New(slog.DiscardHandler),
	})
	users, names := make([]chat.User, n), make([]string, n)
	for i := range users {
		names[i] = fmt.Sprintf("user-%04d", i)
		users[i] = chat.User{ID: names[i], Name: names[i], Role: chat.RoleUser, CreatedAt: time.Now()}
	}
	c.ok(c.store.EnsureUsers(t.Context(), users))
	var err error
	c.room, err = c.chat.CreateRoom(t.Context(), member(names[0]), chat.NewRoom{Name: "crowd", Users: names, Visibility: chat.Public})
	c.ok(err)
	c.fill(append(names, names[0], names[n-1]))
	c.settle()
	return c
}

func openStore(t *testing.T) *store.Store {
	ctx := context.Background()
	url := testenv.SQLite(t)
	if err := store.MigrateUp(ctx, url); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(ctx, store.Options{URL: url, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

func member(user string) chat.Actor { return chat.Actor{ID: user, Name: user, Role: chat.RoleUser} }

// fill connects the users, many at once.
func (c *crowd) fill(users []string) {
	c.devices = make([]*device, len(users))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(users)); i = next.Add(1) - 1 {
				c.devices[i] = c.connect(users[i], int(i))
			}
		})
	}
	wg.Wait()
	c.t.Cleanup(func() {
		for _, d := range c.devices {
			d.session.Close()
		}
	})
}

func (c *crowd) connect(user string, i int) *device {
	d := &device{user: user, tally: &tally{seen: map[string]int{}}}
	var err error
	d.session, err = c.hub.Connect(c.t.Context(), NewSession{
		ID: fmt.Sprint(i), Format: c.formats[i%2], Sink: d.tally, Identity: chat.Identity{Actor: member(user)},
	})
	if err != nil || !d.session.Announce(func(map[string]string, string) Frame { return text("ready") }) {
		c.t.Error("not connected", err)
	}
	return d
}

func (c *crowd) ok(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// settle forgets what has been counted.
func (c *crowd) settle() {
	for _, d := range c.devices {
		d.tally.take()
	}
	for _, f := range c.formats {
		f.encoded.Store(0)
	}
	c.store.members.Store(0)
	c.store.calls.Store(0)
}
