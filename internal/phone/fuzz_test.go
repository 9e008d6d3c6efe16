package phone

import (
	"errors"
	"strings"
	"testing"
)

// FuzzLink: a QR code that is taken names one server, by https, with a code and a key of 256 bits; an error does not tell the code.
func FuzzLink(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseLink(text)
		if err != nil {
			if !errors.Is(err, ErrBadLink) || len(err.Error()) > 400+len(text) {
				t.Fatal(err)
			}
			return
		}
		if len(got.code.Reveal()) != 43 || len(got.pinned) != 43 || strings.ContainsAny(got.origin, "/?#@ ") && !strings.Contains(got.origin, "://") {
			t.Errorf("%+v", got)
		}
		if !strings.HasPrefix(got.origin, "https://") && !strings.HasPrefix(got.origin, "http://") {
			t.Errorf("the origin %q", got.origin)
		}
		if again, err := parseLink(got.origin + "/p#1." + got.code.Reveal() + "." + got.pinned); err == nil && again.origin != got.origin {
			t.Errorf("%q is read as %q", got.origin, again.origin)
		}
	})
}
