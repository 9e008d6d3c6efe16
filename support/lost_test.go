package support_test

import (
	"slices"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/notify"
	"example.com/aye/support"
)

// A lost phone, from the call to the new one.
func TestLost(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ada = d.WithNumber(d.ada, adasNumber)
	hook(t, d)

	c, err := d.opens(d.bo, d.ada, support.Lost)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", c.State, support.Open)
	heard(t, d, accounts.CaseOpened, 1)
	if len(d.Announcer.Notices(d.ada.Person.ID)) == 0 || !slices.Contains(d.Announcer.Told(d.ada.Person.ID), accounts.CaseToApprove) {
		t.Error("no other agent was called")
	}

	view := d.Signs(d.cy, c.ID)
	ayetest.Same(t, "state", view.State, support.Waiting)
	ayetest.Same(t, "due", view.Due, d.Clock.Now().Add(support.DefaultWait))
	ayetest.Same(t, "approver", view.Approver, d.cy.Person.Display)
	heard(t, d, accounts.CaseOpened, 2)
	if d.row(d.Organisation.ID, "case.approved").Data["signature"] == "" {
		t.Error("the signature of the second approver is not in the log")
	}

	d.Clock.Pass(support.DefaultWait - time.Second)
	d.sweep()
	d.state(c.ID, support.Waiting)
	if !d.works(d.ada) {
		t.Fatal("revoked too early")
	}
	d.Clock.Pass(time.Second)
	d.sweep()
	d.state(c.ID, support.Revoked)
	if d.works(d.ada) {
		t.Error("the old phone still works")
	}
	heard(t, d, accounts.FactorsRevoked, 1)

	d.linksPhone(c.ID)
	d.state(c.ID, support.Done)
	d.sweep()
	d.sweep()
	heard(t, d, accounts.PhoneReplaced, 1)
	ayetest.Fails(t, d.Alerts.Sweep(t.Context()), nil)
	for _, kind := range []alerts.Kind{alerts.CaseOpened, alerts.PhoneReplaced} {
		if !slices.Contains(d.Alerted.Kinds(), kind) {
			t.Errorf("no alert %s", kind)
		}
	}
	for _, action := range []string{"case.opened", "case.approval-asked", "case.approved", "case.revoked", "case.link-used", "case.done"} {
		ayetest.Same(t, action, d.row(d.Organisation.ID, action).Subject, c.ID)
	}
}

// hook lets the organisation's systems hear of alerts.
func hook(t *testing.T, d *desk) {
	t.Helper()
	_, _, err := d.Alerts.Set(t.Context(), d.Organisation.ID, "https://alerts.example.com/aye", nil, false)
	ayetest.Fails(t, err, nil)
}

// heard checks that Ada was told that often by mail, and each time by text and on the phone too while there is one.
func heard(t *testing.T, d *desk, kind accounts.NoticeKind, times int) {
	t.Helper()
	told := 0
	for _, n := range d.Announcer.Notices(d.ada.Person.ID) {
		if n.Kind != kind {
			continue
		}
		told++
		if _, ok := cutPrefix(n.Link, ayetest.Origin+"/stop/"); !ok {
			t.Errorf("%s has no way to stop it", kind)
		}
	}
	ayetest.Same(t, string(kind), told, times)
	if text, ok := d.texts.last(support.TextStop); !ok || text.Person.Number == "" {
		t.Errorf("%s: no text message", kind)
	}
	if kind != accounts.PhoneReplaced && len(d.Pusher.Taken(notify.MessageCase)) == 0 {
		t.Errorf("%s: the phone was not woken", kind)
	}
}

