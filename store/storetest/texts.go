package storetest

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/secret"
	"example.com/aye/otp"
	"example.com/aye/pairing"
	"example.com/aye/sms"
)

// prove gives the person a number.
func (h *House) prove(t *testing.T, m accounts.Member, number string) accounts.NumberProof {
	t.Helper()
	p := h.proof(m, number)
	same(t, "sent", got(h.AddNumberProof(t.Context(), p, anyTime))(t), true)
	must(t, h.SetNumber(t.Context(), p, h.Clock.Now(), h.entry("", "person.number-changed")))
	return p
}

// chooseTexts makes text messages a second factor.
func (h *House) chooseTexts(t *testing.T, m accounts.Member) {
	t.Helper()
	h.written(t, 1, func() {
		same(t, "chosen", got(h.ChooseTexts(t.Context(), m.Person.ID, h.Clock.Now().Add(-accounts.NumberFresh), h.Clock.Now(), h.entry(h.Organisation.ID, "person.texts-chosen")))(t), true)
	})
}

// AddTexts gives the person a number and makes text messages a second factor.
func (h *House) AddTexts(t *testing.T, m accounts.Member) {
	t.Helper()
	h.prove(t, m, "+31612345678")
	h.chooseTexts(t, m)
}

func testTexts(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	t.Run("since when a number is another one", func(t *testing.T) { testNumberChanged(t, h) })
	t.Run("the message that proved a number is used", func(t *testing.T) {
		m := h.AddPerson(t, "proof-used@example.com")
		p := h.proof(m, "+31612345678")
		got(h.AddNumberProof(t.Context(), p, anyTime))(t)
		about := func(id string) sms.Message {
			return h.sent(t, m, func(m *sms.Message) { m.About, m.Purpose, m.Payer = id, accounts.TextRegistration, sms.PaidByOperator })
		}
		mine, other := about(p.ID), about("num_other")
		must(t, h.SetNumber(t.Context(), p, h.Clock.Now(), h.entry("", "x")))
		same(t, "used", []time.Time{h.last(t, mine.About).Used, h.last(t, other.About).Used}, []time.Time{h.Clock.Now(), {}})
	})
	t.Run("chosen", func(t *testing.T) { testTextsChosen(t, h) })
	t.Run("the number goes", func(t *testing.T) { testNumberRemoved(t, h) })
	t.Run("a number that was laid aside", func(t *testing.T) { testNumberLaidAside(t, h) })
	t.Run("a factor", func(t *testing.T) { testTextsAreAFactor(t, h) })
	t.Run("vouched", func(t *testing.T) { testVouch(t, h) })
	t.Run("code", func(t *testing.T) { testTextCode(t, h) })
	t.Run("standings and reminders", func(t *testing.T) { testTextsStand(t, NewHouse(t, open)) })
	must(t, h.VerifyAudit(t.Context()))
}

func testNumberChanged(t *testing.T, h *House) {
	const one, two = "+31612345678", "+31687654321"
	for name, test := range map[string]struct {
		do func(*testing.T, accounts.Member)
		// now says that the number counts as changed at the end.
		now bool
	}{
		"the first":                        {func(t *testing.T, m accounts.Member) { h.prove(t, m, one) }, false},
		"the same again":                   {func(t *testing.T, m accounts.Member) { h.prove(t, m, one); h.Clock.Pass(time.Hour); h.prove(t, m, one) }, false},
		"another":                          {func(t *testing.T, m accounts.Member) { h.prove(t, m, one); h.Clock.Pass(time.Hour); h.prove(t, m, two) }, true},
		"the first beside a phone":         {func(t *testing.T, m accounts.Member) { h.AddPhone(t, m, pairing.Paired); h.prove(t, m, one) }, true},
		"the first beside an app":          {func(t *testing.T, m accounts.Member) { h.AddApp(t, m, 5); h.prove(t, m, one) }, true},
		"the first beside a pending phone": {func(t *testing.T, m accounts.Member) { h.AddPhone(t, m, pairing.AwaitingApproval); h.prove(t, m, one) }, false},
		"the first beside an app begun":    {func(t *testing.T, m accounts.Member) { h.begin(t, m, 5); h.prove(t, m, one) }, false},
		"removed":                          {func(t *testing.T, m accounts.Member) { h.prove(t, m, one); h.Clock.Pass(time.Hour); h.forget(t, m) }, true},
		"removed, and back": {func(t *testing.T, m accounts.Member) {
			h.prove(t, m, one)
			h.forget(t, m)
			h.Clock.Pass(time.Hour)
			h.prove(t, m, one)
		}, true},
		"changed while chosen": {func(t *testing.T, m accounts.Member) { h.AddTexts(t, m); h.Clock.Pass(time.Hour); h.prove(t, m, two) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			m := h.AddPerson(t, secret.NewID("changed")+"@example.com")
			test.do(t, m)
			want := time.Time{}
			if test.now {
				want = h.Clock.Now()
			}
			same(t, "changed", got(h.Person(t.Context(), m.Person.ID))(t).NumberChanged, want)
			member := got(h.Member(t.Context(), m.OrganisationID, accounts.UserReference{ID: m.ID}))(t)
			same(t, "the member's too", member.Person.NumberChanged, want)
		})
	}
	t.Run("the same again, after a change", func(t *testing.T) {
		m := h.AddPerson(t, "changed-again@example.com")
		h.prove(t, m, one)
		h.prove(t, m, two)
		want := h.Clock.Now()
		h.Clock.Pass(time.Hour)
		h.prove(t, m, two)
		p := got(h.Person(t.Context(), m.Person.ID))(t)
		same(t, "changed and proven", []time.Time{p.NumberChanged, p.NumberProven}, []time.Time{want, h.Clock.Now()})
	})
}

