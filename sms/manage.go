package sms

import (
	"context"
	"strings"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
)

// may is nil where the actor may manage what is the organisation's.
func (s *Service) may(ctx context.Context, organisationID string) error {
	if s.actor == nil {
		return nil
	}
	return s.actor.MayManage(ctx, organisationID)
}

// by is how the audit log names the actor.
func (s *Service) by() string {
	if s.actor == nil {
		return accounts.Operator
	}
	return s.actor.By()
}

func (s *Service) entry(organisationID, action, subject string) audit.Entry {
	return audit.Entry{Organisation: organisationID, Actor: s.by(), Action: action, Subject: subject, At: s.Now().UTC()}
}

// List gives the providers of the organisation, or the operator's own: the active one first, then by
// description. Keys are not in it.
func (s *Service) List(ctx context.Context, organisationID string) ([]Provider, error) {
	if err := s.may(ctx, organisationID); err != nil {
		return nil, err
	}
	return s.Providers.ProviderList(ctx, organisationID)
}

// Provider gives one of them, without its keys; else [ErrNotFound].
func (s *Service) Provider(ctx context.Context, organisationID, id string) (Provider, error) {
	if err := s.may(ctx, organisationID); err != nil {
		return Provider{}, err
	}
	p, err := s.Providers.ProviderWithKeys(ctx, organisationID, id)
	return withoutKeys(p), err
}

// Activate makes it the one that is used, or the organisation one without any.
func (s *Service) Activate(ctx context.Context, organisationID, id string, active bool) error {
	if err := s.may(ctx, organisationID); err != nil {
		return err
	}
	action := providerAction + "deactivated"
	if active {
		action = providerAction + "activated"
	}
	p, err := s.kept(ctx, organisationID, id)
	if err != nil {
		return err
	}
	entry := s.entry(organisationID, action, id)
	if p.Active != active {
		entry.Tell = s.told(p, action)
	}
	found, err := s.Providers.SetActive(ctx, organisationID, id, active, entry)
	if err == nil && !found {
		err = ErrNotFound
	}
	return err
}

// Remove takes it away with its keys. What it sent stays in the ledger.
func (s *Service) Remove(ctx context.Context, organisationID, id string) error {
	if err := s.may(ctx, organisationID); err != nil {
		return err
	}
	p, err := s.kept(ctx, organisationID, id)
	if err != nil {
		return err
	}
	entry := s.entry(organisationID, providerAction+"removed", id)
	entry.Tell = s.told(p, entry.Action)
	found, err := s.Providers.RemoveProvider(ctx, organisationID, id, s.Now().UTC(), entry)
	if err == nil && !found {
		err = ErrNotFound
	}
	return err
}

// kept finds a provider, also one whose keys cannot be read.
func (s *Service) kept(ctx context.Context, organisationID, id string) (Provider, error) {
	all, err := s.Providers.ProviderList(ctx, organisationID)
	if err != nil {
		return Provider{}, err
	}
	for _, p := range all {
		if p.ID == id {
			return p, nil
		}
	}
	return Provider{}, ErrNotFound
}

// providerAction is what the audit log puts before what was done with a provider.
const providerAction = "text-provider."

// told is what all who look after the organisation are told of what was done with a provider of it. The code that it
// was proven with shows that the account works, and not whose it is: who has it can see all codes. What
// is the operator's own the operator did.
func (s *Service) told(p Provider, action string) []any {
	if p.OrganisationID == "" {
		return nil
	}
	return []any{accounts.Notice{
		OrganisationID: p.OrganisationID, Kind: accounts.TextsProvider, Provider: p.Description,
		Reason: strings.TrimPrefix(action, providerAction), By: s.by(),
	}}
}
