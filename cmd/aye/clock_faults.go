//go:build faults

package main

import (
	"os"
	"sync/atomic"
	"time"
)

// wrong is how far the clock is off, in nanoseconds, as the file says that FAULTS_CLOCK names. This program is built by the
// tests that let clocks jump, and by nobody else.
var wrong atomic.Int64

func init() {
	path := os.Getenv("FAULTS_CLOCK")
	if path == "" {
		return
	}
	go func() {
		for ; ; time.Sleep(20 * time.Millisecond) { //nolint:forbidigo // a program for tests
			text, err := os.ReadFile(path) //nolint:gosec // a program for tests
			if err != nil {
				continue
			}
			if by, err := time.ParseDuration(string(text)); err == nil {
				wrong.Store(int64(by))
			}
		}
	}()
}

func now() time.Time { return time.Now().Add(time.Duration(wrong.Load())) }
