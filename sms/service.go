package sms

import (
	"context"
	"log/slog"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
)

// Directory finds people and where they belong.
type Directory interface {
	Memberships(ctx context.Context, personID string) ([]accounts.Member, error)
	Organisation(ctx context.Context, id string) (accounts.Organisation, error)
}

// Authority says who acts.
type Authority interface {
	// MayManage is nil where the actor may manage the organisation. What is the operator's own has no
	// organisation, and only the operator may manage it.
	MayManage(ctx context.Context, organisationID string) error
	// By is how the audit log names the actor.
	By() string
}

// Metrics counts.
type Metrics interface {
	// Texted is called when a message reached a state.
	Texted(kind Kind, purpose Purpose, state State, reason Class)
}

// Service sends codes, and looks after providers and the ledger.
type Service struct {
	Providers Providers
	Ledger    Ledger
	Directory Directory
	// Vendors are the interfaces that can be spoken.
	Vendors map[Kind]Vendor
	Keys    *secret.Keys
	Config  Config
	// Metrics may be nil.
	Metrics Metrics
	Log     *slog.Logger
	Now     func() time.Time

	// actor is nil for the operator.
	actor Authority
}

// Config is what the operator decides.
type Config struct {
	// Origin is the installation's address, of which reports have another path.
	Origin string
	// Country is the installation's own, as two letters.
	Country string
	// Prices say what a message costs.
	Prices Prices
	// OperatorCap is the most that the operator's own messages cost in a calendar month; 0 for [DefaultCap].
	OperatorCap Amount
	// LoginEnds is when the operator stops to pay for logging in; zero: the operator pays for none.
	LoginEnds time.Time
}

// As gives the service as that actor may use it.
func (s *Service) As(a Authority) *Service {
	as := *s
	as.actor = a
	return &as
}
