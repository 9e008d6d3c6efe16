package approval_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
)

// stand is a person with a phone.
type stand struct {
	*ayetest.World
	member accounts.Member
	phone  *ayetest.Phone
}

func newStand(w *ayetest.World) stand {
	w.Helper()
	member := w.AddPerson("Ada")
	return stand{w, member, w.Pair(member)}
}

// in asks and brings the request into the state.
func (s stand) in(state approval.State) approval.Asked {
	s.Helper()
	asked := s.Ask(s.member)
	ok := func(_ approval.Decided, err error) { s.Helper(); ayetest.Fails(s, err, nil) }
	switch state {
	case approval.Pending:
	case approval.Approved:
		ok(s.Approve(s.phone, asked))
	case approval.Released:
		ok(s.Approve(s.phone, asked))
		_, err := s.Redeem(asked, s.ReleaseCode(asked), "")
		ayetest.Fails(s, err, nil)
	case approval.Denied:
		ok(s.Deny(s.phone, asked))
	case approval.Reported:
		ok(s.Report(s.phone, asked))
	case approval.Mismatched:
		wrong := asked
		wrong.Number = ayetest.Wrong(asked.Number)
		ok(s.Approve(s.phone, wrong))
	case approval.Expired:
		s.Clock.Pass(approval.DefaultLife)
	case approval.Cancelled:
		ayetest.Fails(s, s.Approvals.Cancel(s.Context(), s.Shop, asked.ID), nil)
	case approval.Superseded:
		s.Ask(s.member, ayetest.From(asked.Context.Browser))
	case approval.Lapsed:
		ok(s.Approve(s.phone, asked))
		s.Clock.Pass(approval.RedeemLife)
	}
	ayetest.Same(s, "state", s.State(asked.ID), state)
	return asked
}

var states = []approval.State{
	approval.Pending, approval.Approved, approval.Released, approval.Denied, approval.Reported, approval.Mismatched,
	approval.Expired, approval.Cancelled, approval.Superseded, approval.Lapsed,
}

// try is something that can be done to a request: where it leads from each state in which
// it is possible, and how it is refused in all others.
type try struct {
	name    string
	do      func(stand, approval.Asked) error
	edges   map[approval.State]approval.State
	refused func(approval.State) error
}

func alreadyDecided(state approval.State) error { return &approval.DecidedError{State: state} }

var tries = []try{
	{
		"approve", func(s stand, a approval.Asked) error { _, err := s.Approve(s.phone, a); return err },
		map[approval.State]approval.State{approval.Pending: approval.Approved},
		alreadyDecided,
	},
	{
		"deny", func(s stand, a approval.Asked) error { _, err := s.Deny(s.phone, a); return err },
		map[approval.State]approval.State{approval.Pending: approval.Denied},
		alreadyDecided,
	},
	{
		"report", func(s stand, a approval.Asked) error { _, err := s.Report(s.phone, a); return err },
		map[approval.State]approval.State{
			approval.Pending: approval.Reported, approval.Approved: approval.Reported, approval.Released: approval.Reported,
			approval.Denied: approval.Reported, approval.Mismatched: approval.Reported, approval.Expired: approval.Reported,
			approval.Cancelled: approval.Reported, approval.Superseded: approval.Reported, approval.Lapsed: approval.Reported,
		},
		alreadyDecided,
	},
	{
		"report on a page", func(s stand, a approval.Asked) error {
			return s.Approvals.Report(s.Context(), s.member.Person.ID, a.ID)
		},
		map[approval.State]approval.State{
			approval.Pending: approval.Reported, approval.Approved: approval.Reported, approval.Released: approval.Reported,
			approval.Denied: approval.Reported, approval.Mismatched: approval.Reported, approval.Expired: approval.Reported,
			approval.Cancelled: approval.Reported, approval.Superseded: approval.Reported, approval.Lapsed: approval.Reported,
			approval.Reported: approval.Reported,
		},
		alreadyDecided,
	},
	{
		"cancel", func(s stand, a approval.Asked) error { return s.Approvals.Cancel(s.Context(), s.Shop, a.ID) },
		map[approval.State]approval.State{approval.Pending: approval.Cancelled, approval.Cancelled: approval.Cancelled},
		alreadyDecided,
	},
	{
		"resend", func(s stand, a approval.Asked) error {
			_, err := s.Approvals.Resend(s.Context(), s.Shop, a.ID)
			return err
		},
		map[approval.State]approval.State{approval.Pending: approval.Pending},
		alreadyDecided,
	},
	{
		"verify", func(s stand, a approval.Asked) error {
			_, err := s.Approvals.Verify(s.Context(), s.Shop, a.ID, approval.TOTP, s.phone.CodeNow())
			return err
		},
		map[approval.State]approval.State{approval.Pending: approval.Approved},
		alreadyDecided,
	},
	{
		"redeem", func(s stand, a approval.Asked) error {
			_, err := s.Redeem(a, s.Keys.Code("release code", a.ID), "")
			return err
		},
		map[approval.State]approval.State{approval.Approved: approval.Released},
		func(state approval.State) error {
			if state == approval.Released {
				return approval.ErrRedeemed
			}
			if state == approval.Lapsed {
				return approval.ErrLapsed
			}
			return &approval.NotApprovedError{State: state}
		},
	},
}

