package privacy

import (
	"context"
	"time"

	"example.com/aye/internal/audit"
)

// Store is what this room needs of a database.
type Store interface {
	// ExportPerson gives all that is kept of the person, and writes the entry in the same transaction; else [ErrNotFound], also
	// for who was erased.
	ExportPerson(ctx context.Context, personID string, entry audit.Entry) ([]Section, error)
	// ErasePerson takes, in one transaction, everything away that names the person or lets them in: memberships end,
	// factors, sessions, links, browsers, numbers and personal values of the audit log go, the address becomes a pseudonym that takes no mail. It is
	// [ErrLastOwner], or [ErrNotFound], also for who was erased.
	ErasePerson(ctx context.Context, e Erasure, entry audit.Entry) error
	// EraseMember ends the person's membership in the organisation [Erasure.Only], and is ErasePerson too where no other organisation has, had or
	// invites the person, and this one made the identity: whole tells it. The entry is written in both cases.
	EraseMember(ctx context.Context, e Erasure, entry audit.Entry) (whole bool, err error)
}

// Erasure says who is erased.
type Erasure struct {
	PersonID string
	// Only is the organisation that erases what it knows; empty for the operator, or the person.
	Only string
	Now  time.Time
}
