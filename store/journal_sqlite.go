package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
)

// sqliteJournal writes through the one writing connection, with statements that
// are compiled once and run row by row: in one process a row costs no round
// trip, and binding to a compiled statement is cheaper than compiling a longer
// one. BEGIN IMMEDIATE takes the lock of the whole database, so the rooms need
// none of their own.
type sqliteJournal struct {
	pool       *sql.DB
	conn       *sqlite3.Conn // whose statements these are
	statements map[string]*sqlite3.Stmt
}

func newSQLiteJournal(pool *sql.DB) *sqliteJournal {
	return &sqliteJournal{pool: pool, statements: map[string]*sqlite3.Stmt{}}
}

// close ends the compiled statements, without which the connection cannot close.
func (j *sqliteJournal) close() error {
	if len(j.statements) == 0 {
		return nil
	}
	conn, err := j.pool.Conn(context.Background())
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(any) error {
		var errs []error
		for _, s := range j.statements {
			errs = append(errs, s.Close())
		}
		clear(j.statements)
		return errors.Join(errs...)
	})
}

func (j *sqliteJournal) begin(ctx context.Context, want wants) (transaction, found, error) {
	conn, err := j.pool.Conn(ctx)
	if err != nil {
		return nil, found{}, failed("begin", err)
	}
	tx := &sqliteTransaction{journal: j, conn: conn}
	var rows found
	err = tx.raw(func() error {
		if err := j.exec("BEGIN IMMEDIATE"); err != nil {
			return err
		}
		tx.open = true
		rows, err = j.read(want)
		return err
	})
	if err != nil {
		tx.rollback()
		return nil, found{}, failed("begin", err)
	}
	return tx, rows, nil
}

// ping has nothing to ask: the database is a part of this process.
func (j *sqliteJournal) ping(context.Context) error { return nil }

// committed looks for what the transaction inserted. A COMMIT that fails in this
// process has not happened; there is no server that could still be at it.
func (j *sqliteJournal) committed(ctx context.Context, r receipt) (bool, error) {
	var n int
	err := j.pool.QueryRowContext(ctx, "SELECT count(*) FROM messages WHERE id = ?", r.message).Scan(&n)
	return n > 0, err
}

// statement returns the compiled statement for text.
func (j *sqliteJournal) statement(text string) (*sqlite3.Stmt, error) {
	if s := j.statements[text]; s != nil {
		return s, nil
	}
	s, _, err := j.conn.PrepareFlags(text, sqlite3.PREPARE_PERSISTENT)
	if err != nil {
		return nil, err
	}
	j.statements[text] = s
	return s, nil
}

// exec runs a statement that takes no arguments.
func (j *sqliteJournal) exec(text string) error {
	s, err := j.statement(text)
	if err != nil {
		return err
	}
	return s.Exec()
}

// sqliteTransaction holds the writing connection until it is over.
type sqliteTransaction struct {
	journal *sqliteJournal
	conn    *sql.Conn
	open    bool // BEGIN went through
}

// raw runs f with the connection at hand.
func (tx *sqliteTransaction) raw(f func() error) error {
	return tx.conn.Raw(func(c any) error {
		if conn := c.(driver.Conn).Raw(); conn != tx.journal.conn {
			// The pool has replaced the connection, and closed the statements with it.
			tx.journal.conn = conn
			clear(tx.journal.statements)
		}
		return f()
	})
}

func (tx *sqliteTransaction) load(_ context.Context, want wants) (found, error) {
	var rows found
	err := tx.raw(func() (err error) {
		rows, err = tx.journal.read(want)
		return err
	})
	if err != nil {
		return found{}, failed("load", err)
	}
	return rows, nil
}

func (tx *sqliteTransaction) commit(_ context.Context, c changes) error {
	err := tx.raw(func() error {
		if err := tx.journal.write(c); err != nil {
			return err
		}
		if err := tx.journal.exec("COMMIT"); err != nil {
			return err
		}
		tx.open = false
		return nil
	})
	if err != nil {
		err = failed("commit", err)
	}
	tx.rollback()
	return err
}

// rollback undoes an open transaction and gives the connection back.
func (tx *sqliteTransaction) rollback() {
	if tx.open {
		tx.open = false
		_ = tx.raw(func() error {
			if tx.journal.conn.GetAutocommit() {
				return nil // SQLite has undone it by itself
			}
			return tx.journal.exec("ROLLBACK")
		})
	}
	_ = tx.conn.Close()
}
