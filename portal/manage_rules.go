package portal

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// The choices of how long a session lives, in minutes.
var (
	idles = []int{5, 15, 30, 60, 120, 240, 480}
	lifes = []int{60, 120, 240, 480, 720, 1440}
)

// methods are those beside push. Each has a field of its name, which says yes or nothing.
var methods = []accounts.SecondFactor{accounts.TOTP, accounts.Recovery, accounts.SMS}

// fieldsOf are the rules as the form sends them.
func fieldsOf(o accounts.Organisation) map[string]string {
	fields := map[string]string{
		"required": "never", "from": "", "confirm": "number", "profile": string(o.Profile), "app": o.MinimumAppVersion,
		"idle": minutes(o.SessionIdle), "life": minutes(o.SessionLife), "language": o.Locale,
		"wait": strconv.Itoa(int(o.CaseWait / time.Hour)), "contact": o.SupportContact,
	}
	if !o.SecondFactorFrom.IsZero() {
		fields["required"], fields["from"] = "from", o.SecondFactorFrom.UTC().Format(time.DateOnly)
	}
	if o.AllowTap {
		fields["confirm"] = "tap"
	}
	for _, method := range methods {
		if o.Allows(method) {
			fields[string(method)] = "yes"
		}
	}
	return fields
}

func minutes(d time.Duration) string { return strconv.Itoa(int(d / time.Minute)) }

// sent are the fields that the form sent. What nobody can choose stays as it is: text messages without
// a provider can be switched off and not on.
func sent(c echo.Context, before map[string]string, texts bool) map[string]string {
	fields := map[string]string{}
	for _, name := range []string{"required", "from", "confirm", "profile", "app", "idle", "life", "language"} {
		fields[name] = form(c, name)
	}
	fields["wait"], fields["contact"] = cmp.Or(strings.TrimSpace(form(c, "wait")), "0"), strings.TrimSpace(form(c, "contact"))
	for _, method := range methods {
		name := string(method)
		yes := form(c, name)
		if method == accounts.SMS && !texts && before[name] == "" {
			yes = ""
		}
		if yes == "yes" {
			fields[name] = yes
		}
	}
	if fields["required"] == "never" {
		fields["from"] = ""
	}
	return fields
}

func (s *Server) rulesView(before accounts.Organisation, texts bool, fields map[string]string, faults page.Faults) page.Rules {
	view := page.Rules{
		Required: fields["required"], From: fields["from"], TOTP: fields["totp"] != "", Recovery: fields["recovery"] != "", SMS: fields["sms"] != "", TextsHint: page.Say("manage.rules.sms-hint"),
		Confirm: fields["confirm"], Profile: fields["profile"], MinimumApp: fields["app"], Idle: fields["idle"], Life: fields["life"],
		Idles: times(accounts.DefaultSessionIdle, fields["idle"], idles), Lifes: times(accounts.DefaultSessionLife, fields["life"], lifes),
		CaseWait: fields["wait"], Contact: fields["contact"], Language: fields["language"], Languages: page.LanguageChoices(false), Faults: faults,
	}
	switch {
	case texts:
	case before.Allows(accounts.SMS):
		view.TextsHint = page.Say("manage.rules.sms-kept")
	case s.operatorOver():
		view.NoTexts, view.TextsHint = true, page.Say("manage.rules.sms-over", "Date", page.Day(s.SMS.Config.LoginEnds))
	default:
		view.NoTexts, view.TextsHint = true, page.Say("manage.rules.sms-none")
	}
	return view
}

// times offers the usual time, the choices, and the one that there is.
func times(usual time.Duration, now string, choices []int) []page.Choice {
	all := slices.Clone(choices)
	if m, err := strconv.Atoi(now); err == nil && m > 0 && m <= int(accounts.MaximumSession/time.Minute) && !slices.Contains(all, m) {
		all = append(all, m)
		slices.Sort(all)
	}
	return page.TimeChoices(usual, all...)
}

