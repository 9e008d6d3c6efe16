package signing_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/jws"
	"example.com/aye/internal/signing"
)

// walk follows the announcements from a pinned key, as a phone does, and gives the key that
// it then trusts.
func walk(t *testing.T, s *signing.Signer, pinned signing.PublicKey) string {
	t.Helper()
	known := map[string]jws.Key{pinned.ID: pinned.Key}
	last := pinned.ID
	for _, a := range s.Announcements() {
		message, err := jws.Parse("aye-key+jwt", a)
		ayetest.Fails(t, err, nil)
		key, there := known[message.KeyID]
		if !there {
			continue
		}
		public, err := key.Public()
		ayetest.Fails(t, err, nil)
		var claims struct {
			Issuer string  `json:"iss"`
			Key    jws.Key `json:"jwk"`
			At     int64   `json:"iat"`
			Until  int64   `json:"exp"`
		}
		ayetest.Fails(t, message.Verify(public, &claims), nil)
		ayetest.Same(t, "issuer", claims.Issuer, ayetest.Origin)
		ayetest.Same(t, "until", claims.Until-claims.At, int64(signing.Overlap/time.Second))
		last = claims.Key.Thumbprint()
		known[last] = claims.Key
	}
	return last
}

func published(t *testing.T, s *signing.Signer) []signing.PublicKey {
	t.Helper()
	keys, err := s.Published()
	ayetest.Fails(t, err, nil)
	return keys
}

func TestRotation(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := w.Signer
	first := published(t, s)[0]
	ayetest.Same(t, "one key", []any{len(published(t, s)), first.ID, len(s.Announcements())}, []any{1, s.Thumbprint(), 0})
	for range 2 {
		w.Clock.Pass(30 * 24 * time.Hour)
		ayetest.Fails(t, s.Rotate(t.Context()), nil)
		w.Clock.Pass(signing.Settling)
		ayetest.Same(t, "a phone of the first key follows", walk(t, s, first), s.Thumbprint())
	}
	keys := published(t, s)
	ayetest.Same(t, "newest first", []string{keys[0].ID, keys[2].ID}, []string{s.Thumbprint(), first.ID})
	text, err := s.Sign("aye-challenge+jwt", jwt.MapClaims{})
	ayetest.Fails(t, err, nil)
	message, err := jws.Parse("aye-challenge+jwt", text)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "the newest signs", message.KeyID, keys[0].ID)

	// The first key retired 30 days ago.
	w.Clock.Pass(signing.Overlap - 30*24*time.Hour - 2*signing.Settling - time.Millisecond)
	ayetest.Same(t, "still published", len(published(t, s)), 3)
	ayetest.Same(t, "and announced", walk(t, s, first), s.Thumbprint())
	w.Clock.Pass(time.Millisecond)
	ayetest.Same(t, "no longer", len(published(t, s)), 2)
	ayetest.Same(t, "a phone that missed it all stays behind", walk(t, s, first), first.ID)
	ayetest.Same(t, "the second key's follows", walk(t, s, keys[1]), s.Thumbprint())
	w.Clock.Pass(10 * signing.Overlap)
	ayetest.Same(t, "the one that signs stays", published(t, s)[0].ID, s.Thumbprint())
	ayetest.Same(t, "alone", []int{len(published(t, s)), len(s.Announcements())}, []int{1, 0})
}

func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	other, err := signing.Load(t.Context(), w.Store, ayetest.Origin, w.Clock.Now)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "one key", other.Thumbprint(), w.Signer.Thumbprint())
	ayetest.Fails(t, other.Rotate(t.Context()), nil)
	ayetest.Fails(t, w.Signer.Rotate(t.Context()), signing.ErrRotated)
	ayetest.Fails(t, w.Signer.Reload(t.Context()), nil)
	ayetest.Same(t, "followed", w.Signer.Thumbprint(), other.Thumbprint())
	ayetest.Fails(t, w.Signer.Rotate(t.Context()), nil)
}

// TestANewKeySettles: while one server has heard of a new key and another has not, nothing is signed that the other cannot
// tell to be ours.
func TestANewKeySettles(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	other, err := signing.Load(t.Context(), w.Store, ayetest.Origin, w.Clock.Now)
	ayetest.Fails(t, err, nil)
	knows := func(s *signing.Signer, id string) bool {
		return slices.ContainsFunc(published(t, s), func(k signing.PublicKey) bool { return k.ID == id })
	}
	first := w.Signer.Thumbprint()
	ayetest.Fails(t, w.Signer.Rotate(t.Context()), nil)
	next := published(t, w.Signer)[0].ID
	ayetest.Same(t, "published at once", next != first, true)
	for range 59 {
		w.Clock.Pass(time.Second)
		ayetest.Same(t, "the other server knows what signs", knows(other, w.Signer.Thumbprint()), true)
	}
	ayetest.Fails(t, other.Reload(t.Context()), nil)
	w.Clock.Pass(time.Second)
	ayetest.Same(t, "the new one signs", []string{w.Signer.Thumbprint(), other.Thumbprint()}, []string{next, next})
	// Two in a row: each announces the one after it.
	ayetest.Fails(t, w.Signer.Rotate(t.Context()), nil)
	ayetest.Fails(t, w.Signer.Rotate(t.Context()), nil)
	ayetest.Same(t, "both wait", w.Signer.Thumbprint(), next)
	w.Clock.Pass(signing.Settling)
	ayetest.Same(t, "the newest signs", w.Signer.Thumbprint(), published(t, w.Signer)[0].ID)
}

func TestAStoreThatIsDown(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	closed := ayetest.New(t)
	ayetest.Fails(t, closed.Store.Close(), nil)
	_, err := signing.Load(t.Context(), closed.Store, ayetest.Origin, w.Clock.Now)
	ayetest.Same(t, "fails", err != nil && !errors.Is(err, signing.ErrRotated), true)
	ayetest.Same(t, "cannot rotate", closed.Signer.Rotate(t.Context()) != nil, true)
	_, err = w.Signer.Sign("typ", jwt.MapClaims{"bad": make(chan int)})
	ayetest.Same(t, "cannot sign", err != nil, true)
}
