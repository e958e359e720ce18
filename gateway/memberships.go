package gateway

import (
	"context"
	"slices"
	"sync"
	"time"

	"parley/chat"
)

// doubtFor is how long it takes until a change of a membership is compared with the
// store: several then are one reading.
const doubtFor = 500 * time.Millisecond

// doubts are memberships that are to be compared with the store. Two nodes may tell of
// two changes of one membership in another order than they were stored in; and what
// tells of a change may be lost. The zero value has none.
type doubts struct {
	mu    sync.Mutex
	users map[string]struct{}            // in all their rooms
	rooms map[string]map[string]struct{} // users, by room
	due   bool                           // a comparison is
}

// doubt notes that memberships were told of, where there are other nodes.
func (h *Hub) doubt(e chat.Event) {
	if !h.among() {
		return
	}
	d := &h.doubts
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, u := range e.Users {
		if d.rooms == nil {
			d.rooms = map[string]map[string]struct{}{}
		}
		if d.rooms[e.Room] == nil {
			d.rooms[e.Room] = map[string]struct{}{}
		}
		d.rooms[e.Room][u] = struct{}{}
	}
	h.scheduleDoubts()
}

// doubtUser notes that something may have been lost of a user.
func (h *Hub) doubtUser(id string) {
	d := &h.doubts
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.users == nil {
		d.users = map[string]struct{}{}
	}
	d.users[id] = struct{}{}
	h.scheduleDoubts()
}

// scheduleDoubts is called with the lock held.
func (h *Hub) scheduleDoubts() {
	if !h.doubts.due {
		h.doubts.due = true
		time.AfterFunc(doubtFor, h.settleDoubts)
	}
}

// settleDoubts compares what is in doubt with the store. What cannot be read is in
// doubt again.
func (h *Hub) settleDoubts() {
	d := &h.doubts
	d.mu.Lock()
	users, rooms := d.users, d.rooms
	d.users, d.rooms, d.due = nil, nil, false
	d.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	for id := range users {
		if err := h.reconcile(ctx, id); err != nil {
			h.opts.Log.Warn("cannot compare a user's rooms with the store", "user", id, "error", err)
			h.doubtUser(id)
		}
	}
	for room, of := range rooms {
		if err := h.reconcileRoom(ctx, room, of); err != nil {
			h.opts.Log.Warn("cannot compare a room's members with the store", "room", room, "error", err)
			h.doubt(chat.Event{Room: room, Users: keysOf(of)})
		}
	}
}

func keysOf(set map[string]struct{}) []string {
	list := make([]string, 0, len(set))
	for k := range set {
		list = append(list, k)
	}
	return list
}

// reconcileRoom brings what is known here of some users' part in a room up to what the
// store says.
func (h *Hub) reconcileRoom(ctx context.Context, room string, users map[string]struct{}) error {
	known := slices.DeleteFunc(keysOf(users), func(u string) bool { return !h.knows(u) })
	if len(known) == 0 {
		return nil
	}
	active, err := h.opts.Store.Active(ctx, room, known)
	if err != nil {
		return err
	}
	for _, u := range known {
		if in := slices.Contains(active, u); in != h.TakesPart(u, room) && h.knows(u) {
			if err := h.tellMembership(ctx, u, room); err != nil {
				return err
			}
		}
	}
	return nil
}

// knows reports whether it is known here what rooms a user takes part in.
func (h *Hub) knows(id string) bool {
	h.usersMu.RLock()
	defer h.usersMu.RUnlock()
	u := h.users[id]
	return u != nil && u.rooms != nil
}

// reconcile brings the rooms of a user's sessions up to what the store says: what
// told of a change may be lost. Who was not announced yet is looked at again then.
func (h *Hub) reconcile(ctx context.Context, user string) error {
	if !h.knows(user) {
		h.usersMu.Lock()
		if u := h.users[user]; u != nil {
			u.unsure = u.rooms == nil
		}
		h.usersMu.Unlock()
		if !h.knows(user) {
			return nil
		}
	}
	heads, err := h.opts.Store.RoomHeads(ctx, user)
	if err != nil {
		return err
	}
	for _, room := range h.differ(user, heads) {
		if err := h.tellMembership(ctx, user, room); err != nil {
			return err
		}
	}
	return nil
}

// differ returns the rooms in which a user takes part by the store alone, or by what is
// known here alone.
func (h *Hub) differ(user string, heads []chat.RoomHead) (rooms []string) {
	h.usersMu.RLock()
	defer h.usersMu.RUnlock()
	u := h.users[user]
	if u == nil || u.rooms == nil {
		return nil
	}
	stored := make(map[string]struct{}, len(heads))
	for _, r := range heads {
		stored[r.Room] = struct{}{}
		if _, in := u.rooms[r.Room]; !in {
			rooms = append(rooms, r.Room)
		}
	}
	for r := range u.rooms {
		if _, in := stored[r]; !in {
			rooms = append(rooms, r)
		}
	}
	return rooms
}

// tellMembership does what the event would have done that was lost, if one was: the
// membership is read anew, for an event may have come since it was found to differ.
func (h *Hub) tellMembership(ctx context.Context, user, room string) error {
	r, err := h.opts.Store.Room(ctx, room)
	if err != nil && chat.CodeOf(err) != chat.CodeNotFound {
		return err
	}
	active, err := h.opts.Store.Active(ctx, room, []string{user})
	if err != nil {
		return err
	}
	if in := len(active) > 0; in == h.TakesPart(user, room) {
		return nil
	}
	e := membership(r, []string{user}, h.opts.Epoch())
	e.Room = room
	switch {
	case len(active) > 0:
		e.Kind, e.At = chat.EventRoomJoined, r.Version
	case r.Deleted && h.lookup(room) != nil:
		e.Kind, e.Users = chat.EventRoomDeleted, nil
	}
	h.Publish(e)
	return nil
}

// membership is the event that users have left a room.
func membership(r chat.Room, users []string, epoch string) chat.Event {
	return chat.Event{
		Kind: chat.EventRoomLeft, Room: r.ID, RoomName: r.Name, Users: users, Epoch: epoch, Quiet: r.ParticipantCount > chat.LargeRoom,
	}
}

// expel takes those out of a room, as it was just read, who take no part in it.
func (h *Hub) expel(ctx context.Context, r *room, stored chat.Room) error {
	users := r.listeners()
	active, err := h.opts.Store.Active(ctx, r.id, users)
	if err != nil || len(active) == len(users) {
		return err
	}
	in := make(map[string]struct{}, len(active))
	for _, u := range active {
		in[u] = struct{}{}
	}
	gone := slices.DeleteFunc(users, func(u string) bool { _, ok := in[u]; return ok })
	if stored.Deleted {
		h.Publish(chat.Event{Kind: chat.EventRoomDeleted, Room: r.id, RoomName: stored.Name, Epoch: h.opts.Epoch()})
		return nil
	}
	h.Publish(membership(stored, gone, h.opts.Epoch()))
	return nil
}

// listeners returns the users whose sessions are in the room, each once.
func (r *room) listeners() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	users := make([]string, 0, len(r.sessions))
	for _, s := range r.sessions {
		users = append(users, s.Actor().ID)
	}
	slices.Sort(users)
	return slices.Compact(users)
}
