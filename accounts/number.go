package accounts

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"example.com/aye/internal/secret"
)

// How a phone number is proven.
const (
	// NumberCodeDigits are those of the code in a text message.
	NumberCodeDigits = 6
	// NumberCodeLife is how long the code counts.
	NumberCodeLife = 5 * time.Minute
	// NumberCodeTries is how many codes are looked at for one message.
	NumberCodeTries = 5
	// NumberTriesPerHour is how many codes a person may type in an hour.
	NumberTriesPerHour = 10
	// NumbersPerHour and NumbersPerDay are how many messages go to one number, or out for one person.
	NumbersPerHour = 5
	NumbersPerDay  = 10
	// NumberFresh is how long after it was proven a number can become the first second factor, and how
	// long it stays when another second factor comes first. Whoever has only the password can prove a
	// number too: one that was laid aside before there was a second factor counts for nothing later. It
	// is as long as setting up may take, signin.SetupLife.
	NumberFresh = 30 * time.Minute
	// firstCoolDown is the pause before another message; it doubles up to the longest.
	firstCoolDown   = 30 * time.Second
	longestCoolDown = 2 * time.Minute
	// textTime is how long the provider may take.
	textTime = 10 * time.Second
)

// TextPurpose is what a text message is for.
type TextPurpose string

// The purposes. Logging in is paid by the organisation, the check of a provider by whose provider
// it is, all else by the operator; see package sms.
const (
	// TextLogin: a code to log in with, also after a forgotten password.
	TextLogin TextPurpose = "login"
	// TextRegistration: the number of somebody who comes in for the first time.
	TextRegistration TextPurpose = "registration"
	// TextRelink: to link the phone anew, or for the first time after text messages.
	TextRelink TextPurpose = "phone-relink"
	// TextAuthenticator: to set up an authenticator app anew.
	TextAuthenticator TextPurpose = "authenticator-reset"
	// TextNewPhone: to link another phone.
	TextNewPhone TextPurpose = "new-phone"
	// TextNewNumber: to change the phone number.
	TextNewNumber TextPurpose = "new-number"
	// TextSecurity: to change any other security setting.
	TextSecurity TextPurpose = "security"
	// TextCheck: to prove that a provider works.
	TextCheck TextPurpose = "provider-check"
)

// Texter sends text messages that the operator pays.
type Texter interface {
	// Texts tells whether there is anybody who sends them at this moment.
	Texts(ctx context.Context) (bool, error)
	// SendText sends one, once.
	SendText(ctx context.Context, t Text) error
}

// Text is a message to a person.
type Text struct {
	Purpose TextPurpose
	// PersonID is who gets it, OrganisationID on whose pages it was asked for.
	PersonID, OrganisationID string
	// About is the id of the proof whose code it has.
	About string
	// To is in E.164.
	To, Body string
	// Life is how long it is of use.
	Life time.Duration
}

// NumberProof is a code that was sent to a number, to prove who reads it.
type NumberProof struct {
	ID       string
	PersonID string
	Number   string
	// Index is a keyed hash of the number, by which it is found and counted.
	Index string
	// Code is a keyed hash of the code.
	Code    string
	Created time.Time
}

// NumberTries is how many codes were tried, this one counted.
type NumberTries struct {
	// Message is of the last message, Hour of all messages of the person in the last hour.
	Message, Hour int
}

// Sent is how many messages count against a next one.
type Sent struct {
	// Hour and Day are how many there were for the person or for the number, whichever is more.
	Hour, Day int
	// Last is when the person's last one was sent; OldestHour and OldestDay are when the counts shrink.
	Last, OldestHour, OldestDay time.Time
}

