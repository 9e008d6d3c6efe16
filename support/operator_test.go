package support_test

import (
	"slices"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/support"
)

// The operator's own way is at once, written down, told and an alert; also for who belongs to several organisations.
func TestBreakGlass(t *testing.T) {
	t.Parallel()
	for _, several := range []bool{false, true} {
		d := newDesk(t)
		hook(t, d)
		if several {
			d.joins(d.AddOrganisation(func(*accounts.Organisation) {}), d.ada, accounts.RoleMember)
		}
		before := d.lost(support.Waiting)
		_, _, err := d.Support.BreakGlass(t.Context(), d.ada.Person.Email, " ")
		ayetest.Fails(t, err, support.ErrInvalid)
		_, _, err = d.Support.BreakGlass(t.Context(), "nobody@example.com", "why")
		ayetest.Fails(t, err, support.ErrNotFound)
		c, token, err := d.Support.BreakGlass(t.Context(), d.ada.Person.Email, "the owner stood here")
		ayetest.Fails(t, err, nil)
		d.state(before.ID, support.Cancelled)
		d.state(c.ID, support.Revoked)
		if d.works(d.ada) {
			t.Error("the old phone works")
		}
		_, p, err := d.Support.Link(t.Context(), token)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "person", p.ID, d.ada.Person.ID)
		ayetest.Same(t, "mailed links", len(d.Announcer.Letters(accounts.LetterNewPhone, d.ada.Person.ID)), 0)
		told := d.Announcer.Told(d.ada.Person.ID)
		if !slices.Contains(told, accounts.BreakGlassUsed) || !slices.Contains(told, accounts.MemberBreakGlass) {
			t.Errorf("told %v", told)
		}
		row := d.row(d.Organisation.ID, "break-glass.used")
		ayetest.Same(t, "actor", row.Actor, accounts.Operator)
		ayetest.Fails(t, d.Alerts.Sweep(t.Context()), nil)
		if !slices.Contains(d.Alerted.Kinds(), alerts.BreakGlass) {
			t.Error("no alert")
		}
		_, err = d.Support.Stop(t.Context(), d.stopToken(d.ada))
		ayetest.Fails(t, err, nil)
		_, _, err = d.Support.Link(t.Context(), token)
		ayetest.Fails(t, err, support.ErrLink)
		_, _, err = d.Support.BreakGlass(t.Context(), d.ada.Person.Email, "again")
		frozen(t, err, support.FrozenPerson)
		freezes, err := d.Store.Freezes(t.Context(), "")
		ayetest.Fails(t, err, nil)
		ayetest.Fails(t, d.Support.LiftAsOperator(t.Context(), freezes[0].ID, "it was them"), nil)
		ayetest.Fails(t, d.Support.LiftAsOperator(t.Context(), freezes[0].ID, "it was them"), support.ErrNotFound)
		_, _, err = d.Support.BreakGlass(t.Context(), d.ada.Person.Email, "again")
		ayetest.Fails(t, err, nil)
	}
}

// The link works only for who is recovering by this very case.
func TestLinkOfThisCase(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, first, err := d.Support.BreakGlass(t.Context(), d.ada.Person.Email, "once")
	ayetest.Fails(t, err, nil)
	_, second, err := d.Support.BreakGlass(t.Context(), d.ada.Person.Email, "twice")
	ayetest.Fails(t, err, nil)
	_, _, err = d.Support.Link(t.Context(), first)
	ayetest.Fails(t, err, support.ErrLink)
	_, err = d.Support.UseLink(t.Context(), second)
	ayetest.Fails(t, err, nil)
}
