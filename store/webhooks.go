package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"parley/chat"
)

// webhookRow is a row of webhooks; Events is a JSON array.
type webhookRow struct {
	ID          string `gorm:"primaryKey"`
	URL, Events string
	Secret      []byte
	CreatedAt   int64 `gorm:"autoCreateTime:false"`
}

// TableName implements GORM's schema.Tabler.
func (webhookRow) TableName() string { return "webhooks" }

func (w *webhookRow) webhook() (chat.Webhook, error) {
	hook := chat.Webhook{ID: w.ID, URL: w.URL, Secret: w.Secret, CreatedAt: fromMillis(w.CreatedAt)}
	if err := json.Unmarshal([]byte(w.Events), &hook.Events); err != nil {
		return chat.Webhook{}, fmt.Errorf("store: events of webhook %s: %w", w.ID, err)
	}
	return hook, nil
}

// turnWebhook is the turn of those who add a webhook, "hook" in ASCII.
const turnWebhook = 0x686f6f6b

var (
	errWebhookTaken    = chat.Errorf(chat.CodeConflict, "This webhook already exists")
	errTooManyWebhooks = chat.Errorf(chat.CodeConflict, "There may be at most %d webhooks", chat.MaxWebhooks)
)

// CreateWebhook implements [chat.WebhookStore]. Callers take turns, so that no two
// of them take the last place.
func (s *Store) CreateWebhook(ctx context.Context, w chat.Webhook, acts ...chat.Audit) error {
	events, _ := json.Marshal(w.Events) // strings always encode
	row := webhookRow{ID: w.ID, URL: w.URL, Events: string(events), Secret: w.Secret, CreatedAt: toMillis(w.CreatedAt)}
	err := s.withActs(ctx, acts, func(tx *gorm.DB) error {
		if err := s.db.engine.turn(tx, turnWebhook, ""); err != nil {
			return err
		}
		var number int64
		if err := tx.Model(&webhookRow{}).Count(&number).Error; err != nil {
			return err
		}
		if number >= chat.MaxWebhooks {
			return errTooManyWebhooks
		}
		return tx.Create(&row).Error
	})
	return webhookFault("create webhook", err)
}

// Webhooks implements [chat.WebhookStore].
func (s *Store) Webhooks(ctx context.Context) ([]chat.Webhook, error) {
	var rows []webhookRow
	if err := s.read(ctx).Order("created_at, id").Find(&rows).Error; err != nil {
		return nil, failed("webhooks", err)
	}
	hooks := make([]chat.Webhook, len(rows))
	for i := range rows {
		var err error
		if hooks[i], err = rows[i].webhook(); err != nil {
			return nil, err
		}
	}
	return hooks, nil
}

// DeleteWebhook implements [chat.WebhookStore]. A node that does not know of it yet
// may still queue deliveries: whoever leases those drops them.
func (s *Store) DeleteWebhook(ctx context.Context, id string, acts ...chat.Audit) error {
	err := s.withActs(ctx, acts, func(tx *gorm.DB) error {
		deleted := tx.Where("id = ?", id).Delete(&webhookRow{})
		if deleted.Error == nil && deleted.RowsAffected == 0 {
			return chat.ErrWebhookNotFound
		}
		if deleted.Error != nil {
			return deleted.Error
		}
		return tx.Where("webhook_id = ?", id).Delete(&deliveryRow{}).Error
	})
	return webhookFault("delete webhook", err)
}

// webhookFault passes refusals on, and says what a fault was about.
func webhookFault(op string, err error) error {
	var refusal *chat.Error
	var acts *actsFault
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refusal):
		return refusal
	case faultOf(err) == faultUnique && !errors.As(err, &acts):
		return errWebhookTaken
	}
	return failed(op, err)
}
