package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/secret"
	"example.com/aye/otp"
	"example.com/aye/pairing"
)

func testFactors(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	t.Run("an app is begun and activated", func(t *testing.T) { testApp(t, h) })
	t.Run("what is not begun is not activated", func(t *testing.T) { testNotActivated(t, h) })
	t.Run("apps are few", func(t *testing.T) {
		m := h.AddPerson(t, "few@example.com")
		first := h.AddApp(t, m, 2)
		e := h.begin(t, m, 2)
		h.AddApp(t, h.AddPerson(t, "few-other@example.com"), 1) // another person's do not count
		h.written(t, 0, func() {
			_, err := h.ActivateApp(t.Context(), h.activation(e, 1), h.entry(h.Organisation.ID, "x"))
			fails(t, err, otp.ErrTooManyApps)
			fails(t, h.BeginApp(t.Context(), h.enrolment(m), 1, h.entry(h.Organisation.ID, "x")), otp.ErrTooManyApps)
		})
		same(t, "apps", got(h.Apps(t.Context(), m.Person.ID))(t), []otp.App{first})
	})
	t.Run("recovery codes", func(t *testing.T) { testRecoveryCodes(t, h) })
	t.Run("codes before a phone", func(t *testing.T) { testCodesBeforeAPhone(t, h) })
	t.Run("a spare is removed, the last is not", func(t *testing.T) { testSpare(t, h) })
	t.Run("of the last two, removed at once, one stays", func(t *testing.T) { testLastTwo(t, h) })
	must(t, h.VerifyAudit(t.Context()))
}

func (h *House) enrolment(m accounts.Member) otp.Enrolment {
	return otp.Enrolment{ID: secret.NewID("aut"), PersonID: m.Person.ID, By: "session", Secret: otp.NewSecret(), Created: h.Clock.Now()}
}

func (h *House) begin(t *testing.T, m accounts.Member, most int) otp.Enrolment {
	t.Helper()
	e := h.enrolment(m)
	h.written(t, 1, func() { must(t, h.BeginApp(t.Context(), e, most, h.entry(h.Organisation.ID, "app.begun"))) })
	return e
}

func (h *House) activation(e otp.Enrolment, most int) otp.Activation {
	return otp.Activation{
		ID: e.ID, PersonID: e.PersonID, By: e.By, Name: "Laptop", Step: 7, Since: e.Created.Add(-time.Millisecond), Now: h.Clock.Now(), MaxApps: most,
	}
}

// AddApp gives the person an authenticator app.
func (h *House) AddApp(t *testing.T, m accounts.Member, most int) otp.App {
	t.Helper()
	e := h.begin(t, m, most)
	h.Clock.Pass(time.Second)
	h.written(t, 1, func() {
		same(t, "activated", got(h.ActivateApp(t.Context(), h.activation(e, most), h.entry(h.Organisation.ID, "app.activated")))(t), true)
	})
	return otp.App{ID: e.ID, Name: "Laptop", Created: h.Clock.Now(), Used: h.Clock.Now()}
}

// factors are the counts that stand with the person.
func (h *House) factors(t *testing.T, m accounts.Member) [2]int {
	t.Helper()
	_, member, err := h.MemberOf(t.Context(), m.OrganisationID, accounts.UserReference{ID: m.ID})
	must(t, err)
	return [2]int{member.Person.Apps, member.Person.RecoveryCodes}
}

