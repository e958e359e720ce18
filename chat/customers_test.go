package chat_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chat"
)

// The agents of the tests.
var (
	eve = chat.Actor{ID: "eve", Name: "Eve", Role: chat.RoleAgent}
	fay = chat.Actor{ID: "fay", Name: "Fay", Role: chat.RoleAgent}
)

// newDesk is a world with agents and, if bot is set, a bot for customers.
func newDesk(t *testing.T, bot bool, change ...func(*chat.Options)) (*world, *listener) {
	t.Helper()
	w, l := newTalk(t, append([]func(*chat.Options){func(o *chat.Options) {
		if bot {
			o.CustomerBot = chat.DefaultChatbot
		}
	}}, change...)...)
	w.ok(w.db.EnsureUsers(w.ctx(), []chat.User{
		{ID: eve.ID, Name: eve.Name, Role: eve.Role, CreatedAt: begin}, {ID: fay.ID, Name: fay.Name, Role: fay.Role, CreatedAt: begin},
	}))
	return w, l
}

// writes posts for a customer without a token, and returns the answer.
func (w *world) writes(key, text string) chat.CustomerPosted {
	w.t.Helper()
	p, err := w.PostCustomer(w.ctx(), nil, chat.CustomerPost{Key: key, Text: text})
	w.ok(err)
	return p
}

// begins is a new customer's conversation.
func (w *world) begins(text string) chat.CustomerPosted {
	w.t.Helper()
	p := w.writes("", text)
	w.bus.take()
	return p
}

func said(p chat.Polled) []string {
	return column(p.Messages, func(m chat.Message) string { return p.Author(m) + " " + m.Text })
}

func TestCustomerPolls(t *testing.T) {
	w, _ := newDesk(t, false)
	first, err := w.PostCustomer(w.ctx(), nil, chat.CustomerPost{
		Key: "3fa85f64-5717-4562-b3fc-2c963f66afa6", Contact: chat.Contact{Name: ptr("Cy"), Email: ptr("cy@x")}, Text: "Hello",
	})
	w.ok(err)
	if first.Key == "" || first.Key == "3fa85f64-5717-4562-b3fc-2c963f66afa6" || first.Key == first.Room {
		t.Errorf("key %q, room %q", first.Key, first.Room)
	}
	equal(t, "state", first.State, chat.Waiting)
	equal(t, "place", first.Position, 1)
	equal(t, "the customer is a guest", first.Customer.Role, chat.RoleGuest)
	same(t, "answer", said(first.Polled), []string{"CUS Hello"})

	second := w.writes(first.Key, "anyone?")
	equal(t, "no second conversation", second.Room, first.Room)
	if second.Customer != nil {
		t.Error("a guest of a conversation that was there")
	}
	agents, err := w.PostCustomer(w.ctx(), &eve, chat.CustomerPost{Key: first.Key, Text: "Hi, I am Eve", Since: 2})
	w.ok(err)
	same(t, "the agent's answer", said(agents.Polled), []string{"AGE Hi, I am Eve"})
	equal(t, "claimed", agents.State, chat.Assigned)
	equal(t, "by", agents.Agent, "eve")
	polled, err := w.Poll(w.ctx(), nil, first.Key, chat.PollQuery{Since: 1})
	w.ok(err)
	same(t, "poll", said(polled), []string{"CUS anyone?", "AGE Hi, I am Eve"})

	_, err = w.PostCustomer(w.ctx(), &fay, chat.CustomerPost{Key: first.Key, Text: "me too"})
	if !errors.Is(err, chat.ErrAssigned) {
		t.Errorf("another agent's post: %v", err)
	}
	for _, key := range []string{"", "unknown", strings.Repeat("x", 300), "\xff"} {
		_, err = w.PostCustomer(w.ctx(), &eve, chat.CustomerPost{Key: key, Text: "x"})
		check(t, err, chat.CodeNotFound, "")
		_, err = w.Poll(w.ctx(), nil, key, chat.PollQuery{})
		check(t, err, chat.CodeNotFound, "")
	}
	// The customer at another door sees one history.
	ms, _, err := w.History(w.ctx(), chat.Actor{ID: first.Customer.ID, Role: chat.RoleGuest}, first.Room, 0, 0, 10)
	w.ok(err)
	same(t, "over Socket.IO", texts(ms), []string{"Hello", "anyone?", "Hi, I am Eve"})
	_, err = w.Post(w.ctx(), eve, says(first.Room, "and from my socket"))
	w.ok(err)
	_, err = w.Post(w.ctx(), fay, says(first.Room, "x"))
	check(t, err, chat.CodeNotFound, "")
}

