package store

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	gormlog "gorm.io/gorm/logger"
)

// slow is from when a statement is worth a warning.
const slow = 200 * time.Millisecond

// logger is gorm's on slog. Errors are not logged here: they are returned, and whoever
// answers for them logs them once.
type logger struct{ log *slog.Logger }

func (l logger) LogMode(gormlog.LogLevel) gormlog.Interface { return l }

func (l logger) Info(ctx context.Context, text string, values ...any) {
	l.log.DebugContext(ctx, fmt.Sprintf(text, values...))
}

func (l logger) Warn(ctx context.Context, text string, values ...any) {
	l.log.WarnContext(ctx, fmt.Sprintf(text, values...))
}

func (l logger) Error(ctx context.Context, text string, values ...any) {
	l.log.ErrorContext(ctx, fmt.Sprintf(text, values...))
}

func (l logger) Trace(ctx context.Context, begin time.Time, statement func() (string, int64), _ error) {
	level, took := slog.LevelDebug, time.Since(begin)
	if took >= slow {
		level = slog.LevelWarn
	}
	if !l.log.Enabled(ctx, level) {
		return
	}
	text, rows := statement()
	l.log.LogAttrs(ctx, level, "statement", slog.String("sql", text), slog.Int64("rows", rows), slog.Duration("took", took))
}

// ParamsFilter keeps the values out of what is logged: they are addresses, hashes and names.
func (l logger) ParamsFilter(_ context.Context, statement string, _ ...any) (string, []any) {
	return statement, nil
}
