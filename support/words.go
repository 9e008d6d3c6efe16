package support

import (
	"strings"
	"unicode/utf8"

	"example.com/aye/accounts"
	"example.com/aye/approval"
)

// dutch tells in which language somebody is asked on the phone.
func dutch(o accounts.Organisation, m accounts.Member) bool {
	locale := m.Person.Locale
	if locale == "" {
		locale = o.Locale
	}
	return strings.HasPrefix(locale, "nl")
}

// say gives the text in the language.
func say(dutch bool, english, translated string) string {
	if dutch {
		return translated
	}
	return english
}

// fit makes a name or a ticket fit on the phone.
func fit(text string) string {
	if text = strings.TrimSpace(text); text == "" {
		return "-"
	}
	if utf8.RuneCountInString(text) <= 100 {
		return text
	}
	return string([]rune(text)[:99]) + "…"
}

// toSign is what the approver's phone shows: what is signed, for whom, who opened it and why they believe the caller.
func (about matter) toSign(st Standing, opener string) (message string, details []approval.Detail) {
	nl := dutch(st.Organisation, st.Member)
	name := fit(about.Member.Person.Display)
	message = say(nl, "Phone lost: approve that everything old of "+name+" is revoked", "Telefoon kwijt: keur goed dat alles van "+name+" wordt ingetrokken")
	if about.Kind == Forgotten {
		message = say(nl, "Phone forgotten: approve a temporary code for "+name, "Telefoon vergeten: keur een tijdelijke code goed voor "+name)
	}
	add := func(english, translated, value string) {
		details = append(details, approval.Detail{Label: say(nl, english, translated), Value: value})
	}
	add("Person", "Persoon", name)
	add("Organisation", "Organisatie", fit(about.Organisation.Name))
	add("Opened by", "Geopend door", fit(opener))
	add("Identified", "Herkend", identifiedIn(nl, about.Identified))
	add("The caller has shown", "De beller heeft laten zien", shownIn(nl, about.Shown))
	add("Ticket", "Ticket", fit(about.Ticket))
	add("Case", "Zaak", about.ID)
	return message, details
}

func identifiedIn(nl bool, by Identified) string {
	switch by {
	case InPerson:
		return say(nl, "seen in person", "in persoon gezien")
	case CalledBack:
		return say(nl, "called back on a known number", "teruggebeld op een bekend nummer")
	case VideoCall:
		return say(nl, "seen in a video call", "gezien in een videogesprek")
	case Manager:
		return say(nl, "the manager vouches", "de leidinggevende staat ervoor in")
	case Questions:
		return say(nl, "answered questions, which is weak", "vragen beantwoord, en dat is zwak")
	}
	return say(nl, "not", "niet")
}

func shownIn(nl bool, shown Shown) string {
	switch shown {
	case Nothing:
		return say(nl, "nothing", "niets")
	case Remaining:
		return say(nl, "the code that was mailed", "de code uit de mail")
	case Verified:
		return say(nl, "a phone or number of the person", "een telefoon of nummer van de persoon")
	}
	return say(nl, "nothing", "niets")
}

// toCaller is what the caller's own phone shows.
func (about matter) toCaller(agent string) (message string, details []approval.Detail) {
	nl := dutch(about.Organisation, about.Member)
	message = say(nl, "Are you talking to "+fit(agent)+" of support now?", "Praat je nu met "+fit(agent)+" van support?")
	add := func(english, translated, value string) {
		details = append(details, approval.Detail{Label: say(nl, english, translated), Value: value})
	}
	add("Support agent", "Medewerker", fit(agent))
	add("Organisation", "Organisatie", fit(about.Organisation.Name))
	add("What to do", "Wat je doet", say(nl, "Type the number that the agent reads out. If you called nobody, say that it was not you.",
		"Typ het nummer dat de medewerker voorleest. Heb je niemand gebeld, zeg dan dat jij het niet was."))
	return message, details
}
