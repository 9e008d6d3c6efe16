package sms_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

const (
	key     secret.Secret = "live_0123456789abcdWXYZ"
	signing secret.Secret = "signing-key-0123456789"
)

// desk is an administrator who sets up what the organisation has.
type desk struct {
	*ayetest.World
	Admin accounts.Member
	SMS   *sms.Service
}

// newDesk is an organisation without a provider.
func newDesk(t *testing.T) *desk {
	t.Helper()
	w := ayetest.New(t)
	w.AllowSMS(w.Organisation)
	return desks(w, accounts.RoleAdministrator)
}

func desks(w *ayetest.World, role accounts.Role) *desk {
	d := &desk{World: w, Admin: w.AddMember(w.Organisation, "Bea", role)}
	d.SMS = w.SMS.As(w.Accounts.As(ayetest.Actor(d.Admin)))
	return d
}

// filled is what the administrator fills in.
func (d *desk) filled(change ...func(*sms.Setup)) sms.Setup {
	in := sms.Setup{
		OrganisationID: d.Organisation.ID, Description: "Our account", Sender: "Tulp Zoon", Key: key, Signing: signing,
		By: sms.Administrator{ID: d.Admin.ID, PersonID: d.Admin.Person.ID, Number: "06 8765 4321", Locale: "nl"},
	}
	for _, c := range change {
		c(&in)
	}
	return in
}

func (d *desk) begin(change ...func(*sms.Setup)) sms.Draft {
	d.Helper()
	draft, err := d.SMS.Begin(d.Context(), d.filled(change...))
	ayetest.Fails(d, err, nil)
	return draft
}

func (d *desk) save(draft sms.Draft, code string) (sms.Provider, error) {
	return d.SMS.Save(d.Context(), draft.OrganisationID, draft.ID, d.Admin.ID, code)
}

// made makes a provider, from the first field to the code.
func (d *desk) made(change ...func(*sms.Setup)) sms.Provider {
	d.Helper()
	p, err := d.save(d.begin(change...), d.Texts.LastCode(other))
	ayetest.Fails(d, err, nil)
	return p
}

func (d *desk) list() []sms.Provider {
	d.Helper()
	all, err := d.SMS.List(d.Context(), d.Organisation.ID)
	ayetest.Fails(d, err, nil)
	return all
}

// active is the one that is used, with its keys; the zero one for none.
func (d *desk) active() sms.Provider {
	d.Helper()
	p, err := d.Store.ActiveProvider(d.Context(), d.Organisation.ID)
	if !errors.Is(err, sms.ErrNotFound) {
		ayetest.Fails(d, err, nil)
	}
	return p
}

// actions are what the audit log says was done about text messages, oldest first.
func (d *desk) actions(organisationID string) (actions []string) {
	d.Helper()
	rows, err := d.Store.AuditRows(d.Context(), organisationID, 0, 1000)
	ayetest.Fails(d, err, nil)
	for _, r := range rows {
		if strings.HasPrefix(r.Action, "text") {
			actions = append(actions, r.Actor+" "+r.Action)
		}
	}
	return actions
}

