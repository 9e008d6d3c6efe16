package main

import (
	"time"

	"example.com/aye/portal/page"
)

const masked = "+31\u00a0••••\u00a0••78"

var smsEnds = time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC)

// closed are the reasons for which nobody gets a code in a text message.
var closed = []string{
	"not-allowed", "several-organisations", "no-number", "number-new", "country", "no-provider", "over", "sender", "halted", "cap-reached", "operator-cap", "nobody", "later",
}

func why(reason string) page.Text {
	if reason == "number-new" {
		return page.Say("wait.sms.why.number-new", "From", now.Add(50*time.Hour))
	}
	return page.Say("wait.sms.why." + reason)
}

// smsWaitStories are the waiting page, and how it ends for who has nothing but text messages.
func smsWaitStories() []story {
	at := invited("/login/wait")
	with := func(way page.TextWay) page.Wait { return waiting(func(v *page.Wait) { v.Help, v.SMS = true, way }) }
	all := []story{
		{"wait/sms-open", at, with(page.TextWay{Number: masked})},
		{"wait/sms-sent", at, with(page.TextWay{Number: masked, Sent: true})},
	}
	for _, reason := range closed {
		all = append(all,
			story{"wait/sms-" + reason, at, with(page.TextWay{Why: why(reason), Instead: page.Say("wait.sms.instead.codes")})},
			story{"wait/end-texts-" + reason, at, page.WaitEnd{WaitPlace: entering, State: "texts", Organisation: "Tulp & Zoon", Why: why(reason)}},
		)
	}
	end := page.WaitEnd{WaitPlace: proving, State: "texts", Organisation: "Tulp & Zoon", Why: why("nobody"), Anew: true}
	return append(all, story{"wait/end-texts-anew", member("/prove/wait"), end})
}

// typing is the page to type the code of a text message of which that became.
func typing(state string, change func(*page.Code)) page.Code {
	view := page.Code{
		WaitPlace: entering, Method: "sms", Organisation: "Tulp & Zoon", SMS: true, Text: page.TextMessage{Number: masked, State: state},
		Wait: page.Waiting{State: "code", Still: true},
	}
	change(&view)
	return view
}

func smsCodeStories() []story {
	at := invited("/login/wait/code")
	var all []story
	for _, state := range []string{"sending", "accepted", "sent", "delivered", "failed", "expired", "refused", "unknown"} {
		all = append(all, story{"code/sms-" + state, at, typing(state, func(*page.Code) {})})
	}
	fault := func(id string, pairs ...any) func(*page.Code) {
		return func(v *page.Code) { v.Faults = page.Faults{"code": page.Say(id, pairs...)} }
	}
	code := page.Code{WaitPlace: entering, Method: "totp", Codes: true, SMS: true, Recovery: true}
	texted, recovery := code, code
	texted.Texted = true
	recovery.Method, recovery.Codes, recovery.SMS, recovery.Problem = "recovery", false, false, page.Notice{Tone: page.Warn, Text: why("over")}
	return append(append(all, smsNotSentStories()...),
		story{"code/sms-refused-again", at, typing("refused", func(v *page.Code) {
			v.Text.Earlier, v.Text.Pause, v.Problem = true, time.Minute, page.Notice{Tone: page.Warn, Text: page.Say("code.sms.failed.down")}
		})},
		story{"code/sms-none", at, typing("", func(v *page.Code) { v.Push, v.Codes = true, true })},
		story{"code/sms-pause", at, typing("sent", func(v *page.Code) { v.Text.Pause = 28 * time.Second })},
		story{"code/sms-ends", at, typing("delivered", func(v *page.Code) { v.Text.Ends, v.Text.Pause = smsEnds, 28*time.Second })},
		story{"code/sms-others", at, typing("delivered", func(v *page.Code) { v.Push, v.Codes, v.Recovery = true, true, true })},
		story{"code/sms-wrong", at, typing("delivered", fault("code.wrong.sms"))},
		story{"code/sms-locked", at, typing("delivered", fault("code.locked-texts", "Organisation", "Tulp & Zoon"))},
		story{"code/sms-too-often", at, typing("delivered", fault("code.often", "Wait", 40*time.Minute))},
		story{"code/sms-prove", member("/prove/wait/code"), typing("sent", func(v *page.Code) { v.WaitPlace = proving })},
		story{"code/totp-or-sms", at, code},
		story{"code/totp-or-sms-sent", at, texted},
		story{"code/recovery-no-sms", at, recovery},
	)
}

