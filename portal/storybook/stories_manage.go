package main

import (
	"fmt"
	"slices"
	"time"

	"example.com/aye/portal/page"
)

func manageStories() []story {
	return slices.Concat(peopleStories(), importStories(), applicationStories(), rulesStories(), lookStories())
}

// managed makes the story of an administration page.
func managed(name, path string, view page.View) story {
	return story{"manage/" + name, owner("/manage/" + path), view}
}

// told is the story with something said above the page.
func told(one story, tone page.Tone, id string) story {
	one.frame.Notice = page.Notice{Tone: tone, Text: page.Say(id)}
	return one
}

func peopleStories() []story {
	since := time.Date(2025, time.March, 3, 9, 0, 0, 0, time.UTC)
	ada := page.ManagedPerson{ID: "usr_1", Name: "Ada de Vries", Email: "ada@example.com", Role: "owner", Status: "active", Enrolled: true, Since: since, Self: true}
	bram := page.ManagedPerson{ID: "usr_2", Name: "Bram Smit", Email: "bram.smit@example.com", Role: "member", Status: "active", Since: since}
	chandra := page.ManagedPerson{ID: "usr_3", Name: "Chandra van den Berg-Ramdin", Email: "chandra.van.den.berg.ramdin@greenhouses.example.com", Role: "administrator", Status: "active", Enrolled: true, Since: since}
	dirk := page.ManagedPerson{ID: "usr_4", Name: "dirk@example.com", Email: "dirk@example.com", Role: "member", Status: "invited", Since: now.AddDate(0, 0, -2)}
	all := page.People{People: []page.ManagedPerson{ada, bram, chandra, dirk}, Next: "/manage/people?after=dirk%40example.com"}
	roles := page.RoleChoices(true)
	invite := page.Invite{Role: "member", Roles: roles, Languages: page.LanguageChoices(true)}
	wrong := page.Invite{
		Name: "", Email: "dirk", Role: "owner", Roles: page.RoleChoices(false), Languages: page.LanguageChoices(true),
		Faults: page.Faults{"name": page.Say("manage.invite.name-bad"), "email": page.Say("manage.invite.email-bad")},
	}
	return []story{
		managed("people", "people", all),
		told(managed("people-invited", "people", all), page.Good, "manage.people.said-invited"),
		told(managed("people-ended", "people", all), page.Good, "manage.people.said-ended"),
		managed("people-second-page", "people", page.People{People: []page.ManagedPerson{dirk}, First: "/manage/people"}),
		managed("people-search", "people", page.People{Search: "smit", People: []page.ManagedPerson{bram}}),
		managed("people-none-found", "people", page.People{Search: "zzz"}),
		managed("people-none", "people", page.People{}),
		managed("person", "people/usr_2", page.OnePerson{Person: bram, Role: bram.Role, Roles: roles}),
		told(managed("person-role-changed", "people/usr_2", page.OnePerson{Person: bram, Role: bram.Role, Roles: roles}), page.Good, "manage.people.said-role"),
		managed("person-invited", "people/usr_4", page.OnePerson{Person: dirk, Role: dirk.Role, Roles: roles}),
		managed("person-number", "people/usr_2", page.OnePerson{
			Person: bram, Role: bram.Role, Roles: roles, NumberChanged: now.Add(-50 * time.Hour), NumberFrom: now.Add(-50*time.Hour).AddDate(0, 0, 7),
		}),
		managed("person-number-vouched", "people/usr_2", page.OnePerson{Person: bram, Role: bram.Role, Roles: roles, NumberChanged: now.Add(-50 * time.Hour), Vouched: true}),
		told(managed("person-number-counts", "people/usr_2", page.OnePerson{Person: bram, Role: bram.Role, Roles: roles}), page.Good, "manage.person.said-number"),
		managed("person-number-confirm", "people/usr_2/number", page.Confirm{
			Title: page.Say("manage.person.number-title", "Name", bram.Name), Text: page.Say("manage.person.number-confirm", "Name", bram.Name),
			Action: "/manage/people/usr_2/number", Button: page.Say("manage.person.number-sure"), Danger: true, Back: "/manage/people/usr_2",
		}),
		told(managed("person-number-other", "people/usr_2/number", page.Confirm{
			Title: page.Say("manage.person.number-title", "Name", bram.Name), Text: page.Say("manage.person.number-confirm", "Name", bram.Name),
			Action: "/manage/people/usr_2/number", Button: page.Say("manage.person.number-sure"), Danger: true, Back: "/manage/people/usr_2",
			Hidden: map[string]string{"changed": "2026-11-20T09:00:00Z"},
		}), page.Warn, "manage.person.said-other-number"),
		managed("person-self", "people/usr_1", page.OnePerson{Person: ada, Why: page.Say("manage.person.why-self")}),
		managed("person-owner", "people/usr_1", page.OnePerson{Person: chandra, Why: page.Say("manage.person.why-owner")}),
		managed("person-last-owner", "people/usr_2", page.OnePerson{
			Person: bram, Role: "member", Roles: roles, Problem: page.Notice{Tone: page.Bad, Text: page.Say("manage.person.why-last")},
		}),
		managed("person-forbidden", "people/usr_2", page.OnePerson{
			Person: bram, Role: "owner", Roles: page.RoleChoices(false), Problem: page.Notice{Tone: page.Bad, Text: page.Say("manage.person.why-forbidden")},
		}),
		managed("person-no-role", "people/usr_2", page.OnePerson{Person: bram, Roles: roles, Faults: page.Faults{"role": page.Say("manage.person.role-missing")}}),
		managed("person-end", "people/usr_2/end", page.Confirm{
			Title: page.Say("manage.person.end-title", "Name", bram.Name), Text: page.Say("manage.person.end-confirm", "Name", bram.Name),
			Action: "/manage/people/usr_2/end", Button: page.Say("manage.person.end-sure"), Danger: true, Back: "/manage/people/usr_2",
		}),
		managed("person-withdraw", "people/usr_4/end", page.Confirm{
			Title: page.Say("manage.person.withdraw-title", "Name", dirk.Name), Text: page.Say("manage.person.withdraw-confirm", "Email", dirk.Email),
			Action: "/manage/people/usr_4/end", Button: page.Say("manage.person.withdraw"), Danger: true, Back: "/manage/people/usr_4",
		}),
		told(managed("people-withdrawn", "people", all), page.Good, "manage.people.said-withdrawn"),
		managed("invite", "people/new", invite),
		managed("invite-wrong", "people/new", wrong),
		managed("invite-exists", "people/new", page.Invite{
			Name: "Bram Smit", Email: "bram.smit@example.com", Role: "member", Roles: roles, Languages: page.LanguageChoices(true),
			Faults: page.Faults{"email": page.Say("manage.invite.exists")},
		}),
	}
}

