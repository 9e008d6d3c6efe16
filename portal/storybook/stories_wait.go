package main

import (
	"slices"
	"time"

	"example.com/aye/portal/page"
)

var (
	entering = page.WaitPlace{Base: "/login/wait", Purpose: "enter"}
	proving  = page.WaitPlace{Base: "/prove/wait", Next: "/security", Purpose: "prove"}
	reseting = page.WaitPlace{Base: "/login/wait", Purpose: "reset"}
)

// waiting is a waiting page that does not change while somebody looks at it.
func waiting(change func(*page.Wait)) page.Wait {
	view := page.Wait{
		WaitPlace: entering, Organisation: "Tulp & Zoon", Number: "482", Codes: true, Recovery: true,
		SMS:    page.TextWay{Why: page.Say("wait.sms.why.not-allowed"), Instead: page.Say("wait.sms.instead.codes")},
		Phones: []page.Asked{{Name: "Pixel 9", Channel: "Google", State: "accepted"}},
		Wait:   page.Waiting{State: "pending", Left: 118 * time.Second, Still: true},
	}
	change(&view)
	return view
}

func waitStories() []story {
	at := invited("/login/wait")
	phones := func(all ...page.Asked) page.Wait { return waiting(func(v *page.Wait) { v.Phones = all }) }
	failed := func(id string) page.Asked {
		return page.Asked{Name: "iPhone van Ada", Channel: "Apple", State: "failed", Reason: page.Say(id)}
	}
	again := at
	again.Notice = page.Notice{Tone: page.Info, Text: page.Say("wait.resent")}
	all := []story{
		{"wait/number", at, waiting(func(*page.Wait) {})},
		{"wait/six-digits", at, waiting(func(v *page.Wait) { v.Number = "048271" })},
		{"wait/tap", at, waiting(func(v *page.Wait) { v.Number = "" })},
		{"wait/help", at, waiting(func(v *page.Wait) { v.Help = true })},
		{"wait/help-little", at, waiting(func(v *page.Wait) {
			v.Help, v.Codes, v.Recovery, v.SMS.Instead = true, false, false, page.Say("wait.sms.instead.phone")
		})},
		{"wait/phones", at, phones(
			page.Asked{Name: "Pixel 9", Channel: "Google", State: "fetched"}, page.Asked{Name: "iPhone van Ada", Channel: "Apple", State: "queued"},
			page.Asked{Name: "Oude telefoon", State: "silent"},
		)},
		{"wait/withheld", at, waiting(func(v *page.Wait) {
			v.Withheld, v.Phones = true, []page.Asked{{Name: "Pixel 9", Channel: "Google", State: "withheld"}}
		})},
		{"wait/failed-off", at, phones(failed("wait.reason.off"))},
		{"wait/failed-gone", at, phones(failed("wait.reason.gone"))},
		{"wait/failed-trouble", at, phones(failed("wait.reason.trouble"))},
		{"wait/failed-setup", at, phones(failed("wait.reason.setup"))},
		{"wait/failed-unknown", at, phones(failed("wait.reason.unknown"))},
		{"wait/resent", again, waiting(func(*page.Wait) {})},
		{"wait/prove", member("/prove/wait"), waiting(func(v *page.Wait) { v.WaitPlace, v.Number = proving, "048271" })},
		{"wait/prove-tap", member("/prove/wait"), waiting(func(v *page.Wait) { v.WaitPlace, v.Number = proving, "" })},
		{"wait/reset", at, waiting(func(v *page.Wait) { v.WaitPlace = reseting })},
		{"wait/reset-tap", at, waiting(func(v *page.Wait) { v.WaitPlace, v.Number = reseting, "" })},
	}
	for _, state := range []string{
		"denied", "reported", "mismatched", "expired", "cancelled", "superseded", "lapsed", "too-many", "nothing", "unlinked", "not-taken", "over",
	} {
		all = append(all, story{"wait/end-" + state, at, page.WaitEnd{WaitPlace: entering, State: state, Organisation: "Tulp & Zoon"}})
	}
	all = append(all,
		story{"wait/end-prove", member("/prove/wait"), page.WaitEnd{WaitPlace: proving, State: "denied", Organisation: "Tulp & Zoon"}},
		story{"wait/end-reset", at, page.WaitEnd{WaitPlace: reseting, State: "expired", Organisation: "Tulp & Zoon"}},
		story{"wait/prove-password", member("/prove"), page.Prove{Next: "/security"}},
		story{"wait/prove-password-wrong", member("/prove"), page.Prove{Next: "/security", Faults: page.Faults{"password": page.Say("prove.wrong")}}},
		story{"wait/prove-password-unusable", member("/prove"), page.Prove{Problem: page.Notice{Tone: page.Bad, Text: page.Say("prove.unusable")}}},
	)
	return slices.Concat(all, smsWaitStories(), codeStories(), smsCodeStories())
}

func codeStories() []story {
	at := invited("/login/wait/code")
	code := func(method string, push bool, faults page.Faults) page.Code {
		return page.Code{WaitPlace: entering, Method: method, Push: push, Codes: true, Recovery: true, Faults: faults}
	}
	fault := func(id string, pairs ...any) page.Faults { return page.Faults{"code": page.Say(id, pairs...)} }
	proof := code("totp", true, nil)
	proof.WaitPlace = proving
	return []story{
		{"code/totp", at, code("totp", true, nil)},
		{"code/totp-alone", at, code("totp", false, nil)},
		{"code/totp-missing", at, code("totp", true, fault("code.missing"))},
		{"code/totp-wrong", at, code("totp", true, fault("code.wrong.totp"))},
		{"code/totp-too-often", at, code("totp", true, fault("code.often", "Wait", 40*time.Minute))},
		{"code/totp-locked", at, code("totp", true, fault("code.locked"))},
		{"code/totp-not-taken", at, code("totp", true, fault("code.method"))},
		{"code/totp-prove", member("/prove/wait/code"), proof},
		{"code/recovery", at, code("recovery", true, nil)},
		{"code/recovery-wrong", at, code("recovery", false, fault("code.wrong.recovery"))},
	}
}