// forget removes the person's number.
func (h *House) forget(t *testing.T, m accounts.Member) {
	t.Helper()
	same(t, "removed", got(h.RemoveNumber(t.Context(), m.Person.ID, false, h.entry("", "person.number-removed")))(t), true)
}

func testTextsChosen(t *testing.T, h *House) {
	m := h.AddPerson(t, "chosen@example.com")
	entry := h.entry(h.Organisation.ID, "person.texts-chosen")
	choose := func(personID string, want bool, wrong error) {
		t.Helper()
		rows := map[bool]int64{true: 1}[want]
		h.written(t, rows, func() {
			chosen, err := h.ChooseTexts(t.Context(), personID, h.Clock.Now().Add(-accounts.NumberFresh), h.Clock.Now(), entry)
			fails(t, err, wrong)
			same(t, "chosen", chosen, want)
		})
	}
	choose("per_none", false, accounts.ErrNotFound)
	choose(m.Person.ID, false, accounts.ErrNotFound) // there is no number
	h.prove(t, m, "+31612345678")
	h.Clock.Pass(accounts.NumberFresh + time.Millisecond)
	choose(m.Person.ID, false, accounts.ErrNotFound) // anybody with the password could have laid it aside
	h.prove(t, m, "+31612345678")
	h.Clock.Pass(accounts.NumberFresh)
	choose(m.Person.ID, true, nil)
	since := h.Clock.Now()
	h.Clock.Pass(time.Hour)
	choose(m.Person.ID, false, nil)
	same(t, "since", got(h.Person(t.Context(), m.Person.ID))(t).Texts, since)
	same(t, "the member too", got(h.Member(t.Context(), m.OrganisationID, accounts.UserReference{ID: m.ID}))(t).Person.Texts, since)
	h.prove(t, m, "+31687654321")
	same(t, "with another number", got(h.Person(t.Context(), m.Person.ID))(t).Texts, since)
}

func testNumberRemoved(t *testing.T, h *House) {
	for name, test := range map[string]struct {
		do     func(*testing.T, accounts.Member)
		keep   bool
		stands bool
	}{
		"texts are nothing":                     {func(*testing.T, accounts.Member) {}, true, false},
		"the only factor":                       {h.chooseTexts, true, true},
		"the only factor, to be removed anyway": {h.chooseTexts, false, false},
		"beside a phone":                        {func(t *testing.T, m accounts.Member) { h.chooseTexts(t, m); h.AddPhone(t, m, pairing.Paired) }, true, false},
		"beside an app":                         {func(t *testing.T, m accounts.Member) { h.chooseTexts(t, m); h.AddApp(t, m, 5) }, true, false},
		"beside a phone that waits":             {func(t *testing.T, m accounts.Member) { h.chooseTexts(t, m); h.AddPhone(t, m, pairing.AwaitingCode) }, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			m := h.AddPerson(t, secret.NewID("removed")+"@example.com")
			h.prove(t, m, "+31612345678")
			test.do(t, m)
			before := got(h.Person(t.Context(), m.Person.ID))(t)
			remove := func() (bool, error) {
				return h.RemoveNumber(t.Context(), m.Person.ID, test.keep, h.entry(h.Organisation.ID, "person.number-removed"))
			}
			if test.stands {
				h.written(t, 0, func() {
					_, err := remove()
					fails(t, err, accounts.ErrLastFactor)
				})
				same(t, "person", got(h.Person(t.Context(), m.Person.ID))(t), before)
				return
			}
			h.written(t, 1, func() { same(t, "removed", got(remove())(t), true) })
			before.Number, before.NumberProven, before.Texts, before.NumberChanged = "", time.Time{}, time.Time{}, h.Clock.Now()
			same(t, "person", got(h.Person(t.Context(), m.Person.ID))(t), before)
			h.written(t, 0, func() { same(t, "again", got(remove())(t), false) })
		})
	}
}

