package storetest

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
)

func (h *House) openPairing(t *testing.T, p pairing.Pairing, limit int) (pairing.Pairing, error) {
	t.Helper()
	return h.OpenPairing(t.Context(), p, h.Clock.Now().Add(-time.Hour), limit, h.entry(h.Organisation.ID, "pairing.opened"))
}

func testPairing(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	t.Run("kept and found", func(t *testing.T) {
		p := h.Pairing(h.AddPerson(t, "kept@example.com"))
		p.CreationKey, p.BodyHash, p.By = "kept", "body", p.MembershipID
		p.Session, p.First = "ses_1", true
		h.written(t, 1, func() { same(t, "opened", got(h.openPairing(t, p, 1))(t), p) })
		same(t, "by id", got(h.Backend.Pairing(t.Context(), p.ID))(t), p)
		same(t, "by code", got(h.PairingByCode(t.Context(), p.CodeHash))(t), p)
	})
	t.Run("unknown", func(t *testing.T) {
		_, err := h.Backend.Pairing(t.Context(), "pair_none")
		fails(t, err, pairing.ErrNotFound)
		_, err = h.PairingByCode(t.Context(), "none")
		fails(t, err, pairing.ErrUnknownCode)
		_, err = h.PairingOf(t.Context(), "dev_none")
		fails(t, err, pairing.ErrNotFound)
		_, err = h.PairingOf(t.Context(), "")
		fails(t, err, pairing.ErrNotFound)
		_, err = h.CountTry(t.Context(), "pair_none")
		fails(t, err, pairing.ErrNotFound)
	})
	t.Run("no more than the limit in the time", func(t *testing.T) {
		m := h.AddPerson(t, "limit@example.com")
		for range 2 {
			got(h.openPairing(t, h.Pairing(m), 2))(t)
		}
		h.written(t, 0, func() {
			_, err := h.openPairing(t, h.Pairing(m), 2)
			fails(t, err, pairing.ErrTooMany)
		})
		h.Clock.Pass(time.Hour + time.Second)
		got(h.openPairing(t, h.Pairing(m), 2))(t)
	})
	t.Run("creation key", func(t *testing.T) { testPairingKey(t, h) })
	t.Run("tries are counted", func(t *testing.T) {
		p := h.OpenOne(t, h.AddPerson(t, "tries@example.com"))
		for want := range 3 {
			same(t, "tries", got(h.CountTry(t.Context(), p.ID))(t), want+1)
		}
	})
	t.Run("due", func(t *testing.T) { testDuePairings(t, NewHouse(t, open)) })
	t.Run("first", func(t *testing.T) { testFirst(t, h) })
	t.Run("dropped", func(t *testing.T) { testDropPairings(t, NewHouse(t, open)) })
}

func testPairingKey(t *testing.T, h *House) {
	m := h.AddPerson(t, "key@example.com")
	keyed := func() pairing.Pairing {
		p := h.Pairing(m)
		p.CreationKey = "key"
		return p
	}
	_, err := h.openPairing(t, keyed(), 0)
	fails(t, err, pairing.ErrTooMany)
	first := got(h.openPairing(t, keyed(), 1))(t)
	h.written(t, 0, func() { same(t, "again", got(h.openPairing(t, keyed(), 0))(t), first) })

	other := keyed()
	other.ApplicationID = h.AddApplication(t, h.Organisation, "Other").ID
	if got(h.openPairing(t, other, 5))(t).ID != other.ID {
		t.Fatal("a key is another application's too")
	}
	h.Clock.Pass(24*time.Hour - time.Second)
	same(t, "just in time", got(h.openPairing(t, keyed(), 0))(t).ID, first.ID)
	h.Clock.Pass(time.Second)
	late := keyed()
	same(t, "a day later", got(h.openPairing(t, late, 1))(t), late)
	same(t, "a day later again", got(h.openPairing(t, keyed(), 0))(t).ID, late.ID)
}

