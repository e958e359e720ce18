package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// silentAfter is how long a transaction may take before the database is asked
	// whether it is there at all; one that waits for locks, or is slow, answers.
	silentAfter = 2 * time.Second
	// answerTimeout is how long the database has for that, and for the fate of a
	// transaction that it left unanswered. All in all nobody waits for a silent
	// database for longer than 8 s: clients wait 10 s for an ack.
	answerTimeout = 3 * time.Second
)

// errSilent is a database that takes what it is sent and answers nothing: a network
// that swallows everything, a server that hangs.
var errSilent = errors.New("store: the database does not answer")

// attend returns a context for one transaction. It ends after groupTimeout, or
// once the database is found silent; what waits in the queue is refused then.
func (a *appender) attend() (ctx context.Context, release func()) {
	ctx, cancel := context.WithTimeout(context.Background(), groupTimeout)
	ctx, giveUp := context.WithCancelCause(ctx)
	after := silentAfter
	if a.doubt.Load() {
		after = 0
	}
	timer := time.AfterFunc(after, func() { a.ask(ctx, giveUp) })
	return ctx, func() {
		timer.Stop()
		giveUp(nil)
		cancel()
	}
}

// ask asks the database whether it is there, until ctx ends or there is no answer. A
// refusal is one: the transaction fails by itself then.
func (a *appender) ask(ctx context.Context, giveUp context.CancelCauseFunc) {
	for ctx.Err() == nil {
		limited, cancel := context.WithTimeout(ctx, answerTimeout)
		err := a.journal.ping(limited)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			giveUp(errSilent)
			a.refuseWaiting(fmt.Errorf("%w: %w", errSilent, err))
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(silentAfter):
		}
	}
}

// refuseWaiting empties the queue. It does not wait for the group that is being
// committed, which was submitted before and is answered later.
func (a *appender) refuseWaiting(cause error) {
	a.doubt.Store(true)
	a.mu.Lock()
	waiting := a.queue.take(a.queue.count)
	a.mu.Unlock()
	if len(waiting) == 0 {
		return
	}
	a.log.Error("store: commands not written", "commands", len(waiting), "error", cause)
	for _, an := range refuse(waiting, unavailable(cause)) {
		a.answer(an)
	}
}
