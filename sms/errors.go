package sms

import (
	"errors"
	"time"
)

// What can go wrong here. The text is for people; api and portal decide by identity.
var (
	ErrNotFound = errors.New("there is no such provider of text messages here")
	// ErrInvalid says that a field is wrong; see [InvalidError].
	ErrInvalid = errors.New("not valid")
	// ErrNotOpen says that this person cannot get a code in a text message; see [ClosedError].
	ErrNotOpen = errors.New("no code can be sent in a text message")
	// ErrDelayed says that no message may go out yet; see [DelayError].
	ErrDelayed = errors.New("too many text messages: wait")
	// ErrVendor says that the vendor took nothing; see [VendorError].
	ErrVendor = errors.New("the text message was not taken")
	// ErrNoAnswer says that the vendor did not answer: the message may have gone out.
	ErrNoAnswer = errors.New("it is not known whether the text message went out")
	// ErrWrongCode says that the code of a draft is not right, was used or is too old.
	ErrWrongCode = errors.New("the code is not right, or too old")
	// ErrTries says that too many codes were typed for one message; another message helps.
	ErrTries = errors.New("too many wrong codes: ask for another")
	// ErrTooMany says that an organisation keeps as many providers as it can.
	ErrTooMany = errors.New("there are too many providers of text messages: remove one first")
	// ErrReplayed says that a report came before.
	ErrReplayed = errors.New("this report of a text message came before")
)

// InvalidError is [ErrInvalid] with the field and what it must be.
type InvalidError struct {
	// Field is description, sender, key, signing_key, number, countries or cap.
	Field string
	// Problem names what is wrong, for pages: missing, long, form, test, unknown, country, low, high, fixed.
	Problem string
	Detail  string
}

func (e *InvalidError) Error() string { return e.Field + " " + e.Detail }

// Is makes errors.Is(err, ErrInvalid) true.
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }

// ClosedError is [ErrNotOpen] with the reason.
type ClosedError struct{ Openness }

func (e *ClosedError) Error() string { return ErrNotOpen.Error() + ": " + string(e.Reason) }

// Is makes errors.Is(err, ErrNotOpen) true.
func (e *ClosedError) Is(target error) bool { return target == ErrNotOpen }

// Limit names which limit a message ran into.
type Limit string

// The limits.
const (
	// Pause is between two messages about the same thing.
	Pause Limit = "pause"
	// NumberLimit is of one number, OrganisationLimit of one organisation.
	NumberLimit       Limit = "number"
	OrganisationLimit Limit = "organisation"
)

// DelayError is [ErrDelayed] with the time from which another message may go out.
type DelayError struct {
	Limit Limit
	Until time.Time
}

func (e *DelayError) Error() string { return ErrDelayed.Error() }

// Is makes errors.Is(err, ErrDelayed) true.
func (e *DelayError) Is(target error) bool { return target == ErrDelayed }
