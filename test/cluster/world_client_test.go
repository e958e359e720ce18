package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"parley/internal/sioclient"
)

// How a client comes back, as the official one does.
const (
	firstDelay  = time.Second
	longest     = 5 * time.Second
	connectWait = 10 * time.Second
	// answerWithin is how long a client waits for an answer before it counts as silence.
	answerWithin = 10 * time.Second
	// retryAfter is when what was not taken is sent again.
	retryAfter = 500 * time.Millisecond
)

// client is one user's device, and does what docs/protocol.md asks of one: what it
// posts has a nonce and is sent until it is acknowledged; it keeps each room's
// cursor, and asks for what came since on every new connection. It knows the
// addresses of all nodes and takes another when one is lost.
type client struct {
	world  *world
	user   string
	token  string
	asks   bool // the assistant, all the time
	node   int  // that it is on, or tries
	chance *rand.Rand
	wake   chan struct{}

	mu     sync.Mutex
	line   *line // the connection, nil while there is none that serves
	lost   time.Time
	from   int // the node that was lost
	views  map[string]*view
	outbox []*post // not acknowledged, oldest first
	posted int
	nextID uint64
	asker  asker
}

// post is a message that is to be stored.
type post struct {
	room, nonce, text string
	due               time.Time // when it is to be sent
	underWay          uint64    // the id that its answer will have, 0 while it is not sent
	sent              time.Time
	silent            bool // was not answered in time
}

func newClient(w *world, user, token string, node int, chance *rand.Rand) *client {
	return &client{
		world: w, user: user, token: token, node: node, from: -1, chance: chance,
		wake: make(chan struct{}, 1), views: map[string]*view{},
	}
}

// post has a text stored in a room. It does not wait.
func (c *client) post(room, text string) {
	c.mu.Lock()
	c.posted++
	c.outbox = append(c.outbox, &post{room: room, nonce: fmt.Sprint(c.user, "-", c.posted), text: text})
	c.mu.Unlock()
	c.world.tally.count(func(p *phase) { p.posted++ })
	c.nudge()
}

func (c *client) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run keeps the client connected until ctx ends.
func (c *client) run(ctx context.Context) {
	delay := time.Duration(0)
	for c.pause(ctx, delay) {
		l, err := c.connect(ctx)
		if err != nil {
			if ctx.Err() == nil {
				c.world.tally.refused(err)
			}
			c.elsewhere()
			delay = min(max(2*delay, firstDelay), longest)
			continue
		}
		delay = c.serve(ctx, l)
		c.elsewhere()
	}
}

// pause waits about that long and reports whether to go on.
func (c *client) pause(ctx context.Context, d time.Duration) bool {
	d = time.Duration(float64(d) * (0.5 + c.chance.Float64()))
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}

// elsewhere has it try another node.
func (c *client) elsewhere() {
	n := len(c.world.nodes.Servers)
	c.node = (c.node + 1 + c.chance.IntN(n-1)) % n
}

// connect connects and waits until it is served.
func (c *client) connect(ctx context.Context) (*line, error) {
	ctx, cancel := context.WithTimeout(ctx, connectWait)
	defer cancel()
	l := newLine(c, c.node)
	conn, err := sioclient.Dial(ctx, sioclient.Options{
		URL: c.world.nodes.Servers[c.node].URL, Handler: l, Auth: map[string]string{"token": c.token},
	})
	if err != nil {
		return nil, err
	}
	select {
	case <-l.ready:
		c.found(l, conn)
		return l, nil
	case <-conn.Done():
		err = conn.Err()
	case <-ctx.Done():
		err = errors.New("not ready in time")
	}
	conn.Close()
	return nil, err
}

// found notes that it is served again.
func (c *client) found(l *line, conn *sioclient.Conn) {
	now := time.Now()
	c.mu.Lock()
	l.conn, c.line = conn, l
	lost, from := c.lost, c.from
	c.mu.Unlock()
	if from >= 0 {
		c.world.tally.returned(lapse{user: c.user, from: from, to: l.node, lost: lost, back: now})
	}
}

