package support

import "time"

// Frozen is what a freeze stops.
type Frozen string

// What can be frozen.
const (
	// FrozenPerson: nobody helps the person, because a case was stopped.
	FrozenPerson Frozen = "person"
	// FrozenAgent: the agent does nothing more, because they opened too many cases, or said of a signature of theirs that it was not
	// them when the case had been carried out.
	FrozenAgent Frozen = "agent"
	// FrozenOrganisation: nobody opens, approves or carries out a case in the organisation, because there were too many. Codes and links
	// that were sent work on, and can be sent again.
	FrozenOrganisation Frozen = "organisation"
)

// Freeze stops support until an administrator, who is somebody else than the one it is about, lifts it; that of an
// organisation is lifted by the operator's support, or the operator.
type Freeze struct {
	ID             string
	What           Frozen
	OrganisationID string
	// SubjectID is the person's id, the agent's membership, or the organisation.
	SubjectID string
	// CaseID is the case that was stopped, or carried out by a signature that was none; empty for none.
	CaseID string
	At     time.Time
	// Lifted is when, by whom it was lifted; zero while it stands.
	Lifted   time.Time
	LiftedBy string
}
