package devices

import (
	"context"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/jws"
	"example.com/aye/internal/secret"
)

// Store is what this room needs of a database.
type Store interface {
	// Device is [ErrUnknown] for an id that never was. Removed ones are found.
	Device(ctx context.Context, id string) (Device, error)
	// DevicesOf gives the person's phones that are not removed, oldest first.
	DevicesOf(ctx context.Context, personID string) ([]Device, error)
	// DevicesBeside is DevicesOf without one of them.
	DevicesBeside(ctx context.Context, personID, deviceID string) ([]Device, error)
	// Label gives the id, name and platform of a phone, also of a removed one; [ErrUnknown] for
	// an id that never was.
	Label(ctx context.Context, id string) (Device, error)
	// UpdateDevice stores what differs between the two details of a phone that is not removed,
	// and nothing else, so that two changes at once do not undo each other; the push state
	// becomes ok when the address is another one. [ErrUnknown] when it is removed.
	UpdateDevice(ctx context.Context, id string, before, after Details, entry audit.Entry) error
	// RemoveDevice removes the phone, its address and its one-time password secret; it tells
	// whether this call did it.
	RemoveDevice(ctx context.Context, id string, entry audit.Entry) (bool, error)
	// RemoveSpare is RemoveDevice, refused with [ErrLastFactor] where an active phone is the
	// person's last second factor: where neither another active phone nor an activated
	// authenticator app would be left, whatever else is removed at the same moment.
	RemoveSpare(ctx context.Context, id string, entry audit.Entry) (bool, error)
	// ReplaceApprovalKey puts next in the place of previous, and tells whether it did.
	ReplaceApprovalKey(ctx context.Context, id string, previous, next jws.Key, entry audit.Entry) (bool, error)
	// UseProof remembers the id of a proof until the time, and tells whether it was new.
	UseProof(ctx context.Context, deviceID, jti string, until time.Time) (bool, error)
	// MarkPush stores what is known of an address if it is still the phone's, and, when
	// since is not zero, was registered before it. Dead empties the address.
	MarkPush(ctx context.Context, id string, address secret.Secret, since time.Time, state PushState, entry audit.Entry) (bool, error)
	// Seen stores when the phone last called.
	Seen(ctx context.Context, id string, at time.Time) error
}
