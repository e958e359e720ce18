//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package files

import (
	"os"
	"syscall"
)

// lockAlone reports whether nobody else holds a lock on the file, and holds it
// then. Where files cannot be locked nobody ever is alone.
func lockAlone(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// lockShared tells others that the directory is in use. Where files cannot be
// locked there is nobody to be told.
func lockShared(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_SH) }

func syncDir(dir *os.File) error { return dir.Sync() }
