package chat

import (
	"context"
	"slices"
)

// Messages lists messages newest first: of one room, or of all the caller's.
func (s *Service) Messages(ctx context.Context, a Actor, q MessageQuery) ([]MessageView, int64, error) {
	p, err := page(q.Page)
	if err != nil {
		return nil, 0, err
	}
	q.Page, q.User = p, a.ID
	if q.Before < 0 || q.After < 0 {
		return nil, 0, Errorf(CodeInvalid, "before and after must not be negative")
	}
	if q.Room != "" {
		r, err := s.member(ctx, a, q.Room)
		if err != nil {
			return nil, 0, err
		}
		q.Room = r.ID
	} else if q.Before != 0 || q.After != 0 {
		return nil, 0, Errorf(CodeInvalid, "before and after need a roomId")
	}
	ms, count, err := s.Store.Messages(ctx, q, true)
	if err != nil {
		return nil, 0, err
	}
	views, err := s.views(ctx, ms)
	return views, count, err
}

// Message returns one message of the caller's rooms.
func (s *Service) Message(ctx context.Context, a Actor, messageID string) (MessageView, error) {
	if err := id("messageId", messageID); err != nil {
		return MessageView{}, err
	}
	m, err := s.Store.Message(ctx, messageID)
	if err != nil {
		return MessageView{}, err
	}
	if _, err := s.member(ctx, a, m.Room); CodeOf(err) == CodeNotFound || m.Deleted || m.Seq == 0 {
		return MessageView{}, ErrMessageNotFound
	} else if err != nil {
		return MessageView{}, err
	}
	views, err := s.views(ctx, []Message{m})
	if err != nil {
		return MessageView{}, err
	}
	return views[0], nil
}

// History lists the messages of a room nearest to before or after, oldest
// first, and whether there are more beyond: more than n, or than AnswerBytes hold.
func (s *Service) History(ctx context.Context, a Actor, room string, before, after int64, n int) ([]MessageView, bool, error) {
	if before < 0 || after < 0 || n < 0 {
		return nil, false, Errorf(CodeInvalid, "before, after and limit must not be negative")
	}
	r, err := s.member(ctx, a, room)
	if err != nil {
		return nil, false, err
	}
	n = limit(n)
	q := MessageQuery{Room: r.ID, User: a.ID, Before: before, After: after, Page: Page{Limit: n + 1}}
	ms, _, err := s.Store.Messages(ctx, q, false)
	if err != nil {
		return nil, false, err
	}
	forward := after > 0 && before == 0
	if forward {
		slices.Reverse(ms)
	}
	fit, _ := fitting(ms[:min(n, len(ms))], AnswerBytes)
	more := fit < len(ms)
	if ms = ms[:fit]; !forward { // the nearest came first
		slices.Reverse(ms)
	}
	views, err := s.views(ctx, ms)
	return views, more, err
}

// SyncLimit is how many changes of a room one answer holds.
const SyncLimit = 200

// AnswerBytes is about how much one answer of History or SyncRooms may hold, so
// that whoever comes back to much text can take it in, live events besides.
const AnswerBytes = 512 << 10

// messageCost is about what a message takes besides its text.
const messageCost = 300

// fitting returns how many of the messages, from the first on, have room in what
// is left of an answer, and what is left then. An empty answer takes at least one.
func fitting(ms []Message, left int) (n, rest int) {
	for _, m := range ms {
		size := messageCost + len(m.Text)
		if size > left && left < AnswerBytes {
			break
		}
		left = max(0, left-size)
		n++
	}
	return n, left
}

// MaxSyncRooms is how many rooms one request may name.
const MaxSyncRooms = 10_000

// Sync is what happened in one room since a cursor.
type Sync struct {
	Messages []MessageView // created, edited or deleted since, by cursor
	Cursor   Cursor        // where the client then stands
	More     bool
	Resync   bool // the cursor cannot be served: drop the room, read history
	Gone     bool // the room is not, or no longer, the caller's
	New      bool // the request did not name the room
}

