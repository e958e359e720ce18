package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"parley/chat"
)

// Room implements [chat.RoomReader].
func (s *Store) Room(ctx context.Context, id string) (chat.Room, error) {
	var row roomRow
	err := s.read(ctx).Raw("SELECT "+roomColumns+" FROM rooms r WHERE r.id = ?", id).Row().Scan(row.targets()...)
	if errors.Is(err, sql.ErrNoRows) {
		return chat.Room{}, chat.ErrRoomNotFound
	}
	if err != nil {
		return chat.Room{}, failed("room", err)
	}
	return row.room(), nil
}

// Member implements [chat.RoomReader].
func (s *Store) Member(ctx context.Context, room, user string) (chat.Member, error) {
	var row memberRow
	err := s.read(ctx).Raw("SELECT "+memberColumns+" FROM members m WHERE m.room_id = ? AND m.user_id = ?", room, user).
		Row().Scan(row.targets()...)
	if errors.Is(err, sql.ErrNoRows) {
		return chat.Member{}, nil
	}
	if err != nil {
		return chat.Member{}, failed("member", err)
	}
	return row.member(), nil
}

// Participants implements [chat.RoomReader].
func (s *Store) Participants(ctx context.Context, room string, limit int) ([]chat.Member, error) {
	var rows []memberRow
	err := s.read(ctx).Raw("SELECT "+memberColumns+` FROM members m WHERE m.room_id = ? AND m.state = 'active'
		ORDER BY m.joined_at, m.user_id LIMIT ?`, room, limit).Scan(&rows).Error
	if err != nil {
		return nil, failed("participants", err)
	}
	return column(rows, func(m *memberRow) chat.Member { return m.member() }), nil
}

// Heads implements [chat.RoomReader].
func (s *Store) Heads(ctx context.Context, rooms []string) (map[string]int64, error) {
	heads := make(map[string]int64, len(rooms))
	for part := range slices.Chunk(rooms, listSize) {
		var rows []struct {
			ID      string
			Version int64
		}
		err := s.read(ctx).Raw("SELECT id, version FROM rooms WHERE id IN ? AND NOT deleted", part).Scan(&rows).Error
		if err != nil {
			return nil, failed("heads", err)
		}
		for _, r := range rows {
			heads[r.ID] = r.Version
		}
	}
	return heads, nil
}

// ReadSeqs implements [chat.MessageReader]. A room within the bound that nobody
// takes part in comes with an empty map.
func (s *Store) ReadSeqs(ctx context.Context, rooms []string, maxMembers int) (map[string]map[string]int64, error) {
	all := make(map[string]map[string]int64, len(rooms))
	for part := range slices.Chunk(rooms, listSize) {
		var rows []struct {
			ID      string
			UserID  *string
			ReadSeq int64
		}
		err := s.read(ctx).Raw(`SELECT r.id, m.user_id, coalesce(m.read_seq, 0) AS read_seq FROM rooms r
			LEFT JOIN members m ON m.room_id = r.id AND m.state = 'active'
			WHERE r.id IN ? AND r.participant_count <= ?`, part, maxMembers).Scan(&rows).Error
		if err != nil {
			return nil, failed("read positions", err)
		}
		for _, r := range rows {
			if all[r.ID] == nil {
				all[r.ID] = map[string]int64{}
			}
			if r.UserID != nil {
				all[r.ID][*r.UserID] = r.ReadSeq
			}
		}
	}
	return all, nil
}
