package main

import (
	"slices"
	"time"

	"example.com/aye/portal/page"
)

// agent is the frame of who gives support.
func agent(path string) page.Frame {
	f := member(path)
	f.Person, f.Email, f.Supports = "Sanne Bakker", "sanne@example.com", true
	return f
}

// supported makes the story of a support page.
func supported(name, path string, view page.View) story {
	return story{"support/" + name, agent("/support" + path), view}
}

func supportStories() []story {
	return slices.Concat(supportHomeStories(), cardStories(), openStories(), caseStories(), checkStories(), signingStories(), supportConfirmStories())
}

var (
	bram   = page.Helped{ID: "usr_2", Name: "Bram Smit", Email: "bram.smit@example.com", Role: "member", Since: time.Date(2025, time.March, 3, 9, 0, 0, 0, time.UTC)}
	anders = page.Helped{ID: "usr_8", Name: "Chandra van den Berg-Ramdin", Email: "chandra.van.den.berg.ramdin@greenhouses.example.com", Role: "administrator", Since: now.AddDate(0, -2, 0)}
)

// elsewhere is the person as the operator's support sees them.
func elsewhere(h page.Helped) page.Helped {
	h.Organisation = "Tulp & Zoon"
	return h
}

func caseLines() []page.CaseLine {
	return []page.CaseLine{
		{ID: "case_1", Name: bram.Name, Kind: "lost", State: "open", Opener: "Joris Mol", Opened: now.Add(-12 * time.Minute), Next: page.Stance{Word: "open", At: now.Add(24 * time.Hour)}},
		{ID: "case_2", Name: anders.Name, Kind: "lost", State: "waiting", Opener: "Sanne Bakker", Opened: now.Add(-3 * time.Hour), Next: page.Stance{Word: "due", At: now.Add(21 * time.Hour)}},
		{ID: "case_3", Name: "Dirk Jansen", Kind: "forgotten", State: "sent", Opener: "Sanne Bakker", Opened: now.Add(-40 * time.Minute), Next: page.Stance{Word: "sent", At: now.Add(7 * time.Hour)}},
		{ID: "case_4", Name: "Els de Boer", Kind: "lost", State: "revoked", Opener: "Joris Mol", Opened: now.AddDate(0, 0, -1), Next: page.Stance{Word: "revoked"}},
	}
}

func endedLines() []page.CaseLine {
	lines := make([]page.CaseLine, 0, 5)
	for i, state := range []string{"done", "refused", "cancelled", "expired", "stopped"} {
		line := caseLines()[i%4]
		line.State, line.Next, line.Opened = state, page.Stance{}, now.AddDate(0, 0, -2*i-2)
		lines = append(lines, line)
	}
	return lines
}

func freezeLines(lift bool) []page.FreezeLine {
	return []page.FreezeLine{
		{ID: "frz_1", What: "person", Name: "Fenna Vos", At: now.Add(-2 * time.Hour), CaseID: "case_9", MayLift: lift},
		{ID: "frz_2", What: "agent", Name: "Joris Mol", At: now.Add(-20 * time.Minute), MayLift: lift},
		{ID: "frz_3", What: "organisation", At: now.Add(-10 * time.Minute)},
	}
}

