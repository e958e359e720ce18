package chat

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"time"
)

// MayUpload refuses who may not upload, before anything of theirs is read.
func (s *Service) MayUpload(a Actor) error {
	if s.Blobs == nil {
		return Errorf(CodeNotFound, "Files are not kept here")
	}
	if a.Role == RoleGuest {
		return Errorf(CodeForbidden, "Guests may not upload files")
	}
	return nil
}

// Upload stores a file of the caller's, which others may read once it is posted
// in a room of theirs. It reads r to its end, or to the first byte past MaxFile.
func (s *Service) Upload(ctx context.Context, a Actor, name string, r io.Reader) (File, error) {
	if err := s.MayUpload(a); err != nil {
		return File{}, err
	}
	name, err := fileName(name)
	if err != nil {
		return File{}, err
	}
	if err := s.postRate(a); err != nil {
		return File{}, err
	}
	f := File{ID: s.NewID(), Owner: a.ID, Name: name, CreatedAt: s.now()}
	if f.Size, f.Type, err = s.Blobs.Put(ctx, f.ID, name, &bounded{r: r, max: s.MaxFile, left: s.MaxFile}); err != nil {
		return File{}, err
	}
	if f.Size == 0 {
		return File{}, errors.Join(Errorf(CodeInvalid, "The file is empty"), s.Blobs.Remove(ctx, f.ID))
	}
	if err := s.Store.CreateFile(ctx, f); err != nil {
		return File{}, errors.Join(err, s.Blobs.Remove(context.WithoutCancel(ctx), f.ID))
	}
	return f, nil
}

// fileName checks what a file is called, which may be nothing.
func fileName(name string) (string, error) {
	if len(name) > MaxFileName {
		return "", Errorf(CodeInvalid, "name must be at most %d bytes", MaxFileName)
	}
	return name, text("name", name)
}

// bounded reads no more than max bytes, and answers CodeTooLarge where there are more.
type bounded struct {
	r         io.Reader
	max, left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, Errorf(CodeTooLarge, "A file must be at most %d bytes", b.max)
	}
	return n, err
}

// OpenFile returns a file and its bytes, which are to be closed: to its owner,
// and to who takes part in a room in which it is posted.
func (s *Service) OpenFile(ctx context.Context, a Actor, fileID string) (File, io.ReadSeekCloser, error) {
	if err := id("fileId", fileID); err != nil {
		return File{}, nil, err
	}
	if s.Blobs == nil {
		return File{}, nil, ErrFileNotFound
	}
	unreadable, err := s.Store.UnreadableFiles(ctx, a.ID, []string{fileID})
	if err != nil {
		return File{}, nil, err
	}
	if len(unreadable) > 0 {
		return File{}, nil, ErrFileNotFound
	}
	f, err := s.Store.File(ctx, fileID)
	if err != nil {
		return File{}, nil, err
	}
	content, err := s.Blobs.Open(ctx, fileID)
	if errors.Is(err, fs.ErrNotExist) {
		s.Log.Error("the bytes of a file are missing", "file", fileID)
		return File{}, nil, ErrFileNotFound
	}
	return f, content, err
}

// filesTimeout bounds the look at a message's files.
const filesTimeout = 10 * time.Second

// postable refuses files that the sender may not read: by posting them they
// would gain them.
func (s *Service) postable(sender string, files []string) error {
	if len(files) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), filesTimeout)
	defer cancel()
	unreadable, err := s.Store.UnreadableFiles(ctx, sender, files)
	if err != nil {
		return err
	}
	if len(unreadable) > 0 {
		return Errorf(CodeInvalid, "files [%s] do not exist", strings.Join(unreadable, ","))
	}
	return nil
}
