package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// settle says when a server's memory counts as settled: it is read every
// second, and the lowest value stands once Quiet passed without a lower one
// (by more than half a percent), or when Limit is over.
type settle struct {
	Quiet time.Duration `name:"settle" help:"Memory has settled after so long without a new low." default:"10s"`
	Limit time.Duration `name:"settle-limit" help:"Wait for that no longer than this." default:"90s"`
}

// idleResult is the memory of a server before any client and with all of them.
type idleResult struct {
	Connections   int
	Before, After int64 // bytes resident
	Connect       time.Duration
	Waited        time.Duration
	ServerCPU     time.Duration // while settling: what idle connections cost
	Check         check
}

func (r idleResult) perConnection() float64 {
	return float64(r.After-r.Before) / float64(r.Connections)
}

// idle connects everyone, lets the server settle and reads its memory. Only
// then one message goes to every room, which proves that all had joined.
//
// before is the server's memory without rooms, users and clients; what these
// need is therefore counted in.
func idle(ctx context.Context, t *target, s shape, st settle, before int64) (idleResult, error) {
	if t.PID == 0 {
		return idleResult{}, errors.New("--pid is required: memory is read on this machine")
	}
	start := time.Now()
	r, err := connect(ctx, t, s, 4<<10)
	if err != nil {
		return idleResult{}, err
	}
	defer r.close()
	res := idleResult{Connections: s.Connections, Before: before, Connect: time.Since(start)}
	begun, err := processUsage(t.PID)
	if err != nil {
		return idleResult{}, err
	}
	res.After, res.Waited, err = st.wait(ctx, func() (int64, error) {
		u, err := processUsage(t.PID)
		res.ServerCPU = u.CPU - begun.CPU
		return u.RSS, err
	})
	if err != nil {
		return idleResult{}, err
	}
	for room := range s.Rooms {
		one := &sender{r: r.receivers[room], traffic: traffic{Size: markerSize}, room: r.rooms[room]}
		if err := one.post(r.clock()); err != nil {
			return idleResult{}, fmt.Errorf("message to room %d: %w", room, err)
		}
	}
	r.drain(ctx)
	res.Check = r.verify()
	return res, ctx.Err()
}

// wait returns the lowest value that read gave, and how long that took.
func (st settle) wait(ctx context.Context, read func() (int64, error)) (int64, time.Duration, error) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	start := time.Now()
	lowest, err := read()
	mark, since := lowest, start // the low that counts, and its time
	for err == nil && time.Since(since) < st.Quiet && time.Since(start) < st.Limit {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, 0, ctx.Err()
		}
		var now int64
		if now, err = read(); now < lowest {
			if lowest = now; now < mark-mark/200 {
				mark, since = now, time.Now()
			}
		}
	}
	return lowest, time.Since(start), err
}
