package chat

import (
	"context"
	"slices"
	"strconv"
	"strings"
)

// exportPage is how many rooms are read at once, exportBatch how many messages: so
// many of the largest are 3 MB, which a slow client keeps in memory.
const (
	exportPage  = 200
	exportBatch = 50
)

// ExportLine is a room or a message, and where to go on behind it.
type ExportLine struct {
	Cursor  string
	Room    *RoomView
	Message *MessageView
}

// Export gives every room, by id, each followed by its messages, oldest first:
// all that there was when it began, and perhaps more. A cursor of an earlier line
// goes on behind that line; room, if not "", names the only room. Deleted rooms and
// messages are left out. That it was done is recorded before the first line. An
// error of line ends it.
func (s *Service) Export(ctx context.Context, a Actor, room, cursor string, line func(ExportLine) error) error {
	if err := admin(a); err != nil {
		return err
	}
	at, seq, err := exportPlace(cursor)
	if err != nil {
		return err
	}
	if room != "" {
		if _, err := s.AdminRoom(ctx, a, room); err != nil {
			return err
		}
		if at != "" && at != room {
			return Errorf(CodeInvalid, "cursor is of another room")
		}
	}
	act := s.audit(a, ActExport)
	act.Room = room
	if err := s.Store.Record(ctx, act); err != nil {
		return err
	}
	if room == "" {
		return s.exportAll(ctx, at, seq, line)
	}
	return s.exportRoom(ctx, room, at == "", seq, line)
}

// exportAll gives the rest of the room at, and the rooms behind it.
func (s *Service) exportAll(ctx context.Context, at string, seq int64, line func(ExportLine) error) error {
	if at != "" {
		if err := s.exportRoom(ctx, at, false, seq, line); err != nil {
			return err
		}
	}
	for {
		views, err := s.Store.RoomsAfter(ctx, at, exportPage)
		if err != nil || len(views) == 0 {
			return err
		}
		if err := s.exportRooms(ctx, views, line); err != nil {
			return err
		}
		at = views[len(views)-1].ID
	}
}

// exportRoom gives one room whole, or what follows seq. One that was deleted
// meanwhile is passed over.
func (s *Service) exportRoom(ctx context.Context, room string, whole bool, seq int64, line func(ExportLine) error) error {
	views, err := s.Store.Views(ctx, "", []string{room})
	if err != nil || len(views) == 0 {
		return err
	}
	if whole {
		return s.exportRooms(ctx, views, line)
	}
	return s.exportMessages(ctx, room, seq, line)
}

func (s *Service) exportRooms(ctx context.Context, views []RoomView, line func(ExportLine) error) error {
	for _, v := range views {
		v.Epoch = s.Store.Epoch()
		if err := line(ExportLine{Cursor: exportCursor(v.ID, 0), Room: &v}); err != nil {
			return err
		}
		if err := s.exportMessages(ctx, v.ID, 0, line); err != nil {
			return err
		}
	}
	return nil
}

// exportMessages gives the room's messages above seq.
func (s *Service) exportMessages(ctx context.Context, room string, seq int64, line func(ExportLine) error) error {
	for {
		q := MessageQuery{Room: room, After: seq, Oldest: seq == 0, Page: Page{Limit: exportBatch}}
		ms, _, err := s.Store.Messages(ctx, q, false)
		if err != nil || len(ms) == 0 {
			return err
		}
		if seq != 0 {
			slices.Reverse(ms)
		}
		views, err := s.views(ctx, ms)
		if err != nil {
			return err
		}
		for i := range views {
			if err := line(ExportLine{Cursor: exportCursor(room, views[i].Seq), Message: &views[i]}); err != nil {
				return err
			}
		}
		seq = ms[len(ms)-1].Seq
	}
}

func exportCursor(room string, seq int64) string { return room + ":" + strconv.FormatInt(seq, 10) }

func exportPlace(cursor string) (room string, seq int64, err error) {
	if cursor == "" {
		return "", 0, nil
	}
	i := strings.LastIndexByte(cursor, ':')
	if i > 0 && id("cursor", cursor[:i]) == nil {
		if seq, err = strconv.ParseInt(cursor[i+1:], 10, 64); err == nil && seq >= 0 {
			return cursor[:i], seq, nil
		}
	}
	return "", 0, Errorf(CodeInvalid, "cursor is not one that this server gave")
}
