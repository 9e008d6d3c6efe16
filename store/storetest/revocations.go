package storetest

import (
	"slices"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/otp"
	"example.com/aye/pairing"
	"example.com/aye/privacy"
	"example.com/aye/signin"
	"example.com/aye/support"
)

func testRevocations(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	t.Run("everything old", func(t *testing.T) { testRevoked(t, newDesk(t, h, "old")) })
	t.Run("not yet", func(t *testing.T) {
		d := newDesk(t, h, "yet")
		c := d.opens(t)
		d.goes(t, d.approval(c, d.signature(t, d.approver, d.phone), d.Clock.Now().Add(time.Hour)))
		d.keeps(t, c)
		d.Clock.Pass(time.Hour - time.Millisecond)
		d.keeps(t, c)
		d.Clock.Pass(time.Millisecond)
		same(t, "revoked", d.revoke(t, c), true)
		c = d.now(t, c)
		d.written(t, 0, func() { same(t, "once", d.revoke(t, c), false) })
	})
	t.Run("not in another state", func(t *testing.T) {
		d := newDesk(t, h, "state")
		d.keeps(t, d.opens(t))
		cancelled := newDesk(t, h, "cancelled")
		c := cancelled.waits(t)
		cancelled.goes(t, support.Move{CaseID: c.ID, From: []support.State{support.Waiting}, To: support.Cancelled, Now: h.Clock.Now()})
		cancelled.keeps(t, c)
		other := newDesk(t, h, "forgotten")
		other.keeps(t, other.sent(t, 1))
		same(t, "unknown", got(h.RevokeCase(t.Context(), support.Revocation{CaseID: "case_none", Now: h.Clock.Now(), Link: 1}, h.entry("", "x")))(t), false)
	})
	t.Run("another link", func(t *testing.T) {
		d := newDesk(t, h, "link")
		c := d.waits(t)
		c.Link++
		d.keeps(t, c)
	})
	t.Run("frozen", func(t *testing.T) { testRevokeFrozen(t, newDesk(t, h, "frozen")) })
	t.Run("no member any more", func(t *testing.T) {
		d := newDesk(t, h, "left")
		c := d.waits(t)
		h.leave(t, d.member)
		d.keeps(t, c)
	})
	t.Run("the approver says it was not them", func(t *testing.T) {
		d := newDesk(t, h, "reported")
		c := d.waits(t)
		d.moves(t, d.Report(got(d.Backend.Request(t.Context(), c.ApprovalID))(t), d.phone))
		d.keeps(t, c)
	})
	t.Run("the operator must sign", func(t *testing.T) { testRevokeEscalated(t, h) })
	t.Run("on the command line", func(t *testing.T) {
		d := newDesk(t, h, "command")
		d.elsewhere(t, d.member)
		c := d.lost(func(c *support.Case) {
			c.State, c.OpenerID, c.OpenerPersonID, c.Escalated, c.OperatorID, c.Due = support.Waiting, "", "", true, accounts.Operator, c.Opened
		})
		must(t, d.OpenCase(t.Context(), c, d.entry(d.Organisation.ID, "case.opened")))
		same(t, "revoked", d.revoke(t, c), true)
	})
	t.Run("the phones that went", func(t *testing.T) { testRemovedBy(t, newDesk(t, h, "phones")) })
	t.Run("at once with a stop", func(t *testing.T) { testRevokeAgainstStop(t, h) })
	must(t, h.VerifyAudit(t.Context()))
}

// keeps tries a revocation that must not come to pass.
func (d desk) keeps(t *testing.T, c support.Case) {
	t.Helper()
	phone := d.AddPhone(t, d.member, pairing.Paired)
	before := d.now(t, c)
	d.written(t, 0, func() { same(t, "revoked", d.revoke(t, c), false) })
	same(t, "case", d.now(t, c), before)
	same(t, "phone", got(d.Device(t.Context(), phone.ID))(t).Status, devices.Active)
}

// belongings are all by which a person gets in, and what was begun in their name.
type belongings struct {
	phones   []devices.Device
	pending  pairing.Pairing
	begun    otp.Enrolment
	sessions []signin.Session
	asked    approval.Request
	approved approval.Request
	letters  []accounts.MailedLetter
	proof    accounts.NumberProof
}

