package storetest

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/otp"
	"example.com/aye/pairing"
	"example.com/aye/signin"
	"example.com/aye/support"
)

// useLink uses the case's newest link.
func (d desk) useLink(t *testing.T, c support.Case) {
	t.Helper()
	d.goes(t, support.Move{CaseID: c.ID, From: []support.State{support.Revoked}, To: support.Revoked, Now: d.Clock.Now(), UseLink: c.Link})
}

// linked is a session that the case's link began.
func (d desk) linked(t *testing.T, c support.Case) signin.Session {
	t.Helper()
	d.useLink(t, c)
	return tenancy{House: d.House, member: d.member}.begin(t, signin.Setup, func(s *signin.Session) { s.CaseID = c.ID })
}

// claims links a phone in the session.
func (d desk) claims(t *testing.T, session signin.Session, to pairing.State) pairing.Claim {
	t.Helper()
	p := d.Pairing(d.member)
	p.ApplicationID, p.By, p.Session = "", d.member.ID, session.ID
	p = got(d.OpenPairing(t.Context(), p, d.Clock.Now().Add(-time.Hour), 9, d.entry(d.Organisation.ID, "pairing.opened")))(t)
	c := d.ClaimOf(p)
	if c.To = to; to != pairing.Paired {
		c.Device.Status = devices.Pending
	}
	same(t, "claimed", got(d.Claim(t.Context(), c, d.entry(d.Organisation.ID, "pairing.claimed")))(t), true)
	return c
}

// recovers links a new phone by the case.
func (d desk) recovers(t *testing.T, c support.Case) devices.Device {
	t.Helper()
	return d.claims(t, d.linked(t, c), pairing.Paired).Device
}

func testRecovering(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	t.Run("a phone ends it", func(t *testing.T) {
		d := newDesk(t, h, "phone")
		d.prove(t, d.member, "+31612345678")
		d.Clock.Pass(time.Hour) // longer than a number that was laid aside would stay
		c := d.revoked(t)
		session := d.linked(t, c)
		d.Clock.Pass(time.Minute)
		d.claims(t, session, pairing.Paired)
		d.recovered(t, c)
		same(t, "number", got(h.Person(t.Context(), c.PersonID))(t).Number, "+31612345678")
	})
	t.Run("in an organisation that is frozen", func(t *testing.T) {
		other := NewHouse(t, open)
		d := newDesk(t, other, "frozen")
		c := d.revoked(t)
		must(t, other.AddFreeze(t.Context(), d.freeze(support.FrozenOrganisation, other.Organisation.ID, ""), other.entry(other.Organisation.ID, "support.frozen")))
		d.goes(t, support.Move{
			CaseID: c.ID, From: []support.State{support.Revoked}, To: support.Revoked, Now: other.Clock.Now(), Link: 2, LinkUntil: other.Clock.Now().Add(support.LinkLife),
		})
		d.recovers(t, d.now(t, c))
		d.recovered(t, c)
	})
	t.Run("a confirmed phone ends it", func(t *testing.T) {
		d := newDesk(t, h, "confirmed")
		c := d.revoked(t)
		claim := d.claims(t, d.linked(t, c), pairing.AwaitingCode)
		same(t, "not yet", got(h.Person(t.Context(), c.PersonID))(t).Recovering, c.ID)
		same(t, "not yet", d.now(t, c).State, support.Revoked)
		same(t, "confirmed", got(h.MovePairing(t.Context(), pairing.Move{
			PairingID: claim.PairingID, Generation: 1, From: []pairing.State{pairing.AwaitingCode}, To: pairing.Paired, Device: pairing.Activate, Now: h.Clock.Now(),
		}, h.entry(h.Organisation.ID, "pairing.paired")))(t), true)
		d.recovered(t, c)
	})
	t.Run("an app ends it", func(t *testing.T) {
		d := newDesk(t, h, "app")
		c := d.revoked(t)
		e := h.enrolment(d.member)
		e.By = d.linked(t, c).ID
		must(t, h.BeginApp(t.Context(), e, 5, h.entry("", "app.begun")))
		same(t, "not yet", d.now(t, c).State, support.Revoked)
		same(t, "activated", got(h.ActivateApp(t.Context(), h.activation(e, 5), h.entry("", "app.activated")))(t), true)
		d.recovered(t, c)
	})
	t.Run("nothing but the link", func(t *testing.T) { testOnlyTheLink(t, newDesk(t, h, "only")) })
	t.Run("a session of the link", func(t *testing.T) { testLinkSession(t, h) })
	t.Run("a number is another one", func(t *testing.T) {
		d := newDesk(t, h, "number")
		d.revoked(t)
		d.prove(t, d.member, "+31612345678")
		same(t, "since", got(h.Person(t.Context(), d.member.Person.ID))(t).NumberChanged, h.Clock.Now())
	})
	t.Run("of somebody else", func(t *testing.T) {
		d, other := newDesk(t, h, "mine"), newDesk(t, h, "theirs")
		c, theirs := d.revoked(t), other.revoked(t)
		session := other.linked(t, theirs)
		p := d.Pairing(d.member)
		p.ApplicationID, p.By, p.Session = "", d.member.ID, session.ID
		_, err := h.OpenPairing(t.Context(), p, time.Time{}, 99, h.entry(h.Organisation.ID, "x"))
		fails(t, err, pairing.ErrEnrolRefused)
		d.useLink(t, c)
		wrong := session
		wrong.PersonID, wrong.ID = c.PersonID, "ses_wrong"
		fails(t, h.StartSession(t.Context(), wrong, h.entry(h.Organisation.ID, "x")), signin.ErrNone)
	})
	must(t, h.VerifyAudit(t.Context()))
}

