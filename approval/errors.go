package approval

import "errors"

var (
	// ErrNotFound says that there is no such request for this caller.
	ErrNotFound = errors.New("there is no such request")
	// ErrInvalid says that a question cannot be asked like that.
	ErrInvalid = errors.New("not valid")
	// ErrNotEnrolled says that the person has no phone to ask, no authenticator app and no temporary code, and that
	// no code can be sent in a text message.
	ErrNotEnrolled = errors.New("this person has neither phone nor authenticator app: they set one of them up first")
	// ErrTapNotAllowed says that the organisation does not allow one tap.
	ErrTapNotAllowed = errors.New("this organisation does not allow one tap: ask with confirm number")
	// ErrNumberRequired says that one tap is not enough for this person at this moment.
	ErrNumberRequired = errors.New("the number is needed here: one tap is not enough")
	// ErrTooManyPending says that the person is being asked too much at once.
	ErrTooManyPending = errors.New("three requests of this person are pending")
	// ErrMismatch says that an idempotency key came again with another request.
	ErrMismatch = errors.New("this idempotency key was used for another request")
	// ErrDecision says that a decision is not what the protocol asks for.
	ErrDecision = errors.New("the decision is not valid")
	// ErrKey says that a decision names a key that this phone does not have now.
	ErrKey = errors.New("this key is not one of this phone's")
	// ErrApprovalKey says that the device key cannot approve.
	ErrApprovalKey = errors.New("only the approval key can approve")
	// ErrChallenge says that a decision is about another challenge than the request's.
	ErrChallenge = errors.New("the decision is not about this challenge")
	// ErrNumberMissing says that an approval came without the number that the challenge asks for.
	ErrNumberMissing = errors.New("the challenge asks for the number")
	// ErrDecided says that the request is decided; see [DecidedError].
	ErrDecided = errors.New("this request is decided already")
	// ErrTooLate says that a request is too old to be reported.
	ErrTooLate = errors.New("a request can be reported for 24 hours")
	// ErrReleaseCode says that a release code is wrong.
	ErrReleaseCode = errors.New("the release code is wrong")
	// ErrRedeemed says that a request was redeemed before.
	ErrRedeemed = errors.New("this approval was redeemed already")
	// ErrLapsed says that an approval was not redeemed in time.
	ErrLapsed = errors.New("this approval was not redeemed in time")
	// ErrNotApproved says that there is nothing to redeem.
	ErrNotApproved = errors.New("this request is not approved")
	// ErrMethod says that a way of answering is not open to this person.
	ErrMethod = errors.New("this person cannot answer in this way")
)

// DecidedError is [ErrDecided] with the state that the request is in.
type DecidedError struct{ State State }

func (e *DecidedError) Error() string { return ErrDecided.Error() + ": " + string(e.State) }

// Is makes errors.Is(err, ErrDecided) true.
func (e *DecidedError) Is(target error) bool { return target == ErrDecided }

// NotApprovedError is [ErrNotApproved] with the state that the request is in.
type NotApprovedError struct{ State State }

func (e *NotApprovedError) Error() string { return ErrNotApproved.Error() + ": " + string(e.State) }

// Is makes errors.Is(err, ErrNotApproved) true.
func (e *NotApprovedError) Is(target error) bool { return target == ErrNotApproved }
