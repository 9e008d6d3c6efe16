package privacy_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/privacy"
	"example.com/aye/signin"
)

const number = "+31612345678"

// settled is a person of whom everything is kept that can be: a phone, a password, a number, a session, a request.
func settled(t *testing.T, w *ayetest.World) (accounts.Member, *ayetest.Phone, *ayetest.Visitor) {
	t.Helper()
	m := w.AddPerson("Ada Lovelace")
	w.SetPassword(m)
	p := w.Pair(m)
	m = w.WithNumber(m, number)
	return m, p, w.LogIn(m, p)
}

func text(t *testing.T, d privacy.Document) string {
	t.Helper()
	out, err := json.Marshal(d)
	ayetest.Fails(t, err, nil)
	return string(out)
}

// rows are those of the audit log with the action, newest first.
func rows(t *testing.T, w *ayetest.World, organisationID, action string) []audit.Row {
	t.Helper()
	found, err := w.Store.SearchAudit(t.Context(), audit.Query{OrganisationID: organisationID, Actions: []string{action}, Limit: 50})
	ayetest.Fails(t, err, nil)
	return found
}

// TestExport: the person reads what is kept, the operator may give it, and that it was given is written down.
func TestExport(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, phone, _ := settled(t, w)
	for i, by := range []string{ada.Person.ID, accounts.Operator} {
		d, err := w.Privacy.Export(t.Context(), ada.Person.ID, by)
		ayetest.Fails(t, err, nil)
		all := text(t, d)
		for _, want := range []string{ada.Person.Email, "Ada Lovelace", number, phone.Device.ID, w.Organisation.Name, ayetest.Visit().IP} {
			if !strings.Contains(all, want) {
				t.Errorf("%q is not in it", want)
			}
		}
		for _, s := range d.Sections {
			if s.Name == "" || s.Why == "" {
				t.Errorf("section %q does not say why", s.Name)
			}
		}
		written := rows(t, w, "", "person.exported")
		ayetest.Same(t, "rows", len(written), i+1)
		ayetest.Same(t, "row", []string{written[0].Actor, written[0].Subject}, []string{by, ada.Person.ID})
		ayetest.Same(t, "at", d.At, w.Clock.Now().UTC())
	}
	_, err := w.Privacy.Export(t.Context(), "per_none", accounts.Operator)
	ayetest.Fails(t, err, privacy.ErrNotFound)
}

// TestThreatSecretsInAnExport: a document that somebody downloads lets nobody in, and names nobody else.
func TestThreatSecretsInAnExport(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, phone, v := settled(t, w)
	admin := w.AddMember(w.Organisation, "Grace Hopper", accounts.RoleAdministrator)
	ayetest.Fails(t, w.Accounts.As(ayetest.Actor(admin)).Vouch(t.Context(), w.Organisation.ID, ada.ID, ada.Person.NumberChanged), nil)
	ayetest.Fails(t, w.Accounts.AskReset(t.Context(), ada.Person.Email), nil)
	codes, err := w.Codes.NewRecoveryCodes(t.Context(), ada.Person.ID)
	ayetest.Fails(t, err, nil)
	d, err := w.Privacy.Export(t.Context(), ada.Person.ID, ada.Person.ID)
	ayetest.Fails(t, err, nil)
	all := text(t, d)
	for what, canary := range map[string]string{
		"the session": v.Token.Reveal(), "the link": w.Announcer.LastLetter(accounts.LetterReset, ada.Person.ID).Reveal(),
		"the recovery code": codes[0].Reveal(), "the phone's codes": phone.TOTP.Reveal(), "the administrator": "Grace Hopper", "their address": admin.Person.Email,
	} {
		if canary == "" || strings.Contains(all, canary) {
			t.Errorf("%s is in it, or is not there to look for", what)
		}
	}
	for _, word := range []string{"argon2", "whsec_", "hash", "sealed"} {
		if strings.Contains(strings.ToLower(all), word) {
			t.Errorf("%q is in it", word)
		}
	}
}