func testApp(t *testing.T, h *House) {
	ctx, m := t.Context(), h.AddPerson(t, "app@example.com")
	since := h.Clock.Now()
	h.Clock.Pass(time.Second)
	replaced := h.begin(t, m, 5)
	same(t, "beginning", got(h.Beginning(ctx, m.Person.ID, "session", since))(t), replaced)
	_, err := h.Beginning(ctx, m.Person.ID, "another", since)
	fails(t, err, otp.ErrNone)
	h.Clock.Pass(time.Second)
	e := h.begin(t, m, 5)
	same(t, "the newer one", got(h.Beginning(ctx, m.Person.ID, "session", since))(t), e)
	_, err = h.Beginning(ctx, m.Person.ID, "session", e.Created)
	fails(t, err, otp.ErrNone)
	same(t, "counts for nothing", len(got(h.Authenticators(ctx, m.Person.ID))(t)), 0)
	same(t, "is no app", len(got(h.Apps(ctx, m.Person.ID))(t)), 0)
	same(t, "counted", h.factors(t, m), [2]int{0, 0})

	h.Clock.Pass(time.Second)
	h.written(t, 1, func() {
		same(t, "activated", got(h.ActivateApp(ctx, h.activation(e, 5), h.entry(h.Organisation.ID, "app.activated")))(t), true)
	})
	app := otp.App{ID: e.ID, Name: "Laptop", Created: h.Clock.Now(), Used: h.Clock.Now()}
	same(t, "apps", got(h.Apps(ctx, m.Person.ID))(t), []otp.App{app})
	same(t, "authenticators", got(h.Authenticators(ctx, m.Person.ID))(t), []otp.Authenticator{
		{ID: e.ID, PersonID: m.Person.ID, Secret: e.Secret, LastStep: 7},
	})
	same(t, "counted", h.factors(t, m), [2]int{1, 0})
	_, err = h.Beginning(ctx, m.Person.ID, "session", since)
	fails(t, err, otp.ErrNone)
	h.begin(t, m, 5) // leaves what was activated
	h.Clock.Pass(time.Second)
	same(t, "the step of the activation", got(h.UseStep(ctx, e.ID, 7, h.Clock.Now()))(t), false)
	same(t, "the next", got(h.UseStep(ctx, e.ID, 8, h.Clock.Now()))(t), true)
	app.Used = h.Clock.Now()
	same(t, "used", got(h.Apps(ctx, m.Person.ID))(t), []otp.App{app})
	h.AddPhone(t, m, pairing.Paired)
	all := got(h.Authenticators(ctx, m.Person.ID))(t)
	same(t, "the app and the phone", []bool{len(all) == 2, all[0].DeviceID == "", all[1].DeviceID != ""}, []bool{true, true, true})
}

func testNotActivated(t *testing.T, h *House) {
	m, other := h.AddPerson(t, "begun@example.com"), h.AddPerson(t, "not-begun@example.com")
	phone := h.AddPhone(t, m, pairing.Paired)
	seed := got(h.Authenticators(t.Context(), m.Person.ID))(t)[0]
	same(t, "phone", seed.DeviceID, phone.ID)
	app := h.AddApp(t, m, 5)
	e := h.begin(t, m, 5)
	for name, change := range map[string]func(*otp.Activation){
		"never was":           func(a *otp.Activation) { a.ID = "aut_none" },
		"another person's":    func(a *otp.Activation) { a.PersonID = other.Person.ID },
		"another session's":   func(a *otp.Activation) { a.By = "another" },
		"begun too long ago":  func(a *otp.Activation) { a.Since = e.Created },
		"activated before":    func(a *otp.Activation) { a.ID, a.Since = app.ID, time.Time{} },
		"the seed of a phone": func(a *otp.Activation) { a.ID, a.Since = seed.ID, time.Time{} },
	} {
		t.Run(name, func(t *testing.T) {
			a := h.activation(e, 5)
			change(&a)
			h.written(t, 0, func() {
				same(t, "activated", got(h.ActivateApp(t.Context(), a, h.entry(h.Organisation.ID, "x")))(t), false)
			})
		})
	}
	same(t, "counted", h.factors(t, m), [2]int{1, 0})
}

