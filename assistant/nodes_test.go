package assistant_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/assistant"
	"parley/chat"
	"parley/store"
)

// nowhere carries nothing: what the nodes have in common is the store.
type nowhere struct{}

func (nowhere) Publish(chat.Event) {}

// beside is another node over the same database, with a runner of its own.
func (d *desk) beside(t *testing.T, node string) *desk {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{URL: d.url, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	other := &desk{t: t, url: d.url, asked: make(chan *call, 100), news: make(chan struct{}), db: db}
	other.runner = assistant.NewRunner(assistant.Options{Mock: other, Log: slog.New(slog.DiscardHandler)})
	other.Service = chat.NewService(chat.Options{
		Store: db, Bus: other, Elsewhere: nowhere{}, Node: node, Now: time.Now, NewID: uuid.NewString, Assistant: other.runner,
	})
	other.runner.Bind(other.Service)
	t.Cleanup(func() {
		_ = other.runner.Close(context.Background(), 0)
		_ = db.Close(context.Background())
	})
	return other
}

// TestAnotherNodesReply: a question waits as long as another node writes in its
// conversation.
func TestAnotherNodesReply(t *testing.T) {
	d := newDesk(t)
	first := d.say("one")
	c := d.next()
	other := d.beside(t, "b")
	q := other.say("two")
	c.finish(chat.StatusComplete)
	d.answer(first)
	other.next().finish(chat.StatusComplete)
	other.answer(q)
}

// TestQuestionsOnTwoNodes are answered in their order, whichever node was asked.
func TestQuestionsOnTwoNodes(t *testing.T) {
	d := newDesk(t)
	a, b := d.beside(t, "a"), d.beside(t, "b")
	first := a.say("open")
	open := a.next()
	var asked []chat.Message
	var nodes []*desk
	for i, node := range []*desk{b, a, a, b, a, b, b, a} {
		asked, nodes = append(asked, node.say(string(rune('0'+i)))), append(nodes, node)
	}
	open.finish(chat.StatusComplete)
	a.answer(first)
	for i, node := range nodes {
		c := node.next()
		if c.Question != asked[i].Text {
			t.Fatalf("%q is asked when %q is next", c.Question, asked[i].Text)
		}
		for _, other := range []*desk{a, b} { // while it is answered nobody asks
			select {
			case c := <-other.asked:
				t.Fatalf("%q is asked besides", c.Question)
			case <-time.After(20 * time.Millisecond):
			}
		}
		c.finish(chat.StatusComplete)
		node.answer(asked[i])
	}
}

// TestQuestionOfALostNode: an earlier question of which its node gives no sign is not
// waited for long, and not any more once a later one was answered.
func TestQuestionOfALostNode(t *testing.T) {
	d := newDesk(t)
	lost, b := d.beside(t, "lost"), d.beside(t, "b")
	if err := lost.runner.Close(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	// As if it had been asked in the last moment.
	lost.Assistant = nil
	lost.say("unheard")
	begun := time.Now()
	q := b.say("one")
	b.next().finish(chat.StatusComplete)
	b.answer(q)
	if took := time.Since(begun); took < time.Second || took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	begun = time.Now()
	q = b.say("two")
	b.next().finish(chat.StatusComplete)
	b.answer(q)
	if took := time.Since(begun); took > time.Second {
		t.Errorf("it took %v once more", took)
	}
}

// TestQuestionAskedTwice: a question that its asker repeats on another node, which
// could not know it, is answered once.
func TestQuestionAskedTwice(t *testing.T) {
	d := newDesk(t)
	a, b := d.beside(t, "a"), d.beside(t, "b")
	first := a.say("open")
	open := a.next()
	nonce := "n"
	post := func(node *desk) chat.Message {
		r, err := node.Post(t.Context(), ann, chat.Draft{Room: chat.Me, Text: "twice", Type: chat.ContentText, Nonce: &nonce})
		if err != nil {
			t.Fatal(err)
		}
		return r.Message
	}
	q := post(a)
	// B cannot tell that A has it in its queue.
	room, err := b.Store.Room(t.Context(), q.Room)
	if err != nil {
		t.Fatal(err)
	}
	b.runner.Ask(chat.Question{Room: room, Message: q, Asker: ann})
	open.finish(chat.StatusComplete)
	a.answer(first)
	var c *call
	node := a
	select {
	case c = <-a.asked:
	case c = <-b.asked:
		node = b
	case <-time.After(10 * time.Second):
		t.Fatal("nobody is asked")
	}
	c.finish(chat.StatusComplete)
	node.answer(q)
	after := b.say("after")
	if c := b.next(); c.Question != "after" {
		t.Errorf("%q is asked once more", c.Question)
	} else {
		c.finish(chat.StatusComplete)
	}
	b.answer(after)
	select {
	case c := <-a.asked:
		t.Errorf("%q is asked once more", c.Question)
	default:
	}
}
