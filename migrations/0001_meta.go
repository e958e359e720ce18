package migrations

import (
	"crypto/rand"
	"encoding/hex"

	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// meta makes the table of facts about the database itself, and its first epoch.
func meta() *gormigrate.Migration {
	type meta struct {
		Name  key    `gorm:"primaryKey"`
		Value string `gorm:"not null"`
	}
	return &gormigrate.Migration{
		ID: "0001_meta",
		Migrate: func(db *gorm.DB) error {
			if err := createTable(db.Table("meta"), &meta{}, "100"); err != nil {
				return err
			}
			epoch := make([]byte, 4)
			_, _ = rand.Read(epoch) // never fails: crypto/rand ends the process instead
			return db.Table("meta").Create(&meta{Name: "epoch", Value: hex.EncodeToString(epoch)}).Error
		},
		Rollback: func(db *gorm.DB) error { return db.Migrator().DropTable("meta") },
	}
}
