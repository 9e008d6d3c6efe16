package main

import (
	"time"

	"example.com/aye/portal/page"
)

func accountStories() []story {
	return append(numberStories(), passwordStories()...)
}

func passwordStories() []story {
	at := member("/security/password")
	email := page.ChangeEmail{Now: "ada@example.com"}
	often, wrong := email, email
	often.Email, often.Problem = "ada@example.net", page.Notice{Tone: page.Bad, Text: page.Say("security.email.wait", "Wait", 41*time.Minute)}
	wrong.Email, wrong.Faults = "ada", page.Faults{"email": page.Say("security.email.invalid")}
	languages := []page.Choice{{Value: "nl", Label: page.Say("security.profile.dutch")}, {Value: "en", Label: page.Say("security.profile.english")}}
	return []story{
		{"security/password", at, page.ChangePassword{Least: 15, Email: "ada@example.com"}},
		{"security/password-differ", at, page.ChangePassword{Least: 8, Email: "ada@example.com", Faults: page.Faults{"again": page.Say("password.differ")}}},
		{"security/password-too-short", at, page.ChangePassword{Least: 8, Email: "ada@example.com", Faults: page.Faults{"password": page.Say("password.problem.too-short", "Least", 8)}}},
		{"security/email", member("/security/email"), email},
		{"security/email-invalid", member("/security/email"), wrong},
		{"security/email-too-often", member("/security/email"), often},
		{"security/email-sent", member("/security/email/sent"), page.Message{
			Tone: page.Info, Icon: "mail", Title: page.Say("security.email.sent-title"), Text: page.Say("security.email.sent"),
			Button: page.Say("security.back"), To: "/security",
		}},
		{"security/email-confirm", stranger(""), page.Confirm{
			Title: page.Say("security.email-confirm.title"), Text: page.Say("security.email-confirm.text", "Person", "Ada de Vries", "Email", "ada@example.net"),
			Action: "/email/token", Button: page.Say("security.email-confirm.button"), Back: "/",
		}},
		{"security/email-changed", stranger(""), page.Message{
			Tone: page.Good, Icon: "check", Title: page.Say("security.email-changed.title"), Text: page.Say("security.email-changed.text", "Email", "ada@example.net"),
			Button: page.Say("security.email-changed.button"), To: "/",
		}},
		{"security/email-gone", stranger(""), page.Message{
			Tone: page.Warn, Icon: "clock", Title: page.Say("security.email-gone.title"), Text: page.Say("security.email-gone.text"),
			Button: page.Say("security.email-gone.button"), To: "/security/email",
		}},
		{"security/profile", member("/security/profile"), page.Profile{Display: "Ada de Vries", Language: "nl", Languages: languages}},
		{"security/profile-invalid", member("/security/profile"), page.Profile{Language: "en", Languages: languages, Faults: page.Faults{"display": page.Say("security.profile.invalid")}}},
	}
}

func numberStories() []story {
	at := member("/security/number")
	number := page.ChangeNumber{Now: "+31612345678", Texts: true}
	wrong, often, failed := number, number, number
	failed.Number, failed.Problem = "06 87654321", page.Notice{Tone: page.Bad, Text: page.Say("security.number.failed")}
	wrong.Number, wrong.Faults = "12345", page.Faults{"number": page.Say("security.number.invalid")}
	often.Number, often.Problem = "06 87654321", page.Notice{Tone: page.Warn, Text: page.Say("security.number.wait", "Wait", 28*time.Second)}
	code := func(problem, fault page.Text) page.ConfirmNumber {
		view := page.ConfirmNumber{Number: "+31687654321", Problem: page.Notice{Tone: page.Bad, Text: problem}}
		if fault.ID != "" {
			view.Faults = page.Faults{"code": fault}
		}
		return view
	}
	return []story{
		{"security/number", at, number},
		{"security/number-none", at, page.ChangeNumber{Texts: true}},
		{"security/number-no-texts", at, page.ChangeNumber{}},
		{"security/number-invalid", at, wrong},
		{"security/number-wait", at, often},
		{"security/number-failed", at, failed},
		{"security/number-code", at, code(page.Text{}, page.Text{})},
		{"security/number-code-wrong", at, code(page.Text{}, page.Say("security.number-code.wrong"))},
		{"security/number-code-too-often", at, code(page.Say("security.number-code.wait", "Wait", time.Hour), page.Text{})},
		{"security/number-code-used-up", at, code(page.Say("security.number-code.used-up"), page.Text{})},
		{"security/number-code-expired", at, page.ConfirmNumber{}},
	}
}
