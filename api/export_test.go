package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/api"
	"parley/chat"
)

const exportPath = "/admin/chat/export"

// exported returns the lines of an export, and the last one of type end.
func (d *door) exported(query string) (lines []string, end string) {
	d.t.Helper()
	got := d.must(200, "root", "GET", exportPath+query, "")
	if kind := got.header.Get("Content-Type"); kind != "application/x-ndjson" {
		d.t.Errorf("Content-Type %q", kind)
	}
	lines = strings.Split(got.body, "\n")
	end = lines[len(lines)-1]
	if !strings.HasPrefix(end, `{"type":"end"`) {
		d.t.Fatalf("no end: %s", got.body)
	}
	return lines[:len(lines)-1], end
}

// archive makes three rooms with messages, one without, and things that are gone.
func (d *door) archive() (rooms []string) {
	d.t.Helper()
	for i := range 4 {
		room := d.room()
		for n := range 3 * i {
			d.post(room, fmt.Sprintf("message %d of room %d <&> \u2028", n, i))
		}
		rooms = append(rooms, room)
	}
	d.must(200, "ann", "DELETE", "/chat/messages/"+d.post(rooms[1], "deleted"), "")
	gone := d.room()
	d.post(gone, "gone")
	d.must(200, "ann", "DELETE", "/chat/rooms/"+gone, "")
	return rooms
}

// TestExport holds that an export can be taken up behind each of its lines.
func TestExport(t *testing.T) {
	d := open(t)
	lines, end := d.exported("")
	if len(lines) != 0 || end != `{"type":"end","rooms":0,"messages":0}` {
		t.Errorf("nothing: %v %s", lines, end)
	}
	rooms := d.archive()
	all, end := d.exported("")
	if len(all) != 4+0+3+6+9 || end != `{"type":"end","rooms":4,"messages":18}` {
		t.Errorf("%d lines, %s", len(all), end)
	}
	for i, line := range all {
		rest, end := d.exported("?cursor=" + field(t, line, "cursor"))
		if !slices.Equal(rest, all[i+1:]) {
			t.Errorf("behind line %d:\n%s\nwant\n%s", i, strings.Join(rest, "\n"), strings.Join(all[i+1:], "\n"))
		}
		if i == len(all)-1 && end != `{"type":"end","rooms":0,"messages":0}` {
			t.Error(end)
		}
	}
	one, end := d.exported("/?roomId=" + rooms[1])
	if len(one) != 4 || end != `{"type":"end","rooms":1,"messages":3}` {
		t.Errorf("one room: %v %s", one, end)
	}
	golden(t, "export", "["+strings.Join(append(one, end), ",")+"]")
	check(t, d.call("root", "GET", exportPath+"?cursor=x", ""), 400, `{"name":"INVALID_ARGUMENTS","status":400,"message":"cursor is not one that this server gave"}`)
	check(t, d.call("root", "GET", exportPath+"?roomId=none", ""), 404, "~NOT_FOUND")
	check(t, d.call("root", "POST", exportPath, ""), 405, "~METHOD_NOT_ALLOWED")
	if got := d.call("root", "HEAD", exportPath, ""); got.status != 200 || got.header.Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("HEAD: %+v", got)
	}
}

