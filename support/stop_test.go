package support_test

import (
	"slices"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/support"
)

// "Stop, this was not me" works on every way and in every state, twice as well as once.
func TestThreatSupportStop(t *testing.T) {
	t.Parallel()
	ways := map[string]func(*desk, support.Case) error{
		"mail": func(d *desk, _ support.Case) error {
			_, err := d.Support.Stop(d.Context(), d.stopToken(d.ada))
			return err
		},
		"text": func(d *desk, _ support.Case) error {
			text, _ := d.texts.last(support.TextStop)
			token, _ := cutPrefix(secret.Secret(text.Link), ayetest.Origin+"/stop/")
			_, err := d.Support.Stop(d.Context(), token)
			return err
		},
		"page": func(d *desk, c support.Case) error {
			_, err := d.Support.StopOwn(d.Context(), d.ada.Person.ID, c.ID)
			return err
		},
		"phone": func(d *desk, c support.Case) error {
			device, err := d.Store.Device(d.Context(), d.phone.Device.ID)
			ayetest.Fails(d, err, nil)
			_, err = d.Support.StopByPhone(d.Context(), device, c.ID)
			return err
		},
	}
	for _, state := range []support.State{support.Open, support.Waiting, support.Revoked, support.Done} {
		for way, stop := range ways {
			t.Run(string(state)+" by "+way, func(t *testing.T) {
				t.Parallel()
				d := newDesk(t)
				hook(t, d)
				d.ada = d.WithNumber(d.ada, adasNumber)
				c := d.lost(state)
				ayetest.Fails(t, stop(d, c), nil)
				d.state(c.ID, support.Stopped)
				ayetest.Same(t, "stopped by", d.Case(c.ID).StoppedBy, way)
				ayetest.Fails(t, stop(d, c), nil)
				d.Clock.Pass(support.DefaultWait)
				d.sweep()
				d.state(c.ID, support.Stopped)
				if carried := state == support.Revoked || state == support.Done; d.works(d.ada) == carried {
					t.Error("the phones are not as they must be")
				}
				told := d.Announcer.Told(d.ada.Person.ID)
				if !slices.Contains(told, accounts.CaseStopped) || !slices.Contains(told, accounts.MemberCaseStopped) {
					t.Errorf("told %v", told)
				}
				ayetest.Fails(t, d.Alerts.Sweep(t.Context()), nil)
				n := 0
				for _, kind := range d.Alerted.Kinds() {
					if kind == alerts.CaseStopped {
						n++
					}
				}
				ayetest.Same(t, "alerts", n, 1)
				ayetest.Same(t, "the log", d.row(d.Organisation.ID, "case.stopped").Data["by"], way)
				_, err := d.opens(d.cy, d.ada, support.Lost)
				frozen(t, err, support.FrozenPerson)
			})
		}
	}
}

// A stopped person is helped again only after an administrator said so, who had no hand in it.
func TestThreatSupportFrozenPerson(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	opener, approver, other := d.Agent(accounts.RoleAdministrator), d.Agent(accounts.RoleAdministrator), d.Agent(accounts.RoleAdministrator)
	c, err := d.opens(opener, d.ada, support.Lost)
	ayetest.Fails(t, err, nil)
	d.Signs(approver, c.ID)
	_, err = d.Support.Stop(t.Context(), d.stopToken(d.ada))
	ayetest.Fails(t, err, nil)
	card, err := d.as(d.bo).Look(t.Context(), d.ada.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, card.Refused, support.ErrFrozen)
	ayetest.Same(t, "advice", card.Advice[0], support.AdviceFrozen)
	held, err := d.as(other).Freezes(t.Context())
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "name", held[0].Name, "Ada")
	for _, lift := range []struct {
		by   ayetest.Agent
		want error
	}{{d.bo, support.ErrForbidden}, {opener, support.ErrSame}, {approver, support.ErrSame}, {other, nil}} {
		for _, h := range must(d.as(lift.by).Freezes(t.Context())) {
			ayetest.Same(t, "may lift", h.MayLift, lift.want == nil)
		}
		ayetest.Fails(t, d.as(lift.by).Lift(t.Context(), held[0].ID), lift.want)
	}
	ayetest.Same(t, "lifted", d.row(d.Organisation.ID, "support.lifted").Actor, other.ID)
	_, err = d.opens(opener, d.ada, support.Lost)
	ayetest.Fails(t, err, nil)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Nobody else stops a case: not with another's link, another's phone or another's session; and not for ever.