func testDuePairings(t *testing.T, h *House) {
	due := func() map[string]bool {
		ids := map[string]bool{}
		for _, p := range got(h.DuePairings(t.Context(), h.Clock.Now()))(t) {
			ids[p.ID] = true
		}
		return ids
	}
	waiting := map[pairing.State]string{}
	m := h.AddPerson(t, "due@example.com")
	waiting[pairing.Open] = h.OpenOne(t, m).ID
	for _, state := range []pairing.State{pairing.AwaitingCode, pairing.AwaitingApproval, pairing.Paired} {
		phone := h.AddPhone(t, m, state)
		waiting[state] = got(h.PairingOf(t.Context(), phone.ID))(t).ID
	}
	h.Clock.Pass(pairing.CodeLife - time.Millisecond)
	same(t, "before the code ends", due(), map[string]bool{})
	h.Clock.Pass(time.Millisecond)
	same(t, "when the code ends", due(), map[string]bool{waiting[pairing.Open]: true, waiting[pairing.AwaitingApproval]: true})
	h.Clock.Pass(pairing.Life - pairing.CodeLife)
	same(t, "when the pairing ends", due(), map[string]bool{
		waiting[pairing.Open]: true, waiting[pairing.AwaitingApproval]: true, waiting[pairing.AwaitingCode]: true,
	})
}

func testClaim(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	t.Run("makes the phone", func(t *testing.T) {
		ctx, p := t.Context(), h.OpenOne(t, h.AddPerson(t, "makes@example.com"))
		c := h.ClaimOf(p)
		c.To, c.Device.Status, c.Ends, c.First = pairing.AwaitingCode, devices.Pending, h.Clock.Now().Add(time.Hour), true
		h.written(t, 1, func() {
			if !got(h.Claim(ctx, c, h.entry(h.Organisation.ID, "pairing.claimed")))(t) {
				t.Fatal("did not win")
			}
		})
		p.State, p.DeviceID, p.Ends = pairing.AwaitingCode, c.Device.ID, c.Ends
		same(t, "pairing", got(h.PairingOf(ctx, c.Device.ID))(t), p)
		same(t, "device", got(h.Device(ctx, c.Device.ID))(t), c.Device)
		same(t, "secret", got(h.TOTPSecret(ctx, c.Device.ID))(t).Reveal(), c.TOTP.Reveal())
	})
	t.Run("paired is the end", func(t *testing.T) {
		phone := h.AddPhone(t, h.AddPerson(t, "end@example.com"), pairing.Paired)
		same(t, "closed", got(h.PairingOf(t.Context(), phone.ID))(t).Closed, h.Clock.Now())
	})
	guards := []struct {
		name string
		do   func(*testing.T, *pairing.Claim)
		want error
	}{
		{"another code", func(_ *testing.T, c *pairing.Claim) { c.CodeHash = "other" }, nil},
		{"too late", func(_ *testing.T, c *pairing.Claim) { c.Now = c.Now.Add(pairing.CodeLife) }, nil},
		{"another person's phone", func(t *testing.T, c *pairing.Claim) {
			other := h.AddPerson(t, "other@example.com")
			c.Device.PersonID, c.Device.MembershipID = other.Person.ID, other.ID
		}, nil},
		{"cancelled", func(t *testing.T, c *pairing.Claim) {
			m := pairing.Move{PairingID: c.PairingID, From: []pairing.State{pairing.Open}, To: pairing.Cancelled, Generation: 1, Now: h.Clock.Now()}
			got(h.MovePairing(t.Context(), m, h.entry(h.Organisation.ID, "x")))(t)
		}, nil},
		{"no longer the first phone", func(t *testing.T, c *pairing.Claim) {
			c.First = true
			h.AddPhone(t, claimant(c), pairing.Paired)
		}, nil},
		{"too many phones", func(t *testing.T, c *pairing.Claim) {
			c.MaxPhones = 2
			h.AddPhone(t, claimant(c), pairing.Paired)
			h.AddPhone(t, claimant(c), pairing.AwaitingCode)
		}, pairing.ErrTooManyPhones},
		{"another phone's device key", func(t *testing.T, c *pairing.Claim) {
			c.Device.Key = h.AddPhone(t, claimant(c), pairing.Paired).Key
		}, pairing.ErrKeyReused},
		{"a removed phone's device key", func(t *testing.T, c *pairing.Claim) {
			phone := h.AddPhone(t, claimant(c), pairing.Paired)
			got(h.RemoveDevice(t.Context(), phone.ID, h.entry(h.Organisation.ID, "x")))(t)
			c.Device.Key = phone.Key
		}, pairing.ErrKeyReused},
		{"another phone's approval key", func(t *testing.T, c *pairing.Claim) {
			c.Device.ApprovalKey = h.AddPhone(t, claimant(c), pairing.Paired).ApprovalKey
		}, pairing.ErrKeyReused},
	}
	for _, guard := range guards {
		t.Run(guard.name, func(t *testing.T) {
			p := h.OpenOne(t, h.AddPerson(t, secret.NewID("claim")+"@example.com"))
			c := h.ClaimOf(p)
			guard.do(t, &c)
			before := got(h.Backend.Pairing(t.Context(), p.ID))(t)
			h.written(t, 0, func() {
				won, err := h.Claim(t.Context(), c, h.entry(h.Organisation.ID, "pairing.claimed"))
				fails(t, err, guard.want)
				same(t, "won", won, false)
			})
			same(t, "pairing", got(h.Backend.Pairing(t.Context(), p.ID))(t), before)
			_, err := h.Device(t.Context(), c.Device.ID)
			fails(t, err, devices.ErrUnknown)
			_, err = h.TOTPSecret(t.Context(), c.Device.ID)
			fails(t, err, pairing.ErrNotFound)
		})
	}
	t.Run("a removed phone does not count", func(t *testing.T) {
		m := h.AddPerson(t, "counted@example.com")
		gone := h.AddPhone(t, m, pairing.Paired)
		got(h.RemoveDevice(t.Context(), gone.ID, h.entry(h.Organisation.ID, "x")))(t)
		c := h.ClaimOf(h.OpenOne(t, m))
		c.MaxPhones, c.First = 1, true
		same(t, "won", got(h.Claim(t.Context(), c, h.entry(h.Organisation.ID, "x")))(t), true)
	})
	t.Run("a phone that is not active is not the first", func(t *testing.T) {
		m := h.AddPerson(t, "pending@example.com")
		h.AddPhone(t, m, pairing.AwaitingCode)
		c := h.ClaimOf(h.OpenOne(t, m))
		c.First = true
		same(t, "won", got(h.Claim(t.Context(), c, h.entry(h.Organisation.ID, "x")))(t), true)
	})
}

