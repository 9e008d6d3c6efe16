package page

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"

	"example.com/aye/portal/locales"
)

// Country is two letters of ISO 3166-1. In the gap of a text it is said by its name.
type Country string

// Within is a country as it is said behind "in": in the Netherlands.
type Within Country

// namers know what countries are called.
var namers = map[string]display.Namer{locales.English: display.English.Regions(), locales.Dutch: display.Dutch.Regions()}

// renamed are the countries that have another name since the tables of the library were made.
var renamed = map[string]map[Country]string{
	locales.English: {"MK": "North Macedonia", "SZ": "Eswatini", "HK": "Hong Kong", "MO": "Macau", "MM": "Myanmar"},
	locales.Dutch:   {"MK": "Noord-Macedonië", "SZ": "Eswatini", "HK": "Hongkong", "MO": "Macau", "MM": "Myanmar", "ST": "Sao Tomé en Principe"},
}

// articles are said before the names that have one.
var articles = map[string]map[Country]string{
	locales.English: {
		"AE": "the", "BQ": "the", "BS": "the", "CF": "the", "CK": "the", "CC": "the", "DO": "the", "FK": "the", "FO": "the", "GB": "the", "GM": "the", "IM": "the", "IO": "the",
		"KM": "the", "KY": "the", "MH": "the", "MP": "the", "MV": "the", "NL": "the", "PH": "the", "PS": "the", "SB": "the", "SC": "the", "TC": "the", "US": "the", "VG": "the", "VI": "the", "AX": "the",
	},
	locales.Dutch: {
		"AE": "de", "BS": "de", "CF": "de", "CC": "de", "CK": "de", "DO": "de", "FK": "de", "FO": "de", "GB": "het", "IM": "het", "IO": "het", "KM": "de", "KY": "de", "MH": "de",
		"MP": "de", "MV": "de", "PH": "de", "PS": "de", "SB": "de", "SC": "de", "TC": "de", "US": "de", "VG": "de", "VI": "de",
	},
}

// country says a country's name; a code that has none says itself.
func (s speaker) country(c Country) string {
	if name := renamed[s.words.Locale][c]; name != "" {
		return name
	}
	region, err := language.ParseRegion(string(c))
	if err != nil {
		return string(c)
	}
	return cmp.Or(namers[s.words.Locale].Name(region), string(c))
}

// within says it with its article.
func (s speaker) within(c Within) string {
	return strings.TrimPrefix(articles[s.words.Locale][Country(c)]+" ", " ") + s.country(Country(c))
}

// NamedCountry is a country with its name in the language of the page.
type NamedCountry struct {
	Country
	Name string
}

// countries are named and in the order of their names, as people look for them: without accents.
func (s speaker) countries(all []Country) []NamedCountry {
	named := make([]NamedCountry, 0, len(all))
	for _, c := range all {
		named = append(named, NamedCountry{c, s.country(c)})
	}
	slices.SortFunc(named, func(a, b NamedCountry) int { return cmp.Compare(plain(a.Name), plain(b.Name)) })
	return named
}

func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(name))
}

// mostNames are how many countries are named one by one.
const mostNames = 6

// names are those of countries on one line.
func (s speaker) names(all []Country) (string, error) {
	var list []string
	for _, c := range s.countries(all) {
		list = append(list, c.Name)
	}
	if len(list) <= mostNames {
		return strings.Join(list, ", "), nil
	}
	return s.text("manage.texts.more", "List", strings.Join(list[:mostNames-1], ", "), locales.Count, len(list)-mostNames+1)
}
