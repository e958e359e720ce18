package gateway

import (
	"context"
	"sync"
	"time"

	"parley/chat"
)

// Among is what a hub needs to be one of several nodes.
type Among struct {
	// Elsewhere carries events to the other nodes alone.
	Elsewhere chat.Bus
	// Interest is told what this node wants to hear of.
	Interest Interest
	// Roster knows who is on which node.
	Roster Roster
	// AskReplies has the node that writes a reply in a room, if there is one, tell this
	// node how it stands. It does not wait.
	AskReplies func(room string)
}

// Interest is what a node wants to hear of. Its methods are called under locks: they
// must not wait. Each Listen has its Unlisten.
type Interest interface {
	Listen(t chat.Topic)
	Unlisten(t chat.Topic)
}

// Roster knows on which nodes users are. Its methods may be called at once, but Set
// for one user one call at a time.
type Roster interface {
	// Set notes that a user is on this node, or is so no more. It reports whether they
	// came online by that, or went offline, as all nodes together see it, and a version
	// that orders such changes of a user, 0 if none is known. Where the others cannot be
	// asked it answers as if there were none.
	Set(user string, here bool) (changed bool, version int64)
	// Online returns those of the users who are on other nodes, as far as is known.
	Online(users []string) []string
}

func (h *Hub) listen(t chat.Topic) {
	if h.opts.Among.Interest != nil {
		h.opts.Among.Interest.Listen(t)
	}
}

func (h *Hub) unlisten(t chat.Topic) {
	if h.opts.Among.Interest != nil {
		h.opts.Among.Interest.Unlisten(t)
	}
}

// news settles with the other nodes whether a change of presence is one.
func (h *Hub) news(e *chat.Event) bool {
	if h.opts.Among.Roster == nil {
		return true
	}
	changed, version := h.opts.Among.Roster.Set(e.User, e.Online)
	e.Seq = version
	return changed
}

// TellPresence tells the rooms of a user, who need not be on this node, that they
// came online or went offline; version is the roster's.
func (h *Hub) TellPresence(ctx context.Context, user string, online bool, version int64) error {
	rooms, err := h.opts.Store.RoomHeads(ctx, user)
	if err != nil {
		return err
	}
	e := presenceEvent(user, online, h.opts.Epoch())
	e.Seq = version
	for _, r := range rooms {
		e.Room = r.Room
		h.share(e)
	}
	return nil
}

// OnlineHere returns the users who are online by this node.
func (h *Hub) OnlineHere() []string {
	h.usersMu.RLock()
	defer h.usersMu.RUnlock()
	var ids []string
	for id, u := range h.users {
		if u.online {
			ids = append(ids, id)
		}
	}
	return ids
}

// askEvery is how often another node is asked for the reply that it writes in a room.
const askEvery = 200 * time.Millisecond

// askReplies asks the other nodes for the rest of a reply of which something was missed.
// The room's lock is held.
func (r *room) askReplies() {
	ask := r.hub.opts.Among.AskReplies
	if ask == nil || r.asking {
		return
	}
	r.asking = true
	ask(r.id)
	time.AfterFunc(askEvery, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.asking = false
	})
}

// Heard takes note that this node hears of the topics from here on, or again: what
// was told before is read from the store, and asked for. It is called for topics that
// were just listened to, and for all once the bus has lost something.
func (h *Hub) Heard(ctx context.Context, topics []chat.Topic) error {
	var rooms []string
	for _, t := range topics {
		if id, ok := t.Room(); ok {
			rooms = append(rooms, id)
		}
		if id, ok := t.User(); ok {
			if err := h.reconcile(ctx, id); err != nil {
				return err
			}
		}
	}
	if err := h.compareRooms(ctx, rooms); err != nil {
		return err
	}
	if ask := h.opts.Among.AskReplies; ask != nil {
		for _, id := range rooms {
			if h.lookup(id) != nil {
				ask(id)
			}
		}
	}
	return nil
}

// reconcileRounds bounds how often memberships are read that change meanwhile.
const reconcileRounds = 5

// reconcile brings the rooms of a user's sessions up to what the store says: what
// told of a change may be lost. Because a change may come in while it is read, this
// is done until it finds nothing more.
func (h *Hub) reconcile(ctx context.Context, user string) error {
	for range reconcileRounds {
		heads, err := h.opts.Store.RoomHeads(ctx, user)
		if err != nil {
			return err
		}
		joined, gone, ok := h.differ(user, heads)
		if !ok || len(joined)+len(gone) == 0 {
			return nil
		}
		for _, r := range joined {
			if err := h.tellMembership(ctx, chat.EventRoomJoined, user, r); err != nil {
				return err
			}
		}
		for _, r := range gone {
			if err := h.tellMembership(ctx, chat.EventRoomLeft, user, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// differ compares the rooms that a user takes part in with those that are known
// here. It reports false where none are.
func (h *Hub) differ(user string, heads []chat.RoomHead) (joined, gone []string, ok bool) {
	h.usersMu.RLock()
	defer h.usersMu.RUnlock()
	u := h.users[user]
	if u == nil || u.rooms == nil {
		return nil, nil, false
	}
	stored := make(map[string]struct{}, len(heads))
	for _, r := range heads {
		stored[r.Room] = struct{}{}
		if _, in := u.rooms[r.Room]; !in {
			joined = append(joined, r.Room)
		}
	}
	for r := range u.rooms {
		if _, in := stored[r]; !in {
			gone = append(gone, r)
		}
	}
	return joined, gone, true
}

// tellMembership does what the event would have done that was lost.
func (h *Hub) tellMembership(ctx context.Context, kind chat.EventKind, user, room string) error {
	r, err := h.opts.Store.Room(ctx, room)
	if err != nil && chat.CodeOf(err) != chat.CodeNotFound {
		return err
	}
	e := chat.Event{Kind: kind, Room: room, RoomName: r.Name, Users: []string{user}, Epoch: h.opts.Epoch()}
	switch {
	case r.Deleted:
		e.Kind = chat.EventRoomDeleted
	case kind == chat.EventRoomJoined:
		e.At = r.Version
	}
	e.Quiet = r.ParticipantCount > chat.LargeRoom
	h.Publish(e)
	return nil
}

// latest keeps the versions of the newest of users' presence, so that what two nodes
// tell is not believed in the wrong order. Its zero value is empty.
type latest struct {
	mu       sync.Mutex
	versions map[string]int64
	order    []string // of users, oldest at next once it is full
	next     int
}

// latestUsers bounds how many users are remembered.
const latestUsers = 100_000

// take reports whether nothing newer is known of the user. Version 0 is always new.
func (l *latest) take(user string, version int64) bool {
	if version == 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	known, ok := l.versions[user]
	if ok {
		l.versions[user] = max(known, version)
		return version >= known
	}
	if l.versions == nil {
		l.versions = map[string]int64{}
	}
	l.versions[user] = version
	if len(l.order) < latestUsers {
		l.order = append(l.order, user)
		return true
	}
	delete(l.versions, l.order[l.next])
	l.order[l.next] = user
	l.next = (l.next + 1) % latestUsers
	return true
}
