package redis

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/internal/testenv"
)

func TestUserOnTwoNodes(t *testing.T) {
	all := joinNodes(t, testenv.Redis(t).URL(), "a", "b", "c")
	a, b, c := all[0], all[1], all[2]
	settledDown(t, all)
	want := []bool{true, false, false, true}
	got := []bool{}
	var versions []int64
	for _, step := range []struct {
		m    *member
		here bool
	}{{a, true}, {b, true}, {a, false}, {b, false}} {
		changed, version := step.m.Set("ann", step.here)
		got, versions = append(got, changed), append(versions, version)
	}
	if !slices.Equal(got, want) || !slices.IsSorted(versions) || versions[0] >= versions[3] {
		t.Fatalf("changed %v, versions %v; want %v, rising", got, versions, want)
	}
	a.set("bob", true)
	b.set("bob", true)
	if online := c.Online([]string{"ann", "bob", "eve"}); !slices.Equal(online, []string{"bob"}) {
		t.Errorf("online: %v, want bob", online)
	}
	b.set("bob", false)
	if online := a.Online([]string{"bob"}); len(online) != 0 {
		t.Errorf("elsewhere than on a: %v, want nobody", online)
	}
	awaitOnline(t, all, true, "bob")
}

func TestDeadNodeIsSweptOnce(t *testing.T) {
	all := joinNodes(t, testenv.Redis(t).URL(), "a", "b", "c")
	settledDown(t, all)
	var alone []string
	for i := range 50 {
		alone = append(alone, fmt.Sprint("user-", i))
		all[0].set(alone[i], true)
	}
	all[0].set("ann", true)
	all[1].set("ann", true)
	all[2].set("bob", true)
	awaitOnline(t, all, true, append(alone, "ann", "bob")...)
	all[0].kill()
	awaitOnline(t, all[1:], false, alone...)
	awaitOnline(t, all[1:], true, "ann", "bob")
	for _, u := range alone {
		for _, m := range all[1:] {
			if n := m.offline(u); n != 1 {
				t.Errorf("%s: %s is told offline %d times, want once", u, m.opts.Node, n)
			}
		}
	}
	client := testClient(t, all[1])
	await(t, "nothing is left of the node", func() bool {
		keys := client.Keys(t.Context(), prefix+"*a.1*").Val()
		lives := client.HKeys(t.Context(), nodesKey).Val()
		return !slices.ContainsFunc(keys, func(k string) bool { return !strings.HasPrefix(k, prefix+"sweep:") }) && !slices.Contains(lives, "a.1")
	})
}

func TestLeavingIsNotOffline(t *testing.T) {
	all := joinNodes(t, testenv.Redis(t).URL(), "a", "b", "c")
	settledDown(t, all)
	all[0].set("back", true)
	all[0].set("gone", true)
	all[0].leave()
	if changed, _ := all[0].Set("gone", false); changed {
		t.Error("a node that has left tells of its users")
	}
	awaitAll(t, "a is reached no more", all[1:], func(m *member) bool { _, ok := m.NodeURL("a"); return !ok })
	all[1].set("back", true)
	awaitOnline(t, all[1:], false, "gone")
	for _, m := range all[1:] {
		if m.offline("back") != 0 || !m.holds("back", true) {
			t.Errorf("who came back at once is told offline on %s", m.opts.Node)
		}
	}
}

func TestTwoSweepers(t *testing.T) {
	all := joinNodes(t, testenv.Redis(t).URL(), "a", "b", "c")
	settledDown(t, all)
	for i := range 200 {
		all[0].set(fmt.Sprint("user-", i), true)
	}
	all[1].set("user-7", true)
	var sweepers sync.WaitGroup
	for _, m := range all[1:] {
		sweepers.Go(func() {
			if err := m.sweep(t.Context(), testClient(t, m), "a.1"); err != nil {
				t.Error(err)
			}
		})
	}
	sweepers.Wait()
	for i := range 200 {
		u := fmt.Sprint("user-", i)
		awaitOnline(t, all, u == "user-7", u)
	}
}

