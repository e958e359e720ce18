package streams

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/llm"
	"parley/test/harness"
)

// ending is one way in which an upstream fails to end a reply, and what is to
// become of it.
type ending struct {
	name, text, status string
	script             llm.Script
}

// endings has none that is complete. What takes a minute, the silence, is of the
// long form.
func endings() []ending {
	some := llm.Tokens("So ", "far ", "👋🏽")
	partly := func(name string, more ...llm.Step) ending {
		return ending{name, "So far 👋🏽", "interrupted", llm.Steps(append(slices.Clone(some), more...)...)}
	}
	nothing := func(name string, s llm.Script) ending { return ending{name, "", "failed", s} }
	all := []ending{
		partly("the connection breaks", llm.Break()),
		partly("the body ends"),
		partly("an event is cut off", llm.Raw(`data: {"choices":[{"index":0,"delta":{"content":"more`)),
		partly("an error object", llm.Data(`{"error":{"message":"overloaded","type":"server_error"}}`)),
		partly("an error object and [DONE]", llm.Data(`{"error":{"message":"overloaded"}}`), llm.Done()),
		nothing("the connection breaks at once", llm.Steps(llm.Role(), llm.Break())),
		nothing("the body is empty", llm.Steps()),
		nothing("an error object at once", llm.Steps(llm.Data(`{"error":{"message":"overloaded"}}`))),
		nothing("refused", llm.Error(401, "no such key")),
		nothing("it is broken", llm.Error(500, "oops")),
		nothing("a web page", llm.Script{Header: map[string]string{"Content-Type": "text/html"}, Steps: []llm.Step{llm.Raw("<h1>Hi</h1>")}}),
	}
	if harness.Long() {
		all = append(all, partly("silence", llm.Stall()), nothing("silence at once", llm.Hang()))
	}
	return all
}

// outcome is what a client was shown of a reply.
type outcome struct{ id, text, status, room string }

// However an upstream ends without saying that this is the end, the reply is never
// `complete`: not on the wire of any door, and not in what is stored.
func TestNeverCompleteWithoutAnEnd(t *testing.T) {
	t.Parallel()
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		h := newHouse(t, env)
		tests := map[string]func(*testing.T){}
		for i, e := range endings() {
			question := fmt.Sprint("ending ", i)
			h.up.answer(question, e.script)
			for door, ask := range map[string]func(*testing.T, string, string) outcome{
				"Socket.IO": h.endsAtPeer, "tokens": h.endsAtPage, "sessions": h.endsAtVisit,
			} {
				tests[e.name+" at "+door] = func(t *testing.T) {
					user := fmt.Sprintf("%s-%d", door, i)
					o := ask(t, user, question)
					stored := replyIn(t, h.history(t, user, o.room), o.id)
					if o.status != e.status || o.text != e.text || stored.Status != e.status || stored.Message != e.text {
						t.Errorf("%+v is shown, %s %q is stored; want %s %q", o, stored.Status, stored.Message, e.status, e.text)
					}
				}
			}
		}
		atOnce(t, tests)
	})
}

// endLimit is how long an ending may take: retries, or the silence of a minute.
func endLimit() time.Duration {
	if harness.Long() {
		return 90 * time.Second
	}
	return harness.Patience
}

func (h *house) endsAtPeer(t *testing.T, user, text string) outcome {
	p := h.Dial(t, user)
	defer p.Close()
	id := question(t, p, "me", text)
	harness.Eventually(t, endLimit(), func() (bool, string) {
		return len(p.Events("stream-end")) > 0, text + " has no end"
	})
	r := answerTo(t, p, id)
	return outcome{r.closed.ID, r.text, r.end.Status, ""}
}

func (h *house) endsAtPage(t *testing.T, user, text string) outcome {
	p := newPage(t, h.URL, user)
	defer p.socket.close()
	p.ask(text)
	harness.Eventually(t, endLimit(), func() (bool, string) {
		return len(p.socket.of("stream-end")) > 0, text + " has no end"
	})
	p.rest()
	if all := kinds(p.socket.all()); !strings.Contains(all, "error stream-end") {
		t.Errorf("no error stands before the end: %s", all)
	}
	r := p.shown[p.latest]
	return outcome{p.latest, r.text, r.status, ""}
}

func (h *house) endsAtVisit(t *testing.T, user, text string) outcome {
	v := h.newVisit(t, h.URL, user)
	defer v.socket.close()
	v.ask(text)
	harness.Eventually(t, endLimit(), func() (bool, string) {
		return len(v.socket.of("response_complete")) > 0, text + " has no end"
	})
	v.until("the end of "+text, func() bool { return len(v.complete) > 0 })
	if len(v.errors) != 1 {
		t.Errorf("errors %v", v.errors)
	}
	f := v.complete[0]
	return outcome{f.SessionReply, f.FullResponse, f.Status, v.room}
}

// kinds are the types of frames, in order.
func kinds(frames []frame) string {
	var b strings.Builder
	for _, f := range frames {
		b.WriteString(f.Type + " ")
	}
	return b.String()
}
