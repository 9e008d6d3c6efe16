package main

import (
	"time"

	"example.com/aye/portal/page"
)

func setupStories() []story {
	all := append(invitationStories(), setupNumberStories()...)
	all = append(all, methodStories()...)
	all = append(all, smsChoiceStories()...)
	all = append(all, linkStories()...)
	all = append(all, linkAppStories()...)
	done := page.SetupDone{Organisation: "Tulp & Zoon", Phone: "Pixel 9", Pairing: "pair_1"}
	in := done
	in.In = true
	return append(all,
		story{"setup/done", invited("/setup/done"), done},
		story{"setup/done-app", invited("/setup/done"), page.SetupDone{Organisation: "Tulp & Zoon"}},
		story{"setup/done-in", member("/setup/done"), in},
	)
}

func invitationStories() []story {
	at := invited("/invitations/token")
	one := func(way page.InvitationWay) page.Invitation {
		return page.Invitation{
			Action: "/invitations/token", Way: way, Organisation: "Tulp & Zoon", Person: "Ada de Vries", Email: "ada@example.com", Locale: "nl", Other: "bob@example.com",
		}
	}
	wrong := one(page.InvitationPassword)
	wrong.Problem = page.Notice{Tone: page.Bad, Text: page.Say("login.wrong")}
	password := page.NewPassword{Action: "/invitations/token/password", Email: "ada@example.com", Least: 8, First: true, At: page.StepPassword}
	return []story{
		{"setup/invitation", at, one(page.InvitationNew)},
		{"setup/invitation-login", at, one(page.InvitationLogin)},
		{"setup/invitation-accept", member("/invitations/token"), one(page.InvitationAccept)},
		{"setup/invitation-login-texts", at, losing(one(page.InvitationLogin))},
		{"setup/invitation-accept-texts", member("/invitations/token"), losing(one(page.InvitationAccept))},
		{"setup/invitation-password", at, one(page.InvitationPassword)},
		{"setup/invitation-password-wrong", at, wrong},
		{"setup/invitation-other", member("/invitations/token"), one(page.InvitationOther)},
		{"setup/invitation-old", stranger("/invitations/token"), page.Message{
			Tone: page.Warn, Icon: "clock", Title: page.Say("invitation.old.title"), Text: page.Say("invitation.old.text"), Button: page.Say("login.title"), To: "/login",
		}},
		{"setup/password", at, password},
	}
}

// losing is an invitation that ends the only way to log in.
func losing(i page.Invitation) page.Invitation {
	i.LosesTexts = true
	return i
}

func setupNumberStories() []story {
	at := invited("/setup/number")
	number := func(id string, pairs ...any) page.SetupNumber {
		return page.SetupNumber{Number: "06 12345678", Faults: page.Faults{"number": page.Say(id, pairs...)}}
	}
	code := func(id string, pairs ...any) page.SetupNumber {
		return page.SetupNumber{Sent: true, Faults: page.Faults{"code": page.Say(id, pairs...)}}
	}
	return []story{
		{"setup/number", at, page.SetupNumber{}},
		{"setup/number-missing", at, number("setup.number.missing")},
		{"setup/number-wrong", at, number("setup.number.wrong")},
		{"setup/number-wait", at, number("setup.number.wait", "Wait", 40*time.Second)},
		{"setup/number-failed", at, page.SetupNumber{Number: "06 12345678", Problem: page.Notice{Tone: page.Warn, Text: page.Say("setup.number.failed")}}},
		{"setup/number-code", at, page.SetupNumber{Sent: true}},
		{"setup/number-code-missing", at, code("setup.number.code-missing")},
		{"setup/number-code-wrong", at, code("setup.number.code-wrong")},
		{"setup/number-code-many", at, code("setup.number.code-many")},
		{"setup/number-code-wait", at, code("setup.number.code-wait", "Wait", time.Hour)},
	}
}

func methodStories() []story {
	at := invited("/setup/method")
	codes := page.Choice{Value: "totp", Label: page.Say("setup.choice.totp"), Hint: page.Say("setup.choice.totp-hint")}
	method := func(codes page.Choice) page.SetupMethod {
		return page.SetupMethod{Chosen: "push", Required: true, Choices: []page.Choice{
			{Value: "push", Label: page.Say("setup.choice.push"), Hint: page.Say("setup.choice.push-hint")}, codes,
		}}
	}
	off := codes
	off.Disabled, off.Hint = true, page.Say("setup.choice.totp-off")
	later, free, missing := method(codes), method(codes), method(codes)
	later.Required, later.From = false, now.AddDate(0, 1, 0)
	free.Required = false
	missing.Faults = page.Faults{"method": page.Say("setup.choice.missing")}
	proven := at
	proven.Notice = page.Notice{Tone: page.Good, Text: page.Say("setup.number.proven")}
	return []story{
		{"setup/method", at, method(codes)},
		{"setup/method-number-proven", proven, method(codes)},
		{"setup/method-push-only", at, method(off)},
		{"setup/method-missing", at, missing},
		{"setup/method-later", member("/setup/method"), later},
		{"setup/method-free", member("/setup/method"), free},
	}
}

