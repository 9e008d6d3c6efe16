package app

import (
	"context"
	"log/slog"
	"time"
)

const (
	monthsEvery  = time.Hour
	changesEvery = time.Minute
)

// keepMonths makes the months of the database that come, and tells of rows that fit none. Only PostgreSQL has any.
func (a *App) keepMonths(ctx context.Context) {
	keep := func() {
		kept, err := a.Store.KeepPartitions(ctx)
		if err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "months of the database were not made ahead, and are tried again", slog.String("error", err.Error()))
		}
		if len(kept.Made)+len(kept.Dropped) > 0 {
			a.log.InfoContext(ctx, "months of the database were made, or dropped because nothing was in them", slog.Any("made", kept.Made), slog.Any("dropped", kept.Dropped))
		}
		for table, rows := range kept.Stray {
			a.log.WarnContext(ctx, "rows of the database fit no month: is a clock wrong?", slog.String("table", table), slog.Int64("rows", rows))
		}
	}
	keep()
	every(ctx, monthsEvery, keep)
}

// pruneChanges forgets each minute the changes that no server looks at any more.
func (a *App) pruneChanges(ctx context.Context) {
	every(ctx, changesEvery, func() {
		if err := a.Store.PruneChanges(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "old changes were not forgotten, and are tried again", slog.String("error", err.Error()))
		}
	})
}
