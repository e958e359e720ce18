package store

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"parley/chat"
)

// sessionRow is a row of chatbot_sessions.
type sessionRow struct {
	ID, UserID, ChatbotID, RoomID string
	CreatedAt                     int64 `gorm:"autoCreateTime:false"`
	UsedAt, SeenAt                int64
	SeenVersion                   int64
	ClosedAt                      int64
}

// TableName implements GORM's schema.Tabler.
func (sessionRow) TableName() string { return "chatbot_sessions" }

func rowOfSession(s chat.Session) sessionRow {
	return sessionRow{
		ID: s.ID, UserID: s.User, ChatbotID: s.Chatbot, RoomID: s.Room, CreatedAt: toMillis(s.CreatedAt),
		UsedAt: toMillis(s.UsedAt), SeenAt: toMillis(s.SeenAt), SeenVersion: s.SeenVersion, ClosedAt: toMillis(s.ClosedAt),
	}
}

func (r *sessionRow) session() chat.Session {
	return chat.Session{
		ID: r.ID, User: r.UserID, Chatbot: r.ChatbotID, Room: r.RoomID, CreatedAt: fromMillis(r.CreatedAt),
		UsedAt: fromMillis(r.UsedAt), SeenAt: fromMillis(r.SeenAt), SeenVersion: r.SeenVersion, ClosedAt: fromMillis(r.ClosedAt),
	}
}

// OpenSession implements [chat.SessionStore]. Two of one user at once take turns.
func (s *Store) OpenSession(ctx context.Context, session chat.Session) ([]chat.Session, error) {
	row := rowOfSession(session)
	row.ClosedAt = 0
	var closed []chat.Session
	err := s.db.write.WithContext(ctx).Transaction(func(tx *gorm.DB) (err error) {
		if err := s.db.engine.turn(tx, turnSession, session.User); err != nil {
			return err
		}
		at := session.CreatedAt
		if at.IsZero() {
			at = s.clock()
		}
		if closed, err = closeSessions(tx, at, "user_id = ?", session.User); err != nil {
			return err
		}
		return tx.Create(&row).Error
	})
	if err != nil {
		return nil, failed("open session", err)
	}
	return closed, nil
}

// closeSessions closes the active sessions of a condition and returns them.
func closeSessions(tx *gorm.DB, at time.Time, where string, arg any) ([]chat.Session, error) {
	var rows []sessionRow
	err := tx.Raw(`UPDATE chatbot_sessions SET closed_at = ? WHERE closed_at = 0 AND `+where+` RETURNING *`, toMillis(at), arg).
		Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	return column(rows, func(r *sessionRow) chat.Session { return r.session() }), nil
}

// Session implements [chat.SessionStore].
func (s *Store) Session(ctx context.Context, id string) (chat.Session, error) {
	var row sessionRow
	err := s.read(ctx).Where("id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return chat.Session{}, chat.ErrSessionNotFound
	}
	if err != nil {
		return chat.Session{}, failed("session", err)
	}
	return row.session(), nil
}

// CloseSessions implements [chat.SessionStore].
func (s *Store) CloseSessions(ctx context.Context, ids []string, at time.Time) ([]chat.Session, error) {
	var closed []chat.Session
	err := eachPart(ids, func(part []string) error {
		some, err := closeSessions(s.db.write.WithContext(ctx), at, "id IN ?", part)
		closed = append(closed, some...)
		return err
	})
	if err != nil {
		return closed, failed("close sessions", err)
	}
	return closed, nil
}

// SeenSessions implements [chat.SessionStore].
func (s *Store) SeenSessions(ctx context.Context, seen map[string]int64, at time.Time) error {
	err := eachPart(slices.Sorted(maps.Keys(seen)), func(part []string) error {
		var values strings.Builder
		args := make([]any, 0, 2*len(part)+1)
		for i, id := range part {
			if i > 0 {
				values.WriteByte(',')
			}
			values.WriteString("(?, CAST(? AS BIGINT))")
			args = append(args, id, seen[id])
		}
		return s.db.write.WithContext(ctx).Exec(`WITH seen(id, version) AS (VALUES `+values.String()+`)
			UPDATE chatbot_sessions SET seen_at = ?,
				seen_version = CASE WHEN seen_version < seen.version THEN seen.version ELSE seen_version END
			FROM seen WHERE chatbot_sessions.id = seen.id AND closed_at = 0`, append(args, toMillis(at))...).Error
	})
	if err != nil {
		return failed("seen sessions", err)
	}
	return nil
}

// eachPart runs a statement for some ids at a time, in one order on all nodes, so
// that two with the same never deadlock.
func eachPart(ids []string, run func(part []string) error) error {
	for part := range slices.Chunk(slices.Sorted(slices.Values(ids)), listSize) {
		if err := run(part); err != nil {
			return err
		}
	}
	return nil
}

// UsedSession implements [chat.SessionStore].
func (s *Store) UsedSession(ctx context.Context, id string, at time.Time) error {
	err := s.db.write.WithContext(ctx).Exec(`UPDATE chatbot_sessions SET used_at = ? WHERE id = ?`, toMillis(at), id).Error
	if err != nil {
		return failed("used session", err)
	}
	return nil
}

// LeftSession implements [chat.SessionStore].
func (s *Store) LeftSession(ctx context.Context, id string, version int64, at time.Time) error {
	err := s.db.write.WithContext(ctx).Exec(`UPDATE chatbot_sessions SET seen_at = ?,
		seen_version = CASE WHEN seen_version < ? THEN ? ELSE seen_version END WHERE id = ?`, toMillis(at), version, version, id).Error
	if err != nil {
		return failed("left session", err)
	}
	return nil
}

// ExpiredSessions implements [chat.SessionStore]. One that no socket was ever seen
// of has no SeenAt that could be too old.
func (s *Store) ExpiredSessions(ctx context.Context, seen, used time.Time, limit int) (ids []string, err error) {
	err = s.read(ctx).Raw(`SELECT id FROM (SELECT id FROM chatbot_sessions WHERE closed_at = 0 AND seen_at > 0 AND seen_at <= ?
		ORDER BY seen_at LIMIT ?) arm UNION ALL SELECT id FROM (SELECT id FROM chatbot_sessions WHERE closed_at = 0 AND used_at <= ?
		ORDER BY used_at LIMIT ?) arm`, toMillis(seen), limit, toMillis(used), limit).Scan(&ids).Error
	if err != nil {
		return nil, failed("expired sessions", err)
	}
	ids = distinct(ids, func(string) bool { return true })
	return ids[:min(limit, len(ids))], nil
}
