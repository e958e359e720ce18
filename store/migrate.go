package store

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"parley/migrations"
)

// MigrateUp applies every missing migration to the database at url (as in
// [Options]), all or none. Processes that do so at once take turns.
func MigrateUp(ctx context.Context, url string) error {
	return migrate(ctx, url, migrations.Up)
}

// MigrateDown undoes the newest applied migration alone, with what its tables
// hold. It answers [migrations.ErrNone] where there is none. Stop all nodes first.
func MigrateDown(ctx context.Context, url string) error {
	return migrate(ctx, url, migrations.Down)
}

// MigrateStatus lists this program's migrations, oldest first.
func MigrateStatus(ctx context.Context, url string) (steps []migrations.Step, err error) {
	err = migrate(ctx, url, func(db *gorm.DB) error {
		steps, err = migrations.Status(db)
		return err
	})
	return steps, err
}

func migrate(ctx context.Context, url string, run func(*gorm.DB) error) error {
	db, err := openDatabase(ctx, url)
	if err != nil {
		return err
	}
	return errors.Join(run(db.write.WithContext(ctx)), db.close())
}