// smsNotSentStories say why no code went out.
func smsNotSentStories() []story {
	at := invited("/login/wait/code")
	problem := func(id string, pairs ...any) func(*page.Code) {
		return func(v *page.Code) {
			v.Push, v.Codes, v.Recovery, v.Problem = true, true, true, page.Notice{Tone: page.Warn, Text: page.Say(id, pairs...)}
		}
	}
	return []story{
		{"code/sms-too-soon", at, typing("sent", problem("code.sms.too-soon", "Wait", 28*time.Second))},
		{"code/sms-often-number", at, typing("", problem("code.sms.often-number", "Wait", 40*time.Minute))},
		{"code/sms-often-organisation", at, typing("", problem("code.sms.often-organisation", "Wait", 5*time.Hour))},
		{"code/sms-down", at, typing("refused", problem("code.sms.failed.down"))},
		{"code/sms-bad-number", at, typing("refused", problem("code.sms.failed.number", "Organisation", "Tulp & Zoon"))},
		{"code/sms-setup", at, typing("refused", problem("code.sms.failed.setup", "Organisation", "Tulp & Zoon"))},
		{"code/sms-halted", at, typing("", func(v *page.Code) {
			v.Push, v.Codes, v.Text.Why, v.Problem = true, true, why("halted"), page.Notice{Tone: page.Warn, Text: why("halted")}
		})},
		{"code/sms-closed-after", at, typing("sent", func(v *page.Code) { v.Push, v.Text.Why = true, why("cap-reached") })},
	}
}

// smsChoiceStories are the wizard's choice with text messages in it.
func smsChoiceStories() []story {
	at := invited("/setup/method")
	with := func(hint page.Text, disabled, number bool) page.SetupMethod {
		return page.SetupMethod{Chosen: "push", Required: true, Number: number, Choices: []page.Choice{
			{Value: "push", Label: page.Say("setup.choice.push"), Hint: page.Say("setup.choice.push-hint")},
			{Value: "totp", Label: page.Say("setup.choice.totp"), Hint: page.Say("setup.choice.totp-hint")},
			{Value: "sms", Label: page.Say("setup.choice.sms"), Hint: hint, Disabled: disabled},
		}}
	}
	return []story{
		{"setup/method-sms", at, with(page.Say("setup.choice.sms-hint", "Number", masked), false, false)},
		{"setup/method-sms-ends", at, with(page.Say("setup.choice.sms-ends", "Date", page.Day(smsEnds), "Number", masked), false, false)},
		{"setup/method-sms-number", at, with(page.Say("setup.choice.sms-number"), true, true)},
		{"setup/method-sms-nobody", at, with(page.Say("setup.choice.sms-nobody"), true, false)},
		{"setup/method-sms-not-allowed", at, with(why("not-allowed"), true, false)},
		{"setup/method-sms-country", at, with(why("country"), true, false)},
		{"setup/done-texts", invited("/setup/done"), page.SetupDone{Organisation: "Tulp & Zoon", Texts: masked}},
	}
}

// smsFactorStories are text messages among the security settings.
func smsFactorStories() []story {
	view := page.Security{
		TakesCodes: true, TakesRecovery: true, Organisation: "Tulp & Zoon", Display: "Ada de Vries", Email: "ada@example.com",
		Number: "+31612345678", Texts: true, SMS: page.TextFactor{Shown: true, Chosen: true, Number: masked},
	}
	with := func(change func(*page.Security)) page.Security {
		changed := view
		change(&changed)
		return changed
	}
	ends := member("/security")
	ends.TextsEnd = smsEnds
	number, at := page.ChangeNumber{Now: "+31612345678", Texts: true, Pauses: 7}, member("/security/number")
	only := number
	only.Only = true
	return []story{
		{"security/overview-texts-only", member("/security"), view},
		{"security/overview-texts-end", ends, with(func(v *page.Security) { v.Ending = true })},
		{"security/overview-texts-beside", member("/security"), with(func(v *page.Security) { v.Phones, v.SMS.Chosen = []page.Phone{pixel}, false })},
		{"security/overview-texts-closed", member("/security"), with(func(v *page.Security) { v.SMS.Number, v.SMS.Why = "", why("number-new") })},
		{"security/overview-texts-off", member("/security"), with(func(v *page.Security) {
			v.Phones, v.SMS.Chosen, v.SMS.Number, v.SMS.Why = []page.Phone{pixel}, false, "", why("several-organisations")
		})},
		{"security/phones-last-texts", member("/security/phones"), page.Phones{Phones: []page.Phone{pixel}, Texts: true, Most: 5}},
		{"security/apps-last-texts", member("/security/apps"), page.CodeApps{Apps: []page.CodeApp{codes}, Texts: true, Most: 5}},
		{"security/number-pauses", at, number},
		{"security/number-only", at, only},
		{"security/number-no-change", at, page.ChangeNumber{Now: "+31612345678", Pauses: 7, Only: true}},
		{"security/linked-push-texts", member("/security/push"), page.Linked{Intent: page.LinkChange, Phone: "Pixel 9", Texts: masked, Recovery: true}},
	}
}
