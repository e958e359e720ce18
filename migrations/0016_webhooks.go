package migrations

import (
	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// webhooks makes the tables of webhooks and of what is on its way to them.
//
// events is a JSON array, secret is sealed. Deliveries are numbered as they are
// queued; num is their order. due_at is 0 for now, leased_until 0 for nobody. What is
// next for a webhook is found among those that are due, what a delivery is behind
// among those of its room.
func webhooks() *gormigrate.Migration {
	type webhook struct {
		ID        key    `gorm:"primaryKey"`
		URL       string `gorm:"column:url;not null"`
		Events    string `gorm:"not null"`
		Secret    []byte `gorm:"not null"`
		CreatedAt int64  `gorm:"not null"`
	}
	type webhookDelivery struct {
		Num         int64  `gorm:"primaryKey;autoIncrement"`
		ID          key    `gorm:"not null"`
		WebhookID   key    `gorm:"not null"`
		RoomID      key    `gorm:"not null"`
		Event       string `gorm:"not null"`
		Body        []byte `gorm:"not null"`
		Attempts    int64  `gorm:"not null"`
		Problem     string `gorm:"not null"`
		DueAt       int64  `gorm:"not null"`
		LeasedUntil int64  `gorm:"not null"`
		Dead        bool   `gorm:"not null"`
		CreatedAt   int64  `gorm:"not null"`
	}
	return &gormigrate.Migration{
		ID: "0016_webhooks",
		Migrate: func(db *gorm.DB) error {
			if err := createTable(db, &webhook{}, "90"); err != nil {
				return err
			}
			if err := db.Migrator().CreateTable(&webhookDelivery{}); err != nil {
				return err
			}
			return execAll(
				db,
				`CREATE UNIQUE INDEX webhook_deliveries_id ON webhook_deliveries (id)`,
				`CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (webhook_id, room_id, num) WHERE NOT dead`,
				`CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, due_at, num) WHERE NOT dead`,
				`CREATE INDEX webhook_deliveries_leased ON webhook_deliveries (webhook_id) WHERE NOT dead AND leased_until > 0`,
				`CREATE INDEX webhook_deliveries_dead ON webhook_deliveries (num) WHERE dead`,
				`CREATE INDEX webhook_deliveries_room ON webhook_deliveries (room_id)`,
			)
		},
		Rollback: func(db *gorm.DB) error { return db.Migrator().DropTable("webhook_deliveries", "webhooks") },
	}
}
