package sms

import (
	"context"
	"slices"
	"strconv"
	"strings"
)

// Settings gives what the organisation decided, the defaults filled in.
func (s *Service) Settings(ctx context.Context, organisationID string) (Settings, error) {
	if err := s.may(ctx, organisationID); err != nil {
		return Settings{}, err
	}
	return s.settings(ctx, organisationID)
}

// settings is [Service.Settings] for whoever asks.
func (s *Service) settings(ctx context.Context, organisationID string) (Settings, error) {
	settings, err := s.Providers.SMSSettings(ctx, organisationID)
	if err != nil {
		return Settings{}, err
	}
	if len(settings.Countries) == 0 {
		settings.Countries = []string{s.Config.Country}
	}
	settings.Cap = s.capOf(payerOf(organisationID), settings.Cap)
	return settings, nil
}

// payerOf is who pays for the check of a provider: whose it is.
func payerOf(organisationID string) Payer {
	if organisationID == "" {
		return PaidByOperator
	}
	return PaidByOrganisation
}

// sendsTo tells whether messages may go to the country.
func (s Settings) sendsTo(country string) bool { return slices.Contains(s.Countries, country) }

// ChangeSettings stores countries and cap; it fails with [ErrInvalid] or accounts.ErrForbidden. The
// operator's own cap is a setting of the installation.
func (s *Service) ChangeSettings(ctx context.Context, in Settings) error {
	err := s.may(ctx, in.OrganisationID)
	if err != nil {
		return err
	}
	if in.Countries, err = normalCountries(in.Countries); err != nil {
		return err
	}
	switch {
	case in.Cap < 0:
		return &InvalidError{Field: "cap", Problem: "form", Detail: "must be an amount, or 0 for the default"}
	case in.OrganisationID != "" && in.Cap != 0 && in.Cap < MinimumCap:
		return &InvalidError{Field: "cap", Problem: "low", Detail: "must be " + MinimumCap.String() + " or more"}
	case in.Cap > MaximumCap:
		return &InvalidError{Field: "cap", Problem: "high", Detail: "may be " + MaximumCap.String()}
	case in.OrganisationID == "" && in.Cap != 0 && in.Cap != s.capOf(PaidByOperator, 0):
		return &InvalidError{Field: "cap", Problem: "fixed", Detail: "is a setting of the installation here"}
	case in.OrganisationID == "":
		in.Cap = 0
	}
	entry := s.entry(in.OrganisationID, "texts.settings-changed", in.OrganisationID)
	entry.Data = map[string]string{"countries": strings.Join(in.Countries, ","), "cap": strconv.FormatInt(int64(in.Cap), 10)}
	return s.Providers.ChangeSMSSettings(ctx, in, entry)
}

// Resume lets messages go out again that the breaker stopped.
func (s *Service) Resume(ctx context.Context, organisationID string) error {
	if err := s.may(ctx, organisationID); err != nil {
		return err
	}
	_, err := s.Providers.ResumeSMS(ctx, organisationID, s.Now().UTC(), s.entry(organisationID, "texts.resumed", organisationID))
	return err
}
