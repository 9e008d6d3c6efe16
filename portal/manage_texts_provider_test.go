package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/portal/locales"
	"example.com/aye/sms"
)

// kept is the provider as it is stored, with its keys.
func (s *site) kept(id string) sms.Provider {
	s.Helper()
	p, err := s.Store.ProviderWithKeys(s.Context(), s.Organisation.ID, id)
	ayetest.Fails(s, err, nil)
	return p
}

// A change is proven by a code of the changed account too. What is left empty stays.
func TestTextProviderIsChanged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m, phone, b := s.administrator(locales.English)
	p := s.OwnProvider(s.Organisation)
	address := "/manage/texts/" + p.ID
	b.get(address)
	b.says("manage.texts.reports.on")
	b.tells("https://aye.example.com/v1/sms/reports/" + p.ID)
	b.clicks("Change")
	b.says("manage.texts.form.key-keep", "End", p.KeyEnd)
	b.presses("Next", "Sender", "Tulp")
	b.says("manage.texts.code.pays-already")
	ayetest.Same(t, "before the code", s.kept(p.ID).Sender, "Example")
	b.presses("Save", "Code", s.Texts.LastCode(m.Person.Number))
	b.at(address)
	b.says("manage.texts.said-changed")
	now := s.kept(p.ID)
	ayetest.Same(t, "after it", []any{now.Sender, now.Key.Reveal(), now.Signing.Reveal(), now.Active}, []any{"Tulp", p.Key.Reveal(), p.Signing.Reveal(), true})

	b.get(address + "/change")
	b.presses("Next", "API key", live, "Take the signing key away", "yes")
	b.presses("Save", "Code", s.Texts.LastCode(m.Person.Number))
	now = s.kept(p.ID)
	ayetest.Same(t, "another key", []any{now.Key.Reveal(), now.Signing.Reveal(), now.KeyEnd}, []any{live, "", "x4Qe"})
	b.says("manage.texts.reports.off")

	// A key that failed is not kept, and the page says that the field is empty.
	b.post(address+"/change", "description", "Example", "sender", "no & no", "key", "bk_eu1_anotherKey123456789")
	b.is(http.StatusUnprocessableEntity)
	b.says("manage.texts.form.again-change", "End", "x4Qe")
	if strings.Contains(b.page.everything(), "anotherKey") {
		t.Error("the page has the key")
	}
	// One that is not in use stays so, and costs nothing.
	ayetest.Fails(t, s.SMS.Activate(t.Context(), s.Organisation.ID, p.ID, false), nil)
	s.Clock.Pass(time.Hour)
	b.enters(m, phone)
	b.get(address + "/change")
	b.presses("Next", "Description", "The spare one")
	if text := b.page.text(); strings.Contains(text, b.said("manage.texts.code.pays")) || strings.Contains(text, b.said("manage.texts.code.pays-already")) {
		t.Errorf("it is said to cost something:\n%s", text)
	}
	b.presses("Save", "Code", s.Texts.LastCode(m.Person.Number))
	b.says("manage.texts.inactive")
	ayetest.Same(t, "in use", []any{s.kept(p.ID).Active, s.kept(p.ID).Description}, []any{false, "The spare one"})
}

// texter is somebody who logs in by text message and has nothing else.
func (s *site) texter(name string) accounts.Member {
	s.Helper()
	m := s.WithNumber(s.person(name), freshNumber())
	ayetest.Fails(s, s.Accounts.ChooseTexts(s.Context(), m.Person.ID), nil)
	return m
}

