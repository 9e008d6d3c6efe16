package main

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// TestTheSecondSignalEndsAtOnce: the first one lets what is under way be finished. It sends them to itself, so it is alone.
func TestTheSecondSignalEndsAtOnce(t *testing.T) {
	codes := make(chan int, 1)
	ctx, stop := endable(func(code int) { codes <- code })
	defer stop()
	send := func() {
		t.Helper()
		if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	send()
	<-ctx.Done()
	select {
	case code := <-codes:
		t.Fatalf("the first signal ends it with %d", code)
	default:
	}
	send()
	select {
	case code := <-codes:
		if code != 128+int(syscall.SIGTERM) {
			t.Errorf("the second signal ends it with %d", code)
		}
	case <-time.After(30 * time.Second):
		t.Error("the second signal does not end it")
	}
}
