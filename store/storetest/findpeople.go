package storetest

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/pairing"
)

func testFindPeople(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	ctx := t.Context()
	ada, eva := h.AddPerson(t, "ada@example.com"), h.AddPerson(t, "eva@example.com")
	must(t, h.SetDisplay(ctx, eva.Person.ID, "Éva de Vries 100%", h.entry("", "x")))
	h.prove(t, eva, "+31612345678")
	there := h.elsewhere(t, "ada@elsewhere.example.com")
	invited := h.AddOrganisation(t, "Third")
	got(h.AddMember(ctx, h.member(invited, "ada@example.com"), "hash", h.entry(invited.ID, "member.invited")))(t)
	left := h.AddPerson(t, "ada-left@example.com")
	h.leave(t, left)
	tests := []struct {
		name, organisation, text, index string
		limit                           int
		want                            []string
	}{
		{"a part of the address", h.Organisation.ID, "DA@ex", "", 9, []string{ada.ID}},
		{"a part of the name", h.Organisation.ID, "VRIES", "", 9, []string{eva.ID}},
		{"a letter that is not of ASCII", h.Organisation.ID, "Éva", "", 9, []string{eva.ID}},
		{"no pattern", h.Organisation.ID, "a%e", "", 9, nil},
		{"a sign of patterns", h.Organisation.ID, "100%", "", 9, []string{eva.ID}},
		{"a number", h.Organisation.ID, "0612345678", "index of +31612345678", 9, []string{eva.ID}},
		{"another number", h.Organisation.ID, "0612345679", "index of +31612345679", 9, nil},
		{"in order", h.Organisation.ID, "@example.com", "", 9, []string{ada.ID, eva.ID}},
		{"few", h.Organisation.ID, "@example.com", "", 1, []string{ada.ID}},
		{"nothing", h.Organisation.ID, "", "", 9, nil},
		{"who is only invited", invited.ID, "ada", "", 9, nil},
		{"a whole address, wherever", "", "Ada@Elsewhere.example.com", "", 9, []string{there.ID}},
		{"a part of one, wherever", "", "ada@", "", 9, nil},
		{"a number, wherever", "", "x", "index of +31612345678", 9, []string{eva.ID}},
	}
	for _, test := range tests {
		var ids []string
		for _, m := range got(h.FindPeople(ctx, test.organisation, test.text, test.index, test.limit))(t) {
			ids = append(ids, m.ID)
		}
		same(t, test.name, ids, test.want)
	}
	t.Run("a membership", func(t *testing.T) {
		same(t, "wherever", got(h.Membership(ctx, there.ID))(t).Person.Email, "ada@elsewhere.example.com")
		for _, id := range []string{left.ID, "usr_none", ""} {
			_, err := h.Membership(ctx, id)
			fails(t, err, accounts.ErrNotFound)
		}
	})
	t.Run("recent requests", func(t *testing.T) { testRecent(t, h) })
}

func testRecent(t *testing.T, h *House) {
	ctx := t.Context()
	d := newDesk(t, h, "recent")
	phone := h.AddPhone(t, d.member, pairing.Paired)
	there := d.elsewhere(t, d.member)
	var asked []approval.Request
	for i, m := range []accounts.Member{d.member, there, d.member, d.member} {
		h.Clock.Pass(time.Second)
		r := h.Request(m, "b")
		r.Details = nil
		asked = append(asked, got(h.Ask(ctx, creation(r), func(now approval.Situation) (approval.Admission, error) {
			return approval.Admission{Request: r, Budget: now.Budget, Deliveries: []approval.Delivery{
				{RequestID: r.ID, DeviceID: phone.ID, Device: "Pixel", Channel: "fcm", State: approval.Accepted, Reason: string(rune('a' + i)), Updated: h.Clock.Now()},
			}}, nil
		}))(t))
	}
	recent := func(organisationID, membershipID string, limit int) (ids []string) {
		t.Helper()
		for _, v := range got(h.Recent(ctx, organisationID, membershipID, limit))(t) {
			ids = append(ids, v.ID+v.Deliveries[0].Reason+v.ReleaseCode.Reveal())
		}
		return ids
	}
	same(t, "newest first", recent(h.Organisation.ID, d.member.ID, 9), []string{asked[3].ID + "d", asked[2].ID + "c", asked[0].ID + "a"})
	same(t, "few", recent(h.Organisation.ID, d.member.ID, 1), []string{asked[3].ID + "d"})
	same(t, "elsewhere", recent(there.OrganisationID, there.ID, 9), []string{asked[1].ID + "b"})
	same(t, "not through another organisation", len(recent(there.OrganisationID, d.member.ID, 9)), 0)
}