func importStories() []story {
	upload := page.Upload{}
	broken := func(problem string, pairs ...any) page.Upload {
		v := upload
		v.Faults = page.Faults{"file": page.Say("manage.import.file-bad."+problem, pairs...)}
		return v
	}
	left := upload
	left.Left = []page.ImportLine{
		{ID: "imp_3", At: now.Add(-3 * time.Minute), State: "running", Total: 412, Done: 137},
		{ID: "imp_2", At: now.AddDate(0, 0, -1), State: "planned", Total: 12},
		{ID: "imp_1", At: now.AddDate(0, 0, -9), State: "done", Total: 96, Done: 96},
		{ID: "imp_0", At: now.AddDate(0, 0, -12), State: "stopped", Total: 30, Done: 4},
	}
	planned := page.Import{ID: "imp_1", State: "planned", New: 412, Known: 3, Total: 412}
	faulty := planned
	faulty.Wrong, faulty.More = 207, 200
	for i, problem := range []string{"bad-line", "bad-address", "double", "bad-name", "bad-role", "role-not-yours", "bad-language"} {
		value := []string{"", "ada@", "bram.smit@example.com", "=HYPERLINK(\"https://example.com\")", "boss", "owner", "fr"}[i]
		faulty.Errors = append(faulty.Errors, page.ImportError{Line: 4 + 3*i, Problem: problem, Value: value})
	}
	one := func(name string, view page.Import) story { return managed(name, "import/imp_1", view) }
	return []story{
		managed("import-upload", "import", upload),
		managed("import-left", "import", left),
		managed("import-no-file", "import", broken("missing")),
		managed("import-too-large", "import", broken("too-large")),
		managed("import-too-long", "import", broken("too-long")),
		managed("import-not-text", "import", broken("not-text")),
		managed("import-empty", "import", broken("empty")),
		managed("import-bad-header", "import", broken("bad-header", "Value", "voornaam")),
		one("import-planned", planned),
		one("import-planned-faulty", faulty),
		one("import-planned-nobody", page.Import{ID: "imp_1", State: "planned", Wrong: 1, Errors: faulty.Errors[:1]}),
		one("import-running", page.Import{ID: "imp_1", State: "running", New: 412, Total: 412, Done: 137}),
		one("import-done", page.Import{ID: "imp_1", State: "done", New: 412, Known: 3, Total: 412, Done: 412}),
		one("import-stopped", page.Import{ID: "imp_1", State: "stopped", New: 412, Total: 412, Done: 137}),
	}
}

