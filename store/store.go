package store

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"parley/chat"
)

// Options say which database to open and how.
type Options struct {
	// URL is sqlite://path or postgres://...; see [Open].
	URL string
	// QueueSize bounds the commands that wait for their group: 8192 if zero.
	QueueSize int
	// BatchSize bounds the commands of one transaction: 256 if zero.
	BatchSize int
	// Logger gets what callers are not told; slog.Default() if nil.
	Logger *slog.Logger
	// Clock stamps what a command leaves without a time; time.Now if nil.
	Clock func() time.Time
}

func (o Options) withDefaults() Options {
	if o.QueueSize <= 0 {
		o.QueueSize = 8192
	}
	if o.BatchSize <= 0 {
		o.BatchSize = 256
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o
}

// Store is a [chat.Store]. All methods may be called at once.
type Store struct {
	*appender
	db    *database
	index *indexer
	// library takes away what documents have left.
	library *library
	probe   int // see engine.probe
	epoch   atomic.Pointer[string]
}

var _ chat.Store = (*Store)(nil)

// ErrNotMigrated is answered by [Open] for a database that lacks a migration of
// this program: run [MigrateUp] (`parley migrate up`) first.
var ErrNotMigrated = errors.New("store: the database lacks migrations: run `parley migrate up`")

// Open opens the database and starts the appender, the indexer and what tidies up after documents;
// [Store.Close] ends them. It does not migrate.
//
// In sqlite://data/parley.db everything after sqlite:// is a path, relative to
// the working directory unless it begins with a slash; directories are made. A
// postgres:// URL takes every parameter that pgx knows. ctx bounds the opening
// alone. The error never holds the URL's password.
func Open(ctx context.Context, o Options) (*Store, error) {
	o = o.withDefaults()
	db, err := openDatabase(ctx, o.URL)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db}
	if err := s.start(ctx, o); err != nil {
		return nil, errors.Join(err, db.close())
	}
	return s, nil
}

func (s *Store) start(ctx context.Context, o Options) error {
	if err := s.db.migrated(ctx); err != nil {
		return err
	}
	epoch, err := s.db.readEpoch(ctx)
	if err != nil {
		return err
	}
	s.epoch.Store(&epoch)
	s.probe = s.db.engine.probe()
	s.index = newIndexer(s.db, o.Logger)
	s.appender = newAppender(s.db.journal, o, s.index)
	s.index.start(s.appender)
	s.library = newLibrary(s.db, o, s.appender)
	return nil
}

// Close answers everything that was submitted, then closes the database; from
// its call on Submit answers [chat.ErrClosing]. If ctx ends first, what still
// waits in the queue is answered ErrClosing unwritten, and ctx's error returned.
// It must not be called from a done function, which it waits for.
func (s *Store) Close(ctx context.Context) error {
	err := s.appender.close(ctx)
	s.library.close()
	s.index.close()
	return errors.Join(err, s.db.close())
}

// Epoch names the database's present epoch, as read by Open or made by NewEpoch.
func (s *Store) Epoch() string { return *s.epoch.Load() }

// NewEpoch begins a new epoch, the last step of a restore from a backup: every
// cursor given before then answers resync. Nodes that run meanwhile keep the old
// epoch until they start again, so stop them first.
func (s *Store) NewEpoch(ctx context.Context) (string, error) {
	epoch := newEpoch()
	err := s.db.write.WithContext(ctx).Exec("UPDATE meta SET value = ? WHERE name = 'epoch'", epoch).Error
	if err != nil {
		return "", failed("new epoch", err)
	}
	s.epoch.Store(&epoch)
	return epoch, nil
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	if err := s.read(ctx).Raw("SELECT 1").Row().Scan(&one); err != nil {
		return failed("ping", err)
	}
	return nil
}

func (s *Store) read(ctx context.Context) *gorm.DB { return s.db.read.WithContext(ctx) }
