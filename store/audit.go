package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"parley/chat"
)

// auditRow is a row of audit.
type auditRow struct {
	ID, ActorID, Act          string
	RoomID, UserID, MessageID string
	At                        int64
	Detail                    string
}

// TableName implements GORM's schema.Tabler.
func (auditRow) TableName() string { return "audit" }

func rowOfAct(a *chat.Audit) auditRow {
	return auditRow{
		ID: a.ID, ActorID: a.Actor, Act: string(a.Act), RoomID: a.Room, UserID: a.User, MessageID: a.Message,
		At: toMillis(a.At), Detail: encodeDetail(a.Detail),
	}
}

func (r *auditRow) audit() (chat.Audit, error) {
	a := chat.Audit{
		ID: r.ID, At: fromMillis(r.At), Actor: r.ActorID, Act: chat.Act(r.Act),
		Room: r.RoomID, User: r.UserID, Message: r.MessageID,
	}
	if r.Detail == "" {
		return a, nil
	}
	if err := json.Unmarshal([]byte(r.Detail), &a.Detail); err != nil {
		return chat.Audit{}, fmt.Errorf("store: detail of act %s: %w", r.ID, err)
	}
	return a, nil
}

func encodeDetail(detail map[string]string) string {
	if len(detail) == 0 {
		return ""
	}
	b, _ := json.Marshal(detail) // strings always encode
	return string(b)
}

// Record implements [chat.AuditStore]: all of the acts or none.
func (s *Store) Record(ctx context.Context, acts ...chat.Audit) error {
	return s.withActs(ctx, acts, func(*gorm.DB) error { return nil })
}

// withActs runs change and records the acts in the same transaction.
func (s *Store) withActs(ctx context.Context, acts []chat.Audit, change func(tx *gorm.DB) error) error {
	if err := checkActs(acts); err != nil {
		return err
	}
	return s.db.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := change(tx); err != nil || len(acts) == 0 {
			return err
		}
		rows := column(acts, func(a *chat.Audit) auditRow { return rowOfAct(stampAct(*a, s.clock)) })
		if err := tx.CreateInBatches(rows, listSize).Error; err != nil {
			return &actsFault{err}
		}
		return nil
	})
}

// actsFault keeps a failure to record acts apart from one of the change.
type actsFault struct{ err error }

func (e *actsFault) Error() string { return "store: record acts: " + e.err.Error() }

// Unwrap returns the cause.
func (e *actsFault) Unwrap() error { return e.err }

func checkActs(acts []chat.Audit) error {
	for i := range acts {
		if acts[i].ID == "" || acts[i].Act == "" {
			return errors.New("store: an act needs an id and a name")
		}
	}
	return nil
}

func (o *overlay) applyAct(a chat.Audit) { o.acts = append(o.acts, *stampAct(a, o.clock)) }

func stampAct(a chat.Audit, clock func() time.Time) *chat.Audit {
	if a.At.IsZero() {
		a.At = clock()
	}
	return &a
}

// Audits implements [chat.AuditStore].
func (s *Store) Audits(ctx context.Context, q chat.AuditQuery) ([]chat.Audit, int64, error) {
	where, args := auditsWhere(q)
	var number int64
	err := s.read(ctx).Raw(`SELECT count(*) FROM (SELECT 1 AS one FROM audit a WHERE `+where+` LIMIT ?) matches`,
		append(args, chat.CountLimit)...).Row().Scan(&number)
	if err != nil {
		return nil, 0, failed("count acts", err)
	}
	var rows []auditRow
	err = s.read(ctx).Raw(`SELECT a.* FROM audit a WHERE `+where+` ORDER BY a.id DESC LIMIT ? OFFSET ?`,
		append(args, q.Limit, q.Skip)...).Scan(&rows).Error
	if err != nil {
		return nil, 0, failed("acts", err)
	}
	acts := make([]chat.Audit, len(rows))
	for i := range rows {
		if acts[i], err = rows[i].audit(); err != nil {
			return nil, 0, err
		}
	}
	return acts, number, nil
}

// auditsWhere names rooms and users so that the indexes of those that are not
// empty serve.
func auditsWhere(q chat.AuditQuery) (string, []any) {
	where, args := []string{"true"}, []any{}
	add := func(condition, value string) {
		if value != "" {
			where, args = append(where, condition), append(args, value)
		}
	}
	add("a.room_id <> '' AND a.room_id = ?", q.Room)
	add("a.user_id <> '' AND a.user_id = ?", q.User)
	add("a.actor_id = ?", q.Actor)
	add("a.act = ?", string(q.Act))
	return strings.Join(where, " AND "), args
}
