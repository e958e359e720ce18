package gateway

import (
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"parley/chat"
)

// Heads is what the hub reads from the store.
type Heads interface {
	// Heads returns the versions of the named rooms.
	Heads(ctx context.Context, rooms []string) (map[string]int64, error)
	// Stands returns how those of the named rooms stand that are there, and not deleted.
	Stands(ctx context.Context, rooms []string) (map[string]chat.RoomHead, error)
	// Active returns those of the users who take part in a room.
	Active(ctx context.Context, room string, users []string) ([]string, error)
	// RoomHeads lists the rooms that a user takes part in.
	RoomHeads(ctx context.Context, user string) ([]chat.RoomHead, error)
	// Room returns a room, of which the hub wants ClearedVersion.
	Room(ctx context.Context, id string) (chat.Room, error)
	// Changes returns what changed in a room after a version, oldest first.
	Changes(ctx context.Context, room string, after int64, limit int) ([]chat.Message, error)
}

// Options are what a Hub needs; Store and Epoch are required.
type Options struct {
	Store Heads
	Epoch func() string
	Now   func() time.Time
	Log   *slog.Logger
	// Replies returns the replies that are being written in a room, as they stand;
	// nil: there are none. It is called under a lock: it must neither wait nor publish.
	Replies func(room string) []chat.OpenReply
	// Among joins this node to others that serve the same rooms; its zero value is a
	// node that is alone.
	Among Among
	// GapDelay is how long a missing event is waited for, 50 ms.
	GapDelay time.Duration
	// CompareEvery is how often the heads of the listened rooms are compared
	// with the store's, 5 s.
	CompareEvery time.Duration
	// PresenceGrace is how long a user stays online without a connection, 10 s.
	PresenceGrace time.Duration
	// TypingTimeout ends typing that is not repeated, 6 s.
	TypingTimeout time.Duration
}

// Hub carries events to this node's sessions. It implements chat.Bus for a node
// that is alone; its methods may be called at once, and none waits for a client.
type Hub struct {
	opts Options
	node string // begins every offset: another node's, or another life's, is never mistaken

	offsets atomic.Uint64

	mu    sync.Mutex
	rooms map[string]*room

	usersMu sync.RWMutex
	users   map[string]*user
	pids    map[string]*Session
	agents  map[*Session]struct{} // of agents and administrators, connected or waited for

	watches watches
	doubts  doubts

	ended   recent       // replies
	here    latest       // users' presence
	streams atomic.Int64 // open in all rooms
}

// NewHub returns a hub without sessions.
func NewHub(o Options) *Hub {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.GapDelay == 0 {
		o.GapDelay = 50 * time.Millisecond
	}
	if o.CompareEvery == 0 {
		o.CompareEvery = 5 * time.Second
	}
	if o.PresenceGrace == 0 {
		o.PresenceGrace = 10 * time.Second
	}
	if o.TypingTimeout == 0 {
		o.TypingTimeout = 6 * time.Second
	}
	return &Hub{
		opts: o, node: strconv.FormatUint(rand.Uint64(), 36) + ".", //nolint:gosec // a name, not a secret
		rooms: map[string]*room{}, users: map[string]*user{}, pids: map[string]*Session{}, agents: map[*Session]struct{}{},
	}
}

// Publish takes an event from the bus.
func (h *Hub) Publish(e chat.Event) {
	switch e.Kind {
	case chat.EventUserRevoked:
		h.revoke(e)
		return
	case chat.EventSessionClosed:
		h.closeSession(e)
		return
	case chat.EventConversationUpdated, chat.EventConversationDeleted, chat.EventNote:
		h.tellAgents(e)
		return
	case chat.EventMessage:
		if e.Message.Bot() { // before it is looked whether the room is here
			h.ended.add(e.Message.ID)
		}
	}
	h.watches.hear(e)
	if e.Kind == chat.EventRoomJoined || e.Kind == chat.EventRoomLeft {
		h.doubt(e)
	}
	for {
		if e.Kind == chat.EventRoomJoined {
			h.subscribeUsers(e)
		}
		r := h.lookup(e.Room)
		if r != nil && !r.handle(e) {
			continue // it has just died
		}
		if r == nil {
			h.direct(e)
		}
		return
	}
}

