package storetest

import (
	"testing"

	"example.com/aye/accounts"
)

// testStandings: which second factors count for an organisation, and no word of any other.
func testStandings(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	ctx, other := t.Context(), h.AddOrganisation(t, "Other")
	none, phone, removed := h.AddPerson(t, "none@example.com"), h.AddPerson(t, "phone@example.com"), h.AddPerson(t, "removed@example.com")
	h.AddPhone(t, phone, "paired")
	gone := h.AddPhone(t, removed, "paired")
	got(h.RemoveDevice(ctx, gone.ID, h.entry(h.Organisation.ID, "device.removed")))(t)
	invited := got(h.Invite(ctx, h.member(other, phone.Person.Email), "hash", anyRole, h.entry(other.ID, "member.invited")))(t)
	same(t, "standings", got(h.Standings(ctx, h.Organisation.ID))(t), map[string]accounts.Standing{none.ID: {}, phone.ID: {Phone: true}, removed.ID: {}})
	same(t, "who is invited does not stand", len(got(h.Standings(ctx, other.ID))(t)), 0)
	got(h.AcceptInvitation(ctx, "hash", h.Clock.Now().Add(-1), h.entry("", "member.accepted")))(t)
	same(t, "who accepted does", got(h.Standings(ctx, other.ID))(t), map[string]accounts.Standing{invited.ID: {Phone: true}})
}
