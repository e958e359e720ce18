package socketio

import (
	"encoding/json"
	"fmt"
	"testing"

	"parley/chat"
)

func decode(data json.RawMessage, v any) { _ = json.Unmarshal(data, v) }

// ends is what the official client keeps to be recovered.
type ends struct {
	Token  string `json:"token"`
	Sid    string `json:"-"`
	Pid    string `json:"pid"`
	Offset string `json:"offset"`
}

// settled connects and returns what the client would come back with.
func (w *world) settled(user string) (*client, ends) {
	w.t.Helper()
	c := w.dial("/chat")
	var e ends
	var ids struct{ Sid, Pid string }
	decode(c.join(map[string]string{"token": user}).data, &ids)
	e.Token, e.Sid, e.Pid, e.Offset = user, ids.Sid, ids.Pid, c.await("ready").offset()
	if e.Pid == "" || e.Offset == "" {
		w.t.Fatalf("cannot be recovered: %+v", e)
	}
	return c, e
}

// back comes back and reports whether the session was recovered.
func (w *world) back(nsp string, e ends) (*client, bool) {
	w.t.Helper()
	c := w.dial(nsp)
	p := c.join(e)
	var ids struct{ Sid, Pid string }
	decode(p.data, &ids)
	if p.kind != '0' || (ids.Pid == e.Pid) != (ids.Sid == e.Sid) {
		w.t.Fatalf("%c %s for %+v", p.kind, p.data, e)
	}
	return c, ids.Pid == e.Pid
}

func (w *world) detached() {
	w.t.Helper()
	eventually(w.t, "the loss to be noticed", func() bool {
		connected, waiting := w.hub.Sessions()
		return connected == 0 && waiting == 1
	})
}

func (w *world) post(user, room, text string) {
	w.t.Helper()
	if _, err := w.chat.Post(w.t.Context(), actor(user), chat.Draft{Room: room, Text: text, Type: chat.ContentText}); err != nil {
		w.t.Fatal(err)
	}
}

// TestRecovery: a client that lost its connection gets what it missed, each once
// and in order, before anything else, as often as that happens.
func TestRecovery(t *testing.T) {
	w := open(t)
	r := w.room("ann", "bob")
	c, e := w.settled("ann")
	n := 0
	for round := range 5 {
		for range 3 {
			w.post("bob", r, fmt.Sprint("seen ", n))
			p := c.await("message")
			if want := fmt.Sprintf(`"seen %d"`, n); string(field(p, "message")) != want {
				t.Fatalf("round %d: got %s, want %s", round, field(p, "message"), want)
			}
			e.Offset = p.offset()
			n++
		}
		c.cut()
		w.detached()
		for i := range 3 {
			w.post("bob", r, fmt.Sprint("missed ", i))
		}
		var ok bool
		if c, ok = w.back("/chat", e); !ok {
			t.Fatalf("round %d: not recovered", round)
		}
		for i := range 3 {
			p := c.next()
			if want := fmt.Sprintf(`"missed %d"`, i); p.name() != "message" || string(field(p, "message")) != want {
				t.Fatalf("round %d: got %s, want %s", round, p.data, want)
			}
			e.Offset = p.offset()
		}
	}
	// It is still a full member.
	if ack := c.call("message", fmt.Sprintf(`%q,"back"`, r)); code(ack) != "" {
		t.Errorf("%s", ack)
	}
	c.await("message")
}

func field(p frame, name string) json.RawMessage {
	var body map[string]json.RawMessage
	if args := p.args(); len(args) > 1 {
		decode(args[1], &body)
	}
	return body[name]
}

