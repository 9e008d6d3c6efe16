package bench

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func good() Options {
	return Options{Duration: time.Second, InFlight: []int{1}, Waiters: []int{0}}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*Options)
		want   string // of the error, empty for none
	}{
		"good":            {func(*Options) {}, ""},
		"too short":       {func(o *Options) { o.Duration = time.Millisecond }, "the duration"},
		"too long":        {func(o *Options) { o.Duration = time.Hour }, "the duration"},
		"nothing flies":   {func(o *Options) { o.InFlight = []int{16, 0} }, "in flight"},
		"none in flight":  {func(o *Options) { o.InFlight = nil }, "in flight"},
		"fewer than none": {func(o *Options) { o.Waiters = []int{-1} }, "waiters"},
		"unknown phase":   {func(o *Options) { o.Only = []Phase{"cycle"} }, "the phases are probes, cycles"},
		"unknown attack":  {func(o *Options) { o.Attacks = []string{"acount"} }, "the attacks are account, drip, sockets, dots"},
		"attacks":         {func(o *Options) { o.Attacks = []string{"sockets", "account"} }, ""},
		"growth":          {func(o *Options) { o.Stored = []int{1} }, ""},
		"stored":          {func(o *Options) { o.Stored = []int{0} }, "stored"},
		"kills":           {func(o *Options) { o.Kills = 5000 }, "kills"},
		"organisations":   {func(o *Options) { o.Organisations = 1001 }, "1 to 1000 organisations"},
		"kills of many":   {func(o *Options) { o.Organisations, o.Kills = 2, 3 }, "one organisation"},
	} {
		o := good()
		test.change(&o)
		err := o.normalise()
		if test.want == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if test.want != "" && (!errors.Is(err, ErrOptions) || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

func TestWhichPhasesRun(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*Options)
		want   []Phase
	}{
		"usual":       {func(*Options) {}, []Phase{Probes, Cycles, Waiters, Pushes}},
		"with kills":  {func(o *Options) { o.Kills = 3 }, []Phase{Probes, Cycles, Waiters, Pushes, Kills}},
		"with growth": {func(o *Options) { o.Stored = []int{9, 3} }, []Phase{Probes, Cycles, Waiters, Pushes, Growth}},
		"only":        {func(o *Options) { o.Only, o.Kills = []Phase{Cycles}, 3 }, []Phase{Cycles}},
	} {
		o := good()
		test.change(&o)
		if err := o.normalise(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !slices.Equal(o.Only, test.want) || !slices.IsSorted(o.Stored) || o.Kills == 0 {
			t.Errorf("%s: %v, %v, %d", name, o.Only, o.Stored, o.Kills)
		}
	}
}

func TestStopped(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	o := good()
	o.Only, o.Dir = []Phase{Probes}, t.TempDir()
	report, err := Run(ctx, o)
	if report != nil || !errors.Is(err, ErrStopped) || errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", report, err)
	}
	if left, err := os.ReadDir(o.Dir); err != nil || len(left) != 0 {
		t.Errorf("it leaves %v, %v", left, err)
	}
}

func TestHowManyPeople(t *testing.T) {
	t.Parallel()
	need := func(change func(*Options)) (people, quiet int) {
		o := good()
		change(&o)
		if err := o.normalise(); err != nil {
			t.Fatal(err)
		}
		r := &run{Options: o, report: &Report{Machine: Machine{OpenFiles: 20_000}}}
		return r.needed()
	}
	if people, quiet := need(func(o *Options) { o.Only = []Phase{Probes, Pushes} }); people != 0 || quiet != 0 {
		t.Errorf("nobody logs in, and %d and %d people are needed", people, quiet)
	}
	// 1.1 s of 500 logins each, and the one that is in flight at the end of each turn.
	if people, _ := need(func(o *Options) { o.Only = []Phase{Cycles} }); people != 138 {
		t.Errorf("for one in flight %d people", people)
	}
	if people, _ := need(func(o *Options) { o.Only, o.InFlight = []Phase{Cycles}, []int{256} }); people != 816 {
		t.Errorf("for 256 in flight %d people", people)
	}
	// However many files there are, three to a person.
	if _, quiet := need(func(o *Options) { o.Only, o.Waiters = []Phase{Waiters}, []int{0, 50_000} }); quiet != 16_667 {
		t.Errorf("for the crowd %d people", quiet)
	}
}
