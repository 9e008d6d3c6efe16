package otp

import (
	"context"
	"strings"
	"time"

	"example.com/aye/internal/secret"
)

const (
	// TextDigits is how many digits a code in a text message has.
	TextDigits = 6
	// TextLife is how long it counts.
	TextLife = 5 * time.Minute
)

// TextCode is the code of a text message. It is derived from the message's id, so it is stored nowhere.
func TextCode(keys *secret.Keys, messageID string) secret.Secret {
	return keys.Digits(TextDigits, "text code", messageID)
}

// VerifyText checks the code of the newest text message about the request, and uses it up. It counts
// for [TextLife], and only if the person's number is still the one that it went to. Tries are
// counted as those of [Service.Verify], by themselves. [ErrNone] where no such message was sent.
func (s *Service) VerifyText(ctx context.Context, personID, applicationID, requestID, code string) error {
	now := s.Now()
	messageID, err := s.Store.TextCode(ctx, personID, requestID, now.Add(-TextLife))
	if err != nil {
		return err
	}
	if err = s.count(ctx, personID, applicationID, texted, []Limit{forRequest(requestID)}); err != nil {
		return err
	}
	if !secret.Equal(secret.Secret(strings.Join(strings.Fields(code), "")), TextCode(s.Keys, messageID)) {
		return ErrWrong
	}
	// Of two at once that have the right code, one uses it.
	used, err := s.Store.UseTextCode(ctx, messageID, now.UTC())
	if err == nil && !used {
		err = ErrWrong
	}
	if err != nil {
		return err
	}
	return s.right(ctx, personID, applicationID, texted)
}