// TestThreatSomebodyElsesData: nobody but the person and the operator exports or erases; no session counts of whoever is neither.
func TestThreatSomebodyElsesData(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, _, _ := settled(t, w)
	owner := w.AddMember(w.Organisation, "Owen", accounts.RoleOwner)
	for _, by := range []string{"", owner.ID, owner.Person.ID, ada.ID, "system"} {
		_, err := w.Privacy.Export(t.Context(), ada.Person.ID, by)
		ayetest.Fails(t, err, privacy.ErrForbidden)
		ayetest.Fails(t, w.Privacy.Erase(t.Context(), ada.Person.ID, by), privacy.ErrForbidden)
	}
	ayetest.Fails(t, w.Privacy.Erase(t.Context(), "", ""), privacy.ErrForbidden)
	ayetest.Same(t, "exports", len(rows(t, w, "", "person.exported")), 0)
	ayetest.Fails(t, w.Privacy.Erase(t.Context(), ada.Person.ID, ada.Person.ID), nil)
}

// TestErase: an erased person does not get in, on no way; the phone hears that it is none any more; the old address is told in
// its own language; what was begun ends.
func TestErase(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	other := w.AddOrganisation(func(*accounts.Organisation) {})
	ada, phone, v := settled(t, w)
	ayetest.Fails(t, w.Accounts.SetLocale(t.Context(), ada.Person.ID, "nl"), nil)
	elsewhere := w.Join(other, ada)
	asked := w.Ask(ada)
	ended := map[string]bool{}
	left := w.Privacy.Ended
	w.Privacy.Ended = func(ctx context.Context, m accounts.Member) error {
		ended[m.ID] = true
		return left(ctx, m)
	}
	ayetest.Fails(t, w.Privacy.Erase(t.Context(), ada.Person.ID, accounts.Operator), nil)

	_, err := w.SignIn.Session(t.Context(), v.Token)
	ayetest.Fails(t, err, signin.ErrNone)
	_, err = w.Devices.Device(t.Context(), phone.Device.ID)
	ayetest.Fails(t, err, devices.ErrUnknown)
	_, _, err = w.SignIn.Password(t.Context(), ayetest.Visit(), ada.Person.Email, ayetest.Password, "")
	ayetest.Fails(t, err, accounts.ErrCredentials)
	_, err = w.TryAsk(ada)
	ayetest.Fails(t, err, accounts.ErrNotFound)
	ayetest.Same(t, "what waited", w.State(asked.ID), approval.Cancelled)
	ayetest.Same(t, "memberships that ended", ended, map[string]bool{ada.ID: true, elsewhere.ID: true})
	all, err := w.Accounts.Memberships(t.Context(), ada.Person.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "memberships", len(all), 0)

	notices := w.Announcer.Notices(ada.Person.ID)
	ayetest.Same(t, "told", notices[len(notices)-1], accounts.Notice{PersonID: ada.Person.ID, Kind: accounts.Erased, Email: ada.Person.Email, Display: "Ada Lovelace", Locale: "nl"})
	p, err := w.Accounts.Person(t.Context(), ada.Person.ID)
	ayetest.Fails(t, err, nil)
	if p.Email == ada.Person.Email || !strings.HasSuffix(p.Email, ".invalid") || p.Display == "Ada Lovelace" || p.Number != "" || p.HasPassword {
		t.Errorf("%+v", p)
	}
	written := rows(t, w, "", "person.erased")
	ayetest.Same(t, "row", []string{written[0].Actor, written[0].Subject}, []string{accounts.Operator, ada.Person.ID})

	// Nobody is erased twice, or read any more; the address is free for somebody new.
	for _, err = range []error{
		w.Privacy.Erase(t.Context(), ada.Person.ID, accounts.Operator), w.Privacy.Erase(t.Context(), "per_none", accounts.Operator), exported(w, ada),
	} {
		ayetest.Fails(t, err, privacy.ErrNotFound)
	}
	again, _, err := w.Accounts.AddMember(t.Context(), w.Organisation.ID, accounts.Person{Email: ada.Person.Email, Display: "Ada"}, accounts.RoleMember)
	ayetest.Fails(t, err, nil)
	if again.Person.ID == ada.Person.ID {
		t.Error("the new one is the erased one")
	}
}

