package store

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"
)

// The states of a document. It is seen while it is ready alone.
const (
	documentAdding = "adding"
	documentReady  = "ready"
	documentGone   = "gone"
)

const (
	// addingLease is how long a document that is being added stands without a sign
	// of its node, which each piece gives; then it is the rest of one that died.
	addingLease = 10 * time.Minute
	// tidyEvery is how often such a rest is looked for.
	tidyEvery = time.Minute
	// pieceRows and pieceBytes bound what one transaction adds of a document, or
	// takes away: the appender waits for it on SQLite.
	pieceRows  = 256
	pieceBytes = 256 << 10
	// libraryYield is how much longer than a piece has taken a busy appender is left alone.
	libraryYield = 3
)

// library gives back what documents have taken that are gone, and what was left
// of those whose node died while it added them. It works behind the writes, a
// piece at a time; several nodes may do so at once.
type library struct {
	write *gorm.DB
	log   *slog.Logger
	clock func() time.Time
	yield func(ctx context.Context, took time.Duration)

	woken    chan struct{}
	asked    chan chan error // of flush
	stop     context.Context
	cancel   context.CancelFunc
	finished chan struct{}
}

func newLibrary(db *database, o Options, a *appender) *library {
	l := &library{
		write: db.write, log: o.Logger, clock: o.Clock, yield: yieldTo(a, libraryYield),
		woken: make(chan struct{}, 1), asked: make(chan chan error), finished: make(chan struct{}),
	}
	l.stop, l.cancel = context.WithCancel(context.Background())
	go l.run()
	return l
}

// wake tells that a document is gone.
func (l *library) wake() {
	select {
	case l.woken <- struct{}{}:
	default:
	}
}

func (l *library) close() {
	l.cancel()
	<-l.finished
}

func (l *library) run() {
	defer close(l.finished)
	ticker := time.NewTicker(tidyEvery)
	defer ticker.Stop()
	l.report(l.tidy())
	for {
		select {
		case <-l.stop.Done():
			return
		case <-l.woken:
			l.report(l.tidy())
		case <-ticker.C:
			l.report(l.tidy())
		case answer := <-l.asked:
			answer <- l.tidy()
		}
	}
}

func (l *library) report(err error) {
	if err != nil && l.stop.Err() == nil {
		l.log.Error("store: what documents have left is not removed yet", "error", err)
	}
}

// tidy removes everything of documents that are gone.
func (l *library) tidy() error {
	db := l.write.WithContext(l.stop)
	err := db.Exec(`UPDATE documents SET state = 'gone' WHERE state <> 'ready' AND state = 'adding' AND touched_at < ?`,
		toMillis(l.clock().Add(-addingLease))).Error
	if err != nil {
		return failed("tidy documents", err)
	}
	for {
		var gone []documentRow
		err := db.Raw(`SELECT * FROM documents WHERE state <> 'ready' AND state = 'gone' LIMIT 1`).Scan(&gone).Error
		if err != nil {
			return failed("tidy documents", err)
		}
		if len(gone) == 0 {
			return nil
		}
		if err := l.remove(&gone[0]); err != nil {
			return fmt.Errorf("store: tidy document %s: %w", gone[0].ID, err)
		}
	}
}

// remove takes a document away; its row, which keeps its numbers, goes last.
func (l *library) remove(d *documentRow) error {
	for low := d.Num; low < d.Num+d.Passages; low += pieceRows {
		if _, err := l.piece(`DELETE FROM passages WHERE id >= ? AND id < ?`, low, min(low+pieceRows, d.Num+d.Passages)); err != nil {
			return err
		}
	}
	for {
		n, err := l.piece(`DELETE FROM passage_words WHERE num = ? AND word IN (SELECT w.word FROM passage_words w
			WHERE w.num = ? ORDER BY w.word LIMIT ?)`, d.Num, d.Num, 2*pieceRows)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	_, err := l.piece(`DELETE FROM documents WHERE id = ? AND state = 'gone'`, d.ID)
	return err
}

// piece runs one statement and leaves the database to others then.
func (l *library) piece(statement string, args ...any) (int64, error) {
	ctx, cancel := context.WithTimeout(l.stop, groupTimeout)
	defer cancel()
	begun := time.Now()
	tx := l.write.WithContext(ctx).Exec(statement, args...)
	if tx.Error == nil {
		l.yield(l.stop, time.Since(begun))
	}
	return tx.RowsAffected, tx.Error
}
