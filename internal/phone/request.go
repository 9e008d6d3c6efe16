package phone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Request is what the person is asked, after its signature was verified.
type Request struct {
	ID           string
	Device       string // the pairing that is asked
	Origin       string
	Purpose      string // login or new-phone
	Application  string
	Organisation string
	Person       string
	Message      string
	Details      []Detail
	IP           string
	Place        string
	Browser      string
	NewBrowser   bool
	Confirm      string // number or tap
	Digits       int    // how many the number has
	CreatedAt    time.Time
	ExpiresAt    time.Time // by this phone's clock, however wrong that is
}

// Detail is one line of what the application wants to be shown.
type Detail struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

type challengeClaims struct {
	jwt.RegisteredClaims
	Approval     string `json:"aid"`
	Nonce        string `json:"cn"`
	Organisation string `json:"org"`
	Account      string `json:"acc"`
	Purpose      string `json:"purpose"`
	Confirm      string `json:"confirm"`
	Digits       int    `json:"digits"`
	Context      struct {
		Application  string    `json:"application"`
		Organisation string    `json:"organisation"`
		Person       string    `json:"person"`
		Message      string    `json:"message"`
		Details      []Detail  `json:"details"`
		IP           string    `json:"ip"`
		Place        string    `json:"place"`
		Browser      string    `json:"browser"`
		NewBrowser   bool      `json:"new_browser"`
		CreatedAt    time.Time `json:"created_at"`
	} `json:"ctx"`
}

// List asks every linked server what waits for an answer. It gives what it could verify,
// also when it returns an error about the rest.
func (p *Phone) List(ctx context.Context) ([]Request, error) {
	linked := p.answered()
	if len(linked) == 0 {
		return nil, ErrNoPairing
	}
	all, problems := []Request{}, []error{}
	for _, r := range linked {
		some, err := p.listOne(ctx, r)
		all = append(all, some...)
		problems = append(problems, err)
	}
	return all, errors.Join(problems...)
}

func (p *Phone) listOne(ctx context.Context, r row) ([]Request, error) {
	if active, err := p.active(ctx, r); err != nil || !active {
		return nil, err
	}
	var answer struct {
		Approvals []struct {
			Challenge string `json:"challenge"`
		} `json:"approvals"`
		Keys       []string  `json:"keys"`
		ServerTime time.Time `json:"server_time"`
	}
	if err := p.call(ctx, r, http.MethodGet, "/v1/device/approvals", nil, &answer); err != nil {
		return nil, err
	}
	received := p.Now()
	known := learn(r, answer.Keys, answer.ServerTime)
	requests, seen, problems := []Request{}, map[string]keepsake{}, []error{}
	for _, a := range answer.Approvals {
		claims, err := readChallenge(r, known, a.Challenge)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		left := claims.ExpiresAt.Sub(answer.ServerTime)
		requests = append(requests, requestOf(r, claims, received.Add(left)))
		seen[claims.Approval] = keepsake{Challenge: a.Challenge, Seen: received}
	}
	problems = append(problems, p.keep(r, known, seen))
	return requests, errors.Join(problems...)
}

// active tells whether the pairing was completed; until then the server answers little.
func (p *Phone) active(ctx context.Context, r row) (bool, error) {
	if r.Status == "active" {
		return true, nil
	}
	device, err := p.On(r.Device).Status(ctx)
	return err == nil && device.Status == "active", err
}

type keyClaims struct {
	jwt.RegisteredClaims
	Key json.RawMessage `json:"jwk"`
}

// learn follows the chain of announcements from the keys that the phone knows. An
// announcement that no known key signed, or that has run out, leads nowhere.
func learn(r row, announcements []string, serverTime time.Time) []jwk {
	known := slices.Clone(r.ServerKeys)
	for grown := true; grown; {
		grown = false
		for _, text := range announcements {
			var claims keyClaims
			var k jwk
			if verify(text, typeKey, known, &claims) != nil || json.Unmarshal(claims.Key, &k) != nil {
				continue
			}
			if claims.Issuer != r.Origin || claims.ExpiresAt == nil || !claims.ExpiresAt.After(serverTime) {
				continue
			}
			if _, err := k.key(); err == nil && !slices.Contains(known, k) {
				known, grown = append(known, k), true
			}
		}
	}
	return known
}

// readChallenge accepts a challenge for this account of this phone and nothing else: one
// that was signed for another person must not be shown to this one.
func readChallenge(r row, known []jwk, text string) (challengeClaims, error) {
	var claims challengeClaims
	if err := verify(text, typeChallenge, known, &claims); err != nil {
		return claims, err
	}
	here := claims.Subject == r.User && claims.Organisation == r.OrganisationID
	// The same person may be asked by another organisation too.
	if claims.Issuer != r.Origin || !here && (r.Account == "" || claims.Account != r.Account) {
		return claims, fmt.Errorf("%w: a request for another account", ErrUntrusted)
	}
	if claims.Approval == "" || claims.Nonce == "" || claims.ExpiresAt == nil {
		return claims, fmt.Errorf("%w: an incomplete request", ErrUntrusted)
	}
	return claims, nil
}

func requestOf(r row, claims challengeClaims, expires time.Time) Request {
	c := claims.Context
	return Request{
		ID: claims.Approval, Device: r.Device, Origin: r.Origin, Purpose: claims.Purpose,
		Application: c.Application, Organisation: c.Organisation, Person: c.Person,
		Message: c.Message, Details: c.Details, IP: c.IP, Place: c.Place, Browser: c.Browser, NewBrowser: c.NewBrowser,
		Confirm: claims.Confirm, Digits: claims.Digits, CreatedAt: c.CreatedAt, ExpiresAt: expires,
	}
}

// keep stores what is new, and writes nothing when nothing is.
func (p *Phone) keep(r row, known []jwk, seen map[string]keepsake) error {
	maps.DeleteFunc(seen, func(id string, _ keepsake) bool { _, old := r.Challenges[id]; return old })
	if len(seen) == 0 && len(known) == len(r.ServerKeys) {
		return nil
	}
	oldest := p.Now().Add(-keepsakeLife)
	return p.book.amend(r.CodeHash, func(r *row) {
		r.ServerKeys = known
		r.Challenges = maps.Clone(r.Challenges)
		if r.Challenges == nil {
			r.Challenges = map[string]keepsake{}
		}
		maps.DeleteFunc(r.Challenges, func(_ string, k keepsake) bool { return k.Seen.Before(oldest) })
		maps.Copy(r.Challenges, seen)
	})
}