func TestFirstPostIsRetried(t *testing.T) {
	w, _ := newDesk(t, false)
	asked := 0
	post := func(nonce string) (chat.CustomerPosted, error) {
		return w.PostCustomer(w.ctx(), nil, chat.CustomerPost{Text: "Hello", Nonce: &nonce, New: func() error { asked++; return nil }})
	}
	const nonce = "0123456789abcdef"
	a, err := post(nonce)
	w.ok(err)
	b, err := post(nonce)
	w.ok(err)
	equal(t, "one conversation", b.Key, a.Key)
	equal(t, "one customer", b.Customer.ID, a.Customer.ID)
	equal(t, "one message", len(b.Messages), 1)
	equal(t, "asked once whether there may be one", asked, 1)
	if got := b.Messages[0].Nonce; got == nonce {
		t.Error("agents are shown what makes a caller the customer")
	}
	short, err := post("0123456789abcde")
	w.ok(err)
	again, err := post("0123456789abcde")
	w.ok(err)
	if short.Key == again.Key {
		t.Error("a short nonce names a conversation")
	}
	stale, err := w.PostCustomer(w.ctx(), nil, chat.CustomerPost{Key: "forgotten", Text: "Hello", Since: 7})
	w.ok(err)
	equal(t, "what was known of another conversation", len(stale.Messages), 1)
	user, err := w.PostCustomer(w.ctx(), &ann, chat.CustomerPost{Text: "Hello", Nonce: ptr(nonce)})
	w.ok(err)
	if user.Key == a.Key {
		t.Error("a user came into a guest's conversation by a nonce")
	}

	var wg sync.WaitGroup
	keys := make([]string, 8)
	for i := range keys {
		wg.Go(func() {
			p, err := w.PostCustomer(context.Background(), nil, chat.CustomerPost{Text: "at once", Nonce: ptr("at once at once at once")})
			if err != nil {
				t.Error(err)
				return
			}
			keys[i] = p.Key
			if len(p.Messages) != 1 {
				t.Errorf("%d messages", len(p.Messages))
			}
		})
	}
	wg.Wait()
	for _, k := range keys {
		equal(t, "one conversation at once", k, keys[0])
	}
	refused := chat.RateLimited(time.Second)
	_, err = w.PostCustomer(w.ctx(), nil, chat.CustomerPost{Text: "x", New: func() error { return refused }})
	check(t, err, chat.CodeRateLimited, "")
	for _, p := range []chat.CustomerPost{{Text: ""}, {Text: "x", Nonce: ptr("")}, {Text: "x", Contact: chat.Contact{Name: ptr(strings.Repeat("n", 201))}}} {
		_, err = w.PostCustomer(w.ctx(), nil, p)
		check(t, err, chat.CodeInvalid, "")
	}
}

func TestCustomerSignsIn(t *testing.T) {
	w, _ := newDesk(t, false)
	p := w.begins("Hello")
	_, err := w.PostCustomer(w.ctx(), &ann, chat.CustomerPost{Key: p.Key, Text: "it is me, ann"})
	w.ok(err)
	_, err = w.PostCustomer(w.ctx(), &bob, chat.CustomerPost{Key: p.Key, Text: "bob holds the key as well"})
	w.ok(err)
	v, err := w.InboxItem(w.ctx(), eve, p.Key)
	w.ok(err)
	equal(t, "the first user", v.User, "ann")
	equal(t, "member", w.member(p.Room, "ann").Active(), true)
	equal(t, "no member", w.member(p.Room, "bob").Active(), false)
	_, err = w.Post(w.ctx(), ann, says(p.Room, "from my socket"))
	w.ok(err)
	polled, err := w.Poll(w.ctx(), nil, p.Key, chat.PollQuery{})
	w.ok(err)
	same(t, "all the customer's", said(polled), []string{
		"CUS Hello", "CUS it is me, ann", "CUS bob holds the key as well", "CUS from my socket",
	})
	own, err := w.PostCustomer(w.ctx(), &bob, chat.CustomerPost{Text: "mine"})
	w.ok(err)
	equal(t, "a user's own", own.User, "bob")
	equal(t, "as themselves", own.Creator, "bob")
	if own.Customer != nil {
		t.Error("a guest for a user")
	}
}

