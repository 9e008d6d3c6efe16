package signin_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/signin"
)

// racers is how many pages of one browser come at the same moment.
const racers = 50

// TestFinishOnce: of many that finish one login, one gets a session.
func TestFinishOnce(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	v := w.Arrive(ada)
	v.Yes(phone, v.Wait())
	seen := v.Look()
	var mu sync.Mutex
	var tokens []secret.Secret
	ayetest.AtOnce(racers, func(int) {
		waiting, _, token, err := w.SignIn.Wait(t.Context(), seen)
		switch {
		case token != "":
			mu.Lock()
			defer mu.Unlock()
			tokens = append(tokens, token)
		case err == nil && waiting.State != approval.Released:
			t.Errorf("a loser sees %s", waiting.State)
		case err != nil && !errors.Is(err, signin.ErrNone):
			t.Errorf("a loser is told %v", err)
		}
	})
	ayetest.Same(t, "tokens", len(tokens), 1)
	gone(t, w, v.Token)
	v.Token = tokens[0]
	ayetest.Same(t, "level", v.Look().Level, signin.Full)
	ayetest.Same(t, "proven", len(actions(t, w, ada.OrganisationID, "session.proven")), 1)
	ayetest.Same(t, "redeemed", len(actions(t, w, ada.OrganisationID, "approval.released")), 1)
}

// TestAskOnce: many first looks are one question.
func TestAskOnce(t *testing.T) {
	t.Parallel()
	w, ada, _ := newPerson(t)
	v := w.Arrive(ada)
	seen := v.Look()
	var mu sync.Mutex
	requests := map[string]bool{}
	ayetest.AtOnce(racers, func(int) {
		waiting, session, _, err := w.SignIn.Wait(t.Context(), seen)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "session", session.WaitingID, waiting.RequestID)
		mu.Lock()
		defer mu.Unlock()
		requests[waiting.RequestID] = true
	})
	ayetest.Same(t, "requests", len(requests), 1)
	ayetest.Same(t, "pushes", len(w.Pusher.Taken(notify.MessageApproval)), 1)
}

// TestAgainOnce: many who ask again get one new question.
func TestAgainOnce(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	v := w.Arrive(ada)
	_, err := w.Deny(phone, v.Asked(v.Wait()))
	ayetest.Fails(t, err, nil)
	seen := v.Look()
	var mu sync.Mutex
	requests := map[string]bool{}
	ayetest.AtOnce(racers, func(int) {
		waiting, _, _, err := w.SignIn.Again(t.Context(), seen)
		ayetest.Fails(t, err, nil)
		mu.Lock()
		defer mu.Unlock()
		requests[waiting.RequestID] = true
	})
	ayetest.Same(t, "requests", len(requests), 1)
}

// TestChangeOnce: of any two changes of power one wins, and what ends is ended once.
func TestChangeOnce(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	other := w.AddOrganisation(named("Other"))
	w.Join(other, ada)
	tests := []struct {
		name string
		try  func(signin.Session, int) error
	}{
		{"pick", func(s signin.Session, i int) error {
			_, _, err := w.SignIn.Pick(t.Context(), s, []string{other.ID, w.Organisation.ID}[i%2])
			return err
		}},
		{"end", func(s signin.Session, _ int) error { return w.SignIn.End(t.Context(), s, s.ID) }},
		{"pick or end", func(s signin.Session, i int) error {
			if i%2 == 0 {
				return w.SignIn.End(t.Context(), s, s.ID)
			}
			_, _, err := w.SignIn.Pick(t.Context(), s, other.ID)
			return err
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := w.LogIn(ada, phone)
			seen := v.Look()
			var won atomic.Int64
			ayetest.AtOnce(racers, func(i int) {
				switch err := test.try(seen, i); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, signin.ErrNone):
					t.Error(err)
				}
			})
			if most := int64(1); won.Load() < 1 || (test.name != "pick or end" && won.Load() > most) || won.Load() > 2 {
				t.Errorf("%d won", won.Load())
			}
			gone(t, w, v.Token)
		})
	}
}

// TestReportBesideFinish: however a report and a finish fall together, nobody is in afterwards.
func TestReportBesideFinish(t *testing.T) {
	t.Parallel()
	w, _, _ := newPerson(t)
	for range 10 {
		ada := w.AddPerson("Ada")
		w.SetPassword(ada)
		phone := w.Pair(ada)
		v := w.Arrive(ada)
		waiting := v.Wait()
		v.Yes(phone, waiting)
		seen := v.Look()
		var mu sync.Mutex
		var token secret.Secret
		ayetest.AtOnce(2, func(i int) {
			if i == 0 {
				report(t, w, phone, waiting.RequestID)
				return
			}
			_, _, got, err := w.SignIn.Wait(t.Context(), seen)
			if err != nil && !errors.Is(err, signin.ErrNone) {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			token = got
		})
		if token != "" {
			gone(t, w, token)
		} else {
			ayetest.Same(t, "level", v.Look().Level, signin.Password)
			stopped(t, v, phone)
		}
	}
}
