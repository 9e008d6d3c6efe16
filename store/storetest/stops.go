package storetest

import (
	"testing"
	"time"

	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
	"example.com/aye/signin"
	"example.com/aye/support"
)

func testStops(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	t.Run("before anything happened", func(t *testing.T) { testStopEarly(t, h) })
	t.Run("after the revocation", func(t *testing.T) { testStopRevoked(t, newDesk(t, h, "revoked")) })
	t.Run("after the new phone", func(t *testing.T) { testStopDone(t, newDesk(t, h, "done")) })
	t.Run("too late", func(t *testing.T) {
		d := newDesk(t, h, "late")
		c := d.revoked(t)
		phone := d.recovers(t, c)
		d.Clock.Pass(support.StopLife)
		d.written(t, 0, func() { same(t, "stopped", d.stop(t, c), false) })
		same(t, "phone", got(d.Device(t.Context(), phone.ID))(t).Status, devices.Active)
		same(t, "frozen", len(got(d.Frozen(t.Context(), c.PersonID, "", d.Organisation.ID))(t)), 0)
	})
	t.Run("a temporary code", func(t *testing.T) { testStopAccess(t, newDesk(t, h, "access")) })
	t.Run("another case of who recovers", func(t *testing.T) {
		d := newDesk(t, h, "another")
		there := d.elsewhere(t, d.member)
		c := d.revokedByOperator(t)
		other := desk{House: h, member: there, opener: d.opener}.lost()
		must(t, h.OpenCase(t.Context(), other, h.entry(there.OrganisationID, "case.opened")))
		session := d.linked(t, c)
		same(t, "stopped", d.stop(t, other), true)
		_, err := h.Session(t.Context(), session.TokenHash)
		fails(t, err, signin.ErrNone)
		same(t, "recovering", got(h.Person(t.Context(), c.PersonID))(t).Recovering, c.ID)
	})
	t.Run("at once by all", func(t *testing.T) {
		d := newDesk(t, h, "raced")
		c := d.opens(t)
		same(t, "stopped", race(t, func(int) (bool, error) {
			return h.StopCase(t.Context(), support.Stopping{CaseID: c.ID, By: "page", Now: h.Clock.Now(), Freeze: d.freeze(support.FrozenPerson, c.PersonID, c.ID)}, h.entry(h.Organisation.ID, "case.stopped"))
		}), 1)
	})
	must(t, h.VerifyAudit(t.Context()))
}

// revokedByOperator is a case of a member of several organisations that was carried out.
func (d desk) revokedByOperator(t *testing.T) support.Case {
	t.Helper()
	operator := newDesk(t, d.House, secret.NewID("operator"))
	c := d.waits(t, escalated)
	d.goes(t, support.Move{
		CaseID: c.ID, From: []support.State{support.Waiting}, To: support.Waiting, Now: d.Clock.Now(),
		OperatorID: operator.approver.ID, OperatorApprovalID: d.signature(t, operator.approver, operator.phone),
	})
	same(t, "revoked", d.revoke(t, c), true)
	return d.now(t, c)
}

func testStopEarly(t *testing.T, h *House) {
	for _, stage := range []struct {
		name string
		make func(d desk) support.Case
	}{
		{"open", func(d desk) support.Case { return d.opens(t) }},
		{"waiting", func(d desk) support.Case { return d.waits(t) }},
		{"refused", func(d desk) support.Case {
			c := d.opens(t)
			d.goes(t, support.Move{CaseID: c.ID, From: []support.State{support.Open}, To: support.Refused, Now: d.Clock.Now()})
			return d.now(t, c)
		}},
	} {
		d := newDesk(t, h, stage.name)
		phone := d.AddPhone(t, d.member, pairing.Paired)
		c := stage.make(d)
		d.Clock.Pass(time.Minute)
		d.written(t, 2, func() { same(t, "stopped", d.stop(t, c), true) })
		c.State, c.Closed, c.StoppedBy = support.Stopped, d.Clock.Now(), "mail"
		same(t, stage.name, d.now(t, c), c)
		same(t, "phone", got(h.Device(t.Context(), phone.ID))(t).Status, devices.Active)
		same(t, "frozen", got(h.Frozen(t.Context(), c.PersonID, "", h.Organisation.ID))(t)[0].CaseID, c.ID)
		d.written(t, 0, func() { same(t, "again", d.stop(t, c), false) })
		same(t, "revoked", d.revoke(t, c), false)
	}
	d := newDesk(t, h, "none")
	same(t, "unknown", d.stop(t, support.Case{ID: "case_none", PersonID: d.member.Person.ID}), false)
}

