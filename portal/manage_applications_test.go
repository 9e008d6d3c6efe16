package portal_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
)

var secrets = regexp.MustCompile(`<code class="secret">([^<]+)</code>`)

// shown are the secrets on the open page.
func (b *browser) shown() []string {
	var all []string
	for _, found := range secrets.FindAllStringSubmatch(b.page.body, -1) {
		all = append(all, html.UnescapeString(found[1]))
	}
	return all
}

// From making an application to another secret: each is shown once, and works.
func TestApplication(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleAdministrator)
	b.get("/manage/applications/new")
	b.submit("/manage/applications/new", "name", "Webshop", "link", "https://shop.example.com/start",
		"origins", " https://login.example.com/ \r\n\r\nhttps://shop.example.com\r\nhttps://shop.example.com\r\n", "webhook", "https://shop.example.com/hook", "enrol", "yes")
	b.is(http.StatusOK)
	made := b.shown()
	if len(made) != 3 || !strings.HasPrefix(made[2], "whsec_") || b.page.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%q is shown, and may be kept: %s", made, b.page.header.Get("Cache-Control"))
	}
	id, first := made[0], secret.Secret(made[1])
	a, err := s.Accounts.Authenticate(t.Context(), id, first)
	ayetest.Fails(t, err, nil)
	a.ID, a.Secrets, a.WebhookSecret, a.Created = "", nil, "", s.Clock.Now()
	ayetest.Same(t, "application", a, accounts.Application{
		OrganisationID: s.Organisation.ID, Kind: accounts.KindClient, Name: "Webshop", Link: "https://shop.example.com/start", MayEnrol: true,
		Origins: []string{"https://login.example.com", "https://shop.example.com"}, WebhookURL: "https://shop.example.com/hook", Created: s.Clock.Now(),
	})
	b.get("/apps")
	b.is(http.StatusOK)
	if !strings.Contains(b.page.body, `href="https://shop.example.com/start"`) {
		t.Error("people do not see it")
	}
	address := "/manage/applications/" + id
	unseen := func() {
		t.Helper()
		for _, path := range []string{"/manage/applications", address, address + "/secret", address + "/webhook"} {
			for _, hidden := range made[1:] {
				if strings.Contains(b.get(path).everything(), hidden) {
					t.Errorf("%s shows a secret again", path)
				}
			}
		}
	}
	unseen()

	b.get(address + "/secret")
	b.says("manage.application.add-title", "Name", "Webshop")
	b.submit(address + "/secret")
	second := b.shown()
	made = append(made, second[1])
	unseen()
	for _, one := range []secret.Secret{first, secret.Secret(second[1])} {
		_, err = s.Accounts.Authenticate(t.Context(), id, one)
		ayetest.Fails(t, err, nil)
	}
	b.get(address)
	b.says("manage.application.two-secrets")
	b.post(address + "/secret")
	b.at(address)
	b.says("manage.application.two-secrets")

	b.get(address + "/secrets/" + first.Reveal()[:6])
	b.says("manage.application.end-confirm", "Name", "Webshop")
	b.submit(address + "/secrets/" + first.Reveal()[:6])
	b.says("manage.applications.said-ended")
	_, err = s.Accounts.Authenticate(t.Context(), id, first)
	ayetest.Fails(t, err, accounts.ErrCredentials)
	b.get(address + "/secrets/" + second[1][:6])
	b.says("manage.application.end-last", "Name", "Webshop")
	b.submit(address + "/secrets/" + second[1][:6])
	b.says("manage.application.no-secrets")
	b.get(address + "/secret")
	b.says("manage.application.first-title", "Name", "Webshop")
	b.submit(address + "/secret")
	_, err = s.Accounts.Authenticate(t.Context(), id, secret.Secret(b.shown()[1]))
	ayetest.Fails(t, err, nil)
	b.get(address + "/secrets/nosuch")
	b.is(http.StatusNotFound)
	b.post(address + "/secrets/nosuch")
	b.is(http.StatusNotFound)
}

