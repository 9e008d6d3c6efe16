package main

import (
	"slices"
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
	return slices.Concat([]story{
		{"login/login", start, page.Login{}},
		{"login/login-empty", start, page.Login{Faults: page.Faults{
			"email": page.Say("login.email-missing"), "password": page.Say("login.password-missing"),
		}}},
		{"login/login-wrong", start, bad(page.Say("login.wrong"))},
		{"login/login-too-often", start, bad(page.Say("login.wait", "Wait", 4*time.Minute))},
		{"login/login-unusable", start, bad(page.Say("login.unusable"))},
		{"login/login-busy", start, page.Login{Email: "ada@example.com", Problem: page.Notice{Tone: page.Warn, Text: page.Say("login.busy")}}},
		{"login/login-nowhere", start, page.Login{Email: "ada@example.com", Problem: page.Notice{Tone: page.Warn, Text: page.Say("login.nowhere")}}},
		{"login/login-logged-off", said(start, page.Good, "login.logged-out"), page.Login{}},
		{"login/login-ended", said(start, page.Info, "login.ended"), page.Login{Next: "/security"}},
		{"login/login-cancelled", said(start, page.Info, "wait.cancelled"), page.Login{}},
	}, waitStories(), resetStories())
}

func resetStories() []story {
	newPassword := page.NewPassword{Action: "/reset", Email: "ada@example.com", Least: 8}
	refused := func(id string, pairs ...any) page.NewPassword {
		view := newPassword
		view.Faults = page.Faults{"password": page.Say(id, pairs...)}
		return view
	}
	differ := newPassword
	differ.Faults = page.Faults{"again": page.Say("password.differ")}
	choosing, start := invited("/reset"), stranger("/forgot")
	return []story{
		{"reset/forgot", start, page.Forgot{}},
		{"reset/forgot-wrong", start, page.Forgot{Email: "ada", Faults: page.Faults{"email": page.Say("forgot.email-wrong")}}},
		{"reset/forgot-sent", start, page.Message{
			Tone: page.Info, Icon: "mail", Title: page.Say("forgot.sent.title"), Text: page.Say("forgot.sent.text"), Other: page.Say("reset.login"), OtherTo: "/login",
		}},
		{"reset/link", start, page.Reset{Action: "/reset/token", Email: "ada@example.com"}},
		{"reset/link-old", start, page.Message{
			Tone: page.Warn, Icon: "clock", Title: page.Say("reset.old.title"), Text: page.Say("reset.old.text"),
			Button: page.Say("reset.old.button"), To: "/forgot", Other: page.Say("reset.login"), OtherTo: "/login",
		}},
		{"reset/link-nowhere", start, page.Message{
			Tone: page.Warn, Icon: "alert", Title: page.Say("reset.nowhere.title"), Text: page.Say("reset.nowhere.text"), Other: page.Say("reset.login"), OtherTo: "/login",
		}},
		{"reset/password", choosing, newPassword},
		{"reset/password-short", choosing, refused("password.problem.too-short", "Least", 8)},
		{"reset/password-long", choosing, refused("password.problem.too-long")},
		{"reset/password-common", choosing, refused("password.problem.common")},
		{"reset/password-own-words", choosing, refused("password.problem.own-words")},
		{"reset/password-differ", choosing, differ},
		{"reset/done", member("/reset/done"), page.Message{
			Tone: page.Good, Icon: "check", Title: page.Say("reset.done.title"), Text: page.Say("reset.done.text"), Button: page.Say("reset.done.button"), To: "/",
		}},
	}
}
