package pairing

import (
	"cmp"
	"time"

	"example.com/aye/accounts"
)

// The numbers of docs/policy.md.
const (
	// CodeLife is how long one QR code can be scanned.
	CodeLife = 120 * time.Second
	// Life is how long a pairing can be renewed, from when it was opened.
	Life = 10 * time.Minute
	// BurnWindow is how long after its end a pairing is still burned by other keys.
	BurnWindow = 10 * time.Minute
	// PerHour is how many pairings may be opened for one person in an hour.
	PerHour = 5
	// Tries is how often the six digits may be typed.
	Tries = 3
)

// State is where a pairing is.
type State string

// The states; see the package comment.
const (
	Open             State = "open"
	AwaitingCode     State = "awaiting-code"
	AwaitingApproval State = "awaiting-approval"
	Paired           State = "paired"
	Burned           State = "burned"
	Expired          State = "expired"
	Cancelled        State = "cancelled"
)

// Pairing is one QR code and what became of it.
type Pairing struct {
	ID             string
	OrganisationID string
	// ApplicationID is who opened it; empty when the operator did, or the person.
	ApplicationID string
	// By is the membership of the person who opened it for themself; empty otherwise.
	By string
	// Session is the session in which they did: who is in it can take the phone away again.
	Session string
	// First says that who opened it for themself had no second factor. Whoever knows the
	// password could have been that, so no phone is linked by it once there is one.
	First        bool
	MembershipID string
	PersonID     string
	State        State
	// Generation counts the codes that were shown; only the newest works.
	Generation int
	// CodeHash is the SHA-256 of the newest code.
	CodeHash string
	// DeviceID is the phone that claimed it.
	DeviceID string
	// ApprovalID is the request on the person's older phone.
	ApprovalID string
	// Tries counts how often the six digits were typed.
	Tries   int
	Created time.Time
	// Expires is the end of the code that is shown, Ends that of the whole pairing.
	Expires, Ends time.Time
	// Closed is when it became final.
	Closed time.Time
	// CreationKey and BodyHash make opening idempotent; the key is empty where none was given.
	CreationKey, BodyHash string
}

// opener is who acts on the page that shows the pairing, for the audit log.
func (p Pairing) opener() string { return cmp.Or(p.ApplicationID, p.By, accounts.Operator) }

// Final tells whether a waiting page has nothing more to hear: an expired code can still be
// renewed until the pairing's end.
func (p Pairing) Final(now time.Time) bool {
	switch p.State {
	case Open, AwaitingCode, AwaitingApproval:
		return false
	case Expired:
		return !now.Before(p.Ends)
	case Paired, Burned, Cancelled:
		return true
	}
	return true
}

// Topic is what the broker calls this pairing.
func Topic(id string) string { return "pairing:" + id }
