package accounts_test

import (
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/otp"
	"example.com/aye/support"
)

// TestRulesOfSupport: how long a case waits at least, and how support is reached.
func TestRulesOfSupport(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	for name, test := range map[string]struct {
		change func(*accounts.Organisation)
		ok     bool
	}{
		"nothing":     {func(*accounts.Organisation) {}, true},
		"the longest": {func(o *accounts.Organisation) { o.CaseWait = support.MaximumWait }, true},
		"longer":      {func(o *accounts.Organisation) { o.CaseWait = support.MaximumWait + time.Millisecond }, false},
		"negative":    {func(o *accounts.Organisation) { o.CaseWait = -time.Hour }, false},
		"a sentence": {func(o *accounts.Organisation) {
			o.SupportContact = "Bel 1234, op werkdagen van 8 tot 18 uur – of loop langs."
		}, true},
		"as long as goes": {func(o *accounts.Organisation) { o.SupportContact = strings.Repeat("é", 200) }, true},
		"too long":        {func(o *accounts.Organisation) { o.SupportContact = strings.Repeat("é", 201) }, false},
		"two lines":       {func(o *accounts.Organisation) { o.SupportContact = "Call 1234\nor not" }, false},
		"turned around":   {func(o *accounts.Organisation) { o.SupportContact = "Call \u202e4321" }, false},
		"no text":         {func(o *accounts.Organisation) { o.SupportContact = "Call \xff" }, false},
	} {
		changed := w.Organisation
		test.change(&changed)
		want := accounts.ErrInvalid
		if test.ok {
			want = nil
		}
		err := w.Accounts.UpdateRules(t.Context(), changed)
		if ayetest.Fails(t, err, want); t.Failed() {
			t.Fatal(name)
		}
		if test.ok {
			kept, err := w.Accounts.Organisation(t.Context(), changed.ID)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, name, []any{kept.CaseWait, kept.SupportContact}, []any{changed.CaseWait, changed.SupportContact})
		}
	}
}

// TestFindPeople: by a part of the address or the name, or by the whole number, however it is written; nobody else's people.
func TestFindPeople(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, bea := w.AddPerson("Ada Lovelace"), w.AddPerson("Bea 100% Sure")
	ada = w.WithNumber(ada, "+31612345678")
	elsewhere := w.AddOrganisation(func(*accounts.Organisation) {})
	cleo := w.AddMember(elsewhere, "Cleo Lovelace", accounts.RoleMember)
	w.Invite("Dora Lovelace", accounts.RoleMember) // who has not accepted
	find := func(organisationID, text string) []string {
		t.Helper()
		found, err := w.Accounts.FindPeople(t.Context(), organisationID, text, 10)
		ayetest.Fails(t, err, nil)
		var ids []string
		for _, m := range found {
			ids = append(ids, m.ID)
		}
		return ids
	}
	here := w.Organisation.ID
	for text, want := range map[string][]string{
		"lovelace": {ada.ID}, " LOVELACE ": {ada.ID}, ada.Person.Email[5:20]: {ada.ID}, "0% s": {bea.ID}, "%": {bea.ID},
		"+31612345678": {ada.ID}, "0031 6 12345678": {ada.ID}, "06-12345678": {ada.ID}, "0612345679": nil, "12345678": nil, "": nil, "   ": nil, "cleo": nil,
	} {
		ayetest.Same(t, text, find(here, text), want)
	}
	ayetest.Same(t, "of all, by the whole address", find("", strings.ToUpper(cleo.Person.Email)), []string{cleo.ID})
	ayetest.Same(t, "of all, by the number", find("", "06 12345678"), []string{ada.ID})
	ayetest.Same(t, "of all, by a part", find("", "lovelace"), []string(nil))
	found, err := w.Accounts.FindPeople(t.Context(), here, "example.com", 1)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "at most", len(found), 1)
}

// TestMembership: whoever knows the id of an active one finds it, of whatever organisation.
func TestMembership(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddMember(w.AddOrganisation(func(*accounts.Organisation) {}), "Ada", accounts.RoleMember)
	found, err := w.Accounts.Membership(t.Context(), ada.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "found", []string{found.OrganisationID, found.Person.ID}, []string{ada.OrganisationID, ada.Person.ID})
	ayetest.Fails(t, w.Accounts.EndMembership(t.Context(), ada), nil)
	_, err = w.Accounts.Membership(t.Context(), ada.ID)
	ayetest.Fails(t, err, accounts.ErrNotFound)
}

