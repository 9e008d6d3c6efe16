package main

import (
	"time"

	"example.com/aye/portal/page"
)

func problemStories() []story {
	var all []story
	for _, kind := range []string{"not-found", "forbidden", "foreign", "form", "too-large", "unavailable", "support", "rank", "new", "unsigned", "frozen", "link", "same", "live", "closed", "channel", "recovering"} {
		all = append(all, story{"problem/" + kind, stranger(""), page.Problem{Kind: kind}})
	}
	return append(all,
		story{"problem/too-many", stranger(""), page.Problem{Kind: "too-many", Text: page.Say("problem.too-many.text", "Wait", 4*time.Minute)}},
		story{"problem/too-many-soon", member("/security"), page.Problem{Kind: "too-many", Text: page.Say("problem.too-many.text-soon")}},
		story{"problem/internal", owner("/manage/people"), page.Problem{Kind: "internal", Text: page.Say("problem.internal.text", "Request", "req_0193f1c2")}},
	)
}