func TestChangeApplication(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleOwner)
	address := "/manage/applications/" + s.Shop.ID
	b.get(address + "/webhook")
	b.is(http.StatusNotFound)
	b.post(address + "/webhook")
	b.is(http.StatusNotFound)
	b.get(address)
	b.saves(address, "name", "The new shop", "link", "http://localhost:8080/", "origins", "")
	b.says("manage.applications.said-saved")
	now := func() accounts.Application {
		a, err := s.Accounts.Application(t.Context(), s.Shop.ID)
		ayetest.Fails(t, err, nil)
		return a
	}
	ayetest.Same(t, "changed", []any{now().Name, now().Link, len(now().Origins), now().MayEnrol, len(now().Secrets)}, []any{"The new shop", "http://localhost:8080/", 0, true, 1})

	b.get(address)
	b.saves(address, "webhook", "https://shop.example.com/hook")
	first := b.shown()
	ayetest.Same(t, "shown", first, []string{s.Shop.ID, now().WebhookSecret.Reveal()})
	b.get(address + "/webhook")
	b.submit(address + "/webhook")
	second := b.shown()
	ayetest.Same(t, "shown", second, []string{s.Shop.ID, now().WebhookSecret.Reveal()})
	ayetest.Same(t, "the same as before", first[1] == second[1], false)
	b.get(address)
	b.saves(address, "name", "Shop")
	b.says("manage.applications.said-saved")
	ayetest.Same(t, "the secret stays", now().WebhookSecret.Reveal(), second[1])
	b.post(address, "name", "Shop")
	ayetest.Same(t, "what is not sent is off", []any{now().MayEnrol, now().WebhookURL, now().Link}, []any{false, "", ""})
}

// What the domain does not take is said beside its field, and nothing is stored.
func TestApplicationWrong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleOwner)
	before := s.heads(s.Organisation)
	for _, path := range []string{"/manage/applications/new", "/manage/applications/" + s.Shop.ID} {
		for _, test := range []struct{ field, value, says string }{
			{"name", "", "manage.application.name-bad"},
			{"name", "x\u202ey", "manage.application.name-bad"},
			{"link", "javascript:alert(1)", "manage.application.link-bad"},
			{"link", "http://shop.example.com", "manage.application.link-bad"},
			{"link", "https://user:password@shop.example.com", "manage.application.link-bad"},
			{"webhook", "ftp://shop.example.com", "manage.application.webhook-bad"},
			{"webhook", "x", "manage.application.webhook-bad"},
		} {
			b.post(path, "name", "Shop", test.field, test.value)
			b.is(http.StatusUnprocessableEntity)
			b.says(test.says)
			ayetest.Same(t, "faults", strings.Count(b.page.body, "aria-invalid"), 1)
		}
		b.post(path, "name", "Shop", "origins", "https://login.example.com\nhttps://login.example.com/<b>\n*")
		b.is(http.StatusUnprocessableEntity)
		b.says("manage.application.origins-bad", "Value", "https://login.example.com/<b>")
		b.post(path, "name", "", "link", "x", "webhook", "y", "origins", "z")
		ayetest.Same(t, "all faults at once", strings.Count(b.page.body, "aria-invalid"), 4)
	}
	ayetest.Same(t, "what was changed", s.heads(s.Organisation), before)
}

// What Aye's own pages ask with is nobody's to see or to change.
func TestThePortalIsNoApplicationToManage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleOwner)
	portal, err := s.Accounts.PortalOf(t.Context(), s.Organisation.ID)
	ayetest.Fails(t, err, nil)
	if strings.Contains(b.get("/manage/applications").body, portal.ID) {
		t.Error("it is in the list")
	}
	for _, path := range []string{"", "/secret", "/secrets/x", "/webhook"} {
		b.get("/manage/applications/" + portal.ID + path)
		b.is(http.StatusNotFound)
		b.post("/manage/applications/"+portal.ID+path, "name", "x")
		b.is(http.StatusNotFound)
	}
}
