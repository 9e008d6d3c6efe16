package accounts_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
)

func TestOrganisations(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	good := accounts.Organisation{Name: "Example", Profile: accounts.Standard, Locale: "en"}
	tests := []struct {
		name   string
		change func(*accounts.Organisation)
		ok     bool
	}{
		{"good", func(*accounts.Organisation) {}, true},
		{"strict, Dutch", func(o *accounts.Organisation) { o.Profile, o.Locale = accounts.Strict, "nl" }, true},
		{"minimum version", func(o *accounts.Organisation) { o.MinimumAppVersion = "1.6.78" }, true},
		{"no name", func(o *accounts.Organisation) { o.Name = " " }, false},
		{"longest name", func(o *accounts.Organisation) { o.Name = strings.Repeat("é", 100) }, true},
		{"long name", func(o *accounts.Organisation) { o.Name = strings.Repeat("é", 101) }, false},
		{"name of two lines", func(o *accounts.Organisation) { o.Name = "a\nb" }, false},
		{"name of two lines of Unicode", func(o *accounts.Organisation) { o.Name = "a\u2028b" }, false},
		{"profile", func(o *accounts.Organisation) { o.Profile = "lax" }, false},
		{"no profile", func(o *accounts.Organisation) { o.Profile = "" }, false},
		{"locale", func(o *accounts.Organisation) { o.Locale = "de" }, false},
		{"version", func(o *accounts.Organisation) { o.MinimumAppVersion = "v1" }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := good
			test.change(&o)
			made, err := w.Accounts.CreateOrganisation(t.Context(), o)
			if !test.ok {
				ayetest.Fails(t, err, accounts.ErrInvalid)
				o.ID = w.Organisation.ID
				ayetest.Fails(t, w.Accounts.UpdateOrganisation(t.Context(), o), accounts.ErrInvalid)
				return
			}
			ayetest.Fails(t, err, nil)
			kept, err := w.Accounts.Organisation(t.Context(), made.ID)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "kept", kept, made)
		})
	}
	ayetest.Fails(t, w.Accounts.UpdateOrganisation(t.Context(), accounts.Organisation{ID: "org_none", Name: "x", Profile: accounts.Strict, Locale: "en"}), accounts.ErrNotFound)
}

func TestAppVersions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		minimum, version string
		want             bool
	}{{"", "0.0.1", true}, {"1.6.78", "1.6.78", true}, {"1.6.78", "1.6.77", false}, {"1.6.78", "1.10.0", true}, {"1.6.78", "2.0.0", true}, {"1.6.78", "1.6.78-beta", false}} {
		if (accounts.Organisation{MinimumAppVersion: c.minimum}).TakesApp(c.version) != c.want {
			t.Errorf("%s takes %s: %t", c.minimum, c.version, !c.want)
		}
	}
	for version, want := range map[string]bool{"1.2.3": true, "": false, "v1.2.3": false, "1.2.3.4": false, "01.2.3": false, "1.2." + strings.Repeat("3", 64): false} {
		ayetest.Same(t, version, accounts.ValidVersion(version), want)
	}
}

