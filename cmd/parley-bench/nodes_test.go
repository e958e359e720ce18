package main

import (
	"maps"
	"slices"
	"testing"
	"time"
)

// TestNodesShareEveryRoom: each node has its part of each room's members, and of the
// senders, or the figures would be those of nodes that have nothing to tell each other.
func TestNodesShareEveryRoom(t *testing.T) {
	target := target{URL: "a", Further: []node{{url: "b"}, {url: "c"}}}
	for _, s := range []shape{nodesShape, nodesSmallerShape} {
		members, senders := map[int]map[string]int{}, map[string]int{}
		r := run{shape: s}
		for i := range s.Connections {
			room, url := r.roomOf(i), target.url(i/s.Rooms)
			if members[room] == nil {
				members[room] = map[string]int{}
			}
			members[room][url]++
			if i < nodesTraffic.Senders {
				senders[url]++
			}
		}
		for room, by := range members {
			if len(by) != several || slices.Max(slices.Collect(maps.Values(by)))-slices.Min(slices.Collect(maps.Values(by))) > 1 {
				t.Errorf("room %d of %d members is spread as %v", room, roomSize(s), by)
			}
		}
		if want := nodesTraffic.Senders / several; senders["a"] != want || senders["b"] != want || senders["c"] != want {
			t.Errorf("rooms of %d have senders on %v", roomSize(s), senders)
		}
	}
}

// TestLoadOnSeveralNodes: clients of further nodes are served by them, and their CPU
// time counts.
func TestLoadOnSeveralNodes(t *testing.T) {
	f := &fakeParley{t: t}
	first, second := f.serve(), f.serve()
	first.Further = []node{{url: second.URL}}
	first.BusPID = 1 << 30 // no such process
	if _, err := load(t.Context(), first, smallShape, smallTraffic); err == nil {
		t.Error("the usage of a process that is not there was read")
	}
	first.BusPID = 0
	res, err := load(t.Context(), first, smallShape, traffic{Senders: 5, Size: 64, Window: 4, Messages: 50, Warmup: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Check.err(); err != nil || res.Deliveries != 400 {
		t.Errorf("%d deliveries, %v", res.Deliveries, err)
	}
}
