package streams

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/test/harness"
)

// visit is a client of a chatbot session. It keeps what it shows over its
// connections and holds what comes against the contract.
type visit struct {
	t          *testing.T
	user, url  string
	id, room   string
	socket     *socket
	taken      int      // frames of this connection that were looked at
	open       bool     // a reply has begun over this connection
	begun      int      // how many have
	text       string   // of the open one
	seen       string   // what was there when the connection was lost
	complete   []frame  // the replies that have ended, in the order in which they did
	repeated   int      // ends that had come before
	received   int      // questions acknowledged
	errors     []frame  // what came as `error`
	completeID []string // ids of complete
}

// newVisit begins a session of a user with the chatbot `default`, and opens its
// socket through an address.
func (h *house) newVisit(t *testing.T, url, user string) *visit {
	t.Helper()
	token := harness.Token(t, user, "user")
	status, answer := h.Call(t, http.MethodPost, "/chatbot/default/session", token, nil)
	id, _ := answer["session_id"].(string)
	room, _ := answer["conversation_id"].(string)
	if status != http.StatusOK || id == "" || room == "" {
		t.Fatalf("no session: %d %v", status, answer)
	}
	v := &visit{t: t, user: user, id: id, room: room, url: url + "/ws/chat/" + id + "?token=" + token}
	v.connect()
	return v
}

// connect opens the session's socket, again.
func (v *visit) connect() {
	v.t.Helper()
	v.taken, v.open, v.text = 0, false, ""
	v.socket = dialSocket(v.t, v.url)
	v.socket.await(v.t, "session_info", func(f frame) bool { return f.Type == "session_info" })
	if first := v.socket.all()[0]; first.Type != "session_info" {
		v.wrong("the first frame is %s", first.Raw)
	}
}

func (v *visit) ask(question string) {
	v.t.Helper()
	if err := v.socket.send(map[string]any{"message": question, "message_type": "text"}); err != nil {
		v.t.Fatalf("%s cannot send: %v", v.user, err)
	}
}

// until takes in what comes until it holds.
func (v *visit) until(what string, holds func() bool) {
	v.t.Helper()
	deadline := time.NewTimer(harness.Patience)
	defer deadline.Stop()
	for !holds() {
		frames := v.socket.take(v.taken, deadline.C)
		if frames == nil {
			v.t.Fatalf("%s waits for %s, close code %d; the last were %s", v.user, what, v.socket.code, v.socket.tail())
		}
		v.taken++
		v.apply(frames[0])
	}
}

func (v *visit) apply(f frame) {
	switch f.Type {
	case "message_received":
		v.received++
	case "response_start":
		if v.open {
			v.wrong("a reply began in the middle of another")
		}
		v.open, v.text = true, ""
		v.begun++
	case "response_chunk":
		switch {
		case !v.open:
			v.wrong("a chunk of no reply: %s", f.Raw)
		case v.text == "" && !strings.HasPrefix(f.Chunk, v.seen):
			v.wrong("came back and got less than it had")
		}
		v.text += f.Chunk
	case "response_complete":
		v.end(f)
	case "error":
		v.errors = append(v.errors, f)
	}
}

func (v *visit) end(f frame) {
	if v.open && v.text != f.FullResponse {
		v.wrong("streamed %d bytes, and the full response has %d", len(v.text), len(f.FullResponse))
	}
	for _, id := range v.completeID {
		if id == f.SessionReply {
			v.repeated++
			return
		}
	}
	if !strings.HasPrefix(f.FullResponse, v.seen) {
		v.wrong("%s has less than was seen of it", f.SessionReply)
	}
	v.open, v.seen = false, ""
	v.complete = append(v.complete, f)
	v.completeID = append(v.completeID, f.SessionReply)
}

// reply asks and waits for the end of the reply.
func (v *visit) reply(question string) frame {
	v.t.Helper()
	n := len(v.complete)
	v.ask(question)
	v.until("a reply to "+question, func() bool { return len(v.complete) > n })
	return v.complete[n]
}

func (v *visit) wrong(format string, args ...any) {
	v.t.Helper()
	v.t.Errorf(v.user+": "+format, args...)
}
