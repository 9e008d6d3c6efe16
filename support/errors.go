package support

import (
	"errors"
	"time"
)

var (
	// ErrNotFound says that there is no such person or case in the agent's scope.
	ErrNotFound = errors.New("there is no such person or case here")
	// ErrForbidden says that who acts is no agent, or the session is not one in which support is given.
	ErrForbidden = errors.New("this is for support staff")
	// ErrRank says that the person has an equal or higher role, or is the agent.
	ErrRank = errors.New("support helps only people of a lower role, and never itself")
	// ErrNew says that a member gave the role less than [accounts.RoleSettles] ago: it does not count yet for a lost phone's case, nor for
	// an approval.
	ErrNew = errors.New("somebody whose role is younger than a week cannot do this")
	// ErrSame says that a second person is needed, and this one has acted in the case already.
	ErrSame = errors.New("a second person must approve")
	// ErrLive says that the person has a case that goes on.
	ErrLive = errors.New("there is a case for this person already")
	// ErrClosed says that the case is past what was asked for.
	ErrClosed = errors.New("this case does not wait for that")
	// ErrFrozen says that support is stopped until somebody looks; see [FrozenError].
	ErrFrozen = errors.New("support is frozen here")
	// ErrTooMany says that a limit is reached; see [TooManyError].
	ErrTooMany = errors.New("too many people were looked up or asked")
	// ErrInvalid says that a field is not right; see [InvalidError].
	ErrInvalid = errors.New("the case is not complete")
	// ErrChannel says that the person has nothing on that way, or that nothing could be sent there now.
	ErrChannel = errors.New("this person cannot be reached in that way")
	// ErrUnsigned says that the approver did not sign on a phone.
	ErrUnsigned = errors.New("a case is approved on the approver's own phone")
	// ErrLink says that the link is not, or no longer, right.
	ErrLink = errors.New("this link does not work any more")
	// ErrCode says that the typed code is not right.
	ErrCode = errors.New("the code is not right")
)

// Field names what of a case is wrong.
type Field string

// The fields.
const (
	FieldKind       Field = "kind"
	FieldIdentified Field = "identified"
	FieldTicket     Field = "ticket"
	FieldNote       Field = "note"
	FieldLife       Field = "life"
	FieldUses       Field = "uses"
	FieldChannel    Field = "channel"
	// FieldPassword: the person has no password, without which the link of a lost phone's case leads nowhere.
	FieldPassword Field = "password"
	// FieldSearch is what is searched for.
	FieldSearch Field = "search"
)

// InvalidError is [ErrInvalid] with the field.
type InvalidError struct{ Field Field }

func (e *InvalidError) Error() string { return ErrInvalid.Error() + ": " + string(e.Field) }

// Is makes errors.Is(err, ErrInvalid) true.
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }

// FrozenError is [ErrFrozen] with what is frozen.
type FrozenError struct{ What Frozen }

func (e *FrozenError) Error() string { return ErrFrozen.Error() + ": " + string(e.What) }

// Is makes errors.Is(err, ErrFrozen) true.
func (e *FrozenError) Is(target error) bool { return target == ErrFrozen }

// TooManyError is [ErrTooMany] with the time when it is possible again.
type TooManyError struct{ Until time.Time }

func (e *TooManyError) Error() string { return ErrTooMany.Error() }

// Is makes errors.Is(err, ErrTooMany) true.
func (e *TooManyError) Is(target error) bool { return target == ErrTooMany }