func claimant(c *pairing.Claim) accounts.Member {
	return accounts.Member{
		ID: c.Device.MembershipID, OrganisationID: c.Device.OrganisationID,
		Person: accounts.Person{ID: c.Device.PersonID},
	}
}

func testPairingMoves(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	m := h.AddPerson(t, "moves@example.com")
	move := func(t *testing.T, m pairing.Move) bool {
		t.Helper()
		m.Now = h.Clock.Now()
		return got(h.MovePairing(t.Context(), m, h.entry(h.Organisation.ID, "pairing."+string(m.To))))(t)
	}
	stays := func(t *testing.T, m pairing.Move) {
		t.Helper()
		before := got(h.Backend.Pairing(t.Context(), m.PairingID))(t)
		h.written(t, 0, func() { same(t, "moved", move(t, m), false) })
		same(t, "pairing", got(h.Backend.Pairing(t.Context(), m.PairingID))(t), before)
	}
	t.Run("renewed", func(t *testing.T) {
		p := h.OpenOne(t, m)
		renew := pairing.Move{
			PairingID: p.ID, From: []pairing.State{pairing.Open, pairing.Expired}, To: pairing.Open, Generation: 1,
			CodeHash: secret.Hash(secret.NewToken()), Expires: p.Expires.Add(time.Minute),
		}
		h.written(t, 1, func() { same(t, "moved", move(t, renew), true) })
		old := p.CodeHash
		p.Generation, p.CodeHash, p.Expires = 2, renew.CodeHash, renew.Expires
		same(t, "pairing", got(h.PairingByCode(t.Context(), renew.CodeHash))(t), p)
		_, err := h.PairingByCode(t.Context(), old)
		fails(t, err, pairing.ErrUnknownCode)
		renew.CodeHash = "third"
		stays(t, renew) // the generation is another one
	})
	t.Run("another state", func(t *testing.T) {
		p := h.OpenOne(t, m)
		stays(t, pairing.Move{PairingID: p.ID, From: []pairing.State{pairing.AwaitingCode}, To: pairing.Paired, Generation: 1})
	})
	t.Run("activated", func(t *testing.T) {
		phone := h.AddPhone(t, h.AddPerson(t, "activated@example.com"), pairing.AwaitingCode)
		p := got(h.PairingOf(t.Context(), phone.ID))(t)
		confirm := pairing.Move{PairingID: p.ID, From: []pairing.State{pairing.AwaitingCode}, To: pairing.Paired, Generation: 1, Device: pairing.Activate}
		same(t, "moved", move(t, confirm), true)
		p.State, p.Closed = pairing.Paired, h.Clock.Now()
		same(t, "pairing", got(h.Backend.Pairing(t.Context(), p.ID))(t), p)
		same(t, "status", got(h.Device(t.Context(), phone.ID))(t).Status, devices.Active)
	})
	t.Run("no longer the first phone", func(t *testing.T) {
		m := h.AddPerson(t, "second@example.com")
		phone := h.AddPhone(t, m, pairing.AwaitingCode)
		p := got(h.PairingOf(t.Context(), phone.ID))(t)
		h.AddPhone(t, m, pairing.Paired)
		first := pairing.Move{PairingID: p.ID, From: []pairing.State{pairing.AwaitingCode}, To: pairing.Paired, Generation: 1, Device: pairing.ActivateFirst}
		stays(t, first)
		same(t, "status", got(h.Device(t.Context(), phone.ID))(t).Status, devices.Pending)
	})
	t.Run("a removed phone is not activated", func(t *testing.T) {
		phone := h.AddPhone(t, h.AddPerson(t, "gone@example.com"), pairing.AwaitingCode)
		p := got(h.PairingOf(t.Context(), phone.ID))(t)
		got(h.RemoveDevice(t.Context(), phone.ID, h.entry(h.Organisation.ID, "x")))(t)
		stays(t, pairing.Move{PairingID: p.ID, From: []pairing.State{pairing.AwaitingCode}, To: pairing.Paired, Generation: 1, Device: pairing.Activate})
		same(t, "status", got(h.Device(t.Context(), phone.ID))(t).Status, devices.Removed)
	})
	t.Run("burned", func(t *testing.T) {
		phone := h.AddPhone(t, h.AddPerson(t, "burned@example.com"), pairing.Paired)
		p := got(h.PairingOf(t.Context(), phone.ID))(t)
		burn := pairing.Move{PairingID: p.ID, From: []pairing.State{pairing.Open, pairing.Paired}, To: pairing.Burned, Generation: 1, Device: pairing.Remove}
		same(t, "moved", move(t, burn), true)
		removed := got(h.Device(t.Context(), phone.ID))(t)
		same(t, "status", removed.Status, devices.Removed)
		same(t, "address", removed.Push.Address.Reveal(), "")
		_, err := h.TOTPSecret(t.Context(), phone.ID)
		fails(t, err, pairing.ErrNotFound)

		nobody := h.OpenOne(t, h.AddPerson(t, "nobody@example.com"))
		burn.PairingID = nobody.ID
		same(t, "moved without a phone", move(t, burn), true)
	})
	t.Run("the older phone is asked once", func(t *testing.T) {
		elder := h.AddPerson(t, "elder@example.com")
		phone := h.AddPhone(t, elder, pairing.AwaitingApproval)
		p := got(h.PairingOf(t.Context(), phone.ID))(t)
		ask := pairing.Move{PairingID: p.ID, From: []pairing.State{pairing.AwaitingApproval}, To: pairing.AwaitingApproval, Generation: 1}
		ask.ApprovalID = h.AskOne(t, newPhone(h.Request(elder, p.ID))).ID
		same(t, "moved", move(t, ask), true)
		same(t, "asked", got(h.Backend.Pairing(t.Context(), p.ID))(t).ApprovalID, ask.ApprovalID)
		ask.ApprovalID = h.AskOne(t, newPhone(h.Request(elder, p.ID))).ID
		stays(t, ask)
	})
}

func newPhone(r approval.Request) approval.Request {
	r.ApplicationID, r.Purpose, r.Subject = "", approval.NewPhone, r.Context.Browser
	return r
}
