package privacy

import "errors"

var (
	// ErrForbidden says that who acts may not do this.
	ErrForbidden = errors.New("this person cannot be erased by you")
	// ErrLastOwner says that the person is the last owner of an organisation.
	ErrLastOwner = errors.New("an organisation would lose its last owner: make somebody else owner first")
	// ErrNotFound says that there is no such person.
	ErrNotFound = errors.New("there is no such person")
)