func supportHomeStories() []story {
	lines := caseLines()
	full := page.SupportHome{Approve: lines[:1], Live: lines[1:], Frozen: freezeLines(false)}
	short, operator := full, page.SupportHome{Operator: true, Approve: caseLines()[1:2]}
	short.Search, short.Faults = "ad", page.Faults{"q": page.Say("desk.search.short")}
	operator.Approve[0].Organisation = "Tulp & Zoon"
	lifts := full
	lifts.Frozen = freezeLines(true)
	found := page.SupportFound{Search: "an", People: []page.Helped{bram, anders}}
	everywhere := page.SupportFound{Search: bram.Email, People: []page.Helped{elsewhere(bram)}, Operator: true}
	return []story{
		supported("home", "", page.SupportHome{}),
		supported("home-full", "", full),
		supported("home-administrator", "", lifts),
		told(supported("home-lifted", "", page.SupportHome{}), page.Good, "desk.said.lifted"),
		supported("home-short", "/people", short),
		supported("frozen", "", page.Message{
			Tone: page.Bad, Icon: "lock", Title: page.Say("problem.frozen.title"), Text: page.Say("desk.frozen.agent"), Button: page.Say("problem.back"), To: "/apps",
		}),
		supported("home-operator", "", operator),
		supported("found", "/people", found),
		supported("found-none", "/people", page.SupportFound{Search: "zzz"}),
		supported("found-operator", "/people", everywhere),
		supported("found-operator-none", "/people", page.SupportFound{Search: "smit", Operator: true}),
		supported("locked", "", page.Message{
			Tone: page.Warn, Icon: "lock", Title: page.Say("desk.locked.title"), Text: page.Say("desk.locked.text"),
			Button: page.Say("desk.locked.button"), To: "/logout", Post: true, Other: page.Say("desk.locked.link"), OtherTo: "/security",
		}),
		supported("cases", "/cases", page.SupportCases{Cases: lines}),
		supported("cases-none", "/cases", page.SupportCases{}),
		supported("cases-ended", "/cases", page.SupportCases{Ended: true, Cases: endedLines()}),
		supported("cases-ended-none", "/cases", page.SupportCases{Ended: true}),
	}
}

// advice is one as the handlers make it.
func advice(what string, fact page.Text) page.Advised {
	return page.Advised{Fact: fact, Say: page.Say("desk.advice." + what + ".say"), Stop: what == "frozen" || what == "live"}
}

func notFetched(state string) page.Text {
	return page.Say("desk.delivery."+state, "Phone", "iPhone van Bram", "Channel", "Apple", "After", 3*time.Second)
}

func usualAdvice() []page.Advised {
	forgotten, lost := advice("forgotten", page.Say("desk.advice.forgotten.fact")), advice("lost", page.Say("desk.advice.lost.fact"))
	forgotten.To, forgotten.Button = "/support/people/usr_2/forgotten", page.Say("desk.card.forgotten")
	lost.To, lost.Button = "/support/people/usr_2/lost", page.Say("desk.card.lost")
	other := page.Advised{Fact: page.Say("desk.advice.other-phone.named", "Phone", "Pixel 9"), Say: page.Say("desk.advice.other-phone.say-named", "Phone", "Pixel 9")}
	return []page.Advised{advice("not-fetched", notFetched("never-fetched")), other, forgotten, lost}
}