func exported(w *ayetest.World, m accounts.Member) error {
	_, err := w.Privacy.Export(w.Context(), m.Person.ID, accounts.Operator)
	return err
}

// TestErasedLocale: who chose no language is told in that of the organisation.
func TestErasedLocale(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.Change(func(o *accounts.Organisation) { o.Locale = "nl" })
	m := w.AddPerson("Ada")
	ayetest.Fails(t, w.Privacy.Erase(t.Context(), m.Person.ID, m.Person.ID), nil)
	notices := w.Announcer.Notices(m.Person.ID)
	ayetest.Same(t, "language", notices[len(notices)-1].Locale, "nl")
}

// TestLastOwner: an organisation is not left without an owner, whoever erases.
func TestLastOwner(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	owner := w.AddMember(w.Organisation, "Owen", accounts.RoleOwner)
	for _, by := range []string{accounts.Operator, owner.Person.ID} {
		ayetest.Fails(t, w.Privacy.Erase(t.Context(), owner.Person.ID, by), privacy.ErrLastOwner)
	}
	ayetest.Same(t, "told", len(w.Announcer.Notices(owner.Person.ID)), 0)
	w.AddMember(w.Organisation, "Olga", accounts.RoleOwner)
	ayetest.Fails(t, w.Privacy.Erase(t.Context(), owner.Person.ID, owner.Person.ID), nil)
}

