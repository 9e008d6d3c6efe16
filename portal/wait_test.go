package portal_test

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/notify"
	"example.com/aye/portal/locales"
)

var shown = regexp.MustCompile(`class="number" role="img" aria-label="([0-9 ]+)"`)

// number is the one on the open page.
func (b *browser) number() string {
	b.Helper()
	found := shown.FindStringSubmatch(b.page.body)
	if found == nil {
		b.Fatalf("%s shows no number:\n%s", b.page.path, b.page.text())
	}
	return strings.ReplaceAll(found[1], " ", "")
}

var waitsFor = regexp.MustCompile(`/v1/approvals/(apr_[^/]+)/events`)

// asked is the request that the open page waits for.
func (b *browser) asked() approval.Request {
	b.Helper()
	found := waitsFor.FindStringSubmatch(b.page.body)
	if found == nil {
		b.Fatalf("%s (%d) waits for nothing:\n%s", b.page.path, b.page.status, b.page.text())
	}
	r, err := b.Approvals.Find(b.Context(), found[1])
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// answers lets the phone answer what the open page waits for, with a number or an empty one.
func (b *browser) answers(p *ayetest.Phone, verdict approval.Verdict, number string) {
	b.Helper()
	r := b.asked()
	claims := p.DecisionClaims(r, verdict)
	if number != "" {
		claims["num"] = number
	}
	if _, err := b.Send(p, r, p.SignDecision(p.ApprovalKey, claims)); err != nil {
		b.Fatal(err)
	}
}

// approves types the number of the open page on the phone.
func (b *browser) approves(p *ayetest.Phone) {
	b.Helper()
	b.answers(p, approval.Approve, b.number())
}

// logIn logs the person in by password and phone, in the end wherever that leads.
func (b *browser) logIn(m accounts.Member, p *ayetest.Phone) opened {
	b.Helper()
	b.password(m)
	b.at("/login/wait")
	b.approves(p)
	return b.get("/login/wait")
}

// prove proves the person again; the open page is the one that asks for the password.
func (b *browser) prove(p *ayetest.Phone) opened {
	b.Helper()
	b.at("/prove")
	b.submit("/prove", "password", ayetest.Password.Reveal())
	b.at("/prove/wait")
	b.approves(p)
	return b.get(b.page.path)
}

func TestLogInByPush(t *testing.T) {
	t.Parallel()
	for _, language := range locales.All {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			ada := s.person("Ada")
			phone := s.Pair(ada)
			b := s.browser()
			b.language = language
			b.password(ada)
			b.at("/login/wait")
			b.says("wait.title.enter")
			b.says("wait.number.enter")
			b.says("wait.told.queued", "Name", "Pixel 9")
			b.says("wait.help.title")
			number := b.number()
			if b.get("/login/wait"); b.number() != number {
				t.Fatalf("a reload shows %s, before it was %s", b.number(), number)
			}
			before := maps.Clone(b.cookies)
			b.approves(phone)
			b.get("/login/wait")
			b.at("/apps")
			b.get("/login/wait") // over
			b.at("/apps")
			b.post("/login/wait/cancel") // an old tab takes nothing back
			b.get("/apps")
			b.at("/apps")
			in := maps.Clone(b.cookies)
			b.submit("/logout")
			b.at("/login")
			b.says("login.logged-out")
			for _, cookies := range []map[string]string{b.cookies, before, in} { // whoever has a token of before has nothing
				b.cookies = cookies
				b.get("/apps")
				b.at("/login")
			}
		})
	}
}

