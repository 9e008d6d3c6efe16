package app

import (
	"strings"
	"testing"

	"example.com/aye/accounts"
)

// Tests hash lightly; what people run must not.
func TestPasswordsAreHashedInFull(t *testing.T) {
	t.Parallel()
	a, err := openHere(t, func(*Config) {})
	if err != nil {
		t.Fatal(err)
	}
	made, err := a.Accounts.Hasher.Hash(t.Context(), "usr_1", "seven quiet herons by the canal")
	if err != nil {
		t.Fatal(err)
	}
	if want := "$m=19456,t=2,p=1$"; accounts.HashMemory != 19456 || !strings.Contains(made, want) {
		t.Errorf("%q is not made with %s", made, want)
	}
}
