package migrations

import (
	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// chatbots makes the table of chatbots and that of users' sessions with them: a
// user has one active session at most. Sessions stay once they are closed; what is
// looked for among the active ones has indexes of these alone.
func chatbots() *gormigrate.Migration {
	type chatbot struct {
		ID        key    `gorm:"primaryKey"`
		Name      string `gorm:"not null"`
		Prompt    string `gorm:"not null"`
		Model     string `gorm:"not null"`
		URL       string `gorm:"column:url;not null"`
		SealedKey []byte
		CreatedAt int64 `gorm:"not null"`
		UpdatedAt int64 `gorm:"not null"`
		Deleted   bool  `gorm:"not null"`
	}
	type chatbotSession struct {
		ID          key   `gorm:"primaryKey"`
		UserID      key   `gorm:"not null"`
		ChatbotID   key   `gorm:"not null"`
		RoomID      key   `gorm:"not null"`
		CreatedAt   int64 `gorm:"not null"`
		UsedAt      int64 `gorm:"not null"`
		SeenAt      int64 `gorm:"not null"`
		SeenVersion int64 `gorm:"not null"`
		ClosedAt    int64 `gorm:"not null"`
	}
	return &gormigrate.Migration{
		ID: "0013_chatbots",
		Migrate: func(db *gorm.DB) error {
			if err := createTable(db, &chatbot{}, "90"); err != nil {
				return err
			}
			if err := createTable(db, &chatbotSession{}, "80"); err != nil {
				return err
			}
			return execAll(
				db,
				`CREATE INDEX chatbots_listed ON chatbots (deleted, created_at, id)`,
				`CREATE UNIQUE INDEX chatbot_sessions_active ON chatbot_sessions (user_id) WHERE closed_at = 0`,
				`CREATE INDEX chatbot_sessions_chatbot ON chatbot_sessions (chatbot_id) WHERE closed_at = 0`,
				`CREATE INDEX chatbot_sessions_seen ON chatbot_sessions (seen_at) WHERE closed_at = 0 AND seen_at > 0`,
				`CREATE INDEX chatbot_sessions_used ON chatbot_sessions (used_at) WHERE closed_at = 0`,
			)
		},
		Rollback: func(db *gorm.DB) error { return db.Migrator().DropTable("chatbot_sessions", "chatbots") },
	}
}
