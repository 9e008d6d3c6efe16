package approval_test

import (
	"testing"
	"time"

	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/notify"
)

// bell asks and withdraws, and tells whether a push went out.
func (s stand) bell() bool {
	s.Helper()
	s.Pusher.Taken("")
	asked := s.Ask(s.member)
	pushed := len(s.Pusher.Taken(notify.MessageApproval)) > 0
	want := approval.Queued
	if !pushed {
		want = approval.Withheld
	}
	ayetest.Same(s, "delivery", asked.Deliveries[0].State, want)
	ayetest.Fails(s, s.Approvals.Cancel(s.Context(), s.Shop, asked.ID), nil)
	return pushed
}

// TestThreatPushBombing: who has a password cannot ring until the person gives in.
func TestThreatPushBombing(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	count := func(times int, pause time.Duration) (pushes []time.Time) {
		for range times {
			if s.bell() {
				pushes = append(pushes, w.Clock.Now())
			}
			w.Clock.Pass(pause)
		}
		return pushes
	}
	ayetest.Same(t, "of 100 at once", len(count(100, 0)), approval.PushesPerTenMinutes)
	w.Clock.Pass(time.Hour)

	pushes := count(100, time.Minute)
	for i, at := range pushes {
		lately, hour := 0, 0
		for _, later := range pushes[i:] {
			if later.Before(at.Add(10 * time.Minute)) {
				lately++
			}
			if later.Before(at.Add(time.Hour)) {
				hour++
			}
		}
		if lately > approval.PushesPerTenMinutes || hour > approval.PushesPerHour {
			t.Fatalf("%d pushes in ten minutes, %d in an hour", lately, hour)
		}
	}
	ayetest.Same(t, "in 100 minutes", len(pushes), 20)
	w.Clock.Pass(time.Hour)

	s.in(approval.Reported)
	ayetest.Same(t, "in a day after a report", len(count(100, approval.Caution/100)), 0)
	ayetest.Same(t, "then", s.bell(), true)
}

// A request counts once, however many phones it rings.
func TestPhonesShareOneBudget(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	w.Pair(s.member)
	w.Clock.Pass(time.Hour)
	w.Pusher.Taken("")
	pushes := 0
	for range 10 {
		asked := w.Ask(s.member)
		pushes += len(w.Pusher.Taken(notify.MessageApproval))
		ayetest.Fails(t, w.Approvals.Cancel(t.Context(), w.Shop, asked.ID), nil)
	}
	ayetest.Same(t, "pushes", pushes, 2*approval.PushesPerTenMinutes)
}

func TestMutes(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	muted := func(how approval.State, mute time.Duration) {
		t.Helper()
		w.Clock.Pass(25 * time.Hour) // behind every other limit
		for range approval.StreakBeforeMute - 1 {
			s.in(how)
			ayetest.Same(t, "before the third", s.bell(), true)
			w.Clock.Pass(time.Hour)
		}
		s.in(how)
		ayetest.Same(t, "at once", s.bell(), false)
		w.Clock.Pass(mute - time.Millisecond)
		ayetest.Same(t, "just before the end", s.bell(), false)
		w.Clock.Pass(time.Millisecond)
		ayetest.Same(t, "at the end", s.bell(), true)
	}
	for i, mute := range []time.Duration{15, 30, 60, 120, 240, 480, 960, 1440, 1440, 1440} {
		muted([]approval.State{approval.Denied, approval.Expired, approval.Mismatched}[i%3], mute*time.Minute)
	}
	s.in(approval.Approved)
	muted(approval.Denied, approval.FirstMute)
}

// An answer in between begins the count anew.
func TestAnApprovalEndsTheStreak(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	for _, state := range []approval.State{approval.Denied, approval.Denied, approval.Approved, approval.Denied} {
		w.Clock.Pass(time.Hour)
		s.in(state)
	}
	ayetest.Same(t, "pushed", s.bell(), true)
}

