package api_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/internal/phone"
	"example.com/aye/internal/signing"
)

func TestTheSweepTellsThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	p := s.phone(ada, polls)
	unanswered := s.ask(ada, object{"expires_in": 30})
	waiting := w.page(unanswered.handle)
	waiting.until("pending")
	w.pass(31 * time.Second)
	waiting.until("expired")
	waiting.closed(1000)
	if listed, err := p.List(t.Context()); err != nil || len(listed) != 0 {
		t.Errorf("%+v %v", listed, err)
	}

	unredeemed := s.ask(ada)
	waiting = w.page(unredeemed.handle)
	approve(t, p, unredeemed.ID, unredeemed.Number)
	release := waiting.until("approved").ReleaseCode
	w.pass(31 * time.Second)
	waiting.until("lapsed")
	waiting.closed(1000)
	s.redeem(unredeemed.ID, release).problem(http.StatusConflict, "lapsed")
}

func TestThePhonesClockIsADayOff(t *testing.T) {
	t.Parallel()
	for name, off := range map[string]time.Duration{"fast": 24 * time.Hour, "slow": -24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := w.shop(ada)
			p := w.handset()
			p.Now = func() time.Time { return w.now().Add(off) }
			if _, err := p.scan(s.pairing(ada).URL); err != nil {
				t.Fatal(err)
			}
			request := s.ask(ada)
			listed, err := p.List(t.Context())
			if err != nil || len(listed) != 1 {
				t.Fatalf("%+v %v", listed, err)
			}
			if left := listed[0].ExpiresAt.Sub(p.Now()); left < time.Minute || left > 2*time.Minute {
				t.Errorf("the phone counts %v down", left)
			}
			approve(t, p, request.ID, request.Number)
			if err := p.Update(t.Context(), phone.Changes{Name: "Mine"}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTheServersKeyChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	knows := s.phone(ada, polls)
	missed := s.further(ada, knows, polls)
	login := func() string {
		request := s.ask(ada)
		approve(t, knows, request.ID, request.Number)
		var released struct{ Assertion string }
		s.redeem(request.ID, s.state(request.ID).ReleaseCode).want(http.StatusOK).into(&released)
		return released.Assertion
	}
	before, then := login(), w.now()
	for range 2 { // the phone walks over both
		if err := w.App.Signer.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.pass(signing.Settling)
	after := login()
	keys := w.publishedKeys()
	for name, assertion := range map[string]string{"before": before, "after": after} {
		now := w.now
		if name == "before" { // it lasts for less than a key takes to settle
			now = func() time.Time { return then }
		}
		claims := jwt.MapClaims{}
		token, err := jwt.ParseWithClaims(assertion, claims, func(k *jwt.Token) (any, error) { return keys[k.Header["kid"].(string)], nil },
			jwt.WithValidMethods([]string{"ES256"}), jwt.WithAudience(s.ID), jwt.WithIssuer(w.Origin), jwt.WithTimeFunc(now))
		if err != nil || token.Header["typ"] != "aye-assertion+jwt" {
			t.Errorf("an assertion of %s the rotation: %v", name, err)
		}
		if encoded, _ := json.Marshal(claims); matches("AssertionClaims", encoded) != nil {
			t.Errorf("%v", matches("AssertionClaims", encoded))
		}
	}
	w.pass(signing.Overlap + time.Hour)
	if left := w.publishedKeys(); len(left) != 1 {
		t.Errorf("%d keys are published", len(left))
	}
	s.ask(ada)
	if _, err := missed.List(t.Context()); !errors.Is(err, phone.ErrUntrusted) {
		t.Errorf("a phone that missed the change says %v", err)
	}
	if listed, err := knows.List(t.Context()); err != nil || len(listed) != 1 {
		t.Errorf("%+v %v", listed, err)
	}
}

// publishedKeys reads /.well-known/jwks.json with no code of ours.
func (w *world) publishedKeys() map[string]*ecdsa.PublicKey {
	w.t.Helper()
	var set struct {
		Keys []struct{ Kid, X, Y string }
	}
	w.anybody().get(w.t, "/.well-known/jwks.json").want(http.StatusOK).into(&set)
	keys := map[string]*ecdsa.PublicKey{}
	number := func(text string) *big.Int {
		b, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			w.t.Fatal(err)
		}
		return new(big.Int).SetBytes(b)
	}
	for _, k := range set.Keys {
		keys[k.Kid] = &ecdsa.PublicKey{Curve: elliptic.P256(), X: number(k.X), Y: number(k.Y)}
	}
	return keys
}
