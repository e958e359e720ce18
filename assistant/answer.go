package assistant

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/cenkalti/backoff/v5"

	"parley/chat"
)

const (
	// openFor is how long a reply that cannot be begun is tried while the store is away.
	openFor = time.Minute
	// askAgain is how often a question is tried while another node writes a reply in
	// its conversation, or has an earlier one to answer; overdue how long that one is
	// waited for while nothing is written.
	askAgain = 250 * time.Millisecond
	overdue  = time.Second
	// closeFor is how long a reply that cannot be closed is tried. Past it, its lease
	// runs out and any node closes it.
	closeFor = 10 * time.Second
	// storeTimeout bounds one use case.
	storeTimeout = 15 * time.Second
)

// answer writes one reply, from its opening to its close.
func (r *Runner) answer(q chat.Question) {
	ctx, stop := context.WithCancelCause(r.ctx)
	defer stop(nil)
	begin := time.Now()
	reply, err := r.begin(ctx, q, func() { stop(errStopped) })
	if err != nil {
		r.opts.Log.Log(ctx, levelOf(err), "a reply was not begun", "room", q.Room.ID, "error", err)
		return
	}
	defer reply.Done()
	renewed := make(chan struct{})
	keeping, release := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(renewed)
		r.keep(keeping, reply, func() { stop(errLost) })
	}()
	ending := r.write(ctx, q, reply)
	release()
	<-renewed
	r.end(ctx, reply, ending)
	if r.opts.Observe != nil {
		r.opts.Observe(ending.Status, time.Since(begin))
	}
}

// levelOf tells what is nobody's fault from what is the store's.
func levelOf(err error) slog.Level {
	switch chat.CodeOf(err) {
	case chat.CodeNotFound, chat.CodeConflict, chat.CodeBlocked:
		return slog.LevelDebug
	}
	return slog.LevelError
}

// begin opens the reply as soon as that can be: however long another one takes, and
// behind the earlier questions of the conversation, whose nodes are not waited for if
// they give no sign.
func (r *Runner) begin(ctx context.Context, q chat.Question, stop func()) (*chat.Reply, error) {
	var quiet time.Time // since when nothing is written, though an earlier question waits
	for {
		reply, err := r.tryOpen(ctx, q, stop)
		switch {
		case errors.Is(err, chat.ErrReplyOpen):
			quiet, q.Overdue = time.Time{}, false
		case !errors.Is(err, chat.ErrEarlierWaits):
			return reply, err
		case quiet.IsZero():
			quiet = time.Now()
		default:
			q.Overdue = time.Since(quiet) >= overdue
		}
		if err := r.news(ctx, q.Room.ID); err != nil {
			return nil, err
		}
	}
}

// news waits until something is said in a room, or askAgain.
func (r *Runner) news(ctx context.Context, room string) error {
	var news <-chan struct{}
	if watch := r.opts.Chat.Watch; watch != nil {
		heard, end := watch(room, 0)
		defer end()
		news = heard
	}
	timer := time.NewTimer(askAgain)
	defer timer.Stop()
	select {
	case <-news:
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// tryOpen tries to open the reply until the store says something.
func (r *Runner) tryOpen(ctx context.Context, q chat.Question, stop func()) (*chat.Reply, error) {
	return backoff.Retry(ctx, func() (*chat.Reply, error) {
		bounded, cancel := context.WithTimeout(ctx, storeTimeout)
		defer cancel()
		reply, err := r.opts.Chat.OpenReply(bounded, q, stop)
		switch chat.CodeOf(err) {
		case chat.CodeNotFound, chat.CodeConflict, chat.CodeBlocked:
			return nil, backoff.Permanent(err)
		}
		return reply, err
	}, backoff.WithMaxElapsedTime(openFor), backoff.WithBackOff(patient()))
}

func patient() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = 100*time.Millisecond, time.Second
	return b
}

// keep stores what there is of the reply, and so renews its lease, until ctx
// ends. lost is called once nothing more will be stored.
func (r *Runner) keep(ctx context.Context, reply *chat.Reply, lost func()) {
	ticker := time.NewTicker(r.opts.CheckpointEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		bounded, cancel := context.WithTimeout(ctx, storeTimeout)
		err := reply.Checkpoint(bounded)
		cancel()
		switch code := chat.CodeOf(err); {
		case code == chat.CodeNotFound || code == chat.CodeConflict:
			lost()
			return
		case err != nil && ctx.Err() == nil:
			r.opts.Log.Warn("a reply was not stored, trying again", "message", reply.ID(), "error", err)
		}
	}
}

// write has the backend answer. A panic on the way is a failure of this reply alone.
func (r *Runner) write(ctx context.Context, q chat.Question, reply *chat.Reply) (ending Ending) {
	wrote := false
	defer func() {
		if p := recover(); p != nil {
			r.opts.Log.Error("panic while a reply was written", "panic", p, "stack", string(debug.Stack()))
			ending = Ending{Status: unfinished(wrote)}
		}
	}()
	q.Message = reply.Asked()
	request, backend, err := r.request(ctx, q)
	if err == nil {
		reply.Ground(request.Sources)
		ending, err = backend.Stream(ctx, request, func(token string) error {
			wrote = true
			reply.Append(token)
			return nil
		})
	}
	if ending.Status == "" {
		ending.Status = unfinished(wrote)
	}
	if cause := context.Cause(ctx); cause != nil && ending.Status != chat.StatusComplete {
		if ending.Status = chat.StatusCancelled; !errors.Is(cause, errStopped) {
			ending.Status = chat.StatusInterrupted
		}
	} else if err != nil {
		r.opts.Log.Warn("a reply did not end well",
			"chatbot", q.Room.Chatbot, "message", reply.ID(), "status", ending.Status, "reason", ending.Reason, "error", err)
	}
	return ending
}

func unfinished(wrote bool) chat.Status {
	if wrote {
		return chat.StatusInterrupted
	}
	return chat.StatusFailed
}

// end closes the reply, even where the runner is being closed.
func (r *Runner) end(ctx context.Context, reply *chat.Reply, ending Ending) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeFor)
	defer cancel()
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := reply.Close(ctx, ending.Status, ending.Usage.Prompt, ending.Usage.Completion)
		if code := chat.CodeOf(err); code == chat.CodeNotFound || code == chat.CodeConflict {
			return struct{}{}, nil // it was closed by who owns it now
		}
		return struct{}{}, err
	}, backoff.WithMaxElapsedTime(closeFor), backoff.WithBackOff(patient()))
	if err != nil {
		r.opts.Log.Error("a reply was not closed, its lease will run out", "message", reply.ID(), "error", err)
	}
}
