package accounts_test

import (
	"errors"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
)

// activate gives the person an authenticator app.
func activate(w *ayetest.World, m accounts.Member) {
	w.Helper()
	begun, err := w.Codes.BeginApp(w.Context(), m.Person.ID, "session", "Example", m.Person.Email)
	ayetest.Fails(w, err, nil)
	code, err := totp.GenerateCode(begun.Secret.Reveal(), w.Clock.Now())
	ayetest.Fails(w, err, nil)
	_, err = w.Codes.ActivateApp(w.Context(), m.Person.ID, "session", begun.ID, "Laptop", code)
	ayetest.Fails(w, err, nil)
}

// A phone that one organisation's application linked tells another organisation nothing.
func TestStandings(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	elsewhere := w.AddOrganisation(func(*accounts.Organisation) {})
	administrator := w.AddMember(elsewhere, "Ada", accounts.RoleAdministrator)
	local, phone, app := w.AddPerson("Bea"), w.AddPerson("Cas"), w.AddPerson("Dirk")
	w.PairLocal(local)
	w.Pair(phone)
	activate(w, app)
	there := map[string]accounts.Standing{
		administrator.ID: {}, w.Join(elsewhere, local).ID: {}, w.Join(elsewhere, phone).ID: {Phone: true}, w.Join(elsewhere, app).ID: {App: true},
	}
	as := w.Accounts.As(ayetest.Actor(administrator))
	standings, err := as.Standings(t.Context(), elsewhere.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "standings", standings, there)
	_, err = as.Standings(t.Context(), w.Organisation.ID)
	ayetest.Fails(t, err, accounts.ErrForbidden)
	here, err := w.Accounts.Standings(t.Context(), w.Organisation.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "here", here[local.ID].Enrolled(), true)
}

// Who is invited looks the same, whether the address was known before or not.
func TestAnInvitationTellsNothingOfThePerson(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	elsewhere := w.AddOrganisation(func(*accounts.Organisation) {})
	administrator := w.AddMember(elsewhere, "Ada", accounts.RoleAdministrator)
	as := w.Accounts.As(ayetest.Actor(administrator))
	known := w.AddPerson("Zebedee")
	for _, email := range []string{known.Person.Email, "new@example.com"} {
		m, err := as.Invite(t.Context(), elsewhere.ID, accounts.Person{Email: email, Display: "Typed", Locale: "nl"}, accounts.RoleMember)
		ayetest.Fails(t, err, nil)
		seen, err := as.MemberByID(t.Context(), elsewhere.ID, m.ID)
		ayetest.Fails(t, err, nil)
		seen.Person.ID = ""
		ayetest.Same(t, "seen", seen.Person, accounts.Person{Email: email, Display: email})
	}
	for _, text := range []string{"zebedee", "typed"} {
		found, _, err := as.Members(t.Context(), elsewhere.ID, text, "", 10)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "found by "+text, len(found), 0)
	}
}