// The waiting time by what the caller has shown, and what the organisation makes of it.
func TestWait(t *testing.T) {
	t.Parallel()
	tests := []struct {
		shown support.Shown
		own   time.Duration
		want  time.Duration
	}{
		{support.Nothing, 0, 24 * time.Hour},
		{support.Remaining, 0, time.Hour},
		{support.Verified, 0, 0},
		{support.Nothing, time.Hour, 24 * time.Hour},
		{support.Remaining, 2 * time.Hour, 2 * time.Hour},
		{support.Verified, 3 * time.Hour, 3 * time.Hour},
		{support.Nothing, 48 * time.Hour, 48 * time.Hour},
	}
	for _, test := range tests {
		ayetest.Same(t, string(test.shown), support.Wait(test.shown, accounts.Organisation{CaseWait: test.own}), test.want)
	}
}

// What the caller shows before the approval, or after it, decides how long is waited; it never makes it longer.
func TestShown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		by     support.Channel
		before bool
		passed time.Duration
		due    time.Duration // behind the approval
	}{
		{"a phone, before", support.ByPush, true, 0, 0},
		{"the mail, before", support.ByMail, true, 0, time.Hour},
		{"a phone, after", support.ByPush, false, 2 * time.Hour, 2 * time.Hour},
		{"the mail, after", support.ByMail, false, 2 * time.Hour, 3 * time.Hour},
		{"the mail, near the end", support.ByMail, false, 23*time.Hour + 30*minute, 24 * time.Hour},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			c := d.lost(support.Open)
			if test.before {
				d.Shows(d.bo, c.ID, test.by, d.phone)
			}
			d.Signs(d.cy, c.ID)
			approved := d.Clock.Now()
			d.Clock.Pass(test.passed)
			if !test.before {
				d.Shows(d.bo, c.ID, test.by, d.phone)
			}
			ayetest.Same(t, "due", d.Case(c.ID).Due.Sub(approved), test.due)
			d.Clock.Pass(approved.Add(test.due).Sub(d.Clock.Now()))
			d.sweep()
			d.state(c.ID, support.Revoked)
		})
	}
}

// Another link in the place of the one before, so often and so long.
func TestSendAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.lost(support.Revoked)
	before := d.Announcer.LastLetter(accounts.LetterNewPhone, d.ada.Person.ID)
	for range support.Links - 1 {
		d.Clock.Pass(support.LinkLife)
		ayetest.Fails(t, d.as(d.bo).SendAgain(t.Context(), c.ID), nil)
	}
	_, _, err := d.Support.Link(t.Context(), before)
	ayetest.Fails(t, err, support.ErrLink)
	_, p, err := d.Support.Link(t.Context(), d.Announcer.LastLetter(accounts.LetterNewPhone, d.ada.Person.ID))
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "person", p.ID, d.ada.Person.ID)
	ayetest.Fails(t, d.as(d.bo).SendAgain(t.Context(), c.ID), support.ErrClosed)

	d.Clock.Pass(support.LinkLife)
	_, _, err = d.Support.Link(t.Context(), d.Announcer.LastLetter(accounts.LetterNewPhone, d.ada.Person.ID))
	ayetest.Fails(t, err, support.ErrLink)
	d.Clock.Pass(support.LinkDays)
	d.sweep()
	d.state(c.ID, support.Expired)
}

// The link works once.
func TestLinkOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.lost(support.Revoked)
	token := d.Announcer.LastLetter(accounts.LetterNewPhone, d.ada.Person.ID)
	won := make(chan bool, 20)
	ayetest.AtOnce(20, func(int) {
		_, err := d.Support.UseLink(t.Context(), token)
		won <- err == nil
	})
	close(won)
	times := 0
	for w := range won {
		if w {
			times++
		}
	}
	ayetest.Same(t, "used", times, 1)
	_, _, err := d.Support.Link(t.Context(), token)
	ayetest.Fails(t, err, support.ErrLink)
}

// A case that nobody approves ends after a day, and so does the request.
func TestExpired(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.lost(support.Open)
	d.Clock.Pass(support.ApprovalLife)
	_, err := d.as(d.cy).Approve(t.Context(), c.ID)
	ayetest.Fails(t, err, support.ErrClosed)
	d.sweep()
	d.state(c.ID, support.Expired)
}

