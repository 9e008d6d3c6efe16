package main

import (
	"slices"
	"strings"
	"time"

	"example.com/aye/portal/page"
)

// contact is how people reach the support of the stories' organisation.
const contact = "020 123 45 67, on working days from 8 to 18"

func careStories() []story {
	return slices.Concat(stopStories(), callerStories(), newPhoneStories(), temporaryStories(), dataStories(), auditStories(), alertStories())
}

// stopping is the page of a stop link.
func stopping(kind, state string) page.Stop {
	return page.Stop{
		Action: "/stop/token", Kind: kind, State: state, Agent: "Bram Smit", Organisation: tulp.Name, Opened: now.Add(-3 * time.Hour),
		Due: now.Add(21 * time.Hour), Contact: contact,
	}
}

func stopStories() []story {
	var all []story
	at := invited("/stop/token")
	for kind, states := range map[string][]string{
		"lost":      {"open", "waiting", "revoked", "done", "refused", "stopped"},
		"forgotten": {"open", "sent", "done", "cancelled", "stopped"},
	} {
		for _, state := range states {
			view := stopping(kind, state)
			if !slices.Contains([]string{"open", "waiting", "sent"}, state) {
				view.Closed = now.Add(-time.Hour)
			}
			all = append(all, story{"care/stop-" + kind + "-" + state, at, view})
		}
	}
	slices.SortFunc(all, func(a, b story) int {
		if a.name < b.name {
			return -1
		}
		return 1
	})
	operator, own := stopping("lost", "waiting"), stopping("lost", "stopped")
	operator.Agent, operator.Contact, own.In = "", "", true
	locked := stopping("lost", "stopped")
	locked.Locked = true
	return append(all,
		story{"care/stop-operator", at, operator},
		story{"care/stop-locked", at, locked},
		story{"care/stop-own", member("/security/cases/case_1"), own},
		story{"care/stop-old", stranger("/stop/token"), page.Message{
			Tone: page.Warn, Icon: "clock", Title: page.Say("stop.old.title"), Text: page.Say("stop.old.text"),
			Button: page.Say("stop.password-button"), To: "/forgot", Other: page.Say("reset.login"), OtherTo: "/login",
		}},
	)
}

func callerStories() []story {
	at := invited("/caller/token")
	asked := page.Caller{Action: "/caller/token", Deny: "/caller/token/nobody", Agent: "Bram Smit", Organisation: tulp.Name}
	wrong, late := asked, asked
	wrong.Faults, late.Late = page.Faults{"code": page.Say("caller.wrong")}, true
	return []story{
		{"care/caller", at, asked},
		{"care/caller-wrong", at, wrong},
		{"care/caller-late", at, late},
		{"care/caller-right", at, page.Message{
			Tone: page.Good, Icon: "check", Title: page.Say("caller.right.title"), Text: page.Say("caller.right.text", "Agent", asked.Agent),
		}},
		{"care/caller-old", stranger("/caller/token"), page.Message{
			Tone: page.Warn, Icon: "clock", Title: page.Say("caller.old.title"), Text: page.Say("caller.old.text"), Other: page.Say("reset.login"), OtherTo: "/login",
		}},
	}
}

func newPhoneStories() []story {
	at := stranger("/new-phone/token")
	asked := page.NewPhone{Action: "/new-phone/token", Email: "a•••@example.com"}
	wrong, unusable := asked, asked
	wrong.Faults = page.Faults{"password": page.Say("newphone.wrong")}
	unusable.Problem = page.Notice{Tone: page.Bad, Text: page.Say("newphone.unusable")}
	return []story{
		{"care/new-phone", at, asked},
		{"care/new-phone-wrong", at, wrong},
		{"care/new-phone-unusable", at, unusable},
		{"care/new-phone-old", at, page.Message{
			Tone: page.Warn, Icon: "clock", Title: page.Say("newphone.old.title"), Text: page.Say("newphone.old.text"), Other: page.Say("reset.login"), OtherTo: "/login",
		}},
		{"care/new-phone-method", invited("/setup/method"), page.SetupMethod{Chosen: "push", Required: true, Choices: []page.Choice{
			{Value: "push", Label: page.Say("setup.choice.push"), Hint: page.Say("setup.choice.push-hint")},
			{Value: "totp", Label: page.Say("setup.choice.totp"), Hint: page.Say("setup.choice.totp-hint")},
		}}},
		{"care/new-phone-done", invited("/setup/done"), page.SetupDone{Organisation: tulp.Name, Phone: "Pixel 9", Pairing: "pair_1", Recovered: true}},
		{"care/new-phone-app-done", invited("/setup/done"), page.SetupDone{Organisation: tulp.Name, Recovered: true}},
	}
}

