package accounts

// ForbiddenReason is why somebody who may manage the organisation may not do one thing in it.
type ForbiddenReason string

// The reasons that can be explained.
const (
	// OwnMembership: nobody changes their own role or ends their own membership.
	OwnMembership ForbiddenReason = "own-membership"
	// OwnersOnly: only owners make and unmake owners.
	OwnersOnly ForbiddenReason = "owners-only"
	// LastOwner: an organisation has an owner.
	LastOwner ForbiddenReason = "last-owner"
)

// ForbiddenError is [ErrForbidden] with its reason.
type ForbiddenError struct{ Why ForbiddenReason }

func (e *ForbiddenError) Error() string { return ErrForbidden.Error() + ": " + string(e.Why) }

// Is makes errors.Is(err, ErrForbidden) true.
func (e *ForbiddenError) Is(target error) bool { return target == ErrForbidden }
