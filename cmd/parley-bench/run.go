package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// stallLimit ends the wait for what is under way: so long without any arrival.
	stallLimit = 10 * time.Second
	// lateLimit is how long a finished run still listens for duplicates.
	lateLimit = 200 * time.Millisecond
	// dialers is how many connections are under construction at once.
	dialers = 64
	// spareFiles is for everything that is no client connection.
	spareFiles = 100
)

// shape is who is connected and in which rooms: client i is in room i modulo
// the number of rooms, and in the RoomsPerClient-1 rooms after it.
type shape struct {
	Connections    int           `help:"Clients, each its own user." default:"200"`
	Rooms          int           `help:"Rooms." default:"20"`
	RoomsPerClient int           `help:"Rooms that each client is in." default:"1"`
	ConnectTimeout time.Duration `help:"For creating the rooms and connecting everyone." default:"120s"`
}

func (s shape) check() error {
	switch {
	case s.Connections < 1 || s.Rooms < 1 || s.Rooms > s.Connections:
		return errors.New("--connections and --rooms: at least one client per room, and one room")
	case s.RoomsPerClient < 1 || s.RoomsPerClient > s.Rooms:
		return errors.New("--rooms-per-client: from 1 to --rooms")
	}
	return nil
}

// run is one set of connections to a target, and what they have seen.
type run struct {
	target    *target
	shape     shape
	epoch     time.Time
	receivers []*receiver
	rooms     []string
	heads     []atomic.Uint64 // of each room, the highest acknowledged seq
	sent      atomic.Uint64

	measuring     atomic.Bool
	delivery, ack *latency
	faults        faults
}

// clock is the time since the run began, the unit of markers and ack ids.
func (r *run) clock() time.Duration { return time.Since(r.epoch) }

// roomOf is the room that client i posts to.
func (r *run) roomOf(i int) int { return i % r.shape.Rooms }

// roomsOf are all rooms of client i.
func (r *run) roomsOf(i int) []int {
	rooms := make([]int, r.shape.RoomsPerClient)
	for k := range rooms {
		rooms[k] = (i + k) % r.shape.Rooms
	}
	return rooms
}

// raise lifts the room's head to seq.
func (r *run) raise(room int, seq uint64) { raise(&r.heads[room], seq) }

// raise lifts a number to at least n.
func raise(number *atomic.Uint64, n uint64) {
	for {
		old := number.Load()
		if n <= old || number.CompareAndSwap(old, n) {
			return
		}
	}
}

// connect creates the rooms and connects everyone. The caller closes the run.
func connect(ctx context.Context, t *target, s shape, readBuffer int) (*run, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := raiseFileLimit(uint64(s.Connections + spareFiles)); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.ConnectTimeout)
	defer cancel()
	r := &run{target: t, shape: s, epoch: time.Now(), heads: make([]atomic.Uint64, s.Rooms), delivery: newLatency(), ack: newLatency()}
	var random [4]byte
	_, _ = rand.Read(random[:]) // never fails
	name := hex.EncodeToString(random[:])
	members := make([][]string, s.Rooms)
	for i := range s.Connections {
		user := fmt.Sprintf("bench-%s-u%d", name, i)
		r.receivers = append(r.receivers, &receiver{run: r, index: i, user: user, rooms: map[string]*sequence{}})
		for _, room := range r.roomsOf(i) {
			members[room] = append(members[room], user)
		}
	}
	ids, err := t.createRooms(ctx, name, members)
	if err != nil {
		return nil, err
	}
	r.rooms = ids
	if err := r.dialAll(ctx, readBuffer); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *run) dialAll(ctx context.Context, readBuffer int) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(dialers)
	for i, c := range r.receivers {
		var rooms []string
		for _, room := range r.roomsOf(i) {
			rooms = append(rooms, r.rooms[room])
			c.rooms[r.rooms[room]] = &sequence{}
		}
		g.Go(func() error {
			conn, err := r.target.dial(ctx, r.target.url(i/r.shape.Rooms), c.user, rooms, c, readBuffer)
			if err != nil {
				return fmt.Errorf("client %d: %w", i, err)
			}
			c.conn = conn
			return nil
		})
	}
	return g.Wait()
}

// drain waits until all that was sent is acknowledged and has reached everyone,
// or until nothing has come for stallLimit; then it listens a little longer.
func (r *run) drain(ctx context.Context) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	progress, since := uint64(0), time.Now()
	for !r.settled() && time.Since(since) < stallLimit && ctx.Err() == nil {
		<-tick.C
		if now := r.progress(); now != progress {
			progress, since = now, time.Now()
		}
	}
	select {
	case <-time.After(lateLimit):
	case <-ctx.Done():
	}
}

func (r *run) settled() bool {
	acked := uint64(0)
	for i, c := range r.receivers {
		acked += c.acked.Load()
		if c.received.Load() < r.expected(i) {
			return false
		}
	}
	return acked == r.sent.Load()
}

// expected is how many messages client i is to get, as far as the acks tell.
func (r *run) expected(i int) uint64 {
	n := uint64(0)
	for k := range r.shape.RoomsPerClient {
		n += r.heads[(i+k)%r.shape.Rooms].Load()
	}
	return n
}

func (r *run) progress() uint64 {
	n := uint64(0)
	for _, c := range r.receivers {
		n += c.received.Load() + c.acked.Load()
	}
	return n
}

func (r *run) received() uint64 {
	n := uint64(0)
	for _, c := range r.receivers {
		n += c.received.Load()
	}
	return n
}

func (r *run) close() {
	for _, c := range r.receivers {
		if c.conn != nil {
			c.conn.Close()
		}
	}
}

// raiseFileLimit lifts this process's limit of open files to the most it may
// have, for itself and for the servers it starts.
func raiseFileLimit(want uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("open files: %w", err)
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("open files: %w", err)
	}
	if limit.Max < want {
		return fmt.Errorf("open files: %d are needed, %d allowed (ulimit -Hn)", want, limit.Max)
	}
	return nil
}
