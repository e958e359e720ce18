package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"github.com/ncruces/go-sqlite3/ext/fts5"
	"github.com/ncruces/go-sqlite3/gormlite"
	"gorm.io/gorm"
)

// readConnections is how many reads of SQLite run at once, beside the one writer.
const readConnections = 4

// openSQLite opens the file at path: a pool of one writing connection, whose
// transactions take the write lock at once, and a pool of reading ones. WAL lets
// both work at the same time; FULL makes each commit durable before it returns.
func openSQLite(ctx context.Context, path string) (*database, error) {
	abs, err := filepath.Abs(path)
	if err != nil || path == "" {
		return nil, fmt.Errorf("store: sqlite path %q is not usable", path)
	}
	if err := os.MkdirAll(filepath.Dir(abs), 0o750); err != nil {
		return nil, failed("open sqlite", err)
	}
	if err := ownFile(abs); err != nil {
		return nil, failed("open sqlite", err)
	}
	d := &database{contains: func(column string) string { return "instr(fold(" + column + "), fold(?)) > 0" }}
	writer, err := openSQLitePool(abs, 1, "immediate", "busy_timeout(10000)", "journal_mode(wal)", "synchronous(full)", "secure_delete(on)",
		// A page that many groups write to is copied into the file once per
		// checkpoint: 16 MB of WAL between two brought a fifth more messages a second.
		"wal_autocheckpoint(4000)", "journal_size_limit(67108864)", "cache_size(-16000)")
	if err != nil {
		return nil, err
	}
	// The writer makes the file before a reader looks for it.
	if err := pingSQLite(ctx, writer); err != nil {
		_ = writer.Close()
		return nil, fmt.Errorf("store: open sqlite %s: %w", path, err)
	}
	reader, err := openSQLitePool(abs, readConnections, "deferred", "busy_timeout(10000)", "query_only(on)")
	if err != nil {
		_ = writer.Close()
		return nil, err
	}
	reader.SetConnMaxIdleTime(5 * time.Minute) // each holds a page cache
	j := newSQLiteJournal(writer)
	d.journal = j
	// The writer last: closing the last connection folds the WAL into the file.
	d.closers = []func() error{j.close, closePool(reader), closePool(writer)}
	if d.write, err = openGORM(gormlite.OpenDB(writer)); err == nil {
		d.read, err = openGORM(gormlite.OpenDB(reader))
	}
	if err == nil {
		d.prepared = d.read.Session(&gorm.Session{PrepareStmt: true})
		d.search, err = openGORM(gormlite.OpenDB(reader))
		d.engine = &sqliteEngine{}
	}
	if err != nil {
		_ = d.close()
		return nil, err
	}
	return d, nil
}

// ownFile makes a new database file one that nobody else on the machine may read, as
// its log is then too. One that is there keeps its mode.
func ownFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator names it
	if err != nil {
		return err
	}
	return f.Close()
}

// pingSQLite makes the first connection. Another process may be turning the same
// new file to WAL, for which SQLite does not wait whatever the busy timeout.
func pingSQLite(ctx context.Context, db *sql.DB) error {
	for attempt := 1; ; attempt++ {
		err := db.PingContext(ctx)
		if err == nil || faultOf(err) != faultTransient || attempt > 2*attempts || ctx.Err() != nil {
			return err
		}
		backOff(ctx, min(attempt, attempts))
	}
}

func openSQLitePool(path string, size int, txlock string, pragmas ...string) (*sql.DB, error) {
	name := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{
		"_txlock": {txlock}, "_pragma": pragmas,
	}.Encode()}
	db, err := driver.Open(name.String(), func(c *sqlite3.Conn) error {
		return errors.Join(registerFold(c), fts5.Register(c))
	})
	if err != nil {
		return nil, failed("open sqlite", err)
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}

// registerFold gives a connection the function fold, lower case in all scripts:
// SQLite's own lower and LIKE know ASCII alone.
func registerFold(c *sqlite3.Conn) error {
	return c.CreateFunction("fold", 1, sqlite3.DETERMINISTIC|sqlite3.INNOCUOUS,
		func(ctx sqlite3.Context, args ...sqlite3.Value) {
			ctx.ResultText(strings.ToLower(args[0].Text()))
		})
}