// From the first field to Save: nothing is in use before the code is right.
func TestSetUp(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	draft := d.begin()
	now := d.Clock.Now()
	ayetest.Same(t, "draft", []any{draft.Kind, draft.KeyEnd, draft.To, draft.Created, draft.Sent, draft.Until, draft.Sender},
		[]any{sms.MessageBird, "WXYZ", other, now, now, now.Add(sms.CodeLife), "Tulp Zoon"})
	sent := d.Texts.Sent()[0]
	code := d.Texts.LastCode(other)
	ayetest.Same(t, "by that very account", sent.Account, sms.Account{Key: key, Signing: signing, Sender: "Tulp Zoon"})
	ayetest.Same(t, "text", sent.Body, code+" is de code om deze sms-provider te controleren.\n\n@aye.example.com #"+code)
	ayetest.Same(t, "reports", sent.ReportTo, ayetest.Origin+"/v1/sms/reports/"+draft.ID)
	ayetest.Same(t, "life", sent.Life, sms.CodeLife)
	ayetest.Same(t, "nothing is in use", []any{len(d.list()), d.active().ID}, []any{0, ""})

	_, err := d.save(draft, ayetest.Wrong(secret.Secret(code)).Reveal())
	ayetest.Fails(t, err, sms.ErrWrongCode)
	ayetest.Same(t, "nothing is in use", []any{len(d.list()), d.active().ID}, []any{0, ""})
	p, err := d.save(draft, " "+code[:3]+" "+code[3:])
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "provider", p, sms.Provider{
		ID: draft.ID, OrganisationID: d.Organisation.ID, Kind: sms.MessageBird, Description: "Our account", Sender: "Tulp Zoon",
		KeyEnd: "WXYZ", Signed: true, Active: true, Created: now, Proven: now,
	})
	ayetest.Same(t, "list", d.list(), []sms.Provider{p})
	ayetest.Same(t, "in use", []any{d.active().Key, d.active().Signing}, []any{key, signing})
	row := (&house{World: d.World}).row(draft.MessageID)
	ayetest.Same(t, "ledger", []any{row.Purpose, row.Payer, row.ProviderID, row.PersonID, row.Used, row.Estimate},
		[]any{accounts.TextCheck, sms.PaidByOrganisation, p.ID, d.Admin.Person.ID, now, each})
	ayetest.Same(t, "audit", d.actions(d.Organisation.ID), []string{d.Admin.ID + " text-provider.added"})

	_, err = d.save(draft, code)
	ayetest.Fails(t, err, sms.ErrNotFound)
}

// The operator's own provider is set up in the same way, and the operator pays.
func TestSetUpOfTheOperator(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	in := sms.Setup{Description: "Ours", Sender: "Aye", Key: key, By: sms.Administrator{ID: accounts.Operator, Number: other, Locale: "en"}}
	draft, err := w.SMS.Begin(t.Context(), in)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "no reports without a signing key", w.Texts.Sent()[0].ReportTo, "")
	p, err := w.SMS.Save(t.Context(), "", draft.ID, accounts.Operator, w.Texts.LastCode(other))
	ayetest.Fails(t, err, nil)
	active, err := w.Store.ActiveProvider(t.Context(), "")
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "in use", active.ID, p.ID)
	ayetest.Same(t, "paid by", (&house{World: w}).row(draft.MessageID).Payer, sms.PaidByOperator)
}

// What is filled in is looked at before the vendor is asked.
func TestFields(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, test := range []struct {
		problem string
		change  func(*sms.Setup)
	}{
		{"description missing", func(s *sms.Setup) { s.Description = "  " }},
		{"description long", func(s *sms.Setup) { s.Description = strings.Repeat("é", 101) }},
		{"description form", func(s *sms.Setup) { s.Description = "two\nlines" }},
		{"sender missing", func(s *sms.Setup) { s.Sender = "" }},
		{"sender long", func(s *sms.Setup) { s.Sender = "Tulp en Zoon" }},
		{"key missing", func(s *sms.Setup) { s.Key = "" }},
		{"key test", func(s *sms.Setup) { s.Key = "test_0123456789abcdefghij" }},
		{"key form", func(s *sms.Setup) { s.Key = "short" }},
		{"signing_key form", func(s *sms.Setup) { s.Signing = "with a space" }},
		{"number missing", func(s *sms.Setup) { s.By.Number = "" }},
		{"number form", func(s *sms.Setup) { s.By.Number = "020 624 1111" }},
		{"sender country", func(s *sms.Setup) { s.By.Number = "+1 201 555 0123" }},
	} {
		_, err := d.SMS.Begin(t.Context(), d.filled(test.change))
		ayetest.Fails(t, err, sms.ErrInvalid)
		ayetest.Same(t, "problem", problem(err), test.problem)
	}
	ayetest.Same(t, "sent", len(d.Texts.Sent()), 0)
	d.begin(func(s *sms.Setup) { s.By.Number, s.Sender = "+1 201 555 0123", "+1 500 555 0006" })
	d.begin(func(s *sms.Setup) { s.Description = strings.Repeat("é", 100) })
}

