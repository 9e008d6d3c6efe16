package emulate

import (
	"strings"
	"unicode/utf16"
)

// The alphabet of 3GPP TS 23.038, section 6.2.1, and its extension, of which each character
// stands behind an escape.
const (
	gsmAlphabet = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtension = "\f^{}\\[~]|€"
)

// The encodings of a [Text].
const (
	encodingGSM  = "gsm-7"
	encodingUCS2 = "ucs-2"
)

// septets is what a character costs in GSM 03.38; 0 where it is not in it.
func septets(character rune) int {
	switch {
	case strings.ContainsRune(gsmAlphabet, character):
		return 1
	case strings.ContainsRune(gsmExtension, character):
		return 2
	}
	return 0
}

// units is what a character costs in UCS-2.
func units(character rune) int { return max(1, utf16.RuneLen(character)) }

// plain tells whether the body can be sent in GSM 03.38.
func plain(body string) bool {
	return !strings.ContainsFunc(body, func(character rune) bool { return septets(character) == 0 })
}

// squeeze is what a phone shows of a body that is sent in GSM 03.38 whatever it has in it.
func squeeze(body string) string {
	return strings.Map(func(character rune) rune {
		if septets(character) == 0 {
			return '?'
		}
		return character
	}, body)
}

// countParts counts the parts of a body. A character with two units is not torn.
func countParts(body, encoding string) int {
	cost, single, each := septets, 160, 153
	if encoding == encodingUCS2 {
		cost, single, each = units, 70, 67
	}
	total, parts, filled := 0, 1, 0
	for _, character := range body {
		n := cost(character)
		total += n
		if filled+n > each {
			parts, filled = parts+1, 0
		}
		filled += n
	}
	if total <= single {
		return 1
	}
	return parts
}

// country is what a stand-in knows of one.
type country struct {
	code, name, prefix, mccmnc, operator string
	price                                int64 // of one part, in millionths
}

// currency is that of all prices.
const currency = "EUR"

// countries are those that tests and a demo meet. A longer prefix is before a shorter one.
var countries = []country{
	{"CA", "Canada", "1416", "302720", "Rogers", 9_000},
	{"CA", "Canada", "1604", "302720", "Rogers", 9_000},
	{"CW", "Curaçao", "5999", "36269", "Digicel", 62_000},
	{"LU", "Luxembourg", "352", "27001", "POST", 61_000},
	{"IE", "Ireland", "353", "27201", "Vodafone", 58_000},
	{"SR", "Suriname", "597", "74602", "Telesur", 110_000},
	{"NL", "Netherlands", "31", "20408", "KPN", 75_000},
	{"BE", "Belgium", "32", "20601", "Proximus", 90_000},
	{"FR", "France", "33", "20801", "Orange", 61_000},
	{"ES", "Spain", "34", "21407", "Movistar", 70_000},
	{"IT", "Italy", "39", "22201", "TIM", 75_000},
	{"CH", "Switzerland", "41", "22801", "Swisscom", 62_000},
	{"AT", "Austria", "43", "23201", "A1", 82_000},
	{"GB", "United Kingdom", "44", "23430", "EE", 37_000},
	{"DK", "Denmark", "45", "23801", "TDC", 43_000},
	{"SE", "Sweden", "46", "24001", "Telia", 58_000},
	{"PL", "Poland", "48", "26003", "Orange", 32_000},
	{"DE", "Germany", "49", "26201", "Telekom", 92_000},
	{"IN", "India", "91", "40410", "Airtel", 38_000},
	{"US", "United States", "1", "310410", "AT&T", 8_000},
}

// elsewhere is what holds for numbers of no country that is known here.
var elsewhere = country{price: 100_000}

// countryOf finds a country by a number without the plus.
func countryOf(digits string) country {
	for _, one := range countries {
		if strings.HasPrefix(digits, one.prefix) {
			return one
		}
	}
	return elsewhere
}

func countryNamed(code string) country {
	for _, one := range countries {
		if one.code == code {
			return one
		}
	}
	return elsewhere
}

// namesRefused tells whether networks of the country take numbers alone as sender.
func namesRefused(code string) bool { return code == "US" || code == "CA" }
