package store

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"parley/chat"
)

// faulty is a journal whose next transactions go wrong.
type faulty struct {
	journal
	before []error // of begin, one for each call
	commit func(transaction, context.Context, changes) error
	lookup []error // of committed
}

func (f *faulty) begin(ctx context.Context, w wants) (transaction, found, error) {
	if len(f.before) > 0 {
		err := f.before[0]
		f.before = f.before[1:]
		return nil, found{}, err
	}
	tx, rows, err := f.journal.begin(ctx, w)
	return &faultyTransaction{tx, f}, rows, err
}

func (f *faulty) committed(ctx context.Context, r receipt) (bool, error) {
	if len(f.lookup) > 0 {
		err := f.lookup[0]
		f.lookup = f.lookup[1:]
		return false, err
	}
	return f.journal.committed(ctx, r)
}

type faultyTransaction struct {
	transaction
	f *faulty
}

func (tx *faultyTransaction) commit(ctx context.Context, c changes) error {
	if commit := tx.f.commit; commit != nil {
		tx.f.commit = nil
		return commit(tx.transaction, ctx, c)
	}
	return tx.transaction.commit(ctx, c)
}

// lostAfter commits, and the answer is lost; lostBefore loses the question.
func lostAfter(tx transaction, ctx context.Context, c changes) error {
	id := transactionID(tx)
	if err := tx.commit(ctx, c); err != nil {
		return err
	}
	return &unknownOutcome{receipt: c.receipt(id), err: io.ErrUnexpectedEOF}
}

func lostBefore(tx transaction, _ context.Context, c changes) error {
	id := transactionID(tx)
	tx.rollback()
	return &unknownOutcome{receipt: c.receipt(id), err: io.ErrUnexpectedEOF}
}

func transactionID(tx transaction) string {
	if pg, ok := tx.(*pgTransaction); ok {
		return pg.id
	}
	return ""
}

func TestFaults(t *testing.T) {
	away := func(n int) (errs []error) {
		for range n {
			errs = append(errs, io.ErrUnexpectedEOF)
		}
		return errs
	}
	for name, c := range map[string]struct {
		faulty faulty
		code   chat.Code
		seq    int64 // of the next message
	}{
		"commit lost, done":           {faulty{commit: lostAfter}, "", 2},
		"commit lost, not done":       {faulty{commit: lostBefore}, "", 2},
		"lookup fails at first":       {faulty{commit: lostAfter, lookup: away(2)}, "", 2},
		"lookup never works, done":    {faulty{commit: lostAfter, lookup: away(attempts)}, chat.CodeUnavailable, 2},
		"lookup never works, undone":  {faulty{commit: lostBefore, lookup: away(attempts)}, chat.CodeUnavailable, 1},
		"away for a moment":           {faulty{before: away(2)}, "", 2},
		"away for long":               {faulty{before: away(attempts)}, chat.CodeUnavailable, 1},
		"serialization failure":       {faulty{before: []error{&pgconn.PgError{Code: "40001"}, &pgconn.PgError{Code: "40P01"}}}, "", 2},
		"somebody else was first":     {faulty{before: []error{&pgconn.PgError{Code: "23505"}}}, "", 2},
		"a fault that would not pass": {faulty{before: []error{&pgconn.PgError{Code: "42601"}}}, chat.CodeInternal, 1},
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, url string) {
				s := open(t, Options{URL: url})
				release := hold(s)
				f := c.faulty
				f.journal = s.appender.journal
				f.before = append([]error(nil), f.before...)
				s.appender.journal, s.appender.pause = &f, func(context.Context, int) {}
				waiting := submit(s, post("r", "m1", "n"))
				release()
				wantCode(t, "answer", (<-waiting).err, c.code)
				retry := <-submit(s, post("r", "m2", "n"))
				if retry.err != nil || (retry.Before.Prior != nil) != (c.seq == 2) {
					t.Errorf("retry with the nonce: %+v", retry)
				}
				if got := (<-submit(s, post("r", "m3", "n3"))).Message.Seq; got != 2 {
					t.Errorf("next message has seq %d, want 2", got)
				}
			})
		})
	}
}

// TestFaultsWithActs: an act is recorded as often as what it goes with is written.
func TestFaultsWithActs(t *testing.T) {
	away := []error{io.ErrUnexpectedEOF, io.ErrUnexpectedEOF, io.ErrUnexpectedEOF, io.ErrUnexpectedEOF, io.ErrUnexpectedEOF}
	for name, c := range map[string]struct {
		faulty faulty
		code   chat.Code
		acts   int64
	}{
		"commit lost, done":          {faulty{commit: lostAfter}, "", 1},
		"commit lost, not done":      {faulty{commit: lostBefore}, "", 1},
		"never answered, undone":     {faulty{commit: lostBefore, lookup: away}, chat.CodeUnavailable, 0},
		"away for long":              {faulty{before: away}, chat.CodeUnavailable, 0},
		"a fault that does not pass": {faulty{before: []error{&pgconn.PgError{Code: "42601"}}}, chat.CodeInternal, 0},
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, url string) {
				s := open(t, Options{URL: url})
				release := hold(s)
				f := c.faulty
				f.journal = s.appender.journal
				s.appender.journal, s.appender.pause = &f, func(context.Context, int) {}
				cmd := post("r", "m", "n")
				decide := cmd.Decide
				cmd.Decide = func(st chat.State) (chat.Effects, error) {
					e, err := decide(st)
					e.Audit = []chat.Audit{{ID: "a", Act: chat.ActMessagePost}}
					e.Insert.Files = []string{"f"}
					e.Invite = []chat.Invitation{{ID: "i", Sender: "u", Receiver: "v"}}
					return e, err
				}
				waiting := submit(s, cmd)
				release()
				wantCode(t, "answer", (<-waiting).err, c.code)
				_, acts, err := s.Audits(t.Context(), chat.AuditQuery{Limit: 9})
				_, invited, err2 := s.Invitations(t.Context(), "v", false, chat.Page{Limit: 9})
				var posted int64
				err3 := s.read(t.Context()).Raw("SELECT count(*) FROM postings").Row().Scan(&posted)
				if err := errors.Join(err, err2, err3); err != nil || acts != c.acts || invited != c.acts || posted != c.acts {
					t.Errorf("%d acts, %d invitations, %d postings, want %d of each: %v", acts, invited, posted, c.acts, err)
				}
			})
		})
	}
}
