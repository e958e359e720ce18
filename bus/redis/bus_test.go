package redis

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/internal/testenv"
)

// onBoth runs a test on a server and on a cluster.
func onBoth(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("server", func(t *testing.T) { test(t, testenv.Redis(t).URL()) })
	t.Run("cluster", func(t *testing.T) { test(t, testenv.RedisCluster(t).URL()) })
}

func TestOrderOfEachTopic(t *testing.T) {
	const rooms, events = 40, 50
	onBoth(t, func(t *testing.T, url string) {
		a, b := start(t, url, "a"), start(t, url, "b")
		for room := range rooms {
			b.Listen(chat.RoomTopic(fmt.Sprint(room)))
		}
		for room := range rooms {
			b.awaitHeard(t, chat.RoomTopic(fmt.Sprint(room)))
		}
		var work sync.WaitGroup
		for room := range rooms {
			work.Go(func() {
				for v := range events {
					a.Publish(message(fmt.Sprint(room), int64(v+1)))
				}
			})
		}
		work.Wait()
		for room := range rooms {
			for i, e := range b.awaitDelivered(t, fmt.Sprint(room), events) {
				if e.Version != int64(i+1) {
					t.Fatalf("room %d: version %d in place %d", room, e.Version, i+1)
				}
			}
		}
		if s := b.Stats(); s.Delivered != rooms*events || s.Received != s.Delivered || !s.Connected || s.Topics != rooms+2 {
			t.Errorf("receiver: %+v", s)
		}
		if s := a.Stats(); s.Published != rooms*events || s.Lost != 0 || s.Received != 0 {
			t.Errorf("sender: %+v", s)
		}
	})
}

func TestWhoDoesNotListenGetsNothing(t *testing.T) {
	server := testenv.Redis(t)
	client := server.Client()
	defer client.Close()
	a, b := start(t, server.URL(), "a", chat.RoomTopic("r")), start(t, server.URL(), "b", chat.RoomTopic("r"))
	c := open(t, server.URL(), "c", nil)
	c.timing.linger = 50 * time.Millisecond
	c.run(t).Listen(chat.RoomTopic("r"))
	c.Listen(chat.RoomTopic("mark"))
	c.awaitHeard(t, chat.RoomTopic("r"), chat.RoomTopic("mark"))
	listeners := func() int64 { return client.PubSubNumSub(t.Context(), "parley:0:room:r").Val()["parley:0:room:r"] }
	if n := listeners(); n != 3 {
		t.Fatalf("%d listen to the room, want 3", n)
	}
	c.Unlisten(chat.RoomTopic("r"))
	await(t, "the end of the subscription", func() bool { return listeners() == 2 })
	before := c.Stats().Received
	for v := range 100 {
		a.Publish(message("r", int64(v+1)))
	}
	a.Publish(message("mark", 1))
	b.awaitDelivered(t, "r", 100)
	c.awaitDelivered(t, "mark", 1) // which came behind
	if n := c.Stats().Received - before; n != 1 {
		t.Errorf("%d events came to who listens to one", n)
	}
	if s := a.Stats(); s.Received != 0 || len(a.delivered("r")) != 0 {
		t.Errorf("the sender got its own: %+v", s)
	}
}

// TestWhileTopicsLinger has a subscription that is kept though nobody listens.
func TestWhileTopicsLinger(t *testing.T) {
	url := testenv.Redis(t).URL()
	a, b := start(t, url, "a"), start(t, url, "b", chat.RoomTopic("r"), chat.RoomTopic("mark"))
	b.Unlisten(chat.RoomTopic("r"))
	a.Publish(message("r", 1))
	a.Publish(message("mark", 1))
	b.awaitDelivered(t, "mark", 1)
	if s := b.Stats(); s.Received != 2 || s.Delivered != 1 || s.Topics != 4 {
		t.Errorf("%+v", s)
	}
	b.forget()
	b.Listen(chat.RoomTopic("r"))
	b.awaitHeard(t, chat.RoomTopic("r")) // of what came meanwhile
}

func TestEventsForOneNode(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		a, b, c := start(t, url, "a"), start(t, url, "b"), start(t, url, "c", chat.RoomTopic("r"))
		a.Publish(chat.Event{Kind: chat.EventStreamToken, Room: "r", Node: "a"})
		a.Publish(chat.Event{Kind: chat.EventStreamToken, Room: "r", Node: "b", Token: "x"})
		a.Publish(chat.Event{Kind: chat.EventUserRevoked, Room: "all", User: "u"})
		if e := b.awaitDelivered(t, "r", 1); e[0].Token != "x" {
			t.Errorf("%+v", e)
		}
		c.awaitDelivered(t, "all", 1)
		b.awaitDelivered(t, "all", 1)
		if s := c.Stats(); s.Delivered != 1 {
			t.Errorf("the third node: %+v", s)
		}
	})
}

