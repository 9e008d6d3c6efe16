package storetest

import (
	"testing"
	"time"

	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/pairing"
	"example.com/aye/support"
)

func testCaseMoves(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	t.Run("due", func(t *testing.T) { testCaseDue(t, h) })
	t.Run("approved", func(t *testing.T) { testCaseApproved(t, newDesk(t, h, "approved")) })
	t.Run("not signed", func(t *testing.T) { testCaseUnsigned(t, newDesk(t, h, "unsigned")) })
	t.Run("by one person", func(t *testing.T) {
		d := newDesk(t, h, "one")
		c := d.opens(t)
		id := d.signature(t, d.approver, d.phone)
		for _, personID := range []string{d.opener.Person.ID, d.member.Person.ID} {
			m := d.approval(c, id, d.Clock.Now())
			m.ApproverPersonID = personID
			d.remains(t, m)
		}
		d.goes(t, d.approval(c, id, d.Clock.Now()))
		again := d.approval(c, id, d.Clock.Now())
		again.From = []support.State{support.Waiting}
		d.remains(t, again)
	})
	t.Run("operator", func(t *testing.T) { testCaseOperator(t, newDesk(t, h, "operator")) })
	t.Run("from where it stands", func(t *testing.T) { testCaseFrom(t, newDesk(t, h, "from")) })
	t.Run("frozen", func(t *testing.T) { testMoveFrozen(t, newDesk(t, h, "frozen")) })
	t.Run("links", func(t *testing.T) { testCaseLinks(t, newDesk(t, h, "links")) })
	t.Run("due comes nearer alone", func(t *testing.T) {
		d := newDesk(t, h, "nearer")
		c := d.waits(t)
		for _, by := range []time.Duration{time.Hour, -time.Hour} {
			d.goes(t, support.Move{CaseID: c.ID, From: []support.State{support.Waiting}, To: support.Waiting, Now: d.Clock.Now(), Due: c.Due.Add(by)})
			same(t, "due", d.now(t, c).Due, c.Due.Add(min(by, 0)))
		}
	})
	t.Run("approved at once by all", func(t *testing.T) {
		d := newDesk(t, h, "raced")
		c := d.opens(t)
		id := d.signature(t, d.approver, d.phone)
		same(t, "won", race(t, func(i int) (bool, error) {
			m := d.approval(c, id, d.Clock.Now())
			if i%2 == 0 {
				m = support.Move{CaseID: c.ID, From: []support.State{support.Open}, To: support.Refused, Now: d.Clock.Now()}
			}
			return d.MoveCase(t.Context(), m, d.entry(d.Organisation.ID, "case.moved"))
		}), 1)
	})
	must(t, h.VerifyAudit(t.Context()))
}

func testCaseApproved(t *testing.T, d desk) {
	c := d.opens(t)
	id := d.signature(t, d.approver, d.phone)
	d.goes(t, support.Move{CaseID: c.ID, From: []support.State{support.Open}, To: support.Open, Now: d.Clock.Now(), ApprovalID: id})
	c.ApprovalID = id
	same(t, "asked", d.now(t, c), c)
	d.Clock.Pass(time.Minute)
	due := d.Clock.Now().Add(time.Hour)
	entry := d.entry(d.Organisation.ID, "case.approved")
	same(t, "moved", got(d.MoveCase(t.Context(), d.approval(c, id, due), entry, d.entry(d.Organisation.ID, "beside")))(t), true)
	c.State, c.ApproverID, c.ApproverPersonID, c.Approved, c.Due = support.Waiting, d.approver.ID, d.approver.Person.ID, d.Clock.Now(), due
	same(t, "approved", d.now(t, c), c)
	rows := d.lastRows(t, d.Organisation.ID, 2)
	same(t, "signature", []string{rows[0].Action, rows[0].Data["signature"], rows[0].Data["a"], rows[1].Data["signature"]}, []string{"case.approved", "signed", "1", ""})
	same(t, "the entry of before", entry.Data["signature"], "")
}

