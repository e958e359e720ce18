package migrations

import (
	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// tombstones orders the index of deleted messages by seq: unread counts and
// pages deep in a room ask how many there are between two places.
func tombstones() *gormigrate.Migration {
	return &gormigrate.Migration{
		ID: "0005_tombstones",
		Migrate: func(db *gorm.DB) error {
			return execAll(
				db,
				`CREATE INDEX messages_deleted ON messages (room_id, seq) WHERE seq > 0 AND deleted`,
				`DROP INDEX messages_tombstones`,
			)
		},
		Rollback: func(db *gorm.DB) error {
			return execAll(
				db,
				`CREATE INDEX messages_tombstones ON messages (room_id) WHERE seq > 0 AND deleted`,
				`DROP INDEX messages_deleted`,
			)
		},
	}
}