func testRecoveryCodes(t *testing.T, h *House) {
	m, other := h.AddPerson(t, "recovery@example.com"), h.AddPerson(t, "recovery-other@example.com")
	since := map[string]time.Time{}
	keep := func(m accounts.Member, hashes ...string) {
		t.Helper()
		h.Clock.Pass(time.Second)
		if since[m.ID] = h.Clock.Now(); len(hashes) == 0 {
			delete(since, m.ID)
		}
		h.written(t, 1, func() {
			must(t, h.KeepRecoveryCodes(t.Context(), m.Person.ID, hashes, h.Clock.Now(), h.entry(h.Organisation.ID, "recovery-codes.made")))
		})
	}
	use := func(m accounts.Member, hash string, want bool) {
		t.Helper()
		rows := int64(0)
		if want {
			rows = 1
		}
		h.written(t, rows, func() {
			same(t, "used", got(h.UseRecoveryCode(t.Context(), m.Person.ID, hash, h.Clock.Now(), h.entry(h.Organisation.ID, "recovery-code.used")))(t), want)
		})
	}
	left := func(m accounts.Member, want int) {
		t.Helper()
		have, made, err := h.RecoveryCodes(t.Context(), m.Person.ID)
		must(t, err)
		same(t, "left", []any{have, made}, []any{want, since[m.ID]})
		same(t, "counted", h.factors(t, m), [2]int{0, want})
	}
	left(m, 0)
	h.AddPhone(t, m, pairing.AwaitingApproval)
	h.begin(t, m, 5)
	h.written(t, 0, func() { // neither of those is a factor that codes could stand in for
		fails(t, h.KeepRecoveryCodes(t.Context(), m.Person.ID, []string{"a"}, h.Clock.Now(), h.entry(h.Organisation.ID, "x")), otp.ErrNoFactor)
	})
	left(m, 0)
	h.AddPhone(t, m, pairing.Paired)
	phone := h.AddPhone(t, other, pairing.Paired)
	keep(m, "a", "b", "c")
	keep(other, "a")
	left(m, 3)
	use(m, "a", true)
	use(m, "a", false)
	use(m, "d", false)
	left(m, 2)
	left(other, 1)
	use(other, "b", false)
	keep(m, "d", "a") // the same again is a new one
	use(m, "b", false)
	use(m, "a", true)
	left(m, 1)
	left(other, 1)
	keep(m)
	left(m, 0)

	// Those that outlive the last factor end as the next first one counts.
	if !got(h.RemoveDevice(t.Context(), phone.ID, h.entry(h.Organisation.ID, "removed")))(t) {
		t.Fatal("not removed")
	}
	left(other, 1)
	h.AddApp(t, other, 5)
	ended(t, h, other, 1)
	keep(m, "e")
	for _, d := range got(h.DevicesOf(t.Context(), m.Person.ID))(t) {
		_, err := h.RemoveDevice(t.Context(), d.ID, h.entry(h.Organisation.ID, "removed"))
		must(t, err)
	}
	h.AddPhone(t, m, pairing.Paired)
	ended(t, h, m, 0)
}

// Codes that were made before a phone counts end when it does, also when that is later than its claim.
func testCodesBeforeAPhone(t *testing.T, h *House) {
	late := h.AddPerson(t, "recovery-late@example.com")
	app := h.AddApp(t, late, 5)
	p := h.OpenOne(t, late)
	c := h.ClaimOf(p)
	c.To, c.Device.Status = pairing.AwaitingCode, devices.Pending
	entry := h.entry(h.Organisation.ID, "x")
	same(t, "claimed", got(h.Claim(t.Context(), c, entry))(t), true)
	must(t, h.KeepRecoveryCodes(t.Context(), late.Person.ID, []string{"late"}, h.Clock.Now(), entry))
	got(h.RemoveApp(t.Context(), late.Person.ID, app.ID, false, entry))(t)
	same(t, "activated", got(h.MovePairing(t.Context(), pairing.Move{
		PairingID: p.ID, From: []pairing.State{pairing.AwaitingCode}, To: pairing.Paired, Generation: 1, Device: pairing.Activate,
	}, entry))(t), true)
	ended(t, h, late, 0)
}

// ended fails while the person has recovery codes.
func ended(t *testing.T, h *House, m accounts.Member, apps int) {
	t.Helper()
	have, made, err := h.RecoveryCodes(t.Context(), m.Person.ID)
	must(t, err)
	same(t, "left", []any{have, made}, []any{0, time.Time{}})
	same(t, "counted", h.factors(t, m), [2]int{apps, 0})
}

