package streams

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"parley/test/harness"
)

// socket is one connection at a raw door. It keeps everything that arrives, in
// order, and never reconnects.
type socket struct {
	conn *websocket.Conn

	mu      sync.Mutex
	frames  []frame
	changed chan struct{} // closed with each arrival, and at the end
	ended   chan struct{}
	code    int // of the close frame, 0 if none came
}

// frame is what a raw door sends, of both protocols, and when it came.
type frame struct {
	At  time.Time `json:"-"`
	Raw string    `json:"-"`

	Type         string `json:"type"`
	Message      string `json:"message"`
	Code         string `json:"code"`
	Conversation string `json:"conversation"`
	Cursor       string `json:"cursor"`
	MessageID    string `json:"messageId"`
	Nonce        string `json:"nonce"`
	Token        string `json:"token"`
	Offset       int    `json:"offset"`
	Status       string `json:"status"`
	Role         string `json:"role"`
	Name         string `json:"name"`
	Content      string `json:"content"`
	Seq          int64  `json:"seq"`
	Messages     []struct {
		MessageID string `json:"messageId"`
		Role      string `json:"role"`
		Content   string `json:"content"`
		Status    string `json:"status"`
		Seq       int64  `json:"seq"`
		Deleted   bool   `json:"deleted"`
	} `json:"messages"`
	More bool `json:"more"`

	SessionID    string `json:"session_id"`
	SessionReply string `json:"message_id"`
	Chunk        string `json:"chunk"`
	FullResponse string `json:"full_response"`
}

// dialSocket opens a WebSocket. A connection that the network refuses is tried again.
func dialSocket(t *testing.T, url string) *socket {
	t.Helper()
	s := &socket{changed: make(chan struct{}), ended: make(chan struct{})}
	harness.Eventually(t, harness.Patience, func() (bool, string) {
		conn, res, err := websocket.DefaultDialer.DialContext(t.Context(), strings.Replace(url, "http", "ws", 1), http.Header{})
		if res != nil {
			_ = res.Body.Close()
		}
		if err != nil {
			return false, err.Error()
		}
		s.conn = conn
		return true, ""
	})
	go s.read()
	t.Cleanup(s.close)
	return s
}

func (s *socket) read() {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		close(s.ended)
		close(s.changed)
		s.changed = nil
	}()
	for {
		_, data, err := s.conn.ReadMessage()
		if err != nil {
			var closed *websocket.CloseError
			if errors.As(err, &closed) {
				s.mu.Lock()
				s.code = closed.Code
				s.mu.Unlock()
			}
			return
		}
		f := frame{At: time.Now(), Raw: string(data)}
		if err := json.Unmarshal(data, &f); err != nil {
			f.Type = "no JSON"
		}
		s.mu.Lock()
		s.frames = append(s.frames, f)
		close(s.changed)
		s.changed = make(chan struct{})
		s.mu.Unlock()
	}
}

// close ends the connection and waits until nothing more can arrive.
func (s *socket) close() {
	_ = s.conn.Close()
	<-s.ended
}

// send writes one JSON message. An error is that the connection has ended.
func (s *socket) send(body map[string]any) error { return s.conn.WriteJSON(body) }

// all returns what has arrived.
func (s *socket) all() []frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.frames)
}

// of returns what has arrived of one type.
func (s *socket) of(kind string) []frame {
	return slices.DeleteFunc(s.all(), func(f frame) bool { return f.Type != kind })
}

// take waits for the frames after the first n. None means that the connection has
// ended, or that the time is up.
func (s *socket) take(n int, deadline <-chan time.Time) []frame {
	for {
		s.mu.Lock()
		frames, changed := s.frames, s.changed
		s.mu.Unlock()
		if len(frames) > n {
			return frames[n:]
		}
		if changed == nil {
			return nil
		}
		select {
		case <-changed:
		case <-deadline:
			return nil
		}
	}
}

// await waits for the first frame that fits, which may have come before.
func (s *socket) await(t *testing.T, what string, fits func(frame) bool) frame {
	t.Helper()
	deadline := time.NewTimer(harness.Patience)
	defer deadline.Stop()
	for seen := 0; ; {
		frames := s.take(seen, deadline.C)
		if frames == nil {
			t.Fatalf("no %s came; the last were %s", what, s.tail())
		}
		if i := slices.IndexFunc(frames, fits); i >= 0 {
			return frames[i]
		}
		seen += len(frames)
	}
}

// tail shows the end of what has arrived.
func (s *socket) tail() string {
	var b strings.Builder
	frames := s.all()
	for _, f := range frames[max(0, len(frames)-5):] {
		b.WriteString("\n")
		b.WriteString(f.Raw[:min(len(f.Raw), 300)])
	}
	return b.String()
}

// settle waits until all that the server had queued for this client is here.
func (s *socket) settle(t *testing.T) {
	t.Helper()
	before := len(s.of("pong"))
	if err := s.send(map[string]any{"type": "ping"}); err != nil {
		t.Fatal(err)
	}
	deadline := time.NewTimer(harness.Patience)
	defer deadline.Stop()
	for seen := 0; len(s.of("pong")) <= before; seen = len(s.all()) {
		if s.take(seen, deadline.C) == nil {
			t.Fatal("no pong came")
		}
	}
}
