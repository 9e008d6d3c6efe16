package support

import (
	"time"

	"example.com/aye/accounts"
)

// The numbers of docs/policy.md.
const (
	// ApprovalLife is how long a case waits for the second approver.
	ApprovalLife = 24 * time.Hour
	// DefaultWait, RemainingWait and VerifiedWait are the waiting times of [Wait].
	DefaultWait   = 24 * time.Hour
	RemainingWait = time.Hour
	VerifiedWait  = time.Duration(0)
	// MaximumWait is the longest that an organisation can wait.
	MaximumWait = 7 * 24 * time.Hour
	// LinkLife is how long the link to link a new phone works; LinkDays how long after the revocation
	// another one can be sent, and Links how many are sent in all.
	LinkLife = 30 * time.Minute
	LinkDays = 7 * 24 * time.Hour
	Links    = 5
	// WaitingLife is how long after its Due a case that could not be carried out still waits. Where the operator signs, or a freeze is
	// lifted, when its Due has passed, it waits LateWait more at least: the person hears of it, and can stop it still.
	WaitingLife = 72 * time.Hour
	LateWait    = time.Hour
	// StopLife is how long after its end a case can still be stopped.
	StopLife = 72 * time.Hour
	// CheckLife is how long a caller has to answer a code; a push has its own life.
	CheckLife = 10 * time.Minute
	// ChecksPerCase is how often the caller of a case is asked.
	ChecksPerCase = 5
	// CheckTries is how often the code of a check can be typed.
	CheckTries = 5
	// AccessLife is how long a temporary access code works, StrictAccessLife in a strict organisation;
	// an agent may choose up to MaximumAccessLife, and MaximumUses instead of one use.
	AccessLife        = 8 * time.Hour
	StrictAccessLife  = 15 * time.Minute
	MaximumAccessLife = 24 * time.Hour
	MaximumUses       = 3
	// CasesPerAgent are opened in an hour, CasesPerAgentDay by one agent in a day in one organisation, CasesPerOrganisation in a
	// day by all; one more freezes the agent, or the support of the organisation. So no agent alone freezes all the others.
	CasesPerAgent        = 5
	CasesPerAgentDay     = 10
	CasesPerOrganisation = 20
	// LooksPerAgent is how many people an agent may search or look at in an hour.
	LooksPerAgent = 120
)

// Kind is what the person needs.
type Kind string

// The kinds.
const (
	// Forgotten: the phone is elsewhere today. A temporary access code is sent, and nothing else changes.
	Forgotten Kind = "forgotten"
	// Lost: the phone is gone for good. Everything old is revoked, and a new phone is linked.
	Lost Kind = "lost"
)

// State is how far a case is.
type State string

// The states; see the package comment.
const (
	Open      State = "open"
	Waiting   State = "waiting"
	Sent      State = "sent"
	Revoked   State = "revoked"
	Done      State = "done"
	Refused   State = "refused"
	Cancelled State = "cancelled"
	Expired   State = "expired"
	Stopped   State = "stopped"
)

// Live tells whether the case goes on.
func (s State) Live() bool { return s == Open || s == Waiting || s == Sent || s == Revoked }

// Identified is how the agent came to believe the caller.
type Identified string

// The ways, from the list that agents choose from.
const (
	// InPerson: the agent sees the person and knows them, or saw a document.
	InPerson Identified = "in-person"
	// CalledBack: the agent called back a number that the organisation had before.
	CalledBack Identified = "called-back"
	// VideoCall: the agent sees the person in a video call and compared with a photo.
	VideoCall Identified = "video-call"
	// Manager: the person's manager, called back, vouches.
	Manager Identified = "manager"
	// Questions: the caller answered questions, which is weak: a stranger can learn the answers.
	Questions Identified = "questions"
)

// AllIdentified is the list in its order.
var AllIdentified = []Identified{InPerson, CalledBack, VideoCall, Manager, Questions}

// Shown is what the caller of a case has shown to have.
type Shown string

// What can be shown, from little to much.
const (
	// Nothing: the agent's judgement is all.
	Nothing Shown = ""
	// Remaining: the code that was mailed to the address, which is no second factor but remains.
	Remaining Shown = "remaining"
	// Verified: a push on another phone, or the code of a text message to the proven number.
	Verified Shown = "verified"
)

// Case is a person who is helped.
type Case struct {
	ID             string
	Kind           Kind
	State          State
	OrganisationID string
	// MembershipID and PersonID are of who is helped.
	MembershipID, PersonID string
	// OpenerID is the agent's membership, and OpenerPersonID the agent's own identity.
	OpenerID, OpenerPersonID string
	// Identified, Ticket and Note are what the agent wrote down. Ticket is the number in the help desk's own system.
	Identified   Identified
	Ticket, Note string
	// Shown is what the caller has shown so far.
	Shown Shown
	// Escalated says that the operator's support must sign too. No organisation is told.
	Escalated bool

	// ApproverID and ApproverPersonID are of who approved, ApprovalID the request that they signed on their phone.
	ApproverID, ApproverPersonID, ApprovalID string
	// OperatorID and OperatorApprovalID are the same of the operator's support, where it had to sign.
	OperatorID, OperatorApprovalID string

	// Life and Uses are of a temporary access code, Left how often it still works.
	Life       time.Duration
	Uses, Left int
	// Channel is where the code of a forgotten phone goes.
	Channel Channel
	// Link counts the links, or codes, that were sent; only the newest works, until LinkUntil, and a link until it is used.
	Link      int
	LinkUntil time.Time
	LinkUsed  time.Time

	Opened, Expires time.Time
	Approved        time.Time
	// Due is when it is carried out; it can move to later where it has passed, see [LateWait].
	Due time.Time
	// Closed is when it came to an end, or was revoked.
	Closed time.Time
	// StoppedBy says how it was stopped: "mail", "text", "phone", "report", "page".
	StoppedBy string
}

// Channel is a way to somebody that was proven before.
type Channel string

// The ways.
const (
	ByMail Channel = "mail"
	ByText Channel = "text"
	ByPush Channel = "push"
)

// Check is one question to the caller: is it you who talks to this agent now?
type Check struct {
	ID, CaseID string
	Channel    Channel
	// AgentID is the membership of who asks.
	AgentID string
	// ApprovalID is the request on the person's phone, where it is one.
	ApprovalID string
	State      CheckState
	Tries      int
	Asked      time.Time
	Expires    time.Time
	Answered   time.Time
}

// CheckState is how a check stands.
type CheckState string

// The states of a check.
const (
	Asked    CheckState = "asked"
	Right    CheckState = "right"
	Wrong    CheckState = "wrong"
	Unheard  CheckState = "expired"
	NotMe    CheckState = "not-me"
	NotAsked CheckState = "failed"
)

// Wait is how long a lost phone's case waits between approval and revocation: 24 hours; one hour
// where the caller has shown a remaining way; none where the caller was verified. The organisation's own
// minimum counts where it is longer.
func Wait(shown Shown, o accounts.Organisation) time.Duration {
	wait := DefaultWait
	switch shown {
	case Nothing:
	case Remaining:
		wait = RemainingWait
	case Verified:
		wait = VerifiedWait
	}
	return max(wait, o.CaseWait)
}

// Topic is what the broker calls this case.
func Topic(id string) string { return "case:" + id }
