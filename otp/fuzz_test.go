package otp

import (
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/pquerna/otp/totp"

	"example.com/aye/internal/secret"
)

// FuzzTOTP: the code of a step is the one that another library makes, and nothing else is.
func FuzzTOTP(f *testing.F) {
	const key, at = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 1_795_253_400
	s := &Service{Now: func() time.Time { return time.Unix(at, 0) }}
	right := map[string]bool{}
	for step := -Window; step <= Window; step++ {
		code, err := totp.GenerateCode(key, time.Unix(at, 0).Add(time.Duration(step)*Step))
		if err != nil {
			f.Fatal(err)
		}
		right[code] = true
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code string) {
		_, ok, err := s.step(Authenticator{ID: "aut_1", Secret: key}, code)
		if err != nil {
			t.Fatal(err)
		}
		if written := strings.TrimSpace(strings.ReplaceAll(code, " ", "")); ok != right[written] {
			t.Errorf("%q: %v", code, ok)
		}
	})
}

// FuzzTypedCode: a recovery code is read as it was made, whatever people, and mail programs, make of it; and never as two.
func FuzzTypedCode(f *testing.F) {
	f.Fuzz(func(t *testing.T, typed string) {
		plain := plainly(typed)
		if plainly(plain) != plain {
			t.Errorf("%q is read as %q, and that as %q", typed, plain, plainly(plain))
		}
		if strings.ContainsFunc(plain, func(r rune) bool {
			return unicode.IsSpace(r) || unicode.Is(unicode.Dash, r) || r == 'o' || r == 'i' || r == 'l'
		}) {
			t.Errorf("%q is read as %q", typed, plain)
		}
		if len(plain)%recoveryGroup == 0 && !strings.ContainsFunc(plain, func(r rune) bool { return r >= 0x80 }) { // as those that we make
			if made := grouped(plain).Reveal(); plainly(made) != plain {
				t.Errorf("%q is shown as %q", plain, made)
			}
		}
	})
}

// FuzzURI: an app that reads the address gets the secret, the issuer and the account that were meant.
func FuzzURI(f *testing.F) {
	f.Fuzz(func(t *testing.T, issuer, account string) {
		const key = "GEZDGNBVGY3TQOJQ"
		text := URI(issuer, account, secret.Secret(key)).Reveal()
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		if u.Scheme != "otpauth" || u.Host != "totp" || q.Get("secret") != key || len(q) != 5 || u.Fragment != "" {
			t.Errorf("%q", text)
		}
		gotIssuer, gotAccount, found := strings.Cut(strings.TrimPrefix(u.Path, "/"), ":")
		if !found || strings.Contains(gotAccount, ":") || q.Get("issuer") != gotIssuer || gotIssuer != labelled(issuer) || gotAccount != labelled(account) {
			t.Errorf("%q and %q are read as %q and %q", issuer, account, gotIssuer, gotAccount)
		}
	})
}
