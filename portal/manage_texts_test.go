package portal_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/portal/locales"
	"example.com/aye/portal/page"
	"example.com/aye/sms"
)

// numbers counts the mobile numbers that were given to people.
var numbers atomic.Int64

// freshNumber is a number that nobody else has.
func freshNumber() string { return fmt.Sprintf("+316%08d", 12_000_000+numbers.Add(1)) }

// draftOf is a provider that the member filled in, whose code is not typed.
func (s *site) draftOf(m accounts.Member) string {
	s.Helper()
	d, err := s.SMS.As(s.Accounts.As(ayetest.Actor(m))).Begin(s.Context(), sms.Setup{
		OrganisationID: m.OrganisationID, Description: "Draft", Sender: "Tulp", Key: "live0123456789abcdefWXYZ",
		By: sms.Administrator{ID: m.ID, PersonID: m.Person.ID, Number: freshNumber()},
	})
	ayetest.Fails(s, err, nil)
	return d.ID
}

// newNumberOf gives the member another number than before, so that it does not count yet.
func (s *site) newNumberOf(m accounts.Member) accounts.Member {
	s.Helper()
	s.WithNumber(m, freshNumber())
	s.Clock.Pass(time.Minute)
	return s.WithNumber(m, freshNumber())
}

// administrator is somebody with a proven number who has just logged in, in a browser of the language.
func (s *site) administrator(language string) (accounts.Member, *ayetest.Phone, *browser) {
	s.Helper()
	m := s.AddMember(s.Organisation, "Olga", accounts.RoleAdministrator)
	s.SetPassword(m)
	m = s.WithNumber(m, freshNumber())
	p := s.Pair(m)
	b := s.enters(m, p)
	b.language = language
	return m, p, b
}

// enters logs in once more in the browser: five minutes may have passed.
func (b *browser) enters(m accounts.Member, p *ayetest.Phone) {
	b.Helper()
	b.cookies = b.site.enters(m, p).cookies
}

var (
	anchor = regexp.MustCompile(`(?s)<a\b([^>]*)>(.*?)</a>`)
	label  = regexp.MustCompile(`(?s)<label for="([^"]+)">(.*?)</label>`)
	button = regexp.MustCompile(`(?s)<button\b[^>]*>(.*?)</button>`)
	entry  = regexp.MustCompile(`(?s)<(?:input|textarea|select)\b([^>]*)>`)
)

// reads is what a person reads of a piece of a page.
func reads(piece string) string {
	return strings.TrimSpace(space.ReplaceAllString(html.UnescapeString(tag.ReplaceAllString(piece, " ")), " "))
}

// clicks follows the link with these words.
func (b *browser) clicks(words string) opened {
	b.Helper()
	for _, found := range anchor.FindAllStringSubmatch(b.page.body, -1) {
		if reads(found[2]) == words {
			return b.get(attributes(found[1])["href"])
		}
	}
	b.Fatalf("%s has no link %q:\n%s", b.page.path, words, b.page.text())
	return opened{}
}

// presses fills in fields by their labels, and presses the button with these words.
func (b *browser) presses(words string, pairs ...string) opened {
	b.Helper()
	for _, found := range formTag.FindAllStringSubmatch(b.page.body, -1) {
		pressed := false
		for _, one := range button.FindAllStringSubmatch(found[2], -1) {
			pressed = pressed || reads(one[1]) == words
		}
		if !pressed {
			continue
		}
		names, ids := map[string]string{}, map[string]string{}
		for _, one := range entry.FindAllStringSubmatch(found[2], -1) {
			about := attributes(one[1])
			ids[about["id"]] = about["name"]
		}
		for _, one := range label.FindAllStringSubmatch(found[2], -1) {
			names[reads(one[2])] = ids[one[1]]
		}
		var fields []string
		for i := 0; i+1 < len(pairs); i += 2 {
			if names[pairs[i]] == "" {
				b.Fatalf("%s has no field %q:\n%s", b.page.path, pairs[i], b.page.text())
			}
			fields = append(fields, names[pairs[i]], pairs[i+1])
		}
		return b.submit(attributes(found[1])["action"], fields...)
	}
	b.Fatalf("%s has no button %q:\n%s", b.page.path, words, b.page.text())
	return opened{}
}

