package pairing

import (
	"context"
	"time"

	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

// Store is what this room needs of a database.
type Store interface {
	// OpenPairing adds the pairing, unless the person had limit since the given time
	// ([ErrTooMany]), or is recovering and it is neither the operator's nor opened in a session that the case's own link
	// began ([ErrEnrolRefused]). It takes First from the pairing of somebody who has a second factor. When the application's creation key is known it gives the pairing
	// that was made with it.
	OpenPairing(ctx context.Context, p Pairing, since time.Time, limit int, entry audit.Entry) (Pairing, error)
	// Pairing is [ErrNotFound] for an id that never was.
	Pairing(ctx context.Context, id string) (Pairing, error)
	// PairingByCode is [ErrUnknownCode] when no pairing has the code.
	PairingByCode(ctx context.Context, codeHash string) (Pairing, error)
	// Claim makes the device and spends the code, in one conditional update: only while the
	// pairing is open and its code is still the claim's, and, of one that is First, the person
	// has no second factor. It tells whether this claim won.
	// [ErrTooManyPhones] when the person has as many as one may have; [ErrKeyReused] when the
	// keys are another phone's.
	Claim(ctx context.Context, c Claim, entry audit.Entry) (bool, error)
	// MovePairing changes the state in one conditional update, and what happens to the device
	// with it, in one transaction. It tells whether it did. The phone of a pairing that is First
	// becomes active only while the person has no second factor.
	MovePairing(ctx context.Context, m Move, entry audit.Entry) (bool, error)
	// DropPairings ends, in one transaction, all that can still link a phone to the person:
	// cancelled, or burned where a phone has claimed it. It gives those as they are then.
	DropPairings(ctx context.Context, personID string, now time.Time, entry audit.Entry) ([]Pairing, error)
	// CountTry counts one typing of the digits, in a transaction of its own, and gives the
	// count with it.
	CountTry(ctx context.Context, id string) (int, error)
	// DuePairings gives those whose code or whole life has ended and that still wait.
	DuePairings(ctx context.Context, now time.Time) ([]Pairing, error)
	// PairingOf gives the pairing that the phone claimed, else [ErrNotFound].
	PairingOf(ctx context.Context, deviceID string) (Pairing, error)
	// TOTPSecret gives the one-time password secret of a paired phone.
	TOTPSecret(ctx context.Context, deviceID string) (secret.Secret, error)
}

// Claim is a phone's wish to be the one.
type Claim struct {
	PairingID string
	CodeHash  string
	Device    devices.Device
	TOTP      secret.Secret
	// To is the state that follows: paired, or one of the waiting ones.
	To State
	// Ends is the new end of the pairing; zero leaves it.
	Ends time.Time
	Now  time.Time
	// MaxPhones is how many phones the person may have with this one.
	MaxPhones int
	// First makes the claim fail when the person got a phone since the pairing was opened.
	First bool
}

// Move is one edge of the pairing's life.
type Move struct {
	PairingID string
	From      []State
	To        State
	// Generation is the generation that it must still have.
	Generation int
	Now        time.Time
	// Code is set where the edge shows a new code: its hash and its end.
	CodeHash string
	Expires  time.Time
	// ApprovalID is set where the edge asks the older phone.
	ApprovalID string
	Device     DeviceChange
}

// DeviceChange is what an edge does to the phone that claimed.
type DeviceChange string

// The changes; the zero value leaves the phone as it is.
const (
	Activate DeviceChange = "activate"
	// ActivateFirst is possible only while the person has no active phone.
	ActivateFirst DeviceChange = "activate-first"
	Remove        DeviceChange = "remove"
)