// TestEraseMember: an administrator erases who is known here alone, and stands below.
func TestEraseMember(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	admin := w.AddMember(w.Organisation, "Grace", accounts.RoleAdministrator)
	owner := w.AddMember(w.Organisation, "Owen", accounts.RoleOwner)
	w.AddMember(w.Organisation, "Olga", accounts.RoleOwner)
	other := w.AddOrganisation(func(*accounts.Organisation) {})
	foreign := w.AddMember(other, "Eve", accounts.RoleOwner)
	as := func(m accounts.Member) *accounts.Service { return w.Accounts.As(ayetest.Actor(m)) }

	ada := w.AddPerson("Ada")
	for name, c := range map[string]struct {
		authority *accounts.Service
		victim    accounts.Member
		want      error
	}{
		"a member":               {as(w.AddPerson("Mallory")), ada, privacy.ErrForbidden},
		"support":                {as(w.AddMember(w.Organisation, "Hal", accounts.RoleSupport)), ada, privacy.ErrForbidden},
		"another's owner":        {as(foreign), ada, privacy.ErrForbidden},
		"themself":               {as(admin), admin, privacy.ErrForbidden},
		"an owner":               {as(admin), owner, privacy.ErrForbidden},
		"who is not here":        {as(admin), foreign, privacy.ErrNotFound},
		"nobody":                 {as(admin), accounts.Member{ID: "usr_none"}, privacy.ErrNotFound},
		"an owner, by an owner?": {as(owner), owner, privacy.ErrForbidden},
	} {
		if err := w.Privacy.EraseMember(t.Context(), c.authority, w.Organisation.ID, c.victim.ID); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	ayetest.Same(t, "erased", len(rows(t, w, w.Organisation.ID, "person.erased")), 0)

	ayetest.Fails(t, w.Privacy.EraseMember(t.Context(), as(admin), w.Organisation.ID, ada.ID), nil)
	written := rows(t, w, w.Organisation.ID, "person.erased")
	ayetest.Same(t, "row", []string{written[0].Actor, written[0].Subject}, []string{admin.ID, ada.ID})
	ayetest.Same(t, "told", w.Announcer.Told(ada.Person.ID), []accounts.NoticeKind{accounts.Erased})
	ayetest.Fails(t, w.Privacy.EraseMember(t.Context(), as(admin), w.Organisation.ID, ada.ID), privacy.ErrNotFound)
}

// TestThreatEraseWhatIsKeptElsewhere: what another organisation has, or had, is not this one's to erase, and the person stays whole. The membership ends, and
// the answer is the same as of somebody whom nobody else knows.
func TestThreatEraseWhatIsKeptElsewhere(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	other := w.AddOrganisation(func(*accounts.Organisation) {})
	admin := w.AddMember(w.Organisation, "Grace", accounts.RoleAdministrator)
	as := w.Accounts.As(ayetest.Actor(admin))
	var ended []string
	w.Privacy.Ended = func(_ context.Context, m accounts.Member) error {
		ended = append(ended, m.ID)
		return nil
	}
	for name, make := range map[string]func() accounts.Member{
		"a member of both": func() accounts.Member {
			m := w.AddPerson("Ada")
			w.Join(other, m)
			return m
		},
		"was a member there": func() accounts.Member {
			m := w.AddPerson("Ada")
			joined := w.Join(other, m)
			ayetest.Fails(t, w.Accounts.EndMembership(t.Context(), joined), nil)
			return m
		},
		"invited there": func() accounts.Member {
			m := w.AddPerson("Ada")
			_, _, err := w.Accounts.AddMember(t.Context(), other.ID, m.Person, accounts.RoleMember)
			ayetest.Fails(t, err, nil)
			return m
		},
		"made there": func() accounts.Member {
			w.Clock.Pass(time.Minute)
			m := w.AddMember(other, "Ada", accounts.RoleMember)
			w.Clock.Pass(time.Minute)
			return w.Join(w.Organisation, m)
		},
	} {
		m := make()
		before, err := w.Accounts.Memberships(t.Context(), m.Person.ID)
		ayetest.Fails(t, err, nil)
		ended = nil
		if err = w.Privacy.EraseMember(t.Context(), as, w.Organisation.ID, m.ID); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if p, failed := w.Accounts.Person(t.Context(), m.Person.ID); failed != nil || p.Email != m.Person.Email || p.Display != m.Person.Display {
			t.Errorf("%s: %+v %v", name, p, failed)
		}
		after, err := w.Accounts.Memberships(t.Context(), m.Person.ID)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, name+": memberships", len(after), len(before)-1)
		ayetest.Same(t, name+": memberships that ended", ended, []string{m.ID})
		ayetest.Same(t, name, len(w.Announcer.Notices(m.Person.ID)), 0)
		written := rows(t, w, w.Organisation.ID, "person.erased")
		ayetest.Same(t, name+": row", []string{written[0].Actor, written[0].Subject}, []string{admin.ID, m.ID})
		ayetest.Fails(t, w.Privacy.EraseMember(t.Context(), as, w.Organisation.ID, m.ID), privacy.ErrNotFound)
	}
}

// TestChainsHold: after an erasure every row of every chain verifies, and no value is left that named the person.
func TestChainsHold(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, _, _ := settled(t, w)
	visit := audit.WithOrigin(t.Context(), audit.Origin{IP: "198.51.100.77", UserAgent: "Canary/1.0"})
	ayetest.Fails(t, w.Accounts.SetDisplay(visit, ada.Person.ID, "Ada King"), nil)
	values := func() (found []string) {
		for _, chain := range []string{"", w.Organisation.ID} {
			all, err := w.Store.SearchAudit(t.Context(), audit.Query{OrganisationID: chain, Limit: 500})
			ayetest.Fails(t, err, nil)
			for _, row := range all {
				for _, value := range row.Personal {
					found = append(found, value)
				}
			}
		}
		return found
	}
	if !slices.Contains(values(), "198.51.100.77") {
		t.Fatal("nothing was written down that names the person")
	}
	ayetest.Fails(t, w.Privacy.Erase(visit, ada.Person.ID, ada.Person.ID), nil)
	if left := values(); slices.Contains(left, "198.51.100.77") || slices.Contains(left, "Canary/1.0") {
		t.Errorf("%q is left", left)
	}
	if err := w.Store.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}
