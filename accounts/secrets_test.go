package accounts_test

import (
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
)

// What several administrators do to an application at once does not undo each other: no third
// secret comes to life, and an ended one stays ended.
func TestSecretsAtOnce(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	for range 10 {
		a := w.AddApplication(w.Organisation, "App")
		ayetest.AtOnce(6, func(i int) {
			switch {
			case i < 3:
				_, _ = w.Accounts.AddSecret(t.Context(), a.ID) // two of three fail, or one where the first was ended before
			case i < 5:
				_, err := w.Accounts.UpdateApplication(t.Context(), a)
				ayetest.Fails(t, err, nil)
			default:
				ayetest.Fails(t, w.Accounts.EndSecret(t.Context(), a.ID, a.Secrets[0].ID), nil)
			}
		})
		now, err := w.Accounts.Application(t.Context(), a.ID)
		ayetest.Fails(t, err, nil)
		if len(now.Secrets) < 1 || len(now.Secrets) > accounts.MaxSecrets {
			t.Fatalf("%d secrets live", len(now.Secrets))
		}
		for _, live := range now.Secrets {
			ayetest.Same(t, "the ended one", live.ID == a.Secrets[0].ID, false)
		}
	}
}