func cardStories() []story {
	browser := page.Say("security.browser.known", "Browser", "Firefox", "System", "Windows")
	recent := []page.AskedFor{
		{At: now.Add(-4 * time.Minute), Asker: "Webwinkel", State: "expired", Place: "Utrecht, NL", Browser: browser, Deliveries: []page.Text{notFetched("never-fetched"), page.Say("desk.delivery.queued", "Phone", "Pixel 9")}},
		{At: now.Add(-9 * time.Minute), Asker: "Aye", State: "denied", Place: "Utrecht, NL", Browser: browser, Deliveries: []page.Text{page.Say("desk.delivery.fetched", "Phone", "Pixel 9", "After", 2*time.Second)}},
		{At: now.Add(-26 * time.Hour), Asker: "Boekhouding", What: "Betaling van € 1.200,00 goedkeuren", State: "released", Browser: browser, Deliveries: []page.Text{page.Say("desk.delivery.fetched", "Phone", "iPhone van Bram", "After", 2*time.Second)}},
	}
	card := page.SupportCard{
		Person: bram, Advice: usualAdvice(), Apps: 1, RecoveryCodes: 7, Number: "678", Recent: recent,
		Phones: []page.HelpedPhone{
			{Name: "iPhone van Bram", Model: "iPhone 15", System: "iOS 19.1", Linked: now.AddDate(0, -7, 0), Seen: now.Add(-30 * time.Hour)},
			{Name: "Pixel 9", Model: "Pixel 9", System: "Android 16", Linked: now.AddDate(0, -1, 0), Seen: now.Add(-11 * time.Minute), Local: true},
		},
	}
	bare := page.SupportCard{Person: bram, Advice: usualAdvice()[2:]}
	all := card
	all.Advice, all.Texts = nil, true
	for _, a := range []struct {
		what string
		fact page.Text
	}{
		{"muted", page.Say("desk.advice.muted.fact")},
		{"not-fetched", page.Say("desk.advice.not-fetched.fact")},
		{"failed", page.Say("desk.delivery.failed", "Phone", "Pixel 9", "Why", page.Say("desk.reason.gone"))},
		{"other-phone", page.Say("desk.advice.other-phone.fact")},
		{"app", page.Say("desk.advice.app.fact")},
		{"recovery", page.Say("desk.advice.recovery.fact", "Count", 7)},
		{"text", page.Say("desk.advice.text.fact", "Number", "678")},
	} {
		all.Advice = append(all.Advice, advice(a.what, a.fact))
	}
	all.Recent = nil
	for _, state := range []string{"pending", "approved", "reported", "mismatched", "cancelled", "superseded", "lapsed"} {
		all.Recent = append(all.Recent, page.AskedFor{At: now.Add(-time.Minute), Asker: "Webwinkel", State: state, Place: "Gent, BE", Browser: page.Say("security.browser.unknown"), Deliveries: []page.Text{
			page.Say("desk.delivery.withheld", "Phone", "Pixel 9"), page.Say("desk.delivery.silent", "Phone", "Oude telefoon"), notFetched("accepted"),
			page.Say("desk.delivery.failed", "Phone", "Pixel 9", "Why", page.Say("desk.reason.off")),
		}})
	}
	live, frozen, rank := card, card, card
	button := advice("live", page.Say("desk.advice.live.fact", "Kind", page.Say("desk.kind.lost")))
	button.To, button.Button = "/support/cases/case_1", page.Say("desk.advice.live.button")
	live.Advice, live.Refused, live.Cases = append([]page.Advised{button}, usualAdvice()[:2]...), page.Say("desk.refused.live"), append(caseLines()[:1], endedLines()[0])
	frozen.Advice, frozen.Refused, frozen.Frozen = []page.Advised{advice("frozen", page.Say("desk.advice.frozen.fact", "Name", bram.Name))}, page.Say("desk.frozen.person"), freezeLines(false)[:1]
	frozen.Frozen[0].Name = bram.Name
	rank.Person, rank.Advice, rank.Refused = anders, usualAdvice()[:2], page.Say("desk.refused.rank")
	operator := card
	operator.Person = elsewhere(bram)
	at := "/people/usr_2"
	return []story{
		supported("card", at, card),
		supported("card-bare", at, bare),
		supported("card-everything", at, all),
		supported("card-live", at, live),
		supported("card-frozen", at, frozen),
		supported("card-rank", "/people/usr_8", rank),
		supported("card-operator", at, operator),
	}
}

