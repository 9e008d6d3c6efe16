package privacy

import (
	"context"
	"time"

	"example.com/aye/accounts"
)

// Directory finds people.
type Directory interface {
	Person(ctx context.Context, id string) (accounts.Person, error)
	// Memberships are the active ones.
	Memberships(ctx context.Context, personID string) ([]accounts.Member, error)
	Organisation(ctx context.Context, id string) (accounts.Organisation, error)
}

// Service exports and erases.
type Service struct {
	Store     Store
	Directory Directory
	// Ended is told of each membership that ended by it; nil for nobody.
	Ended func(ctx context.Context, m accounts.Member) error
	Now   func() time.Time
}
