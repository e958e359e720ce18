package chat

import (
	"strconv"
	"strings"
)

// Cursor names a state of one room: the Version-th stored change since the
// database's Epoch began. On the wire it is opaque text. A restore from a backup
// begins a new epoch, so that cursors of a forgotten future are recognised.
type Cursor struct {
	Epoch   string
	Version int64
}

// String returns the wire form, epoch:version.
func (c Cursor) String() string { return c.Epoch + ":" + strconv.FormatInt(c.Version, 10) }

// ParseCursor reads the wire form. The empty text is the start of any epoch.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	epoch, version, ok := strings.Cut(s, ":")
	v, err := strconv.ParseInt(version, 10, 64)
	if !ok || epoch == "" || err != nil || v < 0 {
		return Cursor{}, Errorf(CodeInvalid, "cursor is not one that this server gave")
	}
	return Cursor{Epoch: epoch, Version: v}, nil
}
