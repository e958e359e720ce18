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
	missed marks
	// waived are replies that may be closed under a writer on another node.
	waived marks
}

// marks are ids of replies; past maxMarks all are forgotten.
type marks map[string]struct{}

const maxMarks = 1000

func (m *marks) add(id string) {
	if *m == nil || len(*m) >= maxMarks {
		*m = marks{}
	}
	(*m)[id] = struct{}{}
}

func (m marks) has(id string) bool {
	_, ok := m[id]
	return ok
}

func (o *openReplies) add(r *Reply) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.byID == nil {
		o.byID, o.byRoom = map[string]*Reply{}, map[string]*Reply{}
	}
	o.byID[r.message.ID], o.byRoom[r.room.ID] = r, r
	if o.missed.has(r.message.ID) {
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
// there is of it: not a word of it comes out any more. One that is not written here is
// remembered, and nil returned; unless another node may be writing it (elsewhere) and
// it was not waived: then it stays as it is, and ok is false.
func (o *openReplies) freeze(id string, elsewhere bool) (f *Frozen, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r := o.byID[id]; r != nil {
		return r.freeze(), true
	}
	if elsewhere && !o.waived.has(id) {
		return nil, false
	}
	o.missed.add(id)
	return nil, true
}

// waive lets a reply be closed whether or not another node writes it.
func (o *openReplies) waive(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waived.add(id)
}

// closed ends a reply that another node has closed.
func (o *openReplies) closed(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r := o.byID[id]; r != nil {
		r.freeze()
	}
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

// endIn is end for what is written in a room.
func (o *openReplies) endIn(room string) {
	o.mu.Lock()
	r := o.byRoom[room]
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
