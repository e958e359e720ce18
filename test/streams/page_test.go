package streams

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/test/harness"
)

// page is a client of the token-stream protocol. It keeps what it shows over its
// connections, catches up with `sync`, and holds what comes against the contract.
type page struct {
	t         *testing.T
	user, url string

	socket  *socket
	taken   int // frames of this connection that were looked at
	shown   map[string]*shown
	latest  string // the reply that began last
	cursor  string
	synced  int // answers to `sync` over this connection
	errors  []frame
	answers map[string]string // a question's nonce → its message
}

// shown is a reply as a client shows it.
type shown struct {
	text   string
	status string // once it is closed
	live   bool   // it began over this connection, and has not ended
	ended  bool   // it did over this connection
	seen   string // what was there when the connection was lost
}

// newPage opens the page of a user. The address is the server's, or a network's.
func newPage(t *testing.T, url, user string) *page {
	t.Helper()
	p := &page{t: t, user: user, url: url + "/?token=" + harness.Token(t, user, "user"), shown: map[string]*shown{}, answers: map[string]string{}}
	p.connect()
	return p
}

// connect opens a connection and waits until the server has said hello. Behind the
// first there is nothing to catch up with.
func (p *page) connect() {
	p.t.Helper()
	p.taken, p.synced = 0, 0
	for _, r := range p.shown {
		r.live, r.ended = false, false
	}
	p.socket = dialSocket(p.t, p.url)
	hello := p.socket.await(p.t, "connection", func(f frame) bool { return f.Type == "connection" })
	if p.socket.all()[0].Type != "connection" {
		p.wrong("the first frame is %s", p.socket.all()[0].Raw)
	}
	if p.cursor == "" {
		p.cursor = hello.Cursor
	}
}

// comeBack opens another connection and asks for what came meanwhile.
func (p *page) comeBack() {
	p.t.Helper()
	p.connect()
	p.sync()
	p.until("synced", func() bool { return p.synced > 0 })
}

func (p *page) sync() { p.send(map[string]any{"type": "sync", "cursor": p.cursor}) }

func (p *page) send(body map[string]any) {
	p.t.Helper()
	if err := p.socket.send(body); err != nil {
		p.t.Fatalf("%s cannot send: %v", p.user, err)
	}
}

// ask sends a question and returns the id that it is stored under.
func (p *page) ask(question string) string {
	p.t.Helper()
	nonce := question
	p.send(map[string]any{"type": "chat", "content": question, "nonce": nonce})
	p.until("chat-received for "+question, func() bool { return p.answers[nonce] != "" })
	return p.answers[nonce]
}

// until takes in what comes until it holds.
func (p *page) until(what string, holds func() bool) {
	p.t.Helper()
	deadline := time.NewTimer(harness.Patience)
	defer deadline.Stop()
	for !holds() {
		frames := p.socket.take(p.taken, deadline.C)
		if frames == nil {
			p.t.Fatalf("%s waits for %s, close code %d; the last were %s", p.user, what, p.socket.code, p.socket.tail())
		}
		p.taken++
		p.apply(frames[0])
	}
}

// rest takes in what the server had queued by now.
func (p *page) rest() {
	p.t.Helper()
	p.socket.settle(p.t)
	for _, f := range p.socket.all()[p.taken:] {
		p.taken++
		p.apply(f)
	}
}

func (p *page) apply(f frame) {
	r := p.shown[f.MessageID]
	switch f.Type {
	case "stream-start":
		if r == nil {
			r = &shown{}
			p.shown[f.MessageID] = r
		}
		if r.live || r.ended {
			p.wrong("%s began twice", f.MessageID)
		}
		r.text, r.live, p.latest = "", true, f.MessageID
	case "stream-token":
		p.token(r, f)
	case "stream-end":
		if r == nil || !r.live {
			p.wrong("%s ended and had not begun", f.MessageID)
			return
		}
		r.live, r.ended, r.status = false, true, f.Status
	case "chat-received":
		p.answers[f.Nonce] = f.MessageID
		return // the cursor of an answer may be ahead of what is on its way
	case "synced":
		p.takeSynced(f)
	case "error":
		p.errors = append(p.errors, f)
	}
	p.advance(f.Cursor)
}

func (p *page) token(r *shown, f frame) {
	switch {
	case r == nil || !r.live:
		p.wrong("a token of %s, which has not begun", f.MessageID)
	case f.Offset != units(r.text):
		p.wrong("a token of %s at %d, where %d are known", f.MessageID, f.Offset, units(r.text))
	case r.text == "" && !strings.HasPrefix(f.Token, r.seen):
		p.wrong("came back to %s and got less than it had", f.MessageID)
	default:
		r.text += f.Token
	}
}

// takeSynced holds that what is stored is what was shown.
func (p *page) takeSynced(f frame) {
	p.synced++
	for _, m := range f.Messages {
		if m.Role != "assistant" || m.Deleted {
			continue
		}
		r := p.shown[m.MessageID]
		if r == nil {
			r = &shown{}
			p.shown[m.MessageID] = r
		}
		if !strings.HasPrefix(m.Content, r.seen) {
			p.wrong("%s has less than was seen of it", m.MessageID)
		}
		r.text, r.status = m.Content, m.Status
	}
	p.advance(f.Cursor)
	if f.More {
		p.sync()
	}
}

// advance keeps the furthest cursor.
func (p *page) advance(cursor string) {
	if version(cursor) > version(p.cursor) {
		p.cursor = cursor
	}
}

func (p *page) wrong(format string, args ...any) {
	p.t.Helper()
	p.t.Errorf(p.user+": "+format, args...)
}

// closed reports whether a reply is shown with its end.
func (p *page) closed(id string) bool { return p.shown[id] != nil && p.shown[id].status != "" }

// reply waits for the end of the one reply that begins from now on.
func (p *page) reply(question string) (id string, r *shown) {
	p.t.Helper()
	before := p.latest
	p.ask(question)
	p.until("a reply to "+question, func() bool { return p.latest != before && p.closed(p.latest) })
	return p.latest, p.shown[p.latest]
}

// version makes cursors of one epoch comparable.
func version(cursor string) int64 {
	_, digits, _ := strings.Cut(cursor, ":")
	n, _ := strconv.ParseInt(digits, 10, 64)
	return n
}
