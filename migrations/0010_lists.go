package migrations

import (
	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// lists makes the indexes of administrators' lists: all rooms by id, which sorts
// by time, and all users by age. They also count what is listed without reading
// it. What every message changes stands in none of them.
func lists() *gormigrate.Migration {
	return &gormigrate.Migration{
		ID: "0010_lists",
		Migrate: func(db *gorm.DB) error {
			return execAll(
				db,
				`CREATE INDEX rooms_listed ON rooms (deleted, id)`,
				`CREATE INDEX users_age ON users (created_at, id)`,
				`CREATE INDEX users_role ON users (role, created_at, id)`,
			)
		},
		Rollback: func(db *gorm.DB) error {
			return execAll(db, `DROP INDEX rooms_listed`, `DROP INDEX users_age`, `DROP INDEX users_role`)
		},
	}
}
