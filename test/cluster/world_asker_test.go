package cluster

import (
	"fmt"
	"strings"
	"time"

	"parley/chat"
)

// askAgain is how often a client asks that asks all the time, and giveUp after how
// long it asks again although no reply came: its node died with the question.
const (
	askAgain = 1200 * time.Millisecond
	giveUp   = 15 * time.Second
)

// asker is what a client knows of its questions.
type asker struct {
	room  string // its own conversation
	asked int
	at    time.Time
}

// ask asks the assistant again if it is time to, for a long answer.
func (c *client) ask(now time.Time) {
	c.mu.Lock()
	a := &c.asker
	wait := askAgain
	if c.views[a.room] == nil || c.replies() < a.asked {
		wait = giveUp
	}
	due := now.Sub(a.at) >= wait
	if due {
		a.asked++
		a.at = now
	}
	n := a.asked
	c.mu.Unlock()
	if due {
		c.post("me", fmt.Sprintf("question %d of %s, %s", n, c.user, strings.Repeat("and so on ", 20)))
	}
}

// replies counts the replies that have ended. c.mu is held.
func (c *client) replies() int {
	n := 0
	for _, m := range c.views[c.asker.room].messages {
		if m.sender != c.user {
			n++
		}
	}
	return n
}

// stream is a reply on one connection.
type stream struct {
	text   strings.Builder
	units  int
	closed bool
}

// streamed takes in a reply while it is written: each connection is shown its start,
// tokens that join, the message and the end.
func (l *line) streamed(name string, e event) {
	c, st := l.client, l.streams[e.MessageID]
	switch {
	case name == "stream-start" && st == nil:
		l.streams[e.MessageID] = &stream{}
	case name == "stream-token" && st != nil && !st.closed && e.Offset == st.units:
		st.text.WriteString(e.Token)
		st.units += chat.UTF16Len(e.Token)
	case name == "stream-end" && st != nil && st.closed:
		if !c.world.honest(e.Status) {
			c.wrong("reply %s ended %s", e.MessageID, e.Status)
		}
		delete(l.streams, e.MessageID)
	default:
		c.wrong("%s of reply %s at %d does not fit %+v", name, e.MessageID, e.Offset, st)
	}
}

// closed holds the message that a reply has become against what was shown of it.
// Where its writer was killed, what came behind the last checkpoint is lost.
func (l *line) closed(e event) {
	st := l.streams[e.ID]
	if st == nil {
		return
	}
	st.closed = true
	shown := st.text.String()
	lost := l.client.world.kills && e.Status == "interrupted" && strings.HasPrefix(shown, e.Message)
	if shown != e.Message && !lost {
		l.client.wrong("reply %s is shown as %q and stored, %s, as %q", e.ID, shown, e.Status, e.Message)
	}
}

// honest reports whether a reply may end so. One fails that cannot be stored.
func (w *world) honest(status string) bool {
	return status == "complete" || status == "interrupted" || w.kills && status == "failed"
}
