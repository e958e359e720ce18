package hostile

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"parley/test/harness"
)

// TestRawDoorsFloods: 10,000 frames at once are all answered, in order, most with
// when to come back; the others talk on.
func TestRawDoorsFloods(t *testing.T) {
	t.Parallel()
	h := newDoors(t)
	const frames = 10_000
	session := h.session(t, "mallory")
	for _, tt := range []struct {
		name, path, right, answer string
		message                   string
	}{
		{"pings", "/ws", "", "pong", `{"type":"ping"}`},
		{"garbage", "/ws", "invalid", "error", `{"type":`},
		{"pings in a session", "/ws/chat/" + session, "", "pong", `{"type":"ping"}`},
		{"chats that are refused", "/ws", "invalid", "error", `{"type":"chat","content":""}`},
	} {
		c := h.knock(t, withToken(tt.path, harness.Token(t, "mallory", "user")))
		words := c.abroad()
		<-words // let in
		go c.pour(strings.Repeat(text(tt.message), 100), frames/100)
		h.talk(t)
		allowed, limited := 0, 0
		for range frames {
			w, ok := <-words
			switch {
			case !ok:
				t.Fatalf("%s: ended after %d and %d", tt.name, allowed, limited)
			case w.Type == tt.answer && w.Code == tt.right:
				allowed++
			case w.Type == "error" && w.Code == "rate_limited" && w.RetryAfterMs > 0:
				limited++
			default:
				t.Fatalf("%s: answered %+v", tt.name, w)
			}
		}
		if allowed < 1000 || limited < frames/2 {
			t.Errorf("%s: %d allowed, %d refused", tt.name, allowed, limited)
		}
		_ = c.Close()
	}
	h.closeSession(t, "mallory", session)
	h.calm(t)
}

// TestRawDoorsChats: 10,000 questions at once start few replies; each is either
// stored and acknowledged, or refused with when to come back.
func TestRawDoorsChats(t *testing.T) {
	t.Parallel()
	h := newDoors(t)
	const frames = 10_000
	c := h.call(t, "mallory")
	words := c.abroad()
	go c.pour(strings.Repeat(text(`{"type":"chat","content":"hi"}`), 100), frames/100)
	h.talk(t)
	stored, limited, started := 0, 0, 0
	for stored+limited < frames {
		w, ok := <-words
		if !ok {
			t.Fatalf("ended after %d and %d", stored, limited)
		}
		switch {
		case w.Type == "chat-received":
			stored++
		case w.Type == "error" && w.Code == "rate_limited" && w.RetryAfterMs > 0:
			limited++
		case w.Type == "error":
			t.Fatalf("answered %+v", w)
		case w.Type == "stream-start":
			started++
		}
	}
	t.Logf("%d stored, %d refused, %d replies begun", stored, limited, started)
	if stored == 0 || stored > 100 {
		t.Errorf("%d questions are stored", stored)
	}
	_ = c.Close()
	if status, _ := h.Call(t, http.MethodDelete, "/chat/history", harness.Token(t, "mallory", "user"), nil); status != http.StatusOK {
		t.Errorf("clearing: %d", status)
	}
	h.calm(t)
}

// TestRawDoorsSlowReader: a client that reads nothing while its own reply comes is
// closed at its bound, and the reply goes on to its end for whoever comes back.
func TestRawDoorsSlowReader(t *testing.T) {
	t.Parallel()
	h := newDoors(t, generous)
	c := h.callNarrow(t, "mallory")
	filler := strings.Repeat("x", 60_000)
	token := harness.Token(t, "mallory", "user")
	for i := range 8 {
		status, answer := h.Call(t, http.MethodPost, "/chat/messages", token, map[string]any{"roomId": "me", "message": fmt.Sprint(i, filler)})
		if status != http.StatusCreated {
			t.Fatal(status, answer)
		}
	}
	h.flat(t, 60, func() {
		c.tell(`{"type":"chat","content":"Tell me more","nonce":"last"}`)
		c.pour(strings.Repeat(text(`{"type":"sync","cursor":""}`), 10), 20)
		h.doorsEmpty(t)
	})
	if code := c.closeCode(); code != 0 && code != 1013 { // 0: there was no room for it
		t.Errorf("closed with %d", code)
	}
	_ = c.Close()
	back := h.call(t, "mallory")
	back.lives()
	eventually(t, "the last question is answered", func() bool {
		_, answer := h.Call(t, http.MethodGet, "/chat/history?limit=2", token, nil)
		list, _ := answer["messages"].([]any)
		if len(list) != 2 {
			return false
		}
		last, _ := list[1].(map[string]any)
		sender, _ := last["senderUser"].(string)
		return last["status"] == "complete" && sender == "bot:default"
	})
	back.hangUp()
	h.calm(t)
}

// TestRawDoorsNobodyReads: many who read nothing of their own replies, in one
// conversation, hold up neither it nor anybody else.
func TestRawDoorsNobodyReads(t *testing.T) {
	t.Parallel()
	h := newDoors(t, generous)
	all := make([]*caller, 50)
	for i := range all {
		all[i] = h.call(t, "mallory")
	}
	reader := h.call(t, "mallory")
	reader.tell(`{"type":"chat","content":"hello"}`)
	reader.until("stream-start")
	if w := reader.until("stream-end"); w.MessageID == "" {
		t.Errorf("%+v", w)
	}
	for _, c := range all {
		c.reset()
	}
	reader.hangUp()
	h.calm(t)
}
