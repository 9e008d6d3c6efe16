package sms

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"example.com/aye/internal/secret"
)

// FuzzParseAmount: what is taken is exact: written and read again it is the same, and a vendor's reader agrees.
func FuzzParseAmount(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		amount, err := ParseAmount(text)
		if err != nil {
			if !errors.Is(err, ErrAmount) {
				t.Fatal(err)
			}
			return
		}
		if amount < 0 || len(text) > 16 || strings.ContainsAny(text, ",eE+- ") {
			t.Errorf("%q is %v", text, amount)
		}
		if again, err := ParseAmount(amount.String()); err != nil || again != amount {
			t.Errorf("%q is %v, and then %v, %v", text, amount, again, err)
		}
		if vendor, ok := VendorAmount(text); !ok || vendor != amount {
			t.Errorf("%q is %v, to the reader of vendors' amounts %v", text, amount, vendor)
		}
	})
}

// FuzzNormalSender: what people see is of letters without accents, or a number; and stays what it is.
func FuzzNormalSender(f *testing.F) {
	f.Fuzz(func(t *testing.T, sender string) {
		normal, err := NormalSender(sender)
		if err != nil {
			if invalid := new(InvalidError); !errors.As(err, &invalid) || invalid.Field != "sender" || len(invalid.Detail) > 200 {
				t.Fatal(err)
			}
			return
		}
		if again, err := NormalSender(normal); err != nil || again != normal {
			t.Errorf("%q becomes %q, then %q, %v", sender, normal, again, err)
		}
		if numeric(normal) {
			if len(normal) < 8 || len(normal) > 16 || strings.Trim(normal[1:], "0123456789") != "" || normal[1] == '0' {
				t.Errorf("%q is no number", normal)
			}
			return
		}
		if len(normal) > senderLength || !strings.ContainsFunc(normal, letter) || strings.ContainsFunc(normal, func(r rune) bool { return r != ' ' && !letter(r) && !digit(r) }) {
			t.Errorf("%q becomes %q", sender, normal)
		}
	})
}

// FuzzKey: a key is one vendor's and can stand in a header; what is wrong is said without the key.
func FuzzKey(f *testing.F) {
	f.Fuzz(func(t *testing.T, key string) {
		kind, err := KindOf(secret.Secret(key))
		if err != nil {
			if invalid := new(InvalidError); !errors.As(err, &invalid) || invalid.Field != "key" || (len(key) > 30 && strings.Contains(err.Error(), key)) {
				t.Fatal(err)
			}
			return
		}
		if (kind != MessageBird && kind != Bird) || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) || len(key) > keyMost || strings.HasPrefix(key, "test_") {
			t.Errorf("%q is a key of %s", key, kind)
		}
		if end := keyEnd(secret.Secret(key)); len(end) > 4 || !strings.HasSuffix(key, end) {
			t.Errorf("%q ends with %q", key, end)
		}
	})
}

// FuzzCountries: what is taken is a set of countries in their order, and what is wrong is said shortly.
func FuzzCountries(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		got, err := normalCountries(strings.Split(text, ","))
		if err != nil {
			if len(err.Error()) > 200 {
				t.Errorf("%d bytes are said", len(err.Error()))
			}
			return
		}
		if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Errorf("%q", got)
		}
		for _, country := range got {
			if len(country) != 2 || !slices.Contains(Countries(), country) {
				t.Errorf("%q", country)
			}
		}
		if again, err := normalCountries(got); err != nil || !slices.Equal(again, got) {
			t.Errorf("%q becomes %q, %v", got, again, err)
		}
	})
}
