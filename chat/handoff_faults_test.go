package chat_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"parley/chat"
)

// TestWaitBeginsWithTheWait: a claim where nobody was waiting begins the wait.
func TestWaitBeginsWithTheWait(t *testing.T) {
	w, l := newDesk(t, true)
	p, _ := w.asks(l, "what?")
	_, err := w.Claim(w.ctx(), eve, p.Key)
	w.ok(err)
	v, err := w.Release(w.ctx(), eve, p.Key)
	w.ok(err)
	if waited := v.Waited(w.Now()); waited > time.Hour {
		t.Errorf("waits for %v, since %v", waited, v.WaitingSince)
	}
}

// TestOldWaitIsOver: who was served does not wait any more.
func TestOldWaitIsOver(t *testing.T) {
	var now atomic.Int64
	w, _ := newDesk(t, false, func(o *chat.Options) {
		o.Now = func() time.Time { return begin.Add(time.Duration(now.Load())) }
	})
	p := w.begins("Hello")
	_, err := w.Claim(w.ctx(), eve, p.Key)
	w.ok(err)
	_, err = w.Resolve(w.ctx(), eve, p.Key)
	w.ok(err)
	now.Add(int64(240 * time.Hour))
	q := w.begins("I wait for an hour")
	now.Add(int64(time.Hour))
	_, err = w.Claim(w.ctx(), eve, p.Key) // nobody waits there
	w.ok(err)
	v, err := w.Release(w.ctx(), eve, p.Key)
	w.ok(err)
	if waited := v.Waited(w.Now()); waited > time.Hour {
		t.Errorf("waits for %v", waited)
	}
	o, err := w.InboxItem(w.ctx(), eve, q.Key)
	w.ok(err)
	equal(t, "who waits for an hour is first", o.Position, 1)
}

// TestNamingNonceLater: the first post may be repeated with its conversation, and agents never see its nonce.
func TestNamingNonceLater(t *testing.T) {
	w, _ := newDesk(t, false)
	n := "0123456789abcdef"
	a, err := w.PostCustomer(w.ctx(), nil, chat.CustomerPost{Text: "Hello", Nonce: &n})
	w.ok(err)
	b, err := w.PostCustomer(w.ctx(), nil, chat.CustomerPost{Key: a.Key, Text: "Hello", Nonce: &n})
	w.ok(err)
	equal(t, "messages of one nonce", len(b.Messages), 1)
	for _, m := range b.Messages {
		if m.Nonce == n {
			t.Error("the naming nonce is shown")
		}
	}
	ms, _, err := w.db.Messages(w.ctx(), chat.MessageQuery{Room: a.Room, Page: chat.Page{Limit: 10}}, false)
	w.ok(err)
	for _, m := range ms {
		if m.Nonce == n {
			t.Error("the naming nonce is shown to agents")
		}
	}
}

// outage is a store whose SeenAgents fails at times.
type outage struct {
	chat.Store
	down *atomic.Bool
}

func (f outage) SeenAgents(ctx context.Context, ids []string, at time.Time) error {
	if f.down.Load() {
		return errTest
	}
	return f.Store.SeenAgents(ctx, ids, at)
}

func (f outage) Deserted(ctx context.Context, at time.Time, n int) ([]chat.Conversation, error) {
	if f.down.Load() {
		return nil, errTest
	}
	return f.Store.Deserted(ctx, at, n)
}

// TestLeaseOutage: while signs cannot be noted, nobody is taken for gone.
func TestLeaseOutage(t *testing.T) {
	var now atomic.Int64
	var down atomic.Bool
	w, _ := newDesk(t, false, func(o *chat.Options) {
		o.AgentGrace = time.Minute
		o.Now = func() time.Time { return begin.Add(time.Duration(now.Load())) }
		o.Agents = func() []string { return []string{"eve"} }
		o.Store = outage{Store: o.Store, down: &down}
	})
	p := w.begins("Hello")
	_, err := w.Claim(w.ctx(), eve, p.Key)
	w.ok(err)
	lost := 0
	sweep := func() {
		n, err := w.SweepAgents(w.ctx())
		if err != nil && !down.Load() {
			t.Fatal(err)
		}
		lost += n
		now.Add(int64(time.Second))
	}
	for range 100 {
		sweep()
	}
	down.Store(true)
	for range 85 {
		sweep()
	}
	down.Store(false)
	for range 20 {
		sweep()
	}
	equal(t, "lost by an agent who is connected all the time", lost, 0)
}

// TestAgentsOwnResolved: whose post claims a conversation has it, the customer too.
func TestAgentsOwnResolved(t *testing.T) {
	w, _ := newDesk(t, false)
	w.post(eve, chat.Me, "help me")
	_, err := w.Escalate(w.ctx(), eve, "", "")
	w.ok(err)
	list, _, err := w.Inbox(w.ctx(), eve, chat.ConversationQuery{})
	w.ok(err)
	_, err = w.Resolve(w.ctx(), eve, list[0].Key)
	w.ok(err)
	v, err := w.PostCustomer(w.ctx(), &eve, chat.CustomerPost{Key: list[0].Key, Text: "x"})
	w.ok(err)
	equal(t, "state", v.State, chat.Assigned)
}

// between calls a hook in front of every command.
type between struct {
	chat.Store
	hook *atomic.Pointer[func()]
}

func (b between) Submit(cmd chat.Command, done func(chat.Outcome, error)) {
	if f := b.hook.Load(); f != nil {
		(*f)()
	}
	b.Store.Submit(cmd, done)
}

// TestErasedBesideAClaim: nobody is left in a user's room who came in meanwhile.
func TestErasedBesideAClaim(t *testing.T) {
	var hook atomic.Pointer[func()]
	w, _ := newDesk(t, false, func(o *chat.Options) { o.Store = between{Store: o.Store, hook: &hook} })
	w.post(ann, chat.Me, "private")
	_, err := w.Escalate(w.ctx(), ann, "", "why")
	w.ok(err)
	list, _, err := w.Inbox(w.ctx(), eve, chat.ConversationQuery{})
	w.ok(err)
	n := 0
	f := func() {
		n++
		if n != 2 { // 1: resolved; 2: erased
			return
		}
		hook.Store(nil)
		_, err := w.Claim(w.ctx(), fay, list[0].Key)
		w.ok(err)
	}
	hook.Store(&f)
	w.ok(w.EraseConversation(w.ctx(), eve, list[0].Key))
	w.post(ann, chat.Me, "my own assistant, my own secret")
	equal(t, "fay takes part in ann's own room", w.member(chat.ConversationOf("ann"), "fay").Active(), false)
}
