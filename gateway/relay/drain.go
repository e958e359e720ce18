package relay

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"parley/gateway"
)

const (
	// askEvery is how often a node is asked to let go of what is open through this one,
	// and how long a poll may wait that comes meanwhile.
	askEvery = time.Second
	// askTimeout bounds one such question.
	askTimeout = 3 * time.Second
	asksAtOnce = 32
)

// begin notes a passage, unless it is a WebSocket through a node that is to stop: its
// client goes on polling.
func (r *Relay) begin(ctx context.Context, p *passage) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.draining && p.kind == Socket {
		return false
	}
	p.ctx, p.end = context.WithCancel(ctx)
	p.ctx = context.WithValue(p.ctx, passageKey{}, p)
	r.open[p] = struct{}{}
	if r.draining {
		go r.release(p, askEvery)
	}
	return true
}

func (r *Relay) done(p *passage) {
	p.end()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, p)
}

// Drain has everything end that is open through this node: the nodes that have the
// connections answer the polls that wait, and send the clients of WebSockets away as
// their own, each in its turn. It returns when all have ended, or cuts the rest when
// ctx ends. Polls that come meanwhile or later wait for a second at most, WebSockets
// are refused.
func (r *Relay) Drain(ctx context.Context, d gateway.Drain) {
	r.mu.Lock()
	r.draining = true
	open := make([]*passage, 0, len(r.open))
	for p := range r.open {
		open = append(open, p)
	}
	r.mu.Unlock()
	for i, p := range open {
		end, _ := d.Turn(i, len(open))
		go r.release(p, end)
	}
	for _, p := range open {
		select {
		case <-p.ctx.Done():
		case <-ctx.Done():
			p.end()
		}
	}
}

// release asks for a passage's end, after a while and again, until that has come. A
// question may come before what it is about.
func (r *Relay) release(p *passage, after time.Duration) {
	timer := time.NewTimer(after)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-p.ctx.Done():
			return
		}
		select {
		case r.asking <- struct{}{}:
		case <-p.ctx.Done():
			return
		}
		if err := r.ask(p); err != nil {
			r.opts.Log.Debug("cannot ask a node to let go", "node", p.node, "error", err)
		}
		<-r.asking
		timer.Reset(askEvery)
	}
}

// ask has the node let go of the passage's session.
func (r *Relay) ask(p *passage) error {
	ctx, cancel := context.WithTimeout(p.ctx, askTimeout)
	defer cancel()
	u := p.url
	u.RawQuery = url.Values{"sid": {p.sid}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, u.String(), nil)
	if err != nil {
		return err
	}
	req.Header.Set(header, r.seal.stamp(p.node, req.Method, r.opts.Path, u.RawQuery))
	res, err := r.polls.RoundTrip(req)
	if err != nil {
		return err
	}
	return res.Body.Close()
}
