package support

import (
	"context"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/otp"
)

// Store is what this room needs of a database.
type Store interface {
	// OpenCase keeps the case. It is [ErrLive] where the person has one that goes on, a [FrozenError] where the
	// person, the opener or the organisation is frozen at that moment.
	OpenCase(ctx context.Context, c Case, entry audit.Entry) error
	// Case is [ErrNotFound] for an id that never was.
	Case(ctx context.Context, id string) (Case, error)
	// Cases are newest first.
	Cases(ctx context.Context, f Filter, limit int) ([]Case, error)
	// CaseOfApproval finds the case, and the check where it is one, that the request is about; else [ErrNotFound].
	CaseOfApproval(ctx context.Context, approvalID string) (Case, Check, error)
	// MoveCase goes along an edge in one conditional update, and tells whether it did. It refuses where
	// a freeze of the person, or the organisation, stands, but for edges to an end; and for what was sent, or carried out, the
	// organisation's is none. Due comes only nearer, unless the operator signs when it has passed.
	MoveCase(ctx context.Context, m Move, entries ...audit.Entry) (bool, error)
	// RevokeCase carries a waiting case out, in one transaction, and tells whether it did: not before Due, not
	// and not WaitingLife after it, not for somebody who is frozen, nor while who opened or approved it is, and for who is an active member elsewhere, or an escalated case, only
	// with the operator's signature. It removes all phones, authenticator apps, recovery codes and begun pairings of
	// the person, takes text messages back as a second factor, ends all sessions and waiting requests and live access codes, marks
	// the person as recovering by this case, and sets the link.
	RevokeCase(ctx context.Context, r Revocation, entry audit.Entry) (bool, error)
	// BreakGlass opens a case and carries it out in one transaction: both, or neither. It fails as OpenCase does.
	BreakGlass(ctx context.Context, c Case, r Revocation, opened, revoked audit.Entry) error
	// StopCase ends a case and freezes the person, in one transaction, and tells whether it did. Where the case was
	// carried out, what was linked since goes the same way.
	StopCase(ctx context.Context, stopping Stopping, entries ...audit.Entry) (bool, error)
	// DueCases are those that must be looked at: whose time has come, or has passed for too long, or that nobody approved in time.
	DueCases(ctx context.Context, now time.Time, limit int) ([]Case, error)
	// DoneCases are those that a new phone ended and that nobody was told of; CaseTold writes down that they were.
	DoneCases(ctx context.Context, limit int) ([]Case, error)
	CaseTold(ctx context.Context, caseID string, tell ...any) (bool, error)

	// AddCaseCheck keeps a check unless the case has most already: [ErrTooMany].
	AddCaseCheck(ctx context.Context, c Check, most int, entry audit.Entry) error
	// CaseCheck is [ErrNotFound] for an id that never was.
	CaseCheck(ctx context.Context, id string) (Check, error)
	// CaseChecks are those of a case, oldest first.
	CaseChecks(ctx context.Context, caseID string) ([]Check, error)
	// TryCaseCheck counts a try of a check that is asked, in a transaction of its own; [ErrClosed] where it has none left.
	TryCaseCheck(ctx context.Context, id string, most int, now time.Time) error
	// AnswerCaseCheck moves a check that is asked, and what the caller has shown with it: Shown never becomes less.
	AnswerCaseCheck(ctx context.Context, a Answer, entry audit.Entry) (bool, error)

	// Spend counts one use against all limits, or against none; see otp.Store.
	Spend(ctx context.Context, limits []otp.Limit, now time.Time) (ok bool, until time.Time, err error)
	// Forget sets the counts of the scopes to nothing.
	Forget(ctx context.Context, scopes ...string) error
	// Write writes down what changes nothing but must be known.
	Write(ctx context.Context, entry audit.Entry) error
	// AddFreeze keeps a freeze, once for what is frozen already.
	AddFreeze(ctx context.Context, f Freeze, entry audit.Entry) error
	// Freezes are those that stand, of an organisation; of all for an empty one.
	Freezes(ctx context.Context, organisationID string) ([]Freeze, error)
	// FreezeByID is [ErrNotFound] for an id that never was.
	FreezeByID(ctx context.Context, id string) (Freeze, error)
	// Frozen gives what of these stands.
	Frozen(ctx context.Context, personID, agentID, organisationID string) ([]Freeze, error)
	// LiftFreeze ends a freeze, and tells whether it stood. What it held up while its time came waits LateWait from now on, and then
	// what tell has for the case is told, with that time as its Date.
	LiftFreeze(ctx context.Context, id, by string, now time.Time, entry audit.Entry, tell map[string][]any) (bool, error)
}

// Filter chooses cases; empty fields choose all.
type Filter struct {
	OrganisationID, PersonID, OpenerID string
	// Live chooses those that go on, Escalated those that the operator's support must sign and did not yet.
	Live, Escalated bool
}

// Move is one edge of a case's life; what is empty stays as it is.
type Move struct {
	CaseID string
	From   []State
	To     State
	Now    time.Time
	// ApproverID, ApproverPersonID and ApprovalID are set by the second approver; OperatorID and
	// OperatorApprovalID by the operator's support. Asking sets the ApprovalID alone.
	ApproverID, ApproverPersonID, ApprovalID string
	OperatorID, OperatorApprovalID           string
	Due                                      time.Time
	// Link is the number of the link that is sent, LinkUntil its end; it must be one more than before.
	Link      int
	LinkUntil time.Time
	// UseLink uses up the link of that number, once.
	UseLink int
	// Left is how often the access code works; it is set with Sent.
	Left int
}

// Revocation is everything old, at once.
type Revocation struct {
	CaseID    string
	Now       time.Time
	Link      int
	LinkUntil time.Time
}

// Stopping is "this was not me".
type Stopping struct {
	CaseID string
	// By says how: see [Case.StoppedBy].
	By     string
	Freeze Freeze
	Now    time.Time
}

// Answer is what became of a check.
type Answer struct {
	CheckID string
	To      CheckState
	Shown   Shown
	At      time.Time
}
