package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"parley/chat"
)

// documentRow is a row of documents. Its passages have the numbers from Num on.
type documentRow struct {
	ID, ChatbotID, Name  string
	Size                 int64
	Num, Passages, Words int64
	State                string
	TouchedAt            int64
	CreatedAt            int64 `gorm:"autoCreateTime:false"`
}

// TableName implements GORM's schema.Tabler.
func (documentRow) TableName() string { return "documents" }

func (r *documentRow) document() chat.Document {
	return chat.Document{
		ID: r.ID, Chatbot: r.ChatbotID, Name: r.Name, Size: r.Size, Passages: int(r.Passages), CreatedAt: fromMillis(r.CreatedAt),
	}
}

// passageRow is a row of passages.
type passageRow struct {
	ID          int64
	DocumentID  string
	Ordinal     int64
	Place, Text string
	Words       int64
}

// TableName implements GORM's schema.Tabler.
func (passageRow) TableName() string { return "passages" }

// Document implements [chat.DocumentStore].
func (s *Store) Document(ctx context.Context, id string) (chat.Document, error) {
	var row documentRow
	err := s.read(ctx).Where("id = ? AND state = ?", id, documentReady).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return chat.Document{}, chat.ErrDocumentNotFound
	}
	if err != nil {
		return chat.Document{}, failed("document", err)
	}
	return row.document(), nil
}

// Documents implements [chat.DocumentStore].
func (s *Store) Documents(ctx context.Context, chatbot string, p chat.Page) ([]chat.Document, int64, error) {
	where, args := "d.chatbot_id = ? AND d.state = 'ready'", []any{chatbot}
	if p.Search != "" {
		where, args = where+" AND "+s.db.contains("d.name"), append(args, p.Search)
	}
	var number int64
	if err := s.read(ctx).Raw(`SELECT count(*) FROM documents d WHERE `+where, args...).Row().Scan(&number); err != nil {
		return nil, 0, failed("count documents", err)
	}
	var rows []documentRow
	err := s.read(ctx).Raw(`SELECT d.* FROM documents d WHERE `+where+` ORDER BY d.created_at DESC, d.id DESC LIMIT ? OFFSET ?`,
		append(args, p.Limit, p.Skip)...).Scan(&rows).Error
	if err != nil {
		return nil, 0, failed("documents", err)
	}
	return column(rows, func(r *documentRow) chat.Document { return r.document() }), number, nil
}

// DeleteDocument implements [chat.DocumentStore]. It is gone at once; what it has
// taken is given back behind it.
func (s *Store) DeleteDocument(ctx context.Context, id string, acts ...chat.Audit) error {
	err := s.withActs(ctx, acts, func(tx *gorm.DB) error {
		done := tx.Exec(`UPDATE documents SET state = 'gone' WHERE id = ? AND state = 'ready'`, id)
		if done.Error == nil && done.RowsAffected == 0 {
			return chat.ErrDocumentNotFound
		}
		return done.Error
	})
	if errors.Is(err, chat.ErrDocumentNotFound) {
		return chat.ErrDocumentNotFound
	}
	if err != nil {
		return failed("delete document", err)
	}
	s.library.wake()
	return nil
}

// errDropped is a document that was given up while it was added.
var errDropped = errors.New("store: the document was dropped while it was added")

// CreateDocument implements [chat.DocumentStore]. The passages and their words are
// added in pieces, between which others write; the document is seen, and the acts
// are recorded, with the last of them. What fails on the way leaves nothing that
// is seen, and is taken away behind it. It answers ErrChatbotNotFound where there
// is no such chatbot, or no more.
func (s *Store) CreateDocument(ctx context.Context, d chat.Document, passages []chat.Passage, acts ...chat.Audit) error {
	if err := checkActs(acts); err != nil {
		return err
	}
	row, err := s.reserve(ctx, d, passages)
	if err == nil {
		if err = s.fill(ctx, row, passages); err == nil {
			err = s.withActs(ctx, acts, func(tx *gorm.DB) error { return s.touch(tx, row.ID, documentReady) })
		}
		if err != nil {
			s.abandon(row.ID)
		}
	}
	if errors.Is(err, errDropped) {
		if bot, e := s.Chatbot(ctx, d.Chatbot); e == nil && bot.Deleted {
			return chat.ErrChatbotNotFound
		}
	}
	if err != nil && !errors.Is(err, chat.ErrChatbotNotFound) {
		return failed("create document", err)
	}
	return err
}

