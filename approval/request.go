package approval

import (
	"slices"
	"time"

	"example.com/aye/devices"
)

// State is where a request is.
type State string

// The states; see the package comment.
const (
	Pending    State = "pending"
	Approved   State = "approved"
	Released   State = "released"
	Denied     State = "denied"
	Reported   State = "reported"
	Mismatched State = "mismatched"
	Expired    State = "expired"
	Cancelled  State = "cancelled"
	Superseded State = "superseded"
	Lapsed     State = "lapsed"
)

// Final tells whether a waiting page has nothing more to hear.
func (s State) Final() bool { return s != Pending && s != Approved }

// Confirm is what the person does to approve.
type Confirm string

// Number is typed over from the browser; Tap is one button.
const (
	Number Confirm = "number"
	Tap    Confirm = "tap"
)

// Purpose is what is asked.
type Purpose string

// Login is a request of an application; NewPhone asks the person's older phone about a new one.
const (
	Login    Purpose = "login"
	NewPhone Purpose = "new-phone"
)

// Verdict is what the person said.
type Verdict string

// The verdicts.
const (
	Approve Verdict = "approve"
	Deny    Verdict = "deny"
	Report  Verdict = "report"
)

// Method is how the person answered.
type Method string

// The methods.
const (
	Push     Method = "push"
	TOTP     Method = "totp"
	SMS      Method = "sms"
	Recovery Method = "recovery"
	// Temporary is a code that support sent to who forgot the phone; it counts for the organisation alone.
	Temporary Method = "temporary"
)

// Verification is how the person unlocked the key, as the phone says.
type Verification string

// The verifications.
const (
	Biometric  Verification = "biometric"
	PIN        Verification = "pin"
	Unverified Verification = "none"
)

// Context is where the person logs in, as the application saw it.
type Context struct {
	IP        string
	UserAgent string
	// Browser is the application's own id of the browser.
	Browser string
}

// Detail is one line that the phone shows.
type Detail struct{ Label, Value string }

// Request is one question to a person.
type Request struct {
	ID             string
	OrganisationID string
	// ApplicationID is who asks; empty when Aye itself does.
	ApplicationID string
	MembershipID  string
	PersonID      string
	Purpose       Purpose
	State         State
	Confirm       Confirm
	// Digits is how many of the number are typed, 0 with [Tap].
	Digits int
	// Salt keeps the numbers of requests that stand side by side apart.
	Salt    int
	Context Context
	// Everywhere says that only phones and codes count that count in every organisation.
	Everywhere bool
	// Methods are those by which this person could answer when the question was asked.
	Methods []Method
	// NewBrowser says that the person was never let in from this browser.
	NewBrowser bool
	Message    string
	Details    []Detail
	// ChallengeNonce is what a decision must repeat, Challenge the signed message itself.
	ChallengeNonce, Challenge string
	// Withheld says that no push goes out for this request.
	Withheld         bool
	Created, Expires time.Time

	// Asker, Organisation and Place are the names that the phone shows.
	Asker, Organisation, Place string
	// Subject is what a [NewPhone] request is about: the pairing.
	Subject string

	// Decided, DecidedBy (a device id), Method and Verified tell of the answer.
	Decided   time.Time
	DecidedBy string
	Method    Method
	Verified  Verification
	// Local says that what answered counts for this organisation alone.
	Local bool

	// Delivered is when the release code was first handed out, RedeemBy until when it works.
	Delivered, RedeemBy time.Time
	// RedeemKey is the hash of the idempotency key of the one redeem, AssertionID the jti.
	RedeemKey, AssertionID string
	Released, Reported     time.Time
	// Previous is the state before a report.
	Previous State
	// CreationKey and BodyHash make asking idempotent.
	CreationKey, BodyHash string
}

// Takes tells whether the phone may answer.
func (r Request) Takes(d devices.Device) bool {
	return d.AnswersFor(r.OrganisationID) && (!r.Everywhere || !d.Local)
}

// Delivery is what became of the push to one phone.
type Delivery struct {
	RequestID string
	DeviceID  string
	// Device is the phone's name.
	Device  string
	Channel string
	State   DeliveryState
	// Reason says in plain words why it failed.
	Reason  string
	Updated time.Time
}

// DeliveryState is how far a push came.
type DeliveryState string

// The delivery states, in the order in which they can follow each other.
const (
	Queued   DeliveryState = "queued"
	Withheld DeliveryState = "withheld"
	Failed   DeliveryState = "failed"
	Accepted DeliveryState = "accepted"
	Fetched  DeliveryState = "fetched"
)

// Before gives the states that this one may follow: a phone that has the request does not
// come to have less of it because Google's answer was slow.
func (s DeliveryState) Before() []DeliveryState {
	order := []DeliveryState{Queued, Withheld, Failed, Accepted, Fetched}
	at := slices.Index(order, s)
	if s == Queued { // asked again
		return []DeliveryState{Withheld, Failed, Accepted}
	}
	return order[:max(at, 0)]
}

// Topic is what the broker calls this request.
func Topic(id string) string { return "approval:" + id }
