package signin

import "errors"

var (
	// ErrNone says that there is no such session, or that it has ended.
	ErrNone = errors.New("there is no such session")
	// ErrLevel says that a session may not do this.
	ErrLevel = errors.New("this session may not do that")
	// ErrNotFresh says that the person must be proven again first.
	ErrNotFresh = errors.New("the person was not proven within five minutes")
	// ErrNoMembership says that the person is a member of no organisation.
	ErrNoMembership = errors.New("this person is a member of no organisation")
	// ErrMethodNotAllowed says that an organisation does not take the way in which the person
	// signed in, or that a temporary code is not enough for what is wanted.
	ErrMethodNotAllowed = errors.New("this organisation asks for another way to sign in")
	// ErrWithin says that the factor of the session counts for another organisation alone.
	ErrWithin = errors.New("the session counts for another organisation alone")
	// ErrTooOld says that the session lived, or was left alone, longer than the organisation allows.
	ErrTooOld = errors.New("the session is older than this organisation allows")
	// ErrReported says that the person said of a request of the session "this was not me".
	ErrReported = errors.New("a request of this session was reported")
	// ErrRecovering says that the person lost all second factors by a support case, and that nothing but the
	// mailed link goes on from here.
	ErrRecovering = errors.New("a new phone must be linked first: use the link that was mailed")
	// ErrNotWaiting says that there is no request to answer.
	ErrNotWaiting = errors.New("this session waits for no answer")
)