// recovered looks that the case is done.
func (d desk) recovered(t *testing.T, c support.Case) {
	t.Helper()
	same(t, "recovering", got(d.Person(t.Context(), c.PersonID))(t).Recovering, "")
	now := d.now(t, c)
	same(t, "state", []any{now.State, now.Closed}, []any{support.Done, d.Clock.Now()})
	last := d.lastRows(t, d.Organisation.ID, 1)[0]
	same(t, "row", []string{last.Action, last.Actor, last.Subject, last.Data["user"], last.Data["kind"], last.Data["state"]},
		[]string{"case.done", d.member.ID, c.ID, d.member.ID, "lost", "done"})
}

func testOnlyTheLink(t *testing.T, d desk) {
	ctx := t.Context()
	d.prove(t, d.member, "+31612345678")
	c := d.revoked(t)
	d.useLink(t, c)
	password := tenancy{House: d.House, member: d.member}.begin(t, signin.Setup, nil)
	for name, change := range map[string]func(*pairing.Pairing){
		"an application": func(p *pairing.Pairing) { p.ApplicationID = d.Application.ID },
		"the password":   func(p *pairing.Pairing) { p.By, p.Session = d.member.ID, password.ID },
		"no session":     func(p *pairing.Pairing) { p.By = d.member.ID },
	} {
		p := d.Pairing(d.member)
		p.ApplicationID = ""
		change(&p)
		t.Log(name)
		d.written(t, 0, func() {
			_, err := d.OpenPairing(ctx, p, time.Time{}, 99, d.entry(d.Organisation.ID, "x"))
			fails(t, err, pairing.ErrEnrolRefused)
		})
	}
	e := d.enrolment(d.member)
	e.By = password.ID
	fails(t, d.BeginApp(ctx, e, 5, d.entry("", "x")), otp.ErrNone)
	_, err := d.ChooseTexts(ctx, c.PersonID, time.Time{}, d.Clock.Now(), d.entry("", "x"))
	fails(t, err, accounts.ErrRecovering)
	fails(t, d.KeepRecoveryCodes(ctx, c.PersonID, []string{"x"}, d.Clock.Now(), d.entry("", "x")), otp.ErrNoFactor)
	same(t, "recovering", got(d.Person(ctx, c.PersonID))(t).Recovering, c.ID)
	// The operator may.
	p := d.Pairing(d.member)
	p.ApplicationID = ""
	got(d.OpenPairing(ctx, p, time.Time{}, 99, d.entry(d.Organisation.ID, "pairing.opened")))(t)
}

// testLinkSession: who stops the case between the use of the link and the session that it begins has stopped both.
func testLinkSession(t *testing.T, h *House) {
	ctx := t.Context()
	start := func(d desk, c support.Case) error {
		now := h.Clock.Now()
		s := signin.Session{ID: c.ID + "session", TokenHash: c.ID + "token", PersonID: c.PersonID, Level: signin.Setup, Created: now, Seen: now, Ends: now.Add(time.Hour), CaseID: c.ID}
		s.Organisation.ID, s.Member.ID = d.Organisation.ID, d.member.ID
		return h.StartSession(ctx, s, audit.Entry{Organisation: d.Organisation.ID, Action: "session.started"})
	}
	d := newDesk(t, h, "kept-case")
	c := d.revoked(t)
	d.written(t, 0, func() { fails(t, start(d, c), signin.ErrNone) }) // its link was not used
	d.useLink(t, c)
	must(t, start(d, c))
	same(t, "case", got(h.Session(ctx, c.ID+"token"))(t).CaseID, c.ID)

	for name, end := range map[string]func(d desk, c support.Case){
		"stopped": func(d desk, c support.Case) { same(t, "stopped", d.stop(t, c), true) },
		"frozen elsewhere": func(d desk, c support.Case) {
			f := d.freeze(support.FrozenPerson, c.PersonID, "")
			f.OrganisationID = h.AddOrganisation(t, "Elsewhere").ID
			must(t, h.AddFreeze(t.Context(), f, h.entry(f.OrganisationID, "support.frozen")))
		},
		"expired": func(d desk, c support.Case) {
			d.goes(t, support.Move{CaseID: c.ID, From: []support.State{support.Revoked}, To: support.Expired, Now: h.Clock.Now()})
		},
		"done": func(d desk, c support.Case) {
			d.recovers(t, d.again(t, c))
		},
	} {
		d := newDesk(t, h, "link "+name)
		c := d.revoked(t)
		d.useLink(t, c)
		end(d, c)
		t.Log(name)
		fails(t, start(d, c), signin.ErrNone)
	}
}

// again sends another link.
func (d desk) again(t *testing.T, c support.Case) support.Case {
	t.Helper()
	d.goes(t, support.Move{CaseID: c.ID, From: []support.State{support.Revoked}, To: support.Revoked, Now: d.Clock.Now(), Link: c.Link + 1, LinkUntil: d.Clock.Now().Add(support.LinkLife)})
	return d.now(t, c)
}
