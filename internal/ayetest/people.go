package ayetest

import (
	"strings"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
)

// AddOrganisation makes a tenant in profile standard, changed by the function.
func (w *World) AddOrganisation(change func(*accounts.Organisation)) accounts.Organisation {
	w.Helper()
	o := accounts.Organisation{Name: "Example", Profile: accounts.Standard, Locale: "en"}
	change(&o)
	o, err := w.Accounts.CreateOrganisation(w.Context(), o)
	w.must(err)
	return o
}

// Change changes the settings of the world's own organisation.
func (w *World) Change(change func(*accounts.Organisation)) {
	w.Helper()
	change(&w.Organisation)
	w.must(w.Accounts.UpdateOrganisation(w.Context(), w.Organisation))
}

// AddApplication makes a relying party that may link phones.
func (w *World) AddApplication(o accounts.Organisation, name string) accounts.Application {
	w.Helper()
	a, _, err := w.Accounts.CreateApplication(w.Context(), accounts.Application{
		OrganisationID: o.ID, Name: name, MayEnrol: true, Origins: []string{"https://login.example.com"},
	})
	w.must(err)
	return a
}

// AddPerson makes a new person a member of the world's own organisation.
func (w *World) AddPerson(name string) accounts.Member {
	w.Helper()
	return w.AddMember(w.Organisation, name, accounts.RoleMember)
}

// AddMember makes a new person a member.
func (w *World) AddMember(o accounts.Organisation, name string, role accounts.Role) accounts.Member {
	w.Helper()
	email := address()
	m, _, err := w.Accounts.AddMember(w.Context(), o.ID, accounts.Person{Email: email, Display: name}, role)
	w.must(err)
	return m
}

// address makes an e-mail address that is nobody's yet. It has no digit and none of the letters from a to f beside its fixed
// parts, so that who is searched for by a name is not found by chance.
func address() string {
	return strings.Map(func(r rune) rune {
		if at := strings.IndexRune("0123456789abcdef", r); at >= 0 {
			return 'g' + rune(at)
		}
		return r
	}, secret.NewID("mail")) + "@example.com"
}

// Join makes a person who is there already a member of another organisation too.
func (w *World) Join(o accounts.Organisation, m accounts.Member) accounts.Member {
	w.Helper()
	_, token, err := w.Accounts.AddMember(w.Context(), o.ID, m.Person, accounts.RoleMember)
	w.must(err)
	joined, err := w.Accounts.AcceptInvitation(w.Context(), token)
	w.must(err)
	return joined
}

// Password is one that everybody in these worlds could have.
const Password secret.Secret = "correct horse battery staple"

// SetPassword gives the person [Password].
func (w *World) SetPassword(m accounts.Member) {
	w.Helper()
	w.must(w.Accounts.SetPassword(w.Context(), m.Person.ID, Password))
}

// Invite invites somebody new to the world's own organisation, and gives the token of the link.
func (w *World) Invite(name string, role accounts.Role) (accounts.Member, secret.Secret) {
	w.Helper()
	email := address()
	m, err := w.Accounts.Invite(w.Context(), w.Organisation.ID, accounts.Person{Email: email, Display: name}, role)
	w.must(err)
	return m, w.Announcer.LastLetter(accounts.LetterInvitation, m.Person.ID)
}

// Actor gives the member as who acts.
func Actor(m accounts.Member) accounts.Actor {
	return accounts.Actor{ID: m.ID, OrganisationID: m.OrganisationID, Role: m.Role}
}

// Named names a member.
func Named(m accounts.Member) accounts.UserReference { return accounts.UserReference{ID: m.ID} }
