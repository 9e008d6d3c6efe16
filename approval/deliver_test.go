package approval_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/otp"
)

func deliveries(w *ayetest.World, id string) []approval.DeliveryState {
	w.Helper()
	view, err := w.Approvals.View(w.Context(), w.Shop.ID, id)
	ayetest.Fails(w, err, nil)
	var all []approval.DeliveryState
	for _, d := range view.Deliveries {
		all = append(all, d.State)
	}
	return all
}

// What is known of a push only grows: a slow answer takes nothing back.
func TestDeliveriesNeverGoBackwards(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	steps := map[string]func(approval.Asked) error{}
	for name, class := range map[string]notify.Class{
		"accepted": notify.Accepted, "dead": notify.Dead, "rejected": notify.Rejected, "misconfigured": notify.Misconfigured,
		"retry": notify.Retry, "suspect": notify.Suspect,
	} {
		steps[name] = func(a approval.Asked) error {
			push := notify.Push{Target: s.phone.Device.Target(), Message: notify.Message{Kind: notify.MessageApproval, Reference: a.ID}}
			return w.Approvals.Pushed(t.Context(), notify.Report{Push: push, Outcome: notify.Outcome{Class: class, Detail: "why"}})
		}
	}
	steps["withdrawn"] = func(a approval.Asked) error {
		push := notify.Push{Target: s.phone.Device.Target(), Message: notify.Message{Kind: notify.MessageWithdraw, Reference: a.ID}}
		return w.Approvals.Pushed(t.Context(), notify.Report{Push: push, Outcome: notify.Outcome{Class: notify.Dead}})
	}
	steps["fetched"] = func(approval.Asked) error { _, err := w.Approvals.PendingFor(t.Context(), s.phone.Device); return err }
	tests := []struct {
		steps []string
		want  approval.DeliveryState
		hints int
	}{
		{[]string{"accepted"}, approval.Accepted, 1},
		{[]string{"accepted", "accepted"}, approval.Accepted, 1},
		{[]string{"dead"}, approval.Failed, 1},
		{[]string{"rejected"}, approval.Failed, 1},
		{[]string{"misconfigured"}, approval.Failed, 1},
		{[]string{"retry"}, approval.Failed, 1},
		{[]string{"suspect"}, approval.Failed, 1},
		{[]string{"fetched"}, approval.Fetched, 1},
		{[]string{"fetched", "fetched"}, approval.Fetched, 1},
		{[]string{"accepted", "fetched"}, approval.Fetched, 2},
		{[]string{"dead", "accepted"}, approval.Accepted, 2},
		{[]string{"dead", "fetched"}, approval.Fetched, 2},
		{[]string{"accepted", "dead"}, approval.Accepted, 1},
		{[]string{"fetched", "accepted"}, approval.Fetched, 1},
		{[]string{"fetched", "dead"}, approval.Fetched, 1},
		{[]string{"withdrawn"}, approval.Queued, 0},
	}
	for _, test := range tests {
		w.Run(t, strings.Join(test.steps, " "), func(t *testing.T, w *ayetest.World) {
			asked := w.Ask(s.member)
			hints := 0
			cancel := w.Broker.Subscribe(approval.Topic(asked.ID), func() { hints++ })
			for _, step := range test.steps {
				ayetest.Fails(t, steps[step](asked), nil)
			}
			cancel()
			view, err := w.Approvals.View(t.Context(), w.Shop.ID, asked.ID)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "state", view.Deliveries[0].State, test.want)
			ayetest.Same(t, "has a reason", view.Deliveries[0].Reason != "", test.want == approval.Failed)
			ayetest.Same(t, "hints", hints, test.hints)
			ayetest.Fails(t, w.Approvals.Cancel(t.Context(), w.Shop, asked.ID), nil)
			w.Clock.Pass(time.Hour)
		})
	}
}

// One phone that cannot be reached keeps nobody's other phones from being asked.
func TestADeadAddressHoldsUpNobody(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	second, silent := w.Pair(s.member), w.NewPhone()
	silent.Claims["push"] = map[string]string{"provider": "none"}
	w.PairWith(s.member, silent)
	w.Clock.Pass(time.Hour)
	ayetest.Fails(t, w.Devices.Told(t.Context(), s.phone.Device.Target(), notify.Outcome{Class: notify.Dead}), nil)
	w.Pusher.Taken("")
	asked := w.Ask(s.member)
	ayetest.Same(t, "deliveries", deliveries(w, asked.ID), []approval.DeliveryState{approval.Failed, approval.Queued, approval.Queued})
	pushes := w.Pusher.Taken(notify.MessageApproval)
	ayetest.Same(t, "pushes", len(pushes), 1)
	ayetest.Same(t, "target", pushes[0].Target, second.Device.Target())

	third := w.Pair(s.member)
	w.Pusher.Refuse(func(push notify.Push) error {
		if push.Target.Device == second.Device.ID {
			return notify.ErrNoRoute
		}
		return nil
	})
	w.Pusher.Taken("")
	asked = w.Ask(s.member)
	pushes = w.Pusher.Taken(notify.MessageApproval)
	ayetest.Same(t, "pushes", len(pushes), 1)
	ayetest.Same(t, "target", pushes[0].Target, third.Device.Target())
	view, err := w.Approvals.View(t.Context(), w.Shop.ID, asked.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", view.Deliveries[1].State, approval.Failed)
	ayetest.Same(t, "says why", strings.Contains(view.Deliveries[1].Reason, notify.ErrNoRoute.Error()), true)
}

func TestPendingFor(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	second := w.Pair(s.member)
	first := w.Ask(s.member, func(q *approval.Question) { q.Life = time.Minute })
	w.Clock.Pass(time.Second)
	later := w.Ask(s.member)
	s.in(approval.Denied)
	newStand(w).in(approval.Pending) // somebody else's
	ids := func() (all []string) {
		open, err := w.Approvals.PendingFor(t.Context(), s.phone.Device)
		ayetest.Fails(t, err, nil)
		for _, r := range open {
			all = append(all, r.ID)
		}
		return all
	}
	ayetest.Same(t, "open", ids(), []string{first.ID, later.ID})
	ayetest.Same(t, "the one that asked", deliveries(w, first.ID), []approval.DeliveryState{approval.Fetched, approval.Queued})
	w.Clock.Pass(time.Minute - time.Second)
	ayetest.Same(t, "one has expired", ids(), []string{later.ID})
	_, err := w.Approvals.PendingFor(t.Context(), second.Device)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "both", deliveries(w, later.ID), []approval.DeliveryState{approval.Fetched, approval.Fetched})
}

