package app

import "example.com/aye/internal/gate"

// Limits are those of connections, and of those that wait, with so many files.
func Limits(c Config, files int) (limits gate.Limits, most int) {
	limits = c.limits(files, nil)
	return limits, waiters(limits)
}
