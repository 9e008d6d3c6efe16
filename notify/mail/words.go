package mail

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// months are the Dutch ones; Go has the English.
var months = [...]string{
	"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december",
}

// day is a date in words.
func day(t time.Time, language string) string {
	t = t.UTC()
	if language == "nl" {
		return t.Format("2 ") + months[t.Month()-1] + t.Format(" 2006")
	}
	return t.Format("2 January 2006")
}

// moment is a date and a time in words. Nobody told where the reader's clock hangs.
func moment(t time.Time, language string) string {
	if language == "nl" {
		return day(t, language) + t.UTC().Format(" om 15:04 uur (UTC)")
	}
	return day(t, language) + t.UTC().Format(" at 15:04 (UTC)")
}

// span is a time in words: whole hours where it is that, else minutes.
func span(d time.Duration, language string) string {
	count, one, many := int(d.Round(time.Minute)/time.Minute), map[string]string{"en": "minute", "nl": "minuut"}, map[string]string{"en": "minutes", "nl": "minuten"}
	if count > 0 && count%60 == 0 {
		count, one, many = count/60, map[string]string{"en": "hour", "nl": "uur"}, map[string]string{"en": "hours", "nl": "uur"}
	}
	unit := many[language]
	if count == 1 {
		unit = one[language]
	}
	return strconv.Itoa(count) + " " + unit
}

// positions are the roles, as what somebody is.
var positions = map[string]map[string]string{
	"en": {"member": "a member", "support": "a support agent", "administrator": "an administrator", "owner": "an owner"},
	"nl": {"member": "medewerker", "support": "supportmedewerker", "administrator": "beheerder", "owner": "eigenaar"},
}

func position(role, language string) string { return positions[language][role] }

// MaskAddress leaves of an address what its owner recognises and nobody else can write to:
// ada@example.com becomes a…@example.com.
func MaskAddress(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at <= 0 {
		return "…"
	}
	_, size := utf8.DecodeRuneInString(address)
	return address[:size] + "…" + address[at:]
}

// MaskNumber leaves the last two digits of a phone number.
func MaskNumber(number string) string {
	if len(number) < 6 {
		return ""
	}
	return number[len(number)-2:]
}
