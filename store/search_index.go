package store

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"gorm.io/gorm"
)

// sweepEvery is how often rooms are looked for that nobody has told of: those of
// other nodes that died before they indexed them.
const sweepEvery = 30 * time.Second

// indexDelay is how long changes gather before they are indexed together: a
// transaction for each of them would cost more than posting it did.
const indexDelay = 250 * time.Millisecond

// indexer keeps the full-text index behind the writes. The appender tells it
// which rooms have changed; one goroutine reads the changes and writes the index,
// in transactions that also say up to which version a room is indexed. So nothing
// is lost or indexed twice, whoever dies when, and several nodes may index.
type indexer struct {
	read   *gorm.DB // of rooms and messages
	write  *gorm.DB
	engine engine
	log    *slog.Logger
	// yield waits after a transaction that took so long, for the appender's sake.
	yield func(ctx context.Context, took time.Duration)

	mu    sync.Mutex
	dirty map[string]struct{}
	// inFlight are the rooms of the group that is being committed.
	inFlight []string
	wake     chan struct{}
	asked    chan chan error // of flush

	stop     context.Context
	cancel   context.CancelFunc
	finished chan struct{}
}

func newIndexer(db *database, log *slog.Logger) *indexer {
	x := &indexer{
		read: db.search.Session(&gorm.Session{NewDB: true}), write: db.write, engine: db.engine, log: log,
		dirty: map[string]struct{}{}, wake: make(chan struct{}, 1), asked: make(chan chan error), finished: make(chan struct{}),
	}
	x.stop, x.cancel = context.WithCancel(context.Background())
	return x
}

// start begins to index, behind the appender.
func (x *indexer) start(a *appender) {
	x.yield = yieldTo(a, 9)
	go x.run()
}

// yieldTo leaves the database to the appender, if it has been at work meanwhile,
// for so many times as long as its other user has had it: SQLite has one writer for both.
func yieldTo(a *appender, times int) func(context.Context, time.Duration) {
	seen := a.groups.Load()
	return func(ctx context.Context, took time.Duration) {
		groups := a.groups.Load()
		busy := groups != seen
		seen = groups
		if !busy {
			return
		}
		timer := time.NewTimer(time.Duration(times) * took)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}

// note marks rooms as changed. It never blocks.
func (x *indexer) note(rooms []string) {
	if len(rooms) == 0 {
		return
	}
	x.mu.Lock()
	for _, r := range rooms {
		x.dirty[r] = struct{}{}
	}
	x.mu.Unlock()
	x.signal()
}

func (x *indexer) signal() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// writing tells of rooms that are about to be committed, written that this is over,
// well or not. In between they are among those that are taken: whoever sees a
// commit finds its rooms marked, so that messages of different rooms are indexed in
// the order of their ids.
func (x *indexer) writing(rooms []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, r := range x.inFlight {
		x.dirty[r] = struct{}{}
	}
	x.inFlight = rooms
}

func (x *indexer) written() {
	x.mu.Lock()
	rooms := x.inFlight
	for _, r := range rooms {
		x.dirty[r] = struct{}{}
	}
	x.inFlight = nil
	x.mu.Unlock()
	if len(rooms) > 0 {
		x.signal()
	}
}

// take removes the marks.
func (x *indexer) take() map[string]struct{} {
	x.mu.Lock()
	defer x.mu.Unlock()
	rooms := x.dirty
	x.dirty = map[string]struct{}{}
	return rooms
}

// peek adds the rooms that are marked now, and leaves the marks.
func (x *indexer) peek(rooms map[string]struct{}) []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	maps.Copy(rooms, x.dirty)
	for _, r := range x.inFlight {
		rooms[r] = struct{}{}
	}
	return slices.Sorted(maps.Keys(rooms))
}

func (x *indexer) idle() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.dirty) == 0
}

// run indexes until close. What fails is tried again, and in the end left to the
// next sweep.
func (x *indexer) run() {
	defer close(x.finished)
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	x.report(x.sweep())
	x.report(x.drain(false))
	var due <-chan time.Time
	for {
		select {
		case <-x.stop.Done():
			return
		case <-x.wake:
			if due == nil {
				due = time.After(indexDelay)
			}
		case <-due:
			due = nil
			x.report(x.drain(true))
		case <-ticker.C:
			x.report(x.sweep())
		case answer := <-x.asked:
			err := x.sweep()
			if err == nil {
				err = x.drain(false)
			}
			answer <- err
		}
	}
}

func (x *indexer) report(err error) {
	if err != nil && x.stop.Err() == nil {
		x.log.Error("store: messages not indexed for search yet", "error", err)
	}
}

func (x *indexer) close() {
	x.cancel()
	<-x.finished
}

// flush waits until everything that was committed before its call is searchable.
func (x *indexer) flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil { // a select would take either of two that are ready
		return err
	}
	answer := make(chan error, 1)
	select {
	case x.asked <- answer:
	case <-x.finished:
		return errors.New("store: the index is closed")
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sweep marks every room whose version is ahead of its index, and those that were
// deleted and are indexed still.
func (x *indexer) sweep() error {
	var rooms []string
	err := x.read.WithContext(x.stop).Raw(`SELECT r.id FROM rooms r LEFT JOIN search_rooms x ON x.room_id = r.id
		WHERE NOT r.deleted AND r.version > coalesce(x.version, 0) OR r.deleted AND x.room_id IS NOT NULL`).Scan(&rooms).Error
	if err != nil {
		return failed("sweep", err)
	}
	x.note(rooms)
	return nil
}

// drain indexes until no room is marked, or one round.
func (x *indexer) drain(once bool) error {
	for attempt := 1; x.stop.Err() == nil; {
		if x.idle() {
			return nil
		}
		err := x.round()
		if err == nil && once {
			return nil
		}
		if err == nil {
			attempt = 1
			continue
		}
		if attempt == attempts {
			return err
		}
		backOff(x.stop, attempt)
		attempt++
	}
	return x.stop.Err()
}
