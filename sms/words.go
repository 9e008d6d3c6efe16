package sms

import (
	"fmt"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
)

// words are a text around its code, with and without the name of the organisation.
type words struct{ named, plain string }

var (
	loginWords = map[string]words{
		"en": {"%s is your code to log in to %s. Give it to nobody.", "%s is your code to log in. Give it to nobody."},
		"nl": {"%s is je code om in te loggen bij %s. Geef hem aan niemand.", "%s is je code om in te loggen. Geef hem aan niemand."},
	}
	securityWords = map[string]words{
		"en": {"%s is your code to change your security settings at %s. Give it to nobody.", "%s is your code to change your security settings. Give it to nobody."},
		"nl": {"%s is je code om je beveiliging bij %s te wijzigen. Geef hem aan niemand.", "%s is je code om je beveiliging te wijzigen. Geef hem aan niemand."},
	}
	checkWords = map[string]words{
		"en": {plain: "%s is the code to check this text message provider."},
		"nl": {plain: "%s is de code om deze sms-provider te controleren."},
	}
)

// helpWords are those of support: name is that of the organisation, or of the agent who asks.
var helpWords = map[HelpKind]map[string]words{
	HelpStop: {
		"en": {"Support of {name} was asked to help somebody in your name. Not you? Stop it: {link}", "Support was asked to help somebody in your name. Not you? Stop it: {link}"},
		"nl": {"Iemand vroeg support van {name} om hulp op jouw naam. Was jij dit niet? Stop het: {link}", "Iemand vroeg support om hulp op jouw naam. Was jij dit niet? Stop het: {link}"},
	},
	HelpAccess: {
		"en": {"{code} is your code to log in at {name} without your phone. Give it to nobody.", "{code} is your code to log in without your phone. Give it to nobody."},
		"nl": {"{code} is je code om bij {name} in te loggen zonder je telefoon. Geef hem aan niemand.", "{code} is je code om in te loggen zonder je telefoon. Geef hem aan niemand."},
	},
	HelpCheck: {
		"en": {"Do you talk to {name} of support now? Type {code} here, tell it to nobody: {link}", "Do you talk to support now? Type {code} here, tell it to nobody: {link}"},
		"nl": {"Spreek je nu met {name} van support? Typ {code} hier, zeg hem tegen niemand: {link}", "Spreek je nu met support? Typ {code} hier, zeg hem tegen niemand: {link}"},
	},
}

// helpHours is how long an access code works.
var helpHours = map[string]string{"en": " It works for %d h.", "nl": " Hij werkt %d uur."}

// wordsOf gives them in a language, English where it is another.
func wordsOf(purpose Purpose, locale string) words {
	if locale != "nl" {
		locale = "en"
	}
	switch purpose {
	case accounts.TextLogin:
		return loginWords[locale]
	case accounts.TextRegistration, accounts.TextRelink, accounts.TextAuthenticator, accounts.TextNewPhone, accounts.TextNewNumber, accounts.TextSecurity:
		return securityWords[locale]
	case accounts.TextCheck:
		return checkWords[locale]
	}
	return securityWords[locale]
}

// bodyOf is a whole text. The name of the organisation is left out where it would cost another
// part, or the encoding that has half the room. The last line lets browsers fill the code in on the
// pages of that host alone (WICG, origin-bound one-time codes).
func bodyOf(w words, code secret.Secret, name, host string) string {
	last := ""
	if host != "" {
		last = fmt.Sprintf("\n\n@%s #%s", host, code.Reveal())
	}
	plain := fmt.Sprintf(w.plain, code.Reveal()) + last
	if w.named == "" || name == "" {
		return plain
	}
	return fitting(plain, fmt.Sprintf(w.named, code.Reveal(), name)+last)
}

// fitting is the text with the name where that costs no more than the one without.
func fitting(plain, named string) string {
	encoding, parts := Measure(plain)
	if e, n := Measure(named); e != encoding || n > parts {
		return plain
	}
	return named
}
