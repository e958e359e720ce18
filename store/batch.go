package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/chat"
)

const (
	// groupTimeout bounds one transaction, waiting for locks included. Groups run
	// under this, never under a caller's context.
	groupTimeout = 15 * time.Second
	// attempts bounds how often a transaction is tried before its commands are
	// answered unavailable, and how often the fate of one is asked for.
	attempts = 5
)

// errUndone is a transaction whose COMMIT was lost and that was found not to
// have been committed.
var errUndone = errors.New("store: transaction was undone")

// commit answers a group. If it fails as a whole, each command is tried in a
// transaction of its own, in order, so that one that cannot be written hurts no
// other. While the database is away the group is not taken apart: all of it is
// answered unavailable.
//
// Unavailable means: not written; or, where the database stayed away right after
// a COMMIT was sent, perhaps written. A caller that retries with the same nonce
// gets one message either way.
func (a *appender) commit(group []pending) []answer {
	defer a.index.written()
	answers, err := a.persist(group)
	switch {
	case err == nil:
		return answers
	case len(group) == 1 || hopeless(err):
		return a.failed(group, err)
	}
	a.log.Warn("store: group failed, trying its commands one by one", "commands", len(group), "error", err)
	answers = make([]answer, 0, len(group))
	for i := range group {
		one, err := a.persist(group[i : i+1])
		switch {
		case err == nil:
			answers = append(answers, one...)
		case hopeless(err):
			return append(answers, a.failed(group[i:], err)...)
		default:
			answers = append(answers, a.failed(group[i:i+1], err)...)
		}
	}
	return answers
}

// persist runs the group's transaction, and runs it again after a fault that may
// pass. A group whose commands stand in each other's way, or in that of another
// node, is left to be taken apart instead. A lone command that meets a row which
// another node has just inserted finds that row the next time.
func (a *appender) persist(group []pending) ([]answer, error) {
	for attempt := 1; ; attempt++ {
		answers, err := a.transact(group)
		var unknown *unknownOutcome
		if errors.As(err, &unknown) {
			err = a.settle(unknown)
		}
		if err == nil {
			a.groups.Add(1)
			a.doubt.Store(false)
			return answers, nil
		}
		f := faultOf(err)
		if f == faultOther || f != faultLost && len(group) > 1 {
			return nil, err
		}
		if attempt == attempts || a.stop.Err() != nil || errors.Is(err, errSilent) {
			return nil, err
		}
		a.doubt.Store(f == faultLost)
		a.pause(a.stop, attempt)
	}
}

// transact decides and writes the group in one transaction. The answers hold if
// the error is nil, or if its outcome is unknown and turns out well.
func (a *appender) transact(group []pending) (answers []answer, err error) {
	ctx, release := a.attend()
	defer func() {
		if err != nil && errors.Is(context.Cause(ctx), errSilent) {
			err = fmt.Errorf("%w: %w", errSilent, err)
		}
		release()
	}()
	want := wantsOf(group)
	tx, rows, err := a.journal.begin(ctx, want)
	if err != nil {
		return nil, err
	}
	over := false
	defer func() {
		if !over { // also when something panics
			tx.rollback()
		}
	}()
	o := newOverlay(tx, want, rows, a.clock)
	answers = make([]answer, len(group))
	for i, p := range group {
		answers[i].done = p.done
		answers[i].outcome, answers[i].err = a.decide(ctx, o, p.cmd)
		if o.failure != nil {
			return nil, o.failure
		}
	}
	c := o.changes()
	if c.empty() {
		return answers, nil
	}
	over = true
	a.index.writing(c.searched())
	return answers, tx.commit(ctx, c)
}

// decide runs one command on the overlay. A panic refuses that command alone.
func (a *appender) decide(ctx context.Context, o *overlay, cmd chat.Command) (out chat.Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = chat.Outcome{}, a.panicked("decide", p)
		}
	}()
	return o.run(ctx, cmd)
}

// settle finds out what became of a transaction whose COMMIT was not answered:
// nil if it was committed, errUndone if not, and the unknown outcome itself if
// the database does not come back in time. A silent one is asked once.
func (a *appender) settle(unknown *unknownOutcome) error {
	a.log.Warn("store: commit was not answered, looking for its outcome", "error", unknown.err)
	for attempt := 1; ; attempt++ {
		ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
		committed, err := a.journal.committed(ctx, unknown.receipt)
		cancel()
		switch {
		case err == nil && committed:
			return nil
		case err == nil:
			return errUndone
		case errors.Is(err, context.DeadlineExceeded):
			a.refuseWaiting(fmt.Errorf("%w: %w", errSilent, err))
			return unknown
		case attempt == attempts || a.stop.Err() != nil:
			return unknown
		}
		a.pause(a.stop, attempt)
	}
}

// failed answers a group that could not be written.
func (a *appender) failed(group []pending, err error) []answer {
	a.log.Error("store: commands not written", "commands", len(group), "error", err)
	if hopeless(err) || faultOf(err) == faultTransient {
		return refuse(group, unavailable(err))
	}
	return refuse(group, failed("append", err))
}

// hopeless reports that the next transaction would fare no better.
func hopeless(err error) bool {
	var unknown *unknownOutcome
	return faultOf(err) == faultLost || errors.As(err, &unknown)
}

// backOff waits 20 ms, then twice as long each time, or until ctx ends.
func backOff(ctx context.Context, attempt int) {
	timer := time.NewTimer(10 * time.Millisecond << attempt)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// wantsOf names the rows that the group's commands see, each once.
func wantsOf(group []pending) wants {
	w := newWanted(len(group))
	for _, p := range group {
		w.command(p.cmd)
	}
	return w.sorted()
}
