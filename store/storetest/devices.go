package storetest

import (
	"testing"
	"time"

	"example.com/aye/devices"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/pairing"
)

func testDevices(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	t.Run("kept and found", func(t *testing.T) {
		m := h.AddPerson(t, "kept@example.com")
		first := h.AddPhone(t, m, pairing.Paired)
		h.Clock.Pass(time.Second)
		second := h.AddPhone(t, m, pairing.AwaitingCode)
		same(t, "device", got(h.Device(t.Context(), first.ID))(t), first)
		same(t, "devices", got(h.DevicesOf(t.Context(), m.Person.ID))(t), []devices.Device{first, second})
		same(t, "devices", len(got(h.DevicesOf(t.Context(), "per_other"))(t)), 0)
		same(t, "beside", got(h.DevicesBeside(t.Context(), m.Person.ID, first.ID))(t), []devices.Device{second})
		same(t, "beside none", len(got(h.DevicesBeside(t.Context(), m.Person.ID, "dev_none"))(t)), 2)
		label := got(h.Label(t.Context(), first.ID))(t)
		same(t, "label", []string{label.ID, label.Name, string(label.Platform)}, []string{first.ID, first.Name, string(first.Platform)})
		_, err := h.Label(t.Context(), "dev_none")
		fails(t, err, devices.ErrUnknown)
	})
	t.Run("unknown", func(t *testing.T) {
		_, err := h.Device(t.Context(), "dev_none")
		fails(t, err, devices.ErrUnknown)
		fails(t, h.Seen(t.Context(), "dev_none", h.Clock.Now()), devices.ErrUnknown)
	})
	t.Run("removed for good", func(t *testing.T) { testRemoval(t, h) })
	t.Run("seen", func(t *testing.T) {
		phone := h.AddPhone(t, h.AddPerson(t, "seen@example.com"), pairing.Paired)
		phone.Seen = h.Clock.Now().Add(time.Hour)
		must(t, h.Seen(t.Context(), phone.ID, phone.Seen))
		same(t, "device", got(h.Device(t.Context(), phone.ID))(t), phone)
	})
	t.Run("approval key", func(t *testing.T) { testApprovalKey(t, h) })
	t.Run("proof", func(t *testing.T) { testProof(t, h) })
}

func testRemoval(t *testing.T, h *House) {
	ctx, m := t.Context(), h.AddPerson(t, "removed@example.com")
	phone := h.AddPhone(t, m, pairing.Paired)
	h.written(t, 1, func() {
		if !got(h.RemoveDevice(ctx, phone.ID, h.entry(h.Organisation.ID, "device.removed")))(t) {
			t.Fatal("not removed")
		}
	})
	h.written(t, 0, func() {
		if got(h.RemoveDevice(ctx, phone.ID, h.entry(h.Organisation.ID, "device.removed")))(t) {
			t.Fatal("removed twice")
		}
	})
	removed := got(h.Device(ctx, phone.ID))(t)
	if removed.Status != devices.Removed || removed.Push.Address != "" {
		t.Fatalf("%+v", removed)
	}
	same(t, "devices", len(got(h.DevicesOf(ctx, m.Person.ID))(t)), 0)
	same(t, "label", got(h.Label(ctx, phone.ID))(t).Name, phone.Name)
	_, err := h.TOTPSecret(ctx, phone.ID)
	fails(t, err, pairing.ErrNotFound)
	same(t, "authenticators", len(got(h.Authenticators(ctx, m.Person.ID))(t)), 0)
	fails(t, h.UpdateDevice(ctx, phone.ID, devices.Details{}, phone.Details, h.entry(h.Organisation.ID, "x")), devices.ErrUnknown)
	fails(t, h.Seen(ctx, phone.ID, h.Clock.Now()), devices.ErrUnknown)
	if got(h.ReplaceApprovalKey(ctx, phone.ID, phone.ApprovalKey, key("next"), h.entry(h.Organisation.ID, "x")))(t) {
		t.Fatal("a removed phone got a key")
	}
	same(t, "device", got(h.Device(ctx, phone.ID))(t), removed)
}

func testApprovalKey(t *testing.T, h *House) {
	ctx, m := t.Context(), h.AddPerson(t, "key@example.com")
	phone, other, pending := h.AddPhone(t, m, pairing.Paired), h.AddPhone(t, m, pairing.Paired), h.AddPhone(t, m, pairing.AwaitingCode)
	entry := h.entry(h.Organisation.ID, "device.approval-key-replaced")
	h.written(t, 1, func() {
		if !got(h.ReplaceApprovalKey(ctx, phone.ID, phone.ApprovalKey, key("second"), entry))(t) {
			t.Fatal("not replaced")
		}
	})
	same(t, "key", got(h.Device(ctx, phone.ID))(t).ApprovalKey, key("second"))
	h.written(t, 0, func() {
		if got(h.ReplaceApprovalKey(ctx, phone.ID, phone.ApprovalKey, key("third"), entry))(t) {
			t.Fatal("replaced although the previous key was another")
		}
		if got(h.ReplaceApprovalKey(ctx, pending.ID, pending.ApprovalKey, key("third"), entry))(t) {
			t.Fatal("replaced on a phone that is not active")
		}
		if got(h.ReplaceApprovalKey(ctx, phone.ID, key("second"), other.ApprovalKey, entry))(t) {
			t.Fatal("replaced by another phone's key")
		}
	})
	same(t, "key", got(h.Device(ctx, phone.ID))(t).ApprovalKey, key("second"))
}

