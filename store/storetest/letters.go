package storetest

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/store"
)

// letter gives a letter that is not stored.
func (h *House) letter(kind accounts.LetterKind, personID, address string) accounts.MailedLetter {
	l := accounts.MailedLetter{Hash: secret.Hash(secret.NewToken()), Kind: kind, PersonID: personID, Address: address, Created: h.Clock.Now()}
	if kind == accounts.LetterEmail {
		l.Email = address
	}
	return l
}

// post stores a letter that must be taken.
func (h *House) post(t *testing.T, l accounts.MailedLetter) accounts.MailedLetter {
	t.Helper()
	ok, _, err := h.AddLetter(t.Context(), l, 100, time.Hour)
	must(t, err)
	same(t, "taken", ok, true)
	return l
}

func testLetters(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	minutes := func() time.Time { return h.Clock.Now().Add(-time.Minute) }
	find := func(l accounts.MailedLetter) error {
		_, err := h.FindLetter(t.Context(), l.Hash, l.Kind, minutes())
		return err
	}
	t.Run("a reset works once", func(t *testing.T) {
		ctx, m := t.Context(), h.AddPerson(t, "reset@example.com")
		l, other := h.post(t, h.letter(accounts.LetterReset, m.Person.ID, "a")), h.post(t, h.letter(accounts.LetterReset, m.Person.ID, "a"))
		same(t, "found", got(h.FindLetter(ctx, l.Hash, accounts.LetterReset, minutes()))(t), l)
		for _, wrong := range []struct {
			hash  string
			kind  accounts.LetterKind
			since time.Time
		}{{"none", accounts.LetterReset, minutes()}, {l.Hash, accounts.LetterEmail, minutes()}, {l.Hash, accounts.LetterReset, h.Clock.Now()}} {
			_, err := h.FindLetter(ctx, wrong.hash, wrong.kind, wrong.since)
			fails(t, err, accounts.ErrNotFound)
		}
		_, err := h.UseReset(ctx, l.Hash, h.Clock.Now(), h.Clock.Now(), h.entry("", "x"))
		fails(t, err, accounts.ErrNotFound) // too old
		same(t, "used", got(h.UseReset(ctx, l.Hash, minutes(), h.Clock.Now(), h.entry("", "person.reset-used")))(t), l)
		for _, used := range []accounts.MailedLetter{l, other} { // the other one of the person went with it
			fails(t, find(used), accounts.ErrNotFound)
			_, err = h.UseReset(ctx, used.Hash, minutes(), h.Clock.Now(), h.entry("", "x"))
			fails(t, err, accounts.ErrNotFound)
		}
		sequence, _, err := h.AuditHead(ctx, "")
		must(t, err)
		rows := got(h.AuditRows(ctx, "", sequence-1, 1))(t)
		same(t, "who did it", []string{rows[0].Actor, rows[0].Subject}, []string{m.Person.ID, m.Person.ID})
	})
	t.Run("a letter to nobody opens nothing", func(t *testing.T) {
		l := h.post(t, h.letter(accounts.LetterReset, "", "nobody"))
		fails(t, find(l), accounts.ErrNotFound)
		_, err := h.UseReset(t.Context(), l.Hash, minutes(), h.Clock.Now(), h.entry("", "x"))
		fails(t, err, accounts.ErrNotFound)
	})
	t.Run("so many an hour", func(t *testing.T) { testPostage(t, h) })
	t.Run("a new address", func(t *testing.T) { testNewAddress(t, h, find) })
	t.Run("a new password ends all letters", func(t *testing.T) {
		m := h.AddPerson(t, "ends@example.com")
		reset, address := h.post(t, h.letter(accounts.LetterReset, m.Person.ID, "x")), h.post(t, h.letter(accounts.LetterEmail, m.Person.ID, "y@example.com"))
		must(t, h.SetPassword(t.Context(), m.Person.ID, "hash", h.Clock.Now(), h.entry("", "person.password-changed")))
		fails(t, find(reset), accounts.ErrNotFound)
		fails(t, find(address), accounts.ErrNotFound)
	})
}

func testPostage(t *testing.T, h *House) {
	m, begin := h.AddPerson(t, "post@example.com"), h.Clock.Now()
	post := func(personID, address string, wantOK bool, wantUntil time.Time) {
		t.Helper()
		ok, until, err := h.AddLetter(t.Context(), h.letter(accounts.LetterReset, personID, address), 2, time.Hour)
		must(t, err)
		same(t, "ok", ok, wantOK)
		same(t, "until", until, wantUntil)
	}
	post("", "somewhere", true, time.Time{})
	h.Clock.Pass(time.Minute)
	post(m.Person.ID, "somewhere", true, time.Time{})
	post("", "somewhere", false, begin.Add(time.Hour))
	post(m.Person.ID, "elsewhere", true, time.Time{})
	post(m.Person.ID, "a third", false, begin.Add(time.Minute).Add(time.Hour))
	post("", "a third", true, time.Time{})
	h.Clock.Pass(59 * time.Minute)
	post("", "somewhere", true, time.Time{})
}

func testNewAddress(t *testing.T, h *House, find func(accounts.MailedLetter) error) {
	ctx, m := t.Context(), h.AddPerson(t, "old@example.com")
	h.AddPerson(t, "taken@example.com")
	use := func(l accounts.MailedLetter) (accounts.Person, error) {
		e := h.entry("", "person.email-changed")
		e.Tell = []any{accounts.Notice{Kind: accounts.EmailChanged, PersonID: l.PersonID}}
		return h.UseEmail(ctx, l.Hash, h.Clock.Now().Add(-time.Minute), h.Clock.Now(), e)
	}
	before := h.post(t, h.letter(accounts.LetterEmail, m.Person.ID, "first@example.com"))
	taken := h.post(t, h.letter(accounts.LetterEmail, m.Person.ID, "taken@example.com"))
	fails(t, find(before), accounts.ErrNotFound) // only the newest link works
	_, err := use(taken)
	fails(t, err, accounts.ErrExists)
	must(t, find(taken))
	reset := h.post(t, h.letter(accounts.LetterReset, m.Person.ID, "old"))
	l := h.post(t, h.letter(accounts.LetterEmail, m.Person.ID, "new@example.com"))
	person, err := use(l)
	must(t, err)
	told := h.take(t, store.Soon)
	same(t, "the address before is told", []any{len(told), told[0].Message}, []any{1, any(accounts.Notice{Kind: accounts.EmailChanged, PersonID: m.Person.ID, Email: "old@example.com"})})
	same(t, "after", person, got(h.Person(ctx, m.Person.ID))(t))
	same(t, "address", person.Email, "new@example.com")
	fails(t, find(reset), accounts.ErrNotFound) // it went to the address before
	_, err = use(l)
	fails(t, err, accounts.ErrNotFound)
}
