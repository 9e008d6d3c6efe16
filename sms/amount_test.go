package sms_test

import (
	"errors"
	"testing"

	"example.com/aye/sms"
)

func TestAmounts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		amount sms.Amount
		again  string
	}{
		"0":                {0, "0.00"},
		"0.056":            {56_000, "0.056"},
		"50":               {50_000_000, "50.00"},
		"12.5":             {12_500_000, "12.50"},
		"0.000001":         {1, "0.000001"},
		"007.10":           {7_100_000, "7.10"},
		"999999999.999999": {999_999_999_999_999, "999999999.999999"},
	} {
		got, err := sms.ParseAmount(text)
		if err != nil || got != want.amount || got.String() != want.again {
			t.Errorf("%s: %d %s %v", text, got, got, err)
		}
	}
	if got := sms.Amount(-1_230_000).String(); got != "-1.23" {
		t.Error(got)
	}
	for _, text := range []string{"", " 1", "1,5", "-1", "+1", "1.", ".5", "1.2.3", "0.0000001", "1000000000", "1e3", "€ 5", "٣"} {
		if got, err := sms.ParseAmount(text); !errors.Is(err, sms.ErrAmount) {
			t.Errorf("%q: %d %v", text, got, err)
		}
	}
}

func TestVendorAmounts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]sms.Amount{
		"0": 0, "0.000": 0, "5": 5_000_000, "0.056": 56_000, "0.0560": 56_000, "5.6e-2": 56_000, "5.6E-02": 56_000, "1.0e+1": 10_000_000,
		"0.05600000000000001": 56_000, "0.0559999999999999983": 56_000, "0.0000004": 0, "0.0000005": 1, "0.1": 100_000, "999999999.9999994": 999_999_999_999_999,
	} {
		if got, ok := sms.VendorAmount(text); !ok || got != want {
			t.Errorf("%s: %d %v, want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "-1", "-0.1", "1e9", "1e999", "1e-99999", "1e-9999999", "1e1000000000", "1/3", "0x10", "1_0", "1,5", "NaN", "Inf", "e", ".", "1.2.3", "1e", "€5", "0.00000000000000000000000000000000000000001"} {
		if got, ok := sms.VendorAmount(text); ok {
			t.Errorf("%q: %d", text, got)
		}
	}
}

// Whatever a vendor writes, no amount is negative, and one that ParseAmount takes is the same.
func FuzzVendorAmount(f *testing.F) {
	f.Add("0.056")
	f.Add("7.9e-2")
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := sms.VendorAmount(text)
		if got < 0 || got > 1_000_000_000_000_000 || (!ok && got != 0) {
			t.Errorf("%q: %d", text, got)
		}
		if exact, err := sms.ParseAmount(text); err == nil && (!ok || got != exact) {
			t.Errorf("%q: %d and %d", text, got, exact)
		}
	})
}
