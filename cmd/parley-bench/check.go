package main

import (
	"fmt"
	"maps"
)

// check is what a run promises its receivers, counted: every message of a
// receiver's rooms exactly once and in order, every ack, in order.
type check struct {
	Sent, Acked, Expected, Received uint64
	Lost, Duplicates, Inversions    uint64
	AckDisorders                    uint64
	Ended                           int // connections that the server ended
	Faults                          map[string]int
}

// verify closes the run and counts. A room's head is the highest seq that
// anyone was told of, so a message that nobody but its sender knows counts.
func (r *run) verify() check {
	c := check{Sent: r.sent.Load(), Faults: map[string]int{}}
	for _, v := range r.receivers {
		if v.conn == nil {
			continue
		}
		if err := v.conn.Err(); err != nil {
			c.Ended++
			c.Faults["connection ended: "+err.Error()]++
		}
	}
	r.close()
	heads := map[string]uint64{}
	for i, id := range r.rooms {
		heads[id] = r.heads[i].Load()
	}
	for _, v := range r.receivers {
		c.Acked += v.acked.Load()
		c.AckDisorders += v.ackDisorders
		for id, s := range v.rooms {
			heads[id] = max(heads[id], s.last)
		}
	}
	for _, v := range r.receivers {
		for id, s := range v.rooms {
			c.Expected += heads[id]
			c.Received += s.received
			c.Lost += s.lost(heads[id])
			c.Duplicates += s.duplicates
			c.Inversions += s.inversions
		}
	}
	r.faults.mu.Lock()
	defer r.faults.mu.Unlock()
	for what, n := range r.faults.counts {
		c.Faults[what] += n
	}
	return c
}

// err is nil if every promise was kept.
func (c check) err() error {
	if c.Lost+c.Duplicates+c.Inversions+c.AckDisorders == 0 && c.Acked == c.Sent && c.Ended == 0 && len(c.Faults) == 0 {
		return nil
	}
	return fmt.Errorf("promises broken: %s", c)
}

func (c check) String() string {
	s := fmt.Sprintf("%d messages sent, %d acknowledged; %d deliveries of %d; %d lost, %d twice, %d out of order, %d acks out of order, %d connections ended",
		c.Sent, c.Acked, c.Received, c.Expected, c.Lost, c.Duplicates, c.Inversions, c.AckDisorders, c.Ended)
	for what, n := range c.Faults {
		s += fmt.Sprintf("; %d× %s", n, what)
	}
	return s
}

// plus is both checks together.
func (c check) plus(d check) check {
	sum := check{
		Sent: c.Sent + d.Sent, Acked: c.Acked + d.Acked, Expected: c.Expected + d.Expected, Received: c.Received + d.Received,
		Lost: c.Lost + d.Lost, Duplicates: c.Duplicates + d.Duplicates, Inversions: c.Inversions + d.Inversions,
		AckDisorders: c.AckDisorders + d.AckDisorders, Ended: c.Ended + d.Ended, Faults: maps.Clone(c.Faults),
	}
	for what, n := range d.Faults {
		sum.Faults[what] += n
	}
	return sum
}
