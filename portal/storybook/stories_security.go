package main

import (
	"slices"
	"time"

	"example.com/aye/portal/page"
)

const longAgo = 200 * 24 * time.Hour

func securityStories() []story {
	return slices.Concat(overviewStories(), smsFactorStories(), factorStories(), linkedStories(), recoveryStories(), historyStories(), accountStories())
}

var (
	pixel = page.Phone{ID: "dev_1", Name: "Pixel 9", Model: "Pixel 9", System: "Android 16", Linked: now.Add(-longAgo), Used: now.Add(-3 * time.Hour)}
	old   = page.Phone{ID: "dev_2", Name: "Oude telefoon van Ada", Model: "iPhone 13", System: "iOS 18.2", Linked: now.Add(-3 * longAgo), Used: now.Add(-longAgo), Silent: true}
	local = page.Phone{ID: "dev_3", Name: "Werktelefoon", Model: "Fairphone 5", System: "Android 15", Linked: now.Add(-longAgo), Used: now.Add(-26 * time.Hour), Only: "Tulp & Zoon"}
	codes = page.CodeApp{ID: "aut_1", Name: "Laptop", Added: now.Add(-longAgo), Used: now.Add(-30 * time.Hour)}
)

func overviewStories() []story {
	all := page.Security{
		Phones: []page.Phone{pixel}, RecoveryCodes: 8, TakesCodes: true, TakesRecovery: true, Organisation: "Tulp & Zoon",
		Display: "Ada de Vries", Email: "ada@example.com", Number: "+31612345678", Texts: true,
	}
	with := func(change func(*page.Security)) page.Security {
		view := all
		change(&view)
		return view
	}
	at := owner("/security")
	return []story{
		{"security/overview", at, all},
		{"security/overview-saved", after(at, page.Good, "security.saved"), all},
		{"security/overview-no-recovery", at, with(func(v *page.Security) { v.RecoveryCodes = 0 })},
		{"security/overview-few-codes", at, with(func(v *page.Security) { v.RecoveryCodes = 1 })},
		{"security/overview-app-only", at, with(func(v *page.Security) {
			v.Phones, v.Apps, v.RecoveryCodes, v.Texts, v.Number = nil, []page.CodeApp{codes}, 0, false, ""
		})},
		{"security/overview-much", at, with(func(v *page.Security) {
			v.Phones, v.Apps, v.TakesCodes = []page.Phone{pixel, old, local}, []page.CodeApp{codes}, false
		})},
		{"security/overview-no-way-out", member("/security"), with(func(v *page.Security) { v.RecoveryCodes, v.TakesRecovery = 0, false })},
		{"security/overview-password-only", member("/security"), with(func(v *page.Security) {
			v.Phones, v.RecoveryCodes, v.From = nil, 0, now.Add(11*24*time.Hour)
		})},
	}
}