func TestListenersAreCounted(t *testing.T) {
	server := testenv.Redis(t)
	topic := chat.RoomTopic("r")
	a := start(t, server.URL(), "a")
	b := open(t, server.URL(), "b", nil)
	b.timing.linger = 20 * time.Millisecond
	b.Listen(topic) // before it runs
	b.Listen(topic)
	b.Unlisten(topic)
	b.Listen(chat.RoomTopic("gone"))
	b.Unlisten(chat.RoomTopic("gone"))
	b.Unlisten(chat.RoomTopic("never"))
	b.run(t).awaitHeard(t, topic)
	b.forget()
	b.Listen(topic)
	b.awaitHeard(t, topic) // who listens later is told too
	b.Unlisten(topic)
	await(t, "two lapses", func() bool { return b.Stats().Topics == 3 })
	a.Publish(message("r", 1))
	b.awaitDelivered(t, "r", 1)
	b.Unlisten(topic)
	await(t, "the lapse", func() bool { return b.Stats().Topics == 2 })
	if b.hasHeard(chat.RoomTopic("gone")) {
		t.Error("heard of what nobody listens to")
	}
}

func TestHeardIsRepeatedUntilItWorks(t *testing.T) {
	n := open(t, testenv.Redis(t).URL(), "a", nil)
	n.refuse = errors.New("the database is away")
	n.run(t).Listen(chat.RoomTopic("r"))
	await(t, "the warning", func() bool { return n.told("cannot catch up") > 1 })
	n.mu.Lock()
	n.refuse = nil
	n.mu.Unlock()
	n.awaitHeard(t, chat.RoomTopic("r"))
}

func TestPanicInDeliver(t *testing.T) {
	url := testenv.Redis(t).URL()
	b := open(t, url, "b", func(o *Options) {
		deliver := o.Deliver
		o.Deliver = func(e chat.Event) {
			if e.Version == 1 {
				panic("no")
			}
			deliver(e)
		}
	})
	b.run(t).Listen(chat.RoomTopic("r"))
	b.awaitHeard(t, chat.RoomTopic("r"))
	a := start(t, url, "a")
	a.Publish(message("r", 1))
	a.Publish(message("r", 2))
	b.awaitDelivered(t, "r", 1)
	if n := b.told("msg=panic"); n != 1 {
		t.Errorf("%d panics in the log", n)
	}
}

func TestHostileEnvelopes(t *testing.T) {
	server := testenv.Redis(t)
	client := server.Client()
	defer client.Close()
	a, b := start(t, server.URL(), "a"), start(t, server.URL(), "b", chat.RoomTopic("r"))
	bad := hostile(t)
	for name, payload := range bad {
		if err := client.Publish(t.Context(), "parley:0:room:r", payload).Err(); err != nil {
			t.Fatal(name, err)
		}
	}
	a.Publish(message("r", 1))
	b.awaitDelivered(t, "r", 1)
	if s := b.Stats(); int(s.Refused) != len(bad) || s.Delivered != 1 || !s.Connected {
		t.Errorf("%d bad envelopes: %+v", len(bad), s)
	}
}

func TestFlushAtTheEnd(t *testing.T) {
	url := testenv.Redis(t).URL()
	const events = 5000
	a, b := start(t, url, "a"), start(t, url, "b", chat.RoomTopic("r"))
	for v := range events {
		a.Publish(message("r", int64(v+1)))
	}
	a.end()
	b.awaitDelivered(t, "r", events)
	if s := a.Stats(); s.Published != events || s.Lost != 0 {
		t.Errorf("%+v", s)
	}
}

// TestChurn listens, unlistens and publishes at once, with subscriptions that end at once.
func TestChurn(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		a := start(t, url, "a")
		b := open(t, url, "b", nil)
		b.timing.linger = time.Nanosecond
		b.run(t)
		const kept = "kept"
		b.Listen(chat.RoomTopic(kept))
		b.awaitHeard(t, chat.RoomTopic(kept))
		var work sync.WaitGroup
		for w := range 8 {
			work.Go(func() {
				for i := range 300 {
					topic := chat.RoomTopic(fmt.Sprint((w + i) % 20))
					b.Listen(topic)
					a.Publish(message(fmt.Sprint(i%20), 1))
					if i%100 == 0 {
						b.Stats()
					}
					b.Unlisten(topic)
				}
			})
		}
		work.Wait()
		await(t, "the end of all other subscriptions", func() bool { return b.Stats().Topics == 3 })
		for i := range 20 { // what was unlistened to is heard again
			b.forget()
			b.Listen(chat.RoomTopic(fmt.Sprint(i)))
			b.awaitHeard(t, chat.RoomTopic(fmt.Sprint(i)))
		}
		for i := range 20 {
			a.Publish(message(fmt.Sprint(i), 77))
		}
		for i := range 20 {
			await(t, "an event in each room", func() bool {
				events := b.delivered(fmt.Sprint(i))
				return len(events) > 0 && events[len(events)-1].Version == 77
			})
		}
	})
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	for _, o := range []Options{
		{URL: "http://x"},
		{URL: "redis://%zz"},
		{URL: "redis://h:1/x"},
		{URL: "redis://h:1", Node: strings.Repeat("x", 256)},
		{URL: "redis://u:secret@h:1/99x"},
		{URL: "unix:///tmp/redis"},
		{URL: "redis://u:secret@h:1?addr=h"},
	} {
		_, err := Open(o)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", o.URL, err)
		}
	}
	if _, err := Open(Options{URL: "rediss://u:secret@h:1/3?addr=h:2"}); err != nil {
		t.Error(err)
	}
}
