package sms

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/otp"
)

// Begin checks what was filled in, asks the vendor whether the key is right and money is left, and
// sends a code by that very account. It fails with [ErrInvalid], [ErrVendor], [ErrDelayed],
// [ErrTooMany], accounts.ErrForbidden, [ErrNotOpen] where the money is used up, or [ErrNotFound]. With
// [ErrNoAnswer] the draft is given too: the code counts if it arrives.
func (s *Service) Begin(ctx context.Context, in Setup) (Draft, error) {
	if err := s.may(ctx, in.OrganisationID); err != nil {
		return Draft{}, err
	}
	if in.By.ID != s.by() {
		return Draft{}, accounts.ErrForbidden
	}
	d, err := s.drafted(ctx, trimmed(in))
	if err != nil {
		return Draft{}, err
	}
	// The page that waits ends before the vendor has to answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), SetupTime)
	defer cancel()
	if err = s.check(ctx, d); err != nil {
		return Draft{}, err
	}
	return s.sendDraft(ctx, d, func(m Message) error {
		d.MessageID, d.Sent = m.ID, m.At
		return s.Providers.AddDraft(ctx, d)
	})
}

// shown is the draft without its keys, which nobody sees again.
func (d Draft) shown() Draft {
	d.Key, d.Signing = "", ""
	return d
}

// drafted checks the fields, and takes from the provider that is changed what was left as it is.
func (s *Service) drafted(ctx context.Context, in Setup) (Draft, error) {
	d := Draft{ID: secret.NewID("smp"), Setup: in, Created: s.Now().UTC()}
	var err error
	if d.ProviderID == "" {
		err = s.room(ctx, in.OrganisationID)
	} else {
		err = s.unchanged(ctx, &d)
	}
	if err != nil {
		return Draft{}, err
	}
	if err = checkDescription(d.Description); err != nil {
		return Draft{}, err
	}
	if d.Sender, err = NormalSender(d.Sender); err != nil {
		return Draft{}, err
	}
	if d.Kind, err = KindOf(d.Key); err != nil {
		return Draft{}, err
	}
	d.KeyEnd = keyEnd(d.Key)
	if err = checkSigning(d.Signing); err != nil {
		return Draft{}, err
	}
	if d.To, err = normalTo(d.By); err != nil {
		return Draft{}, err
	}
	if country := accounts.CountryOf(d.To); !takes(country, d.Sender) {
		return Draft{}, &InvalidError{Field: "sender", Problem: "country", Detail: "must be a number to reach a number of " + country}
	}
	return d, nil
}

// room tells whether another provider can be kept. The store judges again.
func (s *Service) room(ctx context.Context, organisationID string) error {
	all, err := s.Providers.ProviderList(ctx, organisationID)
	if err == nil && len(all) >= MaximumProviders {
		err = ErrTooMany
	}
	return err
}

// unchanged fills in the keys of the provider that is changed, where there are no new ones.
func (s *Service) unchanged(ctx context.Context, d *Draft) error {
	p, err := s.Providers.ProviderWithKeys(ctx, d.OrganisationID, d.ProviderID)
	if err != nil {
		return err
	}
	if d.Key == "" {
		d.Key = p.Key
	}
	kind, _ := KindOf(d.Key) // drafted looks at what is wrong with it
	switch {
	case d.Signing != "" || d.NoSigning:
	case kind != p.Kind:
		d.NoSigning = true // what another vendor signs with says nothing here
	default:
		d.Signing = p.Signing
	}
	return nil
}

// check asks the vendor for the key and for what is left. Nothing is sent yet, so that no answer is
// a refusal too.
func (s *Service) check(ctx context.Context, d Draft) error {
	vendor, known := s.Vendors[d.Kind]
	if !known {
		return &VendorError{Class: Other, Detail: "nothing speaks to " + string(d.Kind)}
	}
	ctx, cancel := context.WithTimeout(ctx, CheckTime)
	defer cancel()
	left, known, err := vendor.Check(ctx, account(d.provider()))
	var refusal *VendorError
	switch {
	case errors.As(err, &refusal):
		return err
	case err != nil:
		return errors.Join(&VendorError{Class: Down}, err)
	case known && left.Prepaid && left.Left <= 0:
		return &VendorError{Class: NoBalance}
	}
	return nil
}

// provider is what the draft becomes if it becomes a new one.
func (d Draft) provider() Provider {
	return Provider{
		ID: d.account(), OrganisationID: d.OrganisationID, Kind: d.Kind, Description: d.Description, Sender: d.Sender,
		Key: d.Key, KeyEnd: d.KeyEnd, Signing: d.Signing, Signed: d.Signing != "", Active: true,
	}
}