// TestEdges tries everything in every state.
func TestEdges(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	for _, from := range states {
		s := newStand(w)
		for _, try := range tries {
			t.Run(fmt.Sprintf("%s %s", try.name, from), func(t *testing.T) {
				there := stand{w.For(t), s.member, s.phone}
				asked := there.in(from)
				before := webhooks(there.World)
				to, possible := try.edges[from]
				err := try.do(there, asked)
				if !possible {
					to = from
					refusesWith(t, err, try.refused(from))
				} else {
					ayetest.Fails(t, err, nil)
				}
				ayetest.Same(t, "state", there.State(asked.ID), to)
				told := 0
				if from == approval.Released && to == approval.Reported {
					told = 1
				}
				ayetest.Same(t, "webhooks", webhooks(there.World)-before, told)
				there.Clock.Pass(time.Hour) // so that the limits of asking are not met
				ayetest.Fails(t, there.Store.VerifyAudit(t.Context()), nil)
			})
		}
	}
}

// refusesWith compares also the state that an error carries.
func refusesWith(t *testing.T, err, want error) {
	t.Helper()
	if errors.Is(want, approval.ErrDecided) || errors.Is(want, approval.ErrNotApproved) {
		ayetest.Same(t, "error", err, want)
		return
	}
	ayetest.Fails(t, err, want)
}

func TestErrorsSayWhere(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]string{
		&approval.DecidedError{State: approval.Denied}:      "this request is decided already: denied",
		&approval.NotApprovedError{State: approval.Expired}: "this request is not approved: expired",
	} {
		ayetest.Same(t, "text", err.Error(), want)
	}
	ayetest.Fails(t, &approval.DecidedError{}, approval.ErrDecided)
	ayetest.Fails(t, &approval.NotApprovedError{}, approval.ErrNotApproved)
}

// TestSweep settles what nobody looks at.
func TestSweep(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	waiting, approved := w.Ask(s.member), s.in(approval.Approved)
	stored := func(id string) approval.State {
		r, err := w.Store.Request(t.Context(), id)
		ayetest.Fails(t, err, nil)
		return r.State
	}
	hints := 0
	defer w.Broker.Subscribe(approval.Topic(waiting.ID), func() { hints++ })()
	w.Clock.Pass(approval.DefaultLife - time.Millisecond)
	ayetest.Fails(t, w.Approvals.Sweep(t.Context()), nil)
	ayetest.Same(t, "just in time", []approval.State{stored(waiting.ID), stored(approved.ID)}, []approval.State{approval.Pending, approval.Approved})
	w.Clock.Pass(time.Millisecond)
	ayetest.Fails(t, w.Approvals.Sweep(t.Context()), nil)
	ayetest.Same(t, "too late", []approval.State{stored(waiting.ID), stored(approved.ID)}, []approval.State{approval.Expired, approval.Lapsed})
	ayetest.Same(t, "hints", hints, 1)
}

// What is another application's, another organisation's, or Aye's own, never was.
func TestOnlyTheAskerSeesARequest(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	asked := s.in(approval.Approved)
	code := w.ReleaseCode(asked)
	elsewhere := w.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" })
	strangers := map[string]accounts.Application{
		"another application":  w.AddApplication(w.Organisation, "Other"),
		"another organisation": w.AddApplication(elsewhere, "Elsewhere"),
		"nobody":               {},
	}
	for name, stranger := range strangers {
		for _, id := range []string{asked.ID, secret.NewID("apr")} {
			ctx := t.Context()
			calls := map[string]func() error{
				"view":   func() error { _, err := w.Approvals.View(ctx, stranger.ID, id); return err },
				"cancel": func() error { return w.Approvals.Cancel(ctx, stranger, id) },
				"resend": func() error { _, err := w.Approvals.Resend(ctx, stranger, id); return err },
				"verify": func() error { _, err := w.Approvals.Verify(ctx, stranger, id, approval.TOTP, "123456"); return err },
				"code": func() error {
					_, err := w.Approvals.SendCode(ctx, stranger, id, approval.SMS, accounts.TextLogin)
					return err
				},
				"redeem": func() error {
					_, err := w.Approvals.Redeem(ctx, approval.Redeeming{Application: stranger, RequestID: id, Code: code})
					return err
				},
			}
			for call, do := range calls {
				if err := do(); err != approval.ErrNotFound { //nolint:errorlint // the very same answer, with nothing around it
					t.Errorf("%s by %s: %v", call, name, err)
				}
			}
		}
	}
	_, err := w.Redeem(asked, code, "")
	ayetest.Fails(t, err, nil)
}

func TestTickets(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	one, other := w.Ask(s.member), w.Ask(s.member)
	ayetest.Same(t, "its own", w.Approvals.Holds(one.ID, one.Ticket), true)
	for name, ticket := range map[string]secret.Secret{"another's": other.Ticket, "none": "", "the release code": w.Keys.Code("release code", one.ID)} {
		ayetest.Same(t, name, w.Approvals.Holds(one.ID, ticket), false)
	}
	_, err := w.Approvals.Find(t.Context(), secret.NewID("apr"))
	ayetest.Fails(t, err, approval.ErrNotFound)
}

func TestFinal(t *testing.T) {
	t.Parallel()
	for _, state := range states {
		ayetest.Same(t, string(state), state.Final(), state != approval.Pending && state != approval.Approved)
	}
}

func TestAPendingPhoneGetsNothing(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	for _, status := range []devices.Status{devices.Pending, devices.Removed} {
		device := s.phone.Device
		device.Status = status
		_, err := w.Approvals.PendingFor(t.Context(), device)
		ayetest.Fails(t, err, devices.ErrNotActive)
		_, _, err = w.Approvals.History(t.Context(), device, "")
		ayetest.Fails(t, err, devices.ErrNotActive)
	}
}