// serve works a connection until it ends, and returns after how long to come back.
func (c *client) serve(ctx context.Context, l *line) time.Duration {
	ending := context.AfterFunc(ctx, func() { l.conn.Close() })
	defer ending()
	for {
		emits, next := c.due(l)
		for _, e := range emits {
			if l.conn.Emit(e.id, e.args) != nil {
				break // it has ended, which is noticed below
			}
		}
		timer := time.NewTimer(next)
		select {
		case <-c.wake:
		case <-timer.C:
		case <-l.conn.Done():
			timer.Stop()
			return c.ended(ctx, l)
		}
		timer.Stop()
	}
}

// ended notes that it is not served any more: what was under way has no answer.
func (c *client) ended(ctx context.Context, l *line) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() != nil {
		return 0
	}
	c.line, c.lost, c.from = nil, time.Now(), l.node
	for _, p := range c.outbox {
		p.underWay, p.due = 0, time.Time{}
	}
	comeBack, open := firstDelay, len(l.streams)
	if l.drained {
		comeBack = l.comeBack
	}
	c.world.tally.count(func(p *phase) {
		p.openReplies += open
		if l.drained {
			p.drained++
		} else {
			p.cutOff++
		}
	})
	return comeBack
}

// emit is an event on its way out.
type emit struct {
	id   uint64
	args []byte
}

// due returns what is to be sent now, and after how long to look again.
func (c *client) due(l *line) (emits []emit, next time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	next = time.Minute
	if wait := l.syncAt.Sub(now); l.behind() && !l.syncing {
		if wait <= 0 {
			emits = append(emits, c.emit("sync", l.sync()))
			l.syncing, l.syncID = true, c.nextID
		} else {
			next = wait
		}
	}
	for _, p := range c.outbox {
		if p.underWay != 0 && now.Sub(p.sent) >= answerWithin {
			c.silence(p, l)
		}
		wait := p.due.Sub(now)
		if p.underWay != 0 {
			next = min(next, p.sent.Add(answerWithin).Sub(now))
			continue
		}
		if wait > 0 {
			next = min(next, wait)
			continue
		}
		emits = append(emits, c.emit("message", map[string]string{"roomId": p.room, "content": p.text, "nonce": p.nonce}))
		p.underWay, p.sent = c.nextID, now
		next = min(next, answerWithin)
	}
	return emits, next
}

// emit makes an event that asks for an ack, under the next id. c.mu is held.
func (c *client) emit(name string, body any) emit {
	c.nextID++
	return emit{c.nextID, encoded(name, body)}
}

// silence notes a post without an answer, and has it sent again.
func (c *client) silence(p *post, l *line) {
	p.underWay, p.due, p.silent = 0, time.Time{}, true
	c.world.tally.count(func(ph *phase) {
		ph.silent++
		if ph.silence == "" {
			ph.silence = fmt.Sprintf("%s on node %d", p.nonce, l.node)
		}
	})
}

// answered takes the answer to what was sent. c.mu is held.
func (c *client) answered(l *line, id uint64, a answer) {
	if id == l.syncID {
		l.synced(a)
		return
	}
	i := slices.IndexFunc(c.outbox, func(p *post) bool { return p.underWay == id })
	if i < 0 {
		return // it came too late, and what was asked for is sent anew
	}
	p := c.outbox[i]
	c.world.tally.answered(time.Since(p.sent), a.Error.Code)
	if !a.Ok {
		p.underWay, p.due = 0, time.Now().Add(retryAfter)
		if a.Error.Code != "unavailable" && a.Error.Code != "rate_limited" {
			c.wrong("%s was refused: %s", p.nonce, a.Error.Code)
		}
		return
	}
	c.outbox = slices.Delete(c.outbox, i, i+1)
	c.world.acknowledged(p.nonce, a.MessageID, a.Seq)
}

func (c *client) wrong(format string, args ...any) {
	c.world.tally.wrong(c.user + ": " + fmt.Sprintf(format, args...))
}