// testNumberLaidAside: whatever the first second factor is, a number from before it goes, unless it was
// proven just now. Beside a second factor it stays.
func testNumberLaidAside(t *testing.T, h *House) {
	waiting := h.AddPerson(t, "laid-waiting@example.com")
	for name, test := range map[string]struct {
		age   time.Duration
		first func(*testing.T, accounts.Member)
		goes  bool
	}{
		"a phone":         {accounts.NumberFresh + time.Millisecond, func(t *testing.T, m accounts.Member) { h.AddPhone(t, m, pairing.Paired) }, true},
		"an app":          {accounts.NumberFresh + time.Millisecond, func(t *testing.T, m accounts.Member) { h.AddApp(t, m, 5) }, true},
		"a phone in time": {accounts.NumberFresh, func(t *testing.T, m accounts.Member) { h.AddPhone(t, m, pairing.Paired) }, false},
		"an app in time":  {accounts.NumberFresh - time.Second, func(t *testing.T, m accounts.Member) { h.AddApp(t, m, 5) }, false}, // AddApp takes a second
		"text messages in time": {accounts.NumberFresh, func(t *testing.T, m accounts.Member) {
			got(h.ChooseTexts(t.Context(), m.Person.ID, h.Clock.Now().Add(-accounts.NumberFresh), h.Clock.Now(), h.entry("", "x")))(t)
		}, false},
		"an app that is begun": {accounts.NumberFresh + time.Millisecond, func(t *testing.T, m accounts.Member) { h.begin(t, m, 5) }, false},
		"a phone of another":   {accounts.NumberFresh + time.Millisecond, func(t *testing.T, _ accounts.Member) { h.AddPhone(t, waiting, pairing.Paired) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := h.AddPerson(t, secret.NewID("laid")+"@example.com")
			h.prove(t, m, "+31612345678")
			got(h.Vouch(t.Context(), m.OrganisationID, m.ID, time.Time{}, h.entry(m.OrganisationID, "x")))(t)
			before := got(h.Person(t.Context(), m.Person.ID))(t)
			h.Clock.Pass(test.age)
			test.first(t, m)
			after := got(h.Person(t.Context(), m.Person.ID))(t)
			if !test.goes {
				same(t, "number", []any{after.Number, after.NumberChanged}, []any{before.Number, before.NumberChanged})
				same(t, "rows", h.laidAside(t, m), 0)
				return
			}
			same(t, "number", []any{after.Number, after.NumberProven, after.NumberChanged}, []any{"", time.Time{}, h.Clock.Now()})
			same(t, "rows", h.laidAside(t, m), 1)
			// Should it come back, it is new, and nobody has vouched for it.
			h.prove(t, m, "+31612345678")
			back := got(h.Member(t.Context(), m.OrganisationID, accounts.UserReference{ID: m.ID}))(t)
			same(t, "back", []any{back.Person.NumberChanged, back.Vouched}, []any{h.Clock.Now(), false})
			// Beside the factor it stays, however old.
			h.Clock.Pass(10 * accounts.NumberFresh)
			h.AddApp(t, m, 5)
			same(t, "beside another", got(h.Person(t.Context(), m.Person.ID))(t).Number, "+31612345678")
		})
	}
}

// laidAside counts the audit rows of the person's number that was taken away by itself.
func (h *House) laidAside(t *testing.T, m accounts.Member) (count int) {
	t.Helper()
	for _, row := range got(h.AuditRows(t.Context(), "", 0, 100_000))(t) {
		if row.Subject == m.Person.ID && row.Action == "person.number-removed" && row.Actor == "system" {
			count++
		}
	}
	return count
}