// Who is shut out is said before a provider is used no longer, or goes.
func TestTextProviderIsStoppedAndRemoved(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleAdministrator)
	s.AllowSMS(s.Organisation)
	first := s.OwnProvider(s.Organisation)
	second := s.AddProvider(s.Organisation.ID, func(p *sms.Provider) { p.Description = "The second" })
	address := "/manage/texts/" + second.ID
	b.get(address + "/stop")
	b.says("manage.texts.stop.nobody")
	b.says("manage.texts.stop.others")
	s.Pair(s.texter("Safe"))
	s.texter("Lost")
	b.get(address + "/stop")
	b.says("manage.texts.stop.lost", "Count", 1)
	s.texter("Lost too")
	b.get(address + "/remove")
	b.says("manage.texts.stop.lost", "Count", 2)
	b.says("manage.texts.remove.key", "End", second.KeyEnd, "Vendor", "MessageBird")
	s.SMS.Config.LoginEnds = s.Clock.Now().AddDate(0, 1, 0)
	b.get(address + "/stop")
	b.says("manage.texts.stop.stands", "Date", s.SMS.Config.LoginEnds.UTC().Format("2 January 2006"))
	ayetest.Same(t, "in use", s.kept(second.ID).Active, true)
	b.presses("Stop using")
	b.at(address)
	b.says("manage.texts.said-stopped")
	ayetest.Same(t, "in use", s.kept(second.ID).Active, false)
	b.get("/manage/texts")
	b.says("manage.texts.none.stands", "Date", s.SMS.Config.LoginEnds.UTC().Format("2 January 2006"))
	s.SMS.Config.LoginEnds = s.Clock.Now()
	b.get("/manage/texts")
	b.says("manage.texts.none.over", "Date", s.SMS.Config.LoginEnds.UTC().Format("2 January 2006"))

	b.get("/manage/texts/" + first.ID + "/activate")
	b.says("manage.texts.activate.pays")
	b.tells("About € 0.056 each in the Netherlands.")
	b.presses("Use")
	b.says("manage.texts.said-activated")
	b.get(address + "/activate")
	b.says("manage.texts.activate.instead", "Name", "Example")
	b.get(address + "/remove")
	b.says("manage.texts.remove.inactive")
	b.presses("Remove")
	b.at("/manage/texts")
	b.says("manage.texts.said-removed")
	for _, path := range []string{"", "/change", "/activate", "/stop", "/remove"} {
		b.get(address + path)
		b.is(http.StatusNotFound)
		if path != "" {
			b.post(address+path, "description", "x", "sender", "x", "key", live)
			b.is(http.StatusNotFound)
		}
	}
	ayetest.Same(t, "left", len(s.providers()), 1)
}

// What an administrator has to know stands on the page: trouble in words, the end of the classic
// interface, what the operator lacks, what the rules forbid.
func TestTextsTellWhatToDo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleOwner)
	p := s.OwnProvider(s.Organisation)
	b.get("/manage/texts")
	b.says("manage.texts.classic")
	b.says("manage.texts.not-allowed")
	if strings.Contains(b.page.text(), b.said("manage.texts.no-operator")) {
		t.Error("the operator is said to have no provider")
	}
	s.AllowSMS(s.Organisation)
	_, err := s.Store.SetTrouble(t.Context(), p.ID, sms.BadKey, s.Clock.Now())
	ayetest.Fails(t, err, nil)
	all, err := s.SMS.List(t.Context(), "")
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, s.SMS.Remove(t.Context(), "", all[0].ID), nil)
	b.get("/manage/texts")
	b.says("manage.texts.no-operator")
	b.says("manage.texts.in-trouble")
	b.says("manage.texts.trouble.bad-key", "Vendor", "MessageBird")
	b.get("/manage/texts/" + p.ID)
	b.says("manage.texts.trouble.bad-key", "Vendor", "MessageBird")
	s.AddProvider(s.Organisation.ID, func(p *sms.Provider) { p.Kind, p.Key = sms.Bird, "bk_eu1_9Zk2vWb0n4Xw71LpTt5r" })
	b.get("/manage/texts")
	if text := b.page.text(); strings.Contains(text, b.said("manage.texts.classic")) || strings.Contains(text, b.said("manage.texts.not-allowed")) {
		t.Errorf("the page says too much:\n%s", text)
	}
}

// Ten providers are kept, and no more.
func TestTextProvidersAreFew(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleOwner)
	for range sms.MaximumProviders {
		s.OwnProvider(s.Organisation)
	}
	b.get("/manage/texts")
	b.says("manage.texts.full")
	b.post("/manage/texts/new", "description", "Ours", "sender", "Tulp", "key", live, "number", freshNumber())
	b.is(http.StatusConflict)
	b.says("manage.texts.problem.too-many")
}

