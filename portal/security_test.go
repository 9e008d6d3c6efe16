package portal_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
)

// member is somebody with a password and a phone, in a browser that has just logged in.
func (s *site) member(t testing.TB, name string) (accounts.Member, *ayetest.Phone, *tab) {
	t.Helper()
	m := s.person(name)
	phone := s.Pair(m)
	return m, phone, s.in(t, m, phone)
}

// told fails unless the person was told of these things last, oldest first.
func (s *site) told(t testing.TB, m accounts.Member, want ...accounts.NoticeKind) {
	t.Helper()
	all := s.Announcer.Told(m.Person.ID)
	if len(all) < len(want) {
		t.Fatalf("told %v, want %v at the end", all, want)
	}
	ayetest.Same(t, "what the person was told", all[len(all)-len(want):], want)
}

// hides fails when the page says one of the words.
func (a answer) hides(t testing.TB, words ...string) {
	t.Helper()
	for _, w := range words {
		if strings.Contains(a.text, w) {
			t.Fatalf("the page says %q\n%s", w, a.text)
		}
	}
}

// hidden is the value of a hidden field on the page.
func (a answer) hidden(t testing.TB, name string) string {
	t.Helper()
	found := regexp.MustCompile(`<input type="hidden" name="` + name + `" value="([^"]*)"`).FindStringSubmatch(a.text)
	if found == nil {
		t.Fatalf("the page has no field %q\n%s", name, a.text)
	}
	return found[1]
}

// Every page and form asks for a proof that is at most five minutes old, but for those that go
// on with what was begun with one.
func TestSecurityAsksForProof(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, _, b := s.member(t, "Ada")
	b.get("/security").is(t, http.StatusOK, "")
	s.Clock.Pass(5*time.Minute + time.Second)
	began := map[string]bool{
		"GET /security/email/sent": true,
		// To say "this was not me" needs no proof; see TestStopOnTheOwnPage.
		"GET /security/cases/:case": true, "POST /security/cases/:case": true,
	}
	for _, base := range []string{"/security/push", "/security/phones/link", "/security/phones/replace"} {
		for _, step := range []string{"confirm", "instead", "cancel"} {
			began["POST "+base+"/"+step] = true
		}
	}
	seen := 0
	for _, r := range s.portal.Routes() {
		method, path := r[0], strings.ReplaceAll(r[1], ":id", "x")
		if !strings.HasPrefix(path, "/security") || began[method+" "+path] {
			continue
		}
		seen++
		if method == http.MethodGet {
			b.get(path).is(t, http.StatusSeeOther, "/prove?next="+strings.ReplaceAll(path, "/", "%2F"))
		} else {
			b.post(path).is(t, http.StatusSeeOther, "/prove?next=%2Fsecurity")
		}
		if got := s.tab(t).call(method, path, nil); got.StatusCode != http.StatusSeeOther || !strings.HasPrefix(got.to(), "/login") {
			t.Errorf("%s %s lets a stranger in: %d to %q", method, path, got.StatusCode, got.to())
		}
	}
	if seen < 40 {
		t.Errorf("only %d routes were tried", seen)
	}
}

// Who proves it comes back to the page, and is asked no more for five minutes.
func TestSecurityAfterProof(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	phone, b := s.Pair(ada), s.browser()
	b.logIn(ada, phone)
	s.Clock.Pass(6 * time.Minute)
	b.get("/security/recovery")
	b.at("/prove")
	b.prove(phone)
	b.at("/security/recovery")
	b.is(http.StatusOK)
	s.Clock.Pass(4 * time.Minute)
	b.get("/security/phones")
	b.at("/security/phones")
}

// The overview says how a person logs in, and what is missing.
func TestSecurityOverview(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _, b := s.member(t, "Ada")
	first := b.get("/security")
	first.says(t, "You approve on your phone <strong>Pixel 9</strong>", "Make recovery codes", "/security/phones/replace", ada.Person.Email, "/security/number")
	first.hides(t, "/security/push")
	if _, err := s.Codes.NewRecoveryCodes(t.Context(), ada.Person.ID); err != nil {
		t.Fatal(err)
	}
	b.get("/security").hides(t, "This is your only way to log in.")
	b.get("/security").says(t, "You have 10 recovery codes left")
	s.Change(func(o *accounts.Organisation) { o.Methods = []accounts.SecondFactor{} })
	_, _, other := s.member(t, "Bob")
	other.get("/security").hides(t, "Make recovery codes")
	other.get("/security").says(t, "This is your only way to log in.")
	other.get("/security/recovery").says(t, "does not accept recovery codes")
	other.get("/security/apps").says(t, "does not accept codes from an app")

	s.free()
	cas := s.person("Cas")
	alone := s.tab(t)
	alone.logIn(cas, ayetest.Password)
	alone.get("/security").says(t, "Only your password protects your account", "From <strong>", "/security/push")
	alone.get("/security/recovery").says(t, "First link a phone")
}

