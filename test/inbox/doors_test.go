package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// listen connects a WebSocket and waits until the server has let the client in. A
// Socket.IO connection shows its token in its CONNECT.
func listen(t *testing.T, name, url, connect string, decode func(string) []heard) *ear {
	t.Helper()
	e := newEar(t, name, decode)
	conn, res, err := websocket.DefaultDialer.DialContext(t.Context(), strings.Replace(url, "http", "ws", 1), nil)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	_ = res.Body.Close()
	var writing sync.Mutex
	e.send = func(text string) error {
		writing.Lock()
		defer writing.Unlock()
		return conn.WriteMessage(websocket.TextMessage, []byte(text))
	}
	e.runs(func() { _ = conn.Close() }, func() {
		for {
			_, data, err := conn.ReadMessage()
			if err != nil {
				return
			}
			e.engine(string(data), connect)
		}
	})
	e.await(0, "come in", func(x heard) bool { return x.Kind == readiness })
	return e
}

// engine takes in a packet, after what Engine.IO wants of a client.
func (e *ear) engine(packet, connect string) {
	switch {
	case connect != "" && strings.HasPrefix(packet, "0{"):
		_ = e.send(connect)
	case connect != "" && packet == "2":
		_ = e.send("3")
	}
	e.arrive(packet)
}

func connectPacket(token string) string {
	auth, _ := json.Marshal(map[string]string{"token": token})
	return "40/chat," + string(auth)
}

const enginePath = "/realtime/?EIO=4&transport="

// socketIO connects over a WebSocket.
func (h *house) socketIO(t *testing.T, name, token string, room func() string) *ear {
	t.Helper()
	return listen(t, name+" on Socket.IO", h.URL+enginePath+"websocket", connectPacket(token), ofSocketIO(room))
}

// socketIOPolling connects over HTTP and stays there.
func (h *house) socketIOPolling(t *testing.T, name, token string, room func() string) *ear {
	t.Helper()
	e := newEar(t, name+" on Socket.IO's polling", ofSocketIO(room))
	p := &longPoll{url: h.URL + enginePath + "polling"}
	var cancel func()
	p.ctx, cancel = context.WithCancel(context.Background())
	open, err := p.do(http.MethodGet, "")
	var handshake struct{ Sid string }
	if err == nil {
		err = json.Unmarshal([]byte(strings.TrimPrefix(open, "0")), &handshake)
	}
	if err != nil {
		cancel()
		t.Fatalf("%s: %v", e.name, err)
	}
	p.url += "&sid=" + handshake.Sid
	e.send = func(packet string) error {
		_, err := p.do(http.MethodPost, packet)
		return err
	}
	e.runs(cancel, func() {
		e.engine(open, connectPacket(token))
		for {
			packets, err := p.do(http.MethodGet, "")
			if err != nil {
				return
			}
			for packet := range strings.SplitSeq(packets, "\x1e") {
				e.engine(packet, connectPacket(token))
			}
		}
	})
	e.await(0, "come in", func(x heard) bool { return x.Kind == readiness })
	return e
}

// longPoll is an Engine.IO session over HTTP, until its context ends.
type longPoll struct {
	ctx context.Context //nolint:containedctx // the session's life
	url string
}

func (p *longPoll) do(method, packet string) (string, error) {
	req, err := http.NewRequestWithContext(p.ctx, method, p.url, strings.NewReader(packet))
	if err != nil {
		return "", err
	}
	res, err := web.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%d %s", res.StatusCode, b)
	}
	return string(b), err
}

// tokens connects to the token-stream protocol.
func (h *house) tokens(t *testing.T, name, token string) *ear {
	t.Helper()
	return listen(t, name+" on tokens", h.URL+"/ws?token="+token, "", ofTokens())
}

// session begins a session with the bot and connects to it; room is its conversation.
func (h *house) session(t *testing.T, name, token string) (e *ear, room string) {
	t.Helper()
	a := h.call(t, http.MethodPost, "/chatbot/default/session", token, nil)
	return listen(t, name+" in a session", h.URL+"/ws/chat/"+a.SessionID+"?token="+token, "", ofSession()), a.ConversationID
}

// polls asks again and again, from the last message that it knows; with a wait, as
// long as the server lets it.
func (h *house) polls(t *testing.T, name, token, key string, wait time.Duration) *ear {
	t.Helper()
	e := newEar(t, fmt.Sprintf("%s polling with a wait of %v", name, wait), ofPolls)
	ctx, cancel := context.WithCancel(context.Background())
	since := int64(0)
	look := func() (goOn bool) {
		path := fmt.Sprintf("%s%s/?since=%d&wait=%d", messagesPath, key, since, int(wait.Seconds()))
		a, err := h.try(ctx, http.MethodGet, path, token, nil)
		if err == nil && a.Code != http.StatusOK {
			err = fmt.Errorf("%d %s", a.Code, a.Raw)
		}
		switch {
		case ctx.Err() != nil:
			return false
		case err != nil && h.Alive():
			t.Errorf("%s: %v", e.name, err)
			return false
		case err == nil:
			e.arrive(a.Raw)
			for _, i := range a.Items {
				since = max(since, i.seq())
			}
		}
		return true
	}
	e.runs(cancel, func() {
		for look() {
			if wait > 0 && h.Alive() {
				continue
			}
			select {
			case <-time.After(300 * time.Millisecond):
			case <-ctx.Done():
				return
			}
		}
	})
	e.await(0, "come in", func(x heard) bool { return x.Kind == newState })
	return e
}
