package accounts

import (
	"context"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

// Service makes and finds organisations, people and applications.
type Service struct {
	Organisations Organisations
	People        People
	Applications  Applications
	Passwords     Passwords
	Letters       Letters
	Numbers       Numbers
	Imports       Imports
	Hasher        *Hasher
	Keys          *secret.Keys
	// Outbox is nil where nothing ever waits.
	Outbox Outbox
	// Texter is nil where there is no provider of text messages.
	Texter Texter
	// Host is the name of the server in the last line of a text, by which browsers fill in the
	// code on that server's pages alone.
	Host string
	// Ended is told of a membership that ended, to end what the person does there; nil for nobody.
	Ended func(ctx context.Context, m Member) error
	Now   func() time.Time

	// actor is who uses the service, nil for the operator.
	actor *Actor
}

// Operator is the actor of what is done on the server's own command line.
const Operator = "operator"

// CreateOrganisation makes a tenant; ID and Created are filled in. It asks for a second factor
// at once unless another time is given, and allows codes where no methods are given at all.
func (s *Service) CreateOrganisation(ctx context.Context, o Organisation) (Organisation, error) {
	if !s.operator() {
		return Organisation{}, ErrForbidden
	}
	o.ID, o.Created, o.Logo = secret.NewID("org"), s.Now().UTC(), Logo{}
	if o.SecondFactorFrom.IsZero() {
		o.SecondFactorFrom = o.Created
	}
	if o.Methods == nil {
		o.Methods = []SecondFactor{TOTP, Recovery}
	}
	if err := o.Validate(); err != nil {
		return Organisation{}, err
	}
	return o, s.Organisations.CreateOrganisation(ctx, o, s.entry(o.ID, "organisation.created", o.ID))
}

// UpdateOrganisation stores all settings; the logo has a way of its own. Only the operator may:
// members change one kind at a time, so that two at once lose nothing.
func (s *Service) UpdateOrganisation(ctx context.Context, o Organisation) error {
	if !s.operator() {
		return ErrForbidden
	}
	return s.update(ctx, o, AllSettings, o.Validate)
}

// UpdateRules stores what the organisation asks of its members, and leaves its look.
func (s *Service) UpdateRules(ctx context.Context, o Organisation) error {
	return s.update(ctx, o, Rules, o.ValidateRules)
}

// UpdateLook stores name and colour, and leaves the rules.
func (s *Service) UpdateLook(ctx context.Context, o Organisation) error {
	return s.update(ctx, o, Look, o.ValidateLook)
}

func (s *Service) update(ctx context.Context, o Organisation, what Settings, validate func() error) error {
	if err := s.may(ctx, o.ID); err != nil {
		return err
	}
	if err := validate(); err != nil {
		return err
	}
	return s.Organisations.UpdateOrganisation(ctx, o, what, s.entry(o.ID, "organisation.updated", o.ID))
}

// MemberOf is [Service.Member] with the organisation itself, in one look.
func (s *Service) MemberOf(ctx context.Context, organisationID string, user UserReference) (Organisation, Member, error) {
	user, err := user.normal()
	if err != nil {
		return Organisation{}, Member{}, err
	}
	return s.People.MemberOf(ctx, organisationID, user)
}

// Member finds an active member of the organisation.
func (s *Service) Member(ctx context.Context, organisationID string, user UserReference) (Member, error) {
	user, err := user.normal()
	if err != nil {
		return Member{}, err
	}
	return s.People.Member(ctx, organisationID, user)
}

func (s *Service) entry(organisationID, action, subject string) audit.Entry {
	return audit.Entry{Organisation: organisationID, Actor: s.by(), Action: action, Subject: subject, At: s.Now().UTC()}
}

// Organisation gives a tenant.
func (s *Service) Organisation(ctx context.Context, id string) (Organisation, error) {
	return s.Organisations.Organisation(ctx, id)
}

// Application gives a relying party.
func (s *Service) Application(ctx context.Context, id string) (Application, error) {
	return s.Applications.Application(ctx, id)
}

// Memberships gives where a person is an active member.
func (s *Service) Memberships(ctx context.Context, personID string) ([]Member, error) {
	return s.People.Memberships(ctx, personID)
}

// Membership gives an active membership of whatever organisation. Who may look is for the caller to say.
func (s *Service) Membership(ctx context.Context, id string) (Member, error) {
	return s.People.Membership(ctx, id)
}

// Person gives an identity.
func (s *Service) Person(ctx context.Context, id string) (Person, error) {
	return s.People.Person(ctx, id)
}

// own is the entry of what a person did to their own account. It stands in the installation's
// chain: no organisation learns from it where else the person belongs.
func (s *Service) own(personID, action string) audit.Entry {
	return audit.Entry{Actor: personID, Action: action, Subject: personID, At: s.Now().UTC()}
}

// telling gives the entry with what it tells a person, in the name of an organisation that the person knows.
func (s *Service) telling(ctx context.Context, entry audit.Entry, n Notice) audit.Entry {
	if all, err := s.People.Memberships(ctx, n.PersonID); err == nil && len(all) > 0 && n.OrganisationID == "" {
		n.OrganisationID = all[0].OrganisationID
	}
	entry.Tell = append(entry.Tell, n)
	return entry
}

// ready waits until there is room for letters that nobody waits for.
func (s *Service) ready(ctx context.Context) error {
	if s.Outbox == nil {
		return nil
	}
	return s.Outbox.Ready(ctx)
}
