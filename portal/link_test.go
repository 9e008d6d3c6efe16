package portal_test

import (
	"net/http"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/ayetest"
	"example.com/aye/pairing"
)

// linking is a browser of somebody without a factor, at the QR code.
func (s *site) linking(m accounts.Member) *browser {
	s.Helper()
	b := s.browser()
	b.password(m)
	b.get("/setup/method")
	b.submit("/setup/method", "method", "push")
	b.submit("/setup/link")
	b.scan()
	return b
}

func TestShowNewCode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.linking(s.person("Ada"))
	before := b.scan()
	s.Clock.Pass(pairing.CodeLife)
	b.get(b.page.path)
	b.says("link.is.expired.title")
	b.submit("/setup/link/renew")
	if b.scan() == before {
		t.Fatal("the same code again")
	}
	if _, err := s.Claim(s.NewPhone(), before); err == nil {
		t.Fatal("the code of before still works")
	}
	s.Clock.Pass(pairing.Life) // then it is another pairing
	b.get(b.page.path)
	b.says("link.is.expired.title")
	b.submit("/setup/link/renew")
	b.scan()
}

func TestTooManyCodesShown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.linking(s.person("Ada"))
	for range pairing.PerHour - 1 {
		b.submit("/setup/link/cancel")
		b.at("/setup/method")
		b.get("/setup/link")
		b.submit("/setup/link")
		b.scan()
	}
	b.submit("/setup/link/cancel")
	b.get("/setup/link")
	b.submit("/setup/link")
	b.is(http.StatusTooManyRequests)
	b.says("link.is.too-many.title")
}

func TestStrictTypesTheDigitsBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Change(func(o *accounts.Organisation) { o.Profile = accounts.Strict })
	b := s.linking(s.person("Ada"))
	phone, shown := s.NewPhone(), b.scan()
	if _, err := s.Claim(phone, shown); err != nil {
		t.Fatal(err)
	}
	digits := pairing.ConfirmationDigits(ayetest.Scan(shown), ayetest.Public(phone.Key), ayetest.Public(phone.ApprovalKey)).Reveal()
	b.get(b.page.path)
	b.says("link.digits.text", "Phone", "Pixel 9")
	b.submit("/setup/link/confirm", "code", "")
	b.says("link.digits.missing")
	b.submit("/setup/link/confirm", "code", other(digits))
	b.is(http.StatusUnprocessableEntity)
	b.says("link.digits.wrong")
	b.submit("/setup/link/confirm", "code", digits[:3]+" "+digits[3:])
	b.at("/setup/done")
}

func TestWrongDigitsBurn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Change(func(o *accounts.Organisation) { o.Profile = accounts.Strict })
	ada := s.person("Ada")
	b := s.linking(ada)
	if _, err := s.Claim(s.NewPhone(), b.scan()); err != nil {
		t.Fatal(err)
	}
	b.get(b.page.path)
	for range pairing.Tries - 1 {
		b.submit("/setup/link/confirm", "code", "000000")
	}
	b.submit("/setup/link/confirm", "code", "000000")
	b.says("link.is.burned.title")
	s.hasPhones(ada, 0)
}

func (s *site) hasPhones(m accounts.Member, want int) {
	s.Helper()
	phones, err := s.Devices.Of(s.Context(), m.Person.ID)
	if err != nil || len(phones) != want {
		s.Fatalf("%d phones (%v), want %d", len(phones), err, want)
	}
}

// "Not my phone" takes the phone away, also behind the end of the wizard.
func TestNotMyPhone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	b := s.linking(ada)
	if _, err := s.Claim(s.NewPhone(), b.scan()); err != nil {
		t.Fatal(err)
	}
	b.get(b.page.path)
	b.at("/setup/done")
	s.hasPhones(ada, 1)
	b.submit("/setup/link/cancel")
	b.says("link.not-mine-done")
	b.says("link.is.burned.title")
	s.hasPhones(ada, 0)
	b.submit("/setup/link")
	b.scan()
}

// Nobody sees or changes another person's pairing.
func TestAnothersPairing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.linking(s.person("Ada"))
	path, shown := b.page.path, b.scan()
	thief := s.linking(s.person("Bob"))
	thief.get(path)
	thief.says("link.install.first")
	id := path[len("/setup/link?pairing="):]
	for _, action := range []string{"renew", "confirm", "cancel"} {
		thief.post("/setup/link/"+action, "pairing", id, "code", "000000")
	}
	if _, err := s.Claim(s.NewPhone(), shown); err != nil {
		t.Fatalf("Ada's code was touched: %v", err)
	}
}

func TestAsManyPhonesAsThereCanBe(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	phone := s.Pair(ada)
	for range devices.MaxActive - 1 {
		s.Clock.Pass(pairing.CodeLife)
		s.Clock.Pass(3600e9 / 4)
		s.Pair(ada)
	}
	b := s.browser()
	b.logIn(ada, phone)
	b.get("/security/phones/link")
	b.submit("/security/phones/link")
	b.is(http.StatusConflict)
	b.says("link.is.full.title")
}
