package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"parley/chat"
)

// deliveryRow is a row of webhook_deliveries. Num is the order of what is on its
// way: numbers are given under the lock of the room's row, so that those of a room
// become visible in their order.
type deliveryRow struct {
	Num                          int64 `gorm:"primaryKey;autoIncrement"`
	ID, WebhookID, RoomID, Event string
	Body                         []byte
	Attempts                     int64
	Problem                      string
	DueAt, LeasedUntil           int64 // 0: now, nobody
	Dead                         bool
	CreatedAt                    int64 `gorm:"autoCreateTime:false"`
}

// TableName implements GORM's schema.Tabler.
func (deliveryRow) TableName() string { return "webhook_deliveries" }

func (d *deliveryRow) delivery() chat.Delivery {
	return chat.Delivery{
		ID: d.ID, Webhook: d.WebhookID, Room: d.RoomID, Event: chat.HookEvent(d.Event), Body: d.Body,
		Attempts: int(d.Attempts), Problem: d.Problem, Dead: d.Dead, CreatedAt: fromMillis(d.CreatedAt),
	}
}

// LeaseDeliveries implements [chat.WebhookStore], oldest first. At most limit of each
// webhook are taken at once, those that were taken before included (nodes that ask
// in the same moment may take a few more): one that answers slowly holds up no
// other. The callers' clocks must agree by much less than a lease.
//
// What is next is looked for without a lock, and then taken where nobody else was
// quicker: a delivery that is its room's oldest stays so until it is out or dead,
// for what is revived gets a new number.
func (s *Store) LeaseDeliveries(ctx context.Context, now, until time.Time, limit int) ([]chat.Delivery, error) {
	next, err := s.nextDeliveries(ctx, now, limit)
	if err != nil || len(next) == 0 {
		return nil, err
	}
	var rows []deliveryRow
	err = s.db.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		err := tx.Clauses(clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"}).
			Where("num IN ? AND NOT dead AND due_at <= ? AND leased_until <= ?", next, toMillis(now), toMillis(now)).
			Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return err
		}
		taken := column(rows, func(d *deliveryRow) int64 { return d.Num })
		return tx.Model(&deliveryRow{}).Where("num IN ?", taken).Update("leased_until", toMillis(until)).Error
	})
	if err != nil {
		return nil, failed("lease deliveries", err)
	}
	slices.SortFunc(rows, func(a, b deliveryRow) int { return cmp.Compare(a.Num, b.Num) })
	return column(rows, (*deliveryRow).delivery), nil
}

// nextDeliveries are the numbers of those that may be taken. Behind one that is
// postponed or taken lie none that are due but a few, see Postpone: what is read does
// not grow with what waits.
func (s *Store) nextDeliveries(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	var waiting []struct {
		WebhookID string
		Taken     int
	}
	// The recursion reads one entry of the index for each webhook.
	err := s.read(ctx).Raw(`WITH RECURSIVE w (id) AS (
			SELECT min(webhook_id) FROM webhook_deliveries WHERE NOT dead
			UNION ALL SELECT (SELECT min(d.webhook_id) FROM webhook_deliveries d WHERE NOT d.dead AND d.webhook_id > w.id) FROM w WHERE w.id IS NOT NULL
		)
		SELECT w.id AS webhook_id, (
			SELECT count(*) FROM webhook_deliveries d WHERE NOT d.dead AND d.leased_until > 0 AND d.leased_until > ? AND d.webhook_id = w.id
		) AS taken FROM w WHERE w.id IS NOT NULL`, toMillis(now)).Scan(&waiting).Error
	var all []int64
	for _, w := range waiting {
		if w.Taken >= limit {
			continue
		}
		var next []int64
		err = s.read(ctx).Raw(`SELECT d.num FROM webhook_deliveries d
			WHERE d.webhook_id = ? AND NOT d.dead AND d.due_at <= ? AND d.leased_until <= ? AND NOT EXISTS (
				SELECT 1 FROM webhook_deliveries o WHERE o.webhook_id = d.webhook_id AND o.room_id = d.room_id AND NOT o.dead AND o.num < d.num
			) ORDER BY d.due_at, d.num LIMIT ?`, w.WebhookID, toMillis(now), toMillis(now), limit-w.Taken).Scan(&next).Error
		if err != nil {
			break
		}
		all = append(all, next...)
	}
	if err != nil {
		return nil, failed("next deliveries", err)
	}
	return all, nil
}

