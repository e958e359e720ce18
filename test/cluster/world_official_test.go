package cluster

import (
	"time"

	"parley/test/harness"
)

// takeIn sends requests to a node again.
func (b *balancer) takeIn(node int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.out, node)
}

// officialSaid is an answer of test/js/cluster.js.
type officialSaid struct {
	Did    string
	Errors []string
	Posts  []struct {
		ID  string
		Seq int64
	}
	Longest int                                    // ms without service
	Views   map[string]map[string][]harness.Stored // by user and room
}

// officialUser is a user of it.
type officialUser struct {
	ID         string   `json:"id"`
	Token      string   `json:"token"`
	Rooms      []string `json:"rooms"`
	Transports []string `json:"transports"`
}

// startOfficial has the last of the people connect by the official client, over each
// of its transports, through a balancer without stickiness, and post all the time.
func (w *world) startOfficial() {
	w.front = newBalancer(w.t, w.nodes.Servers)
	transports := [][]string{{"websocket"}, {"polling"}, {"polling", "websocket"}}
	var users []officialUser
	for _, r := range w.rooms {
		for _, u := range r.users {
			if w.client(u) == nil {
				users = append(users, officialUser{u, harness.Token(w.t, u, "user"), []string{r.id}, transports[len(users)%3]})
			}
		}
	}
	w.js = harness.StartNode(w.t, "cluster.js", map[string]any{
		"url": w.front.url(), "users": users, "every": perOfficial.Milliseconds(),
	})
	w.askOfficial("connected")
}

func (w *world) client(user string) *client {
	for _, c := range w.clients {
		if c.user == user {
			return c
		}
	}
	return nil
}

// askOfficial waits for an answer.
func (w *world) askOfficial(what string) officialSaid {
	w.t.Helper()
	w.js.Tell(what)
	var said officialSaid
	w.js.Next(settleWithin, &said)
	for _, e := range said.Errors {
		w.t.Errorf("official client: %s", e)
	}
	return said
}

// restOfficial ends its posting and notes what it was told of its messages.
func (w *world) restOfficial() {
	w.t.Helper()
	said := w.askOfficial("rest")
	for _, p := range said.Posts {
		w.acknowledged(p.ID, p.ID, p.Seq)
	}
	w.officialGap = time.Duration(said.Longest) * time.Millisecond
	w.t.Logf("official clients: %d messages, longest without service %v", len(said.Posts), w.officialGap)
}

// officialSees waits until its users see everything of their rooms, and nothing else.
func (w *world) officialSees(histories map[string][]harness.Stored) {
	w.t.Helper()
	harness.Eventually(w.t, harness.Patience, func() (bool, string) {
		for user, rooms := range w.askOfficial("look").Views {
			for room, messages := range rooms {
				v := newView()
				for _, m := range messages {
					v.messages[m.Seq] = said{m.Seq, m.ID, m.SenderUser, m.Nonce, m.Message, m.Status}
				}
				if wrong := v.equals(histories[room]); wrong != "" {
					return false, user + " " + wrong + " of room " + room
				}
			}
		}
		return true, ""
	})
}
