package migrations

import (
	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// messages makes the table of messages. A streamed reply has seq 0 until it
// closes; files is a JSON array, empty text where there are none.
//
// Every index costs each group a page per room that it writes to: dropping one
// by time brought a fifth more messages a second on SQLite, so lists over many
// rooms make do with the one by seq.
func messages() *gormigrate.Migration {
	type message struct {
		ID          key    `gorm:"primaryKey"`
		RoomID      key    `gorm:"not null"`
		Seq         int64  `gorm:"not null"`
		Version     int64  `gorm:"not null"`
		BornVersion int64  `gorm:"not null"`
		SenderID    key    `gorm:"not null"`
		Text        string `gorm:"not null"`
		Type        string `gorm:"not null"`
		Files       string `gorm:"not null"`
		Nonce       *key
		ReplyTo     key    `gorm:"not null"`
		Status      string `gorm:"not null"`
		EditedAt    int64  `gorm:"not null"`
		CreatedAt   int64  `gorm:"not null"`
		UpdatedAt   int64  `gorm:"not null"`
		Deleted     bool   `gorm:"not null"`
	}
	return &gormigrate.Migration{
		ID: "0004_messages",
		Migrate: func(db *gorm.DB) error {
			// Texts may be long: the rows keep a tree of their own on SQLite.
			if err := db.Migrator().CreateTable(&message{}); err != nil {
				return err
			}
			return execAll(
				db,
				`CREATE UNIQUE INDEX messages_seq ON messages (room_id, seq) WHERE seq > 0`,
				`CREATE UNIQUE INDEX messages_nonce ON messages (room_id, sender_id, nonce) WHERE nonce IS NOT NULL`,
				// What changed since a cursor.
				`CREATE INDEX messages_version ON messages (room_id, version)`,
				// What a room's count of messages leaves out.
				`CREATE INDEX messages_tombstones ON messages (room_id) WHERE seq > 0 AND deleted`,
			)
		},
		Rollback: func(db *gorm.DB) error { return db.Migrator().DropTable("messages") },
	}
}
