package secret_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"example.com/aye/internal/secret"
)

// stored keeps data keys in memory.
type stored struct {
	mu   sync.Mutex
	keys map[string][]byte
	fail error
}

func (s *stored) DataKey(_ context.Context, scope string, create func() ([]byte, error)) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return nil, s.fail
	}
	if s.keys[scope] == nil {
		key, err := create()
		if err != nil {
			return nil, err
		}
		s.keys[scope] = key
	}
	return s.keys[scope], nil
}

func vault(t *testing.T, b byte, keysOf *stored) *secret.Vault {
	t.Helper()
	v, err := secret.NewVault(keys(t, b), keysOf)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var place = secret.Place{Scope: "org_1", Table: "devices", Column: "push_address", Row: "dev_1"}

func TestSealing(t *testing.T) {
	t.Parallel()
	keysOf := &stored{keys: map[string][]byte{}}
	v := vault(t, 1, keysOf)
	for _, text := range []secret.Secret{canary, "", secret.Secret(strings.Repeat("x", 100_000)), "\x00\xff"} {
		sealed, err := v.Seal(t.Context(), place, text)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(sealed, canary) {
			t.Error("it can be read")
		}
		for name, reader := range map[string]*secret.Vault{"the same": v, "after a restart": vault(t, 1, keysOf)} {
			if opened, err := reader.Open(t.Context(), place, sealed); err != nil || opened != text {
				t.Errorf("%s: %v", name, err)
			}
		}
		if again, _ := v.Seal(t.Context(), place, text); again == sealed {
			t.Error("the same text is sealed alike twice")
		}
	}
}

// A ciphertext opens in its own place alone.
func TestSwappedPlaces(t *testing.T) {
	t.Parallel()
	v := vault(t, 1, &stored{keys: map[string][]byte{}})
	sealed, err := v.Seal(t.Context(), place, canary)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*secret.Place){
		"scope": func(p *secret.Place) { p.Scope = "org_2" }, "installation": func(p *secret.Place) { p.Scope = secret.Installation },
		"table": func(p *secret.Place) { p.Table = "authenticators" }, "column": func(p *secret.Place) { p.Column = "name" }, "row": func(p *secret.Place) { p.Row = "dev_2" },
	} {
		other := place
		change(&other)
		if _, err := v.Open(t.Context(), other, sealed); !errors.Is(err, secret.ErrSealed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range sealed {
		bad := []byte(sealed)
		bad[i] ^= 1
		if opened, err := v.Open(t.Context(), place, string(bad)); !errors.Is(err, secret.ErrSealed) && opened != canary {
			t.Errorf("changed at %d: %v", i, err)
		}
	}
	for _, bad := range []string{"", "A", "not base64!", sealed[:len(sealed)-4], sealed + "AAAA"} {
		if _, err := v.Open(t.Context(), place, bad); !errors.Is(err, secret.ErrSealed) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestWrongKeys(t *testing.T) {
	t.Parallel()
	keysOf := &stored{keys: map[string][]byte{}}
	sealed, err := vault(t, 1, keysOf).Seal(t.Context(), place, canary)
	if err != nil {
		t.Fatal(err)
	}
	other := vault(t, 2, keysOf)
	if _, err := other.Open(t.Context(), place, sealed); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("another key file: %v", err)
	}
	if _, err := other.Seal(t.Context(), place, canary); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("sealing with another key file: %v", err)
	}
	moved := &stored{keys: map[string][]byte{"org_2": keysOf.keys["org_1"]}}
	there := place
	there.Scope = "org_2"
	if _, err := vault(t, 1, moved).Open(t.Context(), there, sealed); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("another organisation's data key: %v", err)
	}
	down := errors.New("down")
	broken := vault(t, 1, &stored{fail: down})
	if _, err := broken.Seal(t.Context(), place, canary); !errors.Is(err, down) {
		t.Errorf("%v", err)
	}
	if _, err := broken.Open(t.Context(), place, sealed); !errors.Is(err, down) {
		t.Errorf("%v", err)
	}
}

func TestSealingAtOnce(t *testing.T) {
	t.Parallel()
	v := vault(t, 1, &stored{keys: map[string][]byte{}})
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			at := place
			at.Scope = []string{"org_1", "org_2", secret.Installation}[i%3]
			sealed, err := v.Seal(t.Context(), at, canary)
			if err != nil {
				t.Error(err)
			}
			if opened, err := v.Open(t.Context(), at, sealed); err != nil || opened != canary {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