func testSpare(t *testing.T, h *House) {
	ctx, entry := t.Context(), h.entry(h.Organisation.ID, "removed")
	spare := func(id string, want bool, failure error) {
		t.Helper()
		removed, err := h.RemoveSpare(ctx, id, entry)
		fails(t, err, failure)
		same(t, "removed", removed, want)
	}
	bystander := h.AddPerson(t, "bystander@example.com")
	h.AddPhone(t, bystander, pairing.Paired)
	h.AddApp(t, bystander, 5)

	m := h.AddPerson(t, "spare@example.com")
	first := h.AddPhone(t, m, pairing.Paired)
	pending := h.AddPhone(t, m, pairing.AwaitingApproval)
	h.begin(t, m, 5)
	h.written(t, 0, func() {
		spare(first.ID, false, devices.ErrLastFactor) // neither of those stands in for it
		spare("dev_none", false, nil)
	})
	same(t, "status", got(h.Device(ctx, first.ID))(t).Status, devices.Active)
	same(t, "its codes", len(got(h.Authenticators(ctx, m.Person.ID))(t)), 1)
	h.written(t, 1, func() { spare(pending.ID, true, nil) })
	// A phone that is not active was never a factor.
	alone := h.AddPhone(t, h.AddPerson(t, "pending-alone@example.com"), pairing.AwaitingCode)
	h.written(t, 1, func() { spare(alone.ID, true, nil) })
	// Nor is one that counts only where the person is a member no more, and it is no spare either.
	moved := h.AddPerson(t, "moved@example.com")
	gone, app := h.localPhone(t, moved), h.AddApp(t, moved, 5)
	h.leave(t, moved)
	_, err := h.RemoveApp(ctx, moved.Person.ID, app.ID, true, entry)
	fails(t, err, otp.ErrLastFactor)
	h.written(t, 1, func() { spare(gone.ID, true, nil) })
	second := h.AddPhone(t, m, pairing.Paired)
	h.written(t, 1, func() { spare(first.ID, true, nil) })
	spare(first.ID, false, nil)
	app = h.AddApp(t, m, 5)
	h.written(t, 1, func() { spare(second.ID, true, nil) })

	remove := func(personID, id string, keepOne bool, failure error) {
		t.Helper()
		removed, err := h.RemoveApp(ctx, personID, id, keepOne, entry)
		fails(t, err, failure)
		if err == nil {
			same(t, "removed", removed, app)
		}
	}
	h.written(t, 0, func() {
		remove(m.Person.ID, app.ID, true, otp.ErrLastFactor)
		remove(bystander.Person.ID, app.ID, false, otp.ErrNone)
		remove(m.Person.ID, "aut_none", false, otp.ErrNone)
		begun := h.enrolment(m)
		remove(m.Person.ID, begun.ID, false, otp.ErrNone)
	})
	same(t, "counted", h.factors(t, m), [2]int{1, 0})
	third := h.AddPhone(t, m, pairing.Paired)
	h.written(t, 0, func() { // the seed of a phone is no app
		remove(m.Person.ID, got(h.Authenticators(ctx, m.Person.ID))(t)[1].ID, false, otp.ErrNone)
	})
	h.written(t, 1, func() { remove(m.Person.ID, app.ID, true, nil) })
	same(t, "counted", h.factors(t, m), [2]int{0, 0})
	spare(third.ID, false, devices.ErrLastFactor)
	if !got(h.RemoveDevice(ctx, third.ID, entry))(t) { // whoever need not keep one
		t.Fatal("not removed")
	}
	app = h.AddApp(t, m, 5)
	h.written(t, 1, func() { remove(m.Person.ID, app.ID, false, nil) })
}

// testLastTwo removes both factors of a person at the same moment, many times.
func testLastTwo(t *testing.T, h *House) {
	entry := h.entry(h.Organisation.ID, "removed")
	type removal func() (bool, error)
	phone := func(t *testing.T, m accounts.Member) removal {
		id := h.AddPhone(t, m, pairing.Paired).ID
		return func() (bool, error) {
			removed, err := h.RemoveSpare(t.Context(), id, entry)
			return removed, unlessLast(err)
		}
	}
	app := func(t *testing.T, m accounts.Member) removal {
		id := h.AddApp(t, m, 5).ID
		return func() (bool, error) {
			_, err := h.RemoveApp(t.Context(), m.Person.ID, id, true, entry)
			if errors.Is(err, otp.ErrNone) {
				return false, nil
			}
			return err == nil, unlessLast(err)
		}
	}
	for name, pair := range map[string][2]func(*testing.T, accounts.Member) removal{
		"phones": {phone, phone}, "apps": {app, app}, "a phone and an app": {phone, app},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range 10 {
				m := h.AddPerson(t, fmt.Sprintf("last-%d-%s@example.com", i, secret.NewID("x")))
				both := []removal{pair[0](t, m), pair[1](t, m)}
				same(t, "removed", race(t, func(i int) (bool, error) { return both[i%2]() }), 1)
				left := len(got(h.DevicesOf(t.Context(), m.Person.ID))(t)) + len(got(h.Apps(t.Context(), m.Person.ID))(t))
				same(t, "left", left, 1)
			}
		})
	}
}

func unlessLast(err error) error {
	if errors.Is(err, otp.ErrLastFactor) || errors.Is(err, devices.ErrLastFactor) {
		return nil
	}
	return err
}
