package sms_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

// Edit and replace go through the same proof; what is in use stays as it is until then.
func TestEdit(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.made()
	before := d.active()
	d.Clock.Pass(time.Hour)
	edit := func(s *sms.Setup) {
		s.ProviderID, s.Description, s.Sender, s.Key, s.Signing = p.ID, "Renamed", "Tulp", "", ""
	}
	draft := d.begin(edit)
	ayetest.Same(t, "another id", draft.ID != p.ID, true)
	sent := d.Texts.Sent()
	ayetest.Same(t, "the key that is there", sent[len(sent)-1].Account, sms.Account{Key: key, Signing: signing, Sender: "Tulp"})
	ayetest.Same(t, "in use", d.active(), before)
	saved, err := d.save(draft, d.Texts.LastCode(other))
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "changed", []any{saved.ID, saved.Description, saved.Sender, saved.Active, saved.Signed, saved.Created, saved.Proven},
		[]any{p.ID, "Renamed", "Tulp", true, true, p.Created, d.Clock.Now()})
	ayetest.Same(t, "key", []any{d.active().Key, d.active().Signing}, []any{key, signing})

	const another secret.Secret = "bird_live_0123456789abcdefghij"
	saved = d.made(edit, func(s *sms.Setup) { s.Key = another })
	ayetest.Same(t, "another vendor", []any{saved.ID, saved.Kind, saved.KeyEnd, saved.Signed}, []any{p.ID, sms.Bird, "ghij", false})
	ayetest.Same(t, "key", []any{d.active().Key, d.active().Signing}, []any{another, secret.Secret("")})
	saved = d.made(edit, func(s *sms.Setup) { s.Signing = signing })
	ayetest.Same(t, "signed", saved.Signed, true)
	d.Clock.Pass(time.Hour)
	saved = d.made(edit, func(s *sms.Setup) { s.NoSigning = true })
	ayetest.Same(t, "not signed", []any{saved.Signed, d.active().Signing}, []any{false, secret.Secret("")})

	ayetest.Fails(t, d.SMS.Activate(t.Context(), d.Organisation.ID, p.ID, false), nil)
	saved = d.made(edit)
	ayetest.Same(t, "still not active", []any{saved.Active, d.active().ID}, []any{false, ""})
	ayetest.Same(t, "audit", d.actions(d.Organisation.ID)[1:], []string{
		d.Admin.ID + " text-provider.changed", d.Admin.ID + " text-provider.changed", d.Admin.ID + " text-provider.changed",
		d.Admin.ID + " text-provider.changed", d.Admin.ID + " text-provider.deactivated", d.Admin.ID + " text-provider.changed",
	})
}

// An edit of what is removed meanwhile makes nothing.
func TestEditOfARemovedOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.made()
	draft := d.begin(func(s *sms.Setup) { s.ProviderID = p.ID })
	ayetest.Fails(t, d.SMS.Remove(t.Context(), d.Organisation.ID, p.ID), nil)
	_, err := d.save(draft, d.Texts.LastCode(other))
	ayetest.Fails(t, err, sms.ErrNotFound)
	_, err = d.SMS.Begin(t.Context(), d.filled(func(s *sms.Setup) { s.ProviderID = p.ID }))
	ayetest.Fails(t, err, sms.ErrNotFound)
	ayetest.Same(t, "in use", len(d.list()), 0)
}

// Several are kept, one is used.
func TestSeveralProviders(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.made(func(s *sms.Setup) { s.Description = "b" })
	second := d.made(func(s *sms.Setup) { s.Description = "c" })
	third := d.made(func(s *sms.Setup) { s.Description = "a" })
	ids := func() (all []string) {
		for _, p := range d.list() {
			ayetest.Same(t, "keys", []any{p.Key, p.Signing}, []any{secret.Secret(""), secret.Secret("")})
			all = append(all, p.ID)
		}
		return all
	}
	ayetest.Same(t, "list", []any{ids(), d.active().ID}, []any{[]string{third.ID, first.ID, second.ID}, third.ID})
	ayetest.Fails(t, d.SMS.Activate(t.Context(), d.Organisation.ID, second.ID, true), nil)
	ayetest.Same(t, "list", []any{ids(), d.active().ID}, []any{[]string{second.ID, third.ID, first.ID}, second.ID})
	ayetest.Fails(t, d.SMS.Activate(t.Context(), d.Organisation.ID, second.ID, false), nil)
	ayetest.Same(t, "none is used", d.active().ID, "")
	ayetest.Fails(t, d.SMS.Remove(t.Context(), d.Organisation.ID, third.ID), nil)
	ayetest.Same(t, "list", ids(), []string{first.ID, second.ID})
	for _, err := range []error{
		d.SMS.Remove(t.Context(), d.Organisation.ID, third.ID), d.SMS.Activate(t.Context(), d.Organisation.ID, third.ID, true),
	} {
		ayetest.Fails(t, err, sms.ErrNotFound)
	}
	ayetest.Same(t, "audit", d.actions(d.Organisation.ID)[3:], []string{
		d.Admin.ID + " text-provider.activated", d.Admin.ID + " text-provider.deactivated", d.Admin.ID + " text-provider.removed",
	})
}