func testCaseUnsigned(t *testing.T, d desk) {
	c := d.opens(t)
	asked := func(answer func(approval.Request) approval.Move, redeem bool) string {
		r := d.AskOne(t, d.Request(d.approver, "browser"))
		d.moves(t, answer(r))
		if redeem {
			d.moves(t, d.Redeem(r))
		}
		return r.ID
	}
	approve := func(r approval.Request) approval.Move { return d.Approve(r, d.phone) }
	reported := asked(approve, true)
	d.moves(t, d.Report(got(d.Backend.Request(t.Context(), reported))(t), d.phone))
	for name, id := range map[string]string{
		"an unknown request": "apr_none",
		"nobody answered":    d.AskOne(t, d.Request(d.approver, "browser")).ID,
		"not redeemed":       asked(approve, false),
		"by a code": asked(func(r approval.Request) approval.Move {
			m := d.Approve(r, d.phone)
			m.Decision.DeviceID, m.Decision.ID, m.Decision.Evidence, m.Decision.Method = "", "", "", approval.TOTP
			return m
		}, true),
		"reported afterwards":     reported,
		"signed by somebody else": d.signature(t, d.opener, d.AddPhone(t, d.opener, pairing.Paired)),
		"signed by who is helped": d.signature(t, d.member, d.AddPhone(t, d.member, pairing.Paired)),
	} {
		t.Log(name)
		d.remains(t, d.approval(c, id, d.Clock.Now()))
	}
}

func testCaseOperator(t *testing.T, d desk) {
	operator := d.AddPerson(t, "operators-agent@example.com")
	phone := d.AddPhone(t, operator, pairing.Paired)
	id := d.signature(t, operator, phone)
	sign := func(c support.Case) support.Move {
		return support.Move{
			CaseID: c.ID, From: []support.State{support.Open, support.Waiting}, To: support.Waiting, Now: d.Clock.Now(), OperatorID: operator.ID, OperatorApprovalID: id,
		}
	}
	plain := d.waits(t)
	d.remains(t, sign(plain)) // nobody needs it
	d.goes(t, support.Move{CaseID: plain.ID, From: []support.State{support.Waiting}, To: support.Cancelled, Now: d.Clock.Now()})
	c := d.waits(t, escalated)
	wrong := sign(c)
	wrong.OperatorApprovalID = d.signature(t, d.approver, d.phone)
	d.remains(t, wrong)
	same(t, "moved", got(d.MoveCase(t.Context(), sign(c), d.entry(d.Organisation.ID, "case.operator-signed")))(t), true)
	c.OperatorID, c.OperatorApprovalID = operator.ID, id
	same(t, "signed", d.now(t, c), c)
	same(t, "signature", d.lastRows(t, d.Organisation.ID, 1)[0].Data["signature"], "signed")
	d.remains(t, sign(c))
}

func testCaseFrom(t *testing.T, d desk) {
	now := d.Clock.Now()
	c := d.opens(t)
	for _, m := range []support.Move{
		{From: nil, To: support.Cancelled},
		{From: []support.State{support.Waiting, support.Sent}, To: support.Cancelled},
		{From: []support.State{support.Open}, To: support.Stopped},
		{From: []support.State{support.Open}, To: support.Revoked, Link: 1},
		{From: []support.State{support.Open}, To: support.Done},
		{From: []support.State{support.Open}, To: support.Sent, Link: 1},
	} {
		m.CaseID, m.Now = c.ID, now
		d.remains(t, m)
	}
	same(t, "unknown", got(d.MoveCase(t.Context(), support.Move{CaseID: "case_none", From: []support.State{support.Open}, To: support.Refused, Now: now}))(t), false)
	d.Clock.Pass(time.Minute)
	d.goes(t, support.Move{CaseID: c.ID, From: []support.State{support.Waiting, support.Open}, To: support.Cancelled, Now: d.Clock.Now()})
	c.State, c.Closed = support.Cancelled, d.Clock.Now()
	same(t, "case", d.now(t, c), c)
	for _, to := range []support.State{support.Open, support.Waiting, support.Sent, support.Done} {
		d.remains(t, support.Move{CaseID: c.ID, From: []support.State{support.Open, support.Waiting, support.Sent, support.Revoked}, To: to, Now: now})
	}
}

