package nats

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// What a line in the log is about. Of each, one is written in a minute at most: a server that refuses
// does so for every page that waits.
const (
	aboutConnect = "connect"
	aboutGone    = "gone"
	aboutAccess  = "access"
	aboutRefused = "refused"
	aboutSlow    = "slow"
	aboutWrite   = "write"
	aboutHeal    = "heal"
	aboutOther   = "other"
)

const logEvery = time.Minute

// journal writes to the log, and not the same all the time.
type journal struct {
	to *slog.Logger

	mu   sync.Mutex
	last map[string]time.Time
	// left counts what was not written since.
	left map[string]int
}

func newJournal(to *slog.Logger) *journal {
	return &journal{to: to, last: map[string]time.Time{}, left: map[string]int{}}
}

func (j *journal) said(words string) { j.to.InfoContext(context.Background(), words) }

func (j *journal) troubled(ctx context.Context, about, words string, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if time.Since(j.last[about]) < logEvery {
		j.left[about]++
		return
	}
	attributes := []slog.Attr{}
	if err != nil {
		attributes = append(attributes, slog.String("error", err.Error()))
	}
	if left := j.left[about]; left > 0 {
		attributes = append(attributes, slog.Int("unwritten", left))
	}
	j.last[about], j.left[about] = time.Now(), 0
	j.to.LogAttrs(ctx, slog.LevelWarn, words, attributes...)
}

func (j *journal) ifFailed(ctx context.Context, err error) {
	if err != nil {
		j.troubled(ctx, aboutOther, "NATS did not do what was asked", err)
	}
}