// A page without a script finds its own way; one with a script is told where to go.
func TestTheScriptIsToldWhereToGo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	phone := s.Pair(ada)
	b := s.browser()
	b.password(ada)
	look := func() opened {
		r := b.request(http.MethodGet, "/login/wait", nil)
		r.Header.Set("Aye-Part", "main")
		return b.call(r)
	}
	if part := look(); part.status != http.StatusOK || !strings.Contains(part.body, `data-wait="pending"`) || strings.Contains(part.body, "<html") {
		t.Fatalf("%d: %s", part.status, part.body)
	}
	b.approves(phone)
	if part := look(); part.status != http.StatusNoContent || part.header.Get("Aye-Location") != "/apps" {
		t.Fatalf("%d to %q", part.status, part.header.Get("Aye-Location"))
	}
}

// Only the page with the number shows the number.
func TestOnlyOnePageShowsTheNumber(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	s.Pair(ada)
	s.Change(func(o *accounts.Organisation) { o.Profile = accounts.Strict }) // six digits are nothing else by chance
	b := s.browser()
	b.password(ada)
	number := b.number()
	if len(number) != 6 {
		t.Fatalf("%d digits", len(number))
	}
	for _, path := range []string{"/login/wait/code", "/login", "/forgot", "/"} {
		b.get(path)
		if b.page.path != "/login/wait" && (strings.Contains(b.page.body, number) || shown.MatchString(b.page.body)) {
			t.Errorf("%s shows it", b.page.path)
		}
	}
	b.get("/login/wait")
	b.answers(s.Elder(ada), approval.Deny, "")
	b.get("/login/wait")
	b.says("wait.end.denied.title")
	if strings.Contains(b.page.body, number) {
		t.Error("the page that ends it shows it")
	}
}

// Each end has words of its own, and a way on.
func TestHowWaitingEnds(t *testing.T) {
	t.Parallel()
	for state, end := range map[string]func(*browser, *ayetest.Phone){
		"denied":     func(b *browser, p *ayetest.Phone) { b.answers(p, approval.Deny, "") },
		"mismatched": func(b *browser, p *ayetest.Phone) { b.answers(p, approval.Approve, other(b.number())) },
		"expired":    func(b *browser, _ *ayetest.Phone) { b.Clock.Pass(approval.DefaultLife) },
		"lapsed": func(b *browser, p *ayetest.Phone) {
			b.approves(p)
			b.Clock.Pass(approval.RedeemLife + time.Second)
		},
	} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			ada := s.person("Ada")
			phone := s.Pair(ada)
			b := s.browser()
			b.password(ada)
			before := b.asked().ID
			end(b, phone)
			b.get("/login/wait")
			b.is(http.StatusOK)
			b.says("wait.end." + state + ".title")
			b.says("wait.end." + state + ".text")
			b.get("/apps")
			b.at("/login/wait") // nobody was let in
			b.submit("/login/wait/again")
			if b.asked().ID == before {
				t.Fatal("the same request again")
			}
			b.approves(phone)
			b.get("/login/wait")
			b.at("/apps")
		})
	}
}

// other is another number of as many digits.
func other(number string) string {
	return strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, number)
}

func TestThisWasNotMe(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	phone := s.Pair(ada)
	b := s.browser()
	b.password(ada)
	b.answers(phone, approval.Report, "")
	b.get("/login/wait")
	b.says("wait.end.reported.title")
	b.says("wait.end.reported.quiet")
	b.post("/login/wait/again")
	b.says("wait.end.reported.title")
	b.submit("/login/wait/cancel")
	b.at("/login")
}

func TestTooManyAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	s.Pair(ada)
	for range approval.MaxPending {
		s.browser().password(ada)
	}
	b := s.browser()
	b.password(ada)
	b.is(http.StatusTooManyRequests)
	b.says("wait.end.too-many.title")
	s.Clock.Pass(approval.DefaultLife)
	b.submit("/login/wait/again")
	b.number()
}

