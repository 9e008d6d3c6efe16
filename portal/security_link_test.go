package portal_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/otp"
	"example.com/aye/pairing"
	"example.com/aye/signin"
)

// app sets up an authenticator app for the person, and gives its id.
func (s *site) app(t testing.TB, m accounts.Member) string {
	t.Helper()
	begun, err := s.Codes.BeginApp(t.Context(), m.Person.ID, "session", "Example", m.Person.Email)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = s.Codes.ActivateApp(t.Context(), m.Person.ID, "session", begun.ID, "Laptop", s.oathtool(t, begun.Secret.Reveal())); err != nil {
		t.Fatal(err)
	}
	return begun.ID
}

// oathtool is the code of another maker's program for the secret, now.
func (s *site) oathtool(t testing.TB, key string) string {
	t.Helper()
	now := s.Clock.Now().UTC().Format("2006-01-02 15:04:05 UTC")
	out, err := exec.CommandContext(t.Context(), "oathtool", "--totp", "--base32", "--now", now, key).Output()
	if err != nil {
		t.Fatalf("oathtool: %v", err)
	}
	return strings.TrimSpace(string(out))
}

var (
	qrSize = regexp.MustCompile(`<svg class="qr"[^>]* viewBox="0 0 (\d+) `)
	qrRow  = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1`)
)

// scan reads the QR code on the page with another maker's program.
func (a answer) scan(t testing.TB) string {
	t.Helper()
	size := qrSize.FindStringSubmatch(a.text)
	if size == nil {
		t.Fatalf("the page has no QR code\n%s", a.text)
	}
	n, err := strconv.Atoi(size[1])
	if err != nil {
		t.Fatal(err)
	}
	const scale = 6
	picture := image.NewGray(image.Rect(0, 0, n*scale, n*scale))
	for i := range picture.Pix {
		picture.Pix[i] = 255
	}
	for _, run := range qrRow.FindAllStringSubmatch(a.text, -1) {
		var x, y, long int
		if _, err = fmt.Sscan(run[1]+" "+run[2]+" "+run[3], &x, &y, &long); err != nil {
			t.Fatal(err)
		}
		for dy := range scale {
			for dx := range long * scale {
				picture.SetGray(x*scale+dx, y*scale+dy, color.Gray{})
			}
		}
	}
	var file bytes.Buffer
	if err = png.Encode(&file, picture); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", "-")
	command.Stdin = &file
	out, err := command.Output()
	if err != nil {
		t.Fatalf("zbarimg found no QR code: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// scanned lets the phone claim what the QR code on the page holds.
func (s *site) scanned(t testing.TB, page answer, phone *ayetest.Phone) {
	t.Helper()
	if _, err := s.Claim(phone, pairing.Shown{URL: secret.Secret(page.scan(t))}); err != nil {
		t.Fatal(err)
	}
}

// factors is how many second factors the person has.
func (s *site) factors(t testing.TB, m accounts.Member) int {
	t.Helper()
	phones, err := s.Devices.Of(t.Context(), m.Person.ID)
	if err != nil {
		t.Fatal(err)
	}
	apps, err := s.Codes.Apps(t.Context(), m.Person.ID)
	if err != nil {
		t.Fatal(err)
	}
	return len(phones) + len(apps)
}

// Who types codes changes to the phone, with a code that expires in between. At no moment is
// there nothing, and the app goes only when it is told to.
func TestChangeToPush(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	old := s.Pair(ada)
	app := s.app(t, ada)
	b := s.in(t, ada, old)
	b.post("/security/phones/"+old.Device.ID+"/remove").is(t, http.StatusSeeOther, "/security/phones")

	b.get("/security").says(t, "You copy a code from the app <strong>Laptop</strong>", `href="/security/push"`, "Change to logging in with a notification")
	b.get("/security/push").says(t, "https://apps.example.com/aye", "https://play.example.com/aye")
	b.get("/security/push/done").is(t, http.StatusSeeOther, "/security/push")
	at := b.post("/security/push").to()
	first := b.get(at)
	s.Clock.Pass(pairing.CodeLife + time.Second)
	expired := b.get(at)
	expired.says(t, "Show new code")
	expired.hides(t, `class="qr"`)
	b.post("/security/push/renew", "pairing", expired.hidden(t, "pairing")).is(t, http.StatusSeeOther, at)
	phone := s.NewPhone()
	if _, err := s.Claim(phone, pairing.Shown{URL: secret.Secret(first.scan(t))}); err == nil {
		t.Error("the code that expired links a phone")
	}
	s.scanned(t, b.get(at), phone)
	linked := b.get(at)
	linked.says(t, `"mark good"`, `href="/security/push/done"`)
	s.told(t, ada, accounts.PhoneLinked)
	done := b.get("/security/push/done")
	done.says(t, "From now on you get a notification", "/security/apps/"+app+"/remove")
	if n := s.factors(t, ada); n != 2 {
		t.Fatalf("%d factors", n)
	}
	b.post("/security/apps/"+app+"/remove").is(t, http.StatusSeeOther, "/security/apps")
	s.told(t, ada, accounts.AppRemoved)
	s.Clock.Pass(time.Minute)
	s.in(t, ada, phone).get("/security").says(t, "You approve on your phone")
}

// An authenticator app is set up by the picture or by the text, which are the same, and then makes codes.
func TestAuthenticatorApp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, phone, b := s.member(t, "Ada")
	b.post("/security/apps/new").is(t, http.StatusSeeOther, "/security/apps/new")
	begun := b.get("/security/apps/new")
	uri, err := url.Parse(begun.scan(t))
	if err != nil {
		t.Fatal(err)
	}
	key := uri.Query().Get("secret")
	begun.says(t, `<code class="secret">`+key+`</code>`)
	wrong := b.post("/security/apps/new/activate", "id", begun.hidden(t, "id"), "name", "Laptop", "code", "000000")
	wrong.is(t, http.StatusUnprocessableEntity, "")
	if s.factors(t, ada) != 1 {
		t.Error("it counts before a code was right")
	}
	b.post("/security/apps/new/activate", "id", begun.hidden(t, "id"), "name", "Laptop", "code", s.oathtool(t, key)).is(t, http.StatusSeeOther, "/security/apps")
	s.told(t, ada, accounts.AppAdded)
	b.get("/security/apps").says(t, "<h2>Laptop</h2>")
	b.get("/security/apps/new").hides(t, key)

	s.Clock.Pass(time.Minute)
	asked := s.Ask(ada)
	if _, err = s.Approvals.Verify(t.Context(), s.Shop, asked.ID, "totp", secret.Secret(s.oathtool(t, key))); err != nil {
		t.Error(err)
	}
	b = s.in(t, ada, phone)
	link := regexp.MustCompile(`/security/apps/aut_[0-9a-f]+/remove`).FindString(b.get("/security/apps").text)
	b.get(link).says(t, "Remove this app?", "<strong>Laptop</strong>")
	b.post(link).is(t, http.StatusSeeOther, "/security/apps")
	b.get("/security/apps").hides(t, "Laptop")
	b.post(link).is(t, http.StatusNotFound, "")
}

// Five apps are the most, and the page says so before it is tried.
func TestFiveAppsAtMost(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _, b := s.member(t, "Ada")
	for range otp.MaxApps {
		s.app(t, ada)
	}
	b.get("/security/apps").hides(t, "/security/apps/new")
	b.post("/security/apps/new").is(t, http.StatusConflict, "")
}

// A new phone is linked with the old one approving, which then may go.
func TestNewPhone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, old, b := s.member(t, "Ada")
	at := b.post("/security/phones/replace").to()
	phone := s.NewPhone()
	s.scanned(t, b.get(at), phone)
	if s.factors(t, ada) != 1 {
		t.Error("the new phone counts before the old one approved")
	}
	waiting := b.get(at)
	number := regexp.MustCompile(`class="number" role="img" aria-label="([0-9 ]+)"`).FindStringSubmatch(waiting.text)
	if number == nil {
		t.Fatalf("the page shows no number\n%s", waiting.text)
	}
	s.approveNewPhone(t, waiting.hidden(t, "pairing"), old, strings.ReplaceAll(number[1], " ", ""))
	b.get(at).says(t, `"mark good"`, `href="/security/phones/replace/done"`)
	done := b.get("/security/phones/replace/done")
	done.says(t, "Do you still use your old phone?", "/security/phones/"+old.Device.ID+"/remove")
	done.hides(t, "/security/phones/"+phone.Device.ID+"/remove")
	b.post("/security/phones/"+old.Device.ID+"/remove").is(t, http.StatusSeeOther, "/security/phones")
	b.get("/security/phones/replace/done").hides(t, old.Device.ID)
}

// TestThreatLinkedPhoneTakenAway: once the phone is linked, "not my phone" is for the session that
// opened the pairing, and for who was proven lately.
func TestThreatLinkedPhoneTakenAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, old, other := s.member(t, "Ada")
	s.Clock.Pass(signin.Freshness + time.Second)
	b := s.in(t, ada, old)
	at := b.post("/security/phones/link").to()
	s.scanned(t, b.get(at), s.NewPhone())
	waiting := b.get(at)
	id := waiting.hidden(t, "pairing")
	number := regexp.MustCompile(`class="number" role="img" aria-label="([0-9 ]+)"`).FindStringSubmatch(waiting.text)
	s.approveNewPhone(t, id, old, strings.ReplaceAll(number[1], " ", ""))
	for _, base := range []string{"/security/phones/link", "/security/push", "/setup/link"} {
		got := other.post(base+"/cancel", "pairing", id)
		if !strings.HasPrefix(got.to(), "/prove?") {
			t.Errorf("%s: answered %d %s", base, got.StatusCode, got.to())
		}
	}
	s.hasPhones(ada, 2)
	s.Clock.Pass(signin.Freshness + time.Second)
	b.post("/security/phones/link/cancel", "pairing", id).is(t, http.StatusSeeOther, at)
	s.hasPhones(ada, 1)
}

// A browser goes on only with a pairing of this very session: one of before the factor links nothing.
func TestAnotherSessionOpensAnotherPairing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, old, b := s.member(t, "Ada")
	at := b.post("/security/phones/link").to()
	b.post("/security/phones/link").is(t, http.StatusSeeOther, at)
	b.cookies["__Host-aye_session"] = s.LogIn(ada, old).Token.Reveal()
	if to := b.post("/security/phones/link").to(); to == at || !strings.HasPrefix(to, "/security/phones/link?pairing=") {
		t.Errorf("another session is sent to %q", to)
	}
}

// approveNewPhone types the number on the older phone.
func (s *site) approveNewPhone(t testing.TB, pairingID string, old *ayetest.Phone, number string) {
	t.Helper()
	p, err := s.Pairings.Find(t.Context(), pairingID)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Approvals.Find(t.Context(), p.ApprovalID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = s.Decide(old, r, func(c jwt.MapClaims) { c["num"] = number }); err != nil {
		t.Fatal(err)
	}
}

// When the old phone is gone, a recovery code or a code of an app stands in for it, and nothing less.
func TestNewPhoneWithoutTheOldOne(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _, b := s.member(t, "Ada")
	codes, err := s.Codes.NewRecoveryCodes(t.Context(), ada.Person.ID)
	if err != nil {
		t.Fatal(err)
	}
	at := b.post("/security/phones/replace").to()
	phone := s.NewPhone()
	s.scanned(t, b.get(at), phone)
	id := b.get(at).hidden(t, "pairing")
	instead := func(method, field, code string) answer {
		return b.post("/security/phones/replace/instead", "pairing", id, "method", method, field, code)
	}
	instead("totp", "code", string(phone.CodeNow())).is(t, http.StatusUnprocessableEntity, "")
	instead("recovery", "recovery", "0000-0000-0000-0000").is(t, http.StatusUnprocessableEntity, "")
	if s.factors(t, ada) != 1 {
		t.Fatal("the phone is linked all the same")
	}
	instead("recovery", "recovery", strings.ToUpper(codes[3].Reveal())).is(t, http.StatusSeeOther, at)
	b.get(at).says(t, `"mark good"`)
	s.told(t, ada, accounts.RecoveryCodeUsed, accounts.PhoneLinked)
}

// Nobody sees or touches the pairing of somebody else.
func TestPairingIsThePersonsOwn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _, b := s.member(t, "Ada")
	_, _, other := s.member(t, "Bob")
	at := b.post("/security/phones/link").to()
	other.get(at).is(t, http.StatusSeeOther, "/security/phones/link")
	id := b.get(at).hidden(t, "pairing")
	for _, step := range []string{"renew", "confirm", "instead", "cancel"} {
		other.post("/security/phones/link/"+step, "pairing", id, "code", "123456").is(t, http.StatusSeeOther, "/security/phones/link")
	}
	b.get(at).says(t, `class="qr"`)
	if s.factors(t, ada) != 1 {
		t.Error("something changed")
	}
}
