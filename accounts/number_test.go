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

func TestNormalNumber(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ number, locale, want string }{
		{"+31 6 12345678", "en", "+31612345678"},
		{"0031612345678", "en", "+31612345678"},
		{"06-12 34 56 78", "nl", "+31612345678"},
		{"06-12345678", "en", ""}, // of no country
		{"06-12345678", "", ""},
		{"+1 201 555 0123", "nl", "+12015550123"}, // fixed or mobile, nobody can tell
		{"020 624 1111", "nl", ""},                // a fixed line
		{"+31 900 1234", "nl", ""},                // costs more
		{"0909 1234", "nl", ""},
		{"+31 800 1234", "nl", ""},
		{"+31 6 1234567", "nl", ""},
		{"+44 7911 123456", "nl", "+447911123456"},
		{"+881 6 1234 5678", "nl", ""}, // a phone by satellite
		{"+870 773 111 632", "nl", ""},
		{"+882 16 100 123", "nl", ""},
		{"+883 5100 1234 5678", "nl", ""},
		{"+979 123 456 789", "nl", ""}, // costs more, in all the world
		{"+800 1234 5678", "nl", ""},
		{"+44 870 1234567", "nl", ""},
		{"+32 14 12 34 56", "nl", ""},
		{"+31 88 456 78 90", "nl", ""},
		{"112", "nl", ""},
		{"", "nl", ""},
		{"+31612345678x", "nl", ""},
		{strings.Repeat("6", 1000), "nl", ""},
	} {
		number, err := accounts.NormalNumber(test.number, test.locale)
		if number != test.want || (test.want == "") != errors.Is(err, accounts.ErrInvalid) {
			t.Errorf("%q (%s): %q, %v", test.number, test.locale, number, err)
		}
	}
}

const number = "+31612345678"

func TestNumber(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	ayetest.Fails(t, w.Accounts.SetLocale(t.Context(), ada.Person.ID, "nl"), nil)
	confirm := func(code string) error { return w.Accounts.ConfirmNumber(t.Context(), ada.Person.ID, code) }
	ayetest.Fails(t, confirm("123456"), accounts.ErrWrongCode)
	asked := func(want string, wantErr error) {
		t.Helper()
		number, until, err := w.Accounts.NumberAsked(t.Context(), ada.Person.ID)
		ayetest.Fails(t, err, wantErr)
		ayetest.Same(t, "asked", []any{number, until.Equal(w.Clock.Now().Add(accounts.NumberCodeLife))}, []any{want, want != ""})
	}
	asked("", accounts.ErrNotFound)
	ayetest.Fails(t, w.Accounts.AskNumber(t.Context(), ada.Person.ID, ada.OrganisationID, "020 624 1111", accounts.TextNewNumber), accounts.ErrInvalid)
	ayetest.Fails(t, w.Accounts.AskNumber(t.Context(), ada.Person.ID, ada.OrganisationID, "06 1234 5678", accounts.TextNewNumber), nil)
	asked(number, nil)
	code := w.Texts.LastCode(number)
	text := w.Texts.To(number)[0]
	if want := code + " is je code"; len(code) != 6 || !strings.HasPrefix(text, want) || !strings.HasSuffix(text, "\n\n@aye.example.com #"+code) {
		t.Fatalf("%q", text)
	}
	for _, wrong := range []string{ayetest.Wrong(secret.Secret(code)).Reveal(), "", code + "0"} {
		ayetest.Fails(t, confirm(wrong), accounts.ErrWrongCode)
	}
	person := func() accounts.Person {
		p, err := w.Accounts.Person(t.Context(), ada.Person.ID)
		ayetest.Fails(t, err, nil)
		return p
	}
	ayetest.Same(t, "not yet", person().Number, "")
	ayetest.Fails(t, w.Accounts.ConfirmNumber(t.Context(), w.AddPerson("Bea").Person.ID, code), accounts.ErrWrongCode)
	ayetest.Fails(t, confirm(code[:3]+" "+code[3:]), nil)
	ayetest.Same(t, "proven", []any{person().Number, person().NumberProven}, []any{number, w.Clock.Now()})
	ayetest.Same(t, "told", w.Announcer.Told(ada.Person.ID), []accounts.NoticeKind{accounts.NumberChanged})
	ayetest.Fails(t, confirm(code), accounts.ErrWrongCode)
	asked("", accounts.ErrNotFound)
	ayetest.Fails(t, w.Accounts.RemoveNumber(t.Context(), ada.Person.ID), nil)
	ayetest.Fails(t, w.Accounts.RemoveNumber(t.Context(), ada.Person.ID), nil)
	ayetest.Same(t, "removed", person().Number, "")
	ayetest.Same(t, "told of each once", len(w.Announcer.Told(ada.Person.ID)), 2)
	w.Accounts.Texter = nil
	ayetest.Fails(t, w.Accounts.AskNumber(t.Context(), ada.Person.ID, ada.OrganisationID, number, accounts.TextNewNumber), accounts.ErrNoTexts)
}

