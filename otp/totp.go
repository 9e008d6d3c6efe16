package otp

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"example.com/aye/internal/secret"
)

const (
	// Step is how long a code is shown (RFC 6238 section 5.2).
	Step = 30 * time.Second
	// Window is how many steps before and after now are accepted.
	Window = 1

	digits = otp.DigitsSix
)

// use looks for the step whose code this is, and uses it up.
func (s *Service) use(ctx context.Context, a Authenticator, code string) (bool, error) {
	step, right, err := s.step(a, code)
	if err != nil || !right {
		return false, err
	}
	// A code seen over a shoulder is worth nothing once it, or a later one, was used.
	return s.Store.UseStep(ctx, a.ID, step, s.Now().UTC())
}

// step tells whether this is a code of about now, and of which step.
func (s *Service) step(a Authenticator, code string) (step int64, right bool, err error) {
	code = strings.ReplaceAll(code, " ", "") // apps show it in two groups
	now := s.Now().Unix() / int64(Step/time.Second)
	for step = now - Window; step <= now+Window; step++ {
		right, err = hotp.ValidateCustom(code, uint64(step), a.Secret.Reveal(), hotp.ValidateOpts{Digits: digits, Algorithm: otp.AlgorithmSHA1}) //nolint:gosec // a step since 1970 is not negative
		if err != nil && !errors.Is(err, otp.ErrValidateInputInvalidLength) {
			return 0, false, fmt.Errorf("authenticator %s: %w", a.ID, err)
		}
		if right {
			return step, true, nil
		}
	}
	return 0, false, nil
}

// NewSecret makes 160 random bits in base32, as RFC 4226 section 4 recommends.
func NewSecret() secret.Secret {
	var b [20]byte
	_, _ = rand.Read(b[:])
	return secret.Secret(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}

// URI gives the otpauth address by which an app takes over the secret, in the form that
// Google Authenticator and its kin read. What stands in it for no app's sake but to be exact
// (algorithm, digits, period) has the values that all of them take for granted.
func URI(issuer, account string, key secret.Secret) secret.Secret {
	issuer, account = labelled(issuer), labelled(account)
	return secret.Secret("otpauth://totp/" + escaped(issuer) + ":" + escaped(account) +
		"?secret=" + key.Reveal() + "&issuer=" + escaped(issuer) + "&algorithm=SHA1&digits=6&period=30")
}

// labelled keeps the colon for what stands between the two halves of a label.
func labelled(name string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(name, ":", " ")), " ")
}

// escaped leaves nothing as it is that an app could take for something else: some show a plus
// sign where a space was meant, and a space where a plus was.
func escaped(text string) string {
	return strings.NewReplacer("+", "%20", "%40", "@").Replace(url.QueryEscape(text))
}