// TestAccessUntil: a member is known to have a temporary code of that organisation, for as long as it works.
func TestAccessUntil(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	joined := w.Join(w.AddOrganisation(func(*accounts.Organisation) {}), ada)
	has := func(m accounts.Member) bool {
		t.Helper()
		_, m, err := w.Accounts.MemberOf(t.Context(), m.OrganisationID, ayetest.Named(m))
		ayetest.Fails(t, err, nil)
		return m.HasAccess(w.Clock.Now())
	}
	ayetest.Same(t, "before", has(ada), false)
	c, code := w.SendAccess(ada, time.Hour, 1)
	ayetest.Same(t, "here and there", []bool{has(ada), has(joined)}, []bool{true, false})
	w.Clock.Pass(time.Hour)
	ayetest.Same(t, "after its time", has(ada), false)
	w.Clock.Pass(-time.Hour)
	ayetest.Fails(t, w.Codes.VerifyAccess(t.Context(), ada.Person.ID, ada.OrganisationID, "app", "one", code.Reveal()), nil)
	ayetest.Same(t, "once used", has(ada), false)
	ayetest.Same(t, "its case", w.Case(c.ID).State, support.Done)
	c, _ = w.SendAccess(ada, time.Hour, 1)
	w.Stop(c)
	ayetest.Same(t, "once stopped", has(ada), false)
}

// TestThreatTextsWhileRecovering: who lost all second factors by a case cannot choose text messages: a number is taken over
// with a call.
func TestThreatTextsWhileRecovering(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.Pair(ada)
	w.Revoke(ada)
	w.WithNumber(ada, "+31612345678")
	ayetest.Fails(t, w.Accounts.ChooseTexts(t.Context(), ada.Person.ID), accounts.ErrRecovering)
	person, err := w.Accounts.Person(t.Context(), ada.Person.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "chosen", []any{person.Texts.IsZero(), person.Recovering != ""}, []any{true, true})
}

// TestResetLetterWhileRecovering: who asks for a new password is answered and mailed as ever, so that nobody can tell.
func TestResetLetterWhileRecovering(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.SetPassword(ada)
	w.Pair(ada)
	w.Revoke(ada)
	ayetest.Fails(t, w.Accounts.AskReset(t.Context(), ada.Person.Email), nil)
	ayetest.Same(t, "letters", len(w.Announcer.Letters(accounts.LetterReset, ada.Person.ID)), 1)
}

// TestThreatACaseAfterTheMembership: what support began for a member ends with the membership, and comes to nothing after it.
func TestThreatACaseAfterTheMembership(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	for name, ended := range map[string]func(accounts.Member) error{
		"told":   func(m accounts.Member) error { return w.Accounts.EndMembership(t.Context(), m) },
		"untold": func(m accounts.Member) error { s := *w.Accounts; s.Ended = nil; return s.EndMembership(t.Context(), m) },
	} {
		ada, bea := w.AddPerson("Ada"), w.AddPerson("Bea")
		w.Pair(ada)
		lost := support.Case{
			ID: secret.NewID("case"), Kind: support.Lost, State: support.Waiting, OrganisationID: ada.OrganisationID, MembershipID: ada.ID, PersonID: ada.Person.ID,
			Identified: support.InPerson, OperatorID: accounts.Operator, Opened: w.Clock.Now(), Expires: w.Clock.Now().Add(time.Hour), Due: w.Clock.Now(),
		}
		entry := audit.Entry{Organisation: lost.OrganisationID, Actor: accounts.Operator, Action: "case.opened", Subject: lost.ID, At: w.Clock.Now()}
		ayetest.Fails(t, w.Store.OpenCase(t.Context(), lost, entry), nil)
		forgot, code := w.SendAccess(bea, time.Hour, 1)
		for _, m := range []accounts.Member{ada, bea} {
			ayetest.Fails(t, ended(m), nil)
		}
		revoked, err := w.Store.RevokeCase(t.Context(), support.Revocation{CaseID: lost.ID, Now: w.Clock.Now(), Link: 1, LinkUntil: w.Clock.Now().Add(time.Hour)}, entry)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, name+": revoked", revoked, false)
		ayetest.Fails(t, w.Codes.VerifyAccess(t.Context(), bea.Person.ID, bea.OrganisationID, "app", name, code.Reveal()), otp.ErrNone)
		if name == "told" {
			ayetest.Same(t, "going on", []bool{w.Case(lost.ID).State.Live(), w.Case(forgot.ID).State.Live()}, []bool{false, false})
		}
	}
}
