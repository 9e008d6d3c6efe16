package approval_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
)

const racers = 100

// TestThreatReplayAndRaces: of a hundred at once, one wins.
func TestThreatReplayAndRaces(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	w.Run(t, "redeems", func(t *testing.T, w *ayetest.World) {
		asked := s.in(approval.Approved)
		code := w.ReleaseCode(asked)
		var won atomic.Int64
		ayetest.AtOnce(racers, func(i int) {
			_, err := w.Redeem(asked, code, fmt.Sprint(i))
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, approval.ErrRedeemed):
				t.Error(err)
			}
		})
		ayetest.Same(t, "winners", won.Load(), 1)
		ayetest.Same(t, "audited", refusals(w, asked.ID, "redeemed"), racers-1)
	})
	w.Run(t, "one redeem repeated", func(t *testing.T, w *ayetest.World) {
		asked := s.in(approval.Approved)
		code := w.ReleaseCode(asked)
		answers := make([]string, racers)
		ayetest.AtOnce(racers, func(i int) {
			r, err := w.Redeem(asked, code, "key")
			if err != nil {
				t.Error(err)
			}
			answers[i] = r.Assertion.Reveal()
		})
		ayetest.Same(t, "different answers", len(slices.Compact(answers)), 1)
	})
	w.Run(t, "decisions", func(t *testing.T, w *ayetest.World) {
		asked := w.Ask(s.member)
		var won atomic.Int64
		ayetest.AtOnce(racers, func(i int) {
			answer := []func(*ayetest.Phone, approval.Asked) (approval.Decided, error){w.Approve, w.Deny}[i%2]
			switch _, err := answer(s.phone, asked); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, approval.ErrDecided):
				t.Error(err)
			}
		})
		ayetest.Same(t, "winners", won.Load(), 1)
	})
	w.Run(t, "one decision repeated", func(t *testing.T, w *ayetest.World) {
		asked := w.Ask(s.member)
		claims := s.phone.DecisionClaims(asked.Request, approval.Approve)
		claims["num"] = asked.Number.Reveal()
		sent := s.phone.SignDecision(s.phone.ApprovalKey, claims)
		ayetest.AtOnce(racers, func(int) {
			if decided, err := w.Approvals.Decide(t.Context(), s.phone.Device, asked.ID, sent); err != nil || decided.State != approval.Approved {
				t.Error(decided, err)
			}
		})
	})
	w.Run(t, "wrong numbers", func(t *testing.T, w *ayetest.World) {
		asked := w.Ask(s.member)
		wrong := asked
		wrong.Number = ayetest.Wrong(asked.Number)
		var looked atomic.Int64
		ayetest.AtOnce(racers, func(int) {
			if _, err := w.Approve(s.phone, wrong); err == nil {
				looked.Add(1)
			}
		})
		ayetest.Same(t, "looked at", looked.Load(), 1)
	})
	ayetest.Fails(t, w.Store.VerifyAudit(t.Context()), nil)
}

// Approve, deny, cancel and the end of the time race: one of them has it, and all agree which.
func TestApproveAgainstDenyAgainstExpiry(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	for range 25 {
		asked := w.Ask(s.member)
		w.Clock.Pass(approval.DefaultLife - time.Millisecond)
		var mu sync.Mutex
		var won []approval.State
		win := func(state approval.State, err error) {
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won = append(won, state)
			} else if !errors.Is(err, approval.ErrDecided) {
				t.Error(err)
			}
		}
		ayetest.AtOnce(4, func(i int) {
			switch i {
			case 0:
				decided, err := w.Approve(s.phone, asked)
				win(decided.State, err)
			case 1:
				decided, err := w.Deny(s.phone, asked)
				win(decided.State, err)
			case 2:
				win(approval.Cancelled, w.Approvals.Cancel(t.Context(), w.Shop, asked.ID))
			case 3:
				w.Clock.Pass(time.Millisecond)
				ayetest.Fails(t, w.Approvals.Sweep(t.Context()), nil)
			}
		})
		if len(won) == 0 {
			won = append(won, approval.Expired)
		}
		ayetest.Same(t, "winners", len(won), 1)
		ayetest.Same(t, "state", w.State(asked.ID), won[0])
		w.Clock.Pass(time.Hour)
	}
}
