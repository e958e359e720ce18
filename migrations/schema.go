package migrations

import (
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// key is the type of every id column: compared byte by byte, so that both
// databases sort ids alike and PostgreSQL does so quickly.
type key string

// GormDBDataType implements GORM's schema.GormDBDataTypeInterface by shape.
func (key) GormDBDataType(db *gorm.DB, _ *schema.Field) string {
	if postgres(db) {
		return `text COLLATE "C"`
	}
	return "text"
}

// Times are integers everywhere: milliseconds since 1970 in UTC, 0 for never.
// Both databases then give back exactly what was stored.

func postgres(db *gorm.DB) bool { return db.Name() == "postgres" }

// createTable makes model's table. On SQLite its rows live in the primary key's
// own tree, which saves a second one; on PostgreSQL fill percent of a page is
// used at first, so that frequent updates find room beside the row.
func createTable(db *gorm.DB, model any, fill string) error {
	options := "WITHOUT ROWID"
	if postgres(db) {
		options = "WITH (fillfactor = " + fill + ")"
	}
	return db.Set("gorm:table_options", options).Migrator().CreateTable(model)
}

func execAll(db *gorm.DB, statements ...string) error {
	for _, s := range statements {
		if err := db.Exec(s).Error; err != nil {
			return err
		}
	}
	return nil
}