func openStories() []story {
	hears := []page.Text{page.Say("desk.told.mail", "Address", "b••••@example.com"), page.Say("desk.told.text", "Number", "678"), page.Say("desk.told.push")}
	lost := page.SupportOpen{Kind: "lost", Person: bram, Ways: page.IdentifiedChoices(), Told: hears, Steps: lostSteps()}
	forgotten := page.SupportOpen{
		Kind: "forgotten", Person: bram, Ways: page.IdentifiedChoices(), Told: hears, Channel: "mail", Life: "480", Uses: "1",
		Channels: page.CodeChannels("b••••@example.com", "678"), Lives: page.CodeLives(24 * time.Hour), Times: page.CodeUses(3),
		Steps: []page.Text{page.Say("desk.step.told"), page.Say("desk.step.second", "Life", 24*time.Hour), page.Say("desk.step.code"), page.Say("desk.step.code-use"), page.Say("desk.step.keeps"), page.Say("desk.step.stop")},
	}
	strict, wrong, frozen := forgotten, forgotten, lost
	strict.Channels, strict.Lives, strict.Life, strict.Steps, strict.Told = page.CodeChannels("b••••@example.com", ""), page.CodeLives(15*time.Minute), "15", slices.Delete(slices.Clone(forgotten.Steps), 1, 2), hears[:1]
	wrong.Identified, wrong.Note = "questions", "Belde vanaf een onbekend nummer."
	wrong.Faults = page.Faults{}
	for _, field := range []string{"ticket", "note", "channel", "life", "uses"} {
		wrong.Faults[field] = page.Say("desk.open." + field + "-bad")
	}
	frozen.Ticket, frozen.Identified, frozen.Problem = "HD-20931", "called-back", page.Notice{Tone: page.Bad, Text: page.Say("desk.frozen.organisation")}
	frozen.Faults = page.Faults{"identified": page.Say("desk.open.identified-bad")}
	password, live := lost, lost
	password.Problem, live.Problem = page.Notice{Tone: page.Bad, Text: page.Say("desk.open.password-bad")}, page.Notice{Tone: page.Bad, Text: page.Say("desk.refused.live")}
	at := "/people/usr_2/"
	return []story{
		supported("open-lost", at+"lost", lost),
		supported("open-lost-refused", at+"lost", frozen),
		supported("open-lost-password", at+"lost", password),
		supported("open-lost-live", at+"lost", live),
		told(supported("open-lost-proven", at+"lost", lost), page.Info, "manage.proven-again"),
		supported("open-forgotten", at+"forgotten", forgotten),
		supported("open-forgotten-strict", at+"forgotten", strict),
		supported("open-forgotten-wrong", at+"forgotten", wrong),
	}
}

func lostSteps() []page.Text {
	return []page.Text{
		page.Say("desk.step.told"), page.Say("desk.step.second", "Life", 24*time.Hour), page.Say("desk.step.wait", "Wait", 24*time.Hour), page.Say("desk.step.shorter"),
		page.Say("desk.step.revoked"), page.Say("desk.step.link", "Address", "b••••@example.com", "Life", 30*time.Minute), page.Say("desk.step.stop"),
	}
}

