package redis

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/internal/testenv"
)

func TestRedisComesBack(t *testing.T) {
	server := testenv.Redis(t)
	a, b := start(t, server.URL(), "a"), start(t, server.URL(), "b", chat.RoomTopic("r"), chat.UserTopic("u"))
	for round := 1; round <= 3; round++ {
		b.forget()
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		await(t, "the loss of the connection", func() bool { return !a.Stats().Connected && !b.Stats().Connected })
		b.Listen(chat.RoomTopic(fmt.Sprint("later", round)))
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		b.awaitHeard(t, chat.RoomTopic("r"), chat.UserTopic("u"), chat.TopicNodes, chat.NodeTopic("b"), chat.RoomTopic(fmt.Sprint("later", round)))
		await(t, "the sender", func() bool { return a.Stats().Connected })
		a.Publish(message("r", int64(round)))
		b.awaitDelivered(t, "r", round)
		for _, n := range []*testNode{a, b} {
			await(t, "the log", func() bool { return n.told("level=INFO msg=\"Redis is back\"") == round })
			if n := n.told("level=WARN msg=\"Redis is away"); n != round {
				t.Errorf("round %d: %d warnings", round, n)
			}
		}
	}
}

func TestRedisIsAwayAtFirst(t *testing.T) {
	server := testenv.Redis(t)
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	a, b := open(t, server.URL(), "a", nil).run(t), open(t, server.URL(), "b", nil).run(t)
	b.Listen(chat.RoomTopic("r"))
	a.Publish(message("r", 1))
	await(t, "the warnings", func() bool { return a.told("level=WARN") == 1 && b.told("level=WARN") == 1 })
	if s := a.Stats(); s.Lost != 1 || s.Connected {
		t.Errorf("%+v", s)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	b.awaitHeard(t, chat.RoomTopic("r"))
	await(t, "a connection", func() bool { return a.Stats().Connected })
	a.Publish(message("r", 2))
	b.awaitDelivered(t, "r", 1)
}

// TestLossesBeforeTheFirstConnection publishes on a node that has not reached Redis yet.
func TestLossesBeforeTheFirstConnection(t *testing.T) {
	url := testenv.Redis(t).URL()
	b := start(t, url, "b", chat.RoomTopic("r"), chat.RoomTopic("s"))
	b.forget()
	a := open(t, url, "a", nil)
	a.Publish(message("r", 1))
	a.run(t)
	b.awaitHeard(t, chat.RoomTopic("r"))
	if b.hasHeard(chat.RoomTopic("s")) {
		t.Error("a room in which nothing was lost is heard again")
	}
}

// TestLossesAreTold gives the sender alone no room: the receivers cannot know that they missed something.
func TestLossesAreTold(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		a, b, c := start(t, url, "a"), start(t, url, "b", chat.RoomTopic("r"), chat.RoomTopic("s")), start(t, url, "c", chat.RoomTopic("s"))
		b.forget()
		c.forget()
		for _, s := range *a.shards.Load() { // no room for anything
			s.outbox.mu.Lock()
			s.outbox.maxParcels = 0
			s.outbox.mu.Unlock()
		}
		a.Publish(message("r", 1))
		b.awaitHeard(t, chat.RoomTopic("r"))
		if c.hasHeard(chat.RoomTopic("s")) || b.hasHeard(chat.RoomTopic("s")) {
			t.Error("a room in which nothing was lost is heard again")
		}
		tellLosses(a, time.Now().Add(time.Hour)) // not until all is lost
		for i := range maxLosses * len(*a.shards.Load()) * 2 {
			a.Publish(message(fmt.Sprint(i), 1))
		}
		tellLosses(a, time.Time{})
		b.awaitHeard(t, chat.RoomTopic("s"), chat.TopicNodes)
		c.awaitHeard(t, chat.RoomTopic("s"))
		if s := a.Stats(); s.Published != 0 || s.Lost != int64(1+maxLosses*len(*a.shards.Load())*2) {
			t.Errorf("%+v", s)
		}
	})
}

// tellLosses has a node tell of its losses as if it had done so last at a time.
func tellLosses(n *testNode, last time.Time) {
	for _, s := range *n.shards.Load() {
		s.outbox.mu.Lock()
		s.outbox.told = last
		s.outbox.wake()
		s.outbox.mu.Unlock()
	}
}

// TestRefusedPipelinesAreTold has Redis refuse what one node publishes, and then take it again.
func TestRefusedPipelinesAreTold(t *testing.T) {
	server := testenv.Redis(t)
	client := server.Client()
	defer client.Close()
	allow := func(rules ...any) {
		t.Helper()
		if err := client.Do(t.Context(), append([]any{"acl", "setuser", "sender"}, rules...)...).Err(); err != nil {
			t.Fatal(err)
		}
	}
	allow("on", ">secret", "~*", "&*", "+@all")
	a := start(t, "redis://sender:secret@"+server.Addr(), "a")
	b := start(t, server.URL(), "b", chat.RoomTopic("r"), chat.RoomTopic("s"))
	b.forget()
	allow("-publish")
	for v := range 10 {
		a.Publish(message("r", int64(v+1)))
	}
	await(t, "the loss", func() bool { return a.Stats().Lost == 10 })
	if b.hasHeard(chat.RoomTopic("r")) {
		t.Error("told of a loss though nothing can be published")
	}
	allow("+publish")
	b.awaitHeard(t, chat.RoomTopic("r"))
	if b.hasHeard(chat.RoomTopic("s")) || a.Stats().Lost != 10 || a.told("secret") > 0 {
		t.Errorf("%+v", a.Stats())
	}
}

