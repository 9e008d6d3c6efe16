package storetest

import (
	"errors"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/pairing"
	"example.com/aye/support"
)

// glass is the operator's own case, and how it is carried out.
func (d desk) glass() (support.Case, support.Revocation) {
	c := d.lost(func(c *support.Case) {
		c.State, c.OpenerID, c.OpenerPersonID, c.Escalated, c.OperatorID, c.Approved, c.Due = support.Waiting, "", "", true, accounts.Operator, c.Opened, c.Opened
	})
	return c, support.Revocation{CaseID: c.ID, Now: c.Opened, Link: 1, LinkUntil: c.Opened.Add(support.LinkLife)}
}

// testBreakGlass: the operator's own case is opened and carried out, or neither.
func testBreakGlass(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	refused := func(t *testing.T, d desk, want error) {
		t.Helper()
		phone := h.AddPhone(t, d.member, pairing.Paired)
		c, r := d.glass()
		h.written(t, 0, func() {
			err := h.BreakGlass(t.Context(), c, r, h.entry(h.Organisation.ID, "break-glass.used"), h.entry(h.Organisation.ID, "case.revoked"))
			frozen := (*support.FrozenError)(nil)
			if !errors.Is(err, want) && (want != nil || !errors.As(err, &frozen)) {
				t.Fatalf("error is %v", err)
			}
		})
		_, err := h.Case(t.Context(), c.ID)
		fails(t, err, support.ErrNotFound)
		same(t, "phone", got(h.Device(t.Context(), phone.ID))(t).Status, devices.Active)
	}
	t.Run("both", func(t *testing.T) {
		d := newDesk(t, h, "both")
		d.elsewhere(t, d.member)
		phone := h.AddPhone(t, d.member, pairing.Paired)
		c, r := d.glass()
		must(t, h.BreakGlass(t.Context(), c, r, h.entry(h.Organisation.ID, "break-glass.used"), h.entry(h.Organisation.ID, "case.revoked")))
		c = d.now(t, c)
		same(t, "case", []any{c.State, c.Link, c.Closed}, []any{support.Revoked, 1, h.Clock.Now()})
		same(t, "recovering", got(h.Person(t.Context(), c.PersonID))(t).Recovering, c.ID)
		same(t, "phone", got(h.Device(t.Context(), phone.ID))(t).Status, devices.Removed)
		rows := h.lastRows(t, h.Organisation.ID, 3)
		same(t, "rows", []string{rows[0].Action, rows[1].Action, rows[2].Action}, []string{"break-glass.used", "case.revoked", "device.removed"})
	})
	t.Run("where a case goes on", func(t *testing.T) {
		d := newDesk(t, h, "live")
		d.opens(t)
		refused(t, d, support.ErrLive)
	})
	t.Run("of somebody frozen", func(t *testing.T) {
		d := newDesk(t, h, "frozen")
		must(t, h.AddFreeze(t.Context(), d.freeze(support.FrozenPerson, d.member.Person.ID, ""), h.entry(h.Organisation.ID, "support.frozen")))
		refused(t, d, nil)
	})
	t.Run("of somebody frozen elsewhere", func(t *testing.T) {
		d := newDesk(t, h, "elsewhere")
		f := d.freeze(support.FrozenPerson, d.member.Person.ID, "")
		f.OrganisationID = d.elsewhere(t, d.member).OrganisationID
		must(t, h.AddFreeze(t.Context(), f, h.entry(f.OrganisationID, "support.frozen")))
		refused(t, d, nil)
	})
	t.Run("of who left", func(t *testing.T) {
		d := newDesk(t, h, "left")
		d.elsewhere(t, d.member)
		h.leave(t, d.member)
		refused(t, d, support.ErrNotFound)
	})
}
