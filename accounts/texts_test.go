package accounts_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/sms"
)

const otherNumber = "+31687654321"

func TestCountryOf(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		number: "NL", "+32470123456": "BE", "+12015550123": "US", "+16475550123": "CA", "+447797712345": "JE", "+919812345678": "IN",
		"+881612345678": "", "+883130123456": "", "+80012345678": "", "+9991234567": "", "+31": "", "0612345678": "", "": "", "x": "",
	} {
		ayetest.Same(t, number, accounts.CountryOf(number), want)
	}
	all := accounts.Countries()
	ayetest.Same(t, "countries", slices.Contains(all, "NL") && !slices.Contains(all, "001") && slices.IsSorted(all), true)
}

func TestMaskedNumber(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		number: "+31 •••• ••78", "+3197012345678": "+31 •••• ••78", "+12015550123": "+1 •••• ••23", "+35799123456": "+357 •••• ••56", "+311": "", "": "", "x": "",
	} {
		ayetest.Same(t, number, accounts.MaskedNumber(number), want)
	}
}

func personOf(w *ayetest.World, m accounts.Member) accounts.Person {
	w.Helper()
	p, err := w.Accounts.Person(w.Context(), m.Person.ID)
	ayetest.Fails(w, err, nil)
	return p
}

// rows are what the chain says of the subject; an empty organisation is the installation's.
func rows(w *ayetest.World, organisationID, action, subject string) []audit.Row {
	w.Helper()
	all, err := w.Store.AuditRows(w.Context(), organisationID, 0, 1000)
	ayetest.Fails(w, err, nil)
	return slices.DeleteFunc(all, func(r audit.Row) bool { return r.Action != action || r.Subject != subject })
}

// TestChooseTexts: only a proven number can be chosen, and what is the only factor stays.
func TestChooseTexts(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	choose := func() error { return w.Accounts.ChooseTexts(t.Context(), ada.Person.ID) }
	ayetest.Fails(t, choose(), accounts.ErrNotFound)
	w.WithNumber(ada, number)
	w.Clock.Pass(accounts.NumberFresh + time.Millisecond)
	ayetest.Fails(t, choose(), accounts.ErrNotFound) // anybody with the password could have laid it aside
	ayetest.Same(t, "not fresh", personOf(w, ada).FreshNumber(w.Clock.Now()), false)
	w.WithNumber(ada, number)
	w.Clock.Pass(accounts.NumberFresh)
	ayetest.Same(t, "fresh", personOf(w, ada).FreshNumber(w.Clock.Now()), true)
	enrolled := func() bool {
		all, err := w.Accounts.Standings(t.Context(), ada.OrganisationID)
		ayetest.Fails(t, err, nil)
		return all[ada.ID].Enrolled()
	}
	ayetest.Same(t, "a number is no factor", []bool{personOf(w, ada).Texts.IsZero(), enrolled()}, []bool{true, false})
	ayetest.Fails(t, choose(), nil)
	since := w.Clock.Now()
	ayetest.Same(t, "since", []bool{personOf(w, ada).Texts.Equal(since), enrolled()}, []bool{true, true})
	w.Clock.Pass(time.Hour)
	ayetest.Fails(t, choose(), nil)
	ayetest.Same(t, "since then still", personOf(w, ada).Texts.Equal(since), true)
	ayetest.Same(t, "audited", len(rows(w, "", "person.texts-chosen", ada.Person.ID)), 1)
	told := slices.DeleteFunc(w.Announcer.Told(ada.Person.ID), func(k accounts.NoticeKind) bool { return k != accounts.TextsChosen })
	ayetest.Same(t, "told", len(told), 1)

	remove := func() error { return w.Accounts.RemoveNumber(t.Context(), ada.Person.ID) }
	ayetest.Fails(t, remove(), accounts.ErrLastFactor)
	ayetest.Same(t, "it stays", []bool{personOf(w, ada).Number == number, enrolled()}, []bool{true, true})
	w.Pair(ada)
	ayetest.Fails(t, remove(), nil)
	ayetest.Same(t, "it goes", []bool{personOf(w, ada).Number == "", personOf(w, ada).Texts.IsZero(), enrolled()}, []bool{true, true, true})
	ayetest.Fails(t, choose(), accounts.ErrNotFound)
}