// A sweeper dies when it has taken users off a node and told nobody.
func TestSweeperDies(t *testing.T) {
	all := joinNodes(t, testenv.Redis(t).URL(), "a", "b", "c")
	settledDown(t, all)
	for i := range 20 {
		all[0].set(fmt.Sprint("user-", i), true)
	}
	for i := range 20 {
		awaitOnline(t, all, true, fmt.Sprint("user-", i))
	}
	all[0].kill()
	all[1].fail(errors.New("the store is away"))
	if err := all[1].sweep(t.Context(), testClient(t, all[1]), "a.1"); err == nil {
		t.Fatal("a sweep that could tell nobody succeeds")
	}
	all[1].kill()
	for i := range 20 {
		awaitOnline(t, all[2:], false, fmt.Sprint("user-", i))
	}
}

// A node that is cut off for longer than its lease is swept; when it is back, its users
// are online again.
func TestHeldForDead(t *testing.T) {
	server := testenv.Redis(t)
	way := cut(t, server)
	all := []*member{joinNode(t, "redis://"+way.Listen, "a"), joinNode(t, server.URL(), "b")}
	meet(t, all)
	settledDown(t, all)
	all[0].set("ann", true)
	all[0].set("bob", true)
	all[1].set("bob", true)
	awaitOnline(t, all, true, "ann", "bob")
	all[1].set("leaves", true)
	awaitOnline(t, all, true, "leaves")
	way.Stop()
	all[1].set("comes", true)
	all[1].set("leaves", false)
	awaitOnline(t, all[1:], false, "ann")
	if err := way.Start(); err != nil {
		t.Fatal(err)
	}
	awaitOnline(t, all, true, "ann", "bob", "comes")
	awaitOnline(t, all, false, "leaves")
	for _, m := range all {
		if m.offline("bob") != 0 {
			t.Errorf("bob, on two nodes, is told offline on %s", m.opts.Node)
		}
	}
	all[0].set("ann", false)
	awaitOnline(t, all, false, "ann")
}

// A node is paused for longer than its lease, and has missed nothing when it goes on.
func TestPausedNode(t *testing.T) {
	all := joinNodes(t, testenv.Redis(t).URL(), "a", "b")
	settledDown(t, all)
	all[0].set("ann", true)
	awaitOnline(t, all, true, "ann")
	all[0].registry.mu.Lock() // without it the node neither writes nor takes events
	held := time.Now()
	awaitOnline(t, all[1:], false, "ann")
	all[0].registry.mu.Unlock()
	if took := time.Since(held); took < hurry.lease-2*hurry.beat { // the last beat was before
		t.Errorf("held for dead after %v, within its lease", took)
	}
	awaitOnline(t, all, true, "ann")
	settledDown(t, all)
	awaitOnline(t, all, true, "ann")
	all[0].set("ann", false)
	awaitOnline(t, all, false, "ann")
}

// Redis does not answer in time: what the node says then is put right.
func TestSetWithoutAnAnswer(t *testing.T) {
	server := testenv.Redis(t)
	all := joinNodes(t, server.URL(), "a", "b")
	settledDown(t, all)
	all[0].set("ann", true)
	all[1].set("ann", true)
	if err := server.Freeze(); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	changed, version := all[0].Set("ann", false)
	if took := time.Since(begun); !changed || took > 2*setTimeout {
		t.Errorf("without an answer: changed %v after %v, want true after %v", changed, took, setTimeout)
	}
	all[0].take(chat.Event{Kind: chat.EventPresence, User: "ann", Online: false, Seq: version})
	if err := server.Thaw(); err != nil {
		t.Fatal(err)
	}
	awaitOnline(t, all, true, "ann")
}

