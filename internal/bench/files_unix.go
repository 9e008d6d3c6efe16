//go:build unix

package bench

import (
	"math"
	"syscall"
)

// openFiles is how many files a process may have open: connections are files. Go raises the
// soft limit to the hard one by itself, also in the servers that are started.
func openFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxInt32
	}
	return int(min(uint64(limit.Max), math.MaxInt32)) //nolint:gosec,unconvert // it fits, and is signed on some systems
}
