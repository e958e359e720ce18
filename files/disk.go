package files

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/google/uuid"
)

// Names in a Disk's directory. Files stand in directories named by the last two
// digits of their ids, which are random in every version of UUID that Parley makes.
const (
	tempDir  = "tmp"
	lockName = "lock"
)

// Disk keeps files in a directory. A file comes to its place whole, and is on
// disk before Put returns. Several processes may share the directory.
type Disk struct {
	root *os.Root
	lock *os.File // held shared while the Disk is in use
}

// OpenDisk makes the directory if need be. What unfinished uploads have left is
// removed, unless another process is at work there.
func OpenDisk(dir string) (*Disk, error) {
	if dir == "" {
		return nil, errors.New("files: file:// names no directory")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	d := &Disk{root: root}
	if err := d.prepare(); err != nil {
		return nil, fmt.Errorf("files: %w", errors.Join(err, d.Close()))
	}
	return d, nil
}

// prepare takes the lock, which shows that the directory may be written to.
func (d *Disk) prepare() (err error) {
	if err = d.mkdir(tempDir); err != nil {
		return err
	}
	if d.lock, err = d.root.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	if lockAlone(d.lock) {
		if err = d.clean(); err != nil {
			return err
		}
	}
	lockShared(d.lock)
	return nil
}

// clean removes temporary files, which are known by their names. Nobody writes
// any: the lock is held alone.
func (d *Disk) clean() error {
	dir, err := d.root.Open(tempDir)
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	for _, name := range names {
		if id, _, _ := strings.Cut(name, "."); isID(id) {
			err = errors.Join(err, d.root.Remove(path.Join(tempDir, name)))
		}
	}
	return err
}

// Close lets go of the directory. Files that are open stay so.
func (d *Disk) Close() error {
	var err error
	if d.lock != nil {
		err = d.lock.Close()
	}
	return errors.Join(err, d.root.Close())
}

// Put stores a file; see [chat.Blobs].
func (d *Disk) Put(ctx context.Context, id, name string, r io.Reader) (size int64, kind string, err error) {
	place, ok := placeOf(id)
	if !ok {
		return 0, "", errID(id)
	}
	temp := path.Join(tempDir, id+"."+rand.Text())
	head := &header{ctx: ctx, r: r}
	if size, err = d.write(temp, head); err == nil {
		err = d.move(temp, place)
	}
	if err != nil {
		_ = d.root.Remove(temp) // or else the next start does it
		return 0, "", err
	}
	return size, mediaType(head.bytes, name), nil
}

// write makes a file of what r gives, which is on disk when it returns.
func (d *Disk) write(temp string, r io.Reader) (int64, error) {
	f, err := d.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	size, err := io.Copy(f, r)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return size, err
}

// move gives a file its place, for good: the directories are synced.
func (d *Disk) move(temp, place string) error {
	dir := path.Dir(place)
	if err := d.mkdir(dir); err != nil {
		return err
	}
	if err := d.root.Rename(temp, place); err != nil {
		return err
	}
	if err := d.sync(dir); err != nil {
		_ = d.root.Remove(place)
		return err
	}
	return nil
}

// mkdir makes a directory unless it is there, and has it on disk.
func (d *Disk) mkdir(dir string) error {
	err := d.root.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return d.sync(".")
}

func (d *Disk) sync(dir string) error {
	f, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return syncDir(f)
}

// Open opens a file; see [chat.Blobs].
func (d *Disk) Open(ctx context.Context, id string) (io.ReadSeekCloser, error) {
	place, ok := placeOf(id)
	if !ok {
		return nil, fs.ErrNotExist
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := d.root.Open(place)
	if err != nil {
		return nil, err // not f: a nil *os.File is no nil interface
	}
	return f, nil
}

// Remove removes a file; see [chat.Blobs].
func (d *Disk) Remove(_ context.Context, id string) error {
	place, ok := placeOf(id)
	if !ok {
		return nil
	}
	if err := d.root.Remove(place); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// placeOf is where the file with the id stands; false for what is no UUID in its
// one form, and so may be no path.
func placeOf(id string) (string, bool) {
	if !isID(id) {
		return "", false
	}
	return path.Join(id[len(id)-2:], id), true
}

func isID(id string) bool {
	u, err := uuid.Parse(id)
	return err == nil && u.String() == id
}

// header reads until the context ends and keeps the first bytes.
type header struct {
	ctx   context.Context // lives as long as the call that made it
	r     io.Reader
	bytes []byte
}

func (h *header) Read(p []byte) (int, error) {
	if err := h.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := h.r.Read(p)
	if missing := sniffed - len(h.bytes); missing > 0 {
		h.bytes = append(h.bytes, p[:min(n, missing)]...)
	}
	return n, err
}
