package storetest

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
)

// localPhone links a phone that counts for the member's organisation alone.
func (h *House) localPhone(t *testing.T, m accounts.Member) devices.Device {
	t.Helper()
	c := h.ClaimOf(h.OpenOne(t, m))
	c.Device.Local = true
	same(t, "won", got(h.Claim(t.Context(), c, h.entry(m.OrganisationID, "pairing.claimed")))(t), true)
	return c.Device
}

func (h *House) leave(t *testing.T, m accounts.Member) {
	t.Helper()
	same(t, "left", got(h.EndMembership(t.Context(), m.ID, false, h.entry(m.OrganisationID, "member.ended")))(t), true)
}

// openFirst is a pairing that somebody opened for themself.
func (h *House) openFirst(t *testing.T, m accounts.Member) pairing.Pairing {
	t.Helper()
	p := h.Pairing(m)
	p.ApplicationID, p.By, p.First = "", m.ID, true
	return got(h.openPairing(t, p, 100))(t)
}

// testFirst is about pairings of people without a second factor: whatever counts as one, at home
// or anywhere else, stops them.
func testFirst(t *testing.T, h *House) {
	elsewhere := h.AddOrganisation(t, "Elsewhere")
	join := func(t *testing.T, m accounts.Member) accounts.Member {
		t.Helper()
		there := m
		there.ID, there.OrganisationID = secret.NewID("usr"), elsewhere.ID
		token := secret.Hash(secret.NewToken())
		got(h.AddMember(t.Context(), there, token, h.entry(elsewhere.ID, "member.added")))(t)
		return got(h.AcceptInvitation(t.Context(), token, h.Clock.Now().Add(-time.Hour), h.entry(elsewhere.ID, "member.accepted")))(t)
	}
	for name, test := range map[string]struct {
		do     func(*testing.T, accounts.Member)
		factor bool
	}{
		"nothing":                     {func(*testing.T, accounts.Member) {}, false},
		"a phone":                     {func(t *testing.T, m accounts.Member) { h.AddPhone(t, m, pairing.Paired) }, true},
		"a phone that is not active":  {func(t *testing.T, m accounts.Member) { h.AddPhone(t, m, pairing.AwaitingCode) }, false},
		"an app":                      {func(t *testing.T, m accounts.Member) { h.AddApp(t, m, 5) }, true},
		"text messages":               {h.AddTexts, true},
		"a number":                    {func(t *testing.T, m accounts.Member) { h.prove(t, m, "+31612345678") }, false},
		"an app that is begun":        {func(t *testing.T, m accounts.Member) { h.begin(t, m, 5) }, false},
		"a phone that is local":       {func(t *testing.T, m accounts.Member) { h.localPhone(t, m) }, true},
		"a phone local elsewhere":     {func(t *testing.T, m accounts.Member) { h.localPhone(t, join(t, m)) }, true},
		"a phone local where it left": {func(t *testing.T, m accounts.Member) { there := join(t, m); h.localPhone(t, there); h.leave(t, there) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			entry := h.entry(h.Organisation.ID, "x")
			m := h.AddPerson(t, secret.NewID("first")+"@example.com")
			open, scanned := h.openFirst(t, m), h.openFirst(t, m)
			same(t, "first", []bool{open.First, scanned.First}, []bool{true, true})
			c := h.ClaimOf(scanned)
			c.To, c.Device.Status = pairing.AwaitingCode, devices.Pending
			same(t, "scanned", got(h.Claim(t.Context(), c, entry))(t), true)
			test.do(t, m)
			same(t, "opened since", h.openFirst(t, m).First, !test.factor)
			confirm := pairing.Move{
				PairingID: scanned.ID, From: []pairing.State{pairing.AwaitingCode}, To: pairing.Paired, Generation: 1, Device: pairing.Activate, Now: h.Clock.Now(),
			}
			same(t, "confirmed", got(h.MovePairing(t.Context(), confirm, entry))(t), !test.factor)
			want := map[bool]devices.Status{true: devices.Pending, false: devices.Active}[test.factor]
			same(t, "its phone", got(h.Device(t.Context(), c.Device.ID))(t).Status, want)
			if !test.factor {
				got(h.RemoveDevice(t.Context(), c.Device.ID, entry))(t)
			}
			same(t, "claimed", got(h.Claim(t.Context(), h.ClaimOf(open), entry))(t), !test.factor)
		})
	}
}

func testDropPairings(t *testing.T, h *House) {
	m, other := h.AddPerson(t, "dropped@example.com"), h.AddPerson(t, "bystander@example.com")
	drop := func(t *testing.T) map[string]pairing.State {
		t.Helper()
		states := map[string]pairing.State{}
		for _, p := range got(h.DropPairings(t.Context(), m.Person.ID, h.Clock.Now(), h.entry("", "pairing.dropped")))(t) {
			states[p.ID] = p.State
			same(t, "kept", got(h.Backend.Pairing(t.Context(), p.ID))(t), p)
			same(t, "closed", p.Closed, h.Clock.Now())
		}
		return states
	}
	expire := func(p pairing.Pairing) {
		move := pairing.Move{PairingID: p.ID, From: []pairing.State{pairing.Open}, To: pairing.Expired, Generation: 1, Now: h.Clock.Now()}
		same(t, "expired", got(h.MovePairing(t.Context(), move, h.entry(h.Organisation.ID, "x")))(t), true)
	}
	over := h.OpenOne(t, m)
	expire(over)
	h.Clock.Pass(pairing.Life)
	stays, open, expired := h.OpenOne(t, other), h.OpenOne(t, m), h.OpenOne(t, m)
	expire(expired)
	want := map[string]pairing.State{open.ID: pairing.Cancelled, expired.ID: pairing.Cancelled}
	var removed []devices.Device
	for _, state := range []pairing.State{pairing.AwaitingCode, pairing.AwaitingApproval} {
		phone := h.AddPhone(t, m, state)
		removed = append(removed, phone)
		want[got(h.PairingOf(t.Context(), phone.ID))(t).ID] = pairing.Burned
	}
	paired := h.AddPhone(t, m, pairing.Paired)
	h.written(t, int64(len(want)), func() { same(t, "dropped", drop(t), want) })
	for _, phone := range removed {
		same(t, "status", got(h.Device(t.Context(), phone.ID))(t).Status, devices.Removed)
		_, err := h.TOTPSecret(t.Context(), phone.ID)
		fails(t, err, pairing.ErrNotFound)
	}
	same(t, "what was linked stays", got(h.Device(t.Context(), paired.ID))(t).Status, devices.Active)
	same(t, "another's stays", got(h.Backend.Pairing(t.Context(), stays.ID))(t), stays)
	same(t, "over", got(h.Backend.Pairing(t.Context(), over.ID))(t).State, pairing.Expired)
	h.written(t, 0, func() { same(t, "again", drop(t), map[string]pairing.State{}) })
	same(t, "claimed", got(h.Claim(t.Context(), h.ClaimOf(open), h.entry(h.Organisation.ID, "x")))(t), false)
}
