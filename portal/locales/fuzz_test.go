package locales_test

import (
	"strings"
	"testing"

	"example.com/aye/portal/locales"
)

// FuzzMatch: whatever a browser asks for, it gets a language that there is; and who asks for one alone gets that one.
func FuzzMatch(f *testing.F) {
	f.Fuzz(func(t *testing.T, accept string) {
		if got := locales.Match(accept); !locales.Has(got) {
			t.Errorf("%q gets %q", accept, got)
		}
		if !strings.ContainsAny(accept, ",;") {
			if got := locales.Match("nl," + accept + ";q=0.1"); got != "nl" && got != "en" {
				t.Errorf("%q gets %q", accept, got)
			}
		}
	})
}
