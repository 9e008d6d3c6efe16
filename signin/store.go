package signin

import (
	"context"
	"time"

	"example.com/aye/internal/audit"
)

// Store is what this room needs of a database. Of the organisation and the member of a session
// it knows the ids alone.
type Store interface {
	// StartSession adds a session.
	StartSession(ctx context.Context, session Session, entry audit.Entry) error
	// Session finds the session with the token, else [ErrNone], and tells whether one of its
	// requests was reported.
	Session(ctx context.Context, tokenHash string) (Session, error)
	// TouchSession writes down that the session is used, and how long it was not, while it has
	// the token.
	TouchSession(ctx context.Context, id, tokenHash string, at time.Time) error
	// ChangeSession makes one change in one conditional update, and tells whether it did.
	ChangeSession(ctx context.Context, c Change, entry audit.Entry) (bool, error)
	// SessionsOf gives the person's sessions that have not expired, newest first.
	SessionsOf(ctx context.Context, personID string, now time.Time) ([]Session, error)
	// EndSessions takes sessions away, each with a row like the entry in the chain where it
	// stood, and tells how many.
	EndSessions(ctx context.Context, e Ending, entry audit.Entry) (int, error)
	// LastChoice gives the organisation that the person chose last, in the browser if there in
	// any; empty for none.
	LastChoice(ctx context.Context, personID, browser string) (organisationID string, err error)
	// SweepSessions takes sessions away that ended before now, and choices made before the other
	// time, at most limit of each. It tells whether there is more to do.
	SweepSessions(ctx context.Context, now, choices time.Time, limit int) (more bool, err error)
}

// Change is one change of a session. It holds only while token, level, purpose, attempt and
// request of the session are those of From, none of its requests was reported, and the person is
// an active member where To stands.
type Change struct {
	From, To Session
	// Proof is the released request that allows it: that person's, asked by this very session
	// for the purpose of From, and the one it waits for. Empty where none is needed; no session
	// comes to another level without it, but from Reset.
	Proof string
	// Chosen remembers the organisation as the person's choice in this browser.
	Chosen bool
	// Others are ended with it, each with a row like this; nil leaves them.
	Others *audit.Entry
}

// Ending says which sessions end: all for which everything that is set is true. Nothing set ends none.
type Ending struct {
	PersonID string
	ID       string
	// Except is the id of one that stays.
	Except string
	// MembershipID ends what stands in that membership.
	MembershipID string
	// RequestID ends the full session that asked for the request.
	RequestID string
}
