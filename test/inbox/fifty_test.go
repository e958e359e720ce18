package inbox

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"parley/test/harness"
)

// Of fifty agents who take a conversation at the same moment one has it, and the
// others are told so.
func TestFiftyAgents(t *testing.T) {
	t.Parallel()
	fiftyAgents(t, onBoth(t))
}

// The same with the agents on three nodes.
func TestFiftyAgentsAcrossNodes(t *testing.T) {
	t.Parallel()
	fiftyAgents(t, newNodes(t, 3))
}

func fiftyAgents(t *testing.T, houses []*house) {
	t.Helper()
	const agents = 50
	tokens := make([]string, agents)
	for i := range tokens {
		tokens[i] = agentsToken(t, fmt.Sprintf("agent-%d", i))
	}
	for round := range harness.Sized(6, 60) {
		h, posts := houses[round%len(houses)], round/len(houses)%2 == 1
		key, _ := h.begin(t, "Cy", "Hello")
		winner, codes := -1, map[int]int{}
		for i, a := range h.atOnce(t, tokens, key, posts) {
			if codes[a.Code]++; a.Code == http.StatusOK {
				winner = i
			}
		}
		if codes[http.StatusOK] != 1 || codes[http.StatusConflict] != agents-1 {
			t.Fatalf("round %d: answered %v", round, codes)
		}
		item := h.item(t, tokens[0], key)
		if item.State != "assigned" || item.agent() != fmt.Sprintf("agent-%d", winner) {
			t.Errorf("round %d: %s, with %s, and agent %d won", round, item.State, item.agent(), winner)
		}
		said := h.call(t, http.MethodGet, messagesPath+key+"/", tokens[winner], nil).Items
		if want := map[bool]int{false: 1, true: 2}[posts]; len(said) != want {
			t.Errorf("round %d: %d messages, want %d", round, len(said), want)
		}
		if posts && (len(said) != 2 || said[1].Content != fmt.Sprintf("I am %d", winner) || said[1].Author != "AGE") {
			t.Errorf("round %d: %v was said, and agent %d won", round, said, winner)
		}
		h.heldStill(t, tokens[winner], key)
	}
}

// atOnce has all agents take the conversation.
func (h *house) atOnce(t *testing.T, tokens []string, key string, posts bool) []answer {
	t.Helper()
	answers := make([]answer, len(tokens))
	gate := make(chan struct{})
	var all sync.WaitGroup
	for i, token := range tokens {
		all.Go(func() {
			path, body := inboxPath+key+"/claim", map[string]any{}
			if posts {
				path, body = messagesPath, map[string]any{"conversation": key, "content": fmt.Sprintf("I am %d", i)}
			}
			<-gate
			var err error
			if answers[i], err = h.next(i).try(t.Context(), http.MethodPost, path, token, body); err != nil {
				t.Error(err)
			}
		})
	}
	close(gate)
	all.Wait()
	return answers
}

// heldStill holds that a holder's own claim changes nothing.
func (h *house) heldStill(t *testing.T, token, key string) {
	t.Helper()
	before := h.item(t, token, key)
	after := h.turn(t, token, key, "claim")
	if after.agent() != before.agent() || after.State != before.State || after.Updated != before.Updated {
		t.Errorf("the holder's own claim changed %+v to %+v", before, after.entry)
	}
}
