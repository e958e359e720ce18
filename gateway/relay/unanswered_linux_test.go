package relay

import (
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"
)

// TestUnanswered: what is sent to a machine that is gone fails soon.
func TestUnanswered(t *testing.T) {
	ns := nodesOf(t, "a")
	for want, tr := range map[time.Duration]*http.Transport{pollTimeout: ns[0].relay.polls, socketTimeout: ns[0].relay.sockets} {
		conn, err := tr.DialContext(t.Context(), "tcp", ns[0].Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		raw, err := conn.(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		_ = raw.Control(func(fd uintptr) { got, err = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, userTimeout) })
		if err != nil || time.Duration(got)*time.Millisecond != want {
			t.Errorf("%d ms %v, want %v", got, err, want)
		}
		_ = conn.Close()
	}
	if tr := ns[0].relay.polls; tr.Proxy != nil || ns[0].relay.sockets.Proxy != nil {
		t.Error("the environment may name a proxy")
	}
}
