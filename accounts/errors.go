package accounts

import "errors"

// What can go wrong here. The text is for people; internal/app and api decide by identity.
var (
	ErrNotFound = errors.New("there is no such thing in this organisation")
	ErrInvalid  = errors.New("not valid")
	ErrExists   = errors.New("exists already")
	// ErrCredentials says that an application's id or secret is wrong. It does not say which.
	ErrCredentials = errors.New("the client id or the client secret is wrong")
	// ErrSecrets says that two secrets are live, so one must be ended before another is made.
	ErrSecrets = errors.New("two secrets are live already: end the older one first")
)
