package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"parley/migrations"
)

// database is an opened database: GORM handles for reads and for the writes
// that are no room's, and the appender's journal.
type database struct {
	read, write *gorm.DB
	journal     journal
	// search is for reads by way of the full-text index, and of the indexer.
	search *gorm.DB
	engine engine
	// prepared is for a read that comes thousands of times a second: its statement is
	// kept.
	prepared *gorm.DB
	// contains is a condition: column contains the argument, whatever their case.
	contains func(column string) string
	// closers run in order.
	closers []func() error
}

func openDatabase(ctx context.Context, url string) (*database, error) {
	switch {
	case strings.HasPrefix(url, "sqlite://"):
		return openSQLite(ctx, strings.TrimPrefix(url, "sqlite://"))
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		return openPostgres(ctx, url)
	}
	return nil, errors.New("store: a database URL begins with sqlite:// or postgres://")
}

func (d *database) close() error {
	var errs []error
	for _, f := range d.closers {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

// migrated answers ErrNotMigrated unless every step of this program is applied.
func (d *database) migrated(ctx context.Context) error {
	steps, err := migrations.Status(d.write.WithContext(ctx))
	if err != nil {
		return failed("open", err)
	}
	for _, s := range steps {
		if !s.Applied {
			return ErrNotMigrated
		}
	}
	return nil
}

func (d *database) readEpoch(ctx context.Context) (string, error) {
	var epoch string
	err := d.write.WithContext(ctx).Raw("SELECT value FROM meta WHERE name = 'epoch'").Row().Scan(&epoch)
	if err != nil {
		return "", failed("read epoch", err)
	}
	return epoch, nil
}

// newEpoch returns a name that no earlier epoch of this database had.
func newEpoch() string {
	b := make([]byte, 4)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return hex.EncodeToString(b)
}

// forever is what GORM takes for no end: a kept statement needs no goroutine then,
// which nothing would end.
const forever = 10 * 365 * 24 * time.Hour

// openGORM puts GORM over an open pool. Single statements are their own
// transactions; failures are returned, never logged by GORM.
func openGORM(d gorm.Dialector) (*gorm.DB, error) {
	db, err := gorm.Open(d, &gorm.Config{
		SkipDefaultTransaction: true,
		PrepareStmtTTL:         forever,
		DisableAutomaticPing:   true,
		Logger:                 logger.Discard,
	})
	if err != nil {
		return nil, failed("gorm", err)
	}
	return db, nil
}

func closePool(db *sql.DB) func() error {
	return func() error { return db.Close() }
}
