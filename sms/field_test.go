package sms_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

// problem is what is wrong with which field.
func problem(err error) string {
	var invalid *sms.InvalidError
	if errors.As(err, &invalid) {
		return invalid.Field + " " + invalid.Problem
	}
	return ""
}

func TestSender(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ sender, want, problem string }{
		{"Tulp Zoon", "Tulp Zoon", ""},
		{" Tulp   Zoon ", "Tulp Zoon", ""},
		{"A", "A", ""},
		{"4ever", "4ever", ""},
		{"ABCDEFGHIJK", "ABCDEFGHIJK", ""},
		{"ABCDEFGHIJKL", "", "sender long"},
		{"Tulp & Zoon", "", "sender form"},
		{"Tulp-Zoon", "", "sender form"},
		{"Café", "", "sender form"},
		{"Тулип", "", "sender form"}, // letters that only look so
		{"", "", "sender missing"},
		{"   ", "", "sender missing"},
		{"+31612345678", "+31612345678", ""},
		{"+31 6 1234-5678", "+31612345678", ""},
		{"31612345678", "+31612345678", ""},
		{"+123456789012345", "+123456789012345", ""},
		{"+1234567890123456", "", "sender form"},
		{"0612345678", "", "sender form"},
		{"12345", "", "sender form"}, // nobody knows whose short number it is
		{"31+612345678", "", "sender form"},
		{"-", "", "sender form"},
		{"a\x00", "", "sender form"},
	} {
		got, err := sms.NormalSender(test.sender)
		if got != test.want || problem(err) != test.problem {
			t.Errorf("%q: %q, %v", test.sender, got, err)
		}
	}
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		key     string
		kind    sms.Kind
		problem string
	}{
		{"AbCdEfGhIjKlMnOpQrStUvWxY", sms.MessageBird, ""},
		{"live_0123456789abcdefghij", sms.MessageBird, ""},
		{strings.Repeat("a", 19), "", "key form"},
		{strings.Repeat("a", 20), sms.MessageBird, ""},
		{strings.Repeat("a", 64), sms.MessageBird, ""},
		{strings.Repeat("a", 65), "", "key form"},
		{"test_0123456789abcdefghij", "", "key test"},
		{"bird_test_0123456789abcdefghij", "", "key test"},
		{"bk_eu1_0123456789abcdefghij", sms.Bird, ""},
		{"bird_live_0123456789abcdefghij", sms.Bird, ""},
		{"bird_live_" + strings.Repeat("a", 190), sms.Bird, ""},
		{"bird_live_" + strings.Repeat("a", 191), "", "key form"},
		{"bk_eu1", "", "key form"},
		{"AbCdEfGhIjKlM OpQrStUvWxY", "", "key form"},
		{"AccessKey:AbCdEfGhIjKlMnOp", "", "key form"},
		{"AbCdEfGhIjKlMnOpQrStUvWx\n", "", "key form"},
		{"", "", "key missing"},
	} {
		kind, err := sms.KindOf(secret.Secret(test.key))
		if kind != test.kind || problem(err) != test.problem {
			t.Errorf("%q: %q, %v", test.key, kind, err)
		}
		if err != nil && test.key != "" && strings.Contains(err.Error(), test.key) {
			t.Errorf("the key is in %q", err)
		}
	}
}

func TestCountryRules(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		country      string
		known        bool
		name, number bool
		demands      []sms.Demand
	}{
		{"US", true, false, true, []sms.Demand{sms.NumericOnly, sms.Registration, sms.Permission}},
		{"CA", true, false, true, []sms.Demand{sms.NumericOnly}},
		{"IN", true, true, true, []sms.Demand{sms.Registration}},
		{"NL", false, true, true, nil},
		{"", false, true, true, nil},
	} {
		rule, known := sms.CountryRule(test.country)
		ayetest.Same(t, test.country, []any{known, rule.Takes("Tulp Zoon"), rule.Takes("+31612345678")}, []any{test.known, test.name, test.number})
		ayetest.Same(t, test.country, rule.Demands, test.demands)
	}
	all := sms.Countries()
	if len(all) < 200 {
		t.Fatalf("%d countries", len(all))
	}
}