// testTextsAreAFactor: who chose text messages is never treated as somebody without a second
// factor; but others can switch them off, so that they are no reason to let the last other one go.
func testTextsAreAFactor(t *testing.T, h *House) {
	entry := h.entry(h.Organisation.ID, "x")
	m := h.AddPerson(t, "texts-keep@example.com")
	h.AddTexts(t, m)
	phone, app := h.AddPhone(t, m, pairing.Paired), h.AddApp(t, m, 5)
	got(h.RemoveApp(t.Context(), m.Person.ID, app.ID, true, entry))(t)
	_, err := h.RemoveSpare(t.Context(), phone.ID, entry)
	fails(t, err, devices.ErrLastFactor)
	app = h.AddApp(t, m, 5)
	same(t, "removed", got(h.RemoveSpare(t.Context(), phone.ID, entry))(t), true)
	_, err = h.RemoveApp(t.Context(), m.Person.ID, app.ID, true, entry)
	fails(t, err, otp.ErrLastFactor)

	// Recovery codes stand in for them, and those from before a first factor end.
	alone := h.AddPerson(t, "texts-codes@example.com")
	stray := h.AddPhone(t, alone, pairing.Paired)
	must(t, h.KeepRecoveryCodes(t.Context(), alone.Person.ID, []string{"a"}, h.Clock.Now(), entry))
	got(h.RemoveDevice(t.Context(), stray.ID, entry))(t)
	h.AddTexts(t, alone)
	ended(t, h, alone, 0)
	must(t, h.KeepRecoveryCodes(t.Context(), alone.Person.ID, []string{"b"}, h.Clock.Now(), entry))
	h.AddPhone(t, alone, pairing.Paired)
	same(t, "codes beside texts stay", h.factors(t, alone), [2]int{0, 1})
	without := h.AddPerson(t, "texts-not-chosen@example.com")
	h.prove(t, without, "+31612345678")
	fails(t, h.KeepRecoveryCodes(t.Context(), without.Person.ID, []string{"c"}, h.Clock.Now(), entry), otp.ErrNoFactor)
}

func testVouch(t *testing.T, h *House) {
	m := h.AddPerson(t, "vouched@example.com")
	at := func(organisationID, id string, changed time.Time, want bool, rows int64, wrong error) {
		t.Helper()
		h.written(t, rows, func() {
			vouched, err := h.Vouch(t.Context(), organisationID, id, changed, h.entry(h.Organisation.ID, "member.number-vouched"))
			fails(t, err, wrong)
			same(t, "vouched", vouched, want)
		})
	}
	changed := func() time.Time { return got(h.Person(t.Context(), m.Person.ID))(t).NumberChanged }
	vouch := func(organisationID, id string, want bool) {
		t.Helper()
		if want {
			at(organisationID, id, changed(), true, 1, nil)
			return
		}
		at(organisationID, id, changed(), false, 0, accounts.ErrNotFound)
	}
	is := func(want bool) {
		t.Helper()
		user := accounts.UserReference{ID: m.ID}
		_, with, err := h.MemberOf(t.Context(), m.OrganisationID, user)
		must(t, err)
		all := []bool{
			with.Vouched, got(h.Member(t.Context(), m.OrganisationID, user))(t).Vouched, got(h.MemberByID(t.Context(), m.OrganisationID, m.ID))(t).Vouched,
			got(h.Memberships(t.Context(), m.Person.ID))(t)[0].Vouched,
		}
		same(t, "vouched", all, []bool{want, want, want, want})
	}
	vouch(m.OrganisationID, m.ID, false) // there is no number
	is(false)
	h.prove(t, m, "+31612345678")
	is(false)
	vouch(h.AddOrganisation(t, "Stranger").ID, m.ID, false)
	vouch(m.OrganisationID, "usr_none", false)
	is(false)
	vouch(m.OrganisationID, m.ID, true)
	is(true)
	at(m.OrganisationID, m.ID, changed(), false, 0, nil) // again
	h.prove(t, m, "+31612345678")
	is(true)
	// Not for another number, nor for the same one when it comes back.
	seen := changed()
	h.Clock.Pass(time.Hour)
	h.prove(t, m, "+31687654321")
	is(false)
	at(m.OrganisationID, m.ID, seen, false, 0, accounts.ErrOtherNumber)
	is(false)
	h.prove(t, m, "+31612345678")
	is(false)
	vouch(m.OrganisationID, m.ID, true)
	h.forget(t, m)
	is(false)
	h.prove(t, m, "+31612345678")
	is(false)
	vouch(m.OrganisationID, m.ID, true)
	// Elsewhere nobody vouched.
	other := h.AddOrganisation(t, "Elsewhere")
	there := got(h.Invite(t.Context(), h.member(other, m.Person.Email), "vouch", anyRole, h.entry(other.ID, "member.invited")))(t)
	vouch(other.ID, there.ID, false) // who did not accept
	got(h.AcceptInvitation(t.Context(), "vouch", time.Time{}, h.entry("", "member.accepted")))(t)
	same(t, "elsewhere", got(h.Member(t.Context(), other.ID, accounts.UserReference{ID: there.ID}))(t).Vouched, false)
	is(true)
	h.leave(t, m)
	vouch(m.OrganisationID, m.ID, false)
}

