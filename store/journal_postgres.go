package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// pgJournal sends a group's transaction in two round trips: BEGIN, the locks and
// the reads; then the writes and COMMIT. READ COMMITTED with row locks is enough:
// each statement of the first trip sees what was committed before the locks were
// granted, and whoever changes a room holds the lock on its row.
type pgJournal struct {
	pool *sql.DB
}

func (j *pgJournal) begin(ctx context.Context, want wants) (transaction, found, error) {
	conn, err := j.pool.Conn(ctx)
	if err != nil {
		return nil, found{}, failed("begin", err)
	}
	tx := &pgTransaction{conn: conn}
	var rows found
	err = tx.raw(func(c *pgx.Conn) (err error) {
		rows, err = tx.begin(ctx, c, want)
		return err
	})
	if err != nil {
		tx.rollback()
		return nil, found{}, failed("begin", err)
	}
	return tx, rows, nil
}

// committed asks the server what became of the transaction. One that is still
// open there has lost its client and is ended; the next call learns how. The
// message is looked for as well, since a standby that took over may know another
// transaction by the same number.
func (j *pgJournal) committed(ctx context.Context, r receipt) (bool, error) {
	var status sql.NullString
	err := j.pool.QueryRowContext(ctx, "SELECT pg_xact_status($1::text::xid8)", r.transaction).Scan(&status)
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg) && pg.Code == "22023": // a number that this server has yet to give
		return false, nil
	case err != nil:
		return false, err
	case status.String == "aborted":
		return false, nil
	case status.String == "in progress":
		_, err := j.pool.ExecContext(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE backend_xid = $1::text::xid8::xid AND pid <> pg_backend_pid()`, r.transaction)
		return false, errors.Join(errors.New("store: transaction is still in progress"), err)
	case r.message == "":
		return status.String == "committed", nil
	}
	var there bool
	err = j.pool.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM messages WHERE id = $1)", r.message).Scan(&there)
	return there, err
}

func (j *pgJournal) ping(ctx context.Context) error { return j.pool.PingContext(ctx) }

// rollbackTimeout is how long the server has to undo a transaction by request; it
// does so by itself once the connection is closed.
const rollbackTimeout = time.Second

// pgTransaction holds one of the appender's connections until it is over.
type pgTransaction struct {
	conn *sql.Conn
	id   string // PostgreSQL's number of the transaction
	over bool
}

// raw runs f with pgx's connection at hand, for its pipelined batches.
func (tx *pgTransaction) raw(f func(*pgx.Conn) error) error {
	return tx.conn.Raw(func(c any) error { return f(c.(*stdlib.Conn).Conn()) })
}

func (tx *pgTransaction) begin(ctx context.Context, c *pgx.Conn, want wants) (rows found, err error) {
	b := &pgx.Batch{}
	b.Queue("BEGIN ISOLATION LEVEL READ COMMITTED")
	b.Queue("SELECT pg_current_xact_id()::text").QueryRow(func(row pgx.Row) error { return row.Scan(&tx.id) })
	b.Queue(pgLockRooms, want.rooms).Query(rows.scanRooms)
	b.Queue(pgConversations, want.rooms).Query(rows.scanConversations)
	queueReads(b, want, &rows)
	err = c.SendBatch(ctx, b).Close()
	return rows, err
}

func (tx *pgTransaction) load(ctx context.Context, want wants) (rows found, err error) {
	b := &pgx.Batch{}
	queueReads(b, want, &rows)
	err = tx.raw(func(c *pgx.Conn) error { return c.SendBatch(ctx, b).Close() })
	if err != nil {
		return found{}, failed("load", err)
	}
	return rows, nil
}

func (tx *pgTransaction) commit(ctx context.Context, c changes) error {
	b := &pgx.Batch{}
	queueWrites(b, c)
	b.Queue("COMMIT")
	err := tx.raw(func(conn *pgx.Conn) error { return sendCommit(conn.SendBatch(ctx, b), b.Len()) })
	if err == nil {
		tx.over = true
	} else {
		err = failed("commit", err)
	}
	var unknown *unknownOutcome
	if errors.As(err, &unknown) {
		unknown.receipt = c.receipt(tx.id)
	}
	tx.rollback()
	return err
}

// sendCommit reads the answers to n statements, the last of which is COMMIT. The
// server has refused a statement before COMMIT, or it has not been asked at all:
// then nothing was committed. Any other failure leaves the outcome unknown.
func sendCommit(results pgx.BatchResults, n int) error {
	defer results.Close()
	for i := range n {
		_, err := results.Exec()
		if err == nil {
			continue
		}
		var pg *pgconn.PgError
		refused := errors.As(err, &pg) && (i < n-1 || pg.Severity == "ERROR")
		if refused || pgconn.SafeToRetry(err) {
			return err
		}
		return &unknownOutcome{err: err}
	}
	return nil
}

// rollback undoes the transaction unless it is over, and gives the connection back.
func (tx *pgTransaction) rollback() {
	defer tx.conn.Close()
	if tx.over {
		return
	}
	tx.over = true
	_ = tx.raw(func(c *pgx.Conn) error {
		if c.IsClosed() || c.PgConn().TxStatus() == 'I' {
			return nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), rollbackTimeout)
		defer cancel()
		if _, err := c.Exec(ctx, "ROLLBACK"); err != nil {
			return c.Close(ctx) // a connection in doubt is not used again
		}
		return nil
	})
}
