package storetest

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/otp"
	"example.com/aye/support"
)

// sent is a forgotten phone's case whose code works so often.
func (d desk) sent(t *testing.T, uses int) support.Case {
	t.Helper()
	c := d.opens(t, forgotten, func(c *support.Case) { c.Uses = uses })
	d.goes(t, support.Move{
		CaseID: c.ID, From: []support.State{support.Open}, To: support.Sent, Now: d.Clock.Now(), Link: 1, LinkUntil: d.Clock.Now().Add(c.Life), Left: uses,
	})
	return d.now(t, c)
}

// code is which code works, 0 for none.
func (d desk) code(t *testing.T) int {
	t.Helper()
	_, link, err := d.AccessCode(t.Context(), d.member.Person.ID, d.Organisation.ID, d.Clock.Now())
	if link == 0 {
		fails(t, err, otp.ErrNone)
		return 0
	}
	must(t, err)
	return link
}

func testAccessCodes(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	t.Run("sent", func(t *testing.T) { testAccessSent(t, newDesk(t, h, "sent")) })
	t.Run("another one", func(t *testing.T) {
		d := newDesk(t, h, "another")
		c := d.sent(t, 2)
		until := c.LinkUntil
		d.goes(t, support.Move{CaseID: c.ID, From: []support.State{support.Sent}, To: support.Sent, Now: d.Clock.Now(), Link: 2, LinkUntil: until})
		same(t, "works", d.code(t), 2)
		same(t, "left", d.now(t, c).Left, 2)
		same(t, "the one before", got(h.UseAccessCode(t.Context(), c.ID, 1, d.Clock.Now(), h.entry("", "x")))(t), false)
	})
	t.Run("in an organisation that is frozen", func(t *testing.T) {
		d := newDesk(t, h, "organisation-frozen")
		c, next := d.sent(t, 2), newDesk(t, h, "organisation-next")
		waits := next.opens(t, forgotten)
		f := d.freeze(support.FrozenOrganisation, h.Organisation.ID, "")
		must(t, h.AddFreeze(t.Context(), f, h.entry(h.Organisation.ID, "support.frozen")))
		same(t, "works", d.code(t), 1)
		same(t, "used", got(h.UseAccessCode(t.Context(), c.ID, 1, h.Clock.Now(), h.entry("", "access-code.used")))(t), true)
		d.goes(t, support.Move{CaseID: c.ID, From: []support.State{support.Sent}, To: support.Sent, Now: h.Clock.Now(), Link: 2, LinkUntil: c.LinkUntil})
		send := support.Move{CaseID: waits.ID, From: []support.State{support.Open, support.Sent}, To: support.Sent, Now: h.Clock.Now(), Link: 1, LinkUntil: h.Clock.Now().Add(time.Hour), Left: 1}
		next.remains(t, send)
		same(t, "lifted", got(h.LiftFreeze(t.Context(), f.ID, "usr_x", h.Clock.Now(), h.entry(h.Organisation.ID, "support.lifted"), nil))(t), true)
		next.goes(t, send)
		must(t, h.AddFreeze(t.Context(), d.freeze(support.FrozenPerson, d.member.Person.ID, ""), h.entry(h.Organisation.ID, "support.frozen")))
		d.remains(t, support.Move{CaseID: c.ID, From: []support.State{support.Sent}, To: support.Sent, Now: h.Clock.Now(), Link: 3, LinkUntil: c.LinkUntil})
		same(t, "the person is frozen", d.code(t), 0)
	})
	t.Run("ends", func(t *testing.T) { testAccessEnds(t, h) })
	t.Run("used at once", func(t *testing.T) {
		d := newDesk(t, h, "raced")
		c := d.sent(t, 3)
		same(t, "used", race(t, func(int) (bool, error) {
			return h.UseAccessCode(t.Context(), c.ID, 1, h.Clock.Now(), h.entry("", "access-code.used"))
		}), 3)
		same(t, "state", d.now(t, c).State, support.Done)
	})
	must(t, h.VerifyAudit(t.Context()))
}

func testAccessSent(t *testing.T, d desk) {
	ctx := t.Context()
	until := func() time.Time {
		t.Helper()
		return got(d.Member(ctx, d.Organisation.ID, accounts.UserReference{ID: d.member.ID}))(t).AccessUntil
	}
	same(t, "none", d.code(t), 0)
	same(t, "until", until(), time.Time{})
	c := d.opens(t, forgotten, func(c *support.Case) { c.Uses = 2 })
	same(t, "open", d.code(t), 0)
	same(t, "until", until(), time.Time{})
	end := d.Clock.Now().Add(time.Hour)
	d.goes(t, support.Move{CaseID: c.ID, From: []support.State{support.Open}, To: support.Sent, Now: d.Clock.Now(), Link: 1, LinkUntil: end, Left: 2})
	same(t, "works", d.code(t), 1)
	same(t, "until", until(), end)
	sent := d.now(t, c)
	same(t, "case", []any{sent.Left, sent.LinkUntil, sent.Expires}, []any{2, end, end})
	_, _, err := d.AccessCode(ctx, d.member.Person.ID, d.AddOrganisation(t, "Other").ID, d.Clock.Now())
	fails(t, err, otp.ErrNone)
	_, _, err = d.AccessCode(ctx, d.opener.Person.ID, d.Organisation.ID, d.Clock.Now())
	fails(t, err, otp.ErrNone)

	d.written(t, 1, func() {
		same(t, "used", got(d.UseAccessCode(ctx, c.ID, 1, d.Clock.Now(), d.entry("", "access-code.used")))(t), true)
	})
	last := d.lastRows(t, d.Organisation.ID, 1)[0]
	same(t, "row", []string{last.Action, last.Actor, last.Data["user"], last.Data["a"]}, []string{"access-code.used", d.member.ID, d.member.ID, "1"})
	same(t, "once more", []any{d.code(t), d.now(t, c).State}, []any{1, support.Sent})
	same(t, "used", got(d.UseAccessCode(ctx, c.ID, 1, d.Clock.Now(), d.entry("", "access-code.used")))(t), true)
	done := d.now(t, c)
	same(t, "done", []any{done.State, done.Left, done.Closed}, []any{support.Done, 0, d.Clock.Now()})
	same(t, "no more", d.code(t), 0)
	same(t, "until", until(), time.Time{})
	d.written(t, 0, func() {
		same(t, "used", got(d.UseAccessCode(ctx, c.ID, 1, d.Clock.Now(), d.entry("", "x")))(t), false)
	})
}

func testAccessEnds(t *testing.T, h *House) {
	for name, end := range map[string]func(d desk, c support.Case){
		"cancelled": func(d desk, c support.Case) {
			d.goes(t, support.Move{CaseID: c.ID, From: []support.State{support.Sent}, To: support.Cancelled, Now: h.Clock.Now()})
		},
		"frozen": func(d desk, c support.Case) {
			must(t, h.AddFreeze(t.Context(), d.freeze(support.FrozenPerson, c.PersonID, ""), h.entry(h.Organisation.ID, "support.frozen")))
		},
		"left":    func(d desk, _ support.Case) { h.leave(t, d.member) },
		"expired": func(_ desk, c support.Case) { h.Clock.Pass(c.Life) },
	} {
		d := newDesk(t, h, name)
		c := d.sent(t, 1)
		same(t, name, d.code(t), 1)
		end(d, c)
		same(t, name, d.code(t), 0)
		same(t, name, got(h.UseAccessCode(t.Context(), c.ID, 1, h.Clock.Now(), h.entry("", "x")))(t), false)
	}
}
