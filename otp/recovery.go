package otp

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"strings"
	"time"
	"unicode"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
)

const (
	// RecoveryCodes is how many are made at once.
	RecoveryCodes = 10

	recoveryBytes = 10 // 80 bits
	recoveryGroup = 4
)

// letters are Crockford's: none of them looks like another one on paper.
var letters = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewRecoveryCodes makes ten codes that work once each. Those before stop working. They are
// kept as hashes, so this is the only time that they can be shown. It fails with [ErrNoFactor] for
// who has no second factor yet: whoever has the password alone could lay codes aside.
func (s *Service) NewRecoveryCodes(ctx context.Context, personID string) ([]secret.Secret, error) {
	codes, hashes := make([]secret.Secret, 0, RecoveryCodes), make([]string, 0, RecoveryCodes)
	for range RecoveryCodes {
		var b [recoveryBytes]byte
		_, _ = rand.Read(b[:])
		plain := letters.EncodeToString(b[:])
		codes, hashes = append(codes, grouped(plain)), append(hashes, s.recoveryHash(personID, plain))
	}
	entry := s.entry(personID, "recovery-codes.made", personID)
	entry.Tell = told(personID, accounts.RecoveryCodesMade, "")
	if err := s.Store.KeepRecoveryCodes(ctx, personID, hashes, s.Now().UTC(), entry); err != nil {
		return nil, err
	}
	return codes, nil
}

// Recovery tells how many recovery codes are left, and when they were made: zero where none ever were.
func (s *Service) Recovery(ctx context.Context, personID string) (left int, made time.Time, err error) {
	return s.Store.RecoveryCodes(ctx, personID)
}

// VerifyRecovery checks a recovery code for a request of the application, and uses it up. It is
// counted by itself, beside the codes of phones, apps and text messages, and the person is told. Without an
// application it is counted as [Service.Prove]. [ErrNone] when none is left.
func (s *Service) VerifyRecovery(ctx context.Context, personID, applicationID, requestID, code string) error {
	left, _, err := s.Store.RecoveryCodes(ctx, personID)
	if err != nil {
		return err
	}
	if left == 0 {
		return ErrNone
	}
	if err = s.count(ctx, personID, applicationID, recovery, []Limit{forRequest(requestID)}); err != nil {
		return err
	}
	entry := s.entry(personID, "recovery-code.used", personID)
	entry.Data["request"], entry.Tell = requestID, told(personID, accounts.RecoveryCodeUsed, "")
	used, err := s.Store.UseRecoveryCode(ctx, personID, s.recoveryHash(personID, plainly(code)), s.Now().UTC(), entry)
	if err != nil {
		return err
	}
	if !used {
		return ErrWrong
	}
	return s.right(ctx, personID, applicationID, recovery)
}

// recoveryHash is what is kept of a code: without the key nobody can try codes against it.
func (s *Service) recoveryHash(personID, plain string) string {
	return secret.Hash(s.Keys.Code("recovery code", personID, plain))
}

// grouped is how a code is shown: xxxx-xxxx-xxxx-xxxx.
func grouped(plain string) secret.Secret {
	var groups []string
	for at := 0; at < len(plain); at += recoveryGroup {
		groups = append(groups, plain[at:at+recoveryGroup])
	}
	return secret.Secret(strings.Join(groups, "-"))
}

// alike are what people read for one of our letters.
var alike = strings.NewReplacer("o", "0", "i", "1", "l", "1")

// plainly is the code as it was made, however it was typed, and whatever stands between the groups: mail programs
// make other dashes and spaces of ours.
func plainly(code string) string {
	return alike.Replace(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Dash, r) {
			return -1
		}
		return r
	}, strings.ToLower(code)))
}