// Delivered implements [chat.WebhookStore]; one that is gone is no error.
func (s *Store) Delivered(ctx context.Context, id string) error {
	if err := s.db.write.WithContext(ctx).Where("id = ?", id).Delete(&deliveryRow{}).Error; err != nil {
		return failed("delivered", err)
	}
	return nil
}

// Postpone implements [chat.WebhookStore]. It ends the lease; one that is gone or
// dead is no error. What is behind it is due no sooner, so that nobody who looks for
// what is due has to pass over it.
func (s *Store) Postpone(ctx context.Context, id string, next time.Time, problem string) error {
	err := s.db.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var rows []deliveryRow
		err := tx.Raw(`UPDATE webhook_deliveries SET attempts = attempts + 1, problem = ?, due_at = ?, leased_until = 0, dead = ?
			WHERE id = ? AND NOT dead RETURNING num, webhook_id, room_id`, problem, toMillis(next), next.IsZero(), id).Scan(&rows).Error
		if err != nil || len(rows) == 0 || next.IsZero() {
			return err
		}
		// The plus keeps SQLite from reading all that is due sooner.
		return tx.Exec(`UPDATE webhook_deliveries SET due_at = ? WHERE webhook_id = ? AND room_id = ? AND num > ? AND NOT dead AND +due_at < ?`,
			toMillis(next), rows[0].WebhookID, rows[0].RoomID, rows[0].Num, toMillis(next)).Error
	})
	if err != nil {
		return failed("postpone delivery", err)
	}
	return nil
}

// DeadDeliveries implements [chat.WebhookStore].
func (s *Store) DeadDeliveries(ctx context.Context, p chat.Page) ([]chat.Delivery, int64, error) {
	var number int64
	err := s.read(ctx).Raw(`SELECT count(*) FROM (SELECT 1 AS one FROM webhook_deliveries WHERE dead LIMIT ?) matches`, chat.CountLimit).
		Row().Scan(&number)
	if err != nil {
		return nil, 0, failed("count dead deliveries", err)
	}
	var rows []deliveryRow
	if err := s.read(ctx).Where("dead").Order("num DESC").Limit(p.Limit).Offset(p.Skip).Find(&rows).Error; err != nil {
		return nil, 0, failed("dead deliveries", err)
	}
	return column(rows, (*deliveryRow).delivery), number, nil
}

// Revive implements [chat.WebhookStore]. The room's row is locked while the delivery
// gets its new number, as by whoever queues. Its attempts stay: it dies again with
// the next one that fails.
func (s *Store) Revive(ctx context.Context, id string, now time.Time, acts ...chat.Audit) error {
	err := s.withActs(ctx, acts, func(tx *gorm.DB) error {
		var row deliveryRow
		found := tx.Where("id = ? AND dead", id).Limit(1).Find(&row)
		if found.Error != nil {
			return found.Error
		}
		if found.RowsAffected > 0 {
			var room []string
			err := tx.Table("rooms").Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ?", row.RoomID).Pluck("id", &room).Error
			if err != nil {
				return err
			}
			found = tx.Where("num = ? AND dead", row.Num).Delete(&deliveryRow{})
		}
		if found.Error != nil {
			return found.Error
		}
		if found.RowsAffected == 0 { // perhaps somebody else has just revived it
			return chat.ErrDeliveryNotFound
		}
		row.Num, row.Dead, row.DueAt, row.LeasedUntil = 0, false, toMillis(now), 0
		return tx.Create(&row).Error
	})
	return webhookFault("revive delivery", err)
}
