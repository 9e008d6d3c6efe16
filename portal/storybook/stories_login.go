package main

import (
	"time"

	"example.com/aye/portal/page"
)

func loginStories() []story {
	bad := func(text page.Text) page.Login {
		return page.Login{Email: "ada@example.com", Problem: page.Notice{Tone: page.Bad, Text: text}}
	}
	said := func(f page.Frame, tone page.Tone, id string) page.Frame {
		f.Notice = page.Notice{Tone: tone, Text: page.Say(id)}
		return f
	}
	start := stranger("/login")
	return []story{
		{"login/login", start, page.Login{}},
		{"login/login-empty", start, page.Login{Faults: page.Faults{
			"email": page.Say("login.email-missing"), "password": page.Say("login.password-missing"),
		}}},
		{"login/login-wrong", start, bad(page.Say("login.wrong"))},
		{"login/login-too-often", start, bad(page.Say("login.wait", "Wait", 4*time.Minute))},
		{"login/login-busy", start, page.Login{Email: "ada@example.com", Problem: page.Notice{Tone: page.Warn, Text: page.Say("login.busy")}}},
		{"login/login-logged-off", said(start, page.Good, "login.logged-out"), page.Login{}},
		{"login/login-ended", said(start, page.Info, "login.ended"), page.Login{Next: "/security"}},
	}
}
