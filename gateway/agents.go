package gateway

import (
	"maps"
	"slices"

	"parley/chat"
)

// answers reports whether a role is one of those who answer customers.
func answers(r chat.Role) bool { return r == chat.RoleAgent || r == chat.RoleAdmin }

// enrol notes whether a session is an agent's. The caller holds usersMu and the
// session's lock.
func (h *Hub) enrol(s *Session) {
	if !answers(s.identity.Role) || s.closed {
		h.resign(s)
		return
	}
	if len(h.agents) == 0 {
		h.listen(chat.TopicAgents)
	}
	h.agents[s] = struct{}{}
}

// resign notes that a session is no agent's, any more. The caller holds usersMu.
func (h *Hub) resign(s *Session) {
	n := len(h.agents)
	if delete(h.agents, s); n > 0 && len(h.agents) == 0 {
		h.unlisten(chat.TopicAgents)
	}
}

// Agents returns the ids of the agents and administrators who have a connection to
// this node, each once: one whose client is merely waited for does not count.
func (h *Hub) Agents() []string {
	h.usersMu.RLock()
	defer h.usersMu.RUnlock()
	var ids []string
	for s := range h.agents {
		s.mu.Lock()
		if s.present {
			ids = append(ids, s.identity.ID)
		}
		s.mu.Unlock()
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// forAgents reports whether an event is for all agents, in its room or not.
func forAgents(k chat.EventKind) bool {
	switch k {
	case chat.EventConversationUpdated, chat.EventConversationDeleted, chat.EventNote:
		return true
	}
	return false
}

// tellAgents passes an event on to all agents: behind what its room has not been told
// yet, so that on no connection it overtakes what the same change had to tell there.
func (h *Hub) tellAgents(e chat.Event) {
	if r := h.lookup(e.Room); r == nil || !r.lineUp(e) {
		h.sendAgents(e)
	}
}

// lineUp puts an event behind all that waits for its turn, or is still to come before
// it. It reports false if nothing does, or too much.
func (r *room) lineUp(e chat.Event) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.pending)
	if r.dead || n >= maxPending || n == 0 && e.At <= r.head {
		return false
	}
	if n > 0 {
		e.At = max(e.At, place(r.pending[n-1])/2)
	}
	r.pending = append(r.pending, e)
	r.came++
	r.wait()
	return true
}

// release passes on what waited for the agents in a room that nobody listens to any
// more. The caller holds both locks.
func (h *Hub) release(r *room) {
	h.sendWaiting(r.pending)
	r.pending = nil
}

// sendWaiting passes those of the events on that are for the agents, without waiting.
func (h *Hub) sendWaiting(events []chat.Event) {
	var waited []chat.Event
	for _, e := range events {
		if forAgents(e.Kind) {
			waited = append(waited, e)
		}
	}
	if len(waited) > 0 {
		go func() {
			for _, e := range waited {
				h.sendAgents(e)
			}
		}()
	}
}

// sendAgents passes an event on to the sessions of all agents, those included whose
// clients are waited for.
func (h *Hub) sendAgents(e chat.Event) {
	h.usersMu.RLock()
	sessions := slices.Collect(maps.Keys(h.agents))
	h.usersMu.RUnlock()
	if len(sessions) == 0 {
		return
	}
	enc := h.encoder(e)
	for _, s := range sessions {
		enc.send(s)
	}
}
