package store

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"parley/chat"
)

// handover is how many committed groups may wait to be answered: one is
// announced to clients while the next commits, and a slow announcer holds the
// committer back instead of growing the process.
const handover = 2

// appender is the queue of all room commands of this node. One goroutine takes
// what has gathered and commits it as one group, without waiting for more;
// another answers group after group, in order of submission.
type appender struct {
	journal journal
	log     *slog.Logger
	clock   func() time.Time
	batch   int
	limit   int
	pause   func(ctx context.Context, attempt int) // before a retry
	index   *indexer                               // told of what is written
	groups  atomic.Int64                           // committed so far
	doubt   atomic.Bool                            // the database has done nothing since it failed

	mu     sync.Mutex
	queue  queue
	closed bool
	wake   chan struct{}

	stop     context.Context // ended when Close runs out of patience
	giveUp   context.CancelFunc
	finished chan struct{} // closed when the last answer was given
}

// pending is a command that waits, answer what became of one.
type pending struct {
	cmd  chat.Command
	done func(chat.Outcome, error)
}

type answer struct {
	done    func(chat.Outcome, error)
	outcome chat.Outcome
	err     error
}

func newAppender(j journal, o Options, index *indexer) *appender {
	a := &appender{
		journal: j, log: o.Logger, clock: o.Clock, batch: o.BatchSize, limit: o.QueueSize, pause: backOff, index: index,
		wake: make(chan struct{}, 1), finished: make(chan struct{}),
	}
	a.stop, a.giveUp = context.WithCancel(context.Background())
	groups := make(chan []answer, handover)
	go a.commitGroups(groups)
	go a.answerGroups(groups)
	return a
}

// Submit implements [chat.Appender]. A refusal for want of room or because the
// store closes is answered before Submit returns, on the caller's goroutine;
// every other answer comes on another one.
func (a *appender) Submit(cmd chat.Command, done func(chat.Outcome, error)) {
	if err := a.enqueue(pending{cmd, done}); err != nil {
		done(chat.Outcome{}, err)
	}
}

func (a *appender) enqueue(p pending) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return chat.ErrClosing
	}
	if a.queue.count >= a.limit {
		return chat.ErrBusy
	}
	a.queue.push(p)
	if a.queue.count == 1 {
		a.signal()
	}
	return nil
}

// signal wakes the committer; one signal may stand for many.
func (a *appender) signal() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// next waits for commands and takes the oldest of them, none once the queue is
// closed and empty.
func (a *appender) next() []pending {
	for {
		a.mu.Lock()
		group, closed := a.queue.take(a.batch), a.closed
		a.mu.Unlock()
		if len(group) > 0 || closed {
			return group
		}
		<-a.wake
	}
}

func (a *appender) commitGroups(groups chan<- []answer) {
	defer close(groups)
	for {
		group := a.next()
		if len(group) == 0 {
			return
		}
		groups <- a.commitSafely(group)
	}
}

// commitSafely answers every command of the group whatever happens: a panic in
// this package is logged and refuses the group.
func (a *appender) commitSafely(group []pending) (answers []answer) {
	defer func() {
		if p := recover(); p != nil {
			answers = refuse(group, a.panicked("commit", p))
		}
	}()
	if a.stop.Err() != nil {
		return refuse(group, chat.ErrClosing)
	}
	return a.commit(group)
}

func (a *appender) answerGroups(groups <-chan []answer) {
	defer close(a.finished)
	for group := range groups {
		for _, an := range group {
			a.answer(an)
		}
	}
}

func (a *appender) answer(an answer) {
	defer func() {
		if p := recover(); p != nil {
			_ = a.panicked("done", p)
		}
	}()
	an.done(an.outcome, an.err)
}

// close refuses new commands and waits until all others are answered. When ctx
// ends, those not yet begun are refused.
func (a *appender) close(ctx context.Context) error {
	a.mu.Lock()
	a.closed = true
	a.signal()
	a.mu.Unlock()
	defer a.giveUp()
	select {
	case <-a.finished:
		return nil
	case <-ctx.Done():
		a.giveUp()
		<-a.finished // a group in the making ends within its own time limits
		return fmt.Errorf("store: close: %w", ctx.Err())
	}
}

// panicked logs a panic with its stack and returns the error to answer.
func (a *appender) panicked(where string, p any) error {
	err := fmt.Errorf("store: panic in %s: %v", where, p)
	a.log.Error("store: recovered", "in", where, "panic", p, "stack", string(debug.Stack()))
	return err
}

// refuse answers the whole group alike.
func refuse(group []pending, err error) []answer {
	answers := make([]answer, len(group))
	for i, p := range group {
		answers[i] = answer{done: p.done, err: err}
	}
	return answers
}

// unavailable tells the caller to try again, keeping the cause for the log.
func unavailable(cause error) error {
	return &chat.Error{Code: chat.CodeUnavailable, Message: chat.ErrBusy.Message, Err: cause}
}
