//go:build !linux

package bench

import "syscall"

// portLate does nothing: other systems find ports as they do.
func portLate(string, string, syscall.RawConn) error { return nil }
