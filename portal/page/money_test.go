package page

import "testing"

func TestMoney(t *testing.T) {
	t.Parallel()
	all := speakers(t)
	for _, test := range []struct {
		amount         int64
		currency       string
		english, dutch string
	}{
		{0, "EUR", "€\u00a00.00", "€\u00a00,00"},
		{56_000, "EUR", "€\u00a00.056", "€\u00a00,056"},
		{500_000, "USD", "$\u00a00.50", "$\u00a00,50"},
		{1, "GBP", "£\u00a00.000001", "£\u00a00,000001"},
		{999_999, "EUR", "€\u00a00.999999", "€\u00a00,999999"},
		{1_004_999, "EUR", "€\u00a01.00", "€\u00a01,00"},
		{1_005_000, "EUR", "€\u00a01.01", "€\u00a01,01"},
		{1_999_999, "EUR", "€\u00a02.00", "€\u00a02,00"},
		{23_072_000, "CHF", "CHF\u00a023.07", "CHF\u00a023,07"},
		{1_234_567_890_000, "EUR", "€\u00a01,234,567.89", "€\u00a01.234.567,89"},
		{100_000_000_000, "", "100,000.00", "100.000,00"},
		{-5, "EUR", "€\u00a00.00", "€\u00a00,00"},
	} {
		for locale, want := range map[string]string{"en": test.english, "nl": test.dutch} {
			got, err := all[locale].money(Money{test.amount, test.currency})
			if err != nil || got != want {
				t.Errorf("%d %s in %s: %q, %v, want %q", test.amount, test.currency, locale, got, err, want)
			}
			if said, err := all[locale].value(Money{test.amount, test.currency}); err != nil || said != want {
				t.Errorf("in a text: %q, %v", said, err)
			}
		}
	}
}

// What many cost together is said in cents; what one costs is not.
func TestSum(t *testing.T) {
	t.Parallel()
	for amount, want := range map[int64]string{
		604_800: "€\u00a00,60", 100_000: "€\u00a00,10", 995_000: "€\u00a01,00", 99_999: "€\u00a00,099999", 56_000: "€\u00a00,056", 0: "€\u00a00,00", 23_072_000: "€\u00a023,07",
	} {
		if got, err := speakers(t)["nl"].sum(Money{amount, "EUR"}); err != nil || got != want {
			t.Errorf("%d: %q, %v, want %q", amount, got, err, want)
		}
	}
}
