package bench

import (
	"testing"
	"time"
)

func TestRotation(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	ada, bob := &person{device: "ada"}, &person{device: "bob"}
	r := newRotation([]*person{ada, bob}, true, func() time.Time { return now })
	ask := func(want *person) *turn {
		t.Helper()
		got, ok := r.take()
		if ok != (want != nil) || (ok && got.person != want) {
			t.Fatalf("at %s: %v, want %v", now.Format(time.TimeOnly), got, want)
		}
		return got
	}
	// In turns, and nobody while their login goes on.
	first, second := ask(ada), ask(bob)
	ask(nil)
	r.give(second)
	r.give(first)
	for range asksPerTenMinutes - 1 {
		r.give(ask(bob))
		r.give(ask(ada))
	}
	ask(nil)
	now = now.Add(10*time.Minute - time.Second)
	ask(nil)
	now = now.Add(time.Second)
	for range asksPerTenMinutes {
		r.give(ask(bob))
		r.give(ask(ada))
	}
	// Ten minutes later the hour is used up.
	now = now.Add(10 * time.Minute)
	ask(nil)
	now = now.Add(40 * time.Minute)
	// Who is not given back is not asked again.
	ask(bob)
	r.give(ask(ada))
	ask(ada)
}

func TestRotationWithoutLimits(t *testing.T) {
	t.Parallel()
	r := newRotation([]*person{{}}, false, time.Now)
	for range 100 {
		one, ok := r.take()
		if !ok {
			t.Fatal("nobody left")
		}
		r.give(one)
	}
}
