package portal_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
)

// rules are those that are stored.
func (s *site) rules() accounts.Organisation {
	s.Helper()
	o, err := s.Accounts.Organisation(s.Context(), s.Organisation.ID)
	ayetest.Fails(s, err, nil)
	return o
}

// What takes nothing from anybody is stored at once.
func TestRules(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleAdministrator)
	before := s.rules()
	b.get("/manage/rules")
	b.saves("/manage/rules")
	b.says("manage.rules.said-same")
	ayetest.Same(t, "rules", s.rules(), before)
	b.saves("/manage/rules", "app", "1.6.78", "language", "nl", "idle", "120", "life", "1440")
	b.at("/manage/rules")
	b.says("manage.rules.said-saved")
	want := before
	want.MinimumAppVersion, want.Locale, want.SessionIdle, want.SessionLife = "1.6.78", "nl", 2*time.Hour, 24*time.Hour
	ayetest.Same(t, "rules", s.rules(), want)
	for _, selected := range []string{`<option value="120" selected>`, `<option value="1440" selected>`, `<option value="nl" selected>`, `value="1.6.78"`} {
		if !strings.Contains(b.page.body, selected) {
			t.Errorf("the form has no %s", selected)
		}
	}
	b.saves("/manage/rules", "app", "", "idle", "0", "life", "0", "language", "en")
	b.submit("/manage/rules", "sure", "yes") // shorter than before: asked first
	ayetest.Same(t, "rules", s.rules(), before)
}

// What takes something from people is said first, and not done before somebody says yes.
func TestRulesConfirmed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Change(func(o *accounts.Organisation) {
		o.SecondFactorFrom, o.AllowTap, o.Methods = time.Time{}, true, []accounts.SecondFactor{accounts.TOTP, accounts.SMS, accounts.Recovery}
	})
	s.Accounts.Texter = s.SMS
	_, b := s.manager(accounts.RoleOwner)
	without := s.person("Wim")
	his := s.browser()
	his.password(without)
	his.get("/apps")
	his.at("/apps")
	before := s.rules()
	b.get("/manage/rules")
	b.saves("/manage/rules", "required", "from", "from", s.Clock.Now().UTC().Format(time.DateOnly), "totp", "", "recovery", "", "sms", "", "confirm", "number", "profile", "strict", "idle", "5")
	b.is(http.StatusOK)
	b.says("manage.rules.confirm-title")
	b.says("manage.rules.loss.required", "Count", 1)
	b.says("manage.rules.loss.totp-nobody")
	for _, loss := range []string{"recovery", "sms-nobody", "tap", "strict", "sessions"} {
		b.says("manage.rules.loss." + loss)
	}
	if strings.Contains(b.page.text(), b.said("manage.rules.self")) {
		t.Error("who approved by phone is not logged off")
	}
	ayetest.Same(t, "rules", s.rules(), before)
	his.get("/apps")
	his.at("/apps")
	b.submit("/manage/rules", "sure", "yes")
	b.at("/manage/rules")
	b.says("manage.rules.said-saved")
	after := s.rules()
	ayetest.Same(t, "rules", []any{after.Requires(s.Clock.Now()), len(after.Methods), after.AllowTap, after.Profile, after.SessionIdle}, []any{true, 0, false, accounts.Strict, 5 * time.Minute})
	his.get("/apps")
	his.at("/login")

	b.saves("/manage/rules", "required", "never", "confirm", "tap", "profile", "standard")
	for _, loss := range []string{"tap-allowed", "standard"} {
		b.says("manage.rules.loss." + loss)
	}
	b.says("manage.rules.loss.unprotected", "Count", 1)
}

