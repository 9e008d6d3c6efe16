package signing

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/jws"
)

// Overlap is how long an older key stays published and its announcement is repeated.
const Overlap = 90 * 24 * time.Hour

// Settling is how long a new key is published before it signs: longer than any server takes to hear of it. Else what one
// signs would be shown to another one, which does not know the key yet, and a login would fail.
const Settling = time.Minute

// ErrRotated says that another process rotated at the same moment.
var ErrRotated = errors.New("the signing key was rotated by somebody else just now")

// Key is one signing key of the server.
type Key struct {
	// ID is the RFC 7638 thumbprint.
	ID      string
	Private *ecdsa.PrivateKey
	// Created and Retired are when it began and ceased to sign; Retired is zero for the current one.
	Created, Retired time.Time
	// Announcement is a JWS of the key before, saying that this one follows. Empty for the first.
	Announcement string
}

// Store keeps the keys.
type Store interface {
	// SigningKeys gives all keys, newest first.
	SigningKeys(ctx context.Context) ([]Key, error)
	// AddSigningKey adds a key and retires the previous one, with the audit row, in one
	// transaction; [ErrRotated] when previous is no longer the newest. previous is empty for the first.
	AddSigningKey(ctx context.Context, key Key, previous string, entry audit.Entry) error
}

// Signer signs for the server. It is safe for concurrent use.
type Signer struct {
	store  Store
	origin string
	now    func() time.Time

	mu   sync.RWMutex
	keys []Key
}

// Load reads the keys, and makes the first one for a new installation.
func Load(ctx context.Context, store Store, origin string, now func() time.Time) (*Signer, error) {
	s := &Signer{store: store, origin: origin, now: now}
	if err := s.Reload(ctx); err != nil {
		return nil, err
	}
	if len(s.keys) > 0 {
		return s, nil
	}
	if err := s.add(ctx, nil); err != nil && !errors.Is(err, ErrRotated) {
		return nil, err
	}
	return s, s.Reload(ctx)
}

// Reload reads the keys again, to follow a rotation by another process.
func (s *Signer) Reload(ctx context.Context) error {
	keys, err := s.store.SigningKeys(ctx)
	if err != nil {
		return fmt.Errorf("signing keys: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = keys
	return nil
}

// Rotate makes a new key, which is published at once and signs when it has settled.
func (s *Signer) Rotate(ctx context.Context) error {
	newest := s.newest()
	if err := s.add(ctx, &newest); err != nil {
		return err
	}
	return s.Reload(ctx)
}

// Sign makes a JWS of the given typ with the current key.
func (s *Signer) Sign(typ string, claims jwt.Claims) (string, error) {
	key := s.current()
	return jws.Sign(key.Private, typ, key.ID, claims)
}

// Thumbprint names the key that signs at this moment.
func (s *Signer) Thumbprint() string { return s.current().ID }

// PublicKey is a published key.
type PublicKey struct {
	ID  string
	Key jws.Key
}

// Published gives the keys that others may still need for verification, newest first.
func (s *Signer) Published() ([]PublicKey, error) {
	var published []PublicKey
	for _, key := range s.live() {
		public, err := jws.NewKey(&key.Private.PublicKey)
		if err != nil {
			return nil, err
		}
		published = append(published, PublicKey{ID: key.ID, Key: public})
	}
	return published, nil
}

// Announcements gives the statements by which a phone walks from the key it pinned to the
// current one, oldest first.
func (s *Signer) Announcements() []string {
	var list []string
	live := s.live()
	for i := len(live) - 1; i >= 0; i-- {
		if a := live[i].Announcement; a != "" && s.now().Before(live[i].Created.Add(Overlap)) {
			list = append(list, a)
		}
	}
	return list
}

// current is the newest key that has settled; the first one of all has nobody who must hear of it.
func (s *Signer) current() Key {
	s.mu.RLock()
	defer s.mu.RUnlock()
	settled := s.now().Add(-Settling)
	for _, key := range s.keys {
		if !key.Created.After(settled) {
			return key
		}
	}
	return s.keys[len(s.keys)-1]
}

func (s *Signer) newest() Key {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.keys[0]
}

func (s *Signer) live() []Key {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var live []Key
	for _, key := range s.keys {
		if key.Retired.IsZero() || s.now().Before(key.Retired.Add(Overlap)) {
			live = append(live, key)
		}
	}
	return live
}

func (s *Signer) add(ctx context.Context, previous *Key) error {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("signing key: %w", err)
	}
	public, err := jws.NewKey(&private.PublicKey)
	if err != nil {
		return err
	}
	now := s.now().UTC()
	key := Key{ID: public.Thumbprint(), Private: private, Created: now}
	entry := audit.Entry{Actor: "operator", Action: "signing-key.created", Subject: key.ID, At: now}
	if previous == nil {
		return s.store.AddSigningKey(ctx, key, "", entry)
	}
	key.Announcement, err = jws.Sign(previous.Private, "aye-key+jwt", previous.ID, jwt.MapClaims{
		"iss": s.origin, "jwk": public, "iat": now.Unix(), "exp": now.Add(Overlap).Unix(),
	})
	if err != nil {
		return err
	}
	return s.store.AddSigningKey(ctx, key, previous.ID, entry)
}
