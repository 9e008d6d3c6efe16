package main

import (
	"slices"
	"time"

	"example.com/aye/portal/page"
)

// textStories are the pages about text messages. One family, so that they can be looked at alone.
func textStories() []story {
	return slices.Concat(textListStories(), textFormStories(), textCodeStories(), textConfirmStories(), textSettingStories(), textCostStories(), textPeopleStories())
}

// texted makes the story of a page about text messages.
func texted(name, path string, view page.View) story {
	return story{"texts/" + name, owner("/manage/texts" + path), view}
}

// euros is an amount in millionths.
func euros(amount int64) page.Money { return page.Money{Amount: amount, Currency: "EUR"} }

var (
	classic = page.TextProvider{
		ID: "sms_1", Description: "Tulp & Zoon bij MessageBird", Sender: "Tulp Zoon", Kind: "messagebird", KeyEnd: "x4Qe", Active: true, Signed: true,
		Proven: time.Date(2026, time.October, 3, 9, 12, 0, 0, time.UTC),
	}
	bird    = page.TextProvider{ID: "sms_2", Description: "Bird, voor 2027", Sender: "+31612345678", Kind: "bird", KeyEnd: "9fZ1", Proven: now.AddDate(0, 0, -2)}
	january = time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC)
)

// failing is a provider that refuses.
func failing(p page.TextProvider, class string) page.TextProvider {
	p.Trouble, p.TroubleAt = class, now.Add(-3*time.Hour)
	return p
}

func textListStories() []story {
	list := page.Texts{Providers: []page.TextProvider{classic, bird}, Operator: true, Allowed: true, Countries: []page.Country{"NL", "BE"}, Cap: euros(50_000_000)}
	none := list
	none.Providers = nil
	stands, over, idle, stopped, full, refused, apart := none, none, list, list, list, list, list
	stands.Ends = january
	over.Ends, over.Over = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC), true
	idle.Providers = []page.TextProvider{bird}
	stopped.Stopped = now.Add(-95 * time.Minute)
	full.Full = true
	full.Countries = []page.Country{"NL", "BE", "DE", "FR", "LU", "SR", "CW", "AW", "GB"}
	broken := failing(classic, "no-balance")
	refused.Providers = []page.TextProvider{broken, bird}
	apart.Allowed, apart.Operator = false, false
	ended, past := classic, list
	ended.Ended = true
	past.Providers = []page.TextProvider{ended, bird}
	one := func(name string, p page.TextProvider) story {
		return texted(name, "/"+p.ID, page.OneTextProvider{TextProvider: p, Report: "https://aye.example.com/v1/sms/reports/" + p.ID})
	}
	all := []story{
		texted("list", "", list),
		texted("list-none", "", none),
		texted("list-operator-until", "", stands),
		texted("list-operator-over", "", over),
		texted("list-inactive", "", idle),
		texted("list-stopped", "", stopped),
		texted("list-full", "", full),
		texted("list-refused", "", refused),
		texted("list-not-allowed", "", apart),
		texted("list-ended", "", past),
		told(texted("list-saved", "", list), page.Good, "manage.texts.said-saved"),
		told(texted("list-removed", "", list), page.Good, "manage.texts.said-removed"),
		told(texted("list-resumed", "", list), page.Good, "manage.texts.said-resumed"),
		one("provider", classic),
		one("provider-bird", bird),
		one("provider-ended", ended),
		told(one("provider-stopped", bird), page.Good, "manage.texts.said-stopped"),
	}
	for _, class := range classes {
		all = append(all, one("provider-"+class, failing(classic, class)))
	}
	return all
}

// classes are why a vendor refuses.
var classes = []string{"bad-key", "test-key", "no-balance", "bad-sender", "bad-number", "not-permitted", "busy", "down", "other"}