func testMoveFrozen(t *testing.T, d desk) {
	ctx := t.Context()
	c := d.opens(t)
	id := d.signature(t, d.approver, d.phone)
	for _, f := range []support.Freeze{d.freeze(support.FrozenPerson, d.member.Person.ID, ""), d.freeze(support.FrozenOrganisation, d.Organisation.ID, "")} {
		must(t, d.AddFreeze(ctx, f, audit.Entry{Organisation: d.Organisation.ID}))
		d.remains(t, d.approval(c, id, d.Clock.Now()))
		same(t, "lifted", got(d.LiftFreeze(ctx, f.ID, "usr_x", d.Clock.Now(), audit.Entry{Organisation: d.Organisation.ID}, nil))(t), true)
	}
	elsewhere := d.freeze(support.FrozenPerson, d.member.Person.ID, "")
	elsewhere.OrganisationID = d.AddOrganisation(t, "Elsewhere").ID
	must(t, d.AddFreeze(ctx, elsewhere, audit.Entry{Organisation: elsewhere.OrganisationID}))
	d.goes(t, d.approval(c, id, d.Clock.Now()))
	must(t, d.AddFreeze(ctx, d.freeze(support.FrozenPerson, d.member.Person.ID, ""), audit.Entry{Organisation: d.Organisation.ID}))
	// To its end it always gets.
	d.goes(t, support.Move{CaseID: c.ID, From: []support.State{support.Waiting}, To: support.Cancelled, Now: d.Clock.Now()})
}

func testCaseLinks(t *testing.T, d desk) {
	c := d.revoked(t)
	same(t, "first", []any{c.Link, c.LinkUntil, c.LinkUsed.IsZero()}, []any{1, d.Clock.Now().Add(support.LinkLife), true})
	use := func(link int) support.Move {
		return support.Move{CaseID: c.ID, From: []support.State{support.Revoked}, To: support.Revoked, Now: d.Clock.Now(), UseLink: link}
	}
	another := func(link int) support.Move {
		m := use(0)
		m.Link, m.LinkUntil = link, d.Clock.Now().Add(support.LinkLife)
		return m
	}
	d.remains(t, use(2))
	d.remains(t, another(1))
	d.remains(t, another(3))
	d.goes(t, another(2))
	d.remains(t, use(1)) // works no longer
	same(t, "used", race(t, func(int) (bool, error) {
		return d.MoveCase(t.Context(), use(2), d.entry(d.Organisation.ID, "case.link-used"))
	}), 1)
	same(t, "when", d.now(t, c).LinkUsed, d.Clock.Now())
	d.goes(t, another(3))
	same(t, "unused", d.now(t, c).LinkUsed.IsZero(), true)
	d.Clock.Pass(support.LinkLife)
	d.remains(t, use(3))
	same(t, "closed", d.now(t, c).Closed, c.Closed)
}

// testCaseDue: the time comes only nearer, but where the operator signs when it has passed.
func testCaseDue(t *testing.T, h *House) {
	operator := newDesk(t, h, "due-operator")
	start := func(name string, wait time.Duration) (desk, support.Case) {
		d := newDesk(t, h, name)
		c := d.opens(t, escalated)
		d.goes(t, d.approval(c, d.signature(t, d.approver, d.phone), h.Clock.Now().Add(wait)))
		return d, d.now(t, c)
	}
	move := func(c support.Case, due time.Time) support.Move {
		return support.Move{CaseID: c.ID, From: []support.State{support.Waiting}, To: support.Waiting, Now: h.Clock.Now(), Due: due}
	}
	signs := func(m support.Move) support.Move {
		m.OperatorID, m.OperatorApprovalID = operator.approver.ID, operator.signature(t, operator.approver, operator.phone)
		return m
	}
	d, c := start("due-plain", time.Hour)
	d.goes(t, move(c, c.Due.Add(time.Hour)))
	same(t, "not later", d.now(t, c).Due, c.Due)
	h.Clock.Pass(2 * time.Hour)
	d.goes(t, move(c, h.Clock.Now().Add(time.Hour)))
	same(t, "not later when it has passed", d.now(t, c).Due, c.Due)
	d.goes(t, signs(move(c, h.Clock.Now().Add(time.Hour))))
	same(t, "later by the operator", d.now(t, c).Due, h.Clock.Now().Add(time.Hour))
	d.goes(t, move(c, h.Clock.Now().Add(time.Minute)))
	same(t, "nearer", d.now(t, c).Due, h.Clock.Now().Add(time.Minute))
	d, c = start("due-ahead", 2*time.Hour)
	d.goes(t, signs(move(c, c.Due.Add(time.Hour))))
	same(t, "not later while it lies ahead", d.now(t, c).Due, c.Due)
}
