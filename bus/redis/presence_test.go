package redis

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	goredis "github.com/redis/go-redis/v9"
	"github.com/rs/zerolog"

	"parley/chat"
	"parley/internal/testenv"
)

const lobby = "lobby"

// hurry has nodes learn of each other within a second.
var hurry = pace{beat: 40 * time.Millisecond, lease: 600 * time.Millisecond, margin: 150 * time.Millisecond, resettle: time.Minute}

// standingOf is what a room's clients were told last of a user.
type standingOf struct {
	online  bool
	version int64
}

// member is a node with a client in the lobby, which all users are in: it does as a hub
// does.
type member struct {
	*testNode

	cancel context.CancelFunc
	work   sync.WaitGroup

	view   sync.Mutex
	users  map[string]standingOf
	news   map[string][]standingOf // all that was believed of a user
	broken error                   // of Changed
}

// joinNode starts a node. It leaves with the test.
func joinNode(tb testing.TB, url, name string) *member {
	tb.Helper()
	m := &member{users: map[string]standingOf{}, news: map[string][]standingOf{}}
	m.testNode = open(tb, url, name, func(o *Options) {
		o.Deliver = m.take
		o.Heard = func(context.Context, []chat.Topic) error { return nil }
		o.Changed = m.changed
	})
	m.registry.pace = hurry
	m.Listen(chat.RoomTopic(lobby))
	ctx, cancel := context.WithCancel(context.Background())
	m.cancel = cancel
	m.work.Go(func() { m.Run(ctx) })
	tb.Cleanup(func() {
		m.leave()
		_ = m.Close() // it may have been killed
	})
	return m
}

// leave ends the node in order.
func (m *member) leave() {
	m.cancel()
	m.work.Wait()
}

// kill ends the node without a word.
func (m *member) kill() {
	_ = m.client.close()
	m.leave()
}

func (m *member) changed(_ context.Context, user string, online bool, version int64) error {
	m.view.Lock()
	broken := m.broken
	m.view.Unlock()
	if broken == nil {
		m.tell(user, online, version)
	}
	return broken
}

// fail has Changed fail, or not.
func (m *member) fail(err error) {
	m.view.Lock()
	defer m.view.Unlock()
	m.broken = err
}

func (m *member) tell(user string, online bool, version int64) {
	e := chat.Event{Kind: chat.EventPresence, Room: lobby, User: user, Online: online, Seq: version}
	m.take(e)
	m.Publish(e)
}

func (m *member) take(e chat.Event) {
	if e.Kind != chat.EventPresence {
		return
	}
	m.view.Lock()
	defer m.view.Unlock()
	if known := m.users[e.User]; e.Seq < known.version {
		return
	}
	m.users[e.User] = standingOf{e.Online, e.Seq}
	m.news[e.User] = append(m.news[e.User], m.users[e.User])
}

// set is what a hub does when a user comes or goes.
func (m *member) set(user string, here bool) {
	if changed, version := m.Set(user, here); changed {
		m.tell(user, here, version)
	}
}

func (m *member) holds(user string, online bool) bool {
	m.view.Lock()
	defer m.view.Unlock()
	return m.users[user].online == online
}

// offline counts how often the node was told that a user went offline.
func (m *member) offline(user string) (times int) {
	m.view.Lock()
	defer m.view.Unlock()
	for _, s := range m.news[user] {
		if !s.online {
			times++
		}
	}
	return times
}

func (m *member) together(tb testing.TB, others int) {
	tb.Helper()
	await(tb, m.opts.Node+" knows the others", func() bool {
		_, here := m.registry.standing(m.opts.Node)
		return here && len(m.Nodes()) == others+1
	})
}

// joinNodes starts nodes that have met.
func joinNodes(tb testing.TB, url string, names ...string) []*member {
	tb.Helper()
	var all []*member
	for _, name := range names {
		all = append(all, joinNode(tb, url, name))
	}
	meet(tb, all)
	return all
}

// meet waits until nodes know each other, and hear each other.
func meet(tb testing.TB, all []*member) {
	tb.Helper()
	for _, m := range all {
		m.together(tb, len(all)-1)
	}
	for i, m := range all {
		probe := fmt.Sprint("probe ", i)
		awaitAll(tb, "the nodes hear "+m.opts.Node, all, func(other *member) bool {
			m.Publish(chat.Event{Kind: chat.EventPresence, Room: lobby, User: probe, Online: true, Seq: 1})
			return other == m || other.holds(probe, true)
		})
	}
	for _, m := range all {
		m.forgetAll()
	}
}

// forgetAll has nothing been told.
func (m *member) forgetAll() {
	m.view.Lock()
	defer m.view.Unlock()
	clear(m.users)
	clear(m.news)
	m.roster.known.mu.Lock()
	defer m.roster.known.mu.Unlock()
	clear(m.roster.known.users)
}

func awaitAll(tb testing.TB, what string, all []*member, ok func(*member) bool) {
	tb.Helper()
	for _, m := range all {
		await(tb, what+" (seen by "+m.opts.Node+")", func() bool { return ok(m) })
	}
}

func awaitOnline(tb testing.TB, all []*member, online bool, users ...string) {
	tb.Helper()
	for _, u := range users {
		awaitAll(tb, fmt.Sprintf("%s online: %v", u, online), all, func(m *member) bool { return m.holds(u, online) })
	}
}

// settledDown waits until no node has anybody in doubt, nor will because of what another
// has missed.
func settledDown(tb testing.TB, all []*member) {
	tb.Helper()
	awaitAll(tb, "nobody in doubt", all, func(m *member) bool {
		st, here := m.registry.standing(m.opts.Node)
		deaf := m.registry.deaf()
		m.roster.mu.Lock()
		defer m.roster.mu.Unlock()
		for _, s := range m.roster.seats {
			if s.doubt || s.busy != nil || s.pending > 0 {
				return false
			}
		}
		for life, said := range deaf {
			if m.roster.answered[life] != said.deaf {
				return false
			}
		}
		return here && st.life != "" && len(deaf) == len(m.Nodes())-1
	})
}

// cut is a way to Redis that can be cut off.
func cut(tb testing.TB, server *testenv.RedisServer) *toxiproxy.Proxy {
	tb.Helper()
	p := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "redis", "127.0.0.1:0", server.Addr())
	if err := p.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.Stop)
	return p
}

func testClient(tb testing.TB, m *member) goredis.UniversalClient {
	tb.Helper()
	c, err := m.client.get(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return c
}
