package assistant

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"parley/chat"
)

// Options are what a Runner needs. Chat and Mock are required.
type Options struct {
	Chat *chat.Service
	// Upstream speaks for chatbots with a URL of their own and, where Configured,
	// for all others; Mock for the rest.
	Upstream   Backend
	Configured bool
	Mock       Backend
	Log        *slog.Logger
	// MaxWaiting is how many questions may wait in one conversation, 16; MaxOpen how
	// many replies are written at once, 1000: the others wait.
	MaxWaiting int
	MaxOpen    int64
	// Budget bounds, in tokens as estimated, what an upstream is sent, 8000.
	Budget int
	// CheckpointEvery is how often an open reply is stored, chat.CheckpointEvery.
	CheckpointEvery time.Duration
	// Observe, if set, is told of each reply that was closed.
	Observe func(status chat.Status, took time.Duration)
}

// Runner answers what is asked in conversations, one reply at a time in each and
// in the order of the questions. It implements chat.Assistant.
type Runner struct {
	opts Options
	open *semaphore.Weighted

	ctx  context.Context // ends with the runner; its cause says why
	stop context.CancelCauseFunc

	mu     sync.Mutex
	queues map[string][]chat.Question // by room; a room with an entry has a worker
	// answering is the question that a room's worker has taken.
	answering map[string]string
	closed    bool
	work      sync.WaitGroup
}

// Why a reply is ended before its backend is done.
var (
	errStopped  = errors.New("stopped by a user")
	errDraining = errors.New("the server is shutting down")
	errLost     = errors.New("the conversation is not the assistant's any more")
)

// NewRunner returns a runner; Close ends it.
func NewRunner(o Options) *Runner {
	def(&o.MaxWaiting, 16)
	def(&o.MaxOpen, 1000)
	def(&o.Budget, 8000)
	def(&o.CheckpointEvery, chat.CheckpointEvery)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	r := &Runner{opts: o, open: semaphore.NewWeighted(o.MaxOpen), queues: map[string][]chat.Question{}, answering: map[string]string{}}
	r.ctx, r.stop = context.WithCancelCause(context.Background())
	return r
}

func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Bind gives the runner the use cases, which are made with the runner as theirs.
// It is called once, before anything is asked.
func (r *Runner) Bind(s *chat.Service) { r.opts.Chat = s }

// retryQuestion is what who asks too much is told to wait.
const retryQuestion = 5 * time.Second

// Admit implements chat.Assistant.
func (r *Runner) Admit(room string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return chat.ErrClosing
	}
	if len(r.queues[room]) >= r.opts.MaxWaiting {
		return chat.RateLimited(retryQuestion)
	}
	return nil
}

// Ask implements chat.Assistant.
func (r *Runner) Ask(q chat.Question) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	waiting, busy := r.queues[q.Room.ID]
	if r.answering[q.Room.ID] == q.Message.ID || slices.ContainsFunc(waiting, func(w chat.Question) bool { return w.Message.ID == q.Message.ID }) {
		return // a repetition
	}
	r.queues[q.Room.ID] = append(waiting, q)
	if !busy {
		r.work.Go(func() { r.serve(q.Room.ID) })
	}
}

// Forget implements chat.Assistant.
func (r *Runner) Forget(room string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, busy := r.queues[room]; busy {
		r.queues[room] = nil
	}
}

// next takes the question that has waited longest in a room. Without one the
// room's worker is gone from then on.
func (r *Runner) next(room string) (chat.Question, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	waiting := r.queues[room]
	if len(waiting) == 0 || r.ctx.Err() != nil {
		delete(r.queues, room)
		delete(r.answering, room)
		return chat.Question{}, false
	}
	r.queues[room], r.answering[room] = waiting[1:], waiting[0].Message.ID
	return waiting[0], true
}

// serve answers the questions of one room until none waits.
func (r *Runner) serve(room string) {
	for {
		q, ok := r.next(room)
		if !ok {
			return
		}
		if r.open.Acquire(r.ctx, 1) != nil {
			continue
		}
		r.answer(q)
		r.open.Release(1)
	}
}

// Close takes no more questions, lets the replies that are being written end by
// themselves for the grace, and ends the others as interrupted. It returns once
// all are closed, or ctx ends.
func (r *Runner) Close(ctx context.Context, grace time.Duration) error {
	r.mu.Lock()
	r.closed = true
	for room := range r.queues {
		r.queues[room] = nil
	}
	r.mu.Unlock()
	done := make(chan struct{})
	go func() {
		r.work.Wait()
		close(done)
	}()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-ctx.Done():
	}
	r.stop(errDraining)
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
