package audit

import (
	"encoding/json"
	"fmt"
	"maps"

	"example.com/aye/internal/jws"
	"example.com/aye/internal/strictjson"
)

// announcementType is the typ of the statement by which one key of the server introduces the next.
const announcementType = "aye-key+jwt"

// PublicKey is a key of the server as an export and `aye audit keys` have it: a JWK with its name.
type PublicKey struct {
	ID string `json:"kid"`
	jws.Key
	// Announcement is the statement of the key before; empty for the first.
	Announcement string `json:"announcement,omitempty"`
}

// KeySet is a JWK set.
type KeySet struct {
	Keys []PublicKey `json:"keys"`
}

// ParseKeySet reads a JWK set: what `aye audit keys` or /.well-known/jwks.json gave.
func ParseKeySet(text []byte) (KeySet, error) {
	var set KeySet
	if err := strictjson.Decode(text, &set); err != nil {
		return KeySet{}, fmt.Errorf("keys: %w", err)
	}
	_, err := set.Trusted()
	return set, err
}

// Trusted believes all keys of the set.
func (s KeySet) Trusted() (Keys, error) {
	keys := Keys{}
	for _, key := range s.Keys {
		public, err := key.Public()
		if err != nil || key.Thumbprint() != key.ID {
			return nil, fmt.Errorf("key %s: %w", key.ID, jws.ErrInvalid)
		}
		keys[key.ID] = public
	}
	return keys, nil
}

// Follow adds the keys of the set that a key which is trusted already announced, and those that these announced. Any
// other one of the set stays a stranger.
func (k Keys) Follow(set KeySet) Keys {
	trusted := Keys{}
	maps.Copy(trusted, k)
	for range set.Keys {
		for _, key := range set.Keys {
			if _, known := trusted[key.ID]; known || key.Announcement == "" {
				continue
			}
			if public, err := key.Public(); err == nil && trusted.announced(key) {
				trusted[key.ID] = public
			}
		}
	}
	return trusted
}

// announced tells whether a trusted key says that this one follows it. When that was no matter: the statement is of a time
// that is over.
func (k Keys) announced(key PublicKey) bool {
	message, err := jws.Parse(announcementType, key.Announcement)
	if err != nil {
		return false
	}
	elder, known := k[message.KeyID]
	if !known {
		return false
	}
	var claims struct {
		Key jws.Key `json:"jwk"`
	}
	return message.Verify(elder, &claims) == nil && claims.Key == key.Key && key.Thumbprint() == key.ID
}

// Text gives the set as JSON.
func (s KeySet) Text() ([]byte, error) { return json.MarshalIndent(s, "", "  ") }
