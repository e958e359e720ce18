package streams

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/internal/llm"
	"parley/test/harness"
)

const (
	// fillers are the replies that go before, until the kernel's buffers are full:
	// each is fillerText, which is six times as long as JSON.
	fillers = 3
	// The measured reply: 200 tokens a second, of more than a hundred bytes.
	fastTokens = 400
	fastPace   = 5 * time.Millisecond
	// slowOutbox is what a client may be behind here, in bytes.
	slowOutbox = 16 << 20
	// mostHeap is by how much the slow clients may let the server grow: by their
	// three outboxes, and as much again for what is not collected yet.
	mostHeap = 6 * slowOutbox
)

// fillerTokens are control characters, which JSON escapes.
func fillerTokens() []string {
	tokens := make([]string, 10)
	for i := range tokens {
		tokens[i] = strings.Repeat("\x01", 6000)
	}
	return tokens
}

// stamped says many tokens, each with the time at which it was sent.
func stamped(n int, every time.Duration) llm.Script {
	pad := strings.Repeat("pad", 33)
	step := func(s *llm.Stream) error {
		if err := s.Wait(every); err != nil {
			return err
		}
		return s.Raw(fmt.Sprintf(`data: {"choices":[{"index":0,"delta":{"content":"%d %s\n"},"finish_reason":null}]}`+"\n\n", time.Now().UnixNano(), pad))
	}
	steps := []llm.Step{llm.Role()}
	for range n {
		steps = append(steps, step)
	}
	return llm.Steps(append(steps, llm.Finish("stop"), llm.Done())...)
}

// A client that reads slowly gets a fast reply in fewer, larger pieces, without a
// gap, and in the end whole; it costs others no time, and the server no more
// memory than its outbox.
func TestSlowReaderOfAStream(t *testing.T) {
	ops := harness.FreeAddr(t)
	h := newHouse(t, "PARLEY_OPS_ADDR="+ops, fmt.Sprint("PARLEY_LIMIT_OUTBOX=", slowOutbox))
	harness.Eventually(t, harness.Patience, func() (bool, string) {
		return strings.Contains(h.Log(), "parley serves"), "no metrics are served yet"
	})
	base := heap(t, ops)
	peer, near, far := h.Dial(t, "alice"), newPage(t, h.URL, "alice"), newPage(t, h.URL, "bob")
	all, room := h.dawdlers(t)
	h.fill(t, peer, "me", room)
	h.up.answer("quickly", stamped(fastTokens, fastPace))
	var asked []string
	for _, room := range []string{"me", room} {
		asked = append(asked, question(t, peer, room, "quickly"))
	}
	far.ask("quickly")
	begun := near.latest
	near.until("a half", func() bool {
		return near.latest != begun && strings.Count(near.shown[near.latest].text, "\n") >= fastTokens/2
	})
	grown := heap(t, ops) - base
	for _, d := range all {
		close(d.hurry)
	}
	replies := []streamed{answerTo(t, peer, asked[0]), answerTo(t, peer, asked[1])}
	far.until("the reply", func() bool { return far.closed(far.latest) })
	near.until("the reply", func() bool { return near.closed(near.latest) })
	all[0].whole(t, replies[0])
	all[0].whole(t, replies[1])
	all[1].whole(t, replies[0])
	all[2].whole(t, replies[1])
	prompt(t, "of the same conversation", near)
	prompt(t, "of another", far)
	t.Logf("the heap grew by %.1f MB", grown/1e6)
	if grown > mostHeap {
		t.Errorf("the heap grew by %.0f bytes, want at most %d", grown, mostHeap)
	}
}

// fill has replies written that fill the buffers on the way to who does not read.
func (h *house) fill(t *testing.T, p *harness.Peer, rooms ...string) {
	t.Helper()
	for i := range fillers {
		for _, room := range rooms {
			q := fmt.Sprintf("filler %d in %s", i, room)
			h.up.answer(q, llm.Reply(fillerTokens()...))
			answerTo(t, p, question(t, p, room, q))
		}
	}
}

func heap(t *testing.T, ops string) float64 {
	t.Helper()
	return harness.Metric(t, ops, "go_memstats_heap_inuse_bytes")
}

// prompt holds that a client that reads was not kept waiting by those who do not:
// how long its tokens took from the upstream.
func prompt(t *testing.T, who string, p *page) {
	t.Helper()
	var took []time.Duration
	for _, f := range p.socket.of("stream-token") {
		if f.MessageID != p.latest {
			continue
		}
		digits, _, _ := strings.Cut(f.Token, " ")
		ns, _ := strconv.ParseInt(digits, 10, 64)
		took = append(took, f.At.Sub(time.Unix(0, ns)))
	}
	mid, worst := median(took)
	t.Logf("tokens of a client %s took %v, at worst %v", who, mid, worst)
	if mid > judged(100*time.Millisecond) {
		t.Errorf("tokens of a client %s took %v", who, mid)
	}
}