func TestNoNotificationIsExplained(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	s.Pair(ada)
	b := s.browser()
	b.password(ada)
	b.submit("/login/wait/resend")
	b.says("wait.resent")
	for range approval.PushesPerTenMinutes - 2 {
		b.submit("/login/wait/resend")
	}
	b.submit("/login/wait/resend") // one too many
	b.says("wait.withheld")
	b.says("wait.told.withheld", "Name", "Pixel 9")
	if strings.Contains(b.page.text(), b.said("wait.resent")) {
		t.Fatal("it says that it was sent")
	}
	b.get("/login/wait?help")
	if !strings.Contains(b.page.body, "<details open>") || strings.Contains(b.page.body, `http-equiv="refresh"`) {
		t.Fatal("the help closes by itself")
	}
}

func TestTapHasNoNumber(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Change(func(o *accounts.Organisation) { o.AllowTap = true })
	ada := s.person("Ada")
	phone := s.Pair(ada)
	b := s.browser()
	b.password(ada)
	b.says("wait.tap.enter")
	if shown.MatchString(b.page.body) {
		t.Fatal("a number for nothing")
	}
	b.answers(phone, approval.Approve, "")
	b.get("/login/wait")
	b.at("/apps")
}

func TestLogInByCode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	phone := s.Pair(ada)
	b := s.browser()
	b.password(ada)
	b.get("/login/wait/code?method=totp")
	b.says("code.title.totp")
	b.submit("/login/wait/code", "code", "")
	b.is(http.StatusUnprocessableEntity)
	b.says("code.missing")
	b.submit("/login/wait/code", "code", other(phone.CodeNow().Reveal()))
	b.is(http.StatusUnprocessableEntity)
	b.says("code.wrong.totp")
	b.submit("/login/wait/code", "code", phone.CodeNow().Reveal()[:3]+" "+phone.CodeNow().Reveal()[3:])
	b.at("/apps")
}

func TestCodesAreCounted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	phone := s.Pair(ada)
	b := s.browser()
	b.password(ada)
	b.get("/login/wait/code?method=totp")
	for range 5 {
		b.submit("/login/wait/code", "code", other(phone.CodeNow().Reveal()))
		b.says("code.wrong.totp")
	}
	b.submit("/login/wait/code", "code", phone.CodeNow().Reveal())
	b.is(http.StatusUnprocessableEntity)
	b.says("code.locked")
	b.get("/apps")
	b.at("/login/wait")
}

func TestLogInByRecoveryCode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	s.Pair(ada)
	codes, err := s.Codes.NewRecoveryCodes(t.Context(), ada.Person.ID)
	if err != nil {
		t.Fatal(err)
	}
	b := s.browser()
	b.password(ada)
	b.get("/login/wait/code?method=recovery")
	b.says("code.title.recovery")
	b.submit("/login/wait/code", "code", "1a2b-3c4d-5e6f-7g8h")
	b.says("code.wrong.recovery")
	b.submit("/login/wait/code", "code", strings.ToUpper(codes[0].Reveal()))
	b.at("/apps")
}

// Who has an authenticator app alone types a code at once; where no codes count, the page says so.
func TestWithoutAPhone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	app := s.codes(ada)
	b := s.browser()
	b.password(ada)
	b.at("/login/wait")
	b.says("code.title.totp")
	s.Clock.Pass(time.Minute)
	b.submit("/login/wait/code", "code", app().Reveal())
	b.at("/apps")

	s.Change(func(o *accounts.Organisation) { o.Methods = []accounts.SecondFactor{} })
	b = s.browser()
	b.password(ada)
	b.says("wait.end.nothing.title")
}

func TestCancelTheWaiting(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	s.Pair(ada)
	b := s.browser()
	b.password(ada)
	r := b.asked()
	b.submit("/login/wait/cancel")
	b.at("/login")
	b.says("wait.cancelled")
	if state := s.State(r.ID); state != approval.Cancelled {
		t.Fatalf("the request is %s", state)
	}
	b.get("/login/wait")
	b.at("/login")
}