// SyncRooms answers, for each cursor, what changed since, and names the caller's
// other rooms. The empty cursor is the start.
func (s *Service) SyncRooms(ctx context.Context, a Actor, cursors map[string]string) (map[string]Sync, error) {
	if len(cursors) > MaxSyncRooms {
		return nil, Errorf(CodeInvalid, "rooms must have at most %d entries", MaxSyncRooms)
	}
	parsed := make(map[string]Cursor, len(cursors))
	for room, text := range cursors {
		c, err := ParseCursor(text)
		if err != nil {
			return nil, err
		}
		if room == Me { // answered under its real id
			if room, err = s.roomID(ctx, a, Me); err != nil {
				return nil, err
			}
		}
		parsed[room] = c
	}
	heads, err := s.Store.RoomHeads(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	answer := make(map[string]Sync, len(heads))
	left := AnswerBytes
	for _, h := range heads {
		from, named := parsed[h.Room]
		switch {
		case !named:
			answer[h.Room] = Sync{Cursor: Cursor{s.Store.Epoch(), h.Version}, New: true}
		case from.Version > h.Version || (from.Epoch != "" && from.Epoch != s.Store.Epoch()),
			from.Epoch != "" && from.Version < h.ClearedVersion:
			answer[h.Room] = Sync{Resync: true}
		default:
			if answer[h.Room], left, err = s.syncRoom(ctx, h, from, left); err != nil {
				return nil, err
			}
		}
	}
	for room := range parsed {
		if _, ok := answer[room]; !ok {
			answer[room] = Sync{Gone: true}
		}
	}
	return answer, nil
}

// syncRoom answers for one room with what is left of the answer, and returns
// what is left then.
func (s *Service) syncRoom(ctx context.Context, h RoomHead, from Cursor, left int) (Sync, int, error) {
	one := Sync{Cursor: Cursor{s.Store.Epoch(), h.Version}}
	if from.Version == h.Version {
		return one, left, nil
	}
	if left == 0 {
		one.Cursor.Version, one.More = from.Version, true
		return one, 0, nil
	}
	ms, err := s.changes(ctx, h.Room, max(from.Version, h.ClearedVersion), left)
	if err != nil {
		return Sync{}, 0, err
	}
	page := ms[:min(SyncLimit, len(ms))]
	n, rest := fitting(page, left)
	if n < len(page) {
		rest = 0 // so that the rooms behind it say that there is more
	}
	if n < len(ms) {
		ms, one.More, one.Cursor.Version = ms[:n], true, from.Version
		if n > 0 {
			one.Cursor.Version = ms[n-1].Version
		}
	} else if n > 0 {
		// The room may have moved on since its head was read.
		one.Cursor.Version = max(h.Version, ms[len(ms)-1].Version)
	}
	one.Messages, err = s.views(ctx, ms)
	return one, rest, err
}

// firstLook is how many changes are read before it is known how long they are.
const firstLook = 20

// changes reads up to SyncLimit+1 changes, but few where the texts are so long
// that few will fit.
func (s *Service) changes(ctx context.Context, room string, after int64, left int) ([]Message, error) {
	ms, err := s.Store.Changes(ctx, room, after, firstLook)
	if err != nil || len(ms) < firstLook {
		return ms, err
	}
	if n, _ := fitting(ms, left); n < len(ms) {
		return ms, nil
	}
	rest, err := s.Store.Changes(ctx, room, ms[len(ms)-1].Version, SyncLimit+1-firstLook)
	return append(ms, rest...), err
}

// views adds to messages what is derived: the epoch and who has read them.
func (s *Service) views(ctx context.Context, ms []Message) ([]MessageView, error) {
	views := make([]MessageView, len(ms))
	if len(ms) == 0 {
		return views, nil
	}
	var rooms []string
	for _, m := range ms {
		if !slices.Contains(rooms, m.Room) {
			rooms = append(rooms, m.Room)
		}
	}
	reads, err := s.Store.ReadSeqs(ctx, rooms, ReadByRoom)
	if err != nil {
		return nil, err
	}
	for i, m := range ms {
		views[i] = MessageView{Message: m, Epoch: s.Store.Epoch()}
		if seqs, ok := reads[m.Room]; ok && !m.Deleted {
			views[i].ReadBy = readBy(seqs, m.Seq)
		}
	}
	return views, nil
}

func readBy(seqs map[string]int64, seq int64) []string {
	users := make([]string, 0, len(seqs))
	for u, at := range seqs {
		if at >= seq {
			users = append(users, u)
		}
	}
	slices.Sort(users)
	return users
}
