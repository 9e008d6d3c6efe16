package storetest

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
)

func testPasswords(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	t.Run("kept, replaced and found by the address", func(t *testing.T) {
		ctx, m := t.Context(), h.AddPerson(t, "password@example.com")
		same(t, "nobody", got(h.PasswordOf(ctx, "nobody@example.com", ""))(t), accounts.KeptPassword{})
		same(t, "none", got(h.PasswordOf(ctx, m.Person.Email, ""))(t), accounts.KeptPassword{Person: m.Person})
		for _, hash := range []string{"one", "two"} {
			must(t, h.SetPassword(ctx, m.Person.ID, hash, h.Clock.Now(), h.entry("", "person.password-changed")))
		}
		kept := got(h.PasswordOf(ctx, m.Person.Email, ""))(t)
		same(t, "hash", kept.Hash, "two")
		same(t, "the person has one", kept.Person.HasPassword, true)
		fails(t, h.SetPassword(ctx, "per_none", "x", h.Clock.Now(), h.entry("", "x")), accounts.ErrNotFound)
		must(t, h.Rehash(ctx, m.Person.ID, "one", "three"))
		same(t, "another was set meanwhile", got(h.PasswordOf(ctx, m.Person.Email, ""))(t).Hash, "two")
		must(t, h.Rehash(ctx, m.Person.ID, "two", "three"))
		same(t, "rehashed", got(h.PasswordOf(ctx, m.Person.Email, ""))(t).Hash, "three")
	})
	t.Run("browsers", func(t *testing.T) {
		ctx, m, other := t.Context(), h.AddPerson(t, "browser@example.com"), h.AddPerson(t, "stranger@example.com")
		for range 2 {
			must(t, h.KnowBrowser(ctx, m.Person.ID, "firefox", h.Clock.Now()))
		}
		known := func(m accounts.Member, browser string) bool {
			return got(h.PasswordOf(ctx, m.Person.Email, browser))(t).KnownBrowser
		}
		same(t, "known", []bool{known(m, "firefox"), known(m, "chrome"), known(m, ""), known(other, "firefox")}, []bool{true, false, false, false})
	})
	t.Run("tries", func(t *testing.T) { testPasswordTries(t, h) })
	t.Run("a number", func(t *testing.T) { testNumber(t, h) })
	t.Run("what may be sent to a number", func(t *testing.T) { testSent(t, h) })
}

func testPasswordTries(t *testing.T, h *House) {
	begin := h.Clock.Now()
	spend := func(account string, at time.Duration, wantOK bool, wantUntil time.Time, tries ...accounts.Tries) {
		t.Helper()
		may, when, err := h.MayTry(t.Context(), account, tries, begin.Add(at))
		must(t, err)
		ok, until, err := h.SpendTry(t.Context(), account, tries, begin.Add(at))
		must(t, err)
		same(t, "was told before", []any{may, when}, []any{ok, until})
		same(t, "ok", ok, wantOK)
		same(t, "until", until, wantUntil)
	}
	after := func(failures int) time.Duration { return time.Duration(failures-1) * time.Minute }
	lane, row := accounts.Tries{Scope: "lane", Delay: after}, accounts.Tries{Scope: "row", Most: 3}
	spend("a", 0, true, time.Time{}, lane, row)
	spend("a", 0, true, time.Time{}, lane, row)
	spend("a", 59*time.Second, false, begin.Add(time.Minute), lane, row)
	spend("b", 59*time.Second, true, time.Time{}, lane, row) // another account
	spend("a", time.Minute, true, time.Time{}, lane, row)    // the refusal was not counted
	spend("a", time.Hour, false, time.Time{}, lane, row)     // three in a row: for good
	spend("a", time.Hour, true, time.Time{}, lane)           // and nothing was counted for the lane
	must(t, h.ForgetTries(t.Context(), "a", "row", "never was"))
	spend("a", 2*time.Hour, true, time.Time{}, row)
	spend("a", time.Hour+time.Second, false, begin.Add(time.Hour+3*time.Minute), lane)
	must(t, h.ForgetTries(t.Context(), "a"))
	spend("a", time.Hour+time.Second, true, time.Time{}, lane, row)
	spend("b", time.Hour, true, time.Time{}, lane, row)
}