func TestStopIsTheirs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	bea := d.helped("Bea")
	beas := d.Pair(bea)
	c := d.lost(support.Open)
	d.Pusher.Taken(notify.MessageCase)
	for _, token := range []secret.Secret{"", "x", "case_x.y", secret.Secret(c.ID), secret.Secret(c.ID + "."), secret.Secret(c.ID + "." + d.Keys.Code("case stop", "x").Reveal())} {
		_, err := d.Support.Stop(t.Context(), token)
		ayetest.Fails(t, err, support.ErrLink)
		_, err = d.Support.Told(t.Context(), token)
		ayetest.Fails(t, err, support.ErrLink)
	}
	device, err := d.Store.Device(t.Context(), beas.Device.ID)
	ayetest.Fails(t, err, nil)
	_, err = d.Support.StopByPhone(t.Context(), device, c.ID)
	ayetest.Fails(t, err, support.ErrNotFound)
	cases, err := d.Support.CasesFor(t.Context(), device)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "cases", len(cases), 0)
	_, err = d.Support.StopOwn(t.Context(), bea.Person.ID, c.ID)
	ayetest.Fails(t, err, support.ErrNotFound)
	_, err = d.Support.StopOwn(t.Context(), "", c.ID)
	ayetest.Fails(t, err, support.ErrNotFound)
	d.state(c.ID, support.Open)

	device, err = d.Store.Device(t.Context(), d.phone.Device.ID)
	ayetest.Fails(t, err, nil)
	cases, err = d.Support.CasesFor(t.Context(), device)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "cases", len(cases), 1)
	ayetest.Same(t, "agent", cases[0].Agent, d.bo.Person.Display)
	ayetest.Fails(t, d.as(d.bo).Cancel(t.Context(), c.ID), nil)
	d.Clock.Pass(support.StopLife)
	_, err = d.Support.Stop(t.Context(), d.stopToken(d.ada))
	ayetest.Fails(t, err, support.ErrLink)
	_, err = d.Support.StopByPhone(t.Context(), device, c.ID)
	ayetest.Fails(t, err, support.ErrClosed)
	cases, err = d.Support.CasesFor(t.Context(), device)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "cases", len(cases), 0)
	cases, err = d.Support.CasesOf(t.Context(), d.ada.Person.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "cases", len(cases), 1)
}

// A phone that counts in one organisation alone hears of no case elsewhere.
func TestThreatSupportLocalPhone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o, eve := d.another(accounts.RoleAdministrator)
	local := d.helped("Bea")
	phone := d.PairLocal(local)
	beaThere := d.joins(o, local, accounts.RoleMember)
	c, err := d.opens(eve, beaThere, support.Forgotten)
	ayetest.Fails(t, err, nil)
	device, err := d.Store.Device(t.Context(), phone.Device.ID)
	ayetest.Fails(t, err, nil)
	cases, err := d.Support.CasesFor(t.Context(), device)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "cases", len(cases), 0)
	_, err = d.Support.StopByPhone(t.Context(), device, c.ID)
	ayetest.Fails(t, err, support.ErrNotFound)
	for _, push := range d.Pusher.Taken(notify.MessageCase) {
		if push.Target.Device == phone.Device.ID {
			t.Error("the phone of one organisation was woken for another's case")
		}
	}
}

// "This was not me" on the phone: of the caller it stops the case, of an approver it refuses it, or stops it where it went on.
func TestThreatSupportReported(t *testing.T) {
	t.Parallel()
	t.Run("the caller", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		c := d.lost(support.Waiting)
		checking, err := d.as(d.bo).Verify(t.Context(), c.ID, support.ByPush)
		ayetest.Fails(t, err, nil)
		request, err := d.Approvals.Find(t.Context(), checking.ApprovalID)
		ayetest.Fails(t, err, nil)
		_, err = d.Report(d.phone, approval.Asked{Request: request})
		ayetest.Fails(t, err, nil)
		d.state(c.ID, support.Stopped)
		ayetest.Same(t, "by", d.Case(c.ID).StoppedBy, "report")
		check, err := d.Store.CaseCheck(t.Context(), checking.ID)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "check", check.State, support.NotMe)
	})
	t.Run("the approver who was asked", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		c := d.lost(support.Open)
		_, err := d.signs(d.cy, c.ID, func(asked approval.Asked) {
			_, err := d.Report(d.cy.Phone, asked)
			ayetest.Fails(t, err, nil)
		})
		ayetest.Fails(t, err, support.ErrClosed)
		d.state(c.ID, support.Refused)
	})
	t.Run("the approver who signed", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		c := d.lost(support.Waiting)
		request, err := d.Approvals.Find(t.Context(), d.Case(c.ID).ApprovalID)
		ayetest.Fails(t, err, nil)
		_, err = d.Report(d.cy.Phone, approval.Asked{Request: request})
		ayetest.Fails(t, err, nil)
		d.state(c.ID, support.Stopped)
		d.Clock.Pass(support.DefaultWait)
		d.sweep()
		if !d.works(d.ada) {
			t.Error("it was carried out")
		}
	})
}
