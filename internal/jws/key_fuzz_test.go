package jws_test

import (
	"errors"
	"testing"

	"example.com/aye/internal/jws"
)

// FuzzKey: a key that is taken is a point of P-256 with one spelling, and so with one thumbprint.
func FuzzKey(f *testing.F) {
	f.Fuzz(func(t *testing.T, kty, crv, x, y string) {
		key := jws.Key{KTY: kty, CRV: crv, X: x, Y: y}
		public, err := key.Public()
		if err != nil {
			if !errors.Is(err, jws.ErrInvalid) || public != nil {
				t.Fatal(err)
			}
			return
		}
		again, err := jws.NewKey(public)
		if err != nil || again != key || again.Thumbprint() != key.Thumbprint() || len(key.Thumbprint()) != 43 {
			t.Errorf("%+v is read as %+v, %v", key, again, err)
		}
	})
}
