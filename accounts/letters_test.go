package accounts_test

import (
	"errors"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
)

func TestReset(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	ask := func() secret.Secret {
		t.Helper()
		ayetest.Fails(t, w.Accounts.AskReset(t.Context(), upper(ada.Person.Email)), nil)
		return w.Announcer.LastLetter(accounts.LetterReset, ada.Person.ID)
	}
	ayetest.Fails(t, w.Accounts.AskReset(t.Context(), "nobody@example.com"), nil)
	ayetest.Fails(t, w.Accounts.AskReset(t.Context(), "no address"), accounts.ErrInvalid)
	ayetest.Same(t, "nobody gets no mail", len(w.Announcer.Letters(accounts.LetterReset, "")), 0)

	first, second := ask(), ask()
	ayetest.Same(t, "256 bits", len(first), 43)
	for _, wrong := range []secret.Secret{"", secret.NewToken(), secret.Secret(secret.Hash(first))} {
		_, err := w.Accounts.Reset(t.Context(), wrong)
		ayetest.Fails(t, err, accounts.ErrNotFound)
		_, err = w.Accounts.UseReset(t.Context(), wrong)
		ayetest.Fails(t, err, accounts.ErrNotFound)
		_, err = w.Accounts.ConfirmEmail(t.Context(), first) // a link of another kind
		ayetest.Fails(t, err, accounts.ErrNotFound)
	}
	for range 2 { // to look uses nothing up
		p, err := w.Accounts.Reset(t.Context(), first)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "person", p, ada.Person)
	}
	p, err := w.Accounts.UseReset(t.Context(), first)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "person", p, ada.Person)
	for _, used := range []secret.Secret{first, second} {
		_, err = w.Accounts.UseReset(t.Context(), used)
		ayetest.Fails(t, err, accounts.ErrNotFound)
	}
	third := ask()
	w.Clock.Pass(accounts.LetterLife)
	_, err = w.Accounts.UseReset(t.Context(), third)
	ayetest.Fails(t, err, accounts.ErrNotFound)
	fourth := ask()
	w.SetPassword(ada) // in another browser, meanwhile
	_, err = w.Accounts.UseReset(t.Context(), fourth)
	ayetest.Fails(t, err, accounts.ErrNotFound)
}

func TestAResetIsUsedOnce(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	ayetest.Fails(t, w.Accounts.AskReset(t.Context(), ada.Person.Email), nil)
	token := w.Announcer.LastLetter(accounts.LetterReset, ada.Person.ID)
	results := make([]error, 20)
	ayetest.AtOnce(len(results), func(i int) { _, results[i] = w.Accounts.UseReset(t.Context(), token) })
	won := 0
	for _, err := range results {
		if err == nil {
			won++
		} else {
			ayetest.Fails(t, err, accounts.ErrNotFound)
		}
	}
	ayetest.Same(t, "won", won, 1)
}

// TestThreatMailBombing: whoever asks, an address gets five letters an hour.
func TestThreatMailBombing(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	count := func() int { return len(w.Announcer.Letters(accounts.LetterReset, ada.Person.ID)) }
	ayetest.AtOnce(20, func(int) { ayetest.Fails(t, w.Accounts.AskReset(t.Context(), ada.Person.Email), nil) })
	ayetest.Same(t, "letters", count(), accounts.LettersPerHour)
	w.Clock.Pass(time.Hour)
	ayetest.Fails(t, w.Accounts.AskReset(t.Context(), ada.Person.Email), nil)
	ayetest.Same(t, "letters", count(), accounts.LettersPerHour+1)
	for i := range accounts.LettersPerHour + 1 {
		err := w.Accounts.AskEmail(t.Context(), ada.Person.ID, secret.NewID("new")+"@example.com")
		var delay *accounts.DelayError
		if i < accounts.LettersPerHour {
			ayetest.Fails(t, err, nil)
		} else if !errors.As(err, &delay) || !delay.Until.Equal(w.Clock.Now().Add(time.Hour)) {
			t.Fatal(err)
		}
	}
}

func TestChangeOfAddress(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, bea := w.AddPerson("Ada"), w.AddPerson("Bea")
	ask := func(email string) secret.Secret {
		t.Helper()
		ayetest.Fails(t, w.Accounts.AskEmail(t.Context(), ada.Person.ID, email), nil)
		return w.Announcer.LastLetter(accounts.LetterEmail, ada.Person.ID)
	}
	for _, wrong := range []string{"", "no address", upper(ada.Person.Email)} {
		ayetest.Fails(t, w.Accounts.AskEmail(t.Context(), ada.Person.ID, wrong), accounts.ErrInvalid)
	}
	ayetest.Same(t, "somebody else's address gets no letter, and nothing tells", ask(bea.Person.Email), "")
	old, token := ask("old@example.com"), ask("New@example.com")
	letters := w.Announcer.Letters(accounts.LetterEmail, ada.Person.ID)
	ayetest.Same(t, "where the letter goes", letters[1].Email, "new@example.com")
	_, err := w.Accounts.ConfirmEmail(t.Context(), old)
	ayetest.Fails(t, err, accounts.ErrNotFound)
	p, address, err := w.Accounts.EmailChange(t.Context(), token)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "look", []any{p, address}, []any{ada.Person, "new@example.com"})
	changed, err := w.Accounts.ConfirmEmail(t.Context(), token)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "who and where", []string{changed.ID, changed.Email}, []string{ada.Person.ID, "new@example.com"})
	notices := w.Announcer.Notices(ada.Person.ID)
	ayetest.Same(t, "told to the old address", notices, []accounts.Notice{{PersonID: ada.Person.ID, OrganisationID: ada.OrganisationID, Kind: accounts.EmailChanged, Email: ada.Person.Email}})
	_, err = w.Accounts.ConfirmEmail(t.Context(), token)
	ayetest.Fails(t, err, accounts.ErrNotFound)

	late := ask("late@example.com")
	_, err = w.Accounts.UseReset(t.Context(), late) // a link to a new address signs nobody in
	ayetest.Fails(t, err, accounts.ErrNotFound)
	w.Clock.Pass(accounts.LetterLife)
	_, err = w.Accounts.ConfirmEmail(t.Context(), late)
	ayetest.Fails(t, err, accounts.ErrNotFound)
	raced := ask("raced@example.com")
	_, _, err = w.Accounts.AddMember(t.Context(), w.Organisation.ID, accounts.Person{Email: "raced@example.com", Display: "Carl"}, accounts.RoleMember)
	ayetest.Fails(t, err, nil)
	_, err = w.Accounts.ConfirmEmail(t.Context(), raced)
	ayetest.Fails(t, err, accounts.ErrNotFound)
}
