package portal_test

import (
	"net/http"
	"regexp"
	"testing"

	"example.com/aye/internal/ayetest"
)

var shownKey = regexp.MustCompile(`<code class="secret">([A-Z2-7]{32})</code>`)

// TestThreatTheSecretThatAnotherBrowserBegan: who has the password as well neither sees the secret
// of the app that the person sets up, nor has the person set up theirs.
func TestThreatTheSecretThatAnotherBrowserBegan(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Accounts.Texter = nil
	ada := s.person("Ada")
	thief, mine := s.tab(t), s.tab(t)
	thief.logIn(ada, ayetest.Password)
	mine.logIn(ada, ayetest.Password)
	begins := func(b, other *tab) (id, key string) {
		t.Helper()
		b.post("/setup/app").is(t, http.StatusSeeOther, "/setup/app")
		if shownKey.MatchString(other.get("/setup/app").text) {
			t.Fatal("another session is shown the secret")
		}
		page := b.get("/setup/app")
		return page.hidden(t, "id"), shownKey.FindStringSubmatch(page.text)[1]
	}
	id, key := begins(thief, mine)
	mine.post("/setup/app/activate", "id", id, "name", "App", "code", s.oathtool(t, key)).is(t, http.StatusUnprocessableEntity, "")
	id, key = begins(mine, thief)
	thief.post("/setup/app/activate", "id", id, "name", "App", "code", s.oathtool(t, key)).is(t, http.StatusUnprocessableEntity, "")
	mine.post("/setup/app/activate", "id", id, "name", "App", "code", s.oathtool(t, key)).is(t, http.StatusSeeOther, "/setup/done")
}

// TestThreatRecoveryCodesWithoutAFactor: where the password is enough, it makes no codes for later.
func TestThreatRecoveryCodesWithoutAFactor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.free()
	ada := s.person("Ada")
	b := s.tab(t)
	b.logIn(ada, ayetest.Password)
	b.post("/security/recovery", "seen", "").is(t, http.StatusSeeOther, "/security/recovery")
	left, made, err := s.Codes.Recovery(t.Context(), ada.Person.ID)
	if err != nil {
		t.Fatal(err)
	}
	ayetest.Same(t, "codes", []any{left, made.IsZero()}, []any{0, true})
	b.get("/security/recovery").hides(t, `name="seen"`)
}
