package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"parley/chat"
)

// chatbotRow is a row of chatbots.
type chatbotRow struct {
	ID                       string `gorm:"primaryKey"`
	Name, Prompt, Model, URL string
	SealedKey                []byte
	CreatedAt                int64 `gorm:"autoCreateTime:false"`
	UpdatedAt                int64 `gorm:"autoUpdateTime:false"`
	Deleted                  bool
}

// TableName implements GORM's schema.Tabler.
func (chatbotRow) TableName() string { return "chatbots" }

func rowOfChatbot(c chat.Chatbot) chatbotRow {
	return chatbotRow{
		ID: c.ID, Name: c.Name, Prompt: c.Prompt, Model: c.Model, URL: c.URL, SealedKey: c.Key,
		CreatedAt: toMillis(c.CreatedAt), UpdatedAt: toMillis(c.UpdatedAt), Deleted: c.Deleted,
	}
}

func (c *chatbotRow) chatbot() chat.Chatbot {
	return chat.Chatbot{
		ID: c.ID, Name: c.Name, Prompt: c.Prompt, Model: c.Model, URL: c.URL, Key: c.SealedKey,
		CreatedAt: fromMillis(c.CreatedAt), UpdatedAt: fromMillis(c.UpdatedAt), Deleted: c.Deleted,
	}
}

var errChatbotTaken = chat.Errorf(chat.CodeConflict, "This chatbot already exists")

// Chatbot implements [chat.ChatbotStore].
func (s *Store) Chatbot(ctx context.Context, id string) (chat.Chatbot, error) {
	var row chatbotRow
	if err := s.read(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return chat.Chatbot{}, chatbotFault("chatbot", err)
	}
	return row.chatbot(), nil
}

// Chatbots implements [chat.ChatbotStore]. The number is counted up to CountLimit
// where the page has a Search.
func (s *Store) Chatbots(ctx context.Context, p chat.Page) ([]chat.Chatbot, int64, error) {
	where, args := "c.deleted = false", []any{}
	count := `SELECT count(*) FROM chatbots c WHERE ` + where
	if p.Search != "" {
		where, args = where+" AND "+s.db.contains("c.name"), append(args, p.Search)
		count = fmt.Sprintf(`SELECT count(*) FROM (SELECT 1 AS one FROM chatbots c WHERE %s LIMIT %d) matches`, where, chat.CountLimit)
	}
	var number int64
	if err := s.read(ctx).Raw(count, args...).Row().Scan(&number); err != nil {
		return nil, 0, failed("count chatbots", err)
	}
	var rows []chatbotRow
	err := s.read(ctx).Raw(`SELECT c.* FROM chatbots c WHERE `+where+` ORDER BY c.created_at, c.id LIMIT ? OFFSET ?`,
		append(args, p.Limit, p.Skip)...).Scan(&rows).Error
	if err != nil {
		return nil, 0, failed("chatbots", err)
	}
	return column(rows, func(c *chatbotRow) chat.Chatbot { return c.chatbot() }), number, nil
}

// CreateChatbot implements [chat.ChatbotStore].
func (s *Store) CreateChatbot(ctx context.Context, c chat.Chatbot, acts ...chat.Audit) error {
	row := rowOfChatbot(c)
	return chatbotFault("create chatbot", s.withActs(ctx, acts, func(tx *gorm.DB) error { return tx.Create(&row).Error }))
}

// UpdateChatbot implements [chat.ChatbotStore]. The row is locked while change
// runs, which must therefore be quick and call no method of the store. The ID
// cannot be changed.
func (s *Store) UpdateChatbot(ctx context.Context, id string, change func(*chat.Chatbot) error, acts ...chat.Audit) (chat.Chatbot, error) {
	var after chat.Chatbot
	var refusal error
	err := s.withActs(ctx, acts, func(tx *gorm.DB) error {
		row, err := lockChatbot(tx, id)
		if err != nil {
			return err
		}
		c := row.chatbot()
		if refusal = change(&c); refusal != nil {
			return refusal
		}
		c.ID = id
		row = rowOfChatbot(c)
		after = row.chatbot()
		return tx.Select("*").Updates(&row).Error
	})
	if refusal != nil {
		return chat.Chatbot{}, refusal
	}
	if err != nil {
		return chat.Chatbot{}, chatbotFault("update chatbot", err)
	}
	return after, nil
}

// DeleteChatbot implements [chat.ChatbotStore]. The documents are gone at once;
// what they take is given back behind it.
func (s *Store) DeleteChatbot(ctx context.Context, id string, at time.Time, acts ...chat.Audit) ([]chat.Session, error) {
	var closed []chat.Session
	err := s.withActs(ctx, acts, func(tx *gorm.DB) error {
		row, err := lockChatbot(tx, id)
		if err != nil {
			return err
		}
		row.Deleted, row.SealedKey, row.UpdatedAt = true, nil, toMillis(at)
		if err := tx.Select("*").Updates(&row).Error; err != nil {
			return err
		}
		if err := tx.Exec(`UPDATE documents SET state = 'gone' WHERE chatbot_id = ? AND state = 'ready'`, id).Error; err != nil {
			return err
		}
		if err := tx.Exec(`UPDATE documents SET state = 'gone' WHERE state <> 'ready' AND state = 'adding' AND chatbot_id = ?`, id).Error; err != nil {
			return err
		}
		closed, err = closeSessions(tx, at, "chatbot_id = ?", id)
		return err
	})
	if err != nil {
		return nil, chatbotFault("delete chatbot", err)
	}
	s.library.wake()
	return closed, nil
}

// lockChatbot reads a chatbot that is not deleted, and locks it until tx ends.
func lockChatbot(tx *gorm.DB, id string) (row chatbotRow, err error) {
	err = tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ? AND deleted = ?", id, false).Take(&row).Error
	return row, err
}

func chatbotFault(op string, err error) error {
	var acts *actsFault
	switch {
	case err == nil:
		return nil
	case errors.Is(err, gorm.ErrRecordNotFound):
		return chat.ErrChatbotNotFound
	case faultOf(err) == faultUnique && !errors.As(err, &acts):
		return errChatbotTaken
	}
	return failed(op, err)
}
