package leaktest

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

// One that is ending is waited for, and one that stays is found.
func TestLeft(t *testing.T) { // alone: others are goroutines too
	others := goleak.IgnoreCurrent()
	go func() { <-time.After(2 * time.Second) }()
	if goleak.Find(others) == nil {
		t.Error("goleak itself waits for as long")
	}
	if err := left(time.Minute, others); err != nil {
		t.Errorf("one that was ending: %v", err)
	}
	stay := make(chan struct{})
	go func() { <-stay }()
	if left(0, others) == nil {
		t.Error("one that stays is not found")
	}
	close(stay)
}
