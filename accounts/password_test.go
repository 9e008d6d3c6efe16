package accounts_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
)

func TestPasswordRules(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.Change(func(o *accounts.Organisation) { o.Name = "Tulp & Zoon"; o.SecondFactorFrom = time.Time{} })
	alone := w.AddPerson("Ada Lovelace")
	strict := w.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Tulp & Zoon" })
	beside := w.AddMember(strict, "Ada Lovelace", accounts.RoleMember)
	fine := accounts.PasswordProblem("")
	tests := []struct {
		name, password string
		alone, beside  accounts.PasswordProblem
	}{
		{"a good one", "correct horse battery staple", fine, fine},
		{"15", "zo lang is goed", fine, fine},
		{"14", "zo lang is kor", accounts.TooShort, fine},
		{"8", "kastanje", accounts.TooShort, fine},
		{"7", "kastanj", accounts.TooShort, accounts.TooShort},
		{"8 letters of more bytes", "éééèèêëü", accounts.TooShort, fine},
		{"8 that are 4 after NFKC", "e\u0301e\u0301e\u0301e\u0301", accounts.TooShort, accounts.TooShort},
		{"128", strings.Repeat("kastanje", 15) + "abcdefgh", fine, fine},
		{"129", strings.Repeat("kastanje", 15) + "abcdefghi", accounts.TooLong, accounts.TooLong},
		{"endless", strings.Repeat("x", 1<<20), accounts.TooLong, accounts.TooLong},
		{"on the list", "sunshine", accounts.TooShort, accounts.Common},
		{"on the list, in capitals", "SunShine", accounts.TooShort, accounts.Common},
		{"on the list, in wide letters", "ｓｕｎｓｈｉｎｅ", accounts.TooShort, accounts.Common},
		{"on the list, with a year behind", "Sunshine2024!!!", accounts.Common, accounts.Common},
		{"on the list, with digits before", "20242024sunshine", accounts.Common, accounts.Common},
		{"twice what is on the list", "sunshinesunshine", accounts.Common, accounts.Common},
		{"digits in a row, again and again", "123456789012345", accounts.Common, accounts.Common},
		{"one letter", "xxxxxxxxxxxxxxxx", accounts.Common, accounts.Common},
		{"a few letters", "qwaszqwaszqwaszq", accounts.Common, accounts.Common},
		{"the person's name", "AdaLovelace-2024", accounts.OwnWords, accounts.OwnWords},
		{"the organisation's name", "Zoon, Tulp, Zoon 9", accounts.OwnWords, accounts.OwnWords},
		{"the address", "example.com 12345", accounts.OwnWords, accounts.OwnWords},
		{"a name and enough besides", "ada eet kastanjes", fine, fine},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			check := func(m accounts.Member, want accounts.PasswordProblem, least int) {
				t.Helper()
				err := w.Accounts.SetPassword(t.Context(), m.Person.ID, secret.Secret(test.password))
				if want == fine {
					ayetest.Fails(t, err, nil)
					return
				}
				ayetest.Fails(t, err, accounts.ErrPassword)
				var problem *accounts.PasswordError
				ayetest.Same(t, "problem", errors.As(err, &problem), true)
				ayetest.Same(t, "problem", *problem, accounts.PasswordError{Problem: want, Least: least})
				ayetest.Same(t, "the password stands in no message", strings.Contains(err.Error(), test.password), false)
			}
			check(alone, test.alone, 15)
			check(beside, test.beside, 8)
		})
	}
}

// Few characters are enough only where no organisation lets the person in with them alone.
func TestLeastPassword(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	least := func(want int) {
		t.Helper()
		n, err := w.Accounts.LeastPassword(t.Context(), ada.Person.ID)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "least", n, want)
	}
	least(8)
	lax := w.AddOrganisation(func(*accounts.Organisation) {})
	lax.SecondFactorFrom = w.Clock.Now().Add(time.Hour)
	ayetest.Fails(t, w.Accounts.UpdateOrganisation(t.Context(), lax), nil)
	_, err := w.Accounts.Invite(t.Context(), lax.ID, ada.Person, accounts.RoleMember)
	ayetest.Fails(t, err, nil)
	least(15) // one that only invites counts too
	w.Clock.Pass(time.Hour)
	least(8)
	ayetest.Fails(t, w.Accounts.EndMembership(t.Context(), ada), nil)
	least(8)
	nobody := w.AddPerson("Bea")
	ayetest.Fails(t, w.Accounts.EndMembership(t.Context(), nobody), nil)
	ada = nobody
	least(15)
}

func TestSetPassword(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	ayetest.Fails(t, w.Accounts.SetPassword(t.Context(), "per_none", ayetest.Password), accounts.ErrNotFound)
	w.Accounts.Hasher = accounts.NewHasher(w.Keys, accounts.HashMemory)
	for i, password := range []secret.Secret{ayetest.Password, "another horse battery staple"} {
		ayetest.Fails(t, w.Accounts.SetPassword(t.Context(), ada.Person.ID, password), nil)
		ayetest.Same(t, "told of a change", len(w.Announcer.Told(ada.Person.ID)), i)
	}
	p, err := w.Accounts.Person(t.Context(), ada.Person.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "has one", p.HasPassword, true)
	kept, err := w.Store.PasswordOf(t.Context(), p.Email, "")
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "what is kept says how it was made", strings.HasPrefix(kept.Hash, "$argon2id-hmac-sha256$v=19$m=19456,t=2,p=1$"), true)
	again, err := w.Accounts.Hasher.Hash(t.Context(), p.ID, "another horse battery staple")
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "each has its own salt", again != kept.Hash, true)
}