func TestTooManyProviders(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for range sms.MaximumProviders - 1 {
		d.AddProvider(d.Organisation.ID)
	}
	draft := d.begin()
	code := d.Texts.LastCode(other)
	d.AddProvider(d.Organisation.ID)
	_, err := d.save(draft, code)
	ayetest.Fails(t, err, sms.ErrTooMany)
	_, err = d.SMS.Begin(t.Context(), d.filled())
	ayetest.Fails(t, err, sms.ErrTooMany)
	ayetest.Same(t, "kept", len(d.list()), sms.MaximumProviders)
	last := d.list()[0]
	d.made(func(s *sms.Setup) { s.ProviderID = last.ID }) // a change is none more
}

// Whatever an id is of another organisation, it does not exist; whoever is no administrator may nothing.
func TestThreatAnotherTenantsProvider(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.made()
	draft := d.begin(func(s *sms.Setup) { s.Description = "Another" })
	code := d.Texts.LastCode(other)
	o := d.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" })
	stranger := d.AddMember(o, "Eve", accounts.RoleOwner)
	s := d.World.SMS.As(d.Accounts.As(ayetest.Actor(stranger)))
	calls := func(s *sms.Service, organisationID, by string) map[string]error {
		errs := map[string]error{}
		in := d.filled(func(in *sms.Setup) {
			in.OrganisationID, in.ProviderID, in.By.ID = organisationID, p.ID, by
		})
		_, errs["begin"] = s.Begin(t.Context(), in)
		_, errs["provider"] = s.Provider(t.Context(), organisationID, p.ID)
		errs["activate"] = s.Activate(t.Context(), organisationID, p.ID, false)
		errs["remove"] = s.Remove(t.Context(), organisationID, p.ID)
		_, errs["draft"] = s.Draft(t.Context(), organisationID, draft.ID, by)
		_, errs["again"] = s.SendAgain(t.Context(), organisationID, draft.ID, by)
		_, errs["save"] = s.Save(t.Context(), organisationID, draft.ID, by, code)
		return errs
	}
	for call, err := range calls(s, o.ID, stranger.ID) {
		if !errors.Is(err, sms.ErrNotFound) {
			t.Errorf("%s with the id of another organisation: %v", call, err)
		}
	}
	since := time.Time{}
	rest := func(s *sms.Service, organisationID, by string) map[string]error {
		errs := calls(s, organisationID, by)
		q := sms.CostQuery{OrganisationID: organisationID}
		_, errs["list"] = s.List(t.Context(), organisationID)
		_, errs["settings"] = s.Settings(t.Context(), organisationID)
		errs["change"] = s.ChangeSettings(t.Context(), sms.Settings{OrganisationID: organisationID})
		errs["resume"] = s.Resume(t.Context(), organisationID)
		_, errs["costs"] = s.Costs(t.Context(), q)
		_, errs["messages"] = s.Messages(t.Context(), q, "")
		_, errs["users"] = s.Users(t.Context(), organisationID, since)
		_, errs["expect"] = s.Expect(t.Context(), organisationID, "")
		return errs
	}
	helpdesk := desks(d.World, accounts.RoleSupport)
	for _, test := range []struct {
		name           string
		s              *sms.Service
		organisationID string
		by             string
	}{
		{"of another organisation", s, d.Organisation.ID, stranger.ID},
		{"of the operator's", d.SMS, "", d.Admin.ID},
		{"of support", helpdesk.SMS, d.Organisation.ID, helpdesk.Admin.ID},
		{"of nobody", d.World.SMS.As(d.Accounts.As(accounts.Actor{})), d.Organisation.ID, ""},
	} {
		for call, err := range rest(test.s, test.organisationID, test.by) {
			if !errors.Is(err, accounts.ErrForbidden) {
				t.Errorf("%s, %s: %v", test.name, call, err)
			}
		}
	}
	ayetest.Same(t, "all is as it was", d.active().ID, p.ID)
}