// furnish gives the person everything.
func (d desk) furnish(t *testing.T) belongings {
	t.Helper()
	ctx, m := t.Context(), d.member
	y := tenancy{House: d.House, member: m}
	b := belongings{phones: []devices.Device{d.AddPhone(t, m, pairing.Paired), d.AddPhone(t, m, pairing.AwaitingCode)}}
	y.phone = b.phones[0]
	d.AddApp(t, m, 5)
	d.prove(t, m, "+31612345678")
	d.chooseTexts(t, m)
	must(t, d.KeepRecoveryCodes(ctx, m.Person.ID, []string{"one", "two"}, d.Clock.Now(), d.entry("", "codes.made")))
	b.pending, b.begun = d.OpenOne(t, m), d.begin(t, m, 5)
	for _, level := range []signin.Level{signin.Password, signin.Setup, signin.Reset, signin.Full} {
		b.sessions = append(b.sessions, y.begin(t, level, nil))
	}
	b.approved = d.AskOne(t, d.Request(m, "approved"))
	d.moves(t, d.Approve(b.approved, b.phones[0]))
	b.asked = d.AskOne(t, d.Request(m, "asked"))
	for _, kind := range []accounts.LetterKind{accounts.LetterReset, accounts.LetterEmail} {
		l := d.letter(kind, m.Person.ID, secret.NewID("address"))
		if kind == accounts.LetterEmail {
			l.Email = "new@example.com"
		}
		b.letters = append(b.letters, d.post(t, l))
	}
	b.proof = d.proof(m, "+31687654321")
	same(t, "sent", got(d.AddNumberProof(ctx, b.proof, anyTime))(t), true)
	return b
}

// gone looks that nothing of it is left.
func (d desk) gone(t *testing.T, b belongings) {
	t.Helper()
	ctx, personID := t.Context(), d.member.Person.ID
	same(t, "phones", len(got(d.DevicesOf(ctx, personID))(t)), 0)
	for _, phone := range b.phones {
		removed := got(d.Device(ctx, phone.ID))(t)
		same(t, "phone", []string{string(removed.Status), removed.Push.Address.Reveal()}, []string{string(devices.Removed), ""})
		_, err := d.TOTPSecret(ctx, phone.ID)
		fails(t, err, pairing.ErrNotFound)
	}
	same(t, "codes", len(got(d.Authenticators(ctx, personID))(t)), 0)
	same(t, "apps", len(got(d.Apps(ctx, personID))(t)), 0)
	_, err := d.Beginning(ctx, personID, b.begun.By, time.Time{})
	fails(t, err, otp.ErrNone)
	left, _, err := d.RecoveryCodes(ctx, personID)
	must(t, err)
	same(t, "recovery codes", left, 0)
	p := got(d.Person(ctx, personID))(t)
	same(t, "counts", []int{p.Apps, p.RecoveryCodes}, []int{0, 0})
	same(t, "texts", p.Texts, time.Time{})
	same(t, "pairing", got(d.Backend.Pairing(ctx, b.pending.ID))(t).State, pairing.Cancelled)
	same(t, "pairing of the pending phone", got(d.PairingOf(ctx, b.phones[1].ID))(t).State, pairing.Burned)
	for _, s := range b.sessions {
		_, err = d.Session(ctx, s.TokenHash)
		fails(t, err, signin.ErrNone)
	}
	for _, r := range []approval.Request{b.asked, b.approved} {
		same(t, "request", got(d.Backend.Request(ctx, r.ID))(t).State, approval.Cancelled)
	}
	for _, l := range b.letters {
		_, err = d.FindLetter(ctx, l.Hash, l.Kind, time.Time{})
		fails(t, err, accounts.ErrNotFound)
	}
	_, err = d.NumberProof(ctx, personID, time.Time{})
	fails(t, err, accounts.ErrNotFound)
}

