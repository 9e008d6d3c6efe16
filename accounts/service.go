package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

// Service makes and finds organisations, people and applications.
type Service struct {
	Organisations Organisations
	People        People
	Applications  Applications
	Now           func() time.Time
}

// InvitationLife is how long an invitation can be accepted.
const InvitationLife = 7 * 24 * time.Hour

// Operator is the actor of what is done on the server's own command line.
const Operator = "operator"

// CreateOrganisation makes a tenant; ID and Created are filled in.
func (s *Service) CreateOrganisation(ctx context.Context, o Organisation) (Organisation, error) {
	o.ID, o.Created = secret.NewID("org"), s.Now().UTC()
	if err := o.Validate(); err != nil {
		return Organisation{}, err
	}
	return o, s.Organisations.CreateOrganisation(ctx, o, s.entry(o.ID, "organisation.created", o.ID))
}

// UpdateOrganisation stores changed settings.
func (s *Service) UpdateOrganisation(ctx context.Context, o Organisation) error {
	if err := o.Validate(); err != nil {
		return err
	}
	return s.Organisations.UpdateOrganisation(ctx, o, s.entry(o.ID, "organisation.updated", o.ID))
}

// AddMember makes a person a member. Somebody new is a member at once; somebody who has an
// identity already is invited, and the token that accepts is returned: it is shown to that
// person alone.
func (s *Service) AddMember(ctx context.Context, organisationID string, p Person, role Role) (Member, secret.Secret, error) {
	email, err := NormalEmail(p.Email)
	if err != nil {
		return Member{}, "", err
	}
	if err = checkName("display name", p.Display); err != nil {
		return Member{}, "", err
	}
	switch role {
	case RoleMember, RoleSupport, RoleAdministrator, RoleOwner:
	default:
		return Member{}, "", fmt.Errorf("%w: role is %q, it must be member, support, administrator or owner", ErrInvalid, role)
	}
	if _, err = s.Organisations.Organisation(ctx, organisationID); err != nil {
		return Member{}, "", err
	}
	now := s.Now().UTC()
	p.ID, p.Email, p.Created = secret.NewID("per"), email, now
	token := secret.NewToken()
	m := Member{ID: secret.NewID("usr"), OrganisationID: organisationID, Person: p, Role: role, Created: now}
	m, err = s.People.AddMember(ctx, m, secret.Hash(token), s.entry(organisationID, "member.added", m.ID))
	if err != nil || m.Status == Active {
		token = ""
	}
	return m, token, err
}

// EndMembership takes a person out of an organisation. What the person has elsewhere stays.
func (s *Service) EndMembership(ctx context.Context, m Member) error {
	ended, err := s.People.EndMembership(ctx, m.ID, s.entry(m.OrganisationID, "member.ended", m.ID))
	if err == nil && !ended {
		return ErrNotFound
	}
	return err
}

// AcceptInvitation makes an invited person a member.
func (s *Service) AcceptInvitation(ctx context.Context, token secret.Secret) (Member, error) {
	now := s.Now().UTC()
	return s.People.AcceptInvitation(ctx, secret.Hash(token), now.Add(-InvitationLife), audit.Entry{Actor: "person", Action: "member.accepted", At: now})
}

// CreateApplication makes a relying party and its first secret, which is shown this once.
func (s *Service) CreateApplication(ctx context.Context, a Application) (Application, secret.Secret, error) {
	a.ID, a.Created = secret.NewID("app"), s.Now().UTC()
	if err := a.Validate(); err != nil {
		return Application{}, "", err
	}
	if _, err := s.Organisations.Organisation(ctx, a.OrganisationID); err != nil {
		return Application{}, "", err
	}
	if a.WebhookURL != "" {
		a.WebhookSecret = newWebhookSecret()
	}
	live, clientSecret := s.newSecret()
	a.Secrets = []ClientSecret{live}
	err := s.Applications.CreateApplication(ctx, a, s.entry(a.OrganisationID, "application.created", a.ID))
	return a, clientSecret, err
}

// UpdateApplication stores changed settings.
func (s *Service) UpdateApplication(ctx context.Context, a Application) (Application, error) {
	if err := a.Validate(); err != nil {
		return Application{}, err
	}
	if a.WebhookURL != "" && a.WebhookSecret == "" {
		a.WebhookSecret = newWebhookSecret()
	}
	return a, s.Applications.UpdateApplication(ctx, a, s.entry(a.OrganisationID, "application.updated", a.ID))
}

// AddSecret makes a second secret, so that the application can move to it without a gap.
func (s *Service) AddSecret(ctx context.Context, applicationID string) (secret.Secret, error) {
	a, err := s.Applications.Application(ctx, applicationID)
	if err != nil {
		return "", err
	}
	if len(a.Secrets) >= MaxSecrets {
		return "", ErrSecrets
	}
	live, clientSecret := s.newSecret()
	a.Secrets = append(a.Secrets, live)
	return clientSecret, s.Applications.UpdateApplication(ctx, a, s.entry(a.OrganisationID, "application.secret-added", a.ID))
}

// EndSecret ends the secret whose id is given.
func (s *Service) EndSecret(ctx context.Context, applicationID, secretID string) error {
	a, err := s.Applications.Application(ctx, applicationID)
	if err != nil {
		return err
	}
	kept := a.Secrets[:0:0]
	for _, live := range a.Secrets {
		if live.ID != secretID {
			kept = append(kept, live)
		}
	}
	if len(kept) == len(a.Secrets) {
		return fmt.Errorf("%w: no live secret begins with %q", ErrNotFound, secretID)
	}
	a.Secrets = kept
	return s.Applications.UpdateApplication(ctx, a, s.entry(a.OrganisationID, "application.secret-ended", a.ID))
}

// Authenticate finds the application that holds the secret, else [ErrCredentials].
func (s *Service) Authenticate(ctx context.Context, clientID string, clientSecret secret.Secret) (Application, error) {
	a, err := s.Applications.Application(ctx, clientID)
	if errors.Is(err, ErrNotFound) {
		return Application{}, ErrCredentials
	}
	if err != nil {
		return Application{}, err
	}
	if !a.Holds(clientSecret) {
		return Application{}, ErrCredentials
	}
	return a, nil
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

func (s *Service) newSecret() (ClientSecret, secret.Secret) {
	token := secret.NewToken()
	return ClientSecret{ID: token.Reveal()[:6], Hash: secret.Hash(token), Created: s.Now().UTC()}, token
}

func newWebhookSecret() secret.Secret { return "whsec_" + webhookKey() }

func (s *Service) entry(organisationID, action, subject string) audit.Entry {
	return audit.Entry{Organisation: organisationID, Actor: Operator, Action: action, Subject: subject, At: s.Now().UTC()}
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