func testStopRevoked(t *testing.T, d desk) {
	ctx := t.Context()
	c := d.revoked(t)
	session := d.linked(t, c)
	p := d.Pairing(d.member)
	p.ApplicationID, p.By, p.Session = "", d.member.ID, session.ID
	begun := got(d.OpenPairing(ctx, p, d.Clock.Now().Add(-time.Hour), 9, d.entry(d.Organisation.ID, "pairing.opened")))(t)
	same(t, "stopped", d.stop(t, c), true)
	_, err := d.Session(ctx, session.TokenHash)
	fails(t, err, signin.ErrNone)
	same(t, "claimed", got(d.Claim(ctx, d.ClaimOf(begun), d.entry(d.Organisation.ID, "x")))(t), false)
	same(t, "recovering", got(d.Person(ctx, c.PersonID))(t).Recovering, c.ID)
	d.remains(t, support.Move{CaseID: c.ID, From: []support.State{support.Revoked, support.Stopped}, To: support.Revoked, Now: d.Clock.Now(), Link: 2, LinkUntil: d.Clock.Now().Add(time.Hour)})
	// After an administrator looked, another case helps.
	f := got(d.Frozen(ctx, c.PersonID, "", d.Organisation.ID))(t)[0]
	same(t, "lifted", got(d.LiftFreeze(ctx, f.ID, "usr_x", d.Clock.Now(), d.entry(d.Organisation.ID, "support.lifted"), nil))(t), true)
	next := d.revoked(t)
	same(t, "recovering", got(d.Person(ctx, c.PersonID))(t).Recovering, next.ID)
	d.recovers(t, next)
}

// testStopDone: what an impostor linked goes, and the person keeps nothing that is theirs.
func testStopDone(t *testing.T, d desk) {
	ctx := t.Context()
	d.prove(t, d.member, "+31612345678")
	d.Clock.Pass(time.Hour)
	c := d.revoked(t)
	d.Clock.Pass(time.Second)
	phone := d.recovers(t, c)
	b := belongings{phones: []devices.Device{phone}}
	d.AddApp(t, d.member, 5)
	must(t, d.KeepRecoveryCodes(ctx, c.PersonID, []string{"three"}, d.Clock.Now(), d.entry("", "codes.made")))
	session := tenancy{d.House, d.member, phone}.begin(t, signin.Full, nil)
	d.prove(t, d.member, "+31687654321")
	d.Clock.Pass(support.StopLife - time.Second - time.Millisecond)
	same(t, "stopped", d.stop(t, c), true)
	same(t, "phone", got(d.Device(ctx, b.phones[0].ID))(t).Status, devices.Removed)
	same(t, "codes", len(got(d.Authenticators(ctx, c.PersonID))(t)), 0)
	_, err := d.Session(ctx, session.TokenHash)
	fails(t, err, signin.ErrNone)
	p := got(d.Person(ctx, c.PersonID))(t)
	same(t, "person", []any{p.Recovering, p.Number, p.Apps, p.RecoveryCodes, p.NumberProven.IsZero()}, []any{c.ID, "", 0, 0, true})
	last := d.lastRows(t, "", 1)[0]
	same(t, "row", []string{last.Action, last.Subject, last.Data["why"]}, []string{"person.number-removed", c.PersonID, "case-stopped"})
}

func testStopAccess(t *testing.T, d desk) {
	ctx := t.Context()
	phone := d.AddPhone(t, d.member, pairing.Paired)
	y := tenancy{d.House, d.member, phone}
	c := d.sent(t, 2)
	temporary := y.begin(t, signin.Full, func(s *signin.Session) {
		s.Method, s.Within, s.RequestID = approval.Temporary, d.Organisation.ID, y.released(t).ID
	})
	own := y.begin(t, signin.Full, func(s *signin.Session) { s.Method, s.RequestID = approval.Push, y.released(t).ID })
	asked := d.AskOne(t, d.Request(d.member, "asked"))
	same(t, "stopped", d.stop(t, c), true)
	_, err := d.Session(ctx, temporary.TokenHash)
	fails(t, err, signin.ErrNone)
	got(d.Session(ctx, own.TokenHash))(t)
	same(t, "request", got(d.Backend.Request(ctx, asked.ID))(t).State, approval.Cancelled)
	same(t, "phone", got(d.Device(ctx, phone.ID))(t).Status, devices.Active)
	same(t, "used", got(d.UseAccessCode(ctx, c.ID, 1, d.Clock.Now(), d.entry("", "x")))(t), false)
}