// Before security settings the password is asked again, and the phone.
func TestProve(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	phone := s.Pair(ada)
	b := s.browser()
	b.logIn(ada, phone)
	s.Clock.Pass(6 * time.Minute)
	b.get("/prove?next=/apps?x=1")
	b.says("prove.title")
	b.submit("/prove", "password", "wrong")
	b.is(http.StatusUnauthorized)
	b.says("prove.wrong")
	b.submit("/prove", "password", ayetest.Password.Reveal())
	b.at("/prove/wait")
	b.says("wait.number.prove")
	b.answers(phone, approval.Deny, "")
	b.get(b.page.path)
	b.says("wait.end.denied.title")
	b.submit("/prove/wait/again")
	b.approves(phone)
	b.get(b.page.path)
	if b.page.path != "/apps?x=1" {
		t.Fatalf("it leads to %s", b.page.path)
	}
	b.get("/prove?next=//evil.example.com") // proven already: goes on, and not there
	b.at("/security")
}

// A phone that is taken away while the page waits leaves a way on.
func TestThePhoneIsRemovedMeanwhile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Accounts.Texter = nil
	ada := s.person("Ada")
	phone := s.Pair(ada)
	b := s.browser()
	b.password(ada)
	b.answers(phone, approval.Deny, "")
	b.get("/login/wait")
	if _, err := s.Devices.Remove(t.Context(), phone.Device, accounts.Operator); err != nil {
		t.Fatal(err)
	}
	b.submit("/login/wait/again")
	b.says("wait.end.unlinked.title")
	b.submit("/login/wait/cancel")
	b.at("/login")
	b.password(ada)
	b.at("/setup/method")
}

// The page says in plain words what became of the notification.
func TestWhereTheNotificationIs(t *testing.T) {
	t.Parallel()
	for detail, says := range map[string]string{
		"The app was removed from this phone, or it registered anew.": "wait.reason.gone",
		"Google did not answer in time.":                              "wait.reason.trouble",
		"There is no connection to Google.":                           "wait.reason.trouble",
		"Google refuses our credentials.":                             "wait.reason.setup",
		"Google refused the message.":                                 "wait.reason.unknown",
		"":                                                            "wait.told.accepted",
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			ada := s.person("Ada")
			phone := s.Pair(ada)
			b := s.browser()
			b.password(ada)
			b.says("wait.told.queued", "Name", "Pixel 9")
			report := notify.Report{Push: s.Pusher.Taken(notify.MessageApproval)[0], Outcome: notify.Outcome{Class: notify.Rejected, Detail: detail}}
			if detail == "" {
				report.Outcome.Class = notify.Accepted
			}
			if err := s.Approvals.Pushed(t.Context(), report); err != nil {
				t.Fatal(err)
			}
			b.get("/login/wait")
			b.says(says, "Name", "Pixel 9", "Channel", "Google")
			if _, err := s.Approvals.PendingFor(t.Context(), phone.Device); err != nil {
				t.Fatal(err)
			}
			b.get("/login/wait")
			b.says("wait.told.fetched", "Name", "Pixel 9")
		})
	}
}

// No link to the login leads to another site, before or after it.
func TestNoLinkLeadsAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	phone := s.Pair(ada)
	for _, next := range []string{"//evil.example.com", "https://evil.example.com", `/\evil.example.com`} {
		b := s.browser()
		b.get("/login?next=" + url.QueryEscape(next))
		if strings.Contains(b.page.body, "evil") {
			t.Fatalf("the page keeps %s", next)
		}
		if b.post("/login", "email", ada.Person.Email, "password", "wrong", "next", next); strings.Contains(b.page.body, "evil") {
			t.Fatalf("the page keeps %s", next)
		}
		b.post("/login", "email", ada.Person.Email, "password", ayetest.Password.Reveal(), "next", next)
		b.approves(phone)
		b.get("/login/wait")
		b.at("/apps")
		b.get("/login?next=" + url.QueryEscape(next)) // who is in goes on at once
		b.at("/apps")
		b.get("/login?next=/security")
		b.at("/security")
	}
}