func factorStories() []story {
	phones, apps := member("/security/phones"), member("/security/apps")
	remove := page.Confirm{
		Title: page.Say("security.phone-remove.title"), Text: page.Say("security.phone-remove.text", "Name", old.Name),
		Action: "/security/phones/dev_2/remove", Button: page.Say("security.phone-remove.button"), Danger: true, Back: "/security/phones",
	}
	app := page.Confirm{
		Title: page.Say("security.app-remove.title"), Text: page.Say("security.app-remove.text", "Name", codes.Name),
		Action: "/security/apps/aut_1/remove", Button: page.Say("security.app-remove.button"), Danger: true, Back: "/security/apps",
	}
	five := []page.CodeApp{codes, codes, codes, codes, codes}
	return []story{
		{"security/phones", phones, page.Phones{Phones: []page.Phone{pixel, old, local}, Most: 5}},
		{"security/phones-one", phones, page.Phones{Phones: []page.Phone{pixel}, Most: 5}},
		{"security/phones-none", phones, page.Phones{Apps: 1, Most: 5}},
		{"security/phones-full", phones, page.Phones{Phones: []page.Phone{pixel, old, local, pixel, pixel}, Most: 5}},
		{"security/phone-name", phones, page.PhoneName{ID: "dev_1", Name: "Pixel 9"}},
		{"security/phone-name-invalid", phones, page.PhoneName{ID: "dev_1", Faults: page.Faults{"name": page.Say("security.phone-name.invalid")}}},
		{"security/phone-remove", phones, remove},
		{"security/last", phones, page.Message{
			Tone: page.Warn, Icon: "shield", Title: page.Say("security.last.title"), Text: page.Say("security.last.text"),
			Button: page.Say("security.last.button"), To: "/security/phones/link", Other: page.Say("security.back"), OtherTo: "/security",
		}},
		{"security/apps", apps, page.CodeApps{Apps: []page.CodeApp{codes, {ID: "aut_2", Name: "Browserextensie", Added: now}}, Phones: 1, Most: 5}},
		{"security/apps-none", apps, page.CodeApps{Phones: 1, Most: 5}},
		{"security/apps-last", apps, page.CodeApps{Apps: []page.CodeApp{codes}, Most: 5}},
		{"security/apps-not-here", apps, page.CodeApps{Apps: []page.CodeApp{codes}, Phones: 1, Most: 5, NotAt: "Tulp & Zoon"}},
		{"security/apps-full", apps, page.CodeApps{Apps: five, Phones: 1, Most: 5}},
		{"security/app-remove", apps, app},
	}
}

func linkedStories() []story {
	push, phones := member("/security/push"), member("/security/phones/replace")
	install := page.LinkPhone{
		Base: "/security/push", Intent: page.LinkChange, State: page.LinkInstall, Back: "/security",
		AppStore: "https://apps.apple.com/", PlayStore: "https://play.google.com/",
	}
	open := page.LinkPhone{
		Base: "/security/phones/replace", Intent: page.LinkNew, State: page.LinkOpen, Back: "/security/phones",
		URL:  "https://login.example.com/p#1.kJ7x2Qm9vT4bN8cR3wY6zL1pD5hF0sG.Zr2nW8qX4yV6uT1oP3iK5jH7gF9dS0aQ",
		Wait: page.Waiting{State: page.LinkOpen, Left: 94 * time.Second},
	}
	app := page.LinkApp{
		Base: "/security/apps/new", Intent: page.LinkAdd, ID: "aut_3", Naming: true, Back: "/security/apps", Secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
		URI: "otpauth://totp/Tulp%20%26%20Zoon:ada@example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Tulp%20%26%20Zoon",
	}
	return []story{
		{"security/push-install", push, install},
		{"security/new-phone-open", phones, open},
		{"security/app-new", member("/security/apps/new"), app},
		{"security/linked-push", push, page.Linked{Intent: page.LinkChange, Phone: "Pixel 9", Apps: []page.CodeApp{codes}, Recovery: true}},
		{"security/linked-push-only", push, page.Linked{Intent: page.LinkChange, Phone: "Pixel 9"}},
		{"security/linked-new", phones, page.Linked{Intent: page.LinkNew, Phone: "Pixel 9", Phones: []page.Phone{old}}},
		{"security/linked-new-alone", phones, page.Linked{Intent: page.LinkNew, Phone: "Pixel 9"}},
	}
}

