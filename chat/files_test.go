package chat_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"parley/chat"
)

// memory keeps files' bytes; what the disk does with them is tested in files.
type memory struct {
	mu    sync.Mutex
	files map[string][]byte
}

func (m *memory) Put(_ context.Context, id, _ string, r io.Reader) (int64, string, error) {
	content, err := io.ReadAll(r)
	if err != nil {
		return 0, "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[id] = content
	return int64(len(content)), "text/plain", nil
}

type nopCloser struct{ io.ReadSeeker }

func (nopCloser) Close() error { return nil }

func (m *memory) Open(_ context.Context, id string) (io.ReadSeekCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	content, ok := m.files[id]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return nopCloser{bytes.NewReader(content)}, nil
}

func (m *memory) Remove(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.files, id)
	return nil
}

func withFiles(t *testing.T) (*world, *memory) {
	blobs := &memory{files: map[string][]byte{}}
	return newWorld(t, func(o *chat.Options) { o.Blobs, o.MaxFile = blobs, 10 }), blobs
}

func TestUpload(t *testing.T) {
	w, blobs := withFiles(t)
	f, err := w.Upload(w.ctx(), ann, "a.txt", strings.NewReader("0123456789"))
	w.ok(err)
	equal(t, "size", f.Size, 10)
	equal(t, "owner", f.Owner, "ann")
	_, err = w.Upload(w.ctx(), ann, "b.txt", strings.NewReader("0123456789x"))
	check(t, err, chat.CodeTooLarge, "A file must be at most 10 bytes")
	_, err = w.Upload(w.ctx(), ann, "b.txt", strings.NewReader(""))
	check(t, err, chat.CodeInvalid, "The file is empty")
	_, err = w.Upload(w.ctx(), gil, "b.txt", strings.NewReader("x"))
	check(t, err, chat.CodeForbidden, "Guests may not upload files")
	_, err = w.Upload(w.ctx(), ann, strings.Repeat("x", chat.MaxFileName+1), strings.NewReader("x"))
	check(t, err, chat.CodeInvalid, "name must be at most 1024 bytes")
	_, err = w.Upload(w.ctx(), ann, "b.txt", io.MultiReader(strings.NewReader("x"), failing{}))
	if !errors.Is(err, errTest) {
		t.Errorf("a body that breaks off: %v", err)
	}
	equal(t, "kept", len(blobs.files), 1)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errTest }

// TestWhoReadsAFile holds that a file is its owner's, and theirs with whom it is
// shared in a room, as long as it stands there and they do.
func TestWhoReadsAFile(t *testing.T) {
	w, _ := withFiles(t)
	room, other := w.room("bob"), w.room("cid")
	f, err := w.Upload(w.ctx(), ann, "a.txt", strings.NewReader("text"))
	w.ok(err)
	readers := func(want string) {
		t.Helper()
		var can []string
		for _, a := range []chat.Actor{ann, bob, cid, gil, root} {
			got, content, err := w.OpenFile(w.ctx(), a, f.ID)
			if err != nil {
				check(t, err, chat.CodeNotFound, "File does not exist or you don't have access")
				continue
			}
			equal(t, "file", got, f)
			text, err := io.ReadAll(content)
			w.ok(errors.Join(err, content.Close()))
			equal(t, "content", string(text), "text")
			can = append(can, a.ID)
		}
		equal(t, "readers", strings.Join(can, " "), want)
	}
	file := func(room string) chat.Draft {
		return chat.Draft{Room: room, Type: chat.ContentFile, Files: []string{f.ID}}
	}
	readers("ann")
	_, err = w.Post(w.ctx(), bob, file(room)) // or else it would be his
	check(t, err, chat.CodeInvalid, "files ["+f.ID+"] do not exist")
	_, err = w.Post(w.ctx(), ann, chat.Draft{Room: room, Type: chat.ContentFile, Files: []string{"no such", f.ID}})
	check(t, err, chat.CodeInvalid, "files [no such] do not exist")
	readers("ann")
	posted, err := w.Post(w.ctx(), ann, file(room))
	w.ok(err)
	readers("ann bob")
	_, err = w.Post(w.ctx(), bob, file(other)) // not bob's room
	check(t, err, chat.CodeNotFound, noRoom)
	again, err := w.Post(w.ctx(), ann, file(other))
	w.ok(err)
	readers("ann bob cid")
	w.ok(w.LeaveRoom(w.ctx(), bob, room))
	readers("ann cid")
	_, err = w.Delete(w.ctx(), ann, again.Message.ID)
	w.ok(err)
	readers("ann")
	_, err = w.JoinRoom(w.ctx(), bob, room)
	w.ok(err)
	readers("ann bob")
	_, err = w.Edit(w.ctx(), ann, posted.Message.ID, "a caption")
	w.ok(err)
	readers("ann bob") // an edit changes the text alone
	w.ok(w.DeleteRoom(w.ctx(), ann, room))
	readers("ann")
}

// TestRetriedFile holds that a retry is acknowledged even where its file could
// not be posted any more.
func TestRetriedFile(t *testing.T) {
	w, _ := withFiles(t)
	room, other := w.room("bob"), w.room("bob")
	f, err := w.Upload(w.ctx(), ann, "a.txt", strings.NewReader("text"))
	w.ok(err)
	first, err := w.Post(w.ctx(), ann, chat.Draft{Room: room, Type: chat.ContentFile, Files: []string{f.ID}})
	w.ok(err)
	nonce := "n"
	forward := chat.Draft{Room: other, Type: chat.ContentFile, Files: []string{f.ID}, Nonce: &nonce}
	sent, err := w.Post(w.ctx(), bob, forward)
	w.ok(err)
	_, err = w.Delete(w.ctx(), ann, first.Message.ID)
	w.ok(err)
	_, err = w.Delete(w.ctx(), bob, sent.Message.ID)
	w.ok(err)
	again, err := w.Post(w.ctx(), bob, forward)
	w.ok(err)
	equal(t, "message", again.Message.ID, sent.Message.ID)
}