func temporaryStories() []story {
	at, code := invited("/login/wait"), invited("/login/wait/code")
	in := member("/apps")
	in.Temporary = true
	typing := page.Code{WaitPlace: entering, Method: "temporary", Push: true, Codes: true, Temporary: true}
	wrong, alone := typing, typing
	wrong.Faults, alone.Push, alone.Codes = page.Faults{"code": page.Say("code.wrong.temporary")}, false, false
	return []story{
		{"care/help", stranger("/login/help"), page.Help{}},
		{"care/help-waiting", invited("/login/help"), page.Help{Organisation: tulp.Name, Contact: contact, Waiting: true}},
		{"care/help-no-contact", invited("/login/help"), page.Help{Organisation: tulp.Name, Waiting: true}},
		{"care/help-in", in, page.Help{Organisation: tulp.Name, Contact: contact, In: true}},
		{"care/wait-temporary", at, waiting(func(v *page.Wait) { v.Temporary = true })},
		{"care/code-temporary", code, typing},
		{"care/code-temporary-wrong", code, wrong},
		{"care/code-temporary-alone", code, alone},
		{"care/recovering", at, page.WaitEnd{WaitPlace: entering, State: "recovering", Organisation: tulp.Name, Contact: contact}},
		{"care/temporary-apps", in, page.Apps{Apps: []page.AppTile{{Name: "Bloemenwinkel", Link: "https://shop.example.com", Host: "shop.example.com"}}}},
		{"care/temporary-security", in, page.Message{
			Tone: page.Warn, Icon: "key", Title: page.Say("care.temporary.title"), Text: page.Say("care.temporary.text"),
			Button: page.Say("care.temporary.back"), To: "/apps", Other: page.Say("care.temporary.help"), OtherTo: "/login/help",
		}},
	}
}

func dataStories() []story {
	live := page.LiveCase{To: "/security/cases/case_1", Kind: "lost", Organisation: tulp.Name, Due: now.Add(21 * time.Hour)}
	differs, last := page.Erase{Email: "ada@example.com"}, page.Erase{Email: "ada@example.com"}
	differs.Faults = page.Faults{"email": page.Say("data.erase.differs")}
	last.Problem = page.Notice{Tone: page.Bad, Text: page.Say("data.erase.last-owner")}
	bram := page.EraseMember{ID: "usr_2", Name: "Bram Smit", Email: "bram.smit@example.com"}
	lastOwner := bram
	lastOwner.Problem = page.Notice{Tone: page.Bad, Text: page.Say("manage.person.why-last")}
	return []story{
		{"care/case-security", member("/security"), page.Security{
			Phones: []page.Phone{{ID: "dev_1", Name: "Pixel 9"}}, RecoveryCodes: 10, TakesCodes: true, TakesRecovery: true, Organisation: tulp.Name,
			Display: "Ada de Vries", Email: "ada@example.com", Case: live,
		}},
		{"care/case-apps", member("/apps"), page.Apps{Case: live, Apps: []page.AppTile{{Name: "Bloemenwinkel", Link: "https://shop.example.com", Host: "shop.example.com"}}}},
		{"care/data", member("/security/data"), page.Data{}},
		{"care/data-erase", member("/security/data/erase"), page.Erase{Email: "ada@example.com"}},
		{"care/data-erase-differs", member("/security/data/erase"), differs},
		{"care/data-erase-last", member("/security/data/erase"), last},
		{"care/data-erased", stranger("/security/data/erase"), page.Message{Tone: page.Good, Icon: "check", Title: page.Say("data.erased.title"), Text: page.Say("data.erased.text")}},
		{"care/manage-data", owner("/manage/people/usr_2/data"), bram},
		{"care/manage-data-last", owner("/manage/people/usr_2/data"), lastOwner},
	}
}

