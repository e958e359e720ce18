package migrations

import (
	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// rooms makes the tables of rooms and of who takes part in them.
//
// No index holds what every message changes (seq, version, active_at): such an
// index would be written with each message, and PostgreSQL could no longer
// update the row in place. A user's rooms are found through their memberships
// and sorted by activity then.
func rooms() *gormigrate.Migration {
	type room struct {
		ID               key    `gorm:"primaryKey"`
		Name             string `gorm:"not null"`
		Kind             string `gorm:"not null"`
		Visibility       string `gorm:"not null"`
		CreatorID        key    `gorm:"not null"`
		Seq              int64  `gorm:"not null"`
		Version          int64  `gorm:"not null"`
		ParticipantCount int64  `gorm:"not null"`
		LastMessageID    key    `gorm:"not null"`
		CreatedAt        int64  `gorm:"not null"`
		UpdatedAt        int64  `gorm:"not null"`
		ActiveAt         int64  `gorm:"not null"`
		Deleted          bool   `gorm:"not null"`
	}
	type member struct {
		RoomID   key    `gorm:"primaryKey"`
		UserID   key    `gorm:"primaryKey"`
		State    string `gorm:"not null"`
		ReadSeq  int64  `gorm:"not null"`
		JoinedAt int64  `gorm:"not null"`
	}
	return &gormigrate.Migration{
		ID: "0003_rooms",
		Migrate: func(db *gorm.DB) error {
			if err := createTable(db, &room{}, "50"); err != nil {
				return err
			}
			if err := createTable(db, &member{}, "80"); err != nil {
				return err
			}
			return execAll(
				db,
				`CREATE INDEX members_user ON members (user_id, room_id) WHERE state = 'active'`,
				`CREATE INDEX members_joined ON members (room_id, joined_at, user_id) WHERE state = 'active'`,
			)
		},
		Rollback: func(db *gorm.DB) error { return db.Migrator().DropTable("members", "rooms") },
	}
}