// A date to come is announced; who has nothing set up is told in time.
func TestRulesFromADate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Change(func(o *accounts.Organisation) { o.SecondFactorFrom = time.Time{} })
	_, b := s.manager(accounts.RoleOwner)
	his := s.browser()
	his.password(s.person("Wim"))
	date := s.Clock.Now().UTC().AddDate(0, 1, 0)
	b.get("/manage/rules")
	b.saves("/manage/rules", "required", "from", "from", date.Format(time.DateOnly))
	if want := b.said("manage.rules.loss.from", "Count", 1, "Date", date.Format("2 January 2006")); !strings.Contains(strings.ReplaceAll(b.page.text(), " ", ""), strings.ReplaceAll(want, " ", "")) {
		t.Errorf("the page does not say %q:\n%s", want, b.page.text())
	}
	b.submit("/manage/rules", "sure", "yes")
	ayetest.Same(t, "from", s.rules().SecondFactorFrom, date.Truncate(24*time.Hour))
	his.get("/apps")
	his.at("/apps")
	his.says("frame.due", "Date", date.Format("2 January 2006"))
	// A day that is left as it is keeps its hour.
	hour := date.Truncate(24 * time.Hour).Add(13 * time.Hour)
	s.Organisation = s.rules()
	s.Change(func(o *accounts.Organisation) { o.SecondFactorFrom = hour })
	b.get("/manage/rules")
	b.saves("/manage/rules", "language", "nl")
	ayetest.Same(t, "from", s.rules().SecondFactorFrom, hour)
}

// Who has got in by a way that the new rules do not take is told to be logged off too.
func TestRulesAgainstOneself(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Change(func(o *accounts.Organisation) { o.SecondFactorFrom = time.Time{} })
	owner := s.AddMember(s.Organisation, "Olga", accounts.RoleOwner)
	s.SetPassword(owner)
	b := s.browser()
	b.password(owner)
	b.get("/manage/rules")
	b.saves("/manage/rules", "required", "from", "from", "2020-01-01")
	b.says("manage.rules.self")
	b.submit("/manage/rules", "sure", "yes")
	b.at("/login")
	ayetest.Same(t, "required", s.rules().Requires(s.Clock.Now()), true)
}

func TestRulesWrong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleOwner)
	before := s.rules()
	good := map[string]string{
		"required": "from", "from": "2020-01-01", "confirm": "number", "profile": "standard", "app": "", "idle": "0", "life": "0", "language": "en", "totp": "yes", "recovery": "yes", "sure": "yes",
	}
	for _, test := range []struct{ field, value, says string }{
		{"required", "", "manage.rules.choose"},
		{"required", "sometimes", "manage.rules.choose"},
		{"from", "", "manage.rules.from-bad"},
		{"from", "01-12-2026", "manage.rules.from-bad"},
		{"from", "1999-12-31", "manage.rules.from-bad"},
		{"from", "20260-01-01", "manage.rules.from-bad"},
		{"confirm", "", "manage.rules.choose"},
		{"profile", "", "manage.rules.choose"},
		{"profile", "lax", "manage.rules.choose"},
		{"app", "new", "manage.rules.app-bad"},
		{"idle", "1", "manage.rules.session-bad"},
		{"idle", "", "manage.rules.session-bad"},
		{"life", "99999999999999999999", "manage.rules.session-bad"},
		{"life", "-60", "manage.rules.session-bad"},
		{"language", "fr", "manage.rules.choose"},
	} {
		var pairs []string
		for name, value := range good {
			if name != test.field {
				pairs = append(pairs, name, value)
			}
		}
		b.post("/manage/rules", append(pairs, test.field, test.value)...)
		b.is(http.StatusUnprocessableEntity)
		b.says(test.says)
		ayetest.Same(t, "faults of "+test.field, strings.Count(b.page.body, "aria-invalid"), 1)
		ayetest.Same(t, "rules", s.rules(), before)
	}
	b.post("/manage/rules")
	b.is(http.StatusUnprocessableEntity)
	ayetest.Same(t, "rules", s.rules(), before)
}

