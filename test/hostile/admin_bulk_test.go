package hostile

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/test/harness"
)

// TestAdminLists: long lists are refused whole, and change nothing.
func TestAdminLists(t *testing.T) {
	t.Parallel()
	onDatabases(t, func(t *testing.T, database string) {
		h := newHouse(t, generous, database)
		bulk := func(n int, filler string) string {
			users := make([]map[string]string, n)
			for i := range users {
				users[i] = map[string]string{"_id": fmt.Sprintf("bulk%d", i), "name": fmt.Sprint("User ", i, filler)}
			}
			return jsonText(t, map[string]any{"users": users})
		}
		ids := func(n int, sep string) string {
			return strings.TrimSuffix(strings.Repeat("01a1fd0a-4f23-727d-b007-6abfaad46fcd"+sep, n), sep)
		}
		list := jsonText(t, map[string]any{"ids": strings.Split(ids(20_000, ","), ",")})
		huge := jsonText(t, map[string]any{"ids": strings.Split(strings.TrimSuffix(strings.Repeat("a,", 100_000), ","), ",")})
		for _, tt := range []struct {
			name, route, body string
			status            int
		}{
			{"1,001 users", "POST /admin/chat/users/bulk", bulk(1001, ""), 400},
			{"1 MB of users", "POST /admin/chat/users/bulk", bulk(1000, strings.Repeat("x", 1000)), 413},
			{"names of 900 bytes", "POST /admin/chat/users/bulk", bulk(900, strings.Repeat("x", 900)), 400},
			{"one twice", "POST /admin/chat/users/bulk", `{"users":[{"_id":"bulk1"},{"_id":"bulk1"}]}`, 400},
			{"a NUL", "POST /admin/chat/users/bulk", `{"users":[{"_id":"bulk1"},{"_id":"a\u0000"}]}`, 400},
			{"nobody", "POST /admin/chat/users/bulk", `{"users":[null]}`, 400},
			{"20,000 rooms", "DELETE /admin/chat/rooms", list, 400},
			{"100,000 rooms", "DELETE /admin/chat/rooms", huge, 400},
			{"800 rooms in the query", "DELETE /admin/chat/rooms?ids=" + ids(800, ","), "", 404},
			{"many ids", "DELETE /admin/chat/rooms?ids=" + ids(600, "&ids[]="), "", 404},
			{"commas alone", "DELETE /admin/chat/rooms?ids=" + strings.Repeat(",", 20_000), "", 400},
			{"2,000 short ids", "DELETE /admin/chat/messages?ids=" + strings.Repeat("a,", 2000), "", 400},
			{"one of two", "DELETE /admin/chat/rooms?ids=" + h.room + ",none", "", 404},
			{"1,001 members", "PUT /admin/chat/rooms/" + h.room + "/add", jsonText(t, map[string]any{"users": strings.Split(strings.TrimSuffix(strings.Repeat("a,", 1001), ","), ",")}), 400},
			{"an id of 300 bytes", "PUT /admin/chat/users/" + strings.Repeat("x", 300), "{}", 400},
			{"themself", "PUT /admin/chat/users/root/block", "", 403},
			{"no one", "PUT /admin/chat/users/none/block", "", 404},
			{"as a stranger", "POST /admin/chat/rooms/" + h.room + "/messages", `{"as":"stranger","message":"x"}`, 400},
			{"as somebody deleted", "POST /admin/chat/rooms/none/messages", `{"as":"alice","message":"x"}`, 404},
			{"a cursor", "GET /admin/chat/export?cursor=" + strings.Repeat("x", 5000) + ":1", "", 400},
			{"a negative cursor", "GET /admin/chat/export?cursor=" + h.room + ":-1", "", 400},
			{"a cursor past all", "GET /admin/chat/export?cursor=" + h.room + ":9223372036854775807", "", 200},
		} {
			method, path, _ := strings.Cut(tt.route, " ")
			if a := h.as(t, "root", "admin", method, path, tt.body); a.status != tt.status {
				t.Errorf("%s: %d %.200s, want %d", tt.name, a.status, a.body, tt.status)
			}
		}
		if a := h.as(t, "root", "admin", http.MethodGet, "/admin/chat/users?search=bulk", ""); a.json(t)["count"] != 0.0 {
			t.Errorf("of what was refused there is %.200s", a.body)
		}
		if a := h.as(t, "root", "admin", http.MethodPost, "/admin/chat/users/bulk", bulk(1000, "")); a.status != http.StatusOK {
			t.Errorf("1,000 users: %d %.200s", a.status, a.body)
		}
		h.unharmed(t)
	})
}

// TestAdminExports: exports that nobody reads keep little, and end with the client; who
// is blocked gets no more of theirs.
func TestAdminExports(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	const messages = 500 // more than two sockets hold
	filler := strings.Repeat("x", 20_000)
	for i := range messages {
		if id := h.alice.emit("message", h.room, fmt.Sprint(i, filler)); i%10 == 9 {
			h.alice.answer(t, id)
		}
	}
	export := func(token string) (*raw, io.Reader) {
		r := dialRaw(t, h.Addr)
		_ = r.SetDeadline(time.Now().Add(2 * time.Minute))
		_ = r.Conn.(*net.TCPConn).SetReadBuffer(64 << 10)
		r.say("GET /admin/chat/export HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n", token)
		res, err := http.ReadResponse(r.in, nil)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("no export: %v %v", res, err)
		}
		return r, res.Body
	}
	id, token := h.account(t, "exporter", "admin")
	blocked, body := export(token)
	before := h.liveHeap(t)
	var all []*raw
	for range 50 {
		r, _ := export(harness.Token(t, "root", "admin"))
		all = append(all, r)
	}
	h.talk(t)
	grown := (h.liveHeap(t) - before) / megabyte
	t.Logf("50 exports that nobody reads keep %.0f MB", grown)
	if grown > 400 {
		t.Errorf("50 exports keep %.0f MB", grown)
	}
	for _, r := range all {
		r.reset()
	}
	if a := h.as(t, "root", "admin", http.MethodPut, "/admin/chat/users/"+id+"/block", ""); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	lines, last := 0, ""
	in := bufio.NewScanner(body)
	for in.Buffer(nil, 1<<20); in.Scan(); lines++ {
		last = in.Text()
	}
	if lines == 0 || lines > messages || strings.Contains(last, `"type":"end"`) {
		t.Errorf("a blocked administrator's export goes on for %d lines, the last is %.60s", lines, last)
	}
	_ = blocked.Close()
	h.unharmed(t)
}
