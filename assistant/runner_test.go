package assistant_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/assistant"
	"parley/chat"
	"parley/internal/testenv"
	"parley/store"
)

var ann = chat.Actor{ID: "ann", Name: "Ann", Role: chat.RoleUser}

// desk is a runner over real use cases, with a backend that the test is.
type desk struct {
	*chat.Service
	t      *testing.T
	url    string
	runner *assistant.Runner
	db     *store.Store
	asked  chan *call

	mu     sync.Mutex
	events []chat.Event
	news   chan struct{}
}

// call is one request to the backend, which the test answers.
type call struct {
	assistant.Request
	ctx  context.Context
	emit func(string) error
	end  chan assistant.Ending
}

func (d *desk) Publish(e chat.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, e)
	close(d.news)
	d.news = make(chan struct{})
}

// Stream implements assistant.Backend.
func (d *desk) Stream(ctx context.Context, r assistant.Request, emit func(string) error) (assistant.Ending, error) {
	c := &call{Request: r, ctx: ctx, emit: emit, end: make(chan assistant.Ending, 1)}
	select {
	case d.asked <- c:
	case <-ctx.Done():
		return assistant.Ending{Status: chat.StatusCancelled}, nil
	}
	select {
	case e := <-c.end:
		if e.Status != chat.StatusComplete {
			return e, errors.New("the test says so")
		}
		return e, nil
	case <-ctx.Done():
		return assistant.Ending{Status: chat.StatusCancelled}, nil
	}
}

func (c *call) finish(s chat.Status) { c.end <- assistant.Ending{Status: s} }

