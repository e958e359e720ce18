package store

import (
	"context"
	"errors"
	"slices"

	"gorm.io/gorm"

	"parley/chat"
)

// fileRow is a row of files.
type fileRow struct {
	ID, OwnerID, Name, Type string
	Size                    int64
	CreatedAt               int64 `gorm:"autoCreateTime:false"`
}

// TableName implements GORM's schema.Tabler.
func (fileRow) TableName() string { return "files" }

// CreateFile implements [chat.FileStore].
func (s *Store) CreateFile(ctx context.Context, f chat.File) error {
	row := fileRow{ID: f.ID, OwnerID: f.Owner, Name: f.Name, Type: f.Type, Size: f.Size, CreatedAt: toMillis(f.CreatedAt)}
	if err := s.db.write.WithContext(ctx).Create(&row).Error; err != nil {
		return failed("create file", err)
	}
	return nil
}

// File implements [chat.FileStore].
func (s *Store) File(ctx context.Context, id string) (chat.File, error) {
	var f fileRow
	err := s.read(ctx).Where("id = ?", id).Take(&f).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return chat.File{}, chat.ErrFileNotFound
	}
	if err != nil {
		return chat.File{}, failed("file", err)
	}
	return chat.File{
		ID: f.ID, Owner: f.OwnerID, Name: f.Name, Type: f.Type, Size: f.Size, CreatedAt: fromMillis(f.CreatedAt),
	}, nil
}

// UnreadableFiles implements [chat.FileStore]; an id that is there twice comes once.
func (s *Store) UnreadableFiles(ctx context.Context, user string, ids []string) ([]string, error) {
	readable := make(map[string]bool, len(ids))
	for part := range slices.Chunk(ids, listSize) {
		var found []string
		err := s.read(ctx).Raw(`SELECT f.id FROM files f WHERE f.id IN ? AND (f.owner_id = ? OR EXISTS (
			SELECT 1 FROM postings p JOIN members m ON m.room_id = p.room_id AND m.user_id = ? AND m.state = 'active'
			JOIN rooms r ON r.id = p.room_id AND NOT r.deleted WHERE p.file_id = f.id))`, part, user, user).Scan(&found).Error
		if err != nil {
			return nil, failed("readable files", err)
		}
		for _, id := range found {
			readable[id] = true
		}
	}
	return distinct(ids, func(id string) bool { return !readable[id] }), nil
}

// posts are the files that a message posts in its room: a tombstone none.
func posts(m chat.Message) []string {
	if m.Deleted {
		return nil
	}
	return m.Files
}

// postings writes which files a message posts that it did not, and the reverse.
func (c *changes) postings(m *messageState) {
	now := posts(m.Message)
	for _, file := range m.posted {
		if !slices.Contains(now, file) {
			c.unposted = append(c.unposted, posting{file, m.Room, m.ID})
		}
	}
	for _, file := range now {
		if !slices.Contains(m.posted, file) {
			c.posted = append(c.posted, posting{file, m.Room, m.ID})
		}
	}
}

// FilesOnlyIn implements [chat.ConversationStore].
func (s *Store) FilesOnlyIn(ctx context.Context, room string) (ids []string, err error) {
	err = s.read(ctx).Raw(`SELECT DISTINCT p.file_id FROM postings p WHERE p.room_id = ? AND NOT EXISTS (SELECT 1 FROM postings o
		WHERE o.file_id = p.file_id AND o.room_id <> p.room_id) ORDER BY p.file_id`, room).Scan(&ids).Error
	if err != nil {
		return nil, failed("files of room", err)
	}
	return ids, nil
}

// ForgetFiles implements [chat.ConversationStore].
func (s *Store) ForgetFiles(ctx context.Context, ids []string) error {
	err := eachPart(ids, func(part []string) error {
		return s.db.write.WithContext(ctx).Exec(`DELETE FROM files WHERE id IN ?`, part).Error
	})
	if err != nil {
		return failed("forget files", err)
	}
	return nil
}
