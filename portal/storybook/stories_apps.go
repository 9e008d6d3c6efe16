package main

import (
	"time"

	"example.com/aye/portal/page"
)

func appsStories() []story {
	between := page.Frame{Path: "/organisations", Person: "Ada de Vries", Email: "ada@example.com"}
	apps := []page.AppTile{
		{Name: "Boekhouding", Link: "https://books.example.com/start", Host: "books.example.com"},
		{Name: "Webwinkel", Link: "https://shop.example.com", Host: "shop.example.com"},
		{Name: "Een applicatie met een heel erg lange naam die nergens past", Link: "https://a-very-long-name-of-a-host.department.example.com", Host: "a-very-long-name-of-a-host.department.example.com"},
	}
	soon := member("/apps")
	soon.Due = time.Date(2026, time.December, 1, 0, 0, 0, 0, time.UTC)
	return []story{
		{"organisations/pick", between, page.Organisations{Choices: []page.OrganisationChoice{
			{ID: "org_1", Name: "Bloemenveiling Noord"},
			{ID: "org_2", Name: "Tulp & Zoon", Last: true},
			{ID: "org_3", Name: "Zaad en Knol", Problem: page.Say("organisations.not-totp"), Way: "login"},
			{ID: "org_4", Name: "Zonnehof", Problem: page.Say("organisations.required"), Way: "setup"},
		}}},
		{"organisations/switch", owner("/organisations"), page.Organisations{Choices: []page.OrganisationChoice{
			{ID: "org_1", Name: "Bloemenveiling Noord", Problem: page.Say("organisations.within"), Way: "login"},
			{ID: "org_2", Name: "Tulp & Zoon", Here: true},
			{ID: "org_3", Name: "Zaad en Knol", Problem: page.Say("organisations.too-old"), Way: "login"},
		}}},
		{"organisations/stuck", between, page.Organisations{Stuck: true, Choices: []page.OrganisationChoice{
			{ID: "org_1", Name: "Bloemenveiling Noord", Problem: page.Say("organisations.not-recovery"), Way: "login"},
			{ID: "org_2", Name: "Tulp & Zoon", Problem: page.Say("organisations.not-sms"), Way: "login"},
		}}},
		{"apps/apps", member("/apps"), page.Apps{Apps: apps}},
		{"apps/welcome", member("/apps"), page.Apps{Apps: apps[:2], Welcome: "Ada de Vries"}},
		{"apps/notice", soon, page.Apps{Apps: apps[:2]}},
		{"apps/empty", member("/apps"), page.Apps{}},
		{"apps/empty-manager", owner("/apps"), page.Apps{Manages: true}},
	}
}