func testRevoked(t *testing.T, d desk) {
	ctx := t.Context()
	other := newDesk(t, d.House, "beside")
	stays := other.AddPhone(t, other.member, pairing.Paired)
	theirs := tenancy{d.House, other.member, stays}.begin(t, signin.Full, nil)
	b := d.furnish(t)
	number := got(d.Person(ctx, d.member.Person.ID))(t).Number
	there := d.elsewhere(t, d.member)
	b.sessions = append(b.sessions, tenancy{d.House, there, b.phones[0]}.begin(t, signin.Full, nil))
	c := d.opens(t, escalated)
	d.goes(t, d.approval(c, d.signature(t, d.approver, d.phone), d.Clock.Now()))
	operator := other.approver
	d.goes(t, support.Move{
		CaseID: c.ID, From: []support.State{support.Waiting}, To: support.Waiting, Now: d.Clock.Now(), OperatorID: operator.ID, OperatorApprovalID: d.signature(t, operator, other.phone),
	})
	code := desk{House: d.House, member: there, opener: other.opener}.lost(forgotten, func(c *support.Case) {
		c.State, c.Link, c.Left, c.LinkUntil = support.Sent, 1, 1, c.Opened.Add(time.Hour)
	})
	must(t, d.OpenCase(ctx, code, d.entry(there.OrganisationID, "case.opened")))
	d.Clock.Pass(time.Second)
	before, _, err := d.AuditHead(ctx, there.OrganisationID)
	must(t, err)
	c = d.now(t, c)
	same(t, "revoked", d.revoke(t, c), true)

	d.gone(t, b)
	p := got(d.Person(ctx, d.member.Person.ID))(t)
	same(t, "recovering", p.Recovering, c.ID)
	same(t, "the number stays proven", []string{p.Number, p.NumberProven.String()}, []string{number, d.Clock.Now().Add(-time.Second).String()})
	same(t, "the member is recovering", got(d.MemberByID(ctx, d.Organisation.ID, d.member.ID))(t).Person.Recovering, c.ID)
	same(t, "the code elsewhere", got(d.Backend.Case(ctx, code.ID))(t).State, support.Cancelled)
	c.State, c.Closed, c.Link, c.LinkUntil, c.Expires = support.Revoked, d.Clock.Now(), 1, d.Clock.Now().Add(support.LinkLife), d.Clock.Now().Add(support.LinkDays)
	same(t, "case", d.now(t, c), c)
	same(t, "somebody else's phone", got(d.Device(ctx, stays.ID))(t).Status, devices.Active)
	got(d.Session(ctx, theirs.TokenHash))(t)
	testRevokedRows(t, d, c, there, before)
}

// testRevokedRows: each chain has what went there; no other than that of the case says why, or of whom else.
func testRevokedRows(t *testing.T, d desk, c support.Case, there accounts.Member, before int64) {
	t.Helper()
	ctx := t.Context()
	var actions []string
	for _, row := range got(d.AuditRows(ctx, there.OrganisationID, before, 99))(t) {
		actions = append(actions, row.Action)
		for _, value := range row.Data {
			if value == c.ID || value == d.Organisation.ID || value == d.member.ID {
				t.Errorf("the other organisation learns of it: %+v", row)
			}
		}
	}
	same(t, "elsewhere", actions, []string{"session.ended", "case.cancelled"})
	actions = nil
	for _, row := range d.lastRows(t, d.Organisation.ID, 10) {
		actions = append(actions, row.Action)
	}
	slices.Sort(actions[1:])
	same(t, "here", actions, []string{
		"case.revoked", "approval.cancelled", "approval.cancelled", "device.removed", "pairing.dropped", "pairing.dropped",
		"session.ended", "session.ended", "session.ended", "session.ended",
	})
	last := d.lastRows(t, "", 1)[0]
	same(t, "the installation's", []string{last.Action, last.Subject, last.Data["case"]}, []string{"person.factors-revoked", d.member.Person.ID, c.ID})
}

func testRevokeFrozen(t *testing.T, d desk) {
	c := d.waits(t)
	elsewhere := d.freeze(support.FrozenPerson, d.member.Person.ID, "")
	elsewhere.OrganisationID = d.AddOrganisation(t, "Elsewhere").ID
	for _, f := range []support.Freeze{
		d.freeze(support.FrozenPerson, d.member.Person.ID, ""), d.freeze(support.FrozenOrganisation, d.Organisation.ID, ""), elsewhere,
		d.freeze(support.FrozenAgent, d.opener.ID, ""), d.freeze(support.FrozenAgent, d.approver.ID, ""),
	} {
		must(t, d.AddFreeze(t.Context(), f, d.entry("", "support.frozen")))
		d.written(t, 0, func() { same(t, string(f.What), d.revoke(t, c), false) })
		same(t, "lifted", got(d.LiftFreeze(t.Context(), f.ID, "usr_x", d.Clock.Now(), d.entry("", "support.lifted"), nil))(t), true)
		// It is due again when there was time to stop it.
		d.Clock.Pass(time.Hour - time.Millisecond)
		d.written(t, 0, func() { same(t, "a moment before", d.revoke(t, c), false) })
		d.Clock.Pass(time.Millisecond)
	}
	same(t, "revoked", d.revoke(t, c), true)
}

