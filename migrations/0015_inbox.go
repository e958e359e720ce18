package migrations

import (
	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// inbox makes the tables of the agents' inbox: conversations, one for a room at
// most; agents' notes about them; and when each agent was last seen.
//
// deleted is the room's, so that what is listed, queued or counted is found in an
// index alone. No message changes a conversation's row.
//
// The lists of a state and of all go by indexes that neither planner takes for the
// other's, whatever it believes of the states: the one is ordered by -updated_at and
// knows nothing of those that wait, who have the queue's.
func inbox() *gormigrate.Migration {
	type conversation struct {
		RoomID       key    `gorm:"primaryKey"`
		Key          key    `gorm:"not null"`
		Name         string `gorm:"not null"`
		Email        string `gorm:"not null"`
		UserID       key    `gorm:"not null"`
		State        string `gorm:"not null"`
		AgentID      key    `gorm:"not null"`
		Reason       string `gorm:"not null"`
		WaitingSince int64  `gorm:"not null"`
		CreatedAt    int64  `gorm:"not null"`
		UpdatedAt    int64  `gorm:"not null"`
		Deleted      bool   `gorm:"not null"`
	}
	type note struct {
		ID        key    `gorm:"primaryKey"`
		RoomID    key    `gorm:"not null"`
		AuthorID  key    `gorm:"not null"`
		Text      string `gorm:"not null"`
		CreatedAt int64  `gorm:"not null"`
	}
	type agent struct {
		UserID key   `gorm:"primaryKey"`
		SeenAt int64 `gorm:"not null"`
	}
	return &gormigrate.Migration{
		ID: "0015_inbox",
		Migrate: func(db *gorm.DB) error {
			if err := createTable(db, &conversation{}, "80"); err != nil {
				return err
			}
			// Texts may be long: the rows keep a tree of their own on SQLite.
			if err := db.Migrator().CreateTable(&note{}); err != nil {
				return err
			}
			if err := createTable(db, &agent{}, "50"); err != nil {
				return err
			}
			return execAll(
				db,
				`CREATE UNIQUE INDEX conversations_key ON conversations (key)`,
				`CREATE INDEX conversations_queue ON conversations (waiting_since, room_id) WHERE state = 'waiting' AND NOT deleted`,
				`CREATE INDEX conversations_agent ON conversations (agent_id, room_id) WHERE state = 'assigned' AND NOT deleted`,
				`CREATE INDEX conversations_listed ON conversations (updated_at, room_id) WHERE NOT deleted`,
				`CREATE INDEX conversations_state ON conversations (state, (-updated_at), room_id DESC) WHERE state <> 'waiting' AND NOT deleted`,
				`CREATE INDEX notes_room ON notes (room_id, created_at, id)`,
				// What is posted in a room that is erased.
				`CREATE INDEX postings_room ON postings (room_id, file_id)`,
			)
		},
		Rollback: func(db *gorm.DB) error {
			if err := db.Exec(`DROP INDEX postings_room`).Error; err != nil {
				return err
			}
			return db.Migrator().DropTable("agents", "notes", "conversations")
		},
	}
}