func TestApplications(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	tests := []struct {
		name   string
		change func(*accounts.Application)
		ok     bool
	}{
		{"good", func(*accounts.Application) {}, true},
		{"no name", func(a *accounts.Application) { a.Name = "" }, false},
		{"origin with a port", func(a *accounts.Application) { a.Origins = []string{"https://login.example.com:8443"} }, true},
		{"origin at home", func(a *accounts.Application) {
			a.Origins = []string{"http://localhost:8080", "http://127.0.0.1", "http://[::1]:1"}
		}, true},
		{"origin without TLS", func(a *accounts.Application) { a.Origins = []string{"http://login.example.com"} }, false},
		{"origin that looks like home", func(a *accounts.Application) { a.Origins = []string{"http://localhost.example.com"} }, false},
		{"origin with a slash", func(a *accounts.Application) { a.Origins = []string{"https://login.example.com/"} }, false},
		{"origin with a path", func(a *accounts.Application) { a.Origins = []string{"https://login.example.com/a"} }, false},
		{"origin with a user", func(a *accounts.Application) { a.Origins = []string{"https://a@login.example.com"} }, false},
		{"origin with a query", func(a *accounts.Application) { a.Origins = []string{"https://login.example.com?a"} }, false},
		{"null origin", func(a *accounts.Application) { a.Origins = []string{"null"} }, false},
		{"any origin", func(a *accounts.Application) { a.Origins = []string{"*"} }, false},
		{"second origin", func(a *accounts.Application) { a.Origins = []string{"https://a.example.com", ""} }, false},
		{"webhook", func(a *accounts.Application) { a.WebhookURL = "https://example.com/hook?a=b" }, true},
		{"webhook at home", func(a *accounts.Application) { a.WebhookURL = "http://localhost:1/hook" }, true},
		{"webhook without TLS", func(a *accounts.Application) { a.WebhookURL = "http://example.com/hook" }, false},
		{"webhook with a user", func(a *accounts.Application) { a.WebhookURL = "https://a:b@example.com" }, false},
		{"webhook with a fragment", func(a *accounts.Application) { a.WebhookURL = "https://example.com/#a" }, false},
		{"webhook of no host", func(a *accounts.Application) { a.WebhookURL = "https:///hook" }, false},
		{"webhook to a file", func(a *accounts.Application) { a.WebhookURL = "file:///etc/passwd" }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := accounts.Application{OrganisationID: w.Organisation.ID, Name: "App"}
			test.change(&a)
			made, clientSecret, err := w.Accounts.CreateApplication(t.Context(), a)
			if !test.ok {
				ayetest.Fails(t, err, accounts.ErrInvalid)
				a.ID = w.Shop.ID
				_, err = w.Accounts.UpdateApplication(t.Context(), a)
				ayetest.Fails(t, err, accounts.ErrInvalid)
				return
			}
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "webhook secret", strings.HasPrefix(made.WebhookSecret.Reveal(), "whsec_"), a.WebhookURL != "")
			ayetest.Same(t, "holds", made.Holds(clientSecret), true)
		})
	}
	_, _, err := w.Accounts.CreateApplication(t.Context(), accounts.Application{OrganisationID: "org_none", Name: "x"})
	ayetest.Fails(t, err, accounts.ErrNotFound)
	w.Shop.WebhookURL = "https://example.com/hook"
	changed, err := w.Accounts.UpdateApplication(t.Context(), w.Shop)
	ayetest.Fails(t, err, nil)
	again, err := w.Accounts.UpdateApplication(t.Context(), changed)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "the webhook's secret stays", again.WebhookSecret.Reveal(), changed.WebhookSecret.Reveal())
	for origin, want := range map[string]bool{"https://login.example.com": true, "": false, "null": false, "https://evil.example.com": false, "https://login.example.com/": false} {
		ayetest.Same(t, origin, w.Shop.Allows(origin), want)
	}
}