// A write that arrives after the lease does nothing: the life may be swept by then, and
// nobody would take it off again. Versions rise whatever the clock does.
func TestSeatScript(t *testing.T) {
	n := open(t, testenv.Redis(t).URL(), "a", nil)
	t.Cleanup(func() { _ = n.Close() })
	c, err := n.client.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UnixMicro()
	seat := func(here bool, until int64) moment {
		return n.write(t.Context(), c, []write{{user: "ann", life: "a.1", here: here, until: until}})[0]
	}
	if m := seat(true, now-1); !errors.Is(m.err, errLapsed) || c.Exists(t.Context(), userKey("ann")).Val() != 0 {
		t.Fatalf("after the lease: %+v", m)
	}
	first := seat(true, now+time.Minute.Microseconds())
	if first.err != nil || first.before != -1 || first.after != 1 || first.version < now {
		t.Fatalf("the first time: %+v", first)
	}
	ahead := now + time.Hour.Microseconds()
	n.roster.seen(ahead)
	second := seat(false, 0)
	if second.err != nil || second.before != 1 || second.after != 0 || second.version <= ahead {
		t.Fatalf("off again: %+v, want a version above %d", second, ahead)
	}
	n.roster.mu.Lock()
	n.roster.high = 0
	n.roster.mu.Unlock()
	if third := seat(true, 0); third.before != 0 || third.version <= second.version {
		t.Fatalf("on again: %+v, want a version above %d", third, second.version)
	}
	if keep := c.PTTL(t.Context(), userKey("ann")).Val(); keep <= forgetAfter {
		t.Errorf("who is online is kept for %v", keep)
	}
}

// The rooms of who is in doubt are found in the store, which may be away.
func TestTellingFails(t *testing.T) {
	server := testenv.Redis(t)
	all := joinNodes(t, server.URL(), "a", "b")
	settledDown(t, all)
	for _, m := range all {
		m.fail(errors.New("the store is away"))
	}
	all[0].roster.doubt("ann") // whom b has
	all[1].Set("ann", true)
	await(t, "the log says so", func() bool { return all[0].testNode.told("the store is away") > 1 })
	if all[0].holds("ann", true) {
		t.Fatal("told without the store")
	}
	for _, m := range all {
		m.fail(nil)
	}
	awaitOnline(t, all, true, "ann")
}

// Somebody is set while the truth of a moment before is told.
func TestDoubtOutlivesTelling(t *testing.T) {
	r := newRoster()
	r.doubt("ann")
	claims := r.claimAll([]string{"ann"})
	tell := r.judge(claims, []moment{{before: 0, after: 0, version: 1}}, false)
	if len(tell) != 1 {
		t.Fatalf("%d to be told, want 1", len(tell))
	}
	s := r.note("ann", true)
	r.doubt("ann")
	r.end("ann", s)
	r.told(tell[0].claimed)
	if due := r.due(false); !slices.Equal(due, []string{"ann"}) {
		t.Errorf("in doubt: %v, want ann", due)
	}
	claims = r.claimAll([]string{"ann"})
	tell = r.judge(claims, []moment{{before: 1, after: 1, version: 2}}, false)
	r.told(tell[0].claimed)
	if due := r.due(false); len(due) != 0 {
		t.Errorf("in doubt: %v, want nobody", due)
	}
}

