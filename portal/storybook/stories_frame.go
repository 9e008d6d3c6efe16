package main

import "example.com/aye/portal/page"

// frameStories are the pages that every family uses.
func frameStories() []story {
	button, text := page.Say("problem.back"), page.Say("problem.forbidden.text")
	due := member("/apps")
	due.Due = now.AddDate(0, 0, 9)
	return []story{
		{"frame/second-factor-soon", due, page.Message{Tone: page.Info, Icon: "apps", Title: page.Say("frame.apps"), Text: text}},
		{"frame/message-good", stranger("/login"), page.Message{
			Tone: page.Good, Icon: "check", Title: page.Say("login.logged-out"), Text: text, Button: button, To: "/", Other: page.Say("login.forgot"), OtherTo: "/forgot",
		}},
		{"frame/message-bad", invited("/setup/done"), page.Message{Tone: page.Bad, Icon: "cross", Title: page.Say("problem.forbidden.title"), Text: text, Button: button, To: "/", Post: true}},
		{"frame/confirm", member("/security"), page.Confirm{
			Title: page.Say("problem.not-found.title"), Text: text, Facts: []page.Fact{{Name: page.Say("login.email"), Value: "ada@example.com"}},
			Action: "/security", Hidden: map[string]string{"id": "1"}, Button: page.Say("frame.logout"), Danger: true, Back: "/security",
		}},
	}
}
