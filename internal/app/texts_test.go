package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/aye/sms"
)

func written(t *testing.T, text string) (Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "aye.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return LoadConfig(file, nil, nil)
}

func TestPricesOfTextMessages(t *testing.T) {
	t.Parallel()
	c, err := written(t, `sms:
  login_ends: 2022-01-01
  operator_cap: 12.50
  unknown_price: "0.3"
  prices:
    - {country: BE, price: 0.09, from: 2026-01-01, until: 2027-01-01}
    - {country: BE, price: 0.1}
`)
	if err != nil {
		t.Fatal(err)
	}
	got, errs := c.SMS.decided("https://aye.example.com")
	if err = errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	day := func(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
	if got.Origin != "https://aye.example.com" || got.Country != "NL" || got.OperatorCap != 12_500_000 || !got.LoginEnds.Equal(day(2022)) ||
		got.Prices.Currency != "EUR" || got.Prices.Unknown != 300_000 {
		t.Errorf("%+v", got)
	}
	if all := got.Prices.All; len(all) != 3 || all[0] != (sms.Price{Country: "BE", Amount: 90_000, From: day(2026), Until: day(2027)}) ||
		all[1] != (sms.Price{Country: "BE", Amount: 100_000}) || all[2] != builtIn[0] {
		t.Errorf("%+v", all)
	}
}

// What is built in holds until the operator says something of that country, and in its currency alone.
func TestPricesThatAreBuiltIn(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string][]sms.Amount{
		"": {56_000},
		"sms: {prices: [{country: NL, price: 0.08, from: '2026-01-01'}]}":                             {80_000},
		"sms: {prices: [{country: BE, price: 0.08}]}":                                                 {80_000, 56_000},
		"sms: {currency: USD}":                                                                        nil,
		"sms: {currency: USD, country: US, prices: [{country: US, price: 0.01, from: '2026-01-01'}]}": {10_000},
	} {
		c, err := written(t, settings)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := c.SMS.decided("")
		var amounts []sms.Amount
		for _, p := range got.Prices.All {
			amounts = append(amounts, p.Amount)
		}
		if len(amounts) != len(want) || (len(want) > 0 && (amounts[0] != want[0] || amounts[len(want)-1] != want[len(want)-1])) {
			t.Errorf("%s: %v, want %v", settings, amounts, want)
		}
		if !got.LoginEnds.IsZero() || got.OperatorCap != 50_000_000 || got.Prices.Unknown != 250_000 {
			t.Errorf("%s: %+v", settings, got)
		}
	}
}

func TestTextSettingsThatAreRefused(t *testing.T) {
	t.Parallel()
	price := "prices: [{country: NL, price: 0.08, from: '2026-01-01', until: '2027-01-01'}]"
	for change, want := range map[string]string{
		"country: nl":                                         "sms.country",
		"country: Netherlands":                                "sms.country",
		"currency: €":                                         "sms.currency",
		"unknown_price: -0.1":                                 "sms.unknown_price",
		"unknown_price: 10.01":                                "sms.unknown_price must be 0 to 10",
		"unknown_price: '0,1'":                                "sms.unknown_price",
		"operator_cap: 100000.01":                             "sms.operator_cap must be 0 to 100000",
		"operator_cap: 0.00":                                  "sms.operator_cap",
		"operator_cap: much":                                  "sms.operator_cap",
		"login_ends: 1-1-2022":                                "sms.login_ends",
		"login_ends: 2022-13-01":                              "sms.login_ends",
		"login_ends: tomorrow":                                "sms.login_ends",
		"messagebird_endpoint: http://sms.example.com":        "sms.messagebird_endpoint",
		"messagebird_endpoint: https://sms.example.com/":      "sms.messagebird_endpoint",
		"bird_endpoint: sms.example.com":                      "sms.bird_endpoint",
		"key: live":                                           "key",
		strings.Replace(price, "NL", "31", 1):                 "sms.prices[0].country",
		strings.Replace(price, "0.08", "''", 1):               "sms.prices[0].price",
		strings.Replace(price, "0.08", "80", 1):               "sms.prices[0].price must be 0 to 10",
		strings.Replace(price, "2026-01-01", "soon", 1):       "sms.prices[0].from",
		strings.Replace(price, "2027-01-01", "2026-01-01", 1): "sms.prices[0].until must be after from",
	} {
		_, err := written(t, "sms:\n  "+change+"\n")
		if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want something about %s", change, err, want)
		}
	}
}
