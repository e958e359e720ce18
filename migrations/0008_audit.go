package migrations

import (
	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// audit makes the table of administrators' acts. Lists are by id, which sorts
// by time; detail is a JSON object, empty text where there is none.
func audit() *gormigrate.Migration {
	type audit struct {
		ID        key    `gorm:"primaryKey"`
		At        int64  `gorm:"not null"`
		ActorID   key    `gorm:"not null"`
		Act       key    `gorm:"not null"`
		RoomID    key    `gorm:"not null"`
		UserID    key    `gorm:"not null"`
		MessageID key    `gorm:"not null"`
		Detail    string `gorm:"not null"`
	}
	return &gormigrate.Migration{
		ID: "0008_audit",
		Migrate: func(db *gorm.DB) error {
			if err := createTable(db.Table("audit"), &audit{}, "100"); err != nil {
				return err
			}
			return execAll(
				db,
				`CREATE INDEX audit_actor ON audit (actor_id, id)`,
				`CREATE INDEX audit_act ON audit (act, id)`,
				`CREATE INDEX audit_room ON audit (room_id, id) WHERE room_id <> ''`,
				`CREATE INDEX audit_user ON audit (user_id, id) WHERE user_id <> ''`,
			)
		},
		Rollback: func(db *gorm.DB) error { return db.Migrator().DropTable("audit") },
	}
}
