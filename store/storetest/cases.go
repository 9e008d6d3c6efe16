package storetest

import (
	"errors"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
	"example.com/aye/support"
)

// desk is somebody who needs help, and the two who give it.
type desk struct {
	*House
	member, opener, approver accounts.Member
	// phone is the approver's.
	phone devices.Device
}

func newDesk(t *testing.T, h *House, name string) desk {
	t.Helper()
	d := desk{House: h, member: h.AddPerson(t, name+"@example.com"), opener: h.AddPerson(t, name+"-opener@example.com"), approver: h.AddPerson(t, name+"-approver@example.com")}
	d.phone = h.AddPhone(t, d.approver, pairing.Paired)
	return d
}

// lost is a case that is not stored.
func (d desk) lost(change ...func(*support.Case)) support.Case {
	now := d.Clock.Now()
	c := support.Case{
		ID: secret.NewID("case"), Kind: support.Lost, State: support.Open, OrganisationID: d.member.OrganisationID, MembershipID: d.member.ID, PersonID: d.member.Person.ID,
		OpenerID: d.opener.ID, OpenerPersonID: d.opener.Person.ID, Identified: support.CalledBack, Ticket: "T-1", Note: "Has the phone number of before.",
		Opened: now, Expires: now.Add(support.ApprovalLife),
	}
	for _, apply := range change {
		apply(&c)
	}
	return c
}

// forgotten makes it one of a forgotten phone.
func forgotten(c *support.Case) {
	c.Kind, c.Life, c.Uses, c.Channel = support.Forgotten, support.AccessLife, 1, support.ByMail
}

// escalated makes it one that the operator must sign too.
func escalated(c *support.Case) { c.Escalated = true }

func (d desk) opens(t *testing.T, change ...func(*support.Case)) support.Case {
	t.Helper()
	c := d.lost(change...)
	d.written(t, 1, func() { must(t, d.OpenCase(t.Context(), c, d.entry(d.Organisation.ID, "case.opened"))) })
	return c
}

// signature is the request that somebody signed on their phone.
func (d desk) signature(t *testing.T, by accounts.Member, phone devices.Device) string {
	t.Helper()
	r := d.AskOne(t, d.Request(by, secret.NewID("b")))
	d.moves(t, d.Approve(r, phone))
	return d.moves(t, d.Redeem(r)).ID
}

// approval is the edge by which the second approver lets the case go on.
func (d desk) approval(c support.Case, approvalID string, due time.Time) support.Move {
	return support.Move{
		CaseID: c.ID, From: []support.State{support.Open}, To: support.Waiting, Now: d.Clock.Now(),
		ApproverID: d.approver.ID, ApproverPersonID: d.approver.Person.ID, ApprovalID: approvalID, Due: due,
	}
}

// waits opens a case and approves it; it is due at once.
func (d desk) waits(t *testing.T, change ...func(*support.Case)) support.Case {
	t.Helper()
	c := d.opens(t, change...)
	d.goes(t, d.approval(c, d.signature(t, d.approver, d.phone), d.Clock.Now()))
	return d.now(t, c)
}

// revoked is a case that was carried out.
func (d desk) revoked(t *testing.T, change ...func(*support.Case)) support.Case {
	t.Helper()
	c := d.waits(t, change...)
	same(t, "revoked", d.revoke(t, c), true)
	return d.now(t, c)
}

func (d desk) revoke(t *testing.T, c support.Case) bool {
	t.Helper()
	now := d.Clock.Now()
	return got(d.RevokeCase(t.Context(), support.Revocation{CaseID: c.ID, Now: now, Link: c.Link + 1, LinkUntil: now.Add(support.LinkLife)}, d.entry(d.Organisation.ID, "case.revoked")))(t)
}

// stop says that it was not them.
func (d desk) stop(t *testing.T, c support.Case) bool {
	t.Helper()
	now := d.Clock.Now()
	return got(d.StopCase(t.Context(), support.Stopping{CaseID: c.ID, By: "mail", Now: now, Freeze: d.freeze(support.FrozenPerson, c.PersonID, c.ID)},
		d.entry(d.Organisation.ID, "case.stopped"), d.entry(d.Organisation.ID, "support.frozen")))(t)
}

func (d desk) freeze(what support.Frozen, subjectID, caseID string) support.Freeze {
	return support.Freeze{ID: secret.NewID("frz"), What: what, OrganisationID: d.Organisation.ID, SubjectID: subjectID, CaseID: caseID, At: d.Clock.Now()}
}

// now is the case as it stands.
func (d desk) now(t *testing.T, c support.Case) support.Case {
	t.Helper()
	return got(d.Case(t.Context(), c.ID))(t)
}