const qrText = "https://aye.example.com/p#1.b4mKk0o2m3v7o1XkQ5yqf0m2l9c8w7x6z5a4s3d2f1g.NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"

func linkStories() []story {
	at := invited("/setup/link")
	one := func(state string, change func(*page.LinkPhone)) page.LinkPhone {
		view := page.LinkPhone{
			Base: "/setup/link", Pairing: "pair_1", Intent: page.LinkFirst, At: page.StepPhone, State: state, URL: qrText, Phone: "Pixel 9",
			AppStore: "https://apps.example.com/ios", PlayStore: "https://apps.example.com/android", Back: "/setup/method", After: "/setup/done",
		}
		switch state {
		case page.LinkOpen, page.LinkCode, page.LinkElder:
			view.Wait = page.Waiting{State: state, Left: 118 * time.Second, Still: true}
		}
		change(&view)
		return view
	}
	same := func(*page.LinkPhone) {}
	fault := func(field, id string, pairs ...any) func(*page.LinkPhone) {
		return func(v *page.LinkPhone) {
			v.Number, v.Codes, v.Recovery = "482", true, true
			v.Faults = page.Faults{field: page.Say(id, pairs...)}
		}
	}
	elder := func(state string, change func(*page.LinkPhone)) page.LinkPhone {
		view := one(state, change)
		view.Base, view.Back, view.After, view.At, view.Intent = "/security/phones/link", "/security", "/security", page.Step{}, page.LinkAdd
		return view
	}
	security, notMine := member("/security/phones/link"), at
	notMine.Notice = page.Notice{Tone: page.Good, Text: page.Say("link.not-mine-done")}
	return []story{
		{"link/install", at, one(page.LinkInstall, same)},
		{"link/install-no-stores", at, one(page.LinkInstall, func(v *page.LinkPhone) { v.AppStore, v.PlayStore = "", "" })},
		{"link/install-version", at, one(page.LinkInstall, func(v *page.LinkPhone) { v.Minimum = "1.6.78" })},
		{"link/open", at, one(page.LinkOpen, same)},
		{"link/expired", at, one(page.LinkExpired, same)},
		{"link/digits", at, one(page.LinkCode, same)},
		{"link/digits-wrong", at, one(page.LinkCode, fault("code", "link.digits.wrong"))},
		{"link/digits-missing", at, one(page.LinkCode, fault("code", "link.digits.missing"))},
		{"link/burned", at, one(page.LinkBurned, same)},
		{"link/burned-not-mine", notMine, one(page.LinkBurned, same)},
		{"link/ended", at, one(page.LinkEnded, same)},
		{"link/too-many", at, one(page.LinkTooMany, same)},
		{"link/full", security, elder(page.LinkFull, same)},
		{"link/paired", security, elder(page.LinkPaired, same)},
		{"link/elder", security, elder(page.LinkElder, func(v *page.LinkPhone) { v.Number, v.Codes, v.Recovery, v.Wait.Still = "482", true, true, false })},
		{"link/elder-gone", security, elder(page.LinkElder, func(v *page.LinkPhone) { v.Number, v.Codes, v.Recovery = "048271", true, true })},
		{"link/elder-ask", security, elder(page.LinkElder, func(v *page.LinkPhone) { v.Number = "482" })},
		{"link/elder-missing", security, elder(page.LinkElder, fault("code", "link.elder.missing"))},
		{"link/elder-wrong", security, elder(page.LinkElder, fault("code", "link.elder.wrong"))},
		{"link/elder-recovery-wrong", security, elder(page.LinkElder, fault("recovery", "link.elder.recovery-wrong"))},
		{"link/elder-often", security, elder(page.LinkElder, fault("code", "link.elder.often", "Wait", 40*time.Minute))},
		{"link/elder-locked", security, elder(page.LinkElder, fault("code", "link.elder.locked"))},
	}
}

func linkAppStories() []story {
	at := invited("/setup/app")
	app := page.LinkApp{
		Base: "/setup/app", Intent: page.LinkFirst, At: page.StepApp, ID: "aut_1", Back: "/setup/method", Secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
		URI: "otpauth://totp/Tulp%20%26%20Zoon:ada@example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Tulp%20%26%20Zoon&algorithm=SHA1&digits=6&period=30",
	}
	fault := func(field, id string) page.LinkApp {
		view := app
		view.Naming, view.Faults = true, page.Faults{field: page.Say(id)}
		return view
	}
	begin, full := app, app
	begin.ID = ""
	full.ID, full.Full = "", true
	again := begin
	again.Problem = page.Notice{Tone: page.Warn, Text: page.Say("link.app.again")}
	return []story{
		{"link/app-begin", at, begin},
		{"link/app", at, app},
		{"link/app-wrong", at, fault("code", "link.app.code-wrong")},
		{"link/app-missing", at, fault("code", "link.app.code-missing")},
		{"link/app-name-missing", at, fault("name", "link.app.name-missing")},
		{"link/app-name-wrong", at, fault("name", "link.app.name-wrong")},
		{"link/app-again", at, again},
		{"link/app-full", at, full},
	}
}
