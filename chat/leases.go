package chat

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// AgentGrace is how long a claim outlives the last sign of its agent, where no
// option says otherwise.
const AgentGrace = 60 * time.Second

// leaseParts is how often within the grace it is noted who is there.
const leaseParts = 6

// leases are the signs of agents on this node since they were last noted.
type leases struct {
	mu      sync.Mutex
	touched map[string]struct{}
	noted   time.Time
	began   time.Time // when the sweeping did
}

// touch is a sign of an agent who has no live connection, but asks over HTTP.
func (l *leases) touch(a Actor) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.touched == nil {
		l.touched = map[string]struct{}{}
	}
	l.touched[a.ID] = struct{}{}
}

// due returns whose signs are to be noted now, nil while it is not time yet.
func (l *leases) due(now time.Time, every time.Duration, live []string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.began.IsZero() {
		l.began = now
	}
	if now.Sub(l.noted) < every {
		return nil
	}
	l.noted = now
	for _, id := range live {
		if l.touched == nil {
			l.touched = map[string]struct{}{}
		}
		l.touched[id] = struct{}{}
	}
	seen := slices.Collect(maps.Keys(l.touched))
	clear(l.touched)
	return seen
}

// SweepAgents notes which agents are there, and returns to the queue the
// conversations of those who were not seen for AgentGrace, and a third of it at
// most; it returns how many. It is to be called several times within a sixth of it.
// A node that has just started first lets its agents come back.
func (s *Service) SweepAgents(ctx context.Context) (int, error) {
	now, every := s.now(), s.AgentGrace/leaseParts
	var live []string
	if s.Agents != nil {
		live = s.Agents()
	}
	if seen := s.leases.due(now, every, live); len(seen) > 0 {
		if err := s.Store.SeenAgents(ctx, seen, now); err != nil {
			s.leases.again(seen)
			return 0, err
		}
	}
	if now.Sub(s.leases.began) < s.AgentGrace {
		return 0, nil
	}
	const most = 100
	lost, err := s.Store.Deserted(ctx, now.Add(-s.AgentGrace-2*every), most) // signs are noted up to that late
	if err != nil {
		return 0, err
	}
	n := 0
	for _, c := range lost {
		out, err := s.changeConversation(ctx, c.Room, func(st State, eff *Effects) error {
			if st.Conversation.State == Assigned && st.Conversation.Agent == c.Agent {
				turn(st, eff, Waiting, "", now)
			}
			return nil
		})
		switch {
		case CodeOf(err) == CodeNotFound: // erased meanwhile
		case err != nil:
			return n, err
		case out.Room.OwnerEpoch != out.Before.Room.OwnerEpoch:
			n++
		}
	}
	return n, nil
}

// again takes back signs that could not be noted: nobody is looked for before they are.
func (l *leases) again(seen []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.noted = time.Time{}
	for _, id := range seen {
		l.touched[id] = struct{}{}
	}
}