// Two secrets may be live, so that an application moves from one to the other without a gap.
func TestSecretsRotate(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	a, first, err := w.Accounts.CreateApplication(t.Context(), accounts.Application{OrganisationID: w.Organisation.ID, Name: "App"})
	ayetest.Fails(t, err, nil)
	login := func(s secret.Secret) error { _, err = w.Accounts.Authenticate(t.Context(), a.ID, s); return err }
	second, err := w.Accounts.AddSecret(t.Context(), a.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, errors.Join(login(first), login(second)), nil)
	_, err = w.Accounts.AddSecret(t.Context(), a.ID)
	ayetest.Fails(t, err, accounts.ErrSecrets)
	ayetest.Fails(t, w.Accounts.EndSecret(t.Context(), a.ID, "nosuch"), accounts.ErrNotFound)
	ayetest.Fails(t, w.Accounts.EndSecret(t.Context(), a.ID, first.Reveal()[:6]), nil)
	ayetest.Fails(t, login(first), accounts.ErrCredentials)
	ayetest.Fails(t, login(second), nil)
	third, err := w.Accounts.AddSecret(t.Context(), a.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, login(third), nil)
	for name, wrong := range map[string]secret.Secret{"none": "", "a hash": secret.Secret(secret.Hash(second)), "another": secret.NewToken()} {
		if ayetest.Fails(t, login(wrong), accounts.ErrCredentials); t.Failed() {
			t.Fatal(name)
		}
	}
	_, err = w.Accounts.Authenticate(t.Context(), secret.NewID("app"), second)
	ayetest.Fails(t, err, accounts.ErrCredentials) // it does not say which of the two is wrong
	_, err = w.Accounts.Authenticate(t.Context(), w.Shop.ID, second)
	ayetest.Fails(t, err, accounts.ErrCredentials)
	for _, err := range []error{w.Accounts.EndSecret(t.Context(), "app_none", "x"), func() error { _, err := w.Accounts.AddSecret(t.Context(), "app_none"); return err }()} {
		ayetest.Fails(t, err, accounts.ErrNotFound)
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	tests := []struct {
		name           string
		email, display string
		role           accounts.Role
		want           error
	}{
		{"good", "good@example.com", "Ada", accounts.RoleMember, nil},
		{"in capitals", " Capitals@Example.COM", "Ada", accounts.RoleOwner, nil},
		{"the same address", "GOOD@example.com", "Ada", accounts.RoleMember, accounts.ErrExists},
		{"no address", "", "Ada", accounts.RoleMember, accounts.ErrInvalid},
		{"no at", "example.com", "Ada", accounts.RoleMember, accounts.ErrInvalid},
		{"with a name", "Ada <ada@example.com>", "Ada", accounts.RoleMember, accounts.ErrInvalid},
		{"two addresses", "a@example.com, b@example.com", "Ada", accounts.RoleMember, accounts.ErrInvalid},
		{"two lines", "a@example.com\r\nBcc: b@example.com", "Ada", accounts.RoleMember, accounts.ErrInvalid},
		{"long", strings.Repeat("a", 250) + "@example.com", "Ada", accounts.RoleMember, accounts.ErrInvalid},
		{"no display", "display@example.com", "", accounts.RoleMember, accounts.ErrInvalid},
		{"no role", "role@example.com", "Ada", "", accounts.ErrInvalid},
		{"another role", "role@example.com", "Ada", "god", accounts.ErrInvalid},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, token, err := w.Accounts.AddMember(t.Context(), w.Organisation.ID, accounts.Person{Email: test.email, Display: test.display}, test.role)
			ayetest.Fails(t, err, test.want)
			if test.want != nil {
				return
			}
			ayetest.Same(t, "somebody new is a member at once", []any{m.Status, token.Reveal()}, []any{accounts.Active, ""})
			for _, user := range []accounts.UserReference{{ID: m.ID}, {Email: strings.ToUpper(strings.TrimSpace(test.email))}} {
				found, err := w.Accounts.Member(t.Context(), w.Organisation.ID, user)
				ayetest.Fails(t, err, nil)
				ayetest.Same(t, "found", found.ID, m.ID)
			}
		})
	}
	_, _, err := w.Accounts.AddMember(t.Context(), "org_none", accounts.Person{Email: "a@example.com", Display: "A"}, accounts.RoleMember)
	ayetest.Fails(t, err, accounts.ErrNotFound)
	for _, unknown := range []accounts.UserReference{{}, {Email: "nobody@example.com"}, {Email: "not an address"}, {ID: "usr_none"}} {
		_, err := w.Accounts.Member(t.Context(), w.Organisation.ID, unknown)
		ayetest.Fails(t, err, accounts.ErrNotFound)
	}
	for role, want := range map[accounts.Role]bool{accounts.RoleMember: false, accounts.RoleSupport: true, accounts.RoleAdministrator: true, accounts.RoleOwner: true} {
		ayetest.Same(t, string(role), role.Privileged(), want)
	}
}

// Nobody is pulled into an organisation: who exists already accepts first, once.
func TestInvitations(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	elsewhere := w.AddOrganisation(func(*accounts.Organisation) {})
	invited, token, err := w.Accounts.AddMember(t.Context(), elsewhere.ID, accounts.Person{Email: ada.Person.Email, Display: "Somebody else"}, accounts.RoleMember)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "status", invited.Status, accounts.Invited)
	ayetest.Same(t, "the person is as before", invited.Person, ada.Person)
	_, err = w.Accounts.Member(t.Context(), elsewhere.ID, ayetest.Named(invited))
	ayetest.Fails(t, err, accounts.ErrNotFound)
	memberships := func() int {
		all, failure := w.Accounts.Memberships(t.Context(), ada.Person.ID)
		ayetest.Fails(t, failure, nil)
		return len(all)
	}
	ayetest.Same(t, "memberships", memberships(), 1)
	for _, wrong := range []secret.Secret{"", secret.NewToken(), secret.Secret(secret.Hash(token))} {
		_, err = w.Accounts.AcceptInvitation(t.Context(), wrong)
		ayetest.Fails(t, err, accounts.ErrNotFound)
	}
	accepted, err := w.Accounts.AcceptInvitation(t.Context(), token)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "accepted", []any{accepted.ID, accepted.Status, memberships()}, []any{invited.ID, accounts.Active, 2})
	_, err = w.Accounts.AcceptInvitation(t.Context(), token)
	ayetest.Fails(t, err, accounts.ErrNotFound)
}
