package bench

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		behind, err := pace(t.Context(), 10, time.Second, func() bool {
			at = append(at, time.Since(start))
			if len(at) == 3 { // something holds it up for longer than two turns
				<-time.After(250 * time.Millisecond)
			}
			return true
		})
		want := []time.Duration{0, 100, 200, 450, 450, 500, 600, 700, 800, 900}
		for i := range want {
			want[i] *= time.Millisecond
		}
		if err != nil || behind != 150*time.Millisecond || !slices.Equal(at, want) {
			t.Errorf("%v, behind %s, %v", at, behind, err)
		}
	})
}

func TestPaceEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := 0
		if _, err := pace(t.Context(), 10, time.Hour, func() bool { began++; return began < 3 }); err != nil || began != 3 {
			t.Errorf("%d began, %v", began, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		_, err := pace(ctx, 10, time.Hour, func() bool { cancel(); return true })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("broken off: %v", err)
		}
	})
}

func TestProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out output
		p := NewProgress(&out, true)
		p.start(100 * time.Second)
		p.begin("cycles", 40*time.Second)
		p.say("16 in flight")
		<-time.After(20*time.Second + paintEvery/2)
		p.mu.Lock()
		if far := p.far(time.Now()); far < 0.2 || far > 0.21 {
			t.Errorf("halfway in the first phase: %v", far)
		}
		p.mu.Unlock()
		p.begin("kills", 60*time.Second)
		p.at(0.5) // quicker than was thought
		p.mu.Lock()
		if far := p.far(time.Now()); far != 0.7 {
			t.Errorf("halfway in the second: %v", far)
		}
		p.mu.Unlock()
		p.end()
		if said := out.String(); !containsAll(said, "16 in flight", "\r\x1b[K[####....................] 20 %  16 in flight") {
			t.Errorf("painted: %q", said)
		}
	})
	var out output
	p := NewProgress(&out, false)
	p.start(2 * time.Minute)
	p.begin("cycles", 5*time.Second)
	p.say("not on a file")
	p.end()
	if want := "This takes about 2 min.\ncycles, about 5 s\n"; out.String() != want {
		t.Errorf("to a file: %q, want %q", out.String(), want)
	}
	var nobody *Progress
	nobody.start(0)
	nobody.begin("", 0)
	nobody.say("")
	nobody.at(1)
	nobody.end()
}