func testRevokeEscalated(t *testing.T, h *House) {
	ctx := t.Context()
	d := newDesk(t, h, "escalated")
	d.keeps(t, d.waits(t, escalated))

	// Who became a member elsewhere after the case was opened.
	d = newDesk(t, h, "later")
	c := d.waits(t)
	d.elsewhere(t, d.member)
	phone := d.AddPhone(t, d.member, pairing.Paired)
	d.written(t, 0, func() { same(t, "revoked", d.revoke(t, c), false) })
	same(t, "phone", got(h.Device(ctx, phone.ID))(t).Status, devices.Active)
	same(t, "escalated", d.now(t, c).Escalated, true)
	last := h.lastRows(t, "", 1)[0]
	same(t, "only the installation's chain has it", []string{last.Action, last.Subject}, []string{"case.escalated", c.ID})
	d.keeps(t, c)
	operator := newDesk(t, h, "operator")
	id := d.signature(t, operator.approver, operator.phone)
	d.goes(t, support.Move{CaseID: c.ID, From: []support.State{support.Waiting}, To: support.Waiting, Now: h.Clock.Now(), OperatorID: operator.approver.ID, OperatorApprovalID: id})
	d.moves(t, d.Report(got(d.Backend.Request(t.Context(), id))(t), operator.phone))
	d.keeps(t, c) // it was not them

	// Who left the other one again.
	d = newDesk(t, h, "again")
	c = d.waits(t)
	h.leave(t, d.elsewhere(t, d.member))
	same(t, "revoked", d.revoke(t, c), true)
}

func testRevokeAgainstStop(t *testing.T, h *House) {
	for range 10 {
		d := newDesk(t, h, secret.NewID("raced"))
		phone := d.AddPhone(t, d.member, pairing.Paired)
		c := d.waits(t)
		now := h.Clock.Now()
		entry := h.entry(h.Organisation.ID, "raced")
		race(t, func(i int) (bool, error) {
			if i == racers/2 {
				return h.StopCase(t.Context(), support.Stopping{CaseID: c.ID, By: "mail", Now: now, Freeze: d.freeze(support.FrozenPerson, c.PersonID, c.ID)}, entry)
			}
			return h.RevokeCase(t.Context(), support.Revocation{CaseID: c.ID, Now: now, Link: 1, LinkUntil: now.Add(time.Hour)}, entry)
		})
		c = d.now(t, c)
		p := got(h.Person(t.Context(), d.member.Person.ID))(t)
		removed := got(h.Device(t.Context(), phone.ID))(t).Status == devices.Removed
		same(t, "state", c.State, support.Stopped)
		same(t, "all or nothing", []bool{removed, p.Recovering == c.ID}, []bool{c.Link == 1, c.Link == 1})
		same(t, "frozen", len(got(h.Frozen(t.Context(), c.PersonID, "", h.Organisation.ID))(t)), 1)
		same(t, "the link is dead", got(h.MoveCase(t.Context(), support.Move{CaseID: c.ID, From: []support.State{support.Revoked, support.Stopped}, To: support.Revoked, Now: now, UseLink: 1}, audit.Entry{}))(t), false)
	}
}

// testRemovedBy: what the case removed can still stop it, and nothing else can.
func testRemovedBy(t *testing.T, d desk) {
	ctx := t.Context()
	removed := func(phone devices.Device) string { return got(d.Device(ctx, phone.ID))(t).RemovedCase }
	before, here, begun := d.AddPhone(t, d.member, pairing.Paired), d.AddPhone(t, d.member, pairing.Paired), d.AddPhone(t, d.member, pairing.AwaitingCode)
	same(t, "removed", got(d.RemoveDevice(ctx, before.ID, d.entry(d.Organisation.ID, "device.removed")))(t), true)
	c := d.revoked(t)
	same(t, "by the case", []string{removed(before), removed(here), removed(begun)}, []string{"", c.ID, ""})
	next := d.recovers(t, c)
	same(t, "of the new one", removed(next), "")
	same(t, "stopped", d.stop(t, c), true)
	same(t, "after the stop", []string{removed(before), removed(here), removed(next)}, []string{"", c.ID, ""})
	same(t, "status", got(d.Device(ctx, next.ID))(t).Status, devices.Removed)
	must(t, d.ErasePerson(ctx, privacy.Erasure{PersonID: c.PersonID, Now: d.Clock.Now()}, d.entry("", "person.erased")))
	same(t, "erased", removed(here), "")
}
