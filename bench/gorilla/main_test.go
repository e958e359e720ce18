package main

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
)

// connect returns a member of room r that and is past the handshake.
func connect(t *testing.T, address, user string) *websocket.Conn {
	t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(address, "http"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	if got := read(t, ws); !strings.HasPrefix(got, "0{") {
		t.Fatalf("want OPEN, got %s", got)
	}
	write(t, ws, `40/chat,{"user":"`+user+`","rooms":["r"]}`)
	if got := read(t, ws); !strings.HasPrefix(got, "40/chat,{") {
		t.Fatalf("want CONNECT, got %s", got)
	}
	return ws
}

func write(t *testing.T, ws *websocket.Conn, frame string) {
	t.Helper()
	if err := ws.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, ws *websocket.Conn) string {
	t.Helper()
	_, frame, err := ws.ReadMessage()
	if err != nil {
		t.Error(err)
	}
	return string(frame)
}

func TestEveryMemberGetsTheSameOrder(t *testing.T) {
	const members, each = 5, 40
	for _, queued := range []bool{false, true} {
		t.Run(fmt.Sprintf("queued=%v", queued), func(t *testing.T) {
			server := httptest.NewServer(&server{queued: queued, rooms: map[string]*room{}})
			defer server.Close()
			conns := make([]*websocket.Conn, members)
			for i := range conns {
				conns[i] = connect(t, server.URL, fmt.Sprintf("u%d", i))
			}
			seen := make([][]string, members)
			var wg sync.WaitGroup
			for i, ws := range conns {
				wg.Go(func() { seen[i] = receive(t, ws, members*each, each) })
				for k := range each {
					write(t, ws, fmt.Sprintf(`42/chat,%d["message","r",{"content":"%d-%d"}]`, k+1, i, k))
				}
			}
			wg.Wait()
			for i := range seen {
				if strings.Join(seen[i], " ") != strings.Join(seen[0], " ") {
					t.Errorf("member %d saw another order than member 0", i)
				}
			}
		})
	}
}

// receive takes so many messages and acks and returns the texts; seq must count.
func receive(t *testing.T, ws *websocket.Conn, messages, acks int) []string {
	var texts []string
	for len(texts) < messages || acks > 0 {
		frame := read(t, ws)
		payload, isMessage := strings.CutPrefix(frame, `42/chat,`)
		if !isMessage {
			if acks--; !strings.HasPrefix(frame, "43/chat,") || !strings.Contains(frame, `"ok":true`) {
				t.Errorf("want an ack, got %s", frame)
				return nil
			}
			continue
		}
		var name, offset string
		var m struct {
			Content, Message, Room string
			Seq                    int
		}
		if err := json.Unmarshal([]byte(payload), &[]any{&name, &m, &offset}); err != nil || m.Seq != len(texts)+1 || m.Content != m.Message || m.Room != "r" {
			t.Errorf("message %d: %v %s", len(texts)+1, err, frame)
			return nil
		}
		texts = append(texts, m.Content)
	}
	return texts
}
