package accounts_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
)

func TestRules(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	o := w.Organisation
	ayetest.Same(t, "a new organisation asks for a second factor at once", o.Requires(w.Clock.Now()), true)
	ayetest.Same(t, "and allows codes", []bool{o.Allows(accounts.TOTP), o.Allows(accounts.Recovery), o.Allows(accounts.SMS)}, []bool{true, true, false})
	none := w.AddOrganisation(func(o *accounts.Organisation) { o.Methods = []accounts.SecondFactor{} })
	ayetest.Same(t, "none is none", none.Allows(accounts.TOTP), false)
	tests := []struct {
		name   string
		change func(*accounts.Organisation)
		ok     bool
	}{
		{"all", func(o *accounts.Organisation) {
			o.Methods = []accounts.SecondFactor{accounts.TOTP, accounts.SMS, accounts.Recovery}
			o.SessionIdle, o.SessionLife, o.Colour, o.SecondFactorFrom = 5*time.Minute, 24*time.Hour, "#1A2b3c", w.Clock.Now().Add(time.Hour)
		}, true},
		{"nothing", func(o *accounts.Organisation) { o.Methods, o.SecondFactorFrom = nil, time.Time{} }, true},
		{"push is no choice", func(o *accounts.Organisation) { o.Methods = []accounts.SecondFactor{"push"} }, false},
		{"twice", func(o *accounts.Organisation) { o.Methods = []accounts.SecondFactor{accounts.SMS, accounts.SMS} }, false},
		{"short", func(o *accounts.Organisation) { o.SessionIdle = 5*time.Minute - time.Second }, false},
		{"long", func(o *accounts.Organisation) { o.SessionLife = 24*time.Hour + time.Second }, false},
		{"negative", func(o *accounts.Organisation) { o.SessionLife = -time.Hour }, false},
		{"colour by name", func(o *accounts.Organisation) { o.Colour = "red" }, false},
		{"colour and more", func(o *accounts.Organisation) { o.Colour = "#123456;}" }, false},
		{"two lines of colours", func(o *accounts.Organisation) { o.Colour = "#123456\n" }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			changed := o
			test.change(&changed)
			err := w.Accounts.UpdateOrganisation(t.Context(), changed)
			if !test.ok {
				ayetest.Fails(t, err, accounts.ErrInvalid)
				return
			}
			ayetest.Fails(t, err, nil)
			kept, err := w.Accounts.Organisation(t.Context(), o.ID)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "kept", kept, changed)
		})
	}
}

// Who changes the look while another changes the rules takes nothing of it back.
func TestLookAndRulesAtOnce(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	rules, look := w.Organisation, w.Organisation
	rules.Profile, rules.Methods = accounts.Strict, nil
	look.Name, look.Colour = "Tulip", "#123456"
	ayetest.Fails(t, w.Accounts.UpdateRules(t.Context(), rules), nil)
	ayetest.Fails(t, w.Accounts.UpdateLook(t.Context(), look), nil)
	ayetest.Fails(t, w.Accounts.UpdateRules(t.Context(), rules), nil)
	kept, err := w.Accounts.Organisation(t.Context(), rules.ID)
	ayetest.Fails(t, err, nil)
	rules.Name, rules.Colour = look.Name, look.Colour
	ayetest.Same(t, "kept", kept, rules)
	rules.Profile, look.Colour = "lax", "red"
	ayetest.Fails(t, w.Accounts.UpdateRules(t.Context(), rules), accounts.ErrInvalid)
	ayetest.Fails(t, w.Accounts.UpdateLook(t.Context(), look), accounts.ErrInvalid)
}

func TestWhenASecondFactorIsAskedFor(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for after, want := range map[time.Duration]bool{-time.Hour: true, 0: true, time.Millisecond: false} {
		ayetest.Same(t, after.String(), (accounts.Organisation{SecondFactorFrom: now.Add(after)}).Requires(now), want)
	}
	ayetest.Same(t, "never", (accounts.Organisation{}).Requires(now), false)
}