func textFormStories() []story {
	fresh := page.TextProviderForm{To: "+31 •••• ••78"}
	numberless := page.TextProviderForm{}
	change := page.TextProviderForm{
		ID: classic.ID, Title: classic.Description, Description: classic.Description, Sender: classic.Sender, KeyEnd: classic.KeyEnd, Signed: true, Active: true,
		To: "+31 •••• ••78", Report: "https://aye.example.com/v1/sms/reports/sms_1",
	}
	wrong := page.TextProviderForm{Sender: "Tulp & Zoon Bloembollen", Number: "010 1234567", Again: true, Faults: page.Faults{
		"description": page.Say("manage.texts.problem.called"), "sender": page.Say("manage.texts.problem.sender-form"), "key": page.Say("manage.texts.problem.key-form"),
		"signing": page.Say("manage.texts.problem.signing-form"), "number": page.Say("manage.texts.problem.number-form"),
	}}
	all := []story{
		texted("new", "/new", fresh),
		texted("new-own-number", "/new", numberless),
		texted("new-wrong", "/new", wrong),
		texted("change", "/sms_1/change", change),
	}
	said := map[string]string{
		"bad-key": "Request not allowed (incorrect access_key) (2)", "no-balance": "Not enough balance (25)", "bad-sender": "originator is invalid (10)",
		"not-permitted": "country not enabled <b>for</b> this account (9)", "other": "unexpected (98)",
	}
	for _, class := range classes {
		form := fresh
		form.Description, form.Sender, form.Again = classic.Description, classic.Sender, true
		form.Failure = page.TextFailure{
			Notice: page.Notice{Tone: page.Bad, Text: page.TextTrouble(class, "messagebird")},
			Vendor: "messagebird", Said: said[class],
		}
		all = append(all, texted("new-"+class, "/new", form))
	}
	again := change
	again.Again = true
	again.Failure = page.TextFailure{Notice: page.Notice{Tone: page.Warn, Text: page.Say("manage.texts.problem.pause", "Wait", 28*time.Second)}}
	return append(all, texted("change-pause", "/sms_1/change", again))
}

func textCodeStories() []story {
	code := page.TextCode{
		ID: "sms_3", Description: "Tulp & Zoon bij MessageBird", Sender: "Tulp Zoon", Kind: "messagebird", To: "+31 •••• ••78", Pays: true, Pause: 28 * time.Second,
		Expected: page.TextsExpected{Country: "NL", Each: euros(56_000), Known: true, Logins: 412, Month: euros(412 * 56_000)},
	}
	wrong, nobody, reported, unknown, uncertain, changed, spare := code, code, code, code, code, code, code
	wrong.Faults = page.Faults{"code": page.Say("manage.texts.code.wrong")}
	nobody.Expected.Logins = 0
	reported.Expected.Reported, reported.Expected.Country = true, "US"
	unknown.Expected = page.TextsExpected{Country: "GB"}
	uncertain.Uncertain = true
	changed.Provider, changed.Already = "sms_1", true
	spare.Provider, spare.Pays = "sms_2", false
	tries, soon := code, code
	tries.Pause = 0
	tries.Failure.Notice = page.Notice{Tone: page.Bad, Text: page.Say("manage.texts.code.tries")}
	soon.Failure.Notice = page.Notice{Tone: page.Warn, Text: page.Say("manage.texts.problem.pause", "Wait", 28*time.Second)}
	at := func(name string, view page.TextCode) story { return texted(name, "/drafts/sms_3", view) }
	return []story{
		at("code", code), at("code-wrong", wrong), at("code-nobody", nobody), at("code-reported", reported), at("code-unknown-price", unknown), at("code-uncertain", uncertain),
		at("code-change", changed), at("code-change-inactive", spare), at("code-tries", tries), at("code-pause", soon),
		told(at("code-again", code), page.Good, "manage.texts.code.said-again"),
	}
}

