package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/ncruces/go-sqlite3"
)

// fault says what a failure of the database means for whoever might try again.
type fault int

const (
	// faultOther would happen again.
	faultOther fault = iota
	// faultUnique is a row that somebody else has inserted meanwhile.
	faultUnique
	// faultTransient undid a transaction that may go through the next time.
	faultTransient
	// faultLost is a database that is away: every transaction fails like this one.
	faultLost
)

// faultOf classifies an error of a transaction that is known not to have been
// committed.
func faultOf(err error) fault {
	var unknown *unknownOutcome
	switch {
	case errors.As(err, &unknown):
		return faultOther // nobody may try again what was perhaps done
	case errors.Is(err, errUndone), errors.Is(err, errSilent):
		return faultLost
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return faultOfState(pg.Code)
	}
	var lite *sqlite3.Error
	if errors.As(err, &lite) {
		return faultOfSQLite(lite)
	}
	var network net.Error
	var connect *pgconn.ConnectError
	switch {
	case errors.As(err, &network), errors.As(err, &connect), pgconn.Timeout(err), pgconn.SafeToRetry(err),
		errors.Is(err, driver.ErrBadConn), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, net.ErrClosed), errors.Is(err, context.DeadlineExceeded):
		return faultLost
	}
	return faultOther
}

// faultOfState classifies PostgreSQL's SQLSTATE codes.
func faultOfState(code string) fault {
	switch {
	case code == "23505":
		return faultUnique
	case code == "40001", code == "40P01", code == "55P03": // serialization, deadlock, lock not available
		return faultTransient
	case code == "25006": // a standby, where a primary was or will be
		return faultLost
	case code == "25P03": // the transaction idled for too long, and was undone
		return faultLost
	case strings.HasPrefix(code, "08"), strings.HasPrefix(code, "57P"), strings.HasPrefix(code, "53"):
		return faultLost // connection, shutdown, resources
	}
	return faultOther
}

func faultOfSQLite(e *sqlite3.Error) fault {
	switch e.ExtendedCode() {
	case sqlite3.CONSTRAINT_PRIMARYKEY, sqlite3.CONSTRAINT_UNIQUE:
		return faultUnique
	}
	switch e.Code() {
	case sqlite3.BUSY, sqlite3.LOCKED:
		return faultTransient
	case sqlite3.FULL, sqlite3.IOERR, sqlite3.CANTOPEN, sqlite3.INTERRUPT:
		return faultLost
	}
	return faultOther
}

// unknownOutcome is a COMMIT without an answer.
type unknownOutcome struct {
	receipt receipt
	err     error
}

func (e *unknownOutcome) Error() string { return "outcome of commit unknown: " + e.err.Error() }
func (e *unknownOutcome) Unwrap() error { return e.err }