// Every way in which the vendor can refuse: nothing is in use, nothing is paid.
func TestTheVendorRefuses(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	h := &house{World: d.World}
	classes := []sms.Class{
		sms.BadKey, sms.TestKey, sms.NoBalance, sms.BadSender, sms.BadNumber, sms.NotPermitted, sms.Busy, sms.Down, sms.Other,
	}
	class := func(err error) sms.Class {
		var refusal *sms.VendorError
		ayetest.Fails(t, err, sms.ErrVendor)
		ayetest.Same(t, "class", errors.As(err, &refusal), true)
		return refusal.Class
	}
	for _, c := range classes {
		d.Texts.Balance(sms.Balance{}, &sms.VendorError{Class: c, Code: "2", Detail: "no"})
		_, err := d.SMS.Begin(t.Context(), d.filled())
		ayetest.Same(t, "check", class(err), c)
		d.Texts.Balance(sms.Balance{}, nil)

		d.Texts.Refuse(&sms.VendorError{Class: c, Code: "2", Detail: "no"})
		draft, err := d.SMS.Begin(t.Context(), d.filled())
		ayetest.Same(t, "send", class(err), c)
		row := h.row(draft.MessageID)
		ayetest.Same(t, "ledger", []any{row.State, row.Reason, row.Detail}, []any{sms.Refused, c, "2 no"})
		d.Texts.Refuse(nil)
	}
	for _, test := range []struct {
		left sms.Balance
		want error
	}{
		{sms.Balance{Prepaid: true, Unit: "credits"}, sms.ErrVendor},
		{sms.Balance{Prepaid: true, Unit: "credits", Left: 0.01}, nil},
		{sms.Balance{Unit: "euros"}, nil}, // an invoice follows
	} {
		d.Texts.Balance(test.left, nil)
		_, err := d.SMS.Begin(t.Context(), d.filled())
		ayetest.Fails(t, err, test.want)
		if test.want != nil {
			ayetest.Same(t, "balance", class(err), sms.NoBalance)
		}
	}
	d.Texts.Balance(sms.Balance{}, errors.New("no route"))
	_, err := d.SMS.Begin(t.Context(), d.filled())
	ayetest.Same(t, "no answer to a question sends nothing", class(err), sms.Down)
	ayetest.Same(t, "sent", len(d.Texts.Sent()), 2)
	ayetest.Same(t, "in use", len(d.list()), 0)
	spent, err := d.Store.MonthSpent(t.Context(), d.Organisation.ID, sms.PaidByOrganisation, "EUR", d.Clock.Now())
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "spent", spent, 2*each)
}

// A vendor that does not answer may have sent the code.
func TestSetUpWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Texts.Silent(true)
	draft, err := d.SMS.Begin(t.Context(), d.filled())
	ayetest.Fails(t, err, sms.ErrNoAnswer)
	ayetest.Same(t, "sent once", len(d.Texts.To(other)), 1)
	_, err = d.save(draft, d.Texts.LastCode(other))
	ayetest.Fails(t, err, nil)
}

// Five codes are looked at for a message; another message helps, and ends the code before.
func TestThreatGuessingTheCodeOfADraft(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	draft := d.begin()
	first := d.Texts.LastCode(other)
	wrong := ayetest.Wrong(secret.Secret(first)).Reveal()
	for range sms.CodeTries {
		_, err := d.save(draft, wrong)
		ayetest.Fails(t, err, sms.ErrWrongCode)
	}
	_, err := d.save(draft, first)
	ayetest.Fails(t, err, sms.ErrTries)

	again := func() (sms.Draft, error) {
		return d.SMS.SendAgain(t.Context(), d.Organisation.ID, draft.ID, d.Admin.ID)
	}
	_, err = again()
	limit, wait := (&house{World: d.World}).delay(err)
	ayetest.Same(t, "pause", []any{limit, wait}, []any{sms.Pause, sms.FirstPause})
	d.Clock.Pass(sms.FirstPause)
	draft, err = again()
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "counts from now", []any{draft.Tries, draft.Until}, []any{0, d.Clock.Now().Add(sms.CodeLife)})
	_, err = d.save(draft, first)
	ayetest.Fails(t, err, sms.ErrWrongCode)
	for _, empty := range []string{"", " "} {
		_, err = d.save(draft, empty)
		ayetest.Fails(t, err, sms.ErrWrongCode)
	}
	_, err = d.save(draft, d.Texts.LastCode(other))
	ayetest.Fails(t, err, nil)
}

func TestCodesAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	draft := d.begin()
	wrong := ayetest.Wrong(secret.Secret(d.Texts.LastCode(other))).Reveal()
	looked := make([]bool, 50)
	ayetest.AtOnce(len(looked), func(i int) {
		_, err := d.save(draft, wrong)
		looked[i] = errors.Is(err, sms.ErrWrongCode)
	})
	count := 0
	for _, l := range looked {
		if l {
			count++
		}
	}
	ayetest.Same(t, "looked at", count, sms.CodeTries)
}

// The code counts for five minutes, the draft for an hour.
func TestADraftEnds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	draft := d.begin()
	code := d.Texts.LastCode(other)
	d.Clock.Pass(sms.CodeLife)
	_, err := d.save(draft, code)
	ayetest.Fails(t, err, sms.ErrWrongCode)
	d.Clock.Pass(sms.DraftLife - sms.CodeLife - time.Second)
	find := func() error {
		_, err = d.SMS.Draft(t.Context(), d.Organisation.ID, draft.ID, d.Admin.ID)
		return err
	}
	ayetest.Fails(t, find(), nil)
	_, err = d.SMS.SendAgain(t.Context(), d.Organisation.ID, draft.ID, d.Admin.ID)
	ayetest.Fails(t, err, nil)
	d.Clock.Pass(2 * time.Second)
	ayetest.Fails(t, find(), sms.ErrNotFound)
	_, err = d.save(draft, d.Texts.LastCode(other))
	ayetest.Fails(t, err, sms.ErrNotFound)
	ayetest.Fails(t, d.World.SMS.Mask(t.Context()), nil)
	_, err = d.Store.Draft(t.Context(), "*", draft.ID, time.Time{})
	ayetest.Fails(t, err, sms.ErrNotFound) // its key is gone
}

// A draft is its administrator's: neither another one nor another organisation sees it or saves it.
func TestADraftOfAnother(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	draft := d.begin()
	code := d.Texts.LastCode(other)
	second := desks(d.World, accounts.RoleOwner)
	for _, by := range []string{second.Admin.ID, d.Admin.ID, accounts.Operator} {
		for _, s := range []*sms.Service{second.SMS, d.World.SMS} {
			_, err := s.Draft(t.Context(), d.Organisation.ID, draft.ID, by)
			ayetest.Fails(t, err, sms.ErrNotFound)
			_, err = s.SendAgain(t.Context(), d.Organisation.ID, draft.ID, by)
			ayetest.Fails(t, err, sms.ErrNotFound)
			_, err = s.Save(t.Context(), d.Organisation.ID, draft.ID, by, code)
			ayetest.Fails(t, err, sms.ErrNotFound)
		}
	}
	_, err := second.SMS.Begin(t.Context(), d.filled())
	ayetest.Fails(t, err, accounts.ErrForbidden) // in the name of another
	_, err = d.save(draft, code)
	ayetest.Fails(t, err, nil)
}

// The page is gone before the vendor answers: what was sent is written down all the same.
func TestThePageIsLeft(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, leave := context.WithCancel(t.Context())
	d.Texts.Answer(func(m sms.Outgoing) (sms.Outcome, error) {
		leave()
		return sms.Outcome{State: sms.Accepted, VendorID: "v-" + m.Reference}, nil
	})
	draft, err := d.SMS.Begin(ctx, d.filled())
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "ledger", (&house{World: d.World}).row(draft.MessageID).State, sms.Accepted)
	_, err = d.save(draft, d.Texts.LastCode(other))
	ayetest.Fails(t, err, nil)
}
