package relay

import (
	"syscall"
	"time"
)

// userTimeout is TCP_USER_TIMEOUT of tcp(7), which package syscall does not name.
const userTimeout = 0x12

// boundUnanswered has a connection fail whose other side does not take what it is
// sent for that long.
func boundUnanswered(limit time.Duration) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) error {
		var err error
		failed := c.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, userTimeout, int(limit.Milliseconds())) //nolint:gosec // a descriptor
		})
		if failed != nil {
			return failed
		}
		return err
	}
}