func applicationStories() []story {
	shop := page.OneApplication{
		ID: "app_01jd3v0kq8e7fa", Title: "Webwinkel", Name: "Webwinkel", Link: "https://shop.example.com", Origins: "https://login.example.com\nhttps://shop.example.com",
		MayEnrol: true, WebhookURL: "https://shop.example.com/hooks/aye", Webhook: true, Secrets: []page.ClientSecret{{ID: "q8Zk2v", Created: now.AddDate(0, -4, 0)}},
	}
	two, none := shop, shop
	two.Secrets = append(slices.Clone(shop.Secrets), page.ClientSecret{ID: "Xw71Lp", Created: now})
	none.Secrets, none.Webhook, none.WebhookURL = nil, false, ""
	wrong := page.OneApplication{
		Link: "shop.example.com", Origins: "https://login.example.com/path", WebhookURL: "http://shop.example.com",
		Faults: page.Faults{
			"name": page.Say("manage.application.name-bad"), "link": page.Say("manage.application.link-bad"),
			"origins": page.Say("manage.application.origins-bad", "Value", "https://login.example.com/path"), "webhook": page.Say("manage.application.webhook-bad"),
		},
	}
	confirm := func(what, text string, danger bool, pairs ...any) page.Confirm {
		return page.Confirm{
			Title: page.Say("manage.application."+what+"-title", pairs...), Text: page.Say("manage.application."+text, "Name", shop.Name),
			Action: "/manage/applications/" + shop.ID, Button: page.Say("manage.application." + what + "-sure"), Danger: danger, Back: "/manage/applications/" + shop.ID,
		}
	}
	one := func(name string, view page.View) story {
		return managed("application-"+name, "applications/"+shop.ID, view)
	}
	return []story{
		managed("applications", "applications", page.Applications{Applications: []page.ManagedApplication{
			{ID: "app_2", Name: "Boekhouding", Secrets: 2, MayEnrol: true},
			{ID: shop.ID, Name: shop.Name, Link: shop.Link, Secrets: 1},
			{ID: "app_3", Name: "Kassa", Link: "https://till.example.com"},
		}}),
		managed("applications-none", "applications", page.Applications{}),
		one("new", page.OneApplication{}),
		one("new-wrong", wrong),
		one("one", shop),
		told(one("saved", shop), page.Good, "manage.applications.said-saved"),
		told(one("secret-ended", shop), page.Good, "manage.applications.said-ended"),
		one("two-secrets", two),
		one("no-secret", none),
		one("made", page.ShownSecrets{ID: shop.ID, Name: shop.Name, ClientSecret: "q8Zk2vWb0n4Xw71LpTt5rYc3sHd9mJfKxEeGgUuIoA0", WebhookSecret: "whsec_mJ1k9xQ0p7Zt3vWb8n4Xw71LpTt5rYc3"}),
		one("second-made", page.ShownSecrets{ID: shop.ID, Name: shop.Name, ClientSecret: "Xw71LpTt5rYc3sHd9mJfKxEeGgUuIoA0q8Zk2vWb0n4", Second: true}),
		one("webhook-made", page.ShownSecrets{ID: shop.ID, Name: shop.Name, WebhookSecret: "whsec_mJ1k9xQ0p7Zt3vWb8n4Xw71LpTt5rYc3"}),
		one("add", confirm("add", "add-confirm", false, "Name", shop.Name)),
		one("first", page.Confirm{
			Title: page.Say("manage.application.first-title", "Name", shop.Name), Text: page.Say("manage.application.first-confirm"),
			Action: "/manage/applications/" + shop.ID + "/secret", Button: page.Say("manage.application.add-sure"), Back: "/manage/applications/" + shop.ID,
		}),
		one("end", confirm("end", "end-confirm", true, "Secret", "q8Zk2v")),
		one("end-last", confirm("end", "end-last", true, "Secret", "q8Zk2v")),
		one("webhook", confirm("webhook", "webhook-confirm", false, "Name", shop.Name)),
	}
}