// proof gives a proof of a number that is not stored.
func (h *House) proof(m accounts.Member, number string) accounts.NumberProof {
	return accounts.NumberProof{ID: secret.NewID("num"), PersonID: m.Person.ID, Number: number, Index: "index of " + number, Code: "code", Created: h.Clock.Now()}
}

func anyTime(accounts.Sent) bool { return true }

func testNumber(t *testing.T, h *House) {
	ctx, m := t.Context(), h.AddPerson(t, "number@example.com")
	since := h.Clock.Now().Add(-time.Minute)
	_, _, err := h.TryNumber(ctx, m.Person.ID, since, h.Clock.Now())
	fails(t, err, accounts.ErrNotFound)
	first := h.proof(m, "+31612345678")
	same(t, "refused", got(h.AddNumberProof(ctx, first, func(accounts.Sent) bool { return false }))(t), false)
	_, _, err = h.TryNumber(ctx, m.Person.ID, since, h.Clock.Now())
	fails(t, err, accounts.ErrNotFound)
	same(t, "sent", got(h.AddNumberProof(ctx, first, anyTime))(t), true)
	for want := 1; want <= 2; want++ {
		proof, tries, failure := h.TryNumber(ctx, m.Person.ID, since, h.Clock.Now())
		must(t, failure)
		same(t, "proof", proof, first)
		same(t, "tries", tries, accounts.NumberTries{Message: want, Hour: want})
	}
	h.Clock.Pass(time.Second)
	second := h.proof(m, "+31687654321")
	same(t, "sent", got(h.AddNumberProof(ctx, second, anyTime))(t), true)
	proof, tries, err := h.TryNumber(ctx, m.Person.ID, since, h.Clock.Now())
	must(t, err)
	same(t, "the newest", proof, second)
	same(t, "tries", tries, accounts.NumberTries{Message: 1, Hour: 3})
	must(t, h.SetNumber(ctx, second, h.Clock.Now(), h.entry("", "person.number-changed")))
	fails(t, h.SetNumber(ctx, second, h.Clock.Now(), h.entry("", "x")), accounts.ErrNotFound)
	p := got(h.Person(ctx, m.Person.ID))(t)
	same(t, "number", p.Number, second.Number)
	same(t, "proven", p.NumberProven, h.Clock.Now())
	same(t, "the member has it too", got(h.Member(ctx, h.Organisation.ID, accounts.UserReference{ID: m.ID}))(t).Person, p)
	// The one before counts no longer, although it is not used.
	_, _, err = h.TryNumber(ctx, m.Person.ID, since, h.Clock.Now())
	fails(t, err, accounts.ErrNotFound)
	_, _, err = h.TryNumber(ctx, m.Person.ID, h.Clock.Now(), h.Clock.Now())
	fails(t, err, accounts.ErrNotFound)
	for _, want := range []bool{true, false} {
		same(t, "removed", got(h.RemoveNumber(ctx, m.Person.ID, false, h.entry("", "person.number-removed")))(t), want)
	}
	m.Person.NumberChanged = h.Clock.Now()
	same(t, "person", got(h.Person(ctx, m.Person.ID))(t), m.Person)
}

// testSent: of the person and of the number the larger count is told.
func testSent(t *testing.T, h *House) {
	ctx, begin := t.Context(), h.Clock.Now()
	m, other := h.AddPerson(t, "sent@example.com"), h.AddPerson(t, "sent-too@example.com")
	add := func(m accounts.Member, number string, want accounts.Sent) {
		t.Helper()
		var sent accounts.Sent
		got(h.AddNumberProof(ctx, h.proof(m, number), func(s accounts.Sent) bool { sent = s; return true }))(t)
		same(t, "sent", sent, want)
	}
	add(m, "1", accounts.Sent{})
	h.Clock.Pass(time.Minute)
	add(m, "2", accounts.Sent{Hour: 1, Day: 1, Last: begin, OldestHour: begin, OldestDay: begin})
	add(other, "1", accounts.Sent{Hour: 1, Day: 1, OldestHour: begin, OldestDay: begin})
	h.Clock.Pass(time.Hour - time.Minute)
	add(m, "1", accounts.Sent{Hour: 1, Day: 2, Last: begin.Add(time.Minute), OldestHour: begin.Add(time.Minute), OldestDay: begin})
	h.Clock.Pass(24 * time.Hour)
	add(m, "3", accounts.Sent{})
}
