package files_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parley/files"
	"parley/files/filestest"
)

// openDisk opens a directory for as long as the test runs.
func openDisk(t *testing.T, dir string) *files.Disk {
	t.Helper()
	d, err := files.OpenDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// regular lists the regular files below dir by their names, the lock left out,
// and holds that nobody else may read them.
func regular(t *testing.T, dir string) []string {
	t.Helper()
	names := []string{}
	err := filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", e.Name(), info.Mode())
		}
		if !e.IsDir() && e.Name() != "lock" {
			names = append(names, e.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

func TestDisk(t *testing.T) {
	filestest.Run(t, func(t *testing.T) filestest.Place {
		dir := filepath.Join(t.TempDir(), "not", "there yet")
		return filestest.Place{Blobs: openDisk(t, dir), Names: func() []string { return regular(t, dir) }, Memory: 1 << 20}
	})
}

// TestDiskCleansUp holds that a start removes what a crash has left, and nothing
// else, and nothing that another process may still be writing.
func TestDiskCleansUp(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "files")
	d := openDisk(t, dir)
	kept := filestest.NewID()
	if _, _, err := d.Put(t.Context(), kept, "x", strings.NewReader("hello")); err != nil {
		t.Fatal(err)
	}
	left, foreign := filestest.NewID()+".XYZ", "notes.txt"
	for _, name := range []string{left, foreign} {
		if err := os.WriteFile(filepath.Join(dir, "tmp", name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	second := openDisk(t, dir)
	if names := regular(t, dir); !slices.Contains(names, left) {
		t.Errorf("beside a running process there is only %q", names)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	openDisk(t, dir)
	want := []string{kept, foreign}
	slices.Sort(want)
	if names := regular(t, dir); !slices.Equal(names, want) {
		t.Errorf("there is %q, want %q", names, want)
	}
}

// TestDiskFollowsNoLink holds that a link in the directory leads nowhere.
func TestDiskFollowsNoLink(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "files")
	d := openDisk(t, dir)
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	id := filestest.NewID()
	place := filepath.Join(dir, id[len(id)-2:])
	if err := os.Mkdir(place, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(place, id)); err != nil {
		t.Fatal(err)
	}
	if f, err := d.Open(t.Context(), id); err == nil {
		_ = f.Close()
		t.Error("a link was followed out of the directory")
	}
}

// TestDiskThatCannotBe holds that a place without use is told at the start.
func TestDiskThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{"", file, filepath.Join(file, "below")} {
		if d, err := files.OpenDisk(place); err == nil {
			_ = d.Close()
			t.Errorf("%q was opened", place)
		}
	}
}
