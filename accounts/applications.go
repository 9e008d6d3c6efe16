package accounts

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"example.com/aye/internal/secret"
)

// CreateApplication makes a relying party and its first secret, which is shown this once.
func (s *Service) CreateApplication(ctx context.Context, a Application) (Application, secret.Secret, error) {
	if err := s.may(ctx, a.OrganisationID); err != nil {
		return Application{}, "", err
	}
	a.ID, a.Kind, a.Created = secret.NewID("app"), KindClient, s.Now().UTC()
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

// UpdateApplication stores changed settings. What the portal asks with is nobody's to change.
func (s *Service) UpdateApplication(ctx context.Context, a Application) (Application, error) {
	if err := s.may(ctx, a.OrganisationID); err != nil {
		return Application{}, err
	}
	if a.Kind == KindPortal {
		return Application{}, ErrNotFound
	}
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
	a, err := s.client(ctx, applicationID)
	if err != nil {
		return "", err
	}
	made, clientSecret := s.newSecret()
	err = s.Applications.ChangeSecrets(ctx, a.ID, func(live []ClientSecret) ([]ClientSecret, error) {
		if len(live) >= MaxSecrets {
			return nil, ErrSecrets
		}
		return append(live, made), nil
	}, s.entry(a.OrganisationID, "application.secret-added", a.ID))
	if err != nil {
		return "", err
	}
	return clientSecret, nil
}

// EndSecret ends the secret whose id is given.
func (s *Service) EndSecret(ctx context.Context, applicationID, secretID string) error {
	a, err := s.client(ctx, applicationID)
	if err != nil {
		return err
	}
	return s.Applications.ChangeSecrets(ctx, a.ID, func(live []ClientSecret) ([]ClientSecret, error) {
		kept := slices.DeleteFunc(slices.Clone(live), func(one ClientSecret) bool { return one.ID == secretID })
		if len(kept) == len(live) {
			return nil, fmt.Errorf("%w: no live secret begins with %q", ErrNotFound, secretID)
		}
		return kept, nil
	}, s.entry(a.OrganisationID, "application.secret-ended", a.ID))
}

// NewWebhookSecret replaces the secret that signs what is sent to the webhook. It is [ErrNotFound]
// where the application has none.
func (s *Service) NewWebhookSecret(ctx context.Context, applicationID string) (secret.Secret, error) {
	a, err := s.client(ctx, applicationID)
	if err != nil {
		return "", err
	}
	if a.WebhookURL == "" {
		return "", ErrNotFound
	}
	a.WebhookSecret = newWebhookSecret()
	return a.WebhookSecret, s.Applications.UpdateApplication(ctx, a, s.entry(a.OrganisationID, "application.webhook-secret-changed", a.ID))
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
	if a.Kind != KindClient || !a.Holds(clientSecret) {
		return Application{}, ErrCredentials
	}
	return a, nil
}

// client gives an application of the actor's own organisation, which is not the portal.
func (s *Service) client(ctx context.Context, id string) (Application, error) {
	a, err := s.Applications.Application(ctx, id)
	if err != nil {
		return Application{}, err
	}
	if a.Kind != KindClient {
		return Application{}, ErrNotFound
	}
	if err = s.may(ctx, a.OrganisationID); errors.Is(err, ErrForbidden) {
		err = ErrNotFound // that it exists elsewhere is nobody's business
	}
	return a, err
}

// Client gives an application that the actor may manage, else [ErrNotFound].
func (s *Service) Client(ctx context.Context, organisationID, id string) (Application, error) {
	a, err := s.client(ctx, id)
	if err == nil && a.OrganisationID != organisationID {
		err = ErrNotFound
	}
	if err != nil {
		return Application{}, err
	}
	return a, nil
}

// ApplicationsOf gives those of the organisation by name, without the portal.
// Every member may see what there is.
func (s *Service) ApplicationsOf(ctx context.Context, organisationID string) ([]Application, error) {
	if !s.operator() && s.actor.OrganisationID != organisationID {
		return nil, ErrForbidden
	}
	return s.Applications.ApplicationList(ctx, organisationID)
}

// PortalOf gives what Aye's own pages ask with in the organisation. It is made at the first use.
func (s *Service) PortalOf(ctx context.Context, organisationID string) (Application, error) {
	found, err := s.Applications.Portal(ctx, organisationID)
	if !errors.Is(err, ErrNotFound) {
		return found, err
	}
	if _, err = s.Organisations.Organisation(ctx, organisationID); err != nil {
		return Application{}, err
	}
	a := Application{ID: secret.NewID("app"), OrganisationID: organisationID, Kind: KindPortal, Name: PortalName, Created: s.Now().UTC()}
	entry := s.entry(organisationID, "application.created", a.ID)
	entry.Actor = "system"
	if err = s.Applications.CreateApplication(ctx, a, entry); err != nil && !errors.Is(err, ErrExists) {
		return Application{}, err
	}
	return s.Applications.Portal(ctx, organisationID) // of two first uses at once, one made it
}

func (s *Service) newSecret() (ClientSecret, secret.Secret) {
	token := secret.NewToken()
	return ClientSecret{ID: token.Reveal()[:6], Hash: secret.Hash(token), Created: s.Now().UTC()}, token
}
