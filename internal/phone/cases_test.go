package phone

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var opened = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)

func lostCase() object {
	return object{
		"id": "case_1", "kind": "lost", "state": "waiting", "organisation": object{"id": "org_1", "name": "Example"}, "agent": "Sam",
		"opened_at": opened, "due_at": opened.Add(24 * time.Hour),
	}
}

func TestCases(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := pairedPhone(t, f)
	if none, err := p.Cases(t.Context()); err != nil || len(none) != 0 {
		t.Errorf("%v %v", none, err)
	}
	f.cases = []object{lostCase()}
	got, err := p.Cases(t.Context())
	want := []Case{{
		ID: "case_1", Kind: "lost", State: "waiting", Organisation: Tenant{ID: "org_1", Name: "Example"}, Agent: "Sam",
		OpenedAt: opened, DueAt: opened.Add(24 * time.Hour), Device: "dev_1",
	}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

// Somebody who says that it was not them says so once, however bad the network is.
func TestStopCaseIsHeard(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := pairedPhone(t, f)
	f.cases, f.lose = []object{lostCase()}, 2
	stopped, err := p.StopCase(t.Context(), "case_1")
	if err != nil || stopped.State != "stopped" || stopped.Device != "dev_1" || f.lose != 0 {
		t.Errorf("%+v %v", stopped, err)
	}
	if _, err = p.StopCase(t.Context(), "case_2"); code(err) != "not-found" {
		t.Errorf("a case that never was: %v", err)
	}
}

// A phone with several accounts finds out which of them the case is about.
func TestStopCaseAmongAccounts(t *testing.T) {
	t.Parallel()
	first, second := newFake(t), newFake(t)
	p := open(t, filepath.Join(t.TempDir(), "phone.json"))
	for _, f := range []*fake{first, second} {
		if _, err := p.Pair(t.Context(), f.link(), pixel); err != nil {
			t.Fatal(err)
		}
	}
	second.cases = []object{lostCase()}
	if stopped, err := p.StopCase(t.Context(), "case_1"); err != nil || stopped.State != "stopped" {
		t.Errorf("%+v %v", stopped, err)
	}
	if _, err := p.StopCase(t.Context(), "case_2"); !errors.Is(err, ErrUnknownCase) {
		t.Errorf("a case that never was: %v", err)
	}
}

func TestCasesOfAPhoneThatWaits(t *testing.T) {
	t.Parallel()
	if _, err := open(t, "").Cases(t.Context()); !errors.Is(err, ErrNoPairing) {
		t.Errorf("a phone without accounts: %v", err)
	}
	f := newFake(t)
	f.status, f.cases = "awaiting-code", []object{lostCase()}
	p := pairedPhone(t, f)
	if cases, err := p.Cases(t.Context()); err != nil || len(cases) != 0 {
		t.Errorf("%v %v", cases, err)
	}
}

// A phone that a case removed still shows that case and stops it, though it answers nothing else any more.
func TestStopCaseThatRemovedThePhone(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := pairedPhone(t, f)
	f.status, f.cases = "removed", []object{lostCase()}
	if _, err := p.List(t.Context()); code(err) != "device-unknown" {
		t.Errorf("the phone is linked: %v", err)
	}
	if cases, err := p.Cases(t.Context()); err != nil || len(cases) != 1 {
		t.Errorf("%v %v", cases, err)
	}
	if stopped, err := p.StopCase(t.Context(), "case_1"); err != nil || stopped.State != "stopped" {
		t.Errorf("%+v %v", stopped, err)
	}
}

func TestWatchShowsACaseOnce(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := pairedPhone(t, f)
	f.cases = []object{lostCase()}
	seen := 0
	ctx, stop := context.WithCancel(t.Context())
	p.SeenCase = func(Case) {
		seen++
		stop()
	}
	if err := p.Watch(ctx, func(Request) {}); err != nil || seen != 1 {
		t.Errorf("seen %d times, %v", seen, err)
	}
}