func TestHistory(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s, other := newStand(w), newStand(w)
	strange := other.in(approval.Denied)
	old := s.in(approval.Denied)
	w.Clock.Pass(approval.HistoryLife - time.Hour)
	var want []string
	for range approval.HistoryPage + 1 {
		want = append([]string{s.in(approval.Cancelled).ID}, want...)
		w.Clock.Pass(time.Second)
	}
	want = append(want, old.ID)
	page := func(cursor string) ([]string, string) {
		t.Helper()
		items, next, err := w.Approvals.History(t.Context(), s.phone.Device, cursor)
		ayetest.Fails(t, err, nil)
		var ids []string
		for _, r := range items {
			ids = append(ids, r.ID)
		}
		return ids, next
	}
	first, next := page("")
	ayetest.Same(t, "first page", first, want[:approval.HistoryPage])
	second, end := page(next)
	ayetest.Same(t, "second page", second, want[approval.HistoryPage:])
	ayetest.Same(t, "end", end, "")
	foreign, _ := page(strange.ID)
	ayetest.Same(t, "another's cursor", len(foreign), 0)
	w.Clock.Pass(time.Hour)
	second, _ = page(next)
	ayetest.Same(t, "a month later", second, want[approval.HistoryPage:approval.HistoryPage+1])
}

func TestVerify(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	verify := func(a approval.Asked, method approval.Method, code string) (approval.View, error) {
		return w.Approvals.Verify(t.Context(), w.Shop, a.ID, method, secret.Secret(code))
	}
	first := w.Ask(s.member)
	for _, method := range []approval.Method{approval.Push, approval.SMS, ""} {
		_, err := verify(first, method, s.phone.CodeNow().Reveal())
		ayetest.Fails(t, err, approval.ErrMethod)
	}
	_, err := verify(first, approval.Recovery, s.phone.CodeNow().Reveal())
	ayetest.Fails(t, err, otp.ErrNone) // this person has none
	_, err = verify(first, approval.TOTP, ayetest.Wrong(s.phone.CodeNow()).Reveal())
	ayetest.Fails(t, err, otp.ErrWrong)
	view, err := verify(first, approval.TOTP, s.phone.CodeNow().Reveal())
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", view.State, approval.Approved)
	ayetest.Same(t, "method", view.Method, approval.TOTP)
	ayetest.Same(t, "code", view.ReleaseCode != "", true)
	second := w.Ask(s.member)
	_, err = verify(second, approval.TOTP, s.phone.CodeNow().Reveal())
	ayetest.Fails(t, err, otp.ErrWrong) // used before
	_, err = w.Approvals.SendCode(t.Context(), w.Shop, second.ID, approval.SMS, accounts.TextLogin)
	ayetest.Fails(t, err, approval.ErrMethod)

	// The request is denied while the code is on its way.
	w.Clock.Pass(time.Minute)
	raced := *w.Approvals
	raced.Store = &moment{w.Store, func() { _, err = w.Deny(s.phone, second); ayetest.Fails(t, err, nil) }}
	_, err = raced.Verify(t.Context(), w.Shop, second.ID, approval.TOTP, s.phone.CodeNow())
	refusesWith(t, err, &approval.DecidedError{State: approval.Denied})
}

// Twenty wrong codes lock the codes, until the phone itself has proven the person.
func TestAnApprovalUnlocksTheCodes(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	for range otp.Streak / otp.PerRequest {
		asked := w.Ask(s.member)
		for range otp.PerRequest {
			_, err := w.Approvals.Verify(t.Context(), w.Shop, asked.ID, approval.TOTP, ayetest.Wrong(s.phone.CodeNow()))
			ayetest.Fails(t, err, otp.ErrWrong)
		}
		w.Clock.Pass(time.Hour)
	}
	right := func() error {
		asked := w.Ask(s.member)
		_, err := w.Approvals.Verify(t.Context(), w.Shop, asked.ID, approval.TOTP, s.phone.CodeNow())
		return errors.Join(err, w.Approvals.Cancel(t.Context(), w.Shop, asked.ID))
	}
	ayetest.Fails(t, right(), otp.ErrTooMany)
	s.in(approval.Denied)
	ayetest.Fails(t, right(), otp.ErrTooMany)
	s.in(approval.Approved)
	asked := w.Ask(s.member)
	_, err := w.Approvals.Verify(t.Context(), w.Shop, asked.ID, approval.TOTP, s.phone.CodeNow())
	ayetest.Fails(t, err, nil)
}