// goes along an edge that must be open.
func (d desk) goes(t *testing.T, m support.Move) {
	t.Helper()
	same(t, "moved", got(d.MoveCase(t.Context(), m, d.entry(d.Organisation.ID, "case.moved")))(t), true)
}

// remains tries an edge that must be closed, and looks whether the try left anything behind.
func (d desk) remains(t *testing.T, m support.Move) {
	t.Helper()
	before := got(d.Case(t.Context(), m.CaseID))(t)
	d.written(t, 0, func() {
		same(t, "moved", got(d.MoveCase(t.Context(), m, d.entry(d.Organisation.ID, "case.moved")))(t), false)
	})
	same(t, "case", got(d.Case(t.Context(), m.CaseID))(t), before)
}

// elsewhere makes somebody an active member of another organisation too.
func (d desk) elsewhere(t *testing.T, m accounts.Member) accounts.Member {
	t.Helper()
	o := d.AddOrganisation(t, "Elsewhere")
	hash := secret.Hash(secret.NewToken())
	got(d.AddMember(t.Context(), d.House.member(o, m.Person.Email), hash, d.entry(o.ID, "member.added")))(t)
	return got(d.AcceptInvitation(t.Context(), hash, time.Time{}, audit.Entry{Actor: "person", Action: "member.accepted", At: d.Clock.Now()}))(t)
}

// lastRows are the actions of the newest rows of a chain, oldest first.
func (h *House) lastRows(t *testing.T, organisationID string, count int) []audit.Row {
	t.Helper()
	sequence, _, err := h.AuditHead(t.Context(), organisationID)
	must(t, err)
	return got(h.AuditRows(t.Context(), organisationID, sequence-int64(count), count))(t)
}

func testCases(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	t.Run("kept", func(t *testing.T) {
		d := newDesk(t, h, "kept")
		c := d.lost(func(c *support.Case) {
			c.Kind, c.State, c.Shown, c.Escalated, c.Channel = support.Forgotten, support.Sent, support.Remaining, true, support.ByText
			c.ApproverID, c.ApproverPersonID, c.ApprovalID, c.OperatorID, c.OperatorApprovalID = "usr_a", "per_a", "apr_a", "usr_o", "apr_o"
			c.Life, c.Uses, c.Left, c.Link, c.StoppedBy = time.Hour, 3, 2, 4, "page"
			for i, at := range []*time.Time{&c.LinkUntil, &c.LinkUsed, &c.Approved, &c.Due, &c.Closed} {
				*at = c.Opened.Add(time.Duration(i+1) * time.Minute)
			}
		})
		must(t, d.OpenCase(t.Context(), c, d.entry(d.Organisation.ID, "case.opened")))
		same(t, "case", d.now(t, c), c)
		_, err := h.Case(t.Context(), "case_none")
		fails(t, err, support.ErrNotFound)
	})
	t.Run("one that goes on", func(t *testing.T) { testOneCase(t, newDesk(t, h, "one")) })
	t.Run("of somebody frozen", func(t *testing.T) { testOpenFrozen(t, newDesk(t, h, "frozen")) })
	t.Run("about themself", func(t *testing.T) {
		d := newDesk(t, h, "themself")
		d.written(t, 0, func() {
			err := d.OpenCase(t.Context(), d.lost(func(c *support.Case) { c.OpenerPersonID = c.PersonID }), d.entry(d.Organisation.ID, "x"))
			if err == nil {
				t.Fatal("opened")
			}
		})
	})
	t.Run("chosen", func(t *testing.T) { testCasesChosen(t, NewHouse(t, open)) })
	t.Run("of a request", func(t *testing.T) { testCaseOfApproval(t, newDesk(t, h, "request")) })
	t.Run("due", func(t *testing.T) { testDueCases(t, NewHouse(t, open)) })
	t.Run("told", func(t *testing.T) { testCasesTold(t, NewHouse(t, open)) })
	t.Run("notes", func(t *testing.T) { testCaseNotes(t, NewHouse(t, open)) })
	t.Run("opened at once, one stands", func(t *testing.T) {
		d := newDesk(t, h, "raced")
		same(t, "opened", race(t, func(int) (bool, error) {
			err := d.OpenCase(t.Context(), d.lost(), d.entry(d.Organisation.ID, "case.opened"))
			if errors.Is(err, support.ErrLive) {
				return false, nil
			}
			return err == nil, err
		}), 1)
	})
	must(t, h.VerifyAudit(t.Context()))
}

