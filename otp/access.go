package otp

import (
	"context"
	"encoding/base64"
	"strconv"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

// accessLetters are how many a temporary code has: 60 bits.
const accessLetters = 12

// AccessCode is a temporary code of a support case, as it is shown: xxxx-xxxx-xxxx. It is derived, so it is
// stored nowhere, and each of a case's codes has a number.
func AccessCode(keys *secret.Keys, caseID string, number int) secret.Secret {
	return grouped(accessPlain(keys, caseID, number))
}

func accessPlain(keys *secret.Keys, caseID string, number int) string {
	derived, err := base64.RawURLEncoding.DecodeString(keys.Code("access code", caseID, strconv.Itoa(number)).Reveal())
	if err != nil {
		panic(err) // what is derived is written so
	}
	return letters.EncodeToString(derived)[:accessLetters]
}

// VerifyAccess checks a temporary code that support sent to the person for the organisation, for a request of the
// application there, and uses it once. It is counted by itself, beside all other codes; as it went by mail or
// text, it forgets no wrong ones but its own. [ErrNone] where there is no such code now.
func (s *Service) VerifyAccess(ctx context.Context, personID, organisationID, applicationID, requestID, code string) error {
	now := s.Now().UTC()
	caseID, number, err := s.Store.AccessCode(ctx, personID, organisationID, now)
	if err != nil {
		return err
	}
	if err = s.count(ctx, personID, applicationID, access, []Limit{forRequest(requestID)}); err != nil {
		return err
	}
	if !secret.Equal(secret.Secret(plainly(code)), secret.Secret(accessPlain(s.Keys, caseID, number))) {
		return ErrWrong
	}
	entry := audit.Entry{
		Organisation: organisationID, Actor: applicationID, Action: "access-code.used", Subject: caseID, At: now,
		Data: map[string]string{"request": requestID, "number": strconv.Itoa(number)},
	}
	// Of two at once that have the right code, as many use it as uses are left.
	used, err := s.Store.UseAccessCode(ctx, caseID, number, now, entry)
	if err == nil && !used {
		err = ErrWrong
	}
	if err != nil {
		return err
	}
	return s.Store.Forget(ctx, access.anHour(personID, applicationID), access.inARow(personID, applicationID))
}
