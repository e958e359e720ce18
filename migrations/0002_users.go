package migrations

import (
	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// users makes the table of users. UsernameKey is the username in lower case, as
// Go folds it: what the databases call lower case differs.
func users() *gormigrate.Migration {
	type user struct {
		ID           key    `gorm:"primaryKey"`
		Username     string `gorm:"not null"`
		UsernameKey  *key
		Name         string `gorm:"not null"`
		Email        string `gorm:"not null"`
		Role         string `gorm:"not null"`
		PasswordHash string `gorm:"not null"`
		TokenVersion int64  `gorm:"not null"`
		Blocked      bool   `gorm:"not null"`
		CreatedAt    int64  `gorm:"not null"`
		ChangedAt    int64  `gorm:"not null"`
	}
	return &gormigrate.Migration{
		ID: "0002_users",
		Migrate: func(db *gorm.DB) error {
			if err := createTable(db, &user{}, "90"); err != nil {
				return err
			}
			return execAll(
				db,
				`CREATE UNIQUE INDEX users_username ON users (username_key) WHERE username_key IS NOT NULL`,
				`CREATE INDEX users_changed ON users (changed_at, id)`,
			)
		},
		Rollback: func(db *gorm.DB) error { return db.Migrator().DropTable("users") },
	}
}
