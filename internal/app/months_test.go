package app

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/aye/internal/ayetest"
)

// saying gets each line of the log.
type saying chan string

func (l saying) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

// TestStrayRowsAreToldOf: rows of the database that fit no month are in the log of the server. The clock of a test is such a
// wrong one.
func TestStrayRowsAreToldOf(t *testing.T) {
	t.Parallel()
	w := ayetest.NewOn(t, ayetest.Database(t))
	said := make(saying, 10)
	a := &App{Store: w.Store, log: slog.New(slog.NewTextHandler(said, nil))}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	var keeping sync.WaitGroup
	defer keeping.Wait()
	defer cancel()
	keeping.Go(func() { a.keepMonths(ctx) })
	select {
	case line := <-said:
		if !strings.Contains(line, "level=WARN") || !strings.Contains(line, "fit no month") || !strings.Contains(line, "table=audit_rows") || strings.Contains(line, "rows=0") {
			t.Error(line)
		}
	case <-ctx.Done():
		t.Error("nothing was said")
	}
}
