package accounts

import (
	"context"
	"time"

	"example.com/aye/internal/audit"
)

// Organisations keeps the tenants.
type Organisations interface {
	CreateOrganisation(ctx context.Context, o Organisation, entry audit.Entry) error
	UpdateOrganisation(ctx context.Context, o Organisation, entry audit.Entry) error
	// Organisation is [ErrNotFound] for an id that never was.
	Organisation(ctx context.Context, id string) (Organisation, error)
	// OrganisationList is ordered by name.
	OrganisationList(ctx context.Context) ([]Organisation, error)
}

// People keeps people and their memberships.
type People interface {
	// AddMember makes the membership, and the person when nobody has the address; then the
	// membership becomes active at once. A person who exists is invited and must accept.
	// invitation is the hash of the token that accepts. It gives the member as it now is;
	// [ErrExists] when there is a membership that has not ended.
	AddMember(ctx context.Context, m Member, invitation string, entry audit.Entry) (Member, error)
	// AcceptInvitation makes the membership of an unused invitation active that was made after
	// since, else [ErrNotFound].
	AcceptInvitation(ctx context.Context, hash string, since time.Time, entry audit.Entry) (Member, error)
	// EndMembership ends a membership or an invitation, and tells whether it did.
	EndMembership(ctx context.Context, id string, entry audit.Entry) (bool, error)
	// Member finds an active member of the organisation, else [ErrNotFound].
	Member(ctx context.Context, organisationID string, user UserReference) (Member, error)
	// MemberOf is Member with the organisation itself.
	MemberOf(ctx context.Context, organisationID string, user UserReference) (Organisation, Member, error)
	// MemberList is ordered by address.
	MemberList(ctx context.Context, organisationID string) ([]Member, error)
	// Memberships are the active ones of a person.
	Memberships(ctx context.Context, personID string) ([]Member, error)
	// Person is [ErrNotFound] for an id that never was.
	Person(ctx context.Context, id string) (Person, error)
}

// Applications keeps the relying parties.
type Applications interface {
	CreateApplication(ctx context.Context, a Application, entry audit.Entry) error
	// UpdateApplication stores everything but the identity; it is refused with
	// [ErrNotFound] for an id that never was.
	UpdateApplication(ctx context.Context, a Application, entry audit.Entry) error
	// Application is [ErrNotFound] for an id that never was.
	Application(ctx context.Context, id string) (Application, error)
	// ApplicationList is ordered by name; an empty organisation lists all.
	ApplicationList(ctx context.Context, organisationID string) ([]Application, error)
}