// account is the id under which its messages stand: that of the provider that it changes, or becomes.
func (d Draft) account() string { return cmp.Or(d.ProviderID, d.ID) }

// sendDraft sends a code by the draft's own account. kept writes the message down in the draft.
func (s *Service) sendDraft(ctx context.Context, d Draft, kept func(Message) error) (Draft, error) {
	locale := d.By.Locale
	if locale == "" && d.OrganisationID != "" {
		o, err := s.Directory.Organisation(ctx, d.OrganisationID)
		if err != nil {
			return Draft{}, err
		}
		locale = o.Locale
	}
	l := posting{provider: d.provider(), life: CodeLife, draft: true, kept: kept, Message: Message{
		ID: newMessageID(), OrganisationID: d.OrganisationID, ProviderID: d.account(), Purpose: accounts.TextCheck,
		Payer: payerOf(d.OrganisationID), About: d.ID, PersonID: d.By.PersonID, Number: d.To,
	}}
	l.body = bodyOf(wordsOf(accounts.TextCheck, locale), otp.TextCode(s.Keys, l.ID), "", s.host())
	m, _, err := s.post(ctx, l)
	if m.ID == "" {
		return Draft{}, err
	}
	d.MessageID, d.Sent, d.Until, d.Tries = m.ID, m.At, m.At.Add(CodeLife), 0
	return d.shown(), err
}

// host is the name of the installation's own pages.
func (s *Service) host() string {
	_, host, _ := strings.Cut(s.Config.Origin, "://")
	host, _, _ = strings.Cut(host, ":")
	return host
}

// SendAgain sends another code for the draft; it fails as Begin does. by is who began it.
func (s *Service) SendAgain(ctx context.Context, organisationID, draftID, by string) (Draft, error) {
	d, err := s.draft(ctx, organisationID, draftID, by)
	if err != nil {
		return Draft{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), SetupTime)
	defer cancel()
	return s.sendDraft(ctx, d, func(m Message) error { return s.Providers.SentDraft(ctx, d.ID, m.ID, m.At) })
}

// Draft gives what is not in use yet, without its keys, to who began it; else [ErrNotFound].
func (s *Service) Draft(ctx context.Context, organisationID, draftID, by string) (Draft, error) {
	d, err := s.draft(ctx, organisationID, draftID, by)
	return d.shown(), err
}

func (s *Service) draft(ctx context.Context, organisationID, draftID, by string) (Draft, error) {
	if err := s.may(ctx, organisationID); err != nil {
		return Draft{}, err
	}
	d, err := s.Providers.Draft(ctx, organisationID, draftID, s.Now().Add(-DraftLife))
	if err != nil {
		return Draft{}, err
	}
	if d.By.ID != by || by != s.by() {
		return Draft{}, ErrNotFound // the code is for who gave the number, and the key for who has it
	}
	d.Until = d.Sent.Add(CodeLife)
	return d, nil
}

// Save makes the draft the active provider, or changes the provider that it is about, which is
// active or not as it was. It fails with [ErrWrongCode], [ErrTries], [ErrNotFound] or accounts.ErrForbidden.
func (s *Service) Save(ctx context.Context, organisationID, draftID, by, code string) (Provider, error) {
	if _, err := s.draft(ctx, organisationID, draftID, by); err != nil {
		return Provider{}, err
	}
	now := s.Now().UTC()
	// The try is counted before the code is looked at.
	d, err := s.Providers.TryDraft(ctx, organisationID, draftID, now.Add(-DraftLife))
	if err != nil {
		return Provider{}, err
	}
	typed := secret.Secret(strings.Join(strings.Fields(code), ""))
	switch {
	case d.Tries > CodeTries:
		return Provider{}, ErrTries
	case d.MessageID == "" || !now.Before(d.Sent.Add(CodeLife)) || !secret.Equal(typed, otp.TextCode(s.Keys, d.MessageID)):
		return Provider{}, ErrWrongCode
	}
	p, action := d.provider(), providerAction+"added"
	p.Created, p.Proven = now, now
	if d.ProviderID != "" {
		action = providerAction + "changed" // whether it is active stays as it is
	}
	entry := s.entry(organisationID, action, p.ID)
	entry.Data, entry.Tell = map[string]string{"kind": string(p.Kind)}, s.told(p, action)
	if p, err = s.Providers.SaveDraft(ctx, d, p, MaximumProviders, now, entry); err != nil {
		return Provider{}, err
	}
	return withoutKeys(p), nil
}

func withoutKeys(p Provider) Provider {
	p.Key, p.Signing = "", ""
	return p
}
