package migrations

import (
	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// files makes the table of what is known of files, and that of postings: which
// file is posted in which room by which message. A posting need not be of a
// known file.
func files() *gormigrate.Migration {
	type file struct {
		ID        key    `gorm:"primaryKey"`
		OwnerID   key    `gorm:"not null"`
		Name      string `gorm:"not null"`
		Type      string `gorm:"not null"`
		Size      int64  `gorm:"not null"`
		CreatedAt int64  `gorm:"not null"`
	}
	type posting struct {
		FileID    key `gorm:"primaryKey"`
		RoomID    key `gorm:"primaryKey"`
		MessageID key `gorm:"primaryKey"`
	}
	return &gormigrate.Migration{
		ID: "0007_files",
		Migrate: func(db *gorm.DB) error {
			if err := createTable(db, &file{}, "100"); err != nil {
				return err
			}
			return createTable(db, &posting{}, "100")
		},
		Rollback: func(db *gorm.DB) error { return db.Migrator().DropTable("postings", "files") },
	}
}
