// Package filestest is the suite that every implementation of [chat.Blobs] runs.
package filestest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/uuid"

	"parley/chat"
	"parley/internal/testenv"
)

// Place is an empty place for files.
type Place struct {
	chat.Blobs
	// Names lists all there is: files by their ids, and what is unfinished by
	// any other name.
	Names func() []string
	// Memory is how many bytes it may hold of one file.
	Memory uint64
}

// Run runs the suite; open gives each part a place of its own.
func Run(t *testing.T, open func(t *testing.T) Place) {
	for _, part := range []struct {
		name string
		run  func(*testing.T, Place)
	}{
		{"sizes", sizes},
		{"kinds", kinds},
		{"seeking", seeking},
		{"missing", missing},
		{"no ids", noIDs},
		{"faults of the source", sourceFaults},
		{"ended contexts", endedContexts},
		{"at once", atOnce},
		{"memory", memory},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, open(t)) })
	}
}

// NewID makes an id as Parley does.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// bytesOf are the same for the same seed, and random to everybody else.
func bytesOf(size int64, seed int) io.Reader {
	return io.LimitReader(rand.NewChaCha8([32]byte([]byte(fmt.Sprintf("%032d", seed)))), size)
}

func sum(t testing.TB, r io.Reader) string {
	t.Helper()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func put(t testing.TB, p Place, r io.Reader) string {
	t.Helper()
	id := NewID()
	if _, _, err := p.Put(t.Context(), id, "name", r); err != nil {
		t.Fatal(err)
	}
	return id
}

func get(t testing.TB, p Place, id string) io.ReadSeekCloser {
	t.Helper()
	f, err := p.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// sizes: what goes in comes out, around the sizes at which storing changes.
func sizes(t *testing.T, p Place) {
	const mib = 1 << 20
	var ids []string
	for i, size := range []int64{0, 1, 4095, 4096, 4097, 64<<10 + 1, 5*mib - 1, 5 * mib, 5*mib + 1, 10 * mib, 11*mib + 7} {
		id := NewID()
		ids = append(ids, id)
		got, _, err := p.Put(t.Context(), id, "x", iotest.HalfReader(bytesOf(size, i)))
		if err != nil || got != size {
			t.Fatalf("%d bytes: stored %d: %v", size, got, err)
		}
		if sum(t, get(t, p, id)) != sum(t, bytesOf(size, i)) {
			t.Errorf("%d bytes came out changed", size)
		}
	}
	slices.Sort(ids)
	if names := p.Names(); !slices.Equal(names, ids) {
		t.Errorf("there is %q, want %q", names, ids)
	}
}

// kinds: the type is that of the bytes; the name's ending tells text from text
// and archive from archive.
func kinds(t *testing.T, p Place) {
	const png, zip = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "PK\x03\x04\x14\x00\x00\x00\x00\x00"
	for _, c := range []struct{ name, content, want string }{
		{"a.png", png, "image/png"},
		{"a.html", png, "image/png"},
		{"a", "GIF89a<script>alert(1)</script>", "image/gif"},
		{"a.png", "<!DOCTYPE html><script>alert(1)</script>", "text/html"},
		{"a.png", " \n<ScRipt>alert(1)</script>", "text/html"},
		{"a.jpg", `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "image/svg+xml"},
		{"a.txt", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "image/svg+xml"},
		{"a.png", `<?xml version="1.0"?><x/>`, "text/xml"},
		{"a.js", "alert(1)", "text/javascript"},
		{"a.HTM", "hello", "text/html"},
		{"a.svg", "hello", "image/svg+xml"},
		{"a.md", "# hello", "text/markdown"},
		{"a.png", "hello", "text/plain"},
		{"a.mp4", "hello", "text/plain"},
		{"a.docx", zip, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{"a.png", zip, "application/zip"},
		{"a.html", zip, "application/zip"},
		{"a.pdf", "%PDF-1.7\n", "application/pdf"},
		{"a.png", "\x00\x01\x02\x03", "application/octet-stream"},
		{"a.html", "\x00\x01\x02\x03", "application/octet-stream"},
		{"a.png", "MZ\x90\x00", "application/vnd.microsoft.portable-executable"},
		{"../../etc/passwd", "hello", "text/plain"},
	} {
		_, kind, err := p.Put(t.Context(), NewID(), c.name, iotest.OneByteReader(strings.NewReader(c.content)))
		if err != nil || kind != c.want {
			t.Errorf("%s of %q: %q %v, want %q", c.name, c.content, kind, err, c.want)
		}
	}
}

// seeking: any part can be read, in any order, from one file and from two at once.
func seeking(t *testing.T, p Place) {
	const size = 6<<20 + 11
	whole, err := io.ReadAll(bytesOf(size, 1))
	if err != nil {
		t.Fatal(err)
	}
	id := put(t, p, bytes.NewReader(whole))
	f, other := get(t, p, id), get(t, p, id)
	for _, part := range []struct{ from, n int64 }{{0, 10}, {10, 10}, {size - 5, 5}, {5 << 20, 100_000}, {0, size}, {size, 0}, {size + 5, 0}, {1, 1}} {
		for name, seek := range map[string]func() (int64, error){
			"start":   func() (int64, error) { return f.Seek(part.from, io.SeekStart) },
			"end":     func() (int64, error) { return f.Seek(part.from-size, io.SeekEnd) },
			"current": func() (int64, error) { _, _ = f.Seek(3, io.SeekStart); return f.Seek(part.from-3, io.SeekCurrent) },
		} {
			at, err := seek()
			if err != nil || at != part.from {
				t.Fatalf("seek %s to %d: %d %v", name, part.from, at, err)
			}
			got, err := io.ReadAll(io.LimitReader(f, part.n))
			if err != nil || !bytes.Equal(got, whole[min(part.from, size):min(part.from+part.n, size)]) {
				t.Fatalf("%d bytes from %d by %s: %d bytes, %v", part.n, part.from, name, len(got), err)
			}
		}
		_, _ = io.CopyN(io.Discard, other, 1000)
	}
	if n, err := f.Seek(-1, io.SeekStart); err == nil {
		t.Errorf("before the start: %d", n)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if n, err := f.Read(make([]byte, 1)); n > 0 || err == nil {
		t.Errorf("read after close: %d %v", n, err)
	}
}

// missing: what is not there, or there no more.
func missing(t *testing.T, p Place) {
	id := put(t, p, strings.NewReader("hello"))
	for range 2 { // an unknown id is no error
		if err := p.Remove(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	if f, err := p.Open(t.Context(), id); !errors.Is(err, fs.ErrNotExist) || f != nil {
		t.Errorf("open: %v %v", f, err)
	}
	if names := p.Names(); len(names) > 0 {
		t.Errorf("left: %q", names)
	}
}

// noIDs: what is no UUID is no file, and never becomes a path.
func noIDs(t *testing.T, p Place) {
	id := put(t, p, strings.NewReader("hello"))
	for _, bad := range []string{
		"", ".", "..", "/", "a", "../" + id, id + "/", id + "/..", "x/../" + id, id + "\x00", strings.ToUpper(id), "{" + id + "}",
		"urn:uuid:" + id, strings.ReplaceAll(id, "-", ""), "lock", "tmp", "../../../../../../etc/passwd", `..\..\` + id,
	} {
		if _, _, err := p.Put(t.Context(), bad, "x", strings.NewReader("bad")); err == nil {
			t.Errorf("%q was stored", bad)
		}
		if f, err := p.Open(t.Context(), bad); !errors.Is(err, fs.ErrNotExist) || f != nil {
			t.Errorf("open %q: %v %v", bad, f, err)
		}
		if err := p.Remove(t.Context(), bad); err != nil {
			t.Errorf("remove %q: %v", bad, err)
		}
	}
	if names := p.Names(); !slices.Equal(names, []string{id}) {
		t.Errorf("there is %q, want %s alone", names, id)
	}
}

// sourceFaults: an error of the reader comes back as it is, and nothing is left,
// however much was read by then. A cut is no end.
func sourceFaults(t *testing.T, p Place) {
	for _, fault := range []error{errors.New("the source broke"), io.ErrUnexpectedEOF, chat.Errorf(chat.CodeTooLarge, "too large")} {
		for _, size := range []int64{0, 100, 5 << 20, 12 << 20} {
			_, _, err := p.Put(t.Context(), NewID(), "x", io.MultiReader(bytesOf(size, 1), iotest.ErrReader(fault)))
			if err != fault { //nolint:errorlint // as it is
				t.Errorf("after %d bytes: %v, want %v", size, err, fault)
			}
		}
	}
	if names := p.Names(); len(names) > 0 {
		t.Errorf("left: %q", names)
	}
}

// endedContexts: a caller who is gone leaves nothing, whenever they go.
func endedContexts(t *testing.T, p Place) {
	for _, size := range []int64{0, 100, 6 << 20} {
		ctx, cancel := context.WithCancel(t.Context())
		_, _, err := p.Put(ctx, NewID(), "x", io.MultiReader(bytesOf(size, 1), onRead(cancel), bytesOf(100, 2)))
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("after %d bytes: %v", size, err)
		}
	}
	if names := p.Names(); len(names) > 0 {
		t.Errorf("left: %q", names)
	}
	id := put(t, p, strings.NewReader("hello"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if f, err := p.Open(ctx, id); !errors.Is(err, context.Canceled) {
		t.Errorf("open: %v %v", f, err)
	}
}

// onRead is an empty reader that calls f when it is asked, and a byte.
type onRead func()

func (f onRead) Read(p []byte) (int, error) {
	f()
	p[0] = 'x'
	return 1, io.EOF
}

// atOnce: many at once do not meet.
func atOnce(t *testing.T, p Place) {
	const n = 16
	ids, failed := make([]string, n), make(chan error, n)
	for i := range n {
		ids[i] = NewID()
		go func() {
			size := int64(i) * 400_000
			got, _, err := p.Put(t.Context(), ids[i], "x", bytesOf(size, i))
			if err == nil && got != size {
				err = fmt.Errorf("stored %d of %d bytes", got, size)
			}
			failed <- err
		}()
	}
	for range n {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	for i, id := range ids {
		if sum(t, get(t, p, id)) != sum(t, bytesOf(int64(i)*400_000, i)) {
			t.Errorf("file %d came out changed", i)
		}
	}
	slices.Sort(ids)
	if names := p.Names(); !slices.Equal(names, ids) {
		t.Errorf("there is %q, want %q", names, ids)
	}
}

// memory: of a file of 100 MiB no more is held than is said, in either direction.
func memory(t *testing.T, p Place) {
	const size = 100 << 20
	watch := &testenv.Heap{}
	watch.Look()
	first := watch.Most
	id := put(t, p, io.TeeReader(bytesOf(size, 1), watch))
	f := get(t, p, id)
	if n, err := io.Copy(watch, f); err != nil || n != size {
		t.Fatalf("%d bytes: %v", n, err)
	}
	if watch.Most > first+p.Memory {
		t.Errorf("the heap grew from %d to %d bytes", first, watch.Most)
	}
	t.Logf("the heap grew by at most %d KiB", (watch.Most-first)>>10)
}