// TestThreatGuessingTextedCodes: five codes are looked at for a message, and ten in an hour.
func TestThreatGuessingTextedCodes(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	ask := func() string {
		t.Helper()
		ayetest.Fails(t, w.Accounts.AskNumber(t.Context(), ada.Person.ID, ada.OrganisationID, number, accounts.TextNewNumber), nil)
		return w.Texts.LastCode(number)
	}
	confirm := func(code string) error { return w.Accounts.ConfirmNumber(t.Context(), ada.Person.ID, code) }
	guess := func(code string) (looked int) {
		for range 2 * accounts.NumberCodeTries {
			if err := confirm(ayetest.Wrong(secret.Secret(code)).Reveal()); errors.Is(err, accounts.ErrWrongCode) {
				looked++
			} else {
				ayetest.Fails(t, err, accounts.ErrDelayed)
			}
		}
		return looked
	}
	first := ask()
	ayetest.Same(t, "looked at", guess(first), accounts.NumberCodeTries)
	ayetest.Fails(t, confirm(first), accounts.ErrDelayed)
	w.Clock.Pass(30 * time.Second)
	second := ask()
	ayetest.Same(t, "the hour is over", guess(second), 0)
	ayetest.Fails(t, confirm(second), accounts.ErrDelayed)
	w.Clock.Pass(time.Hour)
	third := ask()
	w.Clock.Pass(30 * time.Second)
	fourth := ask()
	ayetest.Fails(t, confirm(third), accounts.ErrWrongCode) // only the newest counts
	w.Clock.Pass(accounts.NumberCodeLife)
	ayetest.Fails(t, confirm(fourth), accounts.ErrWrongCode)
}

// TestThreatPumpingTexts: neither one person nor one number gets more than so many messages.
func TestThreatPumpingTexts(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, bea := w.AddPerson("Ada"), w.AddPerson("Bea")
	ask := func(m accounts.Member, number string) time.Duration {
		t.Helper()
		err := w.Accounts.AskNumber(t.Context(), m.Person.ID, m.OrganisationID, number, accounts.TextNewNumber)
		if err == nil {
			return 0
		}
		var delay *accounts.DelayError
		ayetest.Same(t, err.Error(), errors.As(err, &delay), true)
		return delay.Until.Sub(w.Clock.Now())
	}
	for _, pause := range []time.Duration{30, 60, 120, 120} {
		ayetest.Same(t, "sent", ask(ada, number), 0)
		ayetest.Same(t, "pause", ask(ada, otherNumber), pause*time.Second)
		w.Clock.Pass(pause * time.Second)
	}
	ayetest.Same(t, "sent", ask(ada, number), 0)
	ayetest.Same(t, "an hour", ask(ada, otherNumber), time.Hour-330*time.Second)
	ayetest.Same(t, "nor by somebody else", ask(bea, number), time.Hour-330*time.Second)
	ayetest.Same(t, "another number", ask(bea, otherNumber), 0)
	sent := 5
	for range 24 * 60 {
		w.Clock.Pass(time.Minute)
		if ask(ada, number) == 0 {
			sent++
		}
	}
	if sent > 15 { // ten in any 24 hours
		t.Fatalf("%d messages", sent)
	}
	w.Clock.Pass(48 * time.Hour)
	before := len(w.Texts.To(number))
	ayetest.AtOnce(20, func(int) { ask(ada, number) })
	ayetest.Same(t, "at once", len(w.Texts.To(number))-before, 1)
}

// A provider that fails counts too: the message may have gone out.
func TestTextsThatFail(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, down := w.AddPerson("Ada"), errors.New("down")
	w.Texts.Refuse(down)
	err := w.Accounts.AskNumber(t.Context(), ada.Person.ID, ada.OrganisationID, number, accounts.TextNewNumber)
	ayetest.Fails(t, err, down)
	ayetest.Fails(t, err, accounts.ErrTextFailed)
	ayetest.Fails(t, w.Accounts.AskNumber(t.Context(), ada.Person.ID, ada.OrganisationID, number, accounts.TextNewNumber), accounts.ErrDelayed)
}
