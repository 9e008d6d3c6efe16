package approval_test

import (
	"context"
	"testing"
	"time"

	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
)

// late is a clock that stands still for some looks at it, and is then past every end.
func late(w *ayetest.World, looks int) func() time.Time {
	now := w.Clock.Now()
	return func() time.Time {
		if looks--; looks >= 0 {
			return now
		}
		return now.Add(approval.RedeemLife)
	}
}

// The time runs out between the look at a request and the move: no look is late enough, so
// the move itself must ask for the time.
func TestTheTimeRunsOutBetweenLookAndMove(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	tests := []struct {
		name string
		from approval.State
		try  func(approval.Service, approval.Asked) error
		want error
		// least is how many looks at the clock must be in time for it to be possible.
		least int
	}{
		{"approve", approval.Pending, func(a approval.Service, asked approval.Asked) error {
			claims := s.phone.DecisionClaims(asked.Request, approval.Approve)
			claims["num"] = asked.Number.Reveal()
			_, err := a.Decide(t.Context(), s.phone.Device, asked.ID, s.phone.SignDecision(s.phone.ApprovalKey, claims))
			return err
		}, approval.ErrDecided, 3},
		{"report", approval.Pending, func(a approval.Service, asked approval.Asked) error {
			_, err := a.Decide(t.Context(), s.phone.Device, asked.ID, s.phone.SignDecision(s.phone.Key, s.phone.DecisionClaims(asked.Request, approval.Report)))
			return err
		}, nil, 0}, // which is possible in every state
		{"verify", approval.Pending, func(a approval.Service, asked approval.Asked) error {
			_, err := a.Verify(t.Context(), w.Shop, asked.ID, approval.TOTP, s.phone.CodeNow())
			return err
		}, approval.ErrDecided, 3},
		{"redeem", approval.Approved, func(a approval.Service, asked approval.Asked) error {
			_, err := a.Redeem(t.Context(), approval.Redeeming{Application: w.Shop, RequestID: asked.ID, Code: w.Keys.Code("release code", asked.ID)})
			return err
		}, approval.ErrLapsed, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for looks := range 6 { // wherever it runs out
				asked := stand{w.For(t), s.member, s.phone}.in(test.from)
				raced := *w.Approvals
				raced.Now = late(w, looks)
				if err := test.try(raced, asked); test.want == nil {
					ayetest.Fails(t, err, nil)
				} else if looks >= test.least {
					ayetest.Fails(t, err, nil)
				} else {
					ayetest.Fails(t, err, test.want)
				}
				w.Clock.Pass(time.Hour)
			}
		})
	}
}

// A report of what has ended, but was not swept yet, comes behind the end.
func TestAReportSeesTheEnd(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	for from, want := range map[approval.State]approval.State{approval.Pending: approval.Expired, approval.Approved: approval.Lapsed} {
		asked := s.in(from)
		w.Clock.Pass(approval.RedeemLife)
		_, err := w.Report(s.phone, asked)
		ayetest.Fails(t, err, nil)
		r, err := w.Approvals.Find(t.Context(), asked.ID)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "previous", r.Previous, want)
	}
}

// behind is a store at which something happens just after a move.
type behind struct {
	approval.Store
	then func()
}

func (b *behind) Move(ctx context.Context, move approval.Move, entry audit.Entry) (bool, error) {
	moved, err := b.Store.Move(ctx, move, entry)
	if then := b.then; then != nil {
		b.then = nil
		then()
	}
	return moved, err
}

// The report comes when the row is released and the application is not answered yet.
func TestAReportJustBehindARelease(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	asked := s.in(approval.Approved)
	raced := *w.Approvals
	raced.Store = &behind{w.Store, func() { _, err := w.Report(s.phone, asked); ayetest.Fails(t, err, nil) }}
	_, err := raced.Redeem(t.Context(), approval.Redeeming{Application: w.Shop, RequestID: asked.ID, Code: w.ReleaseCode(asked)})
	refusesWith(t, err, &approval.NotApprovedError{State: approval.Reported})
	ayetest.Same(t, "webhooks", webhooks(w), 1)
}
