// Package migrations is the history of the database's schema: one file per
// step, each with its own frozen copy of the tables it makes, so that a later
// change of the store's rows never changes what an old step did.
//
// Steps run in order, each written once in the table schema_migrations. Only
// package store imports this one; commands go through store.MigrateUp and its
// siblings.
package migrations

import (
	"errors"
	"fmt"

	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// lockKey is the PostgreSQL advisory lock that migrating nodes take in turn.
// It is "parley" in ASCII.
const lockKey = 0x7061726c6579

// ErrNone is answered by [Down] where no step is left to undo.
var ErrNone = errors.New("migrations: there is nothing to undo")

// Step is one migration and whether the database has it.
type Step struct {
	ID      string
	Applied bool
}

// list returns all steps, oldest first. Append only: a step that was released
// is never edited, renamed or moved.
func list() []*gormigrate.Migration {
	return []*gormigrate.Migration{
		meta(), users(), rooms(), messages(),
		tombstones(), invitations(), files(), audit(),
		search(), lists(),
		conversations(), replies(), chatbots(), documents(),
		inbox(), webhooks(),
	}
}

// Up applies every missing step in one transaction: all of them or none. Nodes
// that start at once take turns, on PostgreSQL by an advisory lock, on SQLite by
// the write lock, which db's transactions must take at their start
// (_txlock=immediate). Steps of a newer program are left alone, so that an old
// node may restart in the middle of a rolling update.
func Up(db *gorm.DB) error {
	return exclusively(db, func(g *gormigrate.Gormigrate) error {
		if err := g.Migrate(); err != nil {
			return fmt.Errorf("migrations: up: %w", err)
		}
		return nil
	})
}

// Down undoes the newest applied step, and that one alone; call it again for
// the one before. What the step's tables hold is lost. Without any applied step
// it answers [ErrNone].
func Down(db *gorm.DB) error {
	steps, err := Status(db)
	if err != nil {
		return err
	}
	if len(steps) == 0 || !steps[0].Applied {
		return ErrNone
	}
	return exclusively(db, func(g *gormigrate.Gormigrate) error {
		err := g.RollbackLast()
		if errors.Is(err, gormigrate.ErrNoRunMigration) {
			return ErrNone
		}
		if err != nil {
			return fmt.Errorf("migrations: down: %w", err)
		}
		return nil
	})
}

// Status lists this program's steps in order. It writes nothing and takes no
// lock; a database without any table has none applied.
func Status(db *gorm.DB) ([]Step, error) {
	applied := map[string]bool{}
	if db.Migrator().HasTable(options.TableName) {
		var ids []string
		if err := db.Table(options.TableName).Pluck(options.IDColumnName, &ids).Error; err != nil {
			return nil, fmt.Errorf("migrations: status: %w", err)
		}
		for _, id := range ids {
			applied[id] = true
		}
	}
	var steps []Step
	for _, m := range list() {
		steps = append(steps, Step{ID: m.ID, Applied: applied[m.ID]})
	}
	return steps, nil
}

// options leaves transactions to exclusively, whose lock must span them.
var options = gormigrate.Options{TableName: "schema_migrations", IDColumnName: "id", IDColumnSize: 255}

func exclusively(db *gorm.DB, run func(*gormigrate.Gormigrate) error) error {
	return db.Transaction(func(tx *gorm.DB) error {
		if postgres(tx) {
			if err := tx.Exec("SELECT pg_advisory_xact_lock(?)", lockKey).Error; err != nil {
				return fmt.Errorf("migrations: lock: %w", err)
			}
		}
		return run(gormigrate.New(tx, &options, list()))
	})
}