func (h *Hub) lookup(id string) *room {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rooms[id]
}

// subscribe adds the session to a room, made if it has to be.
func (h *Hub) subscribe(s *Session, id string, e entry) {
	for {
		h.mu.Lock()
		r := h.rooms[id]
		if r == nil {
			r = &room{id: id, hub: h, index: map[*Session]int{}}
			h.rooms[id] = r
			h.listen(chat.RoomTopic(id))
		}
		h.mu.Unlock()
		if r.add(s, e) {
			if !s.in(id) {
				h.sweep(r)
			}
			return
		}
	}
}

// unsubscribe takes the session out of a room, and the room out of the hub if
// nobody is left in it.
func (h *Hub) unsubscribe(s *Session, id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rooms[id]
	if r == nil {
		s.exit(id)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remove(s)
	s.exit(id)
	h.bury(r)
}

// bury removes an empty room. The caller holds both locks.
func (h *Hub) bury(r *room) {
	if len(r.sessions) == 0 {
		r.dead = true
		h.release(r)
		r.typists.clear()
		h.streams.Add(-int64(len(r.streams)))
		r.streams = nil
		delete(h.rooms, r.id)
		h.unlisten(chat.RoomTopic(r.id))
	}
}

// subscribeUsers lets the connections of users who came into a room get its events.
func (h *Hub) subscribeUsers(e chat.Event) {
	for _, u := range e.Users {
		for _, s := range h.sessionsOf(u) {
			if s.minds(e.Room) {
				h.subscribe(s, e.Room, entry{known: true, head: e.At})
			} else {
				s.enter(e.Room, false)
			}
		}
	}
}

// offset returns the next event's name among all that this node sends.
func (h *Hub) offset() (uint64, string) {
	n := h.offsets.Add(1)
	return n, h.node + strconv.FormatUint(n, 36)
}

// parseOffset reads one of this node's offsets.
func (h *Hub) parseOffset(s string) (uint64, bool) {
	rest, ok := strings.CutPrefix(s, h.node)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(rest, 36, 64)
	return n, err == nil
}

// revoke ends the connections whose tokens a change of their user has ended.
func (h *Hub) revoke(e chat.Event) {
	why := chat.ErrTokenExpired
	if e.Blocked {
		why = chat.ErrBlocked
	}
	for _, s := range h.sessionsOf(e.User) {
		if s.Identity().Revoked(chat.User{Blocked: e.Blocked, TokenVersion: e.TokenVersion}) {
			s.End(why)
		}
	}
	if e.Blocked {
		h.depose(e.User)
	}
}

// closeSession ends the connections of a chatbot session; of one that was taken by a
// newer socket, those that entered it before. Where that is news no more, who took it
// in its stead tells so.
func (h *Hub) closeSession(e chat.Event) {
	why := chat.ErrSessionClosed
	if e.Replaced {
		why = chat.ErrSessionReplaced
	}
	for _, s := range h.sessionsOf(e.User) {
		switch {
		case s.chatbot == "" || s.chatbot != e.Origin:
		case e.Seq == 0 || s.entered < e.Seq:
			s.End(why)
		case s.entered > e.Seq && h.opts.Among.Elsewhere != nil:
			e.Seq = s.entered
			h.opts.Among.Elsewhere.Publish(e)
		}
	}
}

// Sessions returns how many sessions have a connection, and how many wait for
// their client to come back.
func (h *Hub) Sessions() (connected, waiting int) {
	h.usersMu.RLock()
	var all []*Session
	for _, u := range h.users {
		all = slices.AppendSeq(all, maps.Keys(u.sessions))
	}
	h.usersMu.RUnlock()
	for _, s := range all {
		if s.connected() {
			connected++
		} else {
			waiting++
		}
	}
	return connected, waiting
}
