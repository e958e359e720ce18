package cluster

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"parley/internal/sioclient"
)

// line is one connection of a client, and holds what comes over it against what is
// promised of each connection. What it knows is guarded by its client's lock.
type line struct {
	client *client
	node   int
	conn   *sioclient.Conn
	ready  chan struct{} // closed with `ready`

	heads map[string]int64 // the versions that `ready` named
	last  map[string]int64 // the versions of the latest live events
	live  map[string]bool  // rooms of which everything is known
	// streams are the replies that are being written, as shown here.
	streams map[string]*stream

	syncing  bool
	syncID   uint64
	syncAt   time.Time // not before
	drained  bool
	comeBack time.Duration
}

func newLine(c *client, node int) *line {
	return &line{
		client: c, node: node, ready: make(chan struct{}), last: map[string]int64{}, live: map[string]bool{},
		streams: map[string]*stream{},
	}
}

// event has the fields of all events that a client looks at.
type event struct {
	ID          string            `json:"_id"`
	MessageID   string            `json:"messageId"`
	Nonce       string            `json:"nonce"`
	Sender      string            `json:"sender"`
	Message     string            `json:"message"`
	Room        string            `json:"room"`
	Seq         int64             `json:"seq"`
	Cursor      string            `json:"cursor"`
	Status      string            `json:"status"`
	CreatedAt   time.Time         `json:"createdAt"`
	Token       string            `json:"token"`
	Offset      int               `json:"offset"`
	Rooms       map[string]string `json:"rooms"`
	ReconnectMs int               `json:"reconnectInMs"`
}

// answer has the fields of all acks that a client looks at.
type answer struct {
	Ok        bool            `json:"ok"`
	MessageID string          `json:"messageId"`
	Seq       int64           `json:"seq"`
	Rooms     map[string]part `json:"rooms"`
	Error     struct {
		Code string `json:"code"`
	} `json:"error"`
}

// part is what `sync` says of a room.
type part struct {
	Messages []struct {
		ID      string `json:"_id"`
		Seq     int64  `json:"seq"`
		Sender  string `json:"senderUser"`
		Message string `json:"message"`
		Nonce   string `json:"nonce"`
		Status  string `json:"status"`
	} `json:"messages"`
	Cursor string `json:"cursor"`
	More   bool   `json:"more"`
	Resync bool   `json:"resync"`
	Gone   bool   `json:"gone"`
	New    bool   `json:"new"`
}

// version makes the cursors of one room comparable.
func version(cursor string) int64 {
	v, _ := strconv.ParseInt(cursor[strings.LastIndexByte(cursor, ':')+1:], 10, 64)
	return v
}

func encoded(name string, body any) []byte {
	b, _ := json.Marshal([]any{name, body}) // strings alone
	return b
}

// Event implements sioclient.Handler.
func (l *line) Event(args []byte) {
	var parts []json.RawMessage
	var name string
	if json.Unmarshal(args, &parts) != nil || len(parts) < 2 || json.Unmarshal(parts[0], &name) != nil {
		return
	}
	var e event
	switch name {
	case "ready", "message", "draining", "stream-start", "stream-token", "stream-end":
		_ = json.Unmarshal(parts[1], &e) // what does not fit is missed below
	default:
		return
	}
	c := l.client
	c.mu.Lock()
	defer c.mu.Unlock()
	switch name {
	case "ready":
		l.begin(e)
	case "draining":
		l.drained, l.comeBack = true, time.Duration(e.ReconnectMs)*time.Millisecond
	case "message":
		l.message(e, len(parts) > 2)
	default:
		l.streamed(name, e)
	}
}

// Ack implements sioclient.Handler.
func (l *line) Ack(id uint64, args []byte) {
	var parts []answer
	_ = json.Unmarshal(args, &parts)
	var a answer
	if len(parts) == 1 {
		a = parts[0]
	}
	l.client.mu.Lock()
	defer l.client.mu.Unlock()
	l.client.answered(l, id, a)
	l.client.nudge()
}

// begin takes in where the rooms stand. All of them are behind until `sync`.
func (l *line) begin(e event) {
	l.heads = map[string]int64{}
	for room, cursor := range e.Rooms {
		l.heads[room] = version(cursor)
		l.live[room] = false
		if l.client.views[room] == nil {
			l.client.views[room] = newView()
		}
	}
	close(l.ready)
}

// message takes in a live message. Each connection is shown a room's changes in
// order and without a gap, from the head that `ready` named at the latest; an own
// message that was sent again is shown once more, to its sender, with no offset.
func (l *line) message(e event, ordered bool) {
	c := l.client
	v, at := c.views[e.Room], version(e.Cursor)
	if v == nil {
		c.wrong("gets a message of room %s, which `ready` did not name", e.Room)
		return
	}
	if ordered && e.Nonce != "" {
		c.world.tally.delivered(time.Since(e.CreatedAt))
	}
	v.take(c, e.Room, said{e.Seq, e.ID, e.Sender, e.Nonce, e.Message, e.Status})
	l.closed(e)
	if !ordered {
		if e.Sender != c.user {
			c.wrong("is shown what %s sent again", e.Sender)
		}
		return
	}
	last, seen := l.last[e.Room]
	head := l.heads[e.Room]
	switch {
	case seen && at != last+1:
		c.wrong("change %d of room %s came behind %d on node %d", at, e.Room, last, l.node)
	case !seen && at > head+1:
		c.wrong("change %d of room %s came first on node %d, `ready` named %d", at, e.Room, l.node, head)
	}
	l.last[e.Room] = at
	if l.live[e.Room] {
		if at > v.version+1 {
			c.wrong("change %d of room %s came while it had everything up to %d, on node %d", at, e.Room, v.version, l.node)
		}
		v.reach(e.Cursor)
	}
}

// behind reports whether something has to be asked for.
func (l *line) behind() bool {
	for _, live := range l.live {
		if !live {
			return true
		}
	}
	return false
}

// sync asks for the rooms that are behind.
func (l *line) sync() any {
	rooms := map[string]string{}
	for room, live := range l.live {
		if !live {
			rooms[room] = l.client.views[room].cursor
		}
	}
	return map[string]any{"rooms": rooms}
}

// synced takes the answer to it.
func (l *line) synced(a answer) {
	l.syncing, l.syncID = false, 0
	if !a.Ok {
		l.syncAt = time.Now().Add(retryAfter)
		return
	}
	for room := range l.live {
		if part, ok := a.Rooms[room]; ok && !l.live[room] {
			l.caughtUp(room, part)
		}
	}
}

func (l *line) caughtUp(room string, p part) {
	v := l.client.views[room]
	if p.Resync || p.Gone || p.Cursor == "" {
		l.client.wrong("is told %+v of room %s", p, room)
		l.live[room] = true
		return
	}
	for _, m := range p.Messages {
		v.take(l.client, room, said{m.Seq, m.ID, m.Sender, m.Nonce, m.Message, m.Status})
	}
	v.reach(p.Cursor)
	if p.More {
		return
	}
	l.live[room] = true
	if last := l.last[room]; last > v.version { // live events have no gap, and began before what was read
		v.reach(v.cursor[:strings.LastIndexByte(v.cursor, ':')+1] + strconv.FormatInt(last, 10))
	}
}
