package audit

import (
	"context"
	"time"
)

// Query says which rows of a chain somebody looks for. What is empty or zero chooses all; what is given must all hold.
type Query struct {
	// OrganisationID is whose chain; empty for the installation's own, never for all.
	OrganisationID string
	// Actors are ids, one of which did it.
	Actors []string
	// Subjects are ids, to one of which it was done: it is the row's subject, or the user in its data.
	Subjects []string
	// Actions are exact names.
	Actions []string
	// From and Until hold the time of the row: at or after the one, before the other.
	From, Until time.Time
	// Before is the sequence above the newest row that is wanted; 0 begins with the newest of all.
	Before int64
	Limit  int
}

// Searcher finds rows.
type Searcher interface {
	// SearchAudit gives rows, the newest first. Personal has what was not erased; a name that stands in Commitments
	// and not there was erased.
	SearchAudit(ctx context.Context, q Query) ([]Row, error)
}
