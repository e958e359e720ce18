package chat

import (
	"context"
	"sync"
)

// openReplies are those that this node writes.
type openReplies struct {
	mu     sync.Mutex
	byID   map[string]*Reply
	byRoom map[string]*Reply
	// missed are replies that were to be frozen and were not here: another node's, or
	// one that is stored and about to come.
	missed map[string]struct{}
}

// maxMissed bounds what is remembered of replies that never come.
const maxMissed = 1000

func (o *openReplies) add(r *Reply) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.byID == nil {
		o.byID, o.byRoom = map[string]*Reply{}, map[string]*Reply{}
	}
	o.byID[r.message.ID], o.byRoom[r.room.ID] = r, r
	if _, closed := o.missed[r.message.ID]; closed {
		delete(o.missed, r.message.ID)
		r.freeze()
	}
}

func (o *openReplies) remove(r *Reply) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.byID, r.message.ID)
	if o.byRoom[r.room.ID] == r {
		delete(o.byRoom, r.room.ID)
	}
}

// freeze ends a reply that is about to be closed under its writer, and returns what
// there is of it: not a word of it comes out any more. It returns nil for one that
// is not written here.
func (o *openReplies) freeze(id string) *Frozen {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r := o.byID[id]; r != nil {
		return r.freeze()
	}
	if o.missed == nil || len(o.missed) >= maxMissed {
		o.missed = map[string]struct{}{}
	}
	o.missed[id] = struct{}{}
	return nil
}

func (o *openReplies) has(id string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.byID[id] != nil
}

func (o *openReplies) in(room string) []OpenReply {
	o.mu.Lock()
	r := o.byRoom[room]
	o.mu.Unlock()
	if r == nil || r.ended() {
		return nil
	}
	return []OpenReply{r.Snapshot()}
}

// of returns the stop functions of the replies to a user's questions.
func (o *openReplies) of(user string) []func() {
	o.mu.Lock()
	defer o.mu.Unlock()
	var stops []func()
	for _, r := range o.byID {
		if r.room.Creator == user {
			stops = append(stops, r.stop)
		}
	}
	return stops
}

// end ends a reply's writing, if it is written here, and does not wait.
func (o *openReplies) end(id string) {
	o.mu.Lock()
	r := o.byID[id]
	o.mu.Unlock()
	if r != nil {
		r.stop()
	}
}

// stop ends a reply's writing and waits until it is closed, or ctx ends. It
// reports false for one that is not written here.
func (o *openReplies) stop(ctx context.Context, id string) bool {
	o.mu.Lock()
	r := o.byID[id]
	o.mu.Unlock()
	if r == nil {
		return false
	}
	r.stop()
	select {
	case <-r.closed:
	case <-ctx.Done():
	}
	return true
}