func TestSessions(t *testing.T) {
	t.Parallel()
	const minute, hour = time.Minute, time.Hour
	for _, test := range []struct {
		idle, life time.Duration
		role       accounts.Role
		wantIdle   time.Duration
		wantLife   time.Duration
	}{
		{0, 0, accounts.RoleMember, hour, 12 * hour},
		{0, 0, accounts.RoleSupport, 15 * minute, 8 * hour},
		{24 * hour, 24 * hour, accounts.RoleMember, 24 * hour, 24 * hour},
		{24 * hour, 24 * hour, accounts.RoleOwner, 15 * minute, 8 * hour},
		{5 * minute, hour, accounts.RoleAdministrator, 5 * minute, hour},
		{0, 10 * minute, accounts.RoleMember, 10 * minute, 10 * minute},
	} {
		idle, life := accounts.Organisation{SessionIdle: test.idle, SessionLife: test.life}.Sessions(test.role)
		ayetest.Same(t, string(test.role), []time.Duration{idle, life}, []time.Duration{test.wantIdle, test.wantLife})
	}
}

func TestLogos(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	png := "\x89PNG\r\n\x1a\n"
	for _, test := range []struct{ name, data, want string }{
		{"PNG", png + "x", "image/png"},
		{"JPEG", "\xff\xd8\xff\xe0", "image/jpeg"},
		{"WebP", "RIFF\x00\x00\x00\x00WEBPVP8 x", "image/webp"},
		{"largest", png + strings.Repeat("x", accounts.MaxLogo-len(png)), "image/png"},
		{"too large", png + strings.Repeat("x", accounts.MaxLogo), ""},
		{"SVG", "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", ""},
		{"page", "<html>", ""},
		{"GIF", "GIF89a", ""},
		{"sound", "RIFF\x00\x00\x00\x00WAVEfmt x", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			ayetest.Fails(t, w.Accounts.SetLogo(t.Context(), w.Organisation.ID, nil), nil)
			err := w.Accounts.SetLogo(t.Context(), w.Organisation.ID, []byte(test.data))
			if test.want == "" {
				ayetest.Fails(t, err, accounts.ErrInvalid)
				_, err = w.Accounts.OrganisationLogo(t.Context(), w.Organisation.ID)
				ayetest.Fails(t, err, accounts.ErrNotFound)
				return
			}
			ayetest.Fails(t, err, nil)
			logo, err := w.Accounts.OrganisationLogo(t.Context(), w.Organisation.ID)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "logo", []any{logo.Type, bytes.Equal(logo.Data, []byte(test.data))}, []any{test.want, true})
			o, err := w.Accounts.Organisation(t.Context(), w.Organisation.ID)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "the organisation says so", o.Logo, accounts.Logo{Type: test.want})
		})
	}
}

// The portal is one more application, as which nobody can call.
func TestPortal(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	made := make([]accounts.Application, 8)
	ayetest.AtOnce(len(made), func(i int) {
		var err error
		made[i], err = w.Accounts.PortalOf(t.Context(), w.Organisation.ID)
		ayetest.Fails(t, err, nil)
	})
	portal := made[0]
	for _, again := range made {
		ayetest.Same(t, "one", again, portal)
	}
	ayetest.Same(t, "portal", []any{portal.Kind, portal.OrganisationID, len(portal.Secrets)}, []any{accounts.KindPortal, w.Organisation.ID, 0})
	_, err := w.Accounts.PortalOf(t.Context(), "org_none")
	ayetest.Fails(t, err, accounts.ErrNotFound)
	for _, guess := range []secret.Secret{"", secret.NewToken()} {
		_, err = w.Accounts.Authenticate(t.Context(), portal.ID, guess)
		ayetest.Fails(t, err, accounts.ErrCredentials)
	}
	_, err = w.Accounts.AddSecret(t.Context(), portal.ID)
	ayetest.Fails(t, err, accounts.ErrNotFound)
	_, err = w.Accounts.UpdateApplication(t.Context(), portal)
	ayetest.Fails(t, err, accounts.ErrNotFound)
	disguised := portal
	disguised.Kind, disguised.Secrets = accounts.KindClient, []accounts.ClientSecret{{ID: "x", Hash: secret.Hash("x")}}
	_, err = w.Accounts.UpdateApplication(t.Context(), disguised)
	ayetest.Fails(t, err, accounts.ErrNotFound)
	_, err = w.Accounts.Client(t.Context(), w.Organisation.ID, portal.ID)
	ayetest.Fails(t, err, accounts.ErrNotFound)
	all, err := w.Accounts.ApplicationsOf(t.Context(), w.Organisation.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "in no list", []any{len(all), all[0].ID}, []any{1, w.Shop.ID})
	// Even a secret that somebody wrote into the database opens nothing.
	elsewhere, planted := w.AddOrganisation(func(*accounts.Organisation) {}), secret.NewToken()
	portal.ID, portal.OrganisationID, portal.Secrets = secret.NewID("app"), elsewhere.ID, []accounts.ClientSecret{{ID: "x", Hash: secret.Hash(planted)}}
	ayetest.Fails(t, w.Store.CreateApplication(t.Context(), portal, audit.Entry{Organisation: elsewhere.ID}), nil)
	_, err = w.Accounts.Authenticate(t.Context(), portal.ID, planted)
	ayetest.Fails(t, err, accounts.ErrCredentials)
}