// tells fails unless the open page has the words as they are.
func (b *browser) tells(words ...string) {
	b.Helper()
	squeeze := func(text string) string { return strings.NewReplacer(" ", "", "\u00a0", "").Replace(text) }
	for _, w := range words {
		if !strings.Contains(squeeze(b.page.text()), squeeze(w)) {
			b.Fatalf("%s (%d) does not tell %q:\n%s", b.page.path, b.page.status, w, b.page.text())
		}
	}
}

// providers are those of the world's own organisation.
func (s *site) providers() []sms.Provider {
	s.Helper()
	all, err := s.SMS.List(s.Context(), s.Organisation.ID)
	ayetest.Fails(s, err, nil)
	return all
}

const live = "live_9Zk2vWb0n4Xw71LpTt5rx4Qe"

// An administrator sets a provider up by the words that the pages show.
func TestTextProviderIsSetUp(t *testing.T) {
	t.Parallel()
	for language, say := range map[string]struct{ manage, menu, make, description, sender, key, next, code, save, costs, hence, each string }{
		locales.English: {
			"Management", "Text message provider", "New", "Description", "Sender", "API key", "Next", "Code", "Save",
			"The costs will then be borne by your organisation.", "From now on logins cost your organisation money.", "About € 0.056 each in the Netherlands.",
		},
		locales.Dutch: {
			"Beheer", "SMS-provider", "Nieuw", "Omschrijving", "Afzender", "API-sleutel", "Volgende", "Code", "Opslaan",
			"De kosten zijn dan voor jouw organisatie.", "Vanaf nu kost inloggen jouw organisatie geld.", "Een sms kost in Nederland ongeveer € 0,056.",
		},
	} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			m, _, b := s.administrator(language)
			ada := s.WithNumber(s.person("Ada"), freshNumber())
			o := s.AllowSMS(s.Organisation)
			open := func() sms.Reason {
				t.Helper()
				can, err := s.SMS.Open(t.Context(), o, ada, accounts.TextLogin)
				ayetest.Fails(t, err, nil)
				return can.Reason
			}
			seen := ""
			look := func(got opened) { seen += got.everything() }
			look(b.get("/apps"))
			look(b.clicks(say.manage))
			look(b.clicks(say.menu))
			b.says("manage.texts.none.plain")
			look(b.clicks(say.make))
			b.tells(say.costs, accounts.MaskedNumber(m.Person.Number))
			look(b.presses(say.next, say.description, "Our account", say.sender, "Tulp Zoon", say.key, live))
			b.is(http.StatusOK)
			b.tells(say.hence, say.each, accounts.MaskedNumber(m.Person.Number))
			sent := s.Texts.Sent()
			ayetest.Same(t, "sent by", []any{sent[len(sent)-1].Account.Key.Reveal(), sent[len(sent)-1].Account.Sender, sent[len(sent)-1].To}, []any{live, "Tulp Zoon", m.Person.Number})
			ayetest.Same(t, "in use before the code is right", []any{len(s.providers()), open()}, []any{0, sms.NoProvider})

			look(b.presses(say.save, say.code, "not it"))
			b.is(http.StatusUnprocessableEntity)
			b.says("manage.texts.code.wrong")
			look(b.presses(say.save, say.code, ""))
			b.says("manage.texts.code.missing")
			ayetest.Same(t, "in use", []any{len(s.providers()), open()}, []any{0, sms.NoProvider})
			look(b.presses(say.save, say.code, s.Texts.LastCode(m.Person.Number)))
			b.at("/manage/texts")
			b.says("manage.texts.said-saved")
			b.tells("Our account", "Tulp Zoon", "••••x4Qe", b.said("manage.texts.active"))
			ayetest.Same(t, "open now", open(), sms.Open)
			p := s.providers()[0]
			ayetest.Same(t, "provider", []any{p.Description, p.Sender, p.Kind, p.KeyEnd, p.Active, p.Signed}, []any{"Our account", "Tulp Zoon", sms.MessageBird, "x4Qe", true, false})
			for _, path := range []string{"", "/" + p.ID, "/" + p.ID + "/change", "/" + p.ID + "/stop", "/" + p.ID + "/remove", "/people", "/costs", "/costs.csv", "/settings"} {
				look(b.get("/manage/texts" + path))
				b.is(http.StatusOK)
			}
			if strings.Contains(seen+s.log.String(), live) || strings.Contains(seen, live[:12]) {
				t.Error("the key is shown")
			}
			b.get("/manage/texts/costs")
			b.says("manage.texts.purpose.provider-check")
			b.says("manage.texts.payer.organisation")
		})
	}
}

