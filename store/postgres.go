package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
)

const (
	// poolConnections bounds the connections for reads and for writes of users.
	poolConnections = 16
	// searchConnections bounds the searches at once, which may take long, the
	// indexer included.
	searchConnections = 5
	// journalConnections are the appender's own, so that reads never keep it
	// waiting: one for transactions, one to ask for the fate of a lost one.
	journalConnections = 2
)

// openPostgres opens two pools: the appender's and that of everything else.
func openPostgres(ctx context.Context, url string) (*database, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, failed("open postgres", err) // pgx leaves the password out
	}
	pool := stdlib.OpenDB(*config, stdlib.OptionShouldPing(stale))
	pool.SetMaxOpenConns(poolConnections)
	pool.SetMaxIdleConns(poolConnections / 2)
	appending := stdlib.OpenDB(*config, stdlib.OptionShouldPing(stale), stdlib.OptionAfterConnect(prepareJournal))
	appending.SetMaxOpenConns(journalConnections)
	appending.SetMaxIdleConns(journalConnections)
	searching := stdlib.OpenDB(*config, stdlib.OptionShouldPing(stale), stdlib.OptionAfterConnect(prepareSearch))
	searching.SetMaxOpenConns(searchConnections)
	searching.SetMaxIdleConns(2)
	d := &database{
		journal: &pgJournal{pool: appending}, engine: &pgEngine{},
		closers: []func() error{closePool(appending), closePool(searching), closePool(pool)},
	}
	err = d.preparePostgres(ctx, pool)
	if err == nil {
		d.search, err = openGORM(postgres.New(postgres.Config{Conn: searching}))
	}
	if err != nil {
		_ = d.close()
		return nil, err
	}
	return d, nil
}

// stale reports that a connection has idled long enough for the server to have
// been restarted meanwhile; such a one is tried before it is used.
func stale(_ context.Context, p stdlib.ShouldPingParams) bool {
	return p.IdleDuration > 100*time.Millisecond
}

// prepareJournal sets up a connection of the appender. A node that vanishes in the
// middle of a transaction must not hold its locks for long: others wait for them, and
// their clients with them. All the appender's
// statements find rows by key: no plan may read a whole table because the planner
// still believes that it is small.
func prepareJournal(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, `SET idle_in_transaction_session_timeout = '4s';
		SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off`)
	return err
}

// prepareSearch sets up a connection of the search: its plans use indexes, whatever
// the planner believes of words, and are made quickly.
func prepareSearch(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, `SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
		SET jit = off; SET max_parallel_workers_per_gather = 0`)
	return err
}

func (d *database) preparePostgres(ctx context.Context, pool *sql.DB) error {
	if err := pool.PingContext(ctx); err != nil {
		return failed("open postgres", err)
	}
	lower, err := pgLower(ctx, pool)
	if err != nil {
		return err
	}
	d.contains = func(column string) string {
		return "strpos(" + lower(column) + ", " + lower("CAST(? AS text)") + ") > 0"
	}
	d.write, err = openGORM(postgres.New(postgres.Config{Conn: pool}))
	d.read, d.prepared = d.write, d.write
	return err
}

// pgLower returns the expression that puts text into lower case in all scripts.
// What plain lower knows depends on the database's locale ("C" knows ASCII
// alone); ICU's collation, where the server has it, knows all.
func pgLower(ctx context.Context, pool *sql.DB) (func(string) string, error) {
	var icu bool
	err := pool.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu'
		AND collencoding IN (-1, (SELECT encoding FROM pg_database WHERE datname = current_database())))`).Scan(&icu)
	if err != nil {
		return nil, failed("open postgres", err)
	}
	if icu {
		return func(text string) string { return "lower(" + text + ` COLLATE "und-x-icu")` }, nil
	}
	return func(text string) string { return "lower(" + text + ")" }, nil
}
