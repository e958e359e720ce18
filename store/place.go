package store

import (
	"context"
)

// seqAfterSkip returns the seq below which, exclusively, the list of a room goes
// on once its skip newest messages are left out; 1 past the end. It reads no
// message: seq has no gaps, and tombstones are counted in their index, down to
// about twice as deep as the place, in a few steps.
func (s *Store) seqAfterSkip(ctx context.Context, room string, skip int) (int64, error) {
	var newest int64
	if err := s.read(ctx).Raw("SELECT coalesce(max(seq), 0) FROM rooms WHERE id = ?", room).Row().Scan(&newest); err != nil {
		return 0, failed("newest seq", err)
	}
	// Steps down, each at first as wide as there are messages left to skip, wider
	// where most of the last one were tombstones. Once a step went too far, the
	// place is within it, and each further one is half as wide.
	top, left, halving := newest+1, int64(skip), false
	for width := left; left > 0 && top > 1; {
		low := max(1, top-width)
		deleted, err := s.tombstones(ctx, room, low, top)
		if err != nil {
			return 0, err
		}
		live := top - low - deleted
		if live <= left {
			top, left = low, left-live
		} else {
			halving = true
		}
		switch {
		case halving:
			width = (width + 1) / 2
		case 2*live >= width:
			width = left
		default:
			width *= 2
		}
	}
	return top, nil
}

// tombstones counts the room's deleted messages from seq low to below top.
func (s *Store) tombstones(ctx context.Context, room string, low, top int64) (int64, error) {
	var n int64
	err := s.read(ctx).Raw(`SELECT count(*) FROM messages m WHERE m.room_id = ? AND m.seq >= ? AND m.seq < ?
		AND m.seq > 0 AND m.deleted`, room, low, top).Row().Scan(&n)
	if err != nil {
		return 0, failed("count tombstones", err)
	}
	return n, nil
}
