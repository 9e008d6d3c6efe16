package secret_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"example.com/aye/internal/secret"
)

// FuzzValidID: an id is its prefix and 32 hexadecimal digits, and nothing that is written otherwise.
func FuzzValidID(f *testing.F) {
	f.Fuzz(func(t *testing.T, prefix, id string) {
		want := len(id) == len(prefix)+33 && strings.HasPrefix(id, prefix+"_")
		for _, c := range []byte(id[min(len(id), len(prefix)+1):]) {
			want = want && strings.IndexByte("0123456789abcdef", c) >= 0
		}
		if secret.ValidID(prefix, id) != want {
			t.Errorf("%q of %q: %v", id, prefix, !want)
		}
	})
}

// FuzzParseKeys: the key is 32 bytes in base64 on a line, and what is wrong is said without it.
func FuzzParseKeys(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := secret.ParseKeys(text)
		if err != nil {
			if !errors.Is(err, secret.ErrKeyFile) || (len(text) > 20 && strings.Contains(err.Error(), text)) {
				t.Fatal(err)
			}
			return
		}
		// Whatever cannot be seen behind it is passed over, as the line break of an editor.
		raw, err := base64.StdEncoding.DecodeString(strings.TrimRightFunc(text, func(r rune) bool { return r <= ' ' }))
		if err != nil || len(raw) != secret.KeySize {
			t.Fatalf("%q is a key, %v", text, err)
		}
		same, err := secret.NewKeys(bytes.Clone(raw))
		if err != nil || same.Code("purpose").Reveal() != keys.Code("purpose").Reveal() {
			t.Errorf("another key is read, %v", err)
		}
	})
}