// TestNotRecovered has every reason to begin anew: `ready` comes then, and the
// client is a member like any other.
func TestNotRecovered(t *testing.T) {
	for name, spoil := range map[string]func(w *world, c *client, e *ends) (nsp string){
		"another user":          func(_ *world, c *client, e *ends) string { c.cut(); e.Token = "bob"; return "" },
		"another namespace":     func(_ *world, c *client, _ *ends) string { c.cut(); return "/chat/" },
		"an unknown pid":        func(_ *world, c *client, e *ends) string { c.cut(); e.Pid = "guess"; return "" },
		"an unknown offset":     func(_ *world, c *client, e *ends) string { c.cut(); e.Offset += "zz"; return "" },
		"another node's offset": func(_ *world, c *client, e *ends) string { c.cut(); e.Offset = "x.1"; return "" },
		"no offset":             func(_ *world, c *client, e *ends) string { c.cut(); e.Offset = ""; return "" },
		"a goodbye":             func(_ *world, c *client, _ *ends) string { c.send("1/chat,"); return "" },
		"blocked meanwhile": func(w *world, c *client, _ *ends) string {
			c.cut()
			w.detached()
			w.hub.Publish(chat.Event{Kind: chat.EventUserRevoked, User: "ann", Blocked: true})
			return ""
		},
		"still connected": func(_ *world, _ *client, _ *ends) string { return "connected" },
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			r := w.room("ann", "bob")
			c, e := w.settled("ann")
			nsp := spoil(w, c, &e)
			switch {
			case nsp == "connected":
			case name == "a goodbye":
				eventually(t, "the session to be gone", func() bool {
					connected, waiting := w.hub.Sessions()
					return connected+waiting == 0
				})
			default:
				eventually(t, "the loss to be noticed", func() bool { n, _ := w.hub.Sessions(); return n == 0 })
			}
			if nsp != "/chat/" {
				nsp = "/chat"
			}
			back, ok := w.back(nsp, e)
			if ok {
				t.Fatal("recovered")
			}
			if p := back.next(); p.name() != "ready" {
				t.Errorf("the first event is %s", p.data)
			}
			w.post("bob", r, "x")
			back.await("message")
		})
	}
}

// TestMembershipWhileAway: who is removed while away and comes back gets what
// was before the removal, the removal, and nothing after it.
func TestMembershipWhileAway(t *testing.T) {
	w := open(t)
	r := w.room("bob", "ann")
	c, e := w.settled("ann")
	c.cut()
	w.detached()
	w.post("bob", r, "before")
	if err := w.chat.RemoveUsers(t.Context(), actor("bob"), r, []string{"ann"}); err != nil {
		t.Fatal(err)
	}
	w.post("bob", r, "after")
	c, ok := w.back("/chat", e)
	if !ok {
		t.Fatal("not recovered")
	}
	var names []string
	for _, p := range c.settle() {
		names = append(names, p.name())
	}
	if fmt.Sprint(names) != "[message room-left]" {
		t.Errorf("got %v", names)
	}
}

// TestRetriedNonce is shown to the socket that retried alone, without an offset:
// it is no part of what is recovered.
func TestRetriedNonce(t *testing.T) {
	w := open(t)
	r := w.room("ann", "bob")
	one, two, bob := w.connect("ann"), w.connect("ann"), w.connect("bob")
	one.settle() // of bob's connecting
	two.settle()
	args := fmt.Sprintf(`%q,{"contentType":"text","content":"x","nonce":"n"}`, r)
	first := string(one.call("message", args))
	for _, c := range []*client{one, two, bob} {
		if got := c.settle(); len(got) != 1 || got[0].offset() == "" {
			t.Fatalf("the first time came %v", got)
		}
	}
	if again := string(one.call("message", args)); again != first {
		t.Errorf("the retry's ack is %s, the first was %s", again, first)
	}
	got := one.settle()
	if len(got) != 1 || got[0].name() != "message" || got[0].offset() != "" || string(field(got[0], "nonce")) != `"n"` {
		t.Errorf("the retry brought %v", got)
	}
	for _, c := range []*client{two, bob} {
		if got := c.settle(); len(got) != 0 {
			t.Errorf("the retry brought others %s", got[0].data)
		}
	}
	// The message may be gone by then: that is told in its place.
	var id struct{ MessageID string }
	decode(json.RawMessage(first), &id)
	one.call("delete", fmt.Sprintf("%q", id.MessageID))
	one.settle()
	one.call("message", args)
	if got := one.settle(); len(got) != 1 || got[0].name() != "message-deleted" {
		t.Errorf("a deleted message's retry brought %v", got)
	}
}
