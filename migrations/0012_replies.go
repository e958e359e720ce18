package migrations

import (
	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// replies makes the table of what is kept of streamed replies besides their
// messages; sources is a JSON array, empty text where there are none.
//
// The index of streaming messages holds those alone, and nothing that a
// checkpoint changes: PostgreSQL then updates the row in place.
func replies() *gormigrate.Migration {
	type reply struct {
		MessageID        key    `gorm:"primaryKey"`
		OwnerEpoch       int64  `gorm:"not null"`
		Sources          string `gorm:"not null"`
		PromptTokens     int64  `gorm:"not null"`
		CompletionTokens int64  `gorm:"not null"`
	}
	return &gormigrate.Migration{
		ID: "0012_replies",
		Migrate: func(db *gorm.DB) error {
			if err := createTable(db, &reply{}, "80"); err != nil {
				return err
			}
			return db.Exec(`CREATE INDEX messages_streaming ON messages (status) WHERE status = 'streaming'`).Error
		},
		Rollback: func(db *gorm.DB) error {
			// What still streams would have no end: the step before knows none for it.
			err := execAll(
				db,
				`DELETE FROM messages WHERE status = 'streaming'`,
				`UPDATE rooms SET open_reply_id = '' WHERE open_reply_id <> ''`,
				`DROP INDEX messages_streaming`,
			)
			if err != nil {
				return err
			}
			return db.Migrator().DropTable("replies")
		},
	}
}
