//go:build unix

package gate

import (
	"math"
	"syscall"
)

// OpenFiles is how many files this process may have open; each connection is one.
func OpenFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxInt32
	}
	return int(min(uint64(limit.Cur), math.MaxInt32)) //nolint:gosec,unconvert,nolintlint // it fits, and is signed on some systems
}