func textConfirmStories() []story {
	expected := page.TextsExpected{Country: "NL", Each: euros(56_000), Known: true, Logins: 1, Month: euros(56_000)}
	stop := page.TextsConfirm{What: "stop", ID: classic.ID, Description: classic.Description, Active: true, KeyEnd: classic.KeyEnd, Kind: classic.Kind, Others: 1, Lost: 12}
	remove, stands, nobody := stop, stop, stop
	remove.What, remove.Lost, remove.Others = "remove", 1, 0
	stands.Stands = january
	nobody.Lost, nobody.Others = 0, 0
	spare := page.TextsConfirm{What: "remove", ID: bird.ID, Description: bird.Description, KeyEnd: bird.KeyEnd, Kind: bird.Kind, Others: 1}
	return []story{
		texted("activate", "/sms_2/activate", page.TextsConfirm{What: "activate", ID: bird.ID, Description: bird.Description, Instead: classic.Description, Expected: expected}),
		texted("activate-first", "/sms_2/activate", page.TextsConfirm{What: "activate", ID: bird.ID, Description: bird.Description, Expected: page.TextsExpected{Country: "SR"}}),
		texted("stop", "/sms_1/stop", stop),
		texted("stop-operator", "/sms_1/stop", stands),
		texted("stop-nobody", "/sms_1/stop", nobody),
		texted("remove", "/sms_1/remove", remove),
		texted("remove-inactive", "/sms_2/remove", spare),
		texted("resume", "/resume", page.Confirm{
			Title: page.Say("manage.texts.stopped.resume-title"), Text: page.Say("manage.texts.stopped.resume-lead"), Action: "/manage/texts/resume",
			Button: page.Say("manage.texts.stopped.resume"), Back: "/manage/texts",
		}),
	}
}

func textSettingStories() []story {
	others := []page.Country{"AT", "AU", "AX", "CA", "CH", "CI", "CW", "CZ", "DE", "ES", "FR", "GB", "HK", "IN", "MK", "OM", "SR", "US", "VC", "ZA"}
	settings := page.TextSettings{
		Chosen: []page.Country{"NL", "BE"}, Others: others, Own: "NL", Cap: "50.00", Currency: "EUR", Usual: euros(50_000_000),
		Rules: map[page.Country]page.Text{
			"US": page.Say("manage.texts.demand.permission"), "CA": page.Say("manage.texts.demand.numeric-only"),
			"IN": page.Say("manage.texts.demand.registration"), "AT": page.Say("manage.texts.demand.registration"),
		},
	}
	wrong := settings
	wrong.Chosen, wrong.Others, wrong.Cap = []page.Country{"US"}, slices.DeleteFunc(slices.Clone(others), func(c page.Country) bool { return c == "US" }), "veel"
	wrong.Faults = page.Faults{"countries": page.Say("manage.texts.settings.countries-bad"), "cap": page.Say("manage.texts.settings.cap-bad", "Least", euros(1_000_000), "Most", euros(100_000_000_000))}
	empty := settings
	empty.Chosen, empty.Faults = nil, page.Faults{"countries": page.Say("manage.texts.settings.countries-none")}
	return []story{
		texted("settings", "/settings", settings), texted("settings-wrong", "/settings", wrong), texted("settings-no-country", "/settings", empty),
		told(texted("settings-saved", "/settings", settings), page.Good, "manage.texts.settings.said-saved"),
	}
}