// rulesOf are the rules that the fields say, and what is wrong with them.
func rulesOf(before accounts.Organisation, fields map[string]string) (accounts.Organisation, page.Faults) {
	after, faults := before, page.Faults{}
	// try changes one thing; what the domain does not take is said beside its field.
	try := func(field string, text page.Text, change func(*accounts.Organisation)) {
		one := before
		if change(&one); one.ValidateRules() != nil {
			faults[field] = text
			return
		}
		change(&after)
	}
	try("profile", page.Say("manage.rules.choose"), func(o *accounts.Organisation) { o.Profile = accounts.Profile(fields["profile"]) })
	try("app", page.Say("manage.rules.app-bad"), func(o *accounts.Organisation) { o.MinimumAppVersion = fields["app"] })
	try("language", page.Say("manage.rules.choose"), func(o *accounts.Organisation) { o.Locale = fields["language"] })
	try("idle", page.Say("manage.rules.session-bad"), func(o *accounts.Organisation) { o.SessionIdle = duration(fields["idle"]) })
	try("life", page.Say("manage.rules.session-bad"), func(o *accounts.Organisation) { o.SessionLife = duration(fields["life"]) })
	try("wait", page.Say("manage.rules.wait-bad"), func(o *accounts.Organisation) { o.CaseWait = hours(fields["wait"]) })
	try("contact", page.Say("manage.rules.contact-bad"), func(o *accounts.Organisation) { o.SupportContact = fields["contact"] })
	switch fields["confirm"] {
	case "number", "tap":
		after.AllowTap = fields["confirm"] == "tap"
	default:
		faults["confirm"] = page.Say("manage.rules.choose")
	}
	after.Methods = nil
	for _, method := range methods {
		if fields[string(method)] != "" {
			after.Methods = append(after.Methods, method)
		}
	}
	from, fault := requiredFrom(before, fields)
	after.SecondFactorFrom = from
	maps.Copy(faults, fault)
	return after, faults
}

// hours is a waiting time of so many, and one that nobody takes where it is no number.
func hours(text string) time.Duration {
	h, err := strconv.Atoi(text)
	if err != nil || h < 0 || h > 1000 {
		return -1
	}
	return time.Duration(h) * time.Hour
}

// duration is that of so many minutes, and one that nobody takes where it is no number.
func duration(minutes string) time.Duration {
	m, err := strconv.Atoi(minutes)
	if err != nil || m < 0 || m > 1_000_000 {
		return -1
	}
	return time.Duration(m) * time.Minute
}

// requiredFrom is when a second factor begins to be asked. A day that is left as it was keeps its hour.
func requiredFrom(before accounts.Organisation, fields map[string]string) (time.Time, page.Faults) {
	switch fields["required"] {
	case "never":
		return time.Time{}, nil
	case "from":
	default:
		return time.Time{}, page.Faults{"required": page.Say("manage.rules.choose")}
	}
	if fields["from"] == fieldsOf(before)["from"] && fields["from"] != "" {
		return before.SecondFactorFrom, nil
	}
	from, err := time.Parse(time.DateOnly, fields["from"])
	if err != nil || from.Year() < 2000 || from.Year() > 2100 {
		return time.Time{}, page.Faults{"from": page.Say("manage.rules.from-bad")}
	}
	return from, nil
}

func (s *Server) showRules(c echo.Context, session signin.Session) error {
	texts, err := s.textsCarried(c.Request().Context(), session)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, s.rulesView(session.Organisation, texts, fieldsOf(session.Organisation), nil))
}

// changeRules stores new rules. What takes something from people is said first, and asked once more.
func (s *Server) changeRules(c echo.Context, session signin.Session) error {
	ctx, as, before := c.Request().Context(), s.as(session), session.Organisation
	texts, err := s.textsCarried(ctx, session)
	if err != nil {
		return err
	}
	fields := sent(c, fieldsOf(before), texts)
	after, faults := rulesOf(before, fields)
	if faults.Failed() {
		return s.show(c, http.StatusUnprocessableEntity, s.rulesView(before, texts, fields, faults))
	}
	if maps.Equal(fieldsOf(before), fieldsOf(after)) {
		s.say(c, page.Info, "manage.rules.said-same")
		return s.goTo(c, "/manage/rules")
	}
	consequences, err := as.Consequences(ctx, after)
	if err != nil {
		return err
	}
	if len(consequences) > 0 && form(c, "sure") != "yes" {
		return s.show(c, http.StatusOK, s.rulesConfirm(session, after, fields, consequences))
	}
	if err = as.UpdateRules(ctx, after); err != nil {
		return err
	}
	s.say(c, page.Good, "manage.rules.said-saved")
	return s.goTo(c, "/manage/rules")
}

func (s *Server) rulesConfirm(session signin.Session, after accounts.Organisation, fields map[string]string, all []accounts.Consequence) page.RulesConfirm {
	view := page.RulesConfirm{Hidden: fields, Self: !s.SignIn.Meets(session, after)}
	for _, one := range all {
		view.Losses = append(view.Losses, page.Loss{What: string(one.Change), People: one.People, From: after.SecondFactorFrom})
	}
	return view
}