// The second approver says no, and who opened it takes it back.
func TestEnds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.lost(support.Open)
	ayetest.Fails(t, d.as(d.bo).Refuse(t.Context(), c.ID), support.ErrSame)
	ayetest.Fails(t, d.as(d.cy).Cancel(t.Context(), c.ID), support.ErrForbidden)
	signing, err := d.as(d.cy).Approve(t.Context(), c.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, d.as(d.cy).Refuse(t.Context(), c.ID), nil)
	d.state(c.ID, support.Refused)
	ayetest.Same(t, "the request", d.State(signing.Asked.ID), approval.Cancelled)

	c = d.lost(support.Waiting)
	ayetest.Fails(t, d.as(d.bo).Cancel(t.Context(), c.ID), nil)
	d.state(c.ID, support.Cancelled)
	d.Clock.Pass(support.DefaultWait)
	d.sweep()
	d.state(c.ID, support.Cancelled)
	if !d.works(d.ada) {
		t.Error("a cancelled case was carried out")
	}
	c = d.lost(support.Waiting)
	ayetest.Fails(t, d.as(d.Agent(accounts.RoleAdministrator)).Cancel(t.Context(), c.ID), nil)
	ayetest.Fails(t, d.as(d.bo).Cancel(t.Context(), c.ID), support.ErrClosed)
}

// What waits is given again, with its number; what ended is asked anew; another agent takes over.
func TestAsking(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.lost(support.Open)
	desk := d.as(d.cy)
	none, err := desk.Signing(t.Context(), c.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", none.State, "")
	first, err := desk.Approve(t.Context(), c.ID)
	ayetest.Fails(t, err, nil)
	again, err := desk.Approve(t.Context(), c.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "request", again.Asked.ID, first.Asked.ID)
	ayetest.Same(t, "number", again.Asked.Number.Reveal(), first.Asked.Number.Reveal())
	ayetest.Same(t, "digits", len(first.Asked.Number), 6)

	_, err = d.Deny(d.cy.Phone, first.Asked)
	ayetest.Fails(t, err, nil)
	denied, err := desk.Signing(t.Context(), c.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", denied.State, approval.Denied)
	d.state(c.ID, support.Open)
	second, err := desk.Approve(t.Context(), c.ID)
	ayetest.Fails(t, err, nil)
	if second.Asked.ID == first.Asked.ID {
		t.Fatal("no new question")
	}

	di := d.Agent(accounts.RoleSupport)
	third, err := d.as(di).Approve(t.Context(), c.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "the request of before", d.State(second.Asked.ID), approval.Cancelled)
	none, err = desk.Signing(t.Context(), c.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", none.State, "")
	d.yes(di)(third.Asked)
	signed, err := d.as(di).Signing(t.Context(), c.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", signed.View.State, support.Waiting)
	ayetest.Same(t, "approver", signed.ApproverID, di.ID)
}

// Who left in the meantime, or was made more than the agents may help, is not touched.
func TestAbandoned(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*desk) error{
		"the person left":          func(d *desk) error { return d.Accounts.EndMembership(d.Context(), d.ada) },
		"the person was made more": func(d *desk) error { return d.Accounts.SetRole(d.Context(), d.ada, accounts.RoleAdministrator) },
		"the opener left":          func(d *desk) error { return d.Accounts.EndMembership(d.Context(), d.bo.Member) },
		"the approver is none":     func(d *desk) error { return d.Accounts.SetRole(d.Context(), d.cy.Member, accounts.RoleMember) },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			c := d.lost(support.Waiting)
			ayetest.Fails(t, change(d), nil)
			d.Clock.Pass(support.DefaultWait)
			d.sweep()
			d.state(c.ID, support.Cancelled)
			if !d.works(d.ada) {
				t.Error("the phone was revoked")
			}
		})
	}
}