// open is why no code could be sent to the member to log in with.
func open(w *ayetest.World, m accounts.Member) sms.Reason {
	w.Helper()
	o, m, err := w.Accounts.MemberOf(w.Context(), m.OrganisationID, ayetest.Named(m))
	ayetest.Fails(w, err, nil)
	opened, err := w.SMS.Open(w.Context(), o, m, accounts.TextLogin)
	ayetest.Fails(w, err, nil)
	return opened.Reason
}

// TestWhenANumberCounts: the first number of somebody new counts at once, any other after a week.
func TestWhenANumberCounts(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.OwnProvider(w.AllowSMS(w.Organisation))
	waits := func(m accounts.Member) {
		t.Helper()
		ayetest.Same(t, "since now", personOf(w, m).NumberChanged.Equal(w.Clock.Now()), true)
		ayetest.Same(t, "new", open(w, m), sms.NumberNew)
		w.Clock.Pass(sms.NumberPause - time.Second)
		ayetest.Same(t, "new still", open(w, m), sms.NumberNew)
		w.Clock.Pass(time.Second)
		ayetest.Same(t, "a week old", open(w, m), sms.Open)
	}
	ada := w.AddPerson("Ada")
	w.WithNumber(ada, number)
	ayetest.Same(t, "the first", []bool{personOf(w, ada).NumberChanged.IsZero(), open(w, ada) == sms.Open}, []bool{true, true})
	ayetest.Fails(t, w.Accounts.ChooseTexts(t.Context(), ada.Person.ID), nil)
	w.Clock.Pass(time.Hour)
	w.WithNumber(ada, number)
	ayetest.Same(t, "the same again", []bool{personOf(w, ada).NumberChanged.IsZero(), open(w, ada) == sms.Open}, []bool{true, true})
	w.Clock.Pass(time.Hour)
	w.WithNumber(ada, otherNumber)
	ayetest.Same(t, "text messages stay the factor", personOf(w, ada).Texts.IsZero(), false)
	waits(ada)

	bea := w.AddPerson("Bea")
	w.Pair(bea)
	w.WithNumber(bea, number)
	waits(bea) // with a phone, a number that is added could be a thief's
	ayetest.Fails(t, w.Accounts.RemoveNumber(t.Context(), bea.Person.ID), nil)
	ayetest.Same(t, "none", open(w, bea), sms.NoNumber)
	w.WithNumber(bea, number)
	waits(bea)
}