func auditStories() []story {
	at := owner("/manage/audit")
	who := func(name, role string) page.Text {
		return page.Say("log.who.member", "Name", name, "Role", page.Say("manage.role."+role))
	}
	did := func(n int64, ago time.Duration, action string, who page.Text, whom string) page.LoggedRow {
		return page.LoggedRow{
			Sequence: n, At: now.Add(-ago), Action: action, Actor: "usr_01890a5d4f6c7b3e8a1d2c3b4a596877", Subject: "case_01890a5d4f6c7b3e8a1d2c3b4a596878",
			What: page.Say("log.is."+action, "Who", who, "Whom", page.Say("log.whom.name", "Name", whom)), IP: "203.0.113.7",
			Browser: page.Say("security.browser.known", "Browser", "Firefox", "System", "Linux"), Hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
			Data: []page.LoggedValue{{Name: "kind", Value: "lost"}, {Name: "user", Value: "usr_01890a5d4f6c7b3e8a1d2c3b4a596879"}},
		}
	}
	ada, bram := who("Ada de Vries", "owner"), who("Bram Smit", "support")
	signed := did(8124, 2*time.Hour, "case.approved", ada, "Chandra van den Berg-Ramdin")
	signed.Signed = true
	itself, erased := did(8120, 30*time.Hour, "case.expired", page.Say("log.who.system"), "Dirk"), did(8119, 31*time.Hour, "member.number-vouched", page.Say("log.who.gone"), "Bob")
	itself.IP, itself.Browser, erased.IP, erased.Browser, erased.Erased = "", page.Text{}, "", page.Text{}, true
	phone := did(8121, 29*time.Hour, "approval.approved", page.Say("log.who.phone-of", "Name", "Chandra van den Berg-Ramdin"), "Chandra van den Berg-Ramdin")
	phone.Signed = true
	families := []page.Choice{{Value: "", Label: page.Say("log.family.all")}, {Value: "support", Label: page.Say("log.family.support")}}
	all := page.AuditLog{Families: families, Address: "/manage/audit", Next: "/manage/audit?before=8119", Rows: []page.LoggedRow{
		signed, did(8123, 3*time.Hour, "case.opened", bram, "Chandra van den Berg-Ramdin"), did(8122, 4*time.Hour, "application.updated", page.Say("log.who.operator"), "Bloemenwinkel"), phone, itself, erased,
	}}
	bad := page.AuditLog{Families: families, From: "yesterday", Address: "/manage/audit", Faults: page.Faults{"from": page.Say("manage.rules.from-bad")}}
	return []story{
		{"care/audit", at, all},
		{"care/audit-none", at, page.AuditLog{Families: families, Address: "/manage/audit"}},
		{"care/audit-none-found", at, page.AuditLog{Families: families, Who: "zzz", What: "support", From: "2026-11-01", Until: "2026-11-22", Address: "/manage/audit?who=zzz", First: "/manage/audit?who=zzz"}},
		{"care/audit-bad-day", at, bad},
	}
}

func alertStories() []story {
	at := owner("/manage/alerts")
	kinds := func(off ...string) []page.AlertKind {
		var all []page.AlertKind
		for kind := range strings.FieldsSeq("login.reported case.opened case.stopped phone.replaced support.frozen budget.passed provider.failing break-glass.used") {
			all = append(all, page.AlertKind{Kind: kind, On: !slices.Contains(off, kind)})
		}
		return all
	}
	set := page.AlertHook{URL: "https://monitor.example.com/aye", Kinds: kinds("budget.passed"), Set: true, Last: now.Add(-time.Hour)}
	never, failed, taken, refused, wrong := set, set, set, set, set
	never.Last = time.Time{}
	failed.Why = page.Say("manage.alerts.why.status", "Status", "503")
	taken.Tried = page.Notice{Tone: page.Good, Text: page.Say("manage.alerts.taken")}
	refused.Tried = page.Notice{Tone: page.Bad, Text: page.Say("manage.alerts.not-taken", "Why", page.Say("manage.alerts.why.certificate"))}
	refused.Why = page.Say("manage.alerts.why.certificate")
	wrong.URL, wrong.Faults = "http://localhost", page.Faults{"url": page.Say("manage.alerts.url-bad"), "kind": page.Say("manage.alerts.kinds-none")}
	confirm := func(what string) page.Confirm {
		return page.Confirm{
			Title: page.Say("manage.alerts." + what + "-title"), Text: page.Say("manage.alerts."+what+"-confirm", "URL", set.URL),
			Action: "/manage/alerts/" + what, Button: page.Say("manage.alerts." + what), Danger: true, Back: "/manage/alerts",
		}
	}
	return []story{
		{"care/alerts-none", at, page.AlertHook{Kinds: kinds()}},
		{"care/alerts", at, set},
		{"care/alerts-never", at, never},
		{"care/alerts-failed", at, failed},
		{"care/alerts-taken", at, taken},
		{"care/alerts-refused", at, refused},
		{"care/alerts-wrong", at, wrong},
		told(story{"care/alerts-saved", at, set}, page.Good, "manage.alerts.said-saved"),
		{"care/alerts-secret", at, page.AlertSecret{Secret: "whsec_c2VjcmV0IHRoYXQgc2lnbnMgYWxlcnRzIGhlcmU="}},
		{"care/alerts-secret-confirm", at, confirm("secret")},
		{"care/alerts-remove", at, confirm("remove")},
	}
}
