package portal_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
)

func TestChangeLook(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleAdministrator)
	picture := "\x89PNG\r\n\x1a\n" + strings.Repeat("x", 100)
	b.sends("/manage/look", "logo", picture, "name", "Tulp & Zoon", "own", "yes", "colour", "#FFE34D")
	b.at("/manage/look")
	b.says("manage.look.said-saved")
	b.says("manage.look.shades", "Colour", "#ffe34d", "Light", "#6e6221", "Dark", "#ffe34d")
	ayetest.Same(t, "look", []string{s.rules().Name, s.rules().Colour, s.rules().Logo.Type}, []string{"Tulp & Zoon", "#ffe34d", "image/png"})
	if !strings.Contains(b.page.body, "Tulp &amp; Zoon") {
		t.Error("the name is not on the page")
	}
	got := b.once(http.MethodGet, "/look/"+s.Organisation.ID+"/logo")
	ayetest.Same(t, "logo", []string{got.header.Get("Content-Type"), got.header.Get("X-Content-Type-Options"), got.body}, []string{"image/png", "nosniff", picture})

	// Trying a colour stores nothing; the page wears it.
	before := s.heads(s.Organisation)
	b.sends("/manage/look", "", "", "name", "Tulp & Zoon", "own", "yes", "colour", "#123456", "preview", "yes")
	b.says("manage.look.previewing")
	if !strings.Contains(b.page.body, `href="/manage/look/123456.css"`) {
		t.Error("the page does not wear the colour")
	}
	sheet := b.once(http.MethodGet, "/manage/look/123456.css")
	if sheet.status != http.StatusOK || !strings.HasPrefix(sheet.body, ":root{--accent:#") || sheet.header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%d: %s", sheet.status, sheet.body)
	}
	for _, bad := range []string{"123456", "12345.css", "xxxxxx.css", "123456%7D.css"} {
		ayetest.Same(t, bad, b.once(http.MethodGet, "/manage/look/"+bad).status, http.StatusNotFound)
	}
	ayetest.Same(t, "what was changed", s.heads(s.Organisation), before)

	b.get("/manage/look")
	b.sends("/manage/look", "", "", "name", "Tulp & Zoon", "nologo", "yes")
	ayetest.Same(t, "look", []string{s.rules().Colour, s.rules().Logo.Type}, []string{"", ""})
	before = s.heads(s.Organisation)
	b.sends("/manage/look", "", "", "name", "Tulp & Zoon")
	ayetest.Same(t, "what was changed by the same again", s.heads(s.Organisation), before)
}

func TestChangeLookWrong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleOwner)
	before := s.heads(s.Organisation)
	for name, test := range map[string]struct {
		logo, name, colour, says string
	}{
		"no name":        {"", "", "#123456", "manage.look.name-bad"},
		"a long name":    {"", strings.Repeat("x", 101), "#123456", "manage.look.name-bad"},
		"a link":         {"", "www.example.com", "#123456", "manage.look.name-bad"},
		"no colour":      {"", "Tulp", "", "manage.look.colour-bad"},
		"an evil colour": {"", "Tulp", "#12345}", "manage.look.colour-bad"},
		"a script":       {`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, "Tulp", "#123456", "manage.look.logo-bad"},
		"a page":         {"<!doctype html><script>alert(1)</script>", "Tulp", "#123456", "manage.look.logo-bad"},
		"a large one":    {"\x89PNG\r\n\x1a\n" + strings.Repeat("x", accounts.MaxLogo), "Tulp", "#123456", "manage.look.logo-large"},
		"a huge one":     {"\x89PNG\r\n\x1a\n" + strings.Repeat("x", 900_000), "Tulp", "#123456", "manage.look.logo-large"},
	} {
		field := ""
		if test.logo != "" {
			field = "logo"
		}
		b.sends("/manage/look", field, test.logo, "name", test.name, "own", "yes", "colour", test.colour)
		b.is(http.StatusUnprocessableEntity)
		b.says(test.says)
		ayetest.Same(t, name+": faults", strings.Count(b.page.body, `aria-invalid="true"`), 1)
	}
	ayetest.Same(t, "what was changed", s.heads(s.Organisation), before)
}