// Who has proven no number says where the code goes; the number is used for that alone.
func TestTextProviderByANumberOfOnesOwn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m, b := s.manager(accounts.RoleOwner)
	b.language = locales.Dutch
	b.get("/manage/texts/new")
	b.presses("Volgende", "Omschrijving", "Ons account", "Afzender", "Tulp", "API-sleutel", live, "Je eigen mobiele nummer", "010 1234567")
	b.is(http.StatusUnprocessableEntity)
	b.says("manage.texts.problem.number-form")
	b.presses("Volgende", "API-sleutel", live, "Je eigen mobiele nummer", "06 12345678")
	b.is(http.StatusOK)
	b.tells("+31 •••• ••78")
	b.presses("Opslaan", "Code", s.Texts.LastCode("+31612345678"))
	b.says("manage.texts.said-saved")
	p, err := s.Accounts.Person(t.Context(), m.Person.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "number", p.Number, "")

	// Who has one gets it there, whatever the form says.
	m = s.WithNumber(m, freshNumber())
	b.post("/manage/texts/new", "description", "Second", "sender", "Tulp", "key", live, "number", "+31687654321")
	b.is(http.StatusOK)
	ayetest.Same(t, "texts to another number", len(s.Texts.To("+31687654321")), 0)
	b.tells(accounts.MaskedNumber(m.Person.Number))
}

// What the vendor refuses is said in words, with what to do and the vendor's own; nothing is kept.
func TestTextProviderIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleOwner)
	evil := "no <b>way</b> *really* [x](/y)"
	for class, status := range map[sms.Class]int{
		sms.BadKey: 422, sms.TestKey: 422, sms.NoBalance: 422, sms.BadSender: 422, sms.BadNumber: 422, sms.NotPermitted: 422, sms.Busy: 502, sms.Down: 502, sms.Other: 502,
	} {
		for _, key := range []string{live, "bk_eu1_9Zk2vWb0n4Xw71LpTt5r"} {
			kind, err := sms.KindOf(secret.Secret(key))
			ayetest.Fails(t, err, nil)
			for _, b.language = range locales.All {
				s.Texts.Refuse(&sms.VendorError{Class: class, Code: "25", Detail: evil})
				b.post("/manage/texts/new", "description", "Ours", "sender", "Tulp", "key", key, "number", freshNumber())
				s.Texts.Refuse(nil)
				b.is(status)
				b.tells(b.spoken(page.TextTrouble(string(class), string(kind))), evil+" (25)", b.said("manage.texts.said."+string(kind)))
				b.says("manage.texts.form.again")
				if strings.Contains(b.page.body, "<b>way") || strings.Contains(b.page.body, key) || !strings.Contains(b.page.body, `value="Ours"`) {
					t.Errorf("%s: the page has the key or the vendor's markup, or lost what was typed:\n%s", class, b.page.body)
				}
			}
		}
	}
	ayetest.Same(t, "kept", len(s.providers()), 0)
	for _, test := range []struct {
		left sms.Balance
		err  error
		want sms.Class
	}{
		{sms.Balance{Prepaid: true, Unit: "credits"}, nil, sms.NoBalance},
		{sms.Balance{}, &sms.VendorError{Class: sms.BadKey, Detail: "incorrect access_key"}, sms.BadKey},
	} {
		s.Texts.Balance(test.left, test.err)
		before := len(s.Texts.Sent())
		b.post("/manage/texts/new", "description", "Ours", "sender", "Tulp", "key", live, "number", freshNumber())
		b.is(http.StatusUnprocessableEntity)
		b.tells(b.spoken(page.TextTrouble(string(test.want), "messagebird")))
		ayetest.Same(t, "sent", len(s.Texts.Sent()), before)
	}
}

