package devices

import "errors"

var (
	// ErrUnknown says that the phone was never paired here, or was removed.
	ErrUnknown = errors.New("this phone is not linked here, or no longer")
	// ErrNotActive says that the phone's pairing is not complete.
	ErrNotActive = errors.New("this phone is not active yet")
	// ErrProof says that the proof of a call is missing or wrong.
	ErrProof = errors.New("the proof of this call is not valid")
	// ErrUseNonce says that the phone's clock is off: it must prove the call with a nonce.
	ErrUseNonce = errors.New("the clock of this phone is off: repeat the call with the nonce")
	// ErrProofUsed says that a call that changes something was repeated with the same proof.
	ErrProofUsed = errors.New("this proof was used before")
	// ErrInvalid says that a value about the phone cannot be stored.
	ErrInvalid = errors.New("not valid")
	// ErrLastFactor says that the person would be left without a phone and without an authenticator app.
	ErrLastFactor = errors.New("this is the only second factor: set up another one first")
)