func textCostStories() []story {
	november := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	costs := page.TextCosts{
		Month: november, Now: true, Cap: euros(50_000_000), Unknown: 2, Earlier: "/manage/texts/costs?month=2026-10",
		You: []page.Money{euros(23_128_000)}, Operator: []page.Money{euros(1_288_000)},
		Rows: []page.TextCost{
			{Purpose: "login", Payer: "organisation", Messages: 412, Parts: 412, Amount: euros(23_072_000), Reported: 398},
			{Purpose: "provider-check", Payer: "organisation", Messages: 1, Parts: 1, Amount: euros(56_000), Reported: 1},
			{Purpose: "registration", Payer: "operator", Messages: 14, Parts: 14, Amount: euros(784_000)},
			{Purpose: "phone-relink", Payer: "operator", Messages: 3, Parts: 3, Amount: euros(168_000)},
			{Purpose: "authenticator-reset", Payer: "operator", Messages: 1, Parts: 1, Amount: euros(56_000)},
			{Purpose: "new-phone", Payer: "operator", Messages: 2, Parts: 2, Amount: euros(112_000)},
			{Purpose: "new-number", Payer: "operator", Messages: 2, Parts: 4, Amount: euros(112_000)},
			{Purpose: "security", Payer: "operator", Messages: 1, Parts: 1, Amount: euros(56_000)},
		},
		Countries: []page.CountryCost{
			{Country: "NL", Messages: 420, Amount: euros(23_520_000)}, {Country: "BE", Messages: 15, Amount: euros(896_000)}, {Messages: 1, Amount: euros(0)},
		},
	}
	for i, amount := range []int64{0, 0, 0, 2_400_000, 12_096_000, 19_264_000, 20_160_000, 9_072_000, 21_000_000, 26_208_000, 24_976_000, 23_128_000} {
		month := page.MonthCost{Month: november.AddDate(0, i-11, 0), You: euros(amount), Operator: euros(amount / 15), Messages: int(amount / 52_000)}
		if i == 2 {
			month.Operator, month.Messages = euros(14_336_000), 256
		}
		month.This = i == 11
		costs.Months = append(costs.Months, month)
	}
	none := page.TextCosts{Month: november, Now: true, Cap: euros(50_000_000), You: []page.Money{euros(0)}, Operator: []page.Money{euros(0)}, Earlier: costs.Earlier}
	past := costs
	past.Month, past.Now, past.Unknown, past.Later = november.AddDate(0, -1, 0), false, 0, "/manage/texts/costs"
	past.You = append(slices.Clone(past.You), page.Money{Amount: 1_204_500_000, Currency: "USD"})
	past.Countries = past.Countries[:1]
	past.Months = slices.Clone(costs.Months)
	past.Months[11].This, past.Months[10].This, past.Months[10].Foreign = false, true, true
	return []story{texted("costs", "/costs", costs), texted("costs-none", "/costs", none), texted("costs-month", "/costs", past)}
}

func textPeopleStories() []story {
	since := time.Date(2026, time.August, 24, 0, 0, 0, 0, time.UTC)
	users := page.TextUsers{
		Since: since, Own: true, All: 3, Only: 2, Address: "/manage/texts/people",
		Users: []page.TextUser{
			{ID: "usr_2", Name: "Bram Smit", Email: "bram.smit@example.com", Last: now.AddDate(0, 0, -1), Times: 41, Payer: "organisation"},
			{ID: "usr_3", Name: "Chandra van den Berg-Ramdin", Email: "chandra.van.den.berg.ramdin@greenhouses.example.com", Last: now.AddDate(0, 0, -20), Times: 2, Other: true, Payer: "operator"},
			{ID: "usr_4", Name: "dirk@example.com", Email: "dirk@example.com", Last: now.AddDate(0, -2, 0), Times: 1, Payer: "operator"},
		},
	}
	ends, over, fine, paged := users, users, users, users
	ends.Own, ends.Ends = false, january
	over.Own, over.Ends, over.Over = false, time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC), true
	fine.Users, fine.All, fine.Only = users.Users[1:2], 1, 0
	paged.All, paged.Only, paged.First, paged.Next = 212, 1, "/manage/texts/people", "/manage/texts/people?after=dirk%40example.com"
	return []story{
		texted("people", "/people", users), texted("people-until", "/people", ends), texted("people-over", "/people", over), texted("people-safe", "/people", fine),
		texted("people-paged", "/people", paged), texted("people-none", "/people", page.TextUsers{Since: since, Own: true}),
	}
}