func caseStories() []story {
	moment := func(ago time.Duration, icon, id string, pairs ...any) page.CaseMoment {
		return page.CaseMoment{At: now.Add(-ago), Icon: icon, Text: page.Say(id, pairs...)}
	}
	coming := func(icon, id string, pairs ...any) page.CaseMoment {
		return page.CaseMoment{Icon: icon, Text: page.Say(id, pairs...)}
	}
	opened := moment(50*time.Minute, "plus", "desk.past.opened", "Name", "Sanne Bakker")
	approved := moment(30*time.Minute, "check", "desk.past.approved", "Name", "Joris Mol")
	base := page.HelpCase{
		ID: "case_1", Person: bram, Kind: "lost", State: "open", Identified: "called-back", Ticket: "HD-20931", Shown: "nothing", Opener: "Sanne Bakker", SignsFor: "second",
		Now: page.Stance{Word: "open", At: now.Add(23 * time.Hour)}, Past: []page.CaseMoment{opened},
		Coming: []page.CaseMoment{
			{At: now.Add(23 * time.Hour), Icon: "people", Text: page.Say("desk.coming.second")},
			coming("clock", "desk.coming.wait", "Wait", 24*time.Hour),
			coming("lock", "desk.coming.revoke"), coming("mail", "desk.coming.link", "Address", "b••••@example.com", "Life", 30*time.Minute),
		},
	}
	with := func(change func(*page.HelpCase)) page.HelpCase {
		v := base
		v.Past, v.Coming = slices.Clone(base.Past), slices.Clone(base.Coming)
		change(&v)
		return v
	}
	ended := func(state string, past ...page.CaseMoment) page.HelpCase {
		return with(func(v *page.HelpCase) {
			v.State, v.Now, v.Coming, v.Past = state, page.Stance{Word: state}, nil, append(v.Past, past...)
		})
	}
	ways := []page.CallerWay{{Channel: "push"}, {Channel: "text"}, {Channel: "mail", Where: "b••••@example.com"}}
	mine := with(func(v *page.HelpCase) { v.MayCancel, v.Ways = true, ways })
	asked := with(func(v *page.HelpCase) {
		v.MayCancel, v.Ways, v.Asked = true, ways[:2], &page.CallerAsked{ID: "chk_1", Channel: "push"}
		v.Past = append(v.Past, moment(time.Minute, "message", "desk.past.asked.push"))
	})
	checks := with(func(v *page.HelpCase) {
		v.Shown, v.MayApprove = "verified", true
		for i, channel := range []string{"mail", "text", "push"} {
			v.Past = append(v.Past, moment(time.Duration(20-5*i)*time.Minute, "message", "desk.past.asked."+channel))
			state, icon := []string{"expired", "wrong", "right"}[i], []string{"clock", "alert", "check"}[i]
			v.Past = append(v.Past, moment(time.Duration(18-5*i)*time.Minute, icon, "desk.past.check."+state))
		}
		v.Coming = slices.Delete(v.Coming, 1, 2)
	})
	weak := with(func(v *page.HelpCase) {
		v.Identified, v.MayApprove, v.Note = "questions", true, "Klonk gehaast, wist het personeelsnummer."
	})
	waits := weak
	waits.Waits = true
	after := []page.CaseMoment{{At: now.Add(21 * time.Hour), Icon: "lock", Text: page.Say("desk.coming.revoke")}, coming("mail", "desk.coming.link", "Address", "b••••@example.com", "Life", 30*time.Minute)}
	waiting := with(func(v *page.HelpCase) {
		v.State, v.Approver, v.MayCancel, v.Ways, v.Shown = "waiting", "Joris Mol", true, ways[2:], "remaining"
		v.Now, v.Past, v.Coming = page.Stance{Word: "waiting", At: now.Add(21 * time.Hour)}, append(v.Past, approved), after
	})
	overdue := waiting
	overdue.Now = page.Stance{Word: "overdue"}
	operator := overdue
	operator.Person, operator.MayApprove, operator.SignsFor, operator.MayCancel, operator.Ways = elsewhere(bram), true, "operator", false, nil
	revoked := with(func(v *page.HelpCase) {
		v.State, v.Approver, v.MaySend = "revoked", "Joris Mol", true
		v.Now = page.Stance{Word: "revoked", At: now.Add(20 * time.Minute)}
		v.Past = append(v.Past, approved, moment(10*time.Minute, "lock", "desk.past.revoked"))
		v.Coming = []page.CaseMoment{{At: now.Add(20 * time.Minute), Icon: "clock", Text: page.Say("desk.coming.link-ends")}, coming("phone", "desk.coming.phone")}
	})
	over, linking := revoked, revoked
	over.Now, over.Coming = page.Stance{Word: "revoked-over"}, revoked.Coming[1:]
	linking.Now, linking.Coming = page.Stance{Word: "linking"}, revoked.Coming[1:]
	linking.Past = append(slices.Clone(revoked.Past), moment(5*time.Minute, "key", "desk.past.link-used"))
	sent := with(func(v *page.HelpCase) {
		v.Kind, v.State, v.MaySend, v.MayCancel = "forgotten", "sent", true, false
		v.Now = page.Stance{Word: "sent", At: now.Add(8 * time.Hour)}
		v.Past = append(v.Past, moment(49*time.Minute, "check", "desk.past.direct", "Name", "Sanne Bakker"))
		v.Coming = []page.CaseMoment{{At: now.Add(8 * time.Hour), Icon: "clock", Text: page.Say("desk.coming.code-ends")}}
	})
	forgotten := with(func(v *page.HelpCase) {
		v.Kind, v.MayCancel, v.Ways = "forgotten", true, ways
		v.Coming = []page.CaseMoment{v.Coming[0], coming("mail", "desk.coming.code")}
	})
	done, used := ended("done", approved, moment(time.Minute, "check", "desk.past.done")), ended("done", moment(time.Minute, "check", "desk.past.done"))
	done.Now, used.Now, used.Kind = page.Stance{Word: "done.lost"}, page.Stance{Word: "done.forgotten"}, "forgotten"
	at := "/cases/case_1"
	all := []story{
		told(supported("case-opened", at, mine), page.Good, "desk.said.opened.lost"),
		told(supported("case-opened-forgotten", at, forgotten), page.Good, "desk.said.opened.forgotten"),
		supported("case-asked", at, asked),
		supported("case-checked", at, checks),
		supported("case-to-approve", at, weak),
		supported("case-signing", at, waits),
		told(supported("case-waiting", at, waiting), page.Good, "desk.said.approved"),
		supported("case-overdue", at, overdue),
		supported("case-operator", at, operator),
		supported("case-revoked", at, revoked),
		told(supported("case-revoked-over", at, over), page.Good, "desk.said.send"),
		supported("case-linking", at, linking),
		supported("case-sent", at, sent),
		supported("case-done", at, done),
		supported("case-used", at, used),
		told(supported("case-refused", at, ended("refused", moment(time.Minute, "cross", "desk.past.refused"))), page.Good, "desk.said.refuse"),
		told(supported("case-cancelled", at, ended("cancelled", moment(time.Minute, "cross", "desk.past.cancelled"))), page.Good, "desk.said.cancel"),
		supported("case-expired", at, ended("expired", moment(time.Minute, "cross", "desk.past.expired"))),
		told(supported("case-moved-on", at, mine), page.Warn, "problem.closed.text"),
		told(supported("case-no-channel", at, mine), page.Bad, "desk.said.no-channel"),
		told(supported("case-asked-enough", at, mine), page.Bad, "desk.said.asked-enough"),
	}
	for _, by := range []string{"mail", "text", "phone", "report", "page"} {
		stopped := ended("stopped", moment(2*time.Minute, "message", "desk.past.asked.push"), moment(time.Minute, "alert", "desk.past.check.not-me"), moment(time.Minute, "alert", "desk.past.check.failed"), moment(0, "alert", "desk.past.stopped."+by))
		stopped.Now = page.Stance{Word: "stopped"}
		all = append(all, supported("case-stopped-"+by, at, stopped))
	}
	approve := page.CaseApprove{HelpCase: checks, Steps: []page.Text{page.Say("desk.step.no-wait"), lostSteps()[4], lostSteps()[5], lostSteps()[6]}}
	careless := page.CaseApprove{HelpCase: weak, Steps: append([]page.Text{lostSteps()[2]}, lostSteps()[4:]...)}
	code := page.CaseApprove{HelpCase: forgotten, Steps: []page.Text{page.Say("desk.step.code"), page.Say("desk.step.code-use"), page.Say("desk.step.stop")}}
	phoneless, busy := careless, careless
	phoneless.Problem, busy.Problem = page.Notice{Tone: page.Bad, Text: page.Say("desk.approve.no-phone")}, page.Notice{Tone: page.Bad, Text: page.Say("desk.approve.too-many")}
	return append(all,
		supported("approve", at+"/approve", approve), supported("approve-weak", at+"/approve", careless), supported("approve-forgotten", at+"/approve", code),
		supported("approve-no-phone", at+"/approve", phoneless), supported("approve-busy", at+"/approve", busy),
	)
}