func TestConsequences(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.AddPerson("Without")
	w.Pair(w.AddPerson("Phone"))
	activate(w, w.AddPerson("App"))
	now := w.Clock.Now()
	never := func(o *accounts.Organisation) { o.SecondFactorFrom = time.Time{} }
	on := func(date time.Time) func(*accounts.Organisation) {
		return func(o *accounts.Organisation) { o.SecondFactorFrom = date }
	}
	from := on(now.AddDate(0, 1, 0))
	same := func(*accounts.Organisation) {}
	for name, test := range map[string]struct {
		before, change func(*accounts.Organisation)
		want           []accounts.Consequence
	}{
		"nothing":          {same, same, nil},
		"a name":           {same, func(o *accounts.Organisation) { o.Name, o.MinimumAppVersion = "Other", "2.0.0" }, nil},
		"at once":          {never, on(now), []accounts.Consequence{{Change: accounts.FactorRequired, People: 1}}},
		"sooner than said": {from, on(now), []accounts.Consequence{{Change: accounts.FactorRequired, People: 1}}},
		"from a date":      {never, from, []accounts.Consequence{{Change: accounts.FactorFrom, People: 1}}},
		"from an earlier":  {from, on(now.AddDate(0, 0, 1)), []accounts.Consequence{{Change: accounts.FactorFrom, People: 1}}},
		"from a later":     {from, on(now.AddDate(0, 2, 0)), nil},
		"no more":          {on(now), never, []accounts.Consequence{{Change: accounts.FactorOptional, People: 1}}},
		"not yet":          {on(now), from, []accounts.Consequence{{Change: accounts.FactorOptional, People: 1}}},
		"never after all":  {from, never, nil},
		"push alone": {
			func(o *accounts.Organisation) {
				o.Methods = []accounts.SecondFactor{accounts.TOTP, accounts.Recovery, accounts.SMS}
			},
			func(o *accounts.Organisation) { o.Methods = nil },
			[]accounts.Consequence{{Change: accounts.NoTOTP, People: 1}, {Change: accounts.NoSMS}, {Change: accounts.NoRecovery}},
		},
		"strict": {
			func(o *accounts.Organisation) { o.AllowTap = true },
			func(o *accounts.Organisation) {
				o.AllowTap, o.Profile, o.SessionIdle = false, accounts.Strict, 5*time.Minute
			},
			[]accounts.Consequence{{Change: accounts.NoTap}, {Change: accounts.Stricter}, {Change: accounts.ShorterSessions}},
		},
		"easy": {
			func(o *accounts.Organisation) { o.Profile = accounts.Strict },
			func(o *accounts.Organisation) {
				o.AllowTap, o.Profile, o.SessionLife = true, accounts.Standard, 24*time.Hour
			},
			[]accounts.Consequence{{Change: accounts.TapAllowed}, {Change: accounts.Looser}},
		},
		"shorter": {same, func(o *accounts.Organisation) { o.SessionLife = time.Hour }, []accounts.Consequence{{Change: accounts.ShorterSessions}}},
	} {
		t.Run(name, func(t *testing.T) { //nolint:paralleltest // they change one organisation
			original := w.Organisation
			defer func() { w.Change(func(o *accounts.Organisation) { *o = original }) }()
			w.Change(test.before)
			after := w.Organisation
			test.change(&after)
			got, err := w.Accounts.Consequences(t.Context(), after)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "consequences", got, test.want)
			stored, err := w.Accounts.Organisation(t.Context(), after.ID)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "stored", stored.SecondFactorFrom.Equal(w.Organisation.SecondFactorFrom), true)
		})
	}
	as := w.Accounts.As(ayetest.Actor(w.AddMember(w.Organisation, "Support", accounts.RoleSupport)))
	_, err := as.Consequences(t.Context(), w.Organisation)
	ayetest.Fails(t, err, accounts.ErrForbidden)
	_, err = w.Accounts.Consequences(t.Context(), accounts.Organisation{ID: w.Organisation.ID})
	ayetest.Fails(t, err, accounts.ErrInvalid)
}

// A page can explain what somebody who manages may not do all the same.
func TestForbiddenReasons(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	owner, administrator := w.AddMember(w.Organisation, "Ada", accounts.RoleOwner), w.AddMember(w.Organisation, "Bea", accounts.RoleAdministrator)
	as := func(m accounts.Member) *accounts.Service { return w.Accounts.As(ayetest.Actor(m)) }
	for name, test := range map[string]struct {
		err  error
		want accounts.ForbiddenReason
	}{
		"own role":  {as(administrator).SetRole(t.Context(), administrator, accounts.RoleMember), accounts.OwnMembership},
		"own end":   {as(owner).EndMembership(t.Context(), owner), accounts.OwnMembership},
		"an owner":  {as(administrator).EndMembership(t.Context(), owner), accounts.OwnersOnly},
		"a new one": {as(administrator).SetRole(t.Context(), w.AddPerson("Cas"), accounts.RoleOwner), accounts.OwnersOnly},
	} {
		var forbidden *accounts.ForbiddenError
		ayetest.Fails(t, test.err, accounts.ErrForbidden)
		ayetest.Same(t, name, errors.As(test.err, &forbidden) && forbidden.Why == test.want, true)
	}
	_, err := w.Store.EndMembership(t.Context(), owner.ID, true, audit.Entry{Organisation: w.Organisation.ID, Actor: "x", Action: "member.ended", Subject: owner.ID, At: w.Clock.Now()})
	var forbidden *accounts.ForbiddenError
	ayetest.Same(t, "the last owner", errors.As(err, &forbidden) && forbidden.Why == accounts.LastOwner, true)
}

func TestNewWebhookSecret(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	as := w.Accounts.As(ayetest.Actor(w.AddMember(w.Organisation, "Ada", accounts.RoleAdministrator)))
	_, err := as.NewWebhookSecret(t.Context(), w.Shop.ID)
	ayetest.Fails(t, err, accounts.ErrNotFound)
	shop := w.Shop
	shop.WebhookURL = "https://shop.example.com/hook"
	shop, err = as.UpdateApplication(t.Context(), shop)
	ayetest.Fails(t, err, nil)
	made, err := as.NewWebhookSecret(t.Context(), shop.ID)
	ayetest.Fails(t, err, nil)
	now, err := w.Accounts.Application(t.Context(), shop.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "the new one, and not that of before", []bool{now.WebhookSecret == made, made == shop.WebhookSecret}, []bool{true, false})
	elsewhere := w.AddOrganisation(func(*accounts.Organisation) {})
	_, err = w.Accounts.As(ayetest.Actor(w.AddMember(elsewhere, "Eve", accounts.RoleOwner))).NewWebhookSecret(t.Context(), shop.ID)
	ayetest.Fails(t, err, accounts.ErrNotFound)
}
