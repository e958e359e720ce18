package main

import (
	"context"
	"fmt"
	"log/slog"

	"parley/store"
)

// openStore opens the database with all its migrations. The first time it says
// how to make an administrator.
func openStore(ctx context.Context, url string, log *slog.Logger) (*store.Store, error) {
	steps, err := store.MigrateStatus(ctx, url)
	if err != nil {
		return nil, err
	}
	if err := store.MigrateUp(ctx, url); err != nil {
		return nil, err
	}
	if len(steps) > 0 && !steps[0].Applied {
		log.Info("a new database; make an administrator with: parley user add NAME --role admin")
	}
	return store.Open(ctx, store.Options{URL: url, Logger: log})
}

// migrateCommand keeps the tables.
type migrateCommand struct {
	database
	Action string `arg:"" enum:"up,down,status" help:"up: apply what is missing. down: undo the newest. status: list."`
}

// Run does it.
func (c migrateCommand) Run(ctx context.Context, s streams) error {
	switch c.Action {
	case "up":
		return store.MigrateUp(ctx, c.DatabaseURL)
	case "down":
		return store.MigrateDown(ctx, c.DatabaseURL)
	}
	steps, err := store.MigrateStatus(ctx, c.DatabaseURL)
	for _, step := range steps {
		state := "missing"
		if step.Applied {
			state = "applied"
		}
		_, _ = fmt.Fprintf(s.out, "%s  %s\n", state, step.ID)
	}
	return err
}

// restoredCommand begins a new epoch.
type restoredCommand struct{ database }

// Run does it.
func (c restoredCommand) Run(ctx context.Context, s streams) error {
	st, err := openStore(ctx, c.DatabaseURL, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { _ = st.Close(ctx) }()
	epoch, err := st.NewEpoch(ctx)
	if err == nil {
		_, err = fmt.Fprintln(s.out, "epoch", epoch)
	}
	return err
}
