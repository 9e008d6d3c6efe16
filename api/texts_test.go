package api_test

import (
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/accounts"
	"example.com/aye/internal/app"
	"example.com/aye/internal/emulate"
	"example.com/aye/internal/stage"
	"example.com/aye/sms"
)

const adasNumber = "+31612345678"

func texts(o *stage.Options) { o.Texts = true }

// textWorld is one where the operator can send text messages.
func textWorld(t *testing.T, change ...func(*stage.Options)) *world {
	t.Helper()
	w := newWorld(t, append(change, texts)...)
	if _, err := w.AddTextProvider(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	return w
}

// textShop is an organisation that takes text messages, with an application that may manage them and an owner
// with a proven number.
func (w *world) textShop(members ...string) *shop {
	w.t.Helper()
	o := w.organisation(func(o *accounts.Organisation) { o.Methods = []accounts.SecondFactor{accounts.SMS, accounts.Recovery} })
	return w.shopOf(o, func(a *accounts.Application) { a.MayManageTexts = true }, members...)
}

// prove gives somebody of the organisation a number.
func (s *shop) prove(email, number string) {
	s.w.t.Helper()
	m, err := s.w.App.Accounts.Member(s.w.t.Context(), s.organisation.ID, accounts.UserReference{Email: email})
	if err == nil {
		err = s.w.ProveNumber(s.w.t.Context(), m, number)
	}
	if err != nil {
		s.w.t.Fatal(err)
	}
}

// owner makes an owner with a number.
func (s *shop) owner(email, number string) {
	s.w.t.Helper()
	s.w.member(s.organisation, email, accounts.RoleOwner)
	s.prove(email, number)
}

func (w *world) textCode(number string) string {
	w.t.Helper()
	code, err := w.TextCode(w.t.Context(), number)
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}

// sentCode is what is told of a code on its way.
type sentCode struct {
	To        string `json:"to"`
	State     string `json:"state"`
	SentAt    string `json:"sent_at"`
	ExpiresAt string `json:"expires_at"`
	NextAt    string `json:"next_at"`
}

// saidProblem is what a problem says beside its code.
type saidProblem struct {
	Reason string `json:"reason"`
	Detail string `json:"detail"`
	Errors []struct{ Pointer, Detail string }
}

func (a *answer) problemOf() (out saidProblem) {
	a.t.Helper()
	a.into(&out)
	return out
}

// wrong is a code that is not this one.
func wrong(code string) string {
	n, _ := strconv.Atoi(code)
	return strconv.Itoa(100_000 + (n+1)%900_000)
}

// TestLoginByTextMessage is the whole way of somebody who has nothing else.
func TestLoginByTextMessage(t *testing.T) {
	t.Parallel()
	w := textWorld(t)
	s := w.textShop(ada)
	s.post(t, "/v1/approvals", question(ada)).problem(http.StatusConflict, "not-enrolled") // no number yet
	s.prove(ada, adasNumber)
	s.post(t, "/v1/approvals", question(ada)).problem(http.StatusConflict, "not-enrolled") // nobody would pay
	if _, err := w.AddTextProvider(t.Context(), s.organisation.ID); err != nil {
		t.Fatal(err)
	}
	request := s.ask(ada, object{"expires_in": 300})
	if strings.Join(request.Methods, " ") != "sms" || len(request.Delivery) != 0 {
		t.Errorf("%+v", request)
	}
	path := "/v1/approvals/" + request.ID
	verify := func(code string) *answer {
		return s.post(t, path+"/verify", object{"method": "sms", "code": code})
	}
	verify("123456").problem(http.StatusConflict, "method-unavailable") // none went out
	s.post(t, path+"/codes", object{"method": "totp"}).problem(http.StatusConflict, "method-unavailable")
	var sent sentCode
	s.post(t, path+"/codes", object{"method": "sms"}).want(http.StatusAccepted).into(&sent)
	if sent.To != "+31 •••• ••78" || sent.State != "sent" || sent.NextAt <= sent.SentAt || sent.ExpiresAt <= sent.NextAt {
		t.Errorf("%+v", sent)
	}
	first := w.textCode(adasNumber)
	if text := w.MessageBird.Texts(adasNumber); !strings.HasSuffix(text[len(text)-1].Body, "\n@shop.example.com #"+first) {
		t.Errorf("%q", text[len(text)-1].Body)
	}
	soon := s.post(t, path+"/codes", object{"method": "sms"}).problem(http.StatusTooManyRequests, "sms-too-many")
	if after, _ := strconv.Atoi(soon.header.Get("Retry-After")); soon.problemOf().Reason != "pause" || after < 20 || after > 30 {
		t.Errorf("%s after %d s", soon.body, after)
	}
	w.pass(30 * time.Second)
	s.post(t, path+"/codes", object{"method": "sms"}).want(http.StatusAccepted)
	second := w.textCode(adasNumber)
	verify(wrong(second)).problem(http.StatusForbidden, "wrong-code")
	if first != second {
		verify(first).problem(http.StatusForbidden, "wrong-code") // the newest counts
	}
	var now state
	verify(second).want(http.StatusOK).into(&now)
	if now.Status != "approved" || now.Method != "sms" {
		t.Errorf("%+v", now)
	}
	var released struct {
		Method    string `json:"method"`
		Assertion string `json:"assertion"`
	}
	s.redeem(request.ID, now.ReleaseCode).want(http.StatusOK).into(&released)
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(released.Assertion, claims); err != nil {
		t.Fatal(err)
	}
	if amr, _ := claims["amr"].([]any); released.Method != "sms" || len(amr) != 2 || amr[0] != "otp" || amr[1] != "sms" {
		t.Errorf("%+v %v", released, claims)
	}
	// The code of one request answers no other.
	other := s.ask(ada, browser("b-2"))
	s.post(t, "/v1/approvals/"+other.ID+"/verify", object{"method": "sms", "code": second}).problem(http.StatusConflict, "method-unavailable")
}

// TestTextMessagesThatDoNotGoOut: what the organisation, the vendor and the limits refuse.
func TestTextMessagesThatDoNotGoOut(t *testing.T) {
	t.Parallel()
	w := textWorld(t)
	s := w.textShop(ada)
	s.prove(ada, adasNumber)
	p, err := w.AddTextProvider(t.Context(), s.organisation.ID)
	if err != nil {
		t.Fatal(err)
	}
	asks := func(browserID string) string { return "/v1/approvals/" + s.ask(ada, browser(browserID)).ID + "/codes" }
	send := func(path string) *answer { return s.post(t, path, object{"method": "sms"}) }

	var path string
	for code, reason := range map[string]string{"25": "no-balance", "2": "bad-key", "429": "busy"} {
		w.pass(3 * time.Minute)
		path = asks("b-" + code)
		w.MessageBird.Script(adasNumber, emulate.Behaviour{Reason: code, Times: 1})
		if refused := send(path).problem(http.StatusBadGateway, "sms-refused"); refused.problemOf().Reason != reason {
			t.Errorf("%s: %s", code, refused.body)
		}
	}
	// No answer is no error: the code counts if it arrives.
	w.pass(3 * time.Minute)
	path = asks("b-lost")
	w.MessageBird.Script(adasNumber, emulate.Behaviour{Lost: true, Times: 1})
	var sent sentCode
	send(path).want(http.StatusAccepted).into(&sent)
	if sent.State != "unknown" {
		t.Errorf("%+v", sent)
	}
	s.post(t, strings.TrimSuffix(path, "codes")+"verify", object{"method": "sms", "code": w.textCode(adasNumber)}).want(http.StatusOK)

	// What changes between asking and sending is seen.
	w.pass(3 * time.Minute)
	path = asks("b-2")
	if err = w.App.SMS.Activate(t.Context(), s.organisation.ID, p.ID, false); err != nil {
		t.Fatal(err)
	}
	if closed := send(path).problem(http.StatusConflict, "sms-not-open"); closed.problemOf().Reason != "no-provider" {
		t.Errorf("%s", closed.body)
	}
	if err = w.App.SMS.Activate(t.Context(), s.organisation.ID, p.ID, true); err != nil {
		t.Fatal(err)
	}
	send(path).want(http.StatusAccepted)
	m, err := w.App.Accounts.Member(t.Context(), s.organisation.ID, accounts.UserReference{Email: ada})
	if err != nil {
		t.Fatal(err)
	}
	if err = w.App.Accounts.ChooseTexts(t.Context(), m.Person.ID); err != nil {
		t.Fatal(err)
	}
	if err = w.ProveNumber(t.Context(), m, "+31612345679"); err != nil {
		t.Fatal(err)
	}
	closed := s.post(t, strings.TrimSuffix(path, "codes")+"verify", object{"method": "sms", "code": w.textCode(adasNumber)}).problem(http.StatusConflict, "sms-not-open").problemOf()
	if closed.Reason != "person" || !strings.HasSuffix(closed.Detail, ": person") {
		t.Errorf("%+v", closed)
	}
}

// draft is what is not in use yet.
type draft struct {
	ID        string   `json:"id"`
	Provider  string   `json:"provider"`
	Kind      string   `json:"kind"`
	KeyEnd    string   `json:"key_end"`
	ReportURL string   `json:"report_url"`
	Code      sentCode `json:"code"`
	Expected  struct {
		Country, Currency, Each, Source, Month string
		Logins                                 int
	} `json:"expected"`
}

type textProvider struct {
	ID          string `json:"id"`
	Kind        string `json:"kind"`
	Description string `json:"description"`
	Sender      string `json:"sender"`
	KeyEnd      string `json:"key_end"`
	Reports     bool   `json:"reports"`
	ReportURL   string `json:"report_url"`
	Active      bool   `json:"active"`
	Trouble     *struct{ Reason, Since string }
}

const owner, ownersNumber = "owner@example.com", "+31623456789"

// setup is a valid body that begins a provider.
func (w *world) setup(change ...object) object {
	body := object{
		"description": "Main", "sender": "Tulp", "key": w.MessageBird.Key().Reveal(), "signing_key": w.MessageBird.Signing().Reveal(),
		"administrator": object{"email": owner},
	}
	for _, c := range change {
		maps.Copy(body, c)
	}
	return body
}

// begin begins a provider, or a change, and confirms it.
func (s *shop) provider(change ...object) textProvider {
	s.w.t.Helper()
	var d draft
	s.post(s.w.t, "/v1/sms-providers", s.w.setup(change...)).want(http.StatusAccepted).into(&d)
	var p textProvider
	s.post(s.w.t, "/v1/sms-drafts/"+d.ID+"/confirm", object{"code": s.w.textCode(ownersNumber)}).want(http.StatusOK).into(&p)
	return p
}

// TestProviderByTheAPI sets one up, changes it, and takes it away.
func TestProviderByTheAPI(t *testing.T) {
	t.Parallel()
	w := textWorld(t)
	s := w.textShop()
	s.owner(owner, ownersNumber)
	var d draft
	s.post(t, "/v1/sms-providers", w.setup()).want(http.StatusAccepted).into(&d)
	key := w.MessageBird.Key().Reveal()
	if d.Kind != "messagebird" || d.KeyEnd != key[len(key)-4:] || d.Code.To != "+31 •••• ••89" || d.Code.State != "sent" || d.ReportURL != w.Origin+"/v1/sms/reports/"+d.ID ||
		d.Expected.Country != "NL" || d.Expected.Each != "0.056" || d.Expected.Source != "configuration" {
		t.Errorf("%+v", d)
	}
	var list struct{ Providers []textProvider }
	s.get(t, "/v1/sms-providers").want(http.StatusOK).into(&list)
	if len(list.Providers) != 0 {
		t.Errorf("in use before it was confirmed: %+v", list)
	}
	confirm := "/v1/sms-drafts/" + d.ID + "/confirm"
	first := w.textCode(ownersNumber)
	s.post(t, confirm, object{"code": wrong(first)}).problem(http.StatusForbidden, "wrong-code")
	s.call(t, http.MethodPost, "/v1/sms-drafts/"+d.ID+"/resend", nil).problem(http.StatusTooManyRequests, "sms-too-many")
	w.pass(sms.FirstPause)
	s.call(t, http.MethodPost, "/v1/sms-drafts/"+d.ID+"/resend", nil).want(http.StatusAccepted).into(&d)
	for range sms.CodeTries {
		s.post(t, confirm, object{"code": "no code"}).problem(http.StatusForbidden, "wrong-code")
	}
	s.post(t, confirm, object{"code": w.textCode(ownersNumber)}).problem(http.StatusTooManyRequests, "too-many-attempts")
	w.pass(2 * sms.FirstPause)
	s.call(t, http.MethodPost, "/v1/sms-drafts/"+d.ID+"/resend", nil).want(http.StatusAccepted)
	var p textProvider
	s.post(t, confirm, object{"code": w.textCode(ownersNumber)}).want(http.StatusOK).into(&p)
	if p.ID != d.ID || !p.Active || !p.Reports || p.Sender != "Tulp" || p.ReportURL != d.ReportURL {
		t.Errorf("%+v", p)
	}
	s.post(t, confirm, object{"code": "123456"}).problem(http.StatusNotFound, "not-found") // it is used up

	at := "/v1/sms-providers/" + p.ID
	w.pass(time.Hour)
	s.call(t, http.MethodPatch, at, object{"sender": "Tulip", "signing_key": "", "administrator": object{"email": owner}}).want(http.StatusAccepted).into(&d)
	s.get(t, at).want(http.StatusOK).into(&p)
	if d.Provider != p.ID || d.ID == p.ID || p.Sender != "Tulp" || !p.Reports {
		t.Errorf("changed before it was confirmed: %+v %+v", d, p)
	}
	s.post(t, "/v1/sms-drafts/"+d.ID+"/confirm", object{"code": w.textCode(ownersNumber)}).want(http.StatusOK).into(&p)
	if p.Sender != "Tulip" || p.Reports || !p.Active || p.Description != "Main" {
		t.Errorf("%+v", p)
	}
	s.call(t, http.MethodPost, at+"/deactivate", nil).want(http.StatusOK).into(&p)
	if p.Active {
		t.Error("it still sends")
	}
	s.call(t, http.MethodPost, at+"/activate", nil).want(http.StatusOK).into(&p)
	if !p.Active {
		t.Error("it does not send")
	}
	s.remove(t, at).want(http.StatusNoContent)
	s.remove(t, at).problem(http.StatusNotFound, "not-found")
	s.get(t, at).problem(http.StatusNotFound, "not-found")
}

// TestProvidersThatAreRefused: before anything goes out, or because the vendor says no.
func TestProvidersThatAreRefused(t *testing.T) {
	t.Parallel()
	w := textWorld(t)
	s := w.textShop(ada)
	s.owner(owner, ownersNumber)
	w.member(s.organisation, "numberless@example.com", accounts.RoleAdministrator)
	s.prove(ada, adasNumber)
	sent := len(w.MessageBird.Sent())
	for _, c := range []struct {
		what    string
		change  object
		pointer string
	}{
		{"no description", object{"description": ""}, "/description"},
		{"a long sender", object{"sender": "Tulp en Zoon"}, "/sender"},
		{"no sender", object{"sender": ""}, "/sender"},
		{"no key", object{"key": ""}, "/key"},
		{"nobody", object{"administrator": object{}}, "/administrator"},
		{"somebody twice", object{"administrator": object{"email": owner, "id": "usr_1"}}, "/administrator"},
		{"a member", object{"administrator": object{"email": ada}}, "/administrator"},
		{"without a number", object{"administrator": object{"email": "numberless@example.com"}}, "/administrator"},
		{"a field that is none", object{"number": "+31612345678"}, "/number"},
	} {
		problem := s.post(t, "/v1/sms-providers", w.setup(c.change)).problem(http.StatusBadRequest, "invalid-request").problemOf()
		if len(problem.Errors) != 1 || problem.Errors[0].Pointer != c.pointer {
			t.Errorf("%s: %+v", c.what, problem)
		}
	}
	s.post(t, "/v1/sms-providers", w.setup(object{"administrator": object{"email": "nobody@example.com"}})).problem(http.StatusNotFound, "unknown-user")
	for what, c := range map[string]struct {
		key    string
		reason string
	}{
		"a wrong key": {strings.Repeat("x", 25), "bad-key"},
	} {
		if refused := s.post(t, "/v1/sms-providers", w.setup(object{"key": c.key})).problem(http.StatusBadGateway, "sms-refused").problemOf(); refused.Reason != c.reason {
			t.Errorf("%s: %+v", what, refused)
		}
	}
	w.MessageBird.SetBalance(0)
	if refused := s.post(t, "/v1/sms-providers", w.setup()).problem(http.StatusBadGateway, "sms-refused").problemOf(); refused.Reason != "no-balance" {
		t.Errorf("%+v", refused)
	}
	w.MessageBird.SetBalance(10)
	if len(w.MessageBird.Sent()) != sent {
		t.Error("something went out all the same")
	}
	w.MessageBird.Script(ownersNumber, emulate.Behaviour{Reason: "10 originator", Times: 1})
	if refused := s.post(t, "/v1/sms-providers", w.setup()).problem(http.StatusBadGateway, "sms-refused").problemOf(); refused.Reason != "bad-sender" {
		t.Errorf("%+v", refused)
	}
}

// TestTextSettingsAndCosts: where messages may go, what they may cost, what they did, and for whom.
func TestTextSettingsAndCosts(t *testing.T) {
	t.Parallel()
	w := textWorld(t, func(o *stage.Options) {
		o.Change = func(c *app.Config) { c.SMS.Prices = []app.SMSPrice{{Country: "NL", Price: "0.45"}} }
	})
	s := w.textShop(ada)
	s.owner(owner, ownersNumber)
	s.prove(ada, adasNumber)
	w.MessageBird.SetPrice("NL", 0.46) // what the vendor asks; the operator's list says 0.45
	type settings struct {
		Countries     []string
		Cap, Currency string
	}
	var now settings
	s.get(t, "/v1/sms-settings").want(http.StatusOK).into(&now)
	if strings.Join(now.Countries, " ") != "NL" || now.Cap != "50.00" || now.Currency != "EUR" {
		t.Errorf("%+v", now)
	}
	put := func(body any) *answer { return s.call(t, http.MethodPut, "/v1/sms-settings", body) }
	for _, unsaid := range []any{nil, "default"} {
		put(object{"countries": []string{}, "cap": "80"}).want(http.StatusOK).into(&now)
		if now.Cap != "80.00" {
			t.Errorf("%+v", now)
		}
		put(object{"countries": []string{}, "cap": unsaid}).want(http.StatusOK).into(&now)
		if now.Cap != "50.00" {
			t.Errorf("%v: %+v", unsaid, now)
		}
	}
	put(object{"countries": []string{"NL", "BE"}, "cap": "1.00"}).want(http.StatusOK).into(&now)
	if strings.Join(now.Countries, " ") != "BE NL" && strings.Join(now.Countries, " ") != "NL BE" || now.Cap != "1.00" {
		t.Errorf("%+v", now)
	}
	for pointer, body := range map[string]object{
		"/countries": {"countries": []string{"Netherlands"}, "cap": "5"}, "/cap": {"countries": []string{}, "cap": "5,00"}, "": {"cap": "5"},
	} {
		if problem := put(body).problem(http.StatusBadRequest, "invalid-request").problemOf(); problem.Errors[0].Pointer != pointer {
			t.Errorf("%v: %+v", body, problem)
		}
	}
	for _, most := range []any{"100000.01", "0", "0.00", "0.999999", "", 50, []string{"50"}} {
		if problem := put(object{"countries": []string{}, "cap": most}).problem(http.StatusBadRequest, "invalid-request").problemOf(); problem.Errors[0].Pointer != "/cap" {
			t.Errorf("%v: %+v", most, problem)
		}
	}
	s.provider() // which costs 0.46 of the 1.00
	request := s.ask(ada)
	s.post(t, "/v1/approvals/"+request.ID+"/codes", object{"method": "sms"}).want(http.StatusAccepted)
	code := w.textCode(adasNumber)
	s.post(t, "/v1/approvals/"+request.ID+"/verify", object{"method": "sms", "code": code}).want(http.StatusOK)
	if err := w.MessageBird.ReportsDone(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.post(t, "/v1/approvals", question(ada, browser("b-2"))).problem(http.StatusConflict, "not-enrolled") // a third would pass the limit

	month := w.now().UTC().Format("2006-01")
	var costs struct {
		Month string
		Costs []struct {
			Payer, Purpose, Country, Amount, Currency string
			Messages, Parts, Reported, Unknown        int
		}
	}
	s.get(t, "/v1/sms-costs?month="+month).want(http.StatusOK).into(&costs)
	byPurpose := map[string]string{}
	for _, c := range costs.Costs {
		byPurpose[c.Purpose] = c.Payer
		if c.Amount != "0.46" && c.Purpose != "registration" || c.Country != "NL" || c.Currency != "EUR" || c.Unknown != 0 || c.Reported != c.Messages {
			t.Errorf("%+v", c)
		}
	}
	if costs.Month != month || len(costs.Costs) != 3 || byPurpose["login"] != "organisation" || byPurpose["provider-check"] != "organisation" || byPurpose["registration"] != "operator" {
		t.Errorf("%+v", costs)
	}
	s.get(t, "/v1/sms-costs?month=2020-01").want(http.StatusOK).into(&costs)
	if len(costs.Costs) != 0 {
		t.Errorf("%+v", costs)
	}
	s.get(t, "/v1/sms-costs?month=202601").problem(http.StatusBadRequest, "invalid-request")
	s.get(t, "/v1/sms-costs?month=2026-13").problem(http.StatusBadRequest, "invalid-request")

	var users struct {
		Users []struct {
			User        struct{ Email string }
			Times       int
			OtherFactor bool `json:"other_factor"`
			Payer       string
		}
	}
	s.get(t, "/v1/sms-users").want(http.StatusOK).into(&users)
	if len(users.Users) != 1 || users.Users[0].User.Email != ada || users.Users[0].Times != 1 || users.Users[0].OtherFactor || users.Users[0].Payer != "organisation" {
		t.Errorf("%+v", users)
	}
	s.get(t, "/v1/sms-users?since=yesterday").problem(http.StatusBadRequest, "invalid-request")
	s.call(t, http.MethodPost, "/v1/sms-settings/resume", nil).want(http.StatusOK)
}

// TestThreatKeysOfProviders: nothing that is answered or written to the log has a key or a code of a provider.
func TestThreatKeysOfProviders(t *testing.T) {
	t.Parallel()
	log := new(paper)
	w := textWorld(t, logged(log))
	s := w.textShop()
	s.owner(owner, ownersNumber)
	var d draft
	began := s.post(t, "/v1/sms-providers", w.setup()).want(http.StatusAccepted).into(&d)
	code := w.textCode(ownersNumber)
	said := []string{string(began.body)}
	said = append(said, string(s.post(t, "/v1/sms-drafts/"+d.ID+"/confirm", object{"code": code}).want(http.StatusOK).body))
	w.MessageBird.Revoke(w.MessageBird.Key())
	said = append(said,
		string(s.get(t, "/v1/sms-providers").want(http.StatusOK).body), string(s.get(t, "/v1/sms-providers/"+d.ID).want(http.StatusOK).body),
		string(s.post(t, "/v1/sms-providers", w.setup()).problem(http.StatusBadGateway, "sms-refused").body), log.String())
	for _, text := range said {
		for what, canary := range map[string]string{"key": w.MessageBird.Key().Reveal(), "signing key": w.MessageBird.Signing().Reveal(), "code": `"` + code + `"`, "number": ownersNumber} {
			if strings.Contains(text, canary) {
				t.Errorf("the %s is in: %s", what, text)
			}
		}
	}
}
