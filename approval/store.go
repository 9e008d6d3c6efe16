package approval

import (
	"context"
	"time"

	"example.com/aye/internal/audit"
)

// Store is what this room needs of a database.
type Store interface {
	// Ask adds a request in one transaction: it gives admit how the person stands, and stores
	// what admit returns. When the application's creation key is known, it gives the request
	// that was made with it and does not call admit.
	Ask(ctx context.Context, key Creation, admit func(Situation) (Admission, error)) (Request, error)
	// Request is [ErrNotFound] for an id that never was.
	Request(ctx context.Context, id string) (Request, error)
	// View is Request with what became of its pushes, in the order in which the phones were linked.
	View(ctx context.Context, id string) (Request, []Delivery, error)
	// PendingOf gives the person's pending requests, oldest first, each with how far its push
	// to the phone came.
	PendingOf(ctx context.Context, personID, deviceID string) ([]PendingRequest, error)
	// Move goes along one edge, in one conditional update with its audit row in the same
	// transaction, and tells whether it did.
	Move(ctx context.Context, m Move, entry audit.Entry) (bool, error)
	// Decision finds what a phone decided with the jti, else [ErrNotFound].
	Decision(ctx context.Context, deviceID, id string) (Decision, error)
	// HandOut stores that the release code is handed out for the first time, and until when
	// it then works. It tells whether it was the first time; only while approved.
	HandOut(ctx context.Context, id string, at, redeemBy time.Time) (bool, error)
	// Logins gives the person's requests of applications that were redeemed since the time, newest
	// first, older than the cursor, each with the name of the phone that answered.
	Logins(ctx context.Context, personID string, since time.Time, cursor string, limit int) ([]LoginRequest, error)
	// Recent gives the newest requests of a member in the organisation, each with what became of its pushes.
	Recent(ctx context.Context, organisationID, membershipID string, limit int) ([]View, error)
	// Due gives the pending requests that have expired and the approved ones that have lapsed.
	Due(ctx context.Context, now time.Time, limit int) ([]Request, error)
	// History gives the person's requests since the time, newest first, older than the cursor.
	History(ctx context.Context, personID string, since time.Time, cursor string, limit int) ([]Request, error)
}

// Deliveries keeps what became of the pushes.
type Deliveries interface {
	// Deliveries gives those of a request, in the order in which the phones were linked.
	Deliveries(ctx context.Context, requestID string) ([]Delivery, error)
	// Deliver stores a state that follows the one before, and tells whether it did.
	Deliver(ctx context.Context, d Delivery) (bool, error)
	// TakeAsk counts one more push for the request, if allowed says that the person may be
	// asked once more; then nothing of the request is withheld any longer.
	TakeAsk(ctx context.Context, r Request, allowed func(Budget) (Budget, bool)) (bool, error)
}

// PendingRequest is a request as one phone finds it.
type PendingRequest struct {
	Request
	// Delivery is empty for a phone that was not there when the person was asked.
	Delivery DeliveryState
}

// Creation names a request before it exists.
type Creation struct {
	// OrganisationID is that of the request, whose audit log tells of it.
	OrganisationID string
	ApplicationID  string
	PersonID       string
	// Key is empty where the application gave none.
	Key string
	// Browser is compared with those that the person was let in from.
	Browser string
}

// Situation is how a person stands at the moment of asking.
type Situation struct {
	Pending []Request
	Budget  Budget
	// KnownBrowser says that the person was let in from this browser before.
	KnownBrowser bool
}

// Admission is what is stored for a question.
type Admission struct {
	Request Request
	// Superseded are the pending requests that this one takes the place of.
	Superseded []string
	Budget     Budget
	Deliveries []Delivery
	// Entries are the audit rows, one for the request and one for each that is superseded.
	Entries []audit.Entry
}

// Move is one edge of a request.
type Move struct {
	RequestID string
	// PersonID is whose request it is; no other person's goes along.
	PersonID string
	From     []State
	To       State
	Now      time.Time
	// InTime makes the edge possible only before the request's time has passed.
	InTime bool
	// Alone makes it possible only while nothing from another browser stands beside it.
	Alone bool
	// Budget gives the person's budget that follows; nil leaves it.
	Budget func(Budget) Budget
	// Webhook is told to the application, at least once; empty for none.
	Webhook *Webhook

	// Decision is set where the person decided, Redeemed where the application redeemed.
	Decision *Decision
	Redeemed *Redeemed
}

// Decision is an answer to a request, kept as evidence.
type Decision struct {
	// ID is the jti that the phone gave it; empty for a code that was typed, and for what was
	// said on a page.
	ID        string
	RequestID string
	DeviceID  string
	Verdict   Verdict
	Method    Method
	Verified  Verification
	// Local says that the phone, or the code, counts for one organisation alone.
	Local bool
	// State is what the request came to be.
	State State
	// Evidence is the decision as the phone signed it.
	Evidence string
	At       time.Time
	// RedeemBy is set with an approval.
	RedeemBy time.Time
}

// Redeemed is what a released request keeps.
type Redeemed struct {
	Key         string
	AssertionID string
}

// Webhook tells an application that a released request was reported.
type Webhook struct {
	ID            string
	ApplicationID string
	Request       Request
	At            time.Time
}