// TestExportBreaksOff holds that a fault before the first line is an ordinary
// error, and that one behind it leaves whole lines, from which the rest is to be had.
func TestExportBreaksOff(t *testing.T) {
	d := open(t)
	d.archive()
	all, _ := d.exported("")
	fault := errors.New("the cause")
	for calls := range 6 {
		left := calls
		d.store.beforeMessages = func(context.Context, chat.MessageQuery) error {
			if left--; left < 0 {
				return fault
			}
			return nil
		}
		got := d.must(200, "root", "GET", exportPath, "") // the first room's line comes before any message
		lines := strings.Split(got.body, "\n")
		if !slices.Equal(lines, all[:len(lines)]) || len(lines) == len(all) {
			t.Errorf("broken off:\n%s", got.body)
		}
		d.store.beforeMessages = nil
		rest, _ := d.exported("?cursor=" + field(t, lines[len(lines)-1], "cursor"))
		if !slices.Equal(slices.Concat(lines, rest), all) {
			t.Errorf("taken up:\n%s", strings.Join(rest, "\n"))
		}
	}
	if log := d.log.String(); !strings.Contains(log, "export ended early") || !strings.Contains(log, "the cause") {
		t.Errorf("log: %s", log)
	}
	d.store.beforeMessages = func(context.Context, chat.MessageQuery) error { return fault }
	got := d.call("root", "GET", exportPath+"?cursor="+field(t, all[0], "cursor"), "")
	check(t, got, 500, `{"name":"INTERNAL_SERVER_ERROR","status":500,"message":"Something went wrong"}`)
}

// ended makes a door report that a request to the export has been answered.
func ended(o *api.Options) <-chan struct{} {
	done := make(chan struct{}, 1)
	o.Observe = func(_, route string, _ int, _ time.Duration) {
		if route == exportPath {
			done <- struct{}{}
		}
	}
	return done
}

func wait(t testing.TB, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal(what, "did not happen")
	}
}

// TestExportClientGone holds that an export ends with its client, even while it
// waits for the database. (That no goroutine is left is checked for all tests.)
func TestExportClientGone(t *testing.T) {
	var done <-chan struct{}
	d := open(t, func(o *api.Options) { done = ended(o) })
	d.archive()
	reading := make(chan struct{}, 1)
	d.store.beforeMessages = func(ctx context.Context, _ chat.MessageQuery) error {
		reading <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", d.URL+exportPath, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer root")
	gone := make(chan struct{}, 1)
	go func() {
		defer func() { gone <- struct{}{} }()
		if resp, err := d.Client().Do(req); err == nil {
			_ = resp.Body.Close()
			t.Error("answered")
		}
	}()
	wait(t, "the export's reading", reading)
	cancel()
	wait(t, "the export's end", done)
	wait(t, "the client's end", gone)
}

// TestExportStalls holds that a client who takes nothing in loses the export, and
// holds nothing up.
func TestExportStalls(t *testing.T) {
	var done <-chan struct{}
	d := open(t, func(o *api.Options) {
		done = ended(o)
		o.Patience = 100 * time.Millisecond
	})
	room := d.room()
	for range 30 { // 2 MB: more than small buffers hold
		d.post(room, strings.Repeat("a", 64<<10))
	}
	narrow := httptest.NewUnstartedServer(d.Config.Handler)
	narrow.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		_ = c.(*net.TCPConn).SetWriteBuffer(4096)
		return ctx
	}
	narrow.Start()
	defer narrow.Close()
	conn, err := net.Dial("tcp", narrow.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.(*net.TCPConn).SetReadBuffer(4096)
	_, _ = io.WriteString(conn, "GET "+exportPath+" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer root\r\n\r\n")
	wait(t, "the export's end", done)
	if !strings.Contains(d.log.String(), "export ended early") {
		t.Error(d.log.String())
	}
}

// TestExportOutlivesTimeouts holds that an export goes on past the server's times
// for a whole request, as long as it gets on.
func TestExportOutlivesTimeouts(t *testing.T) {
	d := open(t)
	d.archive()
	all, end := d.exported("")
	const timeout = 100 * time.Millisecond
	d.store.beforeMessages = func(ctx context.Context, _ chat.MessageQuery) error {
		select {
		case <-time.After(timeout): // once a room, and once more behind its messages
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	impatient := httptest.NewUnstartedServer(d.Config.Handler)
	impatient.Config.ReadTimeout, impatient.Config.WriteTimeout = timeout, timeout // as a server has them
	impatient.Start()
	defer impatient.Close()
	d.URL = impatient.URL
	slow, slowEnd := d.exported("")
	if !slices.Equal(slow, all) || slowEnd != end {
		t.Errorf("%s\n%s", strings.Join(slow, "\n"), slowEnd)
	}
}
