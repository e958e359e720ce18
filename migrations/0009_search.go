package migrations

import (
	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// search makes the full-text index of messages.
//
// search_rooms keeps how far each room is indexed, and gives it a small number;
// search_docs gives every message a number n, newest last, by which lists are
// ordered. On PostgreSQL its rows hold the words too, on SQLite search_words does:
// it knows nothing but which words stand in which n. Words come cut and folded, so
// no engine's own idea of them matters: FTS5's tokenizer "ascii" takes all that is
// not ASCII for letters, and "_" begins the words that no text has.
//
// GIN's list of pending entries stays short: every search reads all of it.
func search() *gormigrate.Migration {
	type searchRoom struct {
		RoomID  key   `gorm:"primaryKey"`
		Num     int64 `gorm:"not null"`
		Version int64 `gorm:"not null"`
		Seq     int64 `gorm:"not null"`
	}
	return &gormigrate.Migration{
		ID: "0009_search",
		Migrate: func(db *gorm.DB) error {
			if err := createTable(db.Table("search_rooms"), &searchRoom{}, "50"); err != nil {
				return err
			}
			statements := []string{`CREATE UNIQUE INDEX search_rooms_num ON search_rooms (num)`}
			if postgres(db) {
				statements = append(
					statements,
					`CREATE TABLE search_docs (n bigint PRIMARY KEY, room bigint NOT NULL, seq bigint NOT NULL, words tsvector NOT NULL)`,
					`CREATE INDEX search_docs_words ON search_docs USING gin (words) WITH (fastupdate = on, gin_pending_list_limit = 256)`,
				)
			} else {
				statements = append(
					statements,
					`CREATE TABLE search_docs (n INTEGER PRIMARY KEY, room INTEGER NOT NULL, seq INTEGER NOT NULL)`,
					`CREATE VIRTUAL TABLE search_words USING fts5 (words, content = '', contentless_delete = 1, detail = none,
						tokenize = "ascii tokenchars '_'")`,
				)
			}
			return execAll(db, append(statements, `CREATE UNIQUE INDEX search_docs_seq ON search_docs (room, seq)`)...)
		},
		Rollback: func(db *gorm.DB) error {
			if !postgres(db) {
				if err := db.Exec(`DROP TABLE search_words`).Error; err != nil {
					return err
				}
			}
			return db.Migrator().DropTable("search_docs", "search_rooms")
		},
	}
}