func TestRedisLosesEverything(t *testing.T) {
	server := testenv.Redis(t)
	all := joinNodes(t, server.URL(), "a", "b", "c")
	a, b, c := all[0], all[1], all[2]
	settledDown(t, all)
	for _, s := range []struct {
		m    *member
		user string
	}{{a, "stays"}, {a, "leaves"}, {a, "moves"}, {a, "both"}, {b, "both"}, {a, "flaps"}, {c, "dies"}} {
		s.m.set(s.user, true)
	}
	awaitOnline(t, all, true, "stays", "leaves", "moves", "both", "flaps", "dies")
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	awaitAll(t, "Redis is away", all, func(m *member) bool { _, here := m.registry.standing(m.opts.Node); return !here })
	for _, s := range []struct {
		m    *member
		user string
		here bool
	}{{a, "leaves", false}, {a, "moves", false}, {b, "moves", true}, {a, "both", false}, {b, "comes", true}, {a, "flaps", false}, {a, "flaps", true}} {
		begun := time.Now()
		s.m.set(s.user, s.here)
		if took := time.Since(begun); took > setTimeout/2 {
			t.Errorf("Set takes %v while Redis is known to be away", took)
		}
	}
	if online := a.Online([]string{"both"}); online != nil {
		t.Errorf("online while Redis is away: %v", online)
	}
	if _, ok := a.NodeURL("b"); !ok {
		t.Error("where a node is reached is forgotten while Redis is away")
	}
	c.kill()
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	awaitOnline(t, all[:2], true, "stays", "moves", "both", "comes", "flaps")
	awaitOnline(t, all[:2], false, "leaves", "dies")
	settledDown(t, all[:2])
	awaitOnline(t, all[:2], true, "stays", "moves", "both", "comes", "flaps")
	awaitOnline(t, all[:2], false, "leaves", "dies")
}

// Users come and go on three nodes at once, while Redis is killed, frozen and started
// empty. All rooms end with the truth.
func TestFlapping(t *testing.T) {
	server := testenv.Redis(t)
	all := joinNodes(t, server.URL(), "a", "b", "c")
	const users, changes = 12, 60
	truth := make([][users]bool, len(all))
	var work sync.WaitGroup
	for i, m := range all {
		for u := range users {
			work.Go(func() {
				for range changes {
					truth[i][u] = !truth[i][u]
					m.set(fmt.Sprint("user-", u), truth[i][u])
					time.Sleep(time.Duration(rand.IntN(80)) * time.Millisecond) // lets the faults fall anywhere
				}
				if u%2 == i%2 {
					truth[i][u] = !truth[i][u]
					m.set(fmt.Sprint("user-", u), truth[i][u])
				}
			})
		}
	}
	work.Go(func() { trouble(t, server) })
	work.Wait()
	settledDown(t, all)
	for u := range users {
		online := truth[0][u] || truth[1][u] || truth[2][u]
		awaitOnline(t, all, online, fmt.Sprint("user-", u))
	}
	time.Sleep(2 * hurry.lease) // nothing that comes later makes it wrong
	for u := range users {
		online := truth[0][u] || truth[1][u] || truth[2][u]
		awaitOnline(t, all, online, fmt.Sprint("user-", u))
		for _, m := range all {
			if !m.holds(fmt.Sprint("user-", u), online) {
				t.Errorf("%s holds user-%d for online: %v", m.opts.Node, u, !online)
			}
		}
	}
}

// trouble has Redis fail in all ways.
func trouble(t *testing.T, server *testenv.RedisServer) {
	t.Helper()
	for range 2 {
		for _, fault := range [][2]func() error{{server.Kill, server.Start}, {server.Freeze, server.Thaw}} {
			time.Sleep(300 * time.Millisecond)
			if err := fault[0](); err != nil {
				t.Error(err)
			}
			time.Sleep(200 * time.Millisecond)
			if err := fault[1](); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestRosterOnACluster(t *testing.T) {
	all := joinNodes(t, testenv.RedisCluster(t).URL(), "a", "b")
	settledDown(t, all)
	var users []string
	for i := range 40 {
		users = append(users, fmt.Sprint("user-", i))
		all[0].set(users[i], true)
	}
	awaitOnline(t, all, true, users...)
	if online := all[1].Online(users); len(online) != len(users) {
		t.Errorf("%d of %d online", len(online), len(users))
	}
	all[0].kill()
	awaitOnline(t, all[1:], false, users...)
}