func rulesStories() []story {
	rules := page.Rules{
		Required: "from", From: "2026-12-01", TOTP: true, Recovery: true, Confirm: "number", Profile: "standard", Idle: "0", Life: "0",
		TextsHint: page.Say("manage.rules.sms-none"), NoTexts: true,
		Idles: page.TimeChoices(time.Hour, 5, 15, 30, 120), Lifes: page.TimeChoices(12*time.Hour, 60, 240, 480, 1440), Language: "nl", Languages: page.LanguageChoices(false),
	}
	wrong := rules
	wrong.From, wrong.MinimumApp, wrong.Profile = "", "new", ""
	wrong.Faults = page.Faults{"from": page.Say("manage.rules.from-bad"), "app": page.Say("manage.rules.app-bad"), "profile": page.Say("manage.rules.choose")}
	texts := rules
	texts.NoTexts, texts.TextsHint, texts.Required, texts.Confirm, texts.Profile = false, page.Say("manage.rules.sms-hint"), "never", "tap", "strict"
	over, kept := rules, texts
	over.TextsHint = page.Say("manage.rules.sms-over", "Date", page.Day(now))
	kept.SMS, kept.TextsHint = true, page.Say("manage.rules.sms-kept")
	december := time.Date(2026, time.December, 1, 0, 0, 0, 0, time.UTC)
	all := page.RulesConfirm{Self: true, Losses: []page.Loss{
		{What: "required", People: 12}, {What: "totp", People: 1}, {What: "totp"}, {What: "recovery"}, {What: "sms", People: 3}, {What: "sms"}, {What: "tap"}, {What: "strict"}, {What: "sessions"},
	}}
	return []story{
		managed("rules", "rules", rules),
		told(managed("rules-saved", "rules", texts), page.Good, "manage.rules.said-saved"),
		told(managed("rules-same", "rules", rules), page.Info, "manage.rules.said-same"),
		managed("rules-wrong", "rules", wrong),
		managed("rules-texts-over", "rules", over),
		managed("rules-texts-kept", "rules", kept),
		managed("rules-confirm", "rules", all),
		managed("rules-confirm-from", "rules", page.RulesConfirm{Losses: []page.Loss{{What: "from", People: 34, From: december}}}),
		managed("rules-confirm-looser", "rules", page.RulesConfirm{Losses: []page.Loss{{What: "unprotected", People: 1}, {What: "tap-allowed"}, {What: "standard"}}}),
	}
}

func lookStories() []story {
	look := page.LookForm{Name: "Tulp & Zoon", Colour: "#b0235f", Own: true, Logo: true}
	pale := look
	pale.Colour, pale.Preview = "#ffe34d", true
	pale.Light, pale.Dark = page.Shades(pale.Colour)
	var wrong []story
	for _, problem := range []string{"logo-bad", "logo-large"} {
		v := look
		v.Name, v.Faults = "", page.Faults{"logo": page.Say("manage.look." + problem), "name": page.Say("manage.look.name-bad"), "colour": page.Say("manage.look.colour-bad")}
		wrong = append(wrong, managed(fmt.Sprint("look-", problem), "look", v))
	}
	return append([]story{
		managed("look", "look", look), managed("look-plain", "look", page.LookForm{Name: "Tulp & Zoon", Colour: "#0b5a66"}), managed("look-preview", "look", pale),
		told(managed("look-saved", "look", look), page.Good, "manage.look.said-saved"),
	}, wrong...)
}