func checkStories() []story {
	check := page.CaseCheck{CaseID: "case_1", ID: "chk_1", Kind: "lost", Name: bram.Name, Agent: "Sanne Bakker", State: "asked", Shortens: -1}
	with := func(name string, change func(*page.CaseCheck)) story {
		v := check
		change(&v)
		return supported("check-"+name, "/cases/case_1/checks/chk_1", v)
	}
	all := []story{
		with("push", func(v *page.CaseCheck) {
			v.Channel, v.Number, v.Wait = "push", "482", page.Waiting{State: "asked", Events: "wss://aye.example.com/v1/approvals/apr_1/events", Ticket: "t", Left: 112 * time.Second}
		}),
		with("colleague", func(v *page.CaseCheck) {
			v.Channel, v.Wait = "push", page.Waiting{State: "asked", Left: 112 * time.Second}
		}),
		with("text", func(v *page.CaseCheck) {
			v.Channel, v.Wait = "text", page.Waiting{State: "asked", Left: 9 * time.Minute}
		}),
		with("mail", func(v *page.CaseCheck) {
			v.Channel, v.Where, v.Wait = "mail", "b••••@example.com", page.Waiting{State: "asked", Left: 9 * time.Minute}
		}),
		with("right-mail", func(v *page.CaseCheck) { v.State, v.Channel, v.Shortens = "right", "mail", time.Hour }),
		with("right-forgotten", func(v *page.CaseCheck) { v.State, v.Kind = "right", "forgotten" }),
		with("right", func(v *page.CaseCheck) { v.State, v.Channel, v.Shortens = "right", "push", 0 }),
	}
	for _, state := range []string{"wrong", "expired", "not-me", "failed"} {
		all = append(all, with(state, func(v *page.CaseCheck) { v.State = state }))
	}
	return all
}