// reserve makes the document's row, which takes its passages' numbers.
func (s *Store) reserve(ctx context.Context, d chat.Document, passages []chat.Passage) (*documentRow, error) {
	row := &documentRow{
		ID: d.ID, ChatbotID: d.Chatbot, Name: d.Name, Size: d.Size, Passages: int64(len(passages)), State: documentAdding,
		TouchedAt: toMillis(s.clock()), CreatedAt: toMillis(d.CreatedAt),
	}
	for i := range passages {
		row.Words += int64(len(passages[i].Words))
	}
	err := s.db.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if _, err := lockChatbot(tx, d.Chatbot); errors.Is(err, gorm.ErrRecordNotFound) {
			return chat.ErrChatbotNotFound
		} else if err != nil {
			return err
		}
		if err := s.db.engine.turn(tx, turnDocument, ""); err != nil {
			return err
		}
		// One more than its passages, so that an empty document has a number, too.
		err := tx.Raw(`SELECT coalesce((SELECT num + passages + 1 FROM documents ORDER BY num DESC LIMIT 1), 1)`).Row().Scan(&row.Num)
		if err != nil {
			return err
		}
		return tx.Create(row).Error
	})
	return row, err
}

// fill adds the passages and their words.
func (s *Store) fill(ctx context.Context, d *documentRow, passages []chat.Passage) error {
	rows := make([]passageRow, len(passages))
	for i, p := range passages {
		rows[i] = passageRow{
			ID: d.Num + int64(i), DocumentID: d.ID, Ordinal: int64(i), Place: p.Place, Text: p.Text, Words: int64(len(p.Words)),
		}
	}
	yield := yieldTo(s.appender, libraryYield)
	if err := addPieces(ctx, s, d.ID, rows, func(r *passageRow) int { return len(r.Place) + len(r.Text) }, yield); err != nil {
		return err
	}
	words := wordsOfPassages(d, passages)
	return addPieces(ctx, s, d.ID, words, func(r *passageWordRow) int { return len(r.Word) + len(r.Passages) }, yield)
}

// addPieces inserts rows of a document, some at a time.
func addPieces[R any](
	ctx context.Context, s *Store, id string, rows []R, size func(*R) int, yield func(context.Context, time.Duration),
) error {
	for len(rows) > 0 {
		n, bytes := 0, 0
		for n < len(rows) && n < pieceRows && bytes < pieceBytes {
			bytes += size(&rows[n])
			n++
		}
		begun := time.Now()
		err := s.db.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
			if err := s.touch(tx, id, documentAdding); err != nil {
				return err
			}
			return tx.Create(rows[:n]).Error
		})
		if err != nil {
			return err
		}
		rows = rows[n:]
		yield(ctx, time.Since(begun))
	}
	return ctx.Err()
}

// touch renews the lease of a document that is being added, and locks it; or makes
// it ready.
func (s *Store) touch(tx *gorm.DB, id, state string) error {
	done := tx.Exec(`UPDATE documents SET touched_at = ?, state = ? WHERE id = ? AND state = 'adding'`, toMillis(s.clock()), state, id)
	if done.Error == nil && done.RowsAffected == 0 {
		return errDropped
	}
	return done.Error
}

// abandon gives up a document that could not be added; if that fails, too, its
// lease ends.
func (s *Store) abandon(id string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if s.db.write.WithContext(ctx).Exec(`UPDATE documents SET state = 'gone' WHERE id = ? AND state = 'adding'`, id).Error == nil {
		s.library.wake()
	}
}