func testProof(t *testing.T, h *House) {
	ctx, m := t.Context(), h.AddPerson(t, "proof@example.com")
	phone, other := h.AddPhone(t, m, pairing.Paired), h.AddPhone(t, m, pairing.Paired)
	use := func(id, jti string, until time.Time, want bool) {
		t.Helper()
		same(t, "fresh", got(h.UseProof(ctx, id, jti, until))(t), want)
	}
	until := h.Clock.Now().Add(time.Minute)
	use(phone.ID, "one", until, true)
	use(phone.ID, "one", until, false)
	use(other.ID, "one", until, true)
	use(phone.ID, "two", until.Add(time.Hour), true)
	h.Clock.Pass(time.Minute)
	use(phone.ID, "three", until.Add(time.Hour), true)
	use(phone.ID, "one", until, false) // it is remembered until its time, and not let go at it
	h.Clock.Pass(time.Millisecond)
	use(phone.ID, "four", until.Add(time.Hour), true)
	use(phone.ID, "two", until.Add(time.Hour), false)
	use(phone.ID, "one", until, true) // forgotten, so that the table does not grow
}

func testPush(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	m := h.AddPerson(t, "push@example.com")
	mark := func(t *testing.T, id string, address secret.Secret, since time.Time, state devices.PushState) bool {
		t.Helper()
		return got(h.MarkPush(t.Context(), id, address, since, state, h.entry(h.Organisation.ID, "device.push-"+string(state))))(t)
	}
	t.Run("suspect keeps the address, dead empties it", func(t *testing.T) {
		phone := h.AddPhone(t, m, pairing.Paired)
		h.written(t, 2, func() {
			if !mark(t, phone.ID, phone.Push.Address, time.Time{}, devices.PushSuspect) {
				t.Fatal("not marked")
			}
			phone.PushState = devices.PushSuspect
			same(t, "device", got(h.Device(t.Context(), phone.ID))(t), phone)
			if !mark(t, phone.ID, phone.Push.Address, h.Clock.Now().Add(time.Second), devices.PushDead) {
				t.Fatal("not marked")
			}
		})
		phone.PushState, phone.Push.Address = devices.PushDead, ""
		same(t, "device", got(h.Device(t.Context(), phone.ID))(t), phone)
		if mark(t, phone.ID, "", time.Time{}, devices.PushOK) {
			t.Fatal("no address was marked")
		}
	})
	m = h.AddPerson(t, "push-guards@example.com")
	guards := []struct {
		name  string
		since time.Duration
		do    func(*devices.Device)
	}{
		{"another address", 0, func(d *devices.Device) { d.Push.Address = "older" }},
		{"registered after the vendor saw it end", -time.Second, func(*devices.Device) {}},
		{"removed phone", 0, func(d *devices.Device) {
			got(h.RemoveDevice(t.Context(), d.ID, h.entry(h.Organisation.ID, "device.removed")))(t)
		}},
	}
	for _, guard := range guards {
		t.Run(guard.name, func(t *testing.T) {
			phone := h.AddPhone(t, m, pairing.Paired)
			guard.do(&phone)
			var since time.Time
			if guard.since != 0 {
				since = phone.Push.Registered.Add(guard.since)
			}
			before := got(h.Device(t.Context(), phone.ID))(t)
			h.written(t, 0, func() {
				if mark(t, phone.ID, phone.Push.Address, since, devices.PushDead) {
					t.Fatal("marked")
				}
			})
			same(t, "device", got(h.Device(t.Context(), phone.ID))(t), before)
		})
	}
	t.Run("details", func(t *testing.T) { testDetails(t, h) })
}

func testDetails(t *testing.T, h *House) {
	phone := h.AddPhone(t, h.AddPerson(t, "details@example.com"), pairing.Paired)
	got(h.MarkPush(t.Context(), phone.ID, phone.Push.Address, time.Time{}, devices.PushSuspect, h.entry(h.Organisation.ID, "x")))(t)
	phone.PushState = devices.PushSuspect
	update := func(what string) {
		t.Helper()
		stored := got(h.Device(t.Context(), phone.ID))(t).Details
		h.written(t, 1, func() {
			must(t, h.UpdateDevice(t.Context(), phone.ID, stored, phone.Details, h.entry(h.Organisation.ID, "device.updated")))
		})
		same(t, what, got(h.Device(t.Context(), phone.ID))(t), phone)
	}
	phone.Name, phone.Locale, phone.OSVersion, phone.AppVersion = "Ada's", "en", "17", "2.0.0"
	phone.Push.Registered = h.Clock.Now().Add(time.Minute)
	update("the same address stays suspect")
	phone.Push.Address, phone.PushState = "another", devices.PushOK
	update("another address is ok")
	phone.Push = devices.Address{Provider: notify.ProviderNone}
	update("no address")
}