// TestVouch: an administrator lets a new number count, until it changes again.
func TestVouch(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.OwnProvider(w.AllowSMS(w.Organisation))
	chief := w.AddMember(w.Organisation, "Chief", accounts.RoleAdministrator)
	as := w.Accounts.As(ayetest.Actor(chief))
	ada := w.AddPerson("Ada")
	vouch := func(s *accounts.Service, m accounts.Member) error {
		return s.Vouch(t.Context(), m.OrganisationID, m.ID, personOf(w, m).NumberChanged)
	}
	ayetest.Fails(t, vouch(as, ada), accounts.ErrNotFound) // there is no number
	w.Pair(ada)
	w.WithNumber(ada, number)
	ayetest.Same(t, "new", open(w, ada), sms.NumberNew)

	elsewhere := w.AddOrganisation(func(*accounts.Organisation) {})
	stranger := w.Accounts.As(ayetest.Actor(w.AddMember(elsewhere, "Eve", accounts.RoleOwner)))
	support := w.Accounts.As(ayetest.Actor(w.AddMember(w.Organisation, "Desk", accounts.RoleSupport)))
	for name, s := range map[string]*accounts.Service{"another organisation's": stranger, "support": support, "the member": w.Accounts.As(ayetest.Actor(ada))} {
		if err := vouch(s, ada); !errors.Is(err, accounts.ErrForbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ayetest.Fails(t, stranger.Vouch(t.Context(), elsewhere.ID, ada.ID, personOf(w, ada).NumberChanged), accounts.ErrNotFound)
	w.WithNumber(chief, otherNumber)
	ayetest.Fails(t, vouch(as, chief), accounts.ErrForbidden) // not for oneself
	invited, err := as.Invite(t.Context(), w.Organisation.ID, accounts.Person{Email: w.AddMember(elsewhere, "Cas", accounts.RoleMember).Person.Email, Display: "Cas"}, accounts.RoleMember)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, vouch(as, invited), accounts.ErrNotFound)
	ayetest.Same(t, "nothing was said", []any{open(w, ada), len(rows(w, w.Organisation.ID, "member.number-vouched", ada.ID))}, []any{sms.NumberNew, 0})

	ayetest.Fails(t, vouch(as, ada), nil)
	ayetest.Same(t, "at once", open(w, ada), sms.Open)
	said := rows(w, w.Organisation.ID, "member.number-vouched", ada.ID)
	ayetest.Same(t, "audited", []any{len(said), said[0].Actor}, []any{1, chief.ID})
	notices := w.Announcer.Notices(ada.Person.ID)
	last, told := notices[len(notices)-1], len(notices)
	ayetest.Same(t, "told", last, accounts.Notice{PersonID: ada.Person.ID, OrganisationID: w.Organisation.ID, Kind: accounts.NumberVouched})

	ayetest.Fails(t, vouch(as, ada), nil)
	ayetest.Same(t, "told and audited once", []int{len(w.Announcer.Notices(ada.Person.ID)), len(rows(w, w.Organisation.ID, "member.number-vouched", ada.ID))}, []int{told, 1})

	seen := personOf(w, ada).NumberChanged
	w.Clock.Pass(time.Hour)
	w.WithNumber(ada, otherNumber)
	ayetest.Same(t, "another number is new again", open(w, ada), sms.NumberNew)
	ayetest.Fails(t, as.Vouch(t.Context(), ada.OrganisationID, ada.ID, seen), accounts.ErrOtherNumber) // the page showed the one before
	ayetest.Same(t, "nothing was said", []any{open(w, ada), len(rows(w, w.Organisation.ID, "member.number-vouched", ada.ID))}, []any{sms.NumberNew, 1})
	w.Clock.Pass(time.Hour)
	w.WithNumber(ada, number)
	ayetest.Same(t, "so is the one before", open(w, ada), sms.NumberNew)
	ayetest.Fails(t, vouch(w.Accounts, ada), nil) // the operator may
	ayetest.Same(t, "at once", open(w, ada), sms.Open)
}

// TestConsequencesForWhoHasTexts: whoever has nothing else is counted, whatever goes with it.
func TestConsequencesForWhoHasTexts(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.AllowSMS(w.Organisation)
	texts := func(name string) accounts.Member {
		m := w.WithNumber(w.AddPerson(name), number)
		ayetest.Fails(t, w.Accounts.ChooseTexts(t.Context(), m.Person.ID), nil)
		w.Clock.Pass(time.Hour)
		return m
	}
	texts("Texts alone")
	activate(w, texts("and an app"))
	w.Pair(texts("and a phone"))
	activate(w, w.AddPerson("App alone"))
	for name, test := range map[string]struct {
		methods []accounts.SecondFactor
		want    []accounts.Consequence
	}{
		"no texts": {[]accounts.SecondFactor{accounts.TOTP, accounts.Recovery}, []accounts.Consequence{{Change: accounts.NoSMS, People: 1}}},
		"no apps":  {[]accounts.SecondFactor{accounts.SMS, accounts.Recovery}, []accounts.Consequence{{Change: accounts.NoTOTP, People: 1}}},
		"neither":  {[]accounts.SecondFactor{accounts.Recovery}, []accounts.Consequence{{Change: accounts.NoTOTP, People: 2}, {Change: accounts.NoSMS, People: 2}}},
	} {
		after := w.Organisation
		after.Methods = test.methods
		got, err := w.Accounts.Consequences(t.Context(), after)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, name, got, test.want)
	}
}
