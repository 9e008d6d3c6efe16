package apns

import (
	"errors"
	"time"

	"github.com/sideshow/apns2/token"

	"example.com/aye/internal/secret"
)

// minimumAge is how long a provider token must have been used before it may be replaced:
// Apple answers TooManyProviderTokenUpdates to those who make new ones more often.
const minimumAge = 20 * time.Minute

// provider makes the tokens that prove who we are. The library replaces one after 50
// minutes but never when Apple says it has expired, which happens when clocks disagree
// or a machine slept.
type provider struct {
	token   *token.Token
	now     func() time.Time
	updated time.Time // guarded by the token's lock
}

func newProvider(key secret.Secret, keyID, teamID string, now func() time.Time) (*provider, error) {
	private, err := token.AuthKeyFromBytes([]byte(key.Reveal()))
	if err != nil {
		return nil, errors.New("apns: the key is not a .p8 file of Apple")
	}
	p := &provider{token: &token.Token{AuthKey: private, KeyID: keyID, TeamID: teamID}, now: now}
	// The library would send an empty token without a word if this failed later.
	if _, err := p.token.Generate(); err != nil {
		return nil, errors.New("apns: the key cannot sign: Apple's keys are on the curve P-256")
	}
	p.updated = now()
	return p, nil
}

// refresh answers whether there is a token other than the one that was refused.
func (p *provider) refresh(refused string) bool {
	p.token.Lock()
	defer p.token.Unlock()
	if p.token.Bearer != refused {
		return true // another push has refreshed it already
	}
	if p.now().Sub(p.updated) < minimumAge {
		return false
	}
	if _, err := p.token.Generate(); err != nil {
		return false
	}
	p.updated = p.now()
	return true
}