func testTextCode(t *testing.T, h *House) {
	m, other := h.AddPerson(t, "code@example.com"), h.AddPerson(t, "code-other@example.com")
	p := h.prove(t, m, "+31612345678")
	h.prove(t, other, "+31687654321")
	text := func(request string, change func(*sms.Message)) string {
		return h.sent(t, m, func(m *sms.Message) { m.About, m.Index = request, p.Index; change(m) }).ID
	}
	none := func(*sms.Message) {}
	since := func() time.Time { return h.Clock.Now().Add(-otp.TextLife) }
	is := func(request, want string) {
		t.Helper()
		id, err := h.TextCode(t.Context(), m.Person.ID, request, since())
		if want == "" {
			fails(t, err, otp.ErrNone)
			return
		}
		must(t, err)
		same(t, "message", id, want)
	}
	for name, change := range map[string]func(*sms.Message){
		"to another person":  func(m *sms.Message) { m.PersonID = other.Person.ID },
		"to nobody":          func(m *sms.Message) { m.PersonID = "" },
		"to another number":  func(m *sms.Message) { m.Index = "index of +31687654321" },
		"to a masked number": func(m *sms.Message) { m.Number, m.Index = "", "" },
		"used":               func(m *sms.Message) { m.Used = m.At },
		"refused":            func(m *sms.Message) { m.State = sms.Refused },
		"too old":            func(m *sms.Message) { m.At = since() },
		"about another":      func(m *sms.Message) { m.About = "another" },
	} {
		text(name, change)
		t.Run(name, func(t *testing.T) { is(name, "") })
	}
	is("", "")
	for _, state := range []sms.State{sms.Sending, sms.Unknown, sms.Accepted, sms.Sent, sms.Delivered, sms.Failed, sms.Expired} {
		is(string(state), text(string(state), func(m *sms.Message) { m.State = state }))
	}
	first := text("request", none)
	h.Clock.Pass(time.Second)
	second := text("request", none)
	is("request", second)
	_, err := h.TextCode(t.Context(), other.Person.ID, "request", since())
	fails(t, err, otp.ErrNone)
	h.Clock.Pass(time.Second)
	text("request", func(m *sms.Message) { m.State = sms.Refused })
	is("request", second) // what did not go out takes nothing from what did

	use := func(id string, want bool) {
		t.Helper()
		same(t, "used", got(h.UseTextCode(t.Context(), id, h.Clock.Now()))(t), want)
	}
	same(t, "used at once", race(t, func(int) (bool, error) { return h.UseTextCode(t.Context(), second, h.Clock.Now()) }), 1)
	use(second, false)
	use("sms_none", false)
	is("request", "") // those before count no longer
	h.prove(t, m, "+31611111111")
	is(string(sms.Sent), "")
	use(first, false)
	h.forget(t, m)
	is(string(sms.Sent), "")
	is("to a masked number", "") // it is not theirs either
}

// testTextsStand: who chose text messages has a second factor, whatever can be sent.
func testTextsStand(t *testing.T, h *House) {
	o := h.Organisation
	date := h.Clock.Now().Add(time.Hour)
	o.SecondFactorFrom = date
	must(t, h.UpdateOrganisation(t.Context(), o, accounts.AllSettings, h.entry(o.ID, "organisation.updated")))
	chosen, proven := h.AddPerson(t, "chosen@example.com"), h.AddPerson(t, "proven@example.com")
	h.AddTexts(t, chosen)
	h.prove(t, proven, "+31687654321")
	same(t, "standings", got(h.Standings(t.Context(), o.ID))(t), map[string]accounts.Standing{chosen.ID: {Texts: true}, proven.ID: {}})
	same(t, "without factor", got(h.WithoutFactor(t.Context(), h.Clock.Now(), date, 10))(t), []accounts.Reminder{
		{MembershipID: proven.ID, OrganisationID: o.ID, PersonID: proven.Person.ID, Date: date},
	})
}