func TestLinks(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	for link, ok := range map[string]bool{
		"https://shop.example.com/start?a=b#c": true, "http://localhost:8080/": true, "": true,
		"http://shop.example.com": false, "javascript:alert(1)": false, "https://a:b@shop.example.com": false, "//shop.example.com": false,
	} {
		a := w.Shop
		a.Link = link
		changed, err := w.Accounts.UpdateApplication(t.Context(), a)
		if !ok {
			ayetest.Fails(t, err, accounts.ErrInvalid)
			continue
		}
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "link", changed.Link, link)
	}
	elsewhere := w.AddOrganisation(func(*accounts.Organisation) {})
	_, err := w.Accounts.Client(t.Context(), elsewhere.ID, w.Shop.ID)
	ayetest.Fails(t, err, accounts.ErrNotFound)
	_, err = w.Accounts.As(ayetest.Actor(w.AddMember(elsewhere, "Eve", accounts.RoleOwner))).ApplicationsOf(t.Context(), w.Organisation.ID)
	ayetest.Fails(t, err, accounts.ErrForbidden)
	_, err = w.Accounts.As(ayetest.Actor(w.AddPerson("Ada"))).ApplicationsOf(t.Context(), w.Organisation.ID)
	ayetest.Fails(t, err, nil)
}

// Who has no second factor is told in time, once, of each date.
func TestNoticeOfTheDate(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	date := w.Clock.Now().Add(accounts.FactorNotice + time.Hour)
	w.Change(func(o *accounts.Organisation) { o.SecondFactorFrom = date })
	ada, bea := w.AddPerson("Ada"), w.AddPerson("Bea")
	w.Pair(bea)
	told := func(m accounts.Member) (dates []time.Time) {
		t.Helper()
		ayetest.Fails(t, w.Accounts.RemindSecondFactor(t.Context()), nil)
		for _, n := range w.Announcer.Notices(m.Person.ID) {
			if n.Kind == accounts.SecondFactorSoon {
				dates = append(dates, n.Date)
			}
		}
		return dates
	}
	ayetest.Same(t, "too early", len(told(ada)), 0)
	w.Clock.Pass(time.Hour)
	for range 2 {
		ayetest.Same(t, "told", told(ada), []time.Time{date})
		ayetest.Same(t, "has a phone", len(told(bea)), 0)
	}
	later := date.Add(time.Hour)
	w.Change(func(o *accounts.Organisation) { o.SecondFactorFrom = later })
	w.Clock.Pass(time.Hour)
	ayetest.Same(t, "another date", told(ada), []time.Time{date, later})
	w.Clock.Pass(accounts.FactorNotice)
	carl := w.AddPerson("Carl")
	ayetest.Same(t, "the date has come", len(told(carl)), 0)
}
