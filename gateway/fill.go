package gateway

import (
	"context"
	"slices"
	"time"

	"parley/chat"
)

// fillLimit is how many changes are read at once to close a gap.
const fillLimit = 500

const (
	// storeTimeout bounds one reading of the store.
	storeTimeout = 4 * time.Second
	// fillAgain is after how long a reading that failed is tried again.
	fillAgain = 2 * time.Second
)

// fill reads from the store what a room's events left out.
func (h *Hub) fill(r *room) {
	r.mu.Lock()
	read := reading{from: r.head, came: r.came}
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
	if err := h.read(ctx, r, &read); err != nil {
		h.opts.Log.Warn("cannot read a room's missing events", "room", r.id, "error", err)
		time.AfterFunc(min(fillAgain, h.opts.CompareEvery), func() { h.fill(r) })
		return
	}
	r.filled(read)
}

// read reads what changed in a room. Among several nodes it takes those out of it who
// take no part any more: of that nothing may be heard where changes are not.
func (h *Hub) read(ctx context.Context, r *room, to *reading) (err error) {
	if to.changes, err = h.opts.Store.Changes(ctx, r.id, to.from, fillLimit); err != nil {
		return err
	}
	// Behind the changes: a clearing takes those before it along.
	room, err := h.opts.Store.Room(ctx, r.id)
	if err != nil {
		return err
	}
	to.cleared, to.stored, to.all, to.upTo = room.ClearedVersion, room.Version, len(to.changes) < fillLimit, to.from
	if n := len(to.changes); n > 0 {
		to.upTo = to.changes[n-1].Version
	}
	if h.among() {
		return h.expel(ctx, r, room)
	}
	return nil
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
	if err := h.compareRooms(ctx, append(ids, watched...), false); err != nil && ctx.Err() == nil {
		h.opts.Log.Error("cannot compare rooms with the store", "error", err)
	}
}

// compareRooms has those of the rooms catch up that are behind the store, and wakes
// who watches them. Lost says that something of them may just have been lost.
func (h *Hub) compareRooms(ctx context.Context, ids []string, lost bool) error {
	for batch := range slices.Chunk(ids, compareBatch) {
		asOf, _ := h.offset() // what happens from here on is newer
		stands, err := h.opts.Store.Stands(ctx, batch)
		if err != nil {
			return err
		}
		h.watches.compared(batch, stands)
		for _, id := range batch {
			r := h.lookup(id)
			if r == nil {
				continue
			}
			if head, ok := stands[id]; ok {
				r.compare(head, asOf, lost)
			} else if err := h.tellDeletion(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// compare has a room catch up with how it stands: its changes, who its conversation is
// with, how large it is, and the reply that is being written in it.
func (r *room) compare(head chat.RoomHead, asOf uint64, lost bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dead {
		return
	}
	if r.stored = max(r.stored, head.Version); r.known && r.head < head.Version {
		r.wait()
	}
	r.measure(size{asOf, head.Members})
	// Of a room in which nothing was told yet, it is no news that its bot answers.
	told := r.ownerEpoch > 0 || lost && head.Conversation != nil && head.Conversation.State != chat.WithBot
	if head.Conversation != nil && head.OwnerEpoch > r.ownerEpoch && told {
		r.take(chat.Event{
			Kind: chat.EventConversationState, Room: r.id, At: head.Version, Epoch: r.hub.opts.Epoch(),
			OwnerEpoch: head.OwnerEpoch, Conversation: head.Conversation,
		})
	}
	r.miss(head.OpenReply, lost)
}

// tellDeletion lets those go who are in a room that is deleted, of which they were not told.
func (h *Hub) tellDeletion(ctx context.Context, id string) error {
	r, err := h.opts.Store.Room(ctx, id)
	if err != nil || !r.Deleted {
		if chat.CodeOf(err) == chat.CodeNotFound {
			return nil
		}
		return err
	}
	h.Publish(chat.Event{Kind: chat.EventRoomDeleted, Room: id, RoomName: r.Name, Epoch: h.opts.Epoch()})
	return nil
}
