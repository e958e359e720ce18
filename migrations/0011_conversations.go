package migrations

import (
	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// conversations adds to rooms what a conversation with a chatbot has, and to the
// search index how far each room was cleared. Like all that changes often, none
// of it stands in an index; its defaults are those of the rooms that are there.
func conversations() *gormigrate.Migration {
	columns := []string{"chatbot_id", "owner_epoch", "open_reply_id", "cleared_seq", "cleared_version"}
	return &gormigrate.Migration{
		ID: "0011_conversations",
		Migrate: func(db *gorm.DB) error {
			id := key("").GormDBDataType(db, nil) + " NOT NULL DEFAULT ''"
			const number = "bigint NOT NULL DEFAULT 0"
			for i, kind := range []string{id, number, id, number, number} {
				if err := db.Exec("ALTER TABLE rooms ADD COLUMN " + columns[i] + " " + kind).Error; err != nil {
					return err
				}
			}
			return db.Exec("ALTER TABLE search_rooms ADD COLUMN cleared " + number).Error
		},
		Rollback: func(db *gorm.DB) error {
			for _, c := range columns {
				if err := db.Exec("ALTER TABLE rooms DROP COLUMN " + c).Error; err != nil {
					return err
				}
			}
			return db.Exec("ALTER TABLE search_rooms DROP COLUMN cleared").Error
		},
	}
}
