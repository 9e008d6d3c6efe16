package sms

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
)

// How long fields may be.
const (
	descriptionLength = 100
	senderLength      = 11
	signingLength     = 200
	keyLeast, keyMost = 20, 200
	classicKeyMost    = 64
)

// NormalSender gives what people will see: 1 to 11 letters, digits and spaces with a letter among them, or
// a number in E.164. It fails with [InvalidError].
func NormalSender(sender string) (string, error) {
	text := strings.Join(strings.Fields(sender), " ")
	switch {
	case text == "":
		return "", &InvalidError{Field: "sender", Problem: "missing", Detail: "must be filled in"}
	case strings.Trim(text, "+0123456789 -().") == "":
		return normalNumericSender(text)
	case strings.ContainsFunc(text, func(r rune) bool { return r != ' ' && !letter(r) && !digit(r) }):
		return "", &InvalidError{Field: "sender", Problem: "form", Detail: "may have letters without accents, digits and spaces"}
	case len(text) > senderLength:
		return "", &InvalidError{Field: "sender", Problem: "long", Detail: "may have 11 characters"}
	}
	return text, nil
}

func normalNumericSender(text string) (string, error) {
	digits := strings.Map(func(r rune) rune {
		if digit(r) {
			return r
		}
		return -1
	}, text)
	// The plus is left out by some; what begins with a zero is no number of all the world.
	if strings.LastIndexByte(text, '+') > 0 || len(digits) < 7 || len(digits) > 15 || digits[0] == '0' {
		return "", &InvalidError{Field: "sender", Problem: "form", Detail: "is no number; write it as +31612345678"}
	}
	return "+" + digits, nil
}

// numeric tells whether a sender is a number.
func numeric(sender string) bool { return strings.HasPrefix(sender, "+") }

func letter(r rune) bool { return (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') }
func digit(r rune) bool  { return r >= '0' && r <= '9' }

// KindOf tells by the form of a key whose it is. It fails with [InvalidError].
func KindOf(key secret.Secret) (Kind, error) {
	text := key.Reveal()
	form := strings.TrimFunc(text, func(r rune) bool { return letter(r) || digit(r) || r == '_' || r == '-' })
	switch {
	case text == "":
		return "", &InvalidError{Field: "key", Problem: "missing", Detail: "must be filled in"}
	case strings.HasPrefix(text, "test_") || strings.HasPrefix(text, "bird_test_"):
		return "", &InvalidError{Field: "key", Problem: "test", Detail: "is a test key, which sends nothing"}
	case form != "" || len(text) < keyLeast || len(text) > keyMost:
	case strings.HasPrefix(text, "bk_") || strings.HasPrefix(text, "bird_live_"):
		return Bird, nil
	case len(text) <= classicKeyMost:
		return MessageBird, nil
	}
	return "", &InvalidError{Field: "key", Problem: "form", Detail: "is no key of MessageBird or Bird"}
}

func checkDescription(text string) error {
	switch {
	case text == "":
		return &InvalidError{Field: "description", Problem: "missing", Detail: "must be filled in"}
	case utf8.RuneCountInString(text) > descriptionLength:
		return &InvalidError{Field: "description", Problem: "long", Detail: "may have 100 characters"}
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }):
		return &InvalidError{Field: "description", Problem: "form", Detail: "must be plain text on one line"}
	}
	return nil
}

func checkSigning(signing secret.Secret) error {
	text := signing.Reveal()
	if len(text) > signingLength || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return &InvalidError{Field: "signing_key", Problem: "form", Detail: "is no signing key"}
	}
	return nil
}

// normalTo gives the number of who gets the code.
func normalTo(a Administrator) (string, error) {
	if strings.TrimSpace(a.Number) == "" {
		return "", &InvalidError{Field: "number", Problem: "missing", Detail: "must be filled in"}
	}
	to, err := accounts.NormalNumber(a.Number, a.Locale)
	if errors.Is(err, accounts.ErrInvalid) {
		return "", &InvalidError{Field: "number", Problem: "form", Detail: "is no number of a mobile phone"}
	}
	return to, err
}

// normalCountries gives them sorted, each once.
func normalCountries(countries []string) ([]string, error) {
	known := Countries()
	var all []string
	for _, c := range countries {
		c = strings.ToUpper(strings.TrimSpace(c))
		if _, found := slices.BinarySearch(known, c); !found {
			if len(c) > 10 { // nobody reads more of it
				c = "a word"
			}
			return nil, &InvalidError{Field: "countries", Problem: "unknown", Detail: "has " + c + ", which is no country with phone numbers"}
		}
		all = append(all, c)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// trimmed is what was filled in without what stands around it.
func trimmed(in Setup) Setup {
	in.Description = strings.TrimSpace(in.Description)
	in.Key = secret.Secret(strings.TrimSpace(in.Key.Reveal()))
	in.Signing = secret.Secret(strings.TrimSpace(in.Signing.Reveal()))
	return in
}

// keyEnd is what is shown of a key.
func keyEnd(key secret.Secret) string {
	text := key.Reveal()
	return text[max(0, len(text)-4):]
}