func TestPhones(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, phone, b := s.member(t, "Ada")
	second := s.Pair(ada)
	b.get("/security/phones").says(t, "Pixel 9, Android 16", phone.Device.ID, second.Device.ID)

	at := "/security/phones/" + second.Device.ID
	b.get(at).says(t, `value="Pixel 9"`)
	b.post(at, "name", "\u202etelefoon").is(t, http.StatusUnprocessableEntity, "")
	b.post(at, "name", " ").says(t, "Give it a name of 1 to 64 characters")
	b.post(at, "name", "Work phone").is(t, http.StatusSeeOther, "/security/phones")
	b.get("/security/phones").says(t, "Work phone", "Saved.")

	b.get(at+"/remove").says(t, "Remove this phone?", "<strong>Work phone</strong>")
	b.post(at+"/remove").is(t, http.StatusSeeOther, "/security/phones")
	b.get("/security/phones").hides(t, "Work phone")
	s.told(t, ada, accounts.PhoneRemoved)
	b.post(at+"/remove").is(t, http.StatusNotFound, "")
}

// The last second factor stays, whatever it is.
func TestLastFactorStays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, phone, b := s.member(t, "Ada")
	b.get("/security/phones").hides(t, phone.Device.ID+"/remove")
	refused := b.post("/security/phones/" + phone.Device.ID + "/remove")
	refused.is(t, http.StatusConflict, "")
	refused.says(t, "This is your only second factor")
	b.get("/security/phones").says(t, phone.Device.ID)

	app := s.app(t, ada)
	b.post("/security/phones/"+phone.Device.ID+"/remove").is(t, http.StatusSeeOther, "/security/phones")
	b.post("/security/apps/"+app+"/remove").is(t, http.StatusConflict, "")
	b.get("/security/apps").says(t, "This is your only second factor")
}

// A phone that an application linked says where it counts.
func TestLocalPhoneSaysWhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	phone := s.PairLocal(ada)
	b := s.in(t, ada, phone)
	b.get("/security/phones").says(t, "at Example only")
	b.get("/security").says(t, "at Example only")
}

// What belongs to somebody else is answered as what does not exist, to the letter.
func TestOthersThingsDoNotExist(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, _, b := s.member(t, "Ada")
	bob, phone, other := s.member(t, "Bob")
	app := s.app(t, bob)
	theirs, err := s.SignIn.Session(t.Context(), secret.Secret(other.cookies["__Host-aye_session"]))
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct{ method, path, id string }{
		{http.MethodGet, "/security/phones/:id", phone.Device.ID},
		{http.MethodPost, "/security/phones/:id", phone.Device.ID},
		{http.MethodGet, "/security/phones/:id/remove", phone.Device.ID},
		{http.MethodPost, "/security/phones/:id/remove", phone.Device.ID},
		{http.MethodGet, "/security/apps/:id/remove", app},
		{http.MethodPost, "/security/apps/:id/remove", app},
		{http.MethodGet, "/security/sign-ins/:id", theirs.RequestID},
		{http.MethodPost, "/security/sign-ins/:id", theirs.RequestID},
		{http.MethodPost, "/security/sessions/:id/end", theirs.ID},
	} {
		ask := func(id string) answer {
			path := strings.ReplaceAll(one.path, ":id", id)
			got := b.call(one.method, path, strings.NewReader("name=Mine"))
			got.text = strings.ReplaceAll(got.text, path, "")
			return got
		}
		unknown := one.id[:len(one.id)-6] + "abcdef"
		real, made := ask(one.id), ask(unknown)
		real.is(t, http.StatusNotFound, "")
		if made.StatusCode != http.StatusNotFound || real.text != made.text {
			t.Errorf("%s %s: %d and %d, or the pages differ", one.method, one.path, real.StatusCode, made.StatusCode)
		}
	}
	other.get("/security/phones").says(t, phone.Device.ID, "Pixel 9")
	other.get("/security/apps").says(t, app)
}

// Recovery codes are shown once: not when the page is looked at, nor loaded, again.
func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, phone, b := s.member(t, "Ada")
	before := b.get("/security/recovery").hidden(t, "seen")
	made := b.post("/security/recovery", "seen", before)
	made.is(t, http.StatusOK, "")
	made.says(t, "data-print", "only now", ada.Person.Email)
	codes := regexp.MustCompile(`<code>([0-9a-z]{4}(?:-[0-9a-z]{4}){3})</code>`).FindAllStringSubmatch(made.text, -1)
	if len(codes) != 10 || made.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d codes, %v", len(codes), made.Header)
	}
	s.told(t, ada, accounts.RecoveryCodesMade)
	again := b.get("/security/recovery")
	again.hides(t, codes[0][1], codes[9][1])
	again.says(t, "Codes left", "<dd>10</dd>")

	b.post("/security/recovery", "seen", before).is(t, http.StatusSeeOther, "/security/recovery")
	b.get("/security/recovery").says(t, "Nothing was made")
	works := func(code string, want bool) {
		t.Helper()
		asked := s.Ask(ada)
		_, err := s.Approvals.Verify(t.Context(), s.Shop, asked.ID, approval.Recovery, secret.Secret(code))
		if (err == nil) != want {
			t.Errorf("the code: %v, want %v", err, want)
		}
	}
	works(codes[0][1], true)
	b.get("/security/recovery").says(t, "<dd>9</dd>")

	s.Clock.Pass(time.Second)
	b = s.in(t, ada, phone)
	b.post("/security/recovery", "seen", b.get("/security/recovery").hidden(t, "seen")).says(t, "<code>")
	works(codes[1][1], false)
}