// Messages that were stopped go out again when an administrator says so.
func TestTextsGoOutAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleAdministrator)
	stopped := func() bool {
		t.Helper()
		settings, err := s.SMS.Settings(t.Context(), s.Organisation.ID)
		ayetest.Fails(t, err, nil)
		return !settings.Stopped.IsZero()
	}
	b.post("/manage/texts/resume")
	b.says("manage.texts.said-running")
	_, err := s.Store.StopSMS(t.Context(), s.Organisation.ID, s.Clock.Now(), audit.Entry{
		Organisation: s.Organisation.ID, Actor: "system", Action: "texts.stopped", Subject: s.Organisation.ID, At: s.Clock.Now(),
	})
	ayetest.Fails(t, err, nil)
	b.get("/manage/texts")
	b.says("manage.texts.stopped.title")
	b.clicks("Send messages again")
	b.says("manage.texts.stopped.resume-lead")
	ayetest.Same(t, "stopped", stopped(), true)
	b.presses("Send messages again")
	b.at("/manage/texts")
	b.says("manage.texts.said-resumed")
	ayetest.Same(t, "stopped", stopped(), false)
}

// Countries and the most per month, as people of both languages write amounts.
func TestTextSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleAdministrator)
	b.language = locales.Dutch
	settings := func() sms.Settings {
		t.Helper()
		settings, err := s.SMS.Settings(t.Context(), s.Organisation.ID)
		ayetest.Fails(t, err, nil)
		return settings
	}
	b.get("/manage/texts/settings")
	for _, found := range []string{`value="NL" checked`, `value="50,00"`} {
		if !strings.Contains(b.page.body, found) {
			t.Errorf("the form has no %s", found)
		}
	}
	b.tells("Duitsland", "Verenigde Staten", b.said("manage.texts.demand.permission"))
	// The helper sends one value of a name; browsers send all.
	r := b.request(http.MethodPost, "/manage/texts/settings", map[string][]string{"country": {"NL", "DE"}, "cap": {" 12,50 "}})
	b.follow(r)
	b.says("manage.texts.settings.said-saved")
	ayetest.Same(t, "settings", []any{strings.Join(settings().Countries, " "), settings().Cap}, []any{"DE NL", sms.Amount(12_500_000)})
	b.get("/manage/texts")
	b.tells("Duitsland, Nederland", "€ 12,50")
	for _, test := range []struct{ countries, cap, says string }{
		{"", "20", "manage.texts.settings.countries-none"},
		{"XX", "20", "manage.texts.settings.countries-bad"},
		{"NL", "", "manage.texts.settings.cap-bad"},
		{"NL", "0", "manage.texts.settings.cap-bad"},
		{"NL", "-5", "manage.texts.settings.cap-bad"},
		{"NL", "0,99", "manage.texts.settings.cap-bad"},
		{"NL", "1.000,50", "manage.texts.settings.cap-bad"},
		{"NL", "100000,01", "manage.texts.settings.cap-bad"},
		{"NL", "veel", "manage.texts.settings.cap-bad"},
	} {
		form := map[string][]string{"cap": {test.cap}}
		if test.countries != "" {
			form["country"] = []string{test.countries}
		}
		b.follow(b.request(http.MethodPost, "/manage/texts/settings", form))
		b.is(http.StatusUnprocessableEntity)
		b.says(test.says, "Least", "€\u00a01,00", "Most", "€\u00a0100.000,00")
		ayetest.Same(t, "settings", settings().Cap, sms.Amount(12_500_000))
	}
}