// TestQueueIsBounded publishes while Redis answers nothing.
func TestQueueIsBounded(t *testing.T) {
	server := testenv.Redis(t)
	a, b := start(t, server.URL(), "a"), start(t, server.URL(), "b", chat.RoomTopic("r"))
	b.forget()
	shard := (*a.shards.Load())[0]
	const room, events = batchParcels, 4 * batchParcels
	shard.outbox.mu.Lock()
	shard.outbox.maxParcels = room
	shard.outbox.mu.Unlock()
	if err := server.Freeze(); err != nil {
		t.Fatal(err)
	}
	for v := range events {
		a.Publish(message("r", int64(v+1))) // which ends though nobody takes it
	}
	shard.outbox.mu.Lock()
	waiting := len(shard.outbox.parcels)
	shard.outbox.mu.Unlock()
	lost := a.Stats().Lost
	if err := server.Thaw(); err != nil {
		t.Fatal(err)
	}
	if waiting > room || lost == 0 {
		t.Errorf("of %d events %d wait and %d are lost, with room for %d", events, waiting, lost, room)
	}
	b.awaitHeard(t, chat.RoomTopic("r"))
	await(t, "all that was not lost", func() bool { s := a.Stats(); return s.Published+s.Lost == events })
}

// TestSilentRedis has the connections stay open while nobody answers.
func TestSilentRedis(t *testing.T) {
	server := testenv.Redis(t)
	client := server.Client()
	defer client.Close()
	b := open(t, server.URL(), "b", nil)
	b.timing.ping, b.timing.read = 100*time.Millisecond, 500*time.Millisecond
	b.run(t).Listen(chat.RoomTopic("r"))
	b.awaitHeard(t, chat.RoomTopic("r"))
	await(t, "pings for longer than a silence may last", func() bool {
		pings, err := pings(client.Info(t.Context(), "commandstats").Result())
		return err == nil && pings > 10
	})
	if b.told("Redis is away") > 0 {
		t.Error("a quiet connection is taken for a dead one")
	}
	b.forget()
	if err := server.Freeze(); err != nil {
		t.Fatal(err)
	}
	await(t, "notice of it", func() bool { return !b.Stats().Connected })
	if err := server.Thaw(); err != nil {
		t.Fatal(err)
	}
	b.awaitHeard(t, chat.RoomTopic("r"))
}

// pings reads how many Redis has answered.
func pings(stats string, err error) (n int, _ error) {
	_, rest, _ := strings.Cut(stats, "cmdstat_ping:calls=")
	count, _, _ := strings.Cut(rest, ",")
	if err == nil {
		n, err = strconv.Atoi(count)
	}
	return n, err
}

// TestSlotMoves gives the slots of all shards to another master, twice.
func TestSlotMoves(t *testing.T) {
	cluster := testenv.RedisCluster(t)
	client := cluster.Client()
	defer client.Close()
	a, b := start(t, cluster.URL(), "a"), start(t, cluster.URL(), "b")
	const rooms = 64
	for i := range rooms {
		b.Listen(chat.RoomTopic(fmt.Sprint(i)))
	}
	for round := 1; round <= 2; round++ {
		for i := range rooms {
			b.awaitHeard(t, chat.RoomTopic(fmt.Sprint(i)))
		}
		b.forget()
		for i, s := range *a.shards.Load() {
			slot := int(client.ClusterKeySlot(t.Context(), s.name).Val())
			if err := cluster.Move(t.Context(), slot, cluster.Masters[(round+i)%3]); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range rooms {
		room := fmt.Sprint(i)
		await(t, "an event in each room", func() bool {
			a.Publish(message(room, 1))
			return len(b.delivered(room)) > 0
		})
	}
}

// TestMasterRestarts has one of three masters die: the others' topics are heard of meanwhile.
func TestMasterRestarts(t *testing.T) {
	cluster := testenv.RedisCluster(t)
	client := cluster.Client()
	defer client.Close()
	for _, m := range cluster.Masters { // or the others would refuse to work
		one := m.Client()
		if err := one.ConfigSet(t.Context(), "cluster-require-full-coverage", "no").Err(); err != nil {
			t.Fatal(err)
		}
		if err := one.ConfigSet(t.Context(), "cluster-allow-pubsubshard-when-down", "yes").Err(); err != nil {
			t.Fatal(err)
		}
		one.Close()
	}
	const rooms = 64
	a, b := start(t, cluster.URL(), "a"), start(t, cluster.URL(), "b")
	var live []string
	for i := range rooms {
		room := fmt.Sprint(i)
		b.Listen(chat.RoomTopic(room))
		b.awaitHeard(t, chat.RoomTopic(room))
		slot := client.ClusterKeySlot(t.Context(), shardOf(*a.shards.Load(), chat.RoomTopic(room)).name).Val()
		if slot >= 16384/3 {
			live = append(live, room)
		}
	}
	b.forget()
	if err := cluster.Masters[0].Kill(); err != nil {
		t.Fatal(err)
	}
	for v := range 20 {
		for _, room := range live {
			a.Publish(message(room, int64(v+1)))
		}
	}
	for _, room := range live {
		b.awaitDelivered(t, room, 20)
	}
	if err := cluster.Masters[0].Start(); err != nil {
		t.Fatal(err)
	}
	for i := range rooms {
		if room := fmt.Sprint(i); !slices.Contains(live, room) {
			b.awaitHeard(t, chat.RoomTopic(room))
		}
	}
}
