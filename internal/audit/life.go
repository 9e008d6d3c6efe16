package audit

import "time"

const (
	// Life is how long rows are kept, at least. They go by whole months.
	Life = 400 * 24 * time.Hour
	// OriginLife is how long it is known of a row where it was written from.
	OriginLife = 90 * 24 * time.Hour
)

// Before gives the moment before which rows are dropped: the beginning of the month (UTC) that lies Life back.
func Before(now time.Time) time.Time {
	old := now.UTC().Add(-Life)
	return time.Date(old.Year(), old.Month(), 1, 0, 0, 0, 0, time.UTC)
}