// A member's new number counts at once when an administrator says so, who is told what impostors do;
// the member hears of it. Nobody does so for themself.
func TestTextNumberCountsAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	olga, _, b := s.administrator(locales.English)
	ada := s.newNumberOf(s.person("Ada"))
	address := "/manage/people/" + ada.ID
	b.get(address)
	if strings.Contains(b.page.text(), b.said("manage.person.number-button")) {
		t.Error("the number is shown where nobody logs in by text message")
	}
	b.get(address + "/number")
	b.at(address)
	s.AllowSMS(s.Organisation)
	s.OwnProvider(s.Organisation)
	open := func() sms.Reason {
		t.Helper()
		o, m, err := s.Accounts.MemberOf(t.Context(), s.Organisation.ID, ayetest.Named(ada))
		ayetest.Fails(t, err, nil)
		can, err := s.SMS.Open(t.Context(), o, m, accounts.TextLogin)
		ayetest.Fails(t, err, nil)
		return can.Reason
	}
	b.get(address)
	changed := s.Clock.Now().UTC()
	b.says("manage.person.number-text", "Changed", changed.Format("2 January 2006 at 15:04 UTC"), "From", changed.Add(sms.NumberPause).Format("2 January 2006 at 15:04 UTC"))
	b.clicks("Let it count at once…")
	b.says("manage.person.number-confirm", "Name", "Ada")
	ayetest.Same(t, "before", open(), sms.NumberNew)
	b.presses("Let it count at once")
	b.at(address)
	b.says("manage.person.said-number")
	b.says("manage.person.number-vouched", "Changed", changed.Format("2 January 2006"))
	ayetest.Same(t, "after", open(), sms.Open)
	told := s.Announcer.Told(ada.Person.ID)
	ayetest.Same(t, "told", told[len(told)-1], accounts.NumberVouched)
	b.post(address + "/number")
	b.at(address)
	ayetest.Same(t, "told once", len(s.Announcer.Told(ada.Person.ID)), len(told))

	s.Clock.Pass(time.Minute)
	olga = s.WithNumber(olga, freshNumber())
	b.get("/manage/people/" + olga.ID + "/number")
	b.is(http.StatusForbidden)
	b.says("manage.person.why-self")
	b.post("/manage/people/" + olga.ID + "/number")
	b.is(http.StatusForbidden)
	m, err := s.Accounts.MemberByID(t.Context(), s.Organisation.ID, olga.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "vouched", m.Vouched, false)
}

// What was asked about one number is not done for another that was put in its place meanwhile.
func TestThreatTheNumberChangedMeanwhile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.AllowSMS(s.Organisation)
	s.OwnProvider(s.Organisation)
	_, _, b := s.administrator(locales.English)
	ada := s.newNumberOf(s.person("Ada"))
	address := "/manage/people/" + ada.ID
	vouched := func() bool {
		t.Helper()
		m, err := s.Accounts.MemberByID(t.Context(), s.Organisation.ID, ada.ID)
		ayetest.Fails(t, err, nil)
		return m.Vouched
	}
	b.get(address + "/number")
	s.Clock.Pass(time.Minute)
	s.WithNumber(ada, freshNumber())
	told := len(s.Announcer.Told(ada.Person.ID))
	b.presses("Let it count at once")
	b.at(address + "/number")
	b.says("manage.person.said-other-number")
	b.post(address + "/number") // without saying which
	b.says("manage.person.said-other-number")
	b.post(address+"/number", "changed", "yesterday")
	b.says("manage.person.said-other-number")
	ayetest.Same(t, "vouched", vouched(), false)
	ayetest.Same(t, "told", len(s.Announcer.Told(ada.Person.ID)), told)
	b.presses("Let it count at once") // now that it was looked at
	b.at(address)
	ayetest.Same(t, "vouched", vouched(), true)
}

// Up to its last day MessageBird's older interface is said to end, and from then on to have ended.
func TestClassicEnds(t *testing.T) {
	t.Parallel()
	for id, when := range map[string]time.Time{
		"manage.texts.classic":      time.Date(2026, time.December, 31, 23, 50, 0, 0, time.UTC),
		"manage.texts.classic-over": time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC),
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.Clock.Pass(when.Sub(s.Clock.Now()))
			p := s.OwnProvider(s.Organisation)
			_, _, b := s.administrator(locales.Dutch)
			b.get("/manage/texts")
			b.says(id)
			b.get("/manage/texts/" + p.ID)
			b.says(id)
		})
	}
}