// Where nobody's provider carries logins, text messages cannot be switched on; what was on stays until
// somebody switches it off.
func TestRulesWithoutTexts(t *testing.T) {
	t.Parallel()
	for _, had := range []bool{false, true} {
		s, says := newSite(t), "manage.rules.sms-none"
		if had {
			s.AllowSMS(s.Organisation)
			says = "manage.rules.sms-kept"
		}
		_, b := s.manager(accounts.RoleOwner)
		b.get("/manage/rules")
		b.says(says)
		b.saves("/manage/rules", "sms", "yes", "language", "nl")
		b.says("manage.rules.said-saved")
		ayetest.Same(t, "text messages", slices.Contains(s.rules().Methods, accounts.SMS), had)
		if !had {
			continue
		}
		b.saves("/manage/rules", "sms", "")
		b.says("manage.rules.loss.sms-nobody")
		b.submit("/manage/rules", "sure", "yes")
		b.says("manage.rules.sms-none")
		ayetest.Same(t, "text messages", slices.Contains(s.rules().Methods, accounts.SMS), false)
	}
}

// Text messages can be chosen while a provider carries them: the own one, or the operator's until the
// day on which the operator stops to pay.
func TestRulesWithTexts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		own, operator bool
		ends          time.Duration
		says          string
	}{
		"the own one":                        {own: true, says: "manage.rules.sms-hint"},
		"the operator's, which pays nothing": {operator: true, says: "manage.rules.sms-none"},
		"the operator's, for a day":          {operator: true, ends: 24 * time.Hour, says: "manage.rules.sms-hint"},
		"nobody's, for a day":                {ends: 24 * time.Hour, says: "manage.rules.sms-none"},
		"the operator's, until today":        {operator: true, ends: -time.Second, says: "manage.rules.sms-over"},
		"the own one, after that":            {own: true, operator: true, ends: -time.Second, says: "manage.rules.sms-hint"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			if test.own {
				s.OwnProvider(s.Organisation)
			}
			if !test.operator {
				all, err := s.SMS.List(t.Context(), "")
				ayetest.Fails(t, err, nil)
				ayetest.Fails(t, s.SMS.Activate(t.Context(), "", all[0].ID, false), nil)
			}
			if test.ends != 0 {
				s.SMS.Config.LoginEnds = s.Clock.Now().Add(test.ends)
			}
			_, b := s.manager(accounts.RoleOwner)
			b.get("/manage/rules")
			b.says(test.says, "Date", s.SMS.Config.LoginEnds.UTC().Format("2 January 2006"))
			b.post("/manage/rules", "required", "from", "from", s.rules().SecondFactorFrom.UTC().Format(time.DateOnly), "confirm", "number", "profile", "standard",
				"idle", "0", "life", "0", "language", "en", "totp", "yes", "recovery", "yes", "sms", "yes")
			ayetest.Same(t, "text messages", slices.Contains(s.rules().Methods, accounts.SMS), test.says == "manage.rules.sms-hint")
		})
	}
}

// How long a case waits at the least, and how people reach support.
func TestRulesOfSupport(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleAdministrator)
	b.get("/manage/rules")
	b.saves("/manage/rules", "wait", "48", "contact", " Call 1234 ")
	b.says("manage.rules.said-saved")
	ayetest.Same(t, "rules", []any{s.rules().CaseWait, s.rules().SupportContact}, []any{48 * time.Hour, "Call 1234"})
	for _, wrong := range []struct{ field, value, says string }{
		{"wait", "169", "manage.rules.wait-bad"},
		{"wait", "-1", "manage.rules.wait-bad"},
		{"wait", "1.5", "manage.rules.wait-bad"},
		{"contact", strings.Repeat("x", 201), "manage.rules.contact-bad"},
	} {
		b.get("/manage/rules")
		b.saves("/manage/rules", wrong.field, wrong.value)
		b.is(http.StatusUnprocessableEntity)
		b.says(wrong.says)
	}
	ayetest.Same(t, "rules", []any{s.rules().CaseWait, s.rules().SupportContact}, []any{48 * time.Hour, "Call 1234"})
	b.get("/manage/rules")
	b.saves("/manage/rules", "wait", "168")
	b.saves("/manage/rules", "wait", "0", "contact", "")
	b.says("manage.rules.said-saved")
	ayetest.Same(t, "rules", []any{s.rules().CaseWait, s.rules().SupportContact}, []any{time.Duration(0), ""})
}
