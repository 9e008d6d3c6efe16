package support

import (
	"context"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/otp"
)

// Directory finds who belongs where.
type Directory interface {
	Organisation(ctx context.Context, id string) (accounts.Organisation, error)
	PortalOf(ctx context.Context, organisationID string) (accounts.Application, error)
	Person(ctx context.Context, id string) (accounts.Person, error)
	Memberships(ctx context.Context, personID string) ([]accounts.Member, error)
	MemberOf(ctx context.Context, organisationID string, user accounts.UserReference) (accounts.Organisation, accounts.Member, error)
	// Membership gives an active membership wherever it is, else accounts.ErrNotFound.
	Membership(ctx context.Context, id string) (accounts.Member, error)
	// FindPeople gives active members of the organisation whose address or name has the text in it, or whose whole phone
	// number it is; for an empty organisation those of any whose whole address or number it is. At most limit.
	FindPeople(ctx context.Context, organisationID, text string, limit int) ([]accounts.Member, error)
}

// Asker asks somebody on their phone; see package approval.
type Asker interface {
	Ask(ctx context.Context, application accounts.Application, q approval.Question) (approval.Asked, error)
	View(ctx context.Context, applicationID, id string) (approval.View, error)
	Redeem(ctx context.Context, w approval.Redeeming) (approval.Redemption, error)
	Cancel(ctx context.Context, application accounts.Application, id string) error
	// RecentOf gives the newest requests of the member in the organisation, with what became of their pushes.
	RecentOf(ctx context.Context, organisationID, membershipID string, limit int) ([]approval.View, error)
}

// Phones gives the active phones of a person.
type Phones interface {
	Of(ctx context.Context, personID string) ([]devices.Device, error)
	Known(ctx context.Context, id string) (devices.Device, error)
}

// Codes knows what else makes a person's codes.
type Codes interface {
	Apps(ctx context.Context, personID string) ([]otp.App, error)
}

// Texter sends a text message to the person's proven number, paid by the operator; an error says that it was not sent.
type Texter interface {
	// Inform sends what the template says; Link is put into it, Code where it is not empty.
	Inform(ctx context.Context, t Text) error
	// Reaches tells whether a message can be sent to the person now.
	Reaches(ctx context.Context, p accounts.Person) bool
}

// Text is a text message to a person.
type Text struct {
	Kind         TextKind
	Person       accounts.Person
	Organisation accounts.Organisation
	Agent        string
	Link         string
	Code         secret.Secret
	// Hours is how long the code of a forgotten phone works.
	Hours int
	// About is what the ledger knows the message by: at most one goes out for each.
	About string
}

// TextKind is what a text message says.
type TextKind string

// The text messages.
const (
	TextAccess TextKind = "access"
	TextCheck  TextKind = "check"
	TextStop   TextKind = "stop"
)

// Pusher wakes phones, so that they fetch what there is.
type Pusher interface {
	Enqueue(push notify.Push) error
}

// Broker tells waiters that something changed.
type Broker interface{ Publish(topic string) }

// Service opens, approves, stops and carries out cases.
type Service struct {
	Store     Store
	Directory Directory
	Asker     Asker
	Phones    Phones
	Codes     Codes
	// Texts is nil where nobody sends text messages.
	Texts  Texter
	Pusher Pusher
	Broker Broker
	Keys   *secret.Keys
	// OperatorOrganisation is whose agents are the operator's support; empty for none.
	OperatorOrganisation string
	Origin               string
	Now                  func() time.Time
}

// Agent is who acts: the membership that the session stands in, and how it got in. Roles are looked up, not believed.
type Agent struct {
	OrganisationID, MembershipID string
	// Method is how the session got in. Support is given only in one that a phone or an authenticator app opened.
	Method approval.Method
	// IP and UserAgent are of the agent's browser, for the phone to show and for the log.
	IP, UserAgent, Browser string
}

// As gives the service as the agent may use it. The service itself is the operator's, on the server's own command line.
func (s *Service) As(a Agent) *Desk { return &Desk{service: s, agent: a} }

// Desk is what an agent can do. Every method looks up first who the agent is now, and counts.
type Desk struct {
	service *Service
	agent   Agent
}