func signingStories() []story {
	signing := page.CaseSigning{
		CaseID: "case_1", Kind: "lost", Name: bram.Name, State: "pending", Number: "482913", Phones: []page.Asked{{Name: "iPhone van Joris", Channel: "Apple", State: "accepted"}},
		Wait: page.Waiting{State: "pending", Events: "wss://aye.example.com/v1/approvals/apr_2/events", Ticket: "t", Left: 97 * time.Second},
	}
	forgotten := signing
	forgotten.Kind, forgotten.Phones = "forgotten", []page.Asked{{Name: "Pixel 9", Channel: "Google", State: "failed", Reason: page.Say("wait.reason.off")}}
	at := "/cases/case_1/approve/wait"
	all := []story{supported("signing", at, signing), supported("signing-forgotten", at, forgotten)}
	for _, state := range []string{"denied", "reported", "mismatched", "expired", "cancelled", "superseded", "lapsed", "unsigned"} {
		all = append(all, supported("signing-"+state, at, page.CaseSigning{CaseID: "case_1", Kind: "lost", Name: bram.Name, State: state}))
	}
	return all
}

func supportConfirmStories() []story {
	confirm := func(name, title, text, button, to string, danger bool) story {
		return supported(name, to, page.Confirm{
			Title: page.Say(title, "Name", bram.Name), Text: page.Say(text, "Name", bram.Name), Button: page.Say(button), Danger: danger, Action: "/support" + to, Back: "/support",
		})
	}
	lift := "/freezes/frz_1/lift"
	return []story{
		confirm("refuse", "desk.refuse.title", "desk.refuse.text", "desk.refuse.button", "/cases/case_1/refuse", true),
		confirm("cancel", "desk.cancel.title", "desk.cancel.text", "desk.cancel.button", "/cases/case_1/cancel", true),
		confirm("send-lost", "desk.send.title", "desk.send.text.lost", "desk.send.button", "/cases/case_1/send", false),
		confirm("send-forgotten", "desk.send.title", "desk.send.text.forgotten", "desk.send.button", "/cases/case_1/send", false),
		confirm("lift-person", "desk.lift.title", "desk.lift.text.person", "desk.lift.button", lift, true),
		confirm("lift-agent", "desk.lift.title", "desk.lift.text.agent", "desk.lift.button", lift, true),
		confirm("lift-organisation", "desk.lift.title", "desk.lift.text.organisation", "desk.lift.button", lift, true),
	}
}
