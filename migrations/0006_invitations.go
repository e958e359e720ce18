package migrations

import (
	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// invitations makes the table of invitations that nobody has answered yet. Lists
// are by id, which sorts by time.
func invitations() *gormigrate.Migration {
	type invitation struct {
		ID         key   `gorm:"primaryKey"`
		RoomID     key   `gorm:"not null"`
		SenderID   key   `gorm:"not null"`
		ReceiverID key   `gorm:"not null"`
		CreatedAt  int64 `gorm:"not null"`
	}
	return &gormigrate.Migration{
		ID: "0006_invitations",
		Migrate: func(db *gorm.DB) error {
			if err := createTable(db, &invitation{}, "100"); err != nil {
				return err
			}
			return execAll(
				db,
				`CREATE UNIQUE INDEX invitations_place ON invitations (room_id, receiver_id)`,
				`CREATE INDEX invitations_receiver ON invitations (receiver_id, id)`,
				`CREATE INDEX invitations_sender ON invitations (sender_id, id)`,
			)
		},
		Rollback: func(db *gorm.DB) error { return db.Migrator().DropTable("invitations") },
	}
}