// spoken is a text of a view in the language of the browser.
func (b *browser) spoken(text page.Text) string {
	b.Helper()
	var pairs []any
	for name, value := range text.Values {
		if inner, ok := value.(page.Text); ok {
			value = b.spoken(inner)
		}
		pairs = append(pairs, name, value)
	}
	return b.said(text.ID, pairs...)
}

// What is wrong with a field is said beside it, and no message goes out.
func TestTextProviderWrong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, _, b := s.administrator(locales.English)
	good := map[string]string{"description": "Ours", "sender": "Tulp", "key": live, "signing": "whsec_abc"}
	for _, test := range []struct{ field, value, says string }{
		{"description", " ", "manage.texts.problem.called"},
		{"description", strings.Repeat("x", 101), "manage.texts.problem.called"},
		{"description", "x\u202ey", "manage.texts.problem.called"},
		{"sender", "", "manage.texts.problem.sender-missing"},
		{"sender", "Tulp & Zoon", "manage.texts.problem.sender-form"},
		{"sender", "Tulpen en Zonen", "manage.texts.problem.sender-form"},
		{"key", "", "manage.texts.problem.key-missing"},
		{"key", "test_gshuPaZoeEG6ovbc8M79w0QyM", "manage.texts.problem.key-test"},
		{"key", "one two", "manage.texts.problem.key-form"},
		{"signing", "one two", "manage.texts.problem.signing-form"},
	} {
		var pairs []string
		for name, value := range good {
			if name != test.field {
				pairs = append(pairs, name, value)
			}
		}
		b.post("/manage/texts/new", append(pairs, test.field, test.value)...)
		b.is(http.StatusUnprocessableEntity)
		b.says(test.says)
		ayetest.Same(t, "faults of "+test.field, strings.Count(b.page.body, "aria-invalid"), 1)
		if strings.Contains(b.page.body, live) || strings.Contains(b.page.body, "gshuPa") || strings.Contains(b.page.body, "whsec_abc") {
			t.Errorf("with %s wrong the page has a key", test.field)
		}
	}
	ayetest.Same(t, "sent", len(s.Texts.Sent()), 1) // the administrator's own number
	ayetest.Fails(t, s.SMS.ChangeSettings(t.Context(), sms.Settings{OrganisationID: s.Organisation.ID, Countries: []string{"NL", "US"}}), nil)
	_, n := s.manager(accounts.RoleOwner)
	n.post("/manage/texts/new", "description", "Ours", "sender", "Tulp", "key", live, "number", "+1 202 555 0143")
	n.is(http.StatusUnprocessableEntity)
	n.says("manage.texts.problem.closed-sender")
	n.post("/manage/texts/new", "description", "Ours", "sender", "Tulp", "key", live)
	n.says("manage.texts.problem.number-missing")
}

// No answer is no refusal: the page says so, and the code works if it arrives.
func TestTextProviderWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m, _, b := s.administrator(locales.English)
	s.Texts.Silent(true)
	b.post("/manage/texts/new", "description", "Ours", "sender", "Tulp", "key", live)
	b.is(http.StatusOK)
	b.says("manage.texts.code.uncertain", "Vendor", "MessageBird")
	ayetest.Same(t, "sent", len(s.Texts.To(m.Person.Number)), 2)
	b.presses("Save", "Code", s.Texts.LastCode(m.Person.Number))
	b.says("manage.texts.said-saved")
}

