package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"example.com/aye/store"
)

const (
	// openPatience is how long a server that starts waits for its database: one that crashed too takes its time to come back.
	openPatience = time.Minute
	// openPause lies between two tries.
	openPause = time.Second
)

// OpenPatiently is [Open] for a server: where the database cannot be used at the moment it is tried again for a minute, and
// the log says so. A setting that is wrong ends it at once.
func OpenPatiently(ctx context.Context, c Config, log *slog.Logger, now func() time.Time) (*App, error) {
	patience := time.NewTimer(openPatience)
	defer patience.Stop()
	for {
		a, err := Open(ctx, c, log, now)
		if err == nil || !errors.Is(err, store.ErrUnavailable) {
			return a, err
		}
		log.WarnContext(ctx, "the database cannot be used yet; it is tried again", slog.String("error", err.Error()))
		pause := time.NewTimer(openPause)
		select {
		case <-pause.C:
		case <-patience.C:
			return nil, err
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err)
		}
	}
}