func testOneCase(t *testing.T, d desk) {
	ctx := t.Context()
	first := d.opens(t)
	d.written(t, 0, func() {
		fails(t, d.OpenCase(ctx, d.lost(forgotten), d.entry(d.Organisation.ID, "x")), support.ErrLive)
	})
	// Another organisation learns nothing of it.
	there := d.elsewhere(t, d.member)
	must(t, d.OpenCase(ctx, d.lost(func(c *support.Case) { c.OrganisationID, c.MembershipID = there.OrganisationID, there.ID }), d.entry(there.OrganisationID, "case.opened")))
	d.goes(t, support.Move{CaseID: first.ID, From: []support.State{support.Open}, To: support.Cancelled, Now: d.Clock.Now()})
	d.opens(t)
}

func testOpenFrozen(t *testing.T, d desk) {
	ctx := t.Context()
	for _, f := range []support.Freeze{
		d.freeze(support.FrozenPerson, d.member.Person.ID, ""), d.freeze(support.FrozenAgent, d.opener.ID, ""), d.freeze(support.FrozenOrganisation, d.Organisation.ID, ""),
	} {
		must(t, d.AddFreeze(ctx, f, d.entry(d.Organisation.ID, "support.frozen")))
		d.written(t, 0, func() {
			err := d.OpenCase(ctx, d.lost(), d.entry(d.Organisation.ID, "x"))
			frozen := (*support.FrozenError)(nil)
			if !errors.As(err, &frozen) || frozen.What != f.What {
				t.Fatalf("error is %v, not that of %s", err, f.What)
			}
		})
		same(t, "lifted", got(d.LiftFreeze(ctx, f.ID, "usr_x", d.Clock.Now(), d.entry(d.Organisation.ID, "support.lifted"), nil))(t), true)
	}
	// That of the person elsewhere is nobody's business here.
	f := d.freeze(support.FrozenPerson, d.member.Person.ID, "")
	f.OrganisationID = d.AddOrganisation(t, "Elsewhere").ID
	must(t, d.AddFreeze(ctx, f, d.entry(f.OrganisationID, "support.frozen")))
	d.opens(t)
}

func testCasesChosen(t *testing.T, h *House) {
	d, other := newDesk(t, h, "chosen"), newDesk(t, h, "other")
	now := func(f support.Filter, limit int) []string {
		t.Helper()
		ids := []string{}
		for _, c := range got(h.Cases(t.Context(), f, limit))(t) {
			ids = append(ids, c.ID)
		}
		return ids
	}
	first := d.opens(t)
	d.goes(t, support.Move{CaseID: first.ID, From: []support.State{support.Open}, To: support.Refused, Now: h.Clock.Now()})
	h.Clock.Pass(time.Second)
	second := d.opens(t)
	h.Clock.Pass(time.Second)
	third := other.opens(t, escalated)
	tests := []struct {
		name   string
		filter support.Filter
		limit  int
		want   []string
	}{
		{"all", support.Filter{}, 9, []string{third.ID, second.ID, first.ID}},
		{"few", support.Filter{}, 2, []string{third.ID, second.ID}},
		{"organisation", support.Filter{OrganisationID: h.Organisation.ID}, 9, []string{third.ID, second.ID, first.ID}},
		{"another organisation", support.Filter{OrganisationID: "org_none"}, 9, []string{}},
		{"person", support.Filter{PersonID: d.member.Person.ID}, 9, []string{second.ID, first.ID}},
		{"opener", support.Filter{OpenerID: other.opener.ID}, 9, []string{third.ID}},
		{"live", support.Filter{Live: true}, 9, []string{third.ID, second.ID}},
		{"live of a person", support.Filter{OrganisationID: h.Organisation.ID, PersonID: d.member.Person.ID, Live: true}, 9, []string{second.ID}},
		{"escalated", support.Filter{Escalated: true}, 9, []string{third.ID}},
	}
	for _, test := range tests {
		same(t, test.name, now(test.filter, test.limit), test.want)
	}
}

func testCaseOfApproval(t *testing.T, d desk) {
	ctx := t.Context()
	c := d.opens(t, escalated)
	d.goes(t, support.Move{CaseID: c.ID, From: []support.State{support.Open}, To: support.Open, Now: d.Clock.Now(), ApprovalID: "apr_asked", OperatorApprovalID: "apr_operator"})
	check := d.check(c)
	check.ApprovalID = "apr_caller"
	must(t, d.AddCaseCheck(ctx, check, 5, d.entry(d.Organisation.ID, "case.caller-asked")))
	for id, want := range map[string]support.Check{"apr_asked": {}, "apr_operator": {}, "apr_caller": check} {
		found, foundCheck, err := d.CaseOfApproval(ctx, id)
		must(t, err)
		same(t, id, found.ID, c.ID)
		same(t, id, foundCheck, want)
	}
	for _, id := range []string{"", "apr_none"} {
		_, _, err := d.CaseOfApproval(ctx, id)
		fails(t, err, support.ErrNotFound)
	}
}

