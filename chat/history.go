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
		if _, err := s.member(ctx, a, q.Room); err != nil {
			return nil, 0, err
		}
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
// first, and whether there are more beyond.
func (s *Service) History(ctx context.Context, a Actor, room string, before, after int64, n int) ([]MessageView, bool, error) {
	if before < 0 || after < 0 || n < 0 {
		return nil, false, Errorf(CodeInvalid, "before, after and limit must not be negative")
	}
	if _, err := s.member(ctx, a, room); err != nil {
		return nil, false, err
	}
	n = limit(n)
	q := MessageQuery{Room: room, User: a.ID, Before: before, After: after, Page: Page{Limit: n + 1}}
	ms, _, err := s.Store.Messages(ctx, q, false)
	if err != nil {
		return nil, false, err
	}
	slices.Reverse(ms)
	more := len(ms) > n
	if more && after > 0 && before == 0 {
		ms = ms[:n]
	} else if more {
		ms = ms[1:]
	}
	views, err := s.views(ctx, ms)
	return views, more, err
}

// SyncLimit is how many changes of a room one answer holds.
const SyncLimit = 200

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
		parsed[room] = c
	}
	heads, err := s.Store.RoomHeads(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	answer := make(map[string]Sync, len(heads))
	for _, h := range heads {
		from, named := parsed[h.Room]
		switch {
		case !named:
			answer[h.Room] = Sync{Cursor: Cursor{s.Store.Epoch(), h.Version}, New: true}
		case from.Version > h.Version || (from.Epoch != "" && from.Epoch != s.Store.Epoch()):
			answer[h.Room] = Sync{Resync: true}
		default:
			one, err := s.syncRoom(ctx, h, from)
			if err != nil {
				return nil, err
			}
			answer[h.Room] = one
		}
	}
	for room := range parsed {
		if _, ok := answer[room]; !ok {
			answer[room] = Sync{Gone: true}
		}
	}
	return answer, nil
}

func (s *Service) syncRoom(ctx context.Context, h RoomHead, from Cursor) (Sync, error) {
	one := Sync{Cursor: Cursor{s.Store.Epoch(), h.Version}}
	if from.Version == h.Version {
		return one, nil
	}
	ms, err := s.Store.Changes(ctx, h.Room, from.Version, SyncLimit+1)
	if err != nil {
		return Sync{}, err
	}
	if len(ms) > SyncLimit {
		ms, one.More = ms[:SyncLimit], true
		one.Cursor.Version = ms[SyncLimit-1].Version
	} else if len(ms) > 0 {
		// The room may have moved on since its head was read.
		one.Cursor.Version = max(h.Version, ms[len(ms)-1].Version)
	}
	one.Messages, err = s.views(ctx, ms)
	return one, err
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