// TestWaitingPollAsksNothing: a wait ends with the message, and costs no query meanwhile.
func TestWaitingPollAsksNothing(t *testing.T) {
	news := make(chan struct{}, 1)
	counted := &counting{}
	w, _ := newDesk(t, false, func(o *chat.Options) {
		counted.Store, o.Store = o.Store, counted
		o.Watch = func(string, int64) (<-chan struct{}, func()) { return news, func() {} }
	})
	p := w.begins("Hello")
	counted.polls.Store(0)
	_, err := w.Poll(w.ctx(), nil, p.Key, chat.PollQuery{})
	w.ok(err)
	equal(t, "a poll", counted.polls.Load(), 1)
	for name, wait := range map[string]func() (chat.Polled, error){
		"until it is over": func() (chat.Polled, error) {
			return w.Poll(w.ctx(), nil, p.Key, chat.PollQuery{Since: 1, Wait: 20 * time.Millisecond})
		},
		"until a drain": func() (chat.Polled, error) {
			done := make(chan struct{})
			close(done)
			return w.Poll(w.ctx(), nil, p.Key, chat.PollQuery{Since: 1, Wait: time.Minute, Done: done})
		},
	} {
		counted.polls.Store(0)
		polled, err := wait()
		w.ok(err)
		equal(t, name+": messages", len(polled.Messages), 0)
		equal(t, name+": looks", counted.polls.Load(), 2)
	}
	counted.polls.Store(0)
	counted.at = func(n int64) {
		if n == 2 { // while it waits
			go func() {
				w.writes(p.Key, "news")
				news <- struct{}{}
			}()
		}
	}
	polled, err := w.Poll(w.ctx(), nil, p.Key, chat.PollQuery{Since: 1, Wait: time.Minute})
	w.ok(err)
	same(t, "news", said(polled), []string{"CUS news"})
	counted.at = func(n int64) {
		if n == 2 {
			go func() {
				_, err := w.Claim(context.Background(), eve, p.Key)
				if err != nil {
					t.Error(err)
				}
				news <- struct{}{}
			}()
		}
	}
	counted.polls.Store(0)
	polled, err = w.Poll(w.ctx(), nil, p.Key, chat.PollQuery{Since: 2, Wait: time.Minute})
	w.ok(err)
	equal(t, "another state ends a wait", polled.State, chat.Assigned)
	counted.at = nil
	counted.polls.Store(0)
	polled, err = w.Poll(w.ctx(), nil, p.Key, chat.PollQuery{Since: 2, Wait: time.Minute, State: chat.Waiting})
	w.ok(err)
	equal(t, "what happened between two polls is news", polled.State, chat.Assigned)
	equal(t, "at one look", counted.polls.Load(), 1)
	ctx, cancel := context.WithCancel(w.ctx())
	counted.at = func(n int64) { cancel() }
	_, err = w.Poll(ctx, nil, p.Key, chat.PollQuery{Since: 2, Wait: time.Minute})
	if err == nil {
		t.Error("a client that is gone was answered")
	}
}

// TestKeysOfOthersAreAgentsAlone: the key of a user's own conversation opens nothing
// for who is no agent.
func TestKeysOfOthersAreAgentsAlone(t *testing.T) {
	w, _ := newDesk(t, false)
	w.post(ann, chat.Me, "help")
	_, err := w.Escalate(w.ctx(), ann, "", "I am stuck")
	w.ok(err)
	list, n, err := w.Inbox(w.ctx(), eve, chat.ConversationQuery{State: chat.Waiting})
	w.ok(err)
	equal(t, "in the inbox", n, 1)
	v := list[0]
	equal(t, "reason", v.Reason, "I am stuck")
	equal(t, "kind", v.Kind, chat.KindAssistant)
	equal(t, "user", v.User, "ann")
	_, err = w.Poll(w.ctx(), nil, v.Key, chat.PollQuery{})
	check(t, err, chat.CodeNotFound, "")
	polled, err := w.Poll(w.ctx(), &eve, v.Key, chat.PollQuery{})
	w.ok(err)
	same(t, "an agent reads it", said(polled), []string{"CUS help"})
	p, err := w.PostCustomer(w.ctx(), nil, chat.CustomerPost{Key: v.Key, Text: "as if I were ann"})
	w.ok(err)
	if p.Room == v.Room {
		t.Error("a stranger spoke as ann")
	}
	_, err = w.EscalateCustomer(w.ctx(), v.Key, "")
	check(t, err, chat.CodeNotFound, "")
	for _, a := range []chat.Actor{ann, gil} {
		_, _, err = w.Inbox(w.ctx(), a, chat.ConversationQuery{})
		check(t, err, chat.CodeForbidden, "")
		_, err = w.Claim(w.ctx(), a, v.Key)
		check(t, err, chat.CodeForbidden, "")
	}
}
