package migrations

import (
	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// documents makes the tables of documents, of their passages and of the words
// that these are found by.
//
// A document's passages have the numbers from num on, without gaps; it is also
// the document's own number. state is adding, ready or gone; touched_at tells a
// document that is being added from the rest of one whose node has died.
// passage_words has one row for each word of a document: which of its passages
// hold the word and how often, packed (see the store), and in holding how many.
func documents() *gormigrate.Migration {
	type document struct {
		ID        key    `gorm:"primaryKey"`
		ChatbotID key    `gorm:"not null"`
		Name      string `gorm:"not null"`
		Size      int64  `gorm:"not null"`
		Num       int64  `gorm:"not null"`
		Passages  int64  `gorm:"not null"`
		Words     int64  `gorm:"not null"`
		State     string `gorm:"not null"`
		TouchedAt int64  `gorm:"not null"`
		CreatedAt int64  `gorm:"not null"`
	}
	type passage struct {
		ID         int64  `gorm:"primaryKey;autoIncrement:false"`
		DocumentID key    `gorm:"not null"`
		Ordinal    int64  `gorm:"not null"`
		Place      string `gorm:"not null"`
		Text       string `gorm:"not null"`
		Words      int64  `gorm:"not null"` // in it, repetitions included
	}
	type passageWord struct {
		Num       int64  `gorm:"primaryKey;autoIncrement:false"`
		Word      key    `gorm:"primaryKey"`
		ChatbotID key    `gorm:"not null"`
		Holding   int64  `gorm:"not null"`
		Passages  []byte `gorm:"not null"`
	}
	return &gormigrate.Migration{
		ID: "0014_documents",
		Migrate: func(db *gorm.DB) error {
			if err := createTable(db, &document{}, "90"); err != nil {
				return err
			}
			// Rows are long: they keep a tree of their own on SQLite.
			if err := db.Migrator().CreateTable(&passage{}, &passageWord{}); err != nil {
				return err
			}
			return execAll(
				db,
				`CREATE UNIQUE INDEX documents_num ON documents (num)`,
				`CREATE INDEX documents_chatbot ON documents (chatbot_id, created_at, id) WHERE state = 'ready'`,
				`CREATE INDEX documents_rest ON documents (state) WHERE state <> 'ready'`,
				`CREATE INDEX passage_words_word ON passage_words (chatbot_id, word, num, holding)`,
			)
		},
		Rollback: func(db *gorm.DB) error {
			return db.Migrator().DropTable("passage_words", "passages", "documents")
		},
	}
}
