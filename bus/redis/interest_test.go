package redis

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/chat"
)

func TestLapse(t *testing.T) {
	woken := 0
	i := interests{
		linger: 10 * time.Second, wake: func() { woken++ },
		topics: map[chat.Topic]*interest{}, next: map[chat.Topic]struct{}{},
	}
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	want := func(what string, got []chat.Topic, want ...chat.Topic) {
		t.Helper()
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%s: %q, want %q", what, got, want)
		}
	}
	i.listen("a", 1)
	i.listen("b", 1)
	i.listen("b", 1)
	if woken != 2 {
		t.Errorf("woken %d times", woken)
	}
	want("to subscribe", i.take(), "a", "b")
	i.unlisten("a", at(0))
	i.unlisten("b", at(0))
	if i.wanted("a") || !i.wanted("b") {
		t.Error("a has no listener, b has one")
	}
	want("before its time", i.lapse(at(9)))
	i.listen("a", 1)
	i.unlisten("a", at(5)) // has come and gone
	want("ten seconds after the first time", i.lapse(at(10)))
	want("ten seconds after the last", i.lapse(at(15)), "a")
	if i.confirm("a") {
		t.Error("a confirmation that comes late brings it back")
	}
	i.listen("a", 1)
	want("wanted again", i.take(), "a")
	for n := range 1000 {
		i.unlisten("b", at(20+n))
		i.listen("b", 1)
	}
	if len(i.idle) > 1 {
		t.Errorf("%d places for one topic", len(i.idle))
	}
	want("listened to", i.lapse(at(9999)))
	if i.confirm("b"); i.heard() != 1 {
		t.Error("b is not heard")
	}
	i.renew()
	want("after a renewal", i.take(), "a", "b")
	want("all", i.all(), "a", "b")
	if i.heard() != 0 {
		t.Error("heard of by a connection that is gone")
	}
}

func TestLossesAreBounded(t *testing.T) {
	var l losses
	for n := range maxLosses {
		l.add(chat.RoomTopic(fmt.Sprint(n)))
		l.add(chat.RoomTopic(fmt.Sprint(n)))
	}
	if n := len(l.take()); n != maxLosses || !l.none() {
		t.Errorf("%d topics, want %d, and none then", n, maxLosses)
	}
	for n := range maxLosses + 2 {
		l.add(chat.RoomTopic(fmt.Sprint(n)))
	}
	if got := l.take(); !slices.Equal(got, []chat.Topic{everything}) {
		t.Errorf("%d topics, want everything alone", len(got))
	}
}

func TestBatchesAreBounded(t *testing.T) {
	o := outbox{maxBytes: 3 * batchBytes, maxParcels: 5 * batchParcels, notice: []byte("l"), ready: make(chan struct{}, 1)}
	big := parcel{topic: "r", payload: make([]byte, batchBytes)}
	for n := range 4 {
		if fits := o.put(big); fits != (n < 3) {
			t.Fatalf("large one %d: %v", n, fits)
		}
	}
	now := time.Now()
	batch, _ := o.take(nil, now)
	if len(batch) != 2 || !batch[1].notice || batch[1].topic != "r" {
		t.Fatalf("%d in the first batch, want one and a notice", len(batch))
	}
	o.take(nil, now)
	o.take(nil, now)
	o.lose("s")
	if batch, after := o.take(nil, now.Add(lossEvery/2)); len(batch) != 0 || after != lossEvery/2 {
		t.Fatalf("told of losses too often: %d, %v", len(batch), after)
	}
	if !o.put(parcel{payload: make([]byte, maxEnvelope)}) || o.put(parcel{payload: []byte("x")}) {
		t.Error("a single large one has to fit, and nothing behind it")
	}
}