// Keys are in no text that somebody could read.
func TestKeysAreNotSeen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	draft := d.begin()
	found, err := d.SMS.Draft(t.Context(), d.Organisation.ID, draft.ID, d.Admin.ID)
	ayetest.Fails(t, err, nil)
	d.Clock.Pass(time.Minute)
	again, err := d.SMS.SendAgain(t.Context(), d.Organisation.ID, draft.ID, d.Admin.ID)
	ayetest.Fails(t, err, nil)
	p, err := d.save(again, d.Texts.LastCode(other))
	ayetest.Fails(t, err, nil)
	got, err := d.SMS.Provider(t.Context(), d.Organisation.ID, p.ID)
	ayetest.Fails(t, err, nil)
	for _, keys := range [][2]secret.Secret{{draft.Key, draft.Signing}, {found.Key, found.Signing}, {again.Key, again.Signing}, {p.Key, p.Signing}, {got.Key, got.Signing}} {
		ayetest.Same(t, "given", keys, [2]secret.Secret{})
	}
	shown := fmt.Sprintf("%+v %+v", p, d.list())
	rows, err := d.Store.AuditRows(t.Context(), d.Organisation.ID, 0, 1000)
	ayetest.Fails(t, err, nil)
	for _, canary := range []string{key.Reveal(), signing.Reveal(), other} {
		if text := fmt.Sprintf("%s %+v", shown, rows); strings.Contains(text, canary) {
			t.Errorf("%s is in %s", canary, text)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	get := func() sms.Settings {
		s, err := d.SMS.Settings(t.Context(), d.Organisation.ID)
		ayetest.Fails(t, err, nil)
		return s
	}
	id := d.Organisation.ID
	ayetest.Same(t, "default", get(), sms.Settings{OrganisationID: id, Countries: []string{"NL"}, Cap: sms.DefaultCap})
	change := func(s sms.Settings) string {
		s.OrganisationID = id
		err := d.SMS.ChangeSettings(t.Context(), s)
		if err != nil {
			ayetest.Fails(t, err, sms.ErrInvalid)
		}
		return problem(err)
	}
	ayetest.Same(t, "unknown", change(sms.Settings{Countries: []string{"NL", "ZZ"}}), "countries unknown")
	ayetest.Same(t, "no country", change(sms.Settings{Countries: []string{""}}), "countries unknown")
	ayetest.Same(t, "below nothing", change(sms.Settings{Cap: -1}), "cap form")
	ayetest.Same(t, "too low", change(sms.Settings{Cap: sms.MinimumCap - 1}), "cap low")
	ayetest.Same(t, "lowest", change(sms.Settings{Cap: sms.MinimumCap}), "")
	ayetest.Same(t, "default again", change(sms.Settings{}), "")
	ayetest.Same(t, "too high", change(sms.Settings{Cap: sms.MaximumCap + 1}), "cap high")
	ayetest.Same(t, "nothing changed", get(), sms.Settings{OrganisationID: id, Countries: []string{"NL"}, Cap: sms.DefaultCap})
	ayetest.Same(t, "highest", change(sms.Settings{Cap: sms.MaximumCap, Countries: []string{"us", " nl", "US"}}), "")
	ayetest.Same(t, "changed", get(), sms.Settings{OrganisationID: id, Countries: []string{"NL", "US"}, Cap: sms.MaximumCap})
	ayetest.Same(t, "back", change(sms.Settings{}), "")
	ayetest.Same(t, "default", get(), sms.Settings{OrganisationID: id, Countries: []string{"NL"}, Cap: sms.DefaultCap})
	ayetest.Same(t, "audit", slices.Compact(d.actions(id)), []string{d.Admin.ID + " texts.settings-changed"})

	d.World.SMS.Config.OperatorCap = 7
	operators, err := d.World.SMS.Settings(t.Context(), "")
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "the operator's", operators, sms.Settings{Countries: []string{"NL"}, Cap: 7})
	operators.Countries = []string{"BE"}
	ayetest.Fails(t, d.World.SMS.ChangeSettings(t.Context(), operators), nil)
	operators.Cap = 8
	ayetest.Same(t, "no cap of its own", problem(d.World.SMS.ChangeSettings(t.Context(), operators)), "cap fixed")
}
