package gateway

import (
	"context"
	"slices"
	"time"

	"parley/chat"
)

// fillLimit is how many changes are read at once to close a gap.
const fillLimit = 500

// storeTimeout bounds one reading of the store.
const storeTimeout = 10 * time.Second

// fill reads from the store what a room's events left out.
func (h *Hub) fill(r *room) {
	r.mu.Lock()
	from := r.head
	done := r.dead || len(r.sessions) == 0
	if done {
		r.filling = false
	}
	r.mu.Unlock()
	if done {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	changes, err := h.opts.Store.Changes(ctx, r.id, from, fillLimit)
	var room chat.Room
	if err == nil { // read behind the changes: a clearing takes those before it along
		room, err = h.opts.Store.Room(ctx, r.id)
	}
	if err != nil {
		h.opts.Log.Error("cannot read a room's missing events", "room", r.id, "error", err)
		time.AfterFunc(h.opts.CompareEvery, func() { h.fill(r) })
		return
	}
	upTo := from
	if n := len(changes); n > 0 {
		upTo = changes[n-1].Version
	}
	r.filled(from, room.ClearedVersion, changes, upTo)
}

// Run compares the heads of the listened and watched rooms with the store's until
// ctx ends: a lost last event has no successor to betray it.
func (h *Hub) Run(ctx context.Context) {
	tick := time.NewTicker(h.opts.CompareEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			h.compare(ctx)
		}
	}
}

// compareBatch is how many rooms are compared in one query.
const compareBatch = 500

// compare starts the filling of every room that is behind the store.
func (h *Hub) compare(ctx context.Context) {
	h.mu.Lock()
	ids := make([]string, 0, len(h.rooms))
	for id := range h.rooms {
		ids = append(ids, id)
	}
	h.mu.Unlock()
	watched, left := h.watches.listed()
	for _, id := range left {
		h.unlisten(chat.RoomTopic(id))
	}
	if err := h.compareRooms(ctx, append(ids, watched...)); err != nil && ctx.Err() == nil {
		h.opts.Log.Error("cannot compare rooms with the store", "error", err)
	}
}

// compareRooms starts the filling of those of the rooms that are behind the store,
// and wakes who watches them.
func (h *Hub) compareRooms(ctx context.Context, ids []string) error {
	for batch := range slices.Chunk(ids, compareBatch) {
		heads, err := h.opts.Store.Heads(ctx, batch)
		if err != nil {
			return err
		}
		h.watches.compared(batch, heads)
		for id, version := range heads {
			if r := h.lookup(id); r != nil {
				r.mu.Lock()
				if r.known && r.head < version {
					r.wait()
				}
				r.mu.Unlock()
			}
		}
	}
	return nil
}
