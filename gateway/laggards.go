package gateway

import "time"

const (
	// streamBacklog is how many bytes may wait to be written to a client that is
	// given the next piece of a reply. Past it, pieces gather until they are fewer.
	streamBacklog = 16 << 10
	// streamPace is how often it is looked who has caught up, while somebody has not.
	streamPace = 25 * time.Millisecond
)

// stance is how a session stands to the pieces of a reply.
type stance int

const (
	ready   stance = iota
	slow           // its client has much to read before
	holding        // it is not announced yet
	away           // it has no connection
)

// stance returns how the session stands in this moment.
func (s *Session) stance() stance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stands()
}

func (s *Session) stands() stance {
	switch {
	case s.closed || s.sink == nil:
		return away
	case s.holding:
		return holding
	case s.sink.Backlog() > streamBacklog:
		return slow
	}
	return ready
}

// offer queues frames, not to be recovered, if the session is ready for them. It
// returns how it stood.
func (s *Session) offer(frames ...Frame) stance {
	s.mu.Lock()
	defer s.mu.Unlock()
	stands := s.stands()
	if stands == ready {
		for _, f := range frames {
			s.sink.Send(f)
		}
	}
	return stands
}

// conclude queues frames, not to be recovered, whether or not the client is
// behind. It reports false if they do not fit the session any more, because it
// was announced, or was not.
func (s *Session) conclude(frames []Frame, held bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.sink == nil {
		return true
	}
	if s.holding != held {
		return false
	}
	s.pushAll(frames)
	return true
}

// begin lets a session that has come into the room, or whose client has come
// back, get the open streams from their beginning. The caller holds the lock.
func (r *room) begin(s *Session) {
	for _, st := range r.streams {
		st.behind[s] = mark{}
	}
	if len(r.streams) > 0 {
		r.pace()
	}
}

// catchUp gives whoever is behind and has become ready the rest of a stream. Who
// has lost the connection is forgotten: who comes back begins anew.
func (r *room) catchUp(st *stream) {
	if r.known { // else it may still follow what the stream must not overtake
		round := arrears{st: st}
		for s, at := range st.behind {
			switch s.stance() {
			case away:
				delete(st.behind, s)
			case ready:
				if s.offer(round.frames(at, s.format)...) == ready {
					delete(st.behind, s)
				}
			}
		}
	}
	if len(st.behind) > 0 {
		r.pace()
	}
}

// pace looks again after a while.
func (r *room) pace() {
	if !r.pacing {
		r.pacing = true
		time.AfterFunc(streamPace, r.paced)
	}
}

func (r *room) paced() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pacing = false
	if r.dead {
		return
	}
	for _, st := range r.streams {
		r.catchUp(st)
	}
}

// restart lets a session whose client has come back get the open streams of its
// rooms from their beginning. It is still held back: a stream that is opened from
// here on finds it so.
func (h *Hub) restart(s *Session) {
	if h.streams.Load() == 0 {
		return
	}
	for _, id := range s.listening() {
		if r := h.lookup(id); r != nil {
			r.mu.Lock()
			if _, in := r.index[s]; in && !r.dead {
				r.begin(s)
			}
			r.mu.Unlock()
		}
	}
}