func testDueCases(t *testing.T, h *House) {
	due := func(limit int) []string {
		t.Helper()
		ids := []string{}
		for _, c := range got(h.DueCases(t.Context(), h.Clock.Now(), limit))(t) {
			ids = append(ids, c.ID)
		}
		return ids
	}
	d, later := newDesk(t, h, "due"), newDesk(t, h, "later")
	ready := d.waits(t)
	waiting := later.opens(t)
	later.goes(t, later.approval(waiting, later.signature(t, later.approver, later.phone), h.Clock.Now().Add(time.Hour)))
	unsigned := newDesk(t, h, "unsigned").waits(t, escalated)
	frozen := newDesk(t, h, "frozen")
	held := frozen.waits(t)
	must(t, h.AddFreeze(t.Context(), frozen.freeze(support.FrozenPerson, frozen.member.Person.ID, ""), h.entry(h.Organisation.ID, "x")))
	gone := newDesk(t, h, "gone")
	left := gone.waits(t)
	h.leave(t, gone.member)
	same(t, "now", due(9), []string{ready.ID})
	h.Clock.Pass(time.Hour)
	same(t, "in an hour", due(9), []string{ready.ID, waiting.ID})
	same(t, "one", due(1), []string{ready.ID})
	h.Clock.Pass(support.WaitingLife - time.Hour - time.Millisecond)
	same(t, "not too long yet", due(9), []string{ready.ID, waiting.ID})
	h.Clock.Pass(time.Millisecond)
	same(t, "too long, whatever held it up", due(9), []string{waiting.ID, ready.ID, unsigned.ID, held.ID, left.ID})
	same(t, "too long", d.revoke(t, ready), false)
	same(t, "two of them", due(2), []string{waiting.ID, ready.ID})
	for _, c := range []support.Case{ready, waiting, unsigned, held, left} {
		d.goes(t, support.Move{CaseID: c.ID, From: []support.State{support.Waiting}, To: support.Cancelled, Now: h.Clock.Now()})
	}
	idle, sent := newDesk(t, h, "idle"), newDesk(t, h, "sent")
	opened := idle.opens(t)
	code := sent.sent(t, 1)
	revoked := newDesk(t, h, "revoked").revoked(t)
	same(t, "nothing yet", due(9), []string{})
	h.Clock.Pass(support.AccessLife)
	same(t, "the code", due(9), []string{code.ID})
	h.Clock.Pass(support.ApprovalLife - support.AccessLife)
	same(t, "nobody approved", due(9), []string{code.ID, opened.ID})
	h.Clock.Pass(support.LinkDays)
	same(t, "no new phone", due(9), []string{code.ID, opened.ID, revoked.ID})
	same(t, "two", due(2), []string{code.ID, opened.ID})
}

func testCasesTold(t *testing.T, h *House) {
	ctx := t.Context()
	d, other := newDesk(t, h, "told"), newDesk(t, h, "access")
	c := d.revoked(t)
	same(t, "too early", got(h.CaseTold(ctx, c.ID))(t), false)
	d.recovers(t, c)
	code := other.sent(t, 1)
	same(t, "used", got(h.UseAccessCode(ctx, code.ID, 1, h.Clock.Now(), h.entry("", "access-code.used")))(t), true)
	untold := got(h.DoneCases(ctx, 9))(t)
	same(t, "untold", untold, []support.Case{d.now(t, c)})
	same(t, "none of none", len(got(h.DoneCases(ctx, 0))(t)), 0)
	same(t, "told", got(h.CaseTold(ctx, c.ID))(t), true)
	same(t, "told again", got(h.CaseTold(ctx, c.ID))(t), false)
	same(t, "left", len(got(h.DoneCases(ctx, 9))(t)), 0)
}

// testCaseNotes: what was written down of a case goes when it has been over for as long as the log is kept.
func testCaseNotes(t *testing.T, h *House) {
	d, other := newDesk(t, h, "notes"), newDesk(t, h, "notes-live")
	c, live := d.opens(t), other.opens(t)
	h.Clock.Pass(time.Second)
	d.goes(t, support.Move{CaseID: c.ID, From: []support.State{support.Open}, To: support.Refused, Now: h.Clock.Now()})
	revoked := newDesk(t, h, "notes-revoked").revoked(t)
	notes := func(c support.Case) string {
		t.Helper()
		same(t, "more", got(h.Erase(t.Context(), time.Time{}))(t), false)
		c = d.now(t, c)
		return c.Ticket + c.Note
	}
	kept := c.Ticket + c.Note
	h.Clock.Pass(audit.Life)
	same(t, "at the edge", notes(c), kept)
	h.Clock.Pass(time.Millisecond)
	same(t, "over", notes(c), "")
	same(t, "identified", d.now(t, c).Identified, support.CalledBack)
	same(t, "that goes on", []string{notes(live), notes(revoked)}, []string{kept, kept})
}