func recoveryStories() []story {
	at := member("/security/recovery")
	fresh := []string{
		"7k2m-9xqa-4hvt-p3wd", "c8rn-5z0f-t6ye-2mjk", "v4gp-h1bs-q9dx-7a3n", "0wyt-6ckm-r5vf-8pzj", "j2he-x7qb-3ndg-w4s9",
		"m6tc-k0pv-9fyr-1hxa", "z3dq-8jwn-b7sk-5teg", "4pfx-yv2h-c6ma-0rqn", "t9bj-1gzs-d3wk-7eyp", "q5nr-e8xc-2vhm-f6td",
	}
	return []story{
		{"security/recovery-none", at, page.RecoveryCodes{Enrolled: true}},
		{"security/recovery", at, page.RecoveryCodes{Left: 7, Made: now.Add(-longAgo), Enrolled: true, Seen: "1"}},
		{"security/recovery-already", after(at, page.Warn, "security.recovery.seen"), page.RecoveryCodes{Left: 10, Made: now, Enrolled: true, Seen: "1"}},
		{"security/recovery-first", at, page.RecoveryCodes{}},
		{"security/recovery-not-here", at, page.RecoveryCodes{Enrolled: true, NotAt: "Tulp & Zoon"}},
		{"security/recovery-new", at, page.RecoveryCodes{Codes: fresh, Email: "ada@example.com", Left: 10, Made: now, Enrolled: true}},
	}
}

func historyStories() []story {
	firefox := page.Say("security.browser.known", "Browser", "Firefox", "System", "Windows")
	safari := page.Say("security.browser.known", "Browser", "Safari", "System", "iOS")
	unknown := page.Say("security.browser.unknown")
	byPhone := page.Say("security.sign-in-how.phone", "Phone", "Pixel 9")
	mine := page.SignIn{ID: "apr_1", At: now.Add(-time.Hour), Asker: "Aye", Organisation: "Tulp & Zoon", Place: "Amersfoort, Nederland", IP: "192.0.2.17", Browser: firefox, How: byPhone, Reportable: true}
	strange := page.SignIn{ID: "apr_2", At: now.Add(-5 * time.Hour), Asker: "Webwinkel", Organisation: "Tulp & Zoon", Place: "Lyon, Frankrijk", IP: "203.0.113.99", Browser: unknown, How: page.Say("security.sign-in-how.recovery"), Reportable: true}
	reported, late := strange, mine
	reported.Reported, reported.Reportable = true, false
	late.At, late.Reportable, late.Browser, late.IP, late.Place, late.How = now.Add(-50*time.Hour), false, safari, "2001:db8:85a3:8d3:1319:8a2e:370:7348", "", page.Say("security.sign-in-how.totp")
	proof := mine
	proof.What = "Bevestig dat je je beveiligingsinstellingen wilt wijzigen"
	at, sessions := member("/security/sign-ins"), member("/security/sessions")
	this := page.Session{ID: "ses_1", Browser: firefox, Place: "Amersfoort, Nederland", IP: "192.0.2.17", Organisation: "Tulp & Zoon", Began: now.Add(-time.Hour), Seen: now, This: true}
	other := page.Session{ID: "ses_2", Browser: safari, IP: "2001:db8:85a3:8d3:1319:8a2e:370:7348", Organisation: "Voorbeeld", Began: now.Add(-7 * time.Hour), Seen: now.Add(-25 * time.Minute)}
	half := page.Session{ID: "ses_3", Browser: unknown, IP: "203.0.113.99", Began: now.Add(-2 * time.Minute), Seen: now.Add(-time.Minute), Half: true}
	return []story{
		{"security/sign-ins", at, page.SignIns{SignIns: []page.SignIn{proof, mine, strange, reported, late}, More: "/security/sign-ins?after=apr_1"}},
		{"security/sign-ins-none", at, page.SignIns{}},
		{"security/not-me", at, page.NotMe{SignIn: strange}},
		{"security/not-me-late", at, page.NotMe{SignIn: late}},
		{"security/reported", at, page.Reported{SignIn: reported}},
		{"security/reported-out", stranger("/security/sign-ins"), page.Reported{SignIn: reported, Out: true}},
		{"security/sessions", sessions, page.Sessions{Sessions: []page.Session{this, other, half}}},
		{"security/sessions-only-this", after(sessions, page.Good, "security.sessions.others-ended"), page.Sessions{Sessions: []page.Session{this}}},
	}
}

// after is the frame behind something that was done.
func after(f page.Frame, tone page.Tone, id string) page.Frame {
	f.Notice = page.Notice{Tone: tone, Text: page.Say(id)}
	return f
}