// What was never pushed says nothing of the person when it goes unanswered.
func TestWithheldRequestsDoNotMute(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	for range approval.PushesPerTenMinutes {
		s.bell()
	}
	for range approval.StreakBeforeMute {
		asked := w.Ask(s.member)
		ayetest.Same(t, "delivery", asked.Deliveries[0].State, approval.Withheld)
	}
	w.Clock.Pass(approval.DefaultLife)
	ayetest.Fails(t, w.Approvals.Sweep(t.Context()), nil)
	w.Clock.Pass(10*time.Minute - approval.DefaultLife)
	ayetest.Same(t, "pushed", s.bell(), true)
}

// A withheld request is in the app when it is opened, and can be answered.
func TestAWithheldRequestCanBeAnswered(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	s.in(approval.Reported)
	w.Pusher.Taken("")
	asked := w.Ask(s.member)
	open, err := w.Approvals.PendingFor(t.Context(), s.phone.Device)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "open", len(open), 1)
	decided, err := w.Approve(s.phone, asked)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", decided.State, approval.Approved)
	ayetest.Same(t, "pushes", len(w.Pusher.Taken(notify.MessageWithdraw)), 0) // what was not pushed is not withdrawn
	ayetest.Same(t, "still none is pushed", s.bell(), false)
}

// An answer by the mute's end must not end a report's.
func TestAMuteDoesNotShortenAReports(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	s.in(approval.Reported)
	for range approval.StreakBeforeMute {
		s.in(approval.Denied)
	}
	w.Clock.Pass(approval.Caution - time.Millisecond)
	ayetest.Same(t, "pushed", s.bell(), false)
}

func TestResend(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	silent, dead := w.NewPhone(), w.NewPhone()
	silent.Claims["push"] = map[string]string{"provider": "none"}
	w.PairWith(s.member, silent)
	w.PairWith(s.member, dead)
	w.Clock.Pass(time.Hour)
	asked := w.Ask(s.member)
	ayetest.Fails(t, w.Devices.Told(t.Context(), dead.Device.Target(), notify.Outcome{Class: notify.Dead}), nil)
	for round := range approval.PushesPerTenMinutes + 1 {
		w.Pusher.Taken("")
		view, err := w.Approvals.Resend(t.Context(), w.Shop, asked.ID)
		ayetest.Fails(t, err, nil)
		want, pushes := approval.Queued, 1 // of three phones one can be reached
		if round >= approval.PushesPerTenMinutes-1 {
			want, pushes = approval.Withheld, 0
		}
		ayetest.Same(t, "delivery", view.Deliveries[0].State, want)
		ayetest.Same(t, "pushes", len(w.Pusher.Taken(notify.MessageApproval)), pushes)
	}
	w.Clock.Pass(time.Minute)
	_, err := w.Approve(s.phone, asked)
	ayetest.Fails(t, err, nil)
	_, err = w.Approvals.Resend(t.Context(), w.Shop, asked.ID)
	refusesWith(t, err, &approval.DecidedError{State: approval.Approved})
}

// TestOneMorePending: a browser that the person was let in from, and a question that says so, may
// stand beside as many as there can be; a stranger's may not.
func TestOneMorePending(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]func(*approval.Question){
		"a known browser": ayetest.From("known"),
		"one more":        func(q *approval.Question) { q.OneMore = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := ayetest.New(t)
			s := newStand(w)
			first := w.Ask(s.member, ayetest.From("known"))
			_, err := w.Approve(s.phone, first)
			ayetest.Fails(t, err, nil)
			_, err = w.Redeem(first, w.ReleaseCode(first), "")
			ayetest.Fails(t, err, nil)
			for range approval.MaxPending {
				w.Ask(s.member)
			}
			_, err = w.TryAsk(s.member)
			ayetest.Fails(t, err, approval.ErrTooManyPending)
			_, err = w.TryAsk(s.member, more)
			ayetest.Fails(t, err, nil)
			_, err = w.TryAsk(s.member, func(q *approval.Question) { q.OneMore = true })
			ayetest.Fails(t, err, approval.ErrTooManyPending)
			_, err = w.TryAsk(s.member)
			ayetest.Fails(t, err, approval.ErrTooManyPending)
		})
	}
}