func newDesk(t *testing.T, change ...func(*assistant.Options)) *desk {
	t.Helper()
	d := &desk{t: t, asked: make(chan *call, 100), news: make(chan struct{})}
	d.url = testenv.SQLite(t)
	if err := store.MigrateUp(t.Context(), d.url); err != nil {
		t.Fatal(err)
	}
	var err error
	if d.db, err = store.Open(t.Context(), store.Options{URL: d.url, Logger: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	o := assistant.Options{Mock: d, Log: slog.New(slog.DiscardHandler), CheckpointEvery: 10 * time.Millisecond}
	for _, f := range change {
		f(&o)
	}
	d.runner = assistant.NewRunner(o)
	d.Service = chat.NewService(chat.Options{
		Store: d.db, Bus: d, Now: time.Now, NewID: uuid.NewString, Assistant: d.runner, Split: assistant.Split,
	})
	d.runner.Bind(d.Service)
	if err := d.EnsureDefault(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := errors.Join(d.runner.Close(ctx, 0), d.db.Close(ctx)); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d *desk) say(text string) chat.Message {
	d.t.Helper()
	r, err := d.Post(d.t.Context(), ann, chat.Draft{Room: chat.Me, Text: text, Type: chat.ContentText})
	if err != nil {
		d.t.Fatal(err)
	}
	return r.Message
}

func (d *desk) next() *call {
	d.t.Helper()
	select {
	case c := <-d.asked:
		return c
	case <-time.After(10 * time.Second):
		d.t.Fatal("nothing was asked")
		return nil
	}
}

// until waits for an event that fits.
func (d *desk) until(what string, fits func(chat.Event) bool) chat.Event {
	d.t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		d.mu.Lock()
		news := d.news
		for _, e := range d.events {
			if fits(e) {
				d.mu.Unlock()
				return e
			}
		}
		d.mu.Unlock()
		select {
		case <-news:
		case <-deadline:
			d.t.Fatalf("no %s", what)
		}
	}
}

// answer waits for the reply to a question.
func (d *desk) answer(q chat.Message) chat.Message {
	d.t.Helper()
	e := d.until("reply to "+q.Text, func(e chat.Event) bool {
		return e.Kind == chat.EventMessage && e.Message.ReplyTo == q.ID
	})
	return *e.Message
}

// TestOneReplyAtATime: questions of a conversation are answered one after the
// other in their order, those of others meanwhile.
func TestOneReplyAtATime(t *testing.T) {
	d := newDesk(t)
	var questions []chat.Message
	for i := range 5 {
		questions = append(questions, d.say(fmt.Sprint("question ", i)))
	}
	bob := chat.Actor{ID: "bob", Role: chat.RoleUser}
	if _, err := d.Post(t.Context(), bob, chat.Draft{Room: chat.Me, Text: "bob's", Type: chat.ContentText}); err != nil {
		t.Fatal(err)
	}
	first, other := d.next(), d.next()
	if first.User != "ann" {
		first, other = other, first
	}
	if first.Question != "question 0" || other.Question != "bob's" {
		t.Fatalf("asked %q and %q", first.Question, other.Question)
	}
	other.finish(chat.StatusComplete)
	for i, q := range questions {
		c := first
		if i > 0 {
			c = d.next()
		}
		if c.Question != q.Text {
			t.Fatalf("question %d is %q", i, c.Question)
		}
		if len(d.OpenReplies(q.Room)) != 1 {
			t.Errorf("%d replies are open", len(d.OpenReplies(q.Room)))
		}
		_ = c.emit("answer ")
		_ = c.emit(fmt.Sprint(i))
		c.finish(chat.StatusComplete)
		m := d.answer(q)
		if m.Text != fmt.Sprint("answer ", i) || m.Status != chat.StatusComplete || m.Seq != int64(6+i) {
			t.Errorf("%+v", m)
		}
	}
}

// TestHonestEndings: the stored status is never better than the ending.
func TestHonestEndings(t *testing.T) {
	d := newDesk(t)
	for _, s := range []chat.Status{chat.StatusComplete, chat.StatusInterrupted, chat.StatusFailed} {
		q := d.say(string(s))
		c := d.next()
		_ = c.emit("text")
		c.finish(s)
		if m := d.answer(q); m.Status != s || m.Text != "text" {
			t.Errorf("%s is stored as %s with %q", s, m.Status, m.Text)
		}
	}
	q := d.say("panic")
	c := d.next()
	close(c.end) // the zero ending has no status that a message may have
	if m := d.answer(q); m.Status == chat.StatusComplete {
		t.Error("an ending without a status is complete")
	}
}

// TestStopEndsTheBackend: stop ends the request and leaves what there is as cancelled.
func TestStopEndsTheBackend(t *testing.T) {
	d := newDesk(t)
	q := d.say("long")
	c := d.next()
	_ = c.emit("so far")
	id := d.OpenReplies(q.Room)[0].Message.ID
	if err := d.StopReply(t.Context(), ann, id); err != nil {
		t.Fatal(err)
	}
	if c.ctx.Err() == nil {
		t.Error("the backend goes on")
	}
	if m := d.answer(q); m.Status != chat.StatusCancelled || m.Text != "so far" {
		t.Errorf("%s %q", m.Status, m.Text)
	}
	again := d.say("next")
	d.next().finish(chat.StatusComplete)
	d.answer(again)
}

// TestBlockedAsker: whoever is blocked gets no more of a reply, and no other.
func TestBlockedAsker(t *testing.T) {
	d := newDesk(t)
	if err := d.db.EnsureUsers(t.Context(), []chat.User{{ID: "ann", Role: chat.RoleUser}}); err != nil {
		t.Fatal(err)
	}
	q := d.say("long")
	c := d.next()
	waits := d.say("waits")
	_ = c.emit("so far")
	if _, err := d.db.UpdateUser(t.Context(), "ann", func(u *chat.User) error {
		u.Blocked = true
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	d.StopRepliesTo("bob")
	if c.ctx.Err() != nil {
		t.Error("another user's block ended the reply")
	}
	d.StopRepliesTo("ann")
	if m := d.answer(q); m.Status != chat.StatusCancelled || m.Text != "so far" {
		t.Errorf("%s %q", m.Status, m.Text)
	}
	if err := d.runner.Close(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if len(d.asked) != 0 || len(d.OpenReplies(waits.Room)) != 0 {
		t.Error("a blocked user's question was asked")
	}
}

// TestCheckpoints: the text so far is in the store while the reply is written.
func TestCheckpoints(t *testing.T) {
	d := newDesk(t)
	q := d.say("long")
	c := d.next()
	id := d.OpenReplies(q.Room)[0].Message.ID
	want := ""
	for i := range 3 {
		_ = c.emit(fmt.Sprint("part ", i, " "))
		want += fmt.Sprint("part ", i, " ")
		deadline := time.Now().Add(10 * time.Second)
		for {
			m, err := d.db.Message(t.Context(), id)
			if err == nil && m.Text == want && m.Status == chat.StatusStreaming {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("stored %q, %v", m.Text, err)
			}
			time.Sleep(time.Millisecond)
		}
	}
	c.finish(chat.StatusComplete)
	d.answer(q)
}

// TestDraining: a runner that is closed lets replies end for a while, and leaves
// the others as interrupted.
func TestDraining(t *testing.T) {
	d := newDesk(t)
	q := d.say("long")
	c := d.next()
	waits := d.say("waits")
	_ = c.emit("so far")
	if err := d.runner.Close(t.Context(), time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if m := d.answer(q); m.Status != chat.StatusInterrupted || m.Text != "so far" {
		t.Errorf("%s %q", m.Status, m.Text)
	}
	if len(d.asked) != 0 || len(d.OpenReplies(waits.Room)) != 0 {
		t.Error("a question was answered after the end")
	}
	_, err := d.Post(t.Context(), ann, chat.Draft{Room: chat.Me, Text: "afterwards", Type: chat.ContentText})
	if chat.CodeOf(err) != chat.CodeUnavailable {
		t.Errorf("what nobody will answer is taken: %v", err)
	}
}

// TestWaitingQuestionKnowsTheAnswerBefore: what waited is asked behind the answer
// that it waited for, though that took its place behind it.
func TestWaitingQuestionKnowsTheAnswerBefore(t *testing.T) {
	d := newDesk(t)
	d.say("What is the capital of France?")
	c := d.next()
	d.say("How many people live there?")
	d.say("And in Berlin?")
	_ = c.emit("Paris")
	c.finish(chat.StatusComplete)
	c = d.next()
	want := []assistant.Turn{{"user", "What is the capital of France?"}, {"assistant", "Paris"}, {"user", "How many people live there?"}}
	if !slices.Equal(c.Turns, want) {
		t.Errorf("asked %v", c.Turns)
	}
	c.finish(chat.StatusComplete)
	d.next().finish(chat.StatusComplete)
}

// TestTooManyWait: past the bound questions are refused, and taken again later.
func TestTooManyWait(t *testing.T) {
	d := newDesk(t, func(o *assistant.Options) { o.MaxWaiting = 2 })
	d.say("answered now")
	c := d.next()
	d.say("one")
	d.say("two")
	_, err := d.Post(t.Context(), ann, chat.Draft{Room: chat.Me, Text: "three", Type: chat.ContentText})
	if e := chat.ErrorOf(err); e == nil || e.Code != chat.CodeRateLimited || e.RetryAfter == 0 {
		t.Errorf("refused with %v", err)
	}
	c.finish(chat.StatusComplete)
	d.next().finish(chat.StatusComplete)
	c = d.next()
	d.say("three")
	c.finish(chat.StatusComplete)
	if q := d.next().Question; q != "three" {
		t.Errorf("asked %q", q)
	}
}

// TestForgottenQuestions: once the history is cleared, what waited is not answered.
func TestForgottenQuestions(t *testing.T) {
	d := newDesk(t)
	q := d.say("long")
	_ = d.next().emit("some")
	d.say("waits")
	if err := d.ClearHistory(t.Context(), ann); err != nil {
		t.Fatal(err)
	}
	d.answer(q)
	after := d.say("afterwards")
	if got := d.next(); got.Question != "afterwards" || len(got.Turns) != 1 {
		t.Errorf("asked %q after %d turns", got.Question, len(got.Turns))
	}
	_ = after
}

// TestPromptKeepsItsBudget: the prompt and the question go in full, the best
// passages and the newest messages as far as they fit, and who asks is named.
func TestPromptKeepsItsBudget(t *testing.T) {
	d := newDesk(t, func(o *assistant.Options) { o.Budget = 600 })
	root := chat.Actor{ID: "root", Role: chat.RoleAdmin}
	prompt := "You sell boats."
	if _, err := d.UpdateChatbot(t.Context(), root, chat.DefaultChatbot, chat.ChatbotChange{Prompt: &prompt}); err != nil {
		t.Fatal(err)
	}
	text := "# Rowing\n\nA rowing boat needs two oars.\n\n# Sailing\n\n" + strings.Repeat("A sailing boat needs wind and oars. ", 60)
	if _, err := d.AddDocument(t.Context(), root, chat.DefaultChatbot, "boats.md", strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		q := d.say(fmt.Sprintf("%d: %s", i, strings.Repeat("word ", 100)))
		c := d.next()
		_ = c.emit(fmt.Sprint("reply ", i))
		c.finish(chat.StatusComplete)
		d.answer(q)
	}
	d.say("How many oars does a rowing boat need?")
	c := d.next()
	if !strings.HasPrefix(c.System, prompt) || !strings.Contains(c.System, "two oars") {
		t.Errorf("system: %q", c.System)
	}
	if len(c.Sources) == 0 || c.Sources[0].Document != "boats.md" || !strings.Contains(c.Sources[0].Passage, "Rowing") {
		t.Errorf("sources: %v", c.Sources)
	}
	if last := c.Turns[len(c.Turns)-1]; last.Text != c.Question || last.Role != "user" {
		t.Errorf("the last turn is %v", last)
	}
	if before := c.Turns[len(c.Turns)-2]; before.Text != "reply 3" || before.Role != "assistant" {
		t.Errorf("before it %v", before)
	}
	size := len(c.System)
	for _, turn := range c.Turns {
		size += len(turn.Text)
	}
	if size > 3*600 || len(c.Turns) < 3 {
		t.Errorf("%d bytes in %d turns for 600 tokens", size, len(c.Turns))
	}
	if c.User != "ann" || c.Metadata["name"] != "Ann" || c.Metadata["role"] != "user" || c.Metadata["conversation"] != chat.ConversationOf("ann") {
		t.Errorf("who asks: %q %v", c.User, c.Metadata)
	}
	c.finish(chat.StatusComplete)
}