// next is from when another message may be sent.
func (n Sent) next() time.Time {
	var next time.Time
	if n.Hour > 0 && !n.Last.IsZero() {
		next = n.Last.Add(min(firstCoolDown<<min(n.Hour-1, 8), longestCoolDown))
	}
	if n.Hour >= NumbersPerHour {
		next = later(next, n.OldestHour.Add(time.Hour))
	}
	if n.Day >= NumbersPerDay {
		next = later(next, n.OldestDay.Add(24*time.Hour))
	}
	return next
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// NormalNumber gives a mobile number in E.164, else [ErrInvalid]. A number without a country is one
// of the country of the language, where that is one country. What costs more than a message
// to a person is refused: landlines, premium and service numbers, and whatever belongs to no country,
// as phones by satellite do.
func NormalNumber(number, locale string) (string, error) {
	text, region := strings.TrimSpace(number), ""
	if rest, abroad := strings.CutPrefix(text, "00"); abroad {
		text = "+" + rest
	}
	if locale == "nl" {
		region = "NL"
	}
	none := fmt.Errorf("%w: this is no phone number; write it as +31 6 12345678", ErrInvalid)
	if len(text) > 40 || strings.Trim(text, "0123456789 +-./()") != "" {
		return "", none // the library reads words and extensions too
	}
	parsed, err := phonenumbers.Parse(text, region)
	if err != nil || !phonenumbers.IsValidNumber(parsed) {
		return "", none
	}
	kind := phonenumbers.GetNumberType(parsed)
	if (kind != phonenumbers.MOBILE && kind != phonenumbers.FIXED_LINE_OR_MOBILE) || countryOf(parsed) == "" {
		return "", fmt.Errorf("%w: this is no number of a mobile phone", ErrInvalid)
	}
	return phonenumbers.Format(parsed, phonenumbers.E164), nil
}

// CountryOf gives the country of a number in E.164, as two letters of ISO 3166-1; empty where that
// is not known, or where it belongs to none.
func CountryOf(number string) string {
	parsed, err := phonenumbers.Parse(number, "")
	if err != nil {
		return ""
	}
	return countryOf(parsed)
}

func countryOf(parsed *phonenumbers.PhoneNumber) string {
	region := phonenumbers.GetRegionCodeForNumber(parsed)
	if len(region) != 2 { // "001" is the library's word for the world
		return ""
	}
	return region
}

// MaskedNumber is what is shown of a number in E.164 where others may look: the code of the country
// and the last two digits. It does not tell how long the number is.
func MaskedNumber(number string) string {
	parsed, err := phonenumbers.Parse(number, "")
	if err != nil {
		return ""
	}
	return fmt.Sprintf("+%d •••• ••%s", parsed.GetCountryCode(), number[len(number)-2:])
}

// AskNumber sends a code to the number. A [DelayError] says from when another message may go out.
//
// The purpose is [TextRegistration] or [TextNewNumber]; the organisation is where the person stands.
func (s *Service) AskNumber(ctx context.Context, personID, organisationID, number string, purpose TextPurpose) error {
	if texts, err := s.Texts(ctx); err != nil || !texts {
		return errors.Join(err, ErrNoTexts)
	}
	p, err := s.People.Person(ctx, personID)
	if err != nil {
		return err
	}
	normalised, err := NormalNumber(number, p.Locale)
	if err != nil {
		return err
	}
	code, now := newCode(), s.Now()
	proof := NumberProof{ID: secret.NewID("num"), PersonID: personID, Number: normalised, Index: s.numberIndex(normalised), Created: now}
	proof.Code = s.numberCode(proof.ID, code)
	var wait time.Time
	// Counted before it is sent: a provider that fails after the message went out still sent it.
	ok, err := s.Numbers.AddNumberProof(ctx, proof, func(sent Sent) bool {
		wait = sent.next()
		return !wait.After(now)
	})
	if err != nil {
		return err
	}
	if !ok {
		return &DelayError{Until: wait}
	}
	ctx, cancel := context.WithTimeout(ctx, textTime)
	defer cancel()
	if err = s.Texter.SendText(ctx, Text{
		Purpose: purpose, PersonID: personID, OrganisationID: organisationID, About: proof.ID, To: normalised, Body: s.numberText(p, code), Life: NumberCodeLife,
	}); err != nil {
		return fmt.Errorf("%w: %w", ErrTextFailed, err)
	}
	return nil
}

// Texts tells whether numbers can be proven at this moment.
func (s *Service) Texts(ctx context.Context) (bool, error) {
	if s.Texter == nil {
		return false, nil
	}
	return s.Texter.Texts(ctx)
}

// NumberAsked gives the number that a code is on its way to, and until when the code counts; else
// [ErrNotFound].
func (s *Service) NumberAsked(ctx context.Context, personID string) (number string, until time.Time, err error) {
	proof, err := s.Numbers.NumberProof(ctx, personID, s.Now().Add(-NumberCodeLife))
	if err != nil {
		return "", time.Time{}, err
	}
	return proof.Number, proof.Created.Add(NumberCodeLife), nil
}

// ConfirmNumber makes the number that the code was sent to the person's. Each code is counted
// before it is looked at.
func (s *Service) ConfirmNumber(ctx context.Context, personID, code string) error {
	now := s.Now()
	proof, tries, err := s.Numbers.TryNumber(ctx, personID, now.Add(-NumberCodeLife), now)
	switch {
	case errors.Is(err, ErrNotFound):
		return ErrWrongCode
	case err != nil:
		return err
	case tries.Message > NumberCodeTries:
		return &DelayError{} // another message helps
	case tries.Hour > NumberTriesPerHour:
		return &DelayError{Until: now.Add(time.Hour)}
	}
	typed := strings.Join(strings.Fields(code), "")
	if len(typed) != NumberCodeDigits || !secret.Equal(secret.Secret(s.numberCode(proof.ID, secret.Secret(typed))), secret.Secret(proof.Code)) {
		return ErrWrongCode
	}
	entry := s.telling(ctx, s.own(personID, "person.number-changed"), Notice{PersonID: personID, Kind: NumberChanged})
	if err = s.Numbers.SetNumber(ctx, proof, now, entry); err != nil {
		if errors.Is(err, ErrNotFound) {
			return ErrWrongCode // another call used it meanwhile
		}
		return err
	}
	return nil
}

// RemoveNumber forgets the person's phone number, and with it that text messages are a second
// factor. It is refused with [ErrLastFactor] where they are the only one.
func (s *Service) RemoveNumber(ctx context.Context, personID string) error {
	entry := s.telling(ctx, s.own(personID, "person.number-removed"), Notice{PersonID: personID, Kind: NumberChanged})
	_, err := s.Numbers.RemoveNumber(ctx, personID, true, entry)
	return err
}

func (s *Service) numberIndex(number string) string { return NumberIndex(s.Keys, number) }

// NumberIndex is the keyed hash by which a number in E.164 is found and counted.
func NumberIndex(keys *secret.Keys, number string) string {
	return keys.Code("phone number", number).Reveal()
}

func (s *Service) numberCode(proofID string, code secret.Secret) string {
	return s.Keys.Code("number code", proofID, code.Reveal()).Reveal()
}

// numberText ends with the line by which browsers fill the code in (WICG, origin-bound one-time codes).
func (s *Service) numberText(p Person, code secret.Secret) string {
	words := "%s is your code to prove this phone number. Give it to nobody."
	if p.Locale == "nl" {
		words = "%s is je code om dit telefoonnummer te bevestigen. Geef hem aan niemand."
	}
	return fmt.Sprintf(words+"\n\n@%s #%s", code.Reveal(), s.Host, code.Reveal())
}

func newCode() secret.Secret {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // crypto/rand ends the program instead
	}
	return secret.Secret(fmt.Sprintf("%06d", n))
}
