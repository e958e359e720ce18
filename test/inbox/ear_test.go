package inbox

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/test/harness"
)

// The kinds of what is heard.
const (
	started   = "start"  // of a bot's reply
	token     = "token"  // of a bot's reply
	ended     = "end"    // of a bot's reply
	said      = "said"   // a whole message
	newState  = "state"  // who the conversation is with
	noted     = "note"   // a note, which is the agents' alone
	answered  = "answer" // to what this connection sent
	readiness = "ready"  // the connection stands
)

// heard is one thing that a connection was told, whatever its wire.
type heard struct {
	Kind     string
	Bot      bool   // a bot's word
	ID       string // the message's, where the wire tells it
	Seq      int64  // the message's, where the wire tells it
	Text     string // a token's, or the whole
	Status   string // at an end
	Author   string // CUS or AGE, where the wire tells it
	State    string
	Position int
	Raw      string
}

// ear is one connection. It keeps all that comes, in order.
type ear struct {
	t    *testing.T
	name string
	// decode understands what comes; it is called in order.
	decode func(raw string) []heard
	// send writes to the server; nil where nothing can be said.
	send func(text string) error

	mu      sync.Mutex
	all     []heard
	bytes   strings.Builder // all that came
	gone    bool            // the connection has ended
	changed chan struct{}   // closed with each arrival
	end     func()          // ends the connection and waits for it; also at the test's end
}

func newEar(t *testing.T, name string, decode func(string) []heard) *ear {
	return &ear{t: t, name: name, decode: decode, changed: make(chan struct{})}
}

// arrive takes in what came.
func (e *ear) arrive(raw string) {
	things := e.decode(raw)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.bytes.WriteString(raw)
	e.bytes.WriteByte('\n')
	for _, x := range things {
		x.Raw = raw
		e.all = append(e.all, x)
	}
	close(e.changed)
	e.changed = make(chan struct{})
}

// runs listens until the connection ends, by itself or by stop.
func (e *ear) runs(stop, listen func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer e.over()
		listen()
	}()
	e.end = sync.OnceFunc(func() {
		stop()
		<-done
	})
	e.t.Cleanup(e.end)
}

// over notes the end of the connection.
func (e *ear) over() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.gone = true
	close(e.changed)
	e.changed = make(chan struct{})
}

// heard returns what came after the first n things.
func (e *ear) heard(n int) []heard {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.all[n:])
}

// mark is how much was heard by now.
func (e *ear) mark() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.all)
}

// recorded is every byte that came.
func (e *ear) recorded() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.bytes.String()
}

// await waits for the first thing after the first n that fits.
func (e *ear) await(n int, what string, fits func(heard) bool) heard {
	e.t.Helper()
	deadline := time.NewTimer(harness.Patience)
	defer deadline.Stop()
	for {
		e.mu.Lock()
		things, changed, gone := e.all[n:], e.changed, e.gone
		e.mu.Unlock()
		if i := slices.IndexFunc(things, fits); i >= 0 {
			return things[i]
		}
		if gone {
			e.t.Fatalf("%s has ended and had not %s; it had%s", e.name, what, tail(things))
		}
		select {
		case <-changed:
		case <-deadline.C:
			e.t.Fatalf("%s has not %s; it has%s", e.name, what, tail(things))
		}
	}
}

// tail shows the last of what was heard.
func tail(things []heard) string {
	var b strings.Builder
	for _, x := range things[max(0, len(things)-8):] {
		b.WriteString("\n" + x.Raw[:min(len(x.Raw), 250)])
	}
	return b.String()
}

// awaitState waits for the news of a state.
func (e *ear) awaitState(n int, state string) heard {
	e.t.Helper()
	return e.await(n, "the state "+state, func(x heard) bool { return x.Kind == newState && x.State == state })
}

// awaitSaid waits for a text as a whole message.
func (e *ear) awaitSaid(n int, text string) heard {
	e.t.Helper()
	return e.await(n, "the text "+text, func(x heard) bool { return (x.Kind == said || x.Kind == ended) && x.Text == text })
}

// ask sends something and waits for its answer.
func (e *ear) ask(text string) heard {
	e.t.Helper()
	n := e.mark()
	if err := e.send(text); err != nil {
		e.t.Fatalf("%s cannot send: %v", e.name, err)
	}
	return e.await(n, "an answer to "+text, func(x heard) bool { return x.Kind == answered })
}

// taken reports whether the bot has to be silent in a state.
func taken(state string) bool { return state == "assigned" || state == "waiting" }

// silent fails the test if a bot's word came behind the news that the conversation
// is a person's, or is to be.
func (e *ear) silent() {
	e.t.Helper()
	state := ""
	for i, x := range e.heard(0) {
		switch {
		case x.Kind == newState:
			state = x.State
		case x.Bot && taken(state):
			e.t.Errorf("%s: a bot's %s behind the news %s:%s", e.name, x.Kind, state, tail(e.heard(max(0, i-4))[:5]))
			return
		}
	}
}

// reply puts together what was heard of the bot's reply after the first n things, up
// to the news; whole tells whether its end was.
func (e *ear) reply(n int) (text, status string, whole bool) {
	e.t.Helper()
	for _, x := range e.heard(n) {
		switch {
		case x.Kind == newState && taken(x.State):
			return text, status, whole
		case !x.Bot:
		case x.Kind == token:
			text += x.Text
		case x.Kind == said:
			status = x.Status
		case x.Kind == ended:
			status, whole = x.Status, true
			if x.Text != text {
				e.t.Errorf("%s: %q was streamed, and ended as %q", e.name, text, x.Text)
			}
		}
	}
	return text, status, whole
}