// Another code can be asked for after a pause, and ends the one before. Few wrong ones are looked at.
func TestTextProviderAnotherCode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m, phone, b := s.administrator(locales.English)
	b.post("/manage/texts/new", "description", "Ours", "sender", "Tulp", "key", live)
	page, first := b.page.path, s.Texts.LastCode(m.Person.Number)
	b.says("manage.texts.code.pause", "Time", "0:30")
	b.presses("Send another code")
	b.is(http.StatusTooManyRequests)
	b.says("manage.texts.problem.pause", "Wait", "30 seconds")
	s.Clock.Pass(31 * time.Second)
	b.get(page + "/again")
	b.at(page)
	b.presses("Send another code")
	b.at(page)
	b.says("manage.texts.code.said-again")
	b.presses("Save", "Code", first)
	b.says("manage.texts.code.wrong")
	for range sms.CodeTries {
		b.post(page, "code", "no")
	}
	b.is(http.StatusTooManyRequests)
	b.says("manage.texts.code.tries")
	b.post(page, "code", s.Texts.LastCode(m.Person.Number))
	b.says("manage.texts.code.tries")
	s.Clock.Pass(2 * time.Minute)
	b.presses("Send another code")
	s.Clock.Pass(sms.CodeLife)
	b.enters(m, phone)
	b.post(page, "code", s.Texts.LastCode(m.Person.Number))
	b.is(http.StatusUnprocessableEntity)
	b.says("manage.texts.code.old")
	s.Texts.Fail(sms.NoBalance)
	b.presses("Send another code")
	b.is(http.StatusUnprocessableEntity)
	b.tells("There is not enough on your account at MessageBird. Top it up there.")
	s.Texts.Refuse(nil)
	s.Clock.Pass(2 * time.Minute)
	b.presses("Send another code")
	b.says("manage.texts.code.said-again")
	s.Clock.Pass(2 * time.Minute)
	b.presses("Send another code")
	b.is(http.StatusTooManyRequests) // five in an hour, one of them to prove the number
	b.tells("So many messages went to this number")
	ayetest.Same(t, "kept", len(s.providers()), 0)
	s.Clock.Pass(time.Hour)
	b.enters(m, phone)
	b.get(page)
	b.is(http.StatusNotFound)
}

// What a slow vendor refuses is said too, after the time that a page has.
func TestTextProviderIsSlow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, _, b := s.administrator(locales.English)
	b.post("/manage/texts/new", "description", "Ours", "sender", "Tulp", "key", live)
	for _, path := range []string{b.page.path + "/again", "/manage/texts/new"} {
		s.Clock.Pass(2 * time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		s.Texts.Answer(func(sms.Outgoing) (sms.Outcome, error) {
			cancel()
			return sms.Outcome{}, &sms.VendorError{Class: sms.NoBalance}
		})
		form := url.Values{"description": {"Ours"}, "sender": {"Tulp"}, "key": {live}}
		got := b.call(b.request(http.MethodPost, path, form).WithContext(ctx))
		if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.text(), "There is not enough on your account") {
			t.Errorf("%s: %d, %s", path, got.status, got.text())
		}
	}
}

// Two administrators do not see each other's drafts: the key is one's, and the code goes to one.
func TestTextProviderDraftIsOnes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleOwner)
	other := s.draftOf(s.AddMember(s.Organisation, "Admin", accounts.RoleAdministrator))
	for _, path := range []string{"", "/again"} {
		b.get("/manage/texts/drafts/" + other + path)
		b.is(http.StatusNotFound)
		b.post("/manage/texts/drafts/"+other+path, "code", "123456")
		b.is(http.StatusNotFound)
	}
}
