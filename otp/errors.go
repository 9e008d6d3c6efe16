package otp

import (
	"errors"
	"time"
)

var (
	// ErrWrong says that the code is not right, was used, or is too old.
	ErrWrong = errors.New("the code is not right, or was used before")
	// ErrNone says that the person has nothing that makes such codes.
	ErrNone = errors.New("this person has no phone or app that makes codes")
	// ErrTooMany says that too many codes were tried; see [TooManyError].
	ErrTooMany = errors.New("too many codes were tried")
	// ErrTooManyApps says that the person has as many authenticator apps as one may have.
	ErrTooManyApps = errors.New("this person has five authenticator apps already: remove one first")
	// ErrName says that an authenticator app cannot be called that.
	ErrName = errors.New("the name must have 1 to 64 characters on one line")
	// ErrNoFactor says that the person has no phone, no app and no text messages that recovery codes could stand in for.
	ErrNoFactor = errors.New("this person has no second factor yet: set one up first")
	// ErrLastFactor says that the person would be left without a phone and without an app.
	ErrLastFactor = errors.New("this is the only second factor: set up another one first")
)

// TooManyError is [ErrTooMany] with the time when codes are looked at again.
type TooManyError struct {
	// Until is zero when only another factor helps, and for an enrolment only a new one.
	Until time.Time
}

func (e *TooManyError) Error() string { return ErrTooMany.Error() }

// Is makes errors.Is(err, ErrTooMany) true.
func (e *TooManyError) Is(target error) bool { return target == ErrTooMany }
