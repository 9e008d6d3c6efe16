package accounts

import (
	"errors"
	"time"
)

// What can go wrong here. The text is for people; internal/app and api decide by identity.
var (
	ErrNotFound = errors.New("there is no such thing in this organisation")
	ErrInvalid  = errors.New("not valid")
	ErrExists   = errors.New("exists already")
	// ErrCredentials says that an application's id or secret is wrong. It does not say which.
	ErrCredentials = errors.New("the client id or the client secret is wrong")
	// ErrSecrets says that two secrets are live, so one must be ended before another is made.
	ErrSecrets = errors.New("two secrets are live already: end the older one first")
	// ErrForbidden says that the one who acts may not do this.
	ErrForbidden = errors.New("this is not allowed to who asks for it")
	// ErrPassword says that a password cannot be taken; see [PasswordError].
	ErrPassword = errors.New("this password cannot be used")
	// ErrDelayed says that too much was tried; see [DelayError].
	ErrDelayed = errors.New("too much was tried: wait")
	// ErrBusy says that more passwords are looked at than the machine can bear.
	ErrBusy = errors.New("too many people log in at this moment")
	// ErrNoTexts says that nobody sends text messages here.
	ErrNoTexts = errors.New("there is no provider of text messages")
	// ErrTextFailed says that the provider did not take a text message.
	ErrTextFailed = errors.New("the text message could not be sent")
	// ErrLastFactor says that the person would be left without a second factor.
	ErrLastFactor = errors.New("this is the only second factor: set up another one first")
	// ErrOtherNumber says that the person has another phone number than the one that was looked at.
	ErrOtherNumber = errors.New("the phone number changed meanwhile: look again")
	// ErrRecovering says that the person lost all second factors by a support case: a new phone, or an
	// authenticator app, must be linked first.
	ErrRecovering = errors.New("a new phone must be linked first: use the link that was mailed")
	// ErrWrongCode says that a code is not right, was used or is too old.
	ErrWrongCode = errors.New("the code is not right, or too old")
	// ErrRoster says that a file of people cannot be read; see [RosterError].
	ErrRoster = errors.New("this is no list of people that can be read")
)

// DelayError is [ErrDelayed] with the time when the next try is looked at.
type DelayError struct {
	// Until is zero when only another proof helps: for a password, the link that is mailed.
	Until time.Time
}

func (e *DelayError) Error() string { return ErrDelayed.Error() }

// Is makes errors.Is(err, ErrDelayed) true.
func (e *DelayError) Is(target error) bool { return target == ErrDelayed }
