package page

import (
	"strings"
	"testing"
)

func TestCountries(t *testing.T) {
	t.Parallel()
	all := speakers(t)
	for _, test := range []struct {
		code           Country
		english, dutch string
		inEn, inNl     string
	}{
		{"NL", "Netherlands", "Nederland", "the Netherlands", "Nederland"},
		{"US", "United States", "Verenigde Staten", "the United States", "de Verenigde Staten"},
		{"GB", "United Kingdom", "Verenigd Koninkrijk", "the United Kingdom", "het Verenigd Koninkrijk"},
		{"SR", "Suriname", "Suriname", "Suriname", "Suriname"},
		{"MK", "North Macedonia", "Noord-Macedonië", "North Macedonia", "Noord-Macedonië"},
		{"XX", "XX", "XX", "XX", "XX"},
		{"?", "?", "?", "?", "?"},
		{"", "", "", "", ""},
	} {
		for locale, want := range map[string][2]string{"en": {test.english, test.inEn}, "nl": {test.dutch, test.inNl}} {
			s := all[locale]
			if got := [2]string{s.country(test.code), s.within(Within(test.code))}; got != want {
				t.Errorf("%s in %s: %q, want %q", test.code, locale, got, want)
			}
		}
	}
	var order []string
	for _, c := range all["nl"].countries([]Country{"SE", "AX", "NL", "AL", "OM"}) {
		order = append(order, c.Name)
	}
	if got := strings.Join(order, " "); got != "Åland Albanië Nederland Oman Zweden" {
		t.Errorf("in the order %s", got)
	}
	for want, codes := range map[string][]Country{
		"": nil, "België, Nederland": {"NL", "BE"}, "Albanië, België, Duitsland, Frankrijk, Italië en nog 2": {"NL", "BE", "DE", "FR", "IT", "AL", "ES"},
	} {
		if got, err := all["nl"].names(codes); err != nil || got != want {
			t.Errorf("%v: %q, %v, want %q", codes, got, err, want)
		}
	}
}

// What costs anything is seen in the picture, and nothing stands out of it.
func TestBars(t *testing.T) {
	t.Parallel()
	costs := TextCosts{Months: []MonthCost{
		{}, {You: Money{Amount: 1}}, {You: Money{Amount: 1_000_000}, Operator: Money{Amount: 3_000_000}, Messages: 1}, {Operator: Money{Amount: -1}},
	}}
	for i, b := range costs.Bars() {
		if b.OperatorY < -2 || b.YouY+b.YouHeight != chartHeight || b.OperatorY+b.OperatorHeight != b.YouY || b.X != i*chartStep+8 {
			t.Errorf("%d: %+v", i, b)
		}
	}
	bars := costs.Bars()
	if bars[0].YouHeight != 0 || bars[1].YouHeight != 2 || bars[2].YouHeight != 30 || bars[2].OperatorHeight != 90 || bars[3].OperatorHeight != 0 {
		t.Errorf("%+v", bars)
	}
	if box := costs.ChartBox(); box != "0 0 160 144" || !costs.Any() || (TextCosts{}).Any() {
		t.Errorf("box %s", box)
	}
}
