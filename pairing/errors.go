package pairing

import "errors"

var (
	// ErrNotFound says that there is no such pairing in this organisation.
	ErrNotFound = errors.New("there is no such pairing")
	// ErrUnknownCode says that no pairing has this code now.
	ErrUnknownCode = errors.New("this code is not known: show a new one")
	// ErrExpired says that the code was not scanned in time.
	ErrExpired = errors.New("this code has expired: show a new one")
	// ErrBurned says that two phones used the code.
	ErrBurned = errors.New("this code was used by two phones, so neither is linked: begin again")
	// ErrClosed says that the pairing has ended or is past the step that was asked for.
	ErrClosed = errors.New("this pairing does not wait for that")
	// ErrClaim says that a claim is not what the protocol asks for.
	ErrClaim = errors.New("the claim is not valid")
	// ErrAppTooOld says that the organisation takes newer apps only; see [AppTooOldError].
	ErrAppTooOld = errors.New("this app is too old")
	// ErrEnrolRefused says that an application cannot link this person's phone, or not in this session.
	ErrEnrolRefused = errors.New("this person must link the phone themselves")
	// ErrTooMany says that too many pairings were opened within an hour.
	ErrTooMany = errors.New("too many pairings were opened for this person")
	// ErrTooManyPhones says that the person has as many phones as one may have.
	ErrTooManyPhones = errors.New("this person has five phones already: remove one first")
	// ErrWrongCode says that the six digits are not those on the phone.
	ErrWrongCode = errors.New("these are not the digits on the phone")
	// ErrKeyReused says that another phone is linked with the same keys.
	ErrKeyReused = errors.New("these keys belong to another phone")
	// ErrMethod says that nothing of this kind can stand in for the person's older phone.
	ErrMethod = errors.New("this cannot stand in for the older phone")
	// ErrMismatch says that an idempotency key came again with another request.
	ErrMismatch = errors.New("this idempotency key was used for another request")
)

// AppTooOldError is [ErrAppTooOld] with the version that is needed.
type AppTooOldError struct{ Minimum string }

func (e *AppTooOldError) Error() string {
	return "this app is too old: version " + e.Minimum + " or newer is needed"
}

// Is makes errors.Is(err, ErrAppTooOld) true.
func (e *AppTooOldError) Is(target error) bool { return target == ErrAppTooOld }
