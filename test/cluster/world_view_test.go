package cluster

import (
	"fmt"

	"parley/test/harness"
)

// said is a message as a client sees it.
type said struct {
	seq                     int64
	id, sender, nonce, text string
	status                  string
}

// view is a room as a client sees it.
type view struct {
	cursor   string // up to which everything is known
	version  int64
	messages map[int64]said // by seq
	ids      map[string]int64
}

func newView() *view { return &view{messages: map[int64]said{}, ids: map[string]int64{}} }

// take takes in a message, which may come again but never as another.
func (v *view) take(c *client, room string, m said) {
	if m.seq == 0 || m.id == "" {
		c.wrong("gets a message of room %s without a place: %+v", room, m)
		return
	}
	if old, ok := v.messages[m.seq]; ok && old != m {
		c.wrong("place %d of room %s is %+v and %+v", m.seq, room, old, m)
	}
	if seq, ok := v.ids[m.id]; ok && seq != m.seq {
		c.wrong("message %s of room %s has the places %d and %d", m.id, room, seq, m.seq)
	}
	v.messages[m.seq], v.ids[m.id] = m, m.seq
}

func (v *view) reach(cursor string) {
	if at := version(cursor); at > v.version || v.cursor == "" {
		v.version, v.cursor = at, cursor
	}
}

// equals says in what the view is not what is stored, "" for nothing.
func (v *view) equals(stored []harness.Stored) string {
	for i, m := range stored {
		seen, ok := v.messages[int64(i+1)]
		if !ok {
			return fmt.Sprintf("lacks place %d of %d", i+1, len(stored))
		}
		want := said{m.Seq, m.ID, m.SenderUser, m.Nonce, m.Message, m.Status}
		if seen != want {
			return fmt.Sprintf("has %+v, stored is %+v", seen, want)
		}
	}
	if len(v.messages) != len(stored) {
		return fmt.Sprintf("has %d messages, %d are stored", len(v.messages), len(stored))
	}
	return ""
}
