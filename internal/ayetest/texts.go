package ayetest

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

// Text is a text message as it reached the vendor.
type Text struct {
	sms.Outgoing
	// Account is whose it was.
	Account sms.Account
}

// Texts is the vendor of text messages. It takes all, unless it is told what to answer.
type Texts struct {
	mu      sync.Mutex
	texts   []Text
	refuse  error
	check   error
	balance sms.Balance
	answer  func(sms.Outgoing) (sms.Outcome, error)
	became  map[string]sms.Outcome
	looks   int
}

// ErrSilence is what comes of a message that the vendor took without an answer.
var ErrSilence = errors.New("the vendor does not answer")

// Refuse makes the vendor fail before it takes anything; nil makes it work again.
func (t *Texts) Refuse(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refuse = err
}

// Fail makes the vendor refuse in that way.
func (t *Texts) Fail(class sms.Class) { t.Refuse(&sms.VendorError{Class: class}) }

// Silent makes the vendor take messages without an answer, or answer again.
func (t *Texts) Silent(silent bool) {
	t.Answer(nil)
	if silent {
		t.Answer(func(sms.Outgoing) (sms.Outcome, error) { return sms.Outcome{}, ErrSilence })
	}
}

// Answer says what the vendor answers about what it took; nil for the ordinary.
func (t *Texts) Answer(answer func(sms.Outgoing) (sms.Outcome, error)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.answer = answer
}

// Balance says what is left on the account, and how the vendor takes the key; nil for well.
func (t *Texts) Balance(left sms.Balance, key error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.balance, t.check = left, key
}

// Check tells what is left.
func (t *Texts) Check(ctx context.Context, _ sms.Account) (left sms.Balance, known bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.balance, t.balance != (sms.Balance{}), errors.Join(t.check, ctx.Err())
}

// Send takes a message.
func (t *Texts) Send(ctx context.Context, a sms.Account, m sms.Outgoing) (sms.Outcome, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := errors.Join(t.refuse, ctx.Err()); err != nil {
		return sms.Outcome{}, err
	}
	t.texts = append(t.texts, Text{m, a})
	if t.answer != nil {
		return t.answer(m)
	}
	return sms.Outcome{State: sms.Accepted, VendorID: "v-" + m.Reference}, nil
}

// Became says what became of a message, for who looks.
func (t *Texts) Became(reference string, o sms.Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.became == nil {
		t.became = map[string]sms.Outcome{}
	}
	t.became[reference] = o
}

// Look tells what became of a message that the vendor took.
func (t *Texts) Look(_ context.Context, _ sms.Account, vendorID, reference string, _ time.Time) (sms.Outcome, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.looks++
	if o, known := t.became[reference]; known {
		return o, nil
	}
	for _, text := range t.texts {
		if text.Reference == reference || "v-"+text.Reference == vendorID {
			return sms.Outcome{State: sms.Accepted, VendorID: "v-" + text.Reference}, nil
		}
	}
	return sms.Outcome{}, sms.ErrNoMessage
}

// Looks counts how often somebody asked what became of a message.
func (t *Texts) Looks() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.looks
}

// Report is the vendor's call with a report, signed with the key.
func (t *Texts) Report(signing secret.Secret, r sms.Report) sms.Call {
	body, err := json.Marshal(r)
	if err != nil {
		panic(err) // a report is plain values
	}
	return sms.Call{Method: "POST", URL: Origin + "/v1/sms/reports", Body: body, Header: func(string) string { return signing.Reveal() }}
}

// Read trusts what has the signing key in its header.
func (t *Texts) Read(a sms.Account, c sms.Call, _ time.Time) (sms.Report, error) {
	var r sms.Report
	if !secret.Equal(a.Signing, secret.Secret(c.Header("Signature"))) || json.Unmarshal(c.Body, &r) != nil {
		return sms.Report{}, sms.ErrReport
	}
	return r, nil
}

// Sent gives all that the vendor took, oldest first.
func (t *Texts) Sent() []Text {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Text(nil), t.texts...)
}

// To gives the texts to a number, oldest first.
func (t *Texts) To(number string) []string {
	var all []string
	for _, text := range t.Sent() {
		if text.To == number {
			all = append(all, text.Body)
		}
	}
	return all
}

// LastCode gives the code of the newest text to a number, with which each begins; empty for none.
func (t *Texts) LastCode(number string) string {
	all := t.To(number)
	if len(all) == 0 {
		return ""
	}
	code, _, _ := strings.Cut(all[len(all)-1], " ")
	return code
}

// LastText gives the newest text to a number, empty for none.
func (w *World) LastText(number string) string {
	all := w.Texts.To(number)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

// wireTexts joins the room of text messages to the others.
func (w *World) wireTexts() {
	w.SMS = &sms.Service{
		Providers: w.Store, Ledger: w.Store, Directory: w.Accounts, Keys: w.Keys, Log: slog.New(slog.DiscardHandler), Now: w.Clock.Now,
		Vendors: map[sms.Kind]sms.Vendor{sms.MessageBird: w.Texts, sms.Bird: w.Texts},
		Config: sms.Config{Origin: Origin, Country: "NL", Prices: sms.Prices{
			Currency: "EUR", Unknown: 150_000,
			All: []sms.Price{{Country: "NL", Amount: 56_000, From: time.Date(2021, 9, 1, 0, 0, 0, 0, time.UTC)}},
		}},
	}
	w.Accounts.Texter, w.Approvals.Texts = w.SMS, w.SMS
}

// OwnProvider gives the organisation an active provider.
func (w *World) OwnProvider(o accounts.Organisation) sms.Provider {
	w.Helper()
	return w.AddProvider(o.ID)
}

// AddProvider makes an active provider of the organisation, or with an empty id of the operator, as if
// its code had been typed, and gives it with its keys. The functions change it before.
func (w *World) AddProvider(organisationID string, change ...func(*sms.Provider)) sms.Provider {
	w.Helper()
	id, now := secret.NewID("smp"), w.Clock.Now()
	p := sms.Provider{
		ID: id, OrganisationID: organisationID, Kind: sms.MessageBird, Description: "Example", Sender: "Example",
		Key: secret.Secret("key" + id[4:24]), Signing: secret.Secret("signing-" + id), Active: true, Created: now, Proven: now,
	}
	for _, c := range change {
		c(&p)
	}
	p.KeyEnd = p.Key.Reveal()[len(p.Key)-4:]
	d := sms.Draft{
		ID: id, MessageID: id, Kind: p.Kind, KeyEnd: p.KeyEnd, To: "+31612345678", Created: now, Sent: now,
		Setup: sms.Setup{
			OrganisationID: organisationID, Description: p.Description, Sender: p.Sender, Key: p.Key, Signing: p.Signing,
			By: sms.Administrator{ID: accounts.Operator, Locale: "en"},
		},
	}
	w.must(w.Store.AddDraft(w.Context(), d))
	entry := audit.Entry{Organisation: organisationID, Actor: accounts.Operator, Action: "text-provider.added", Subject: id, At: now}
	saved, err := w.Store.SaveDraft(w.Context(), d, p, sms.MaximumProviders, now, entry)
	w.must(err)
	saved.Key, saved.Signing = p.Key, p.Signing
	return saved
}

// AllowSMS lets the organisation's members log in by text message, and gives it as it is now.
func (w *World) AllowSMS(o accounts.Organisation) accounts.Organisation {
	w.Helper()
	o, err := w.Accounts.Organisation(w.Context(), o.ID)
	w.must(err)
	if !o.Allows(accounts.SMS) {
		o.Methods = append(o.Methods, accounts.SMS)
		w.must(w.Accounts.UpdateOrganisation(w.Context(), o))
	}
	if o.ID == w.Organisation.ID {
		w.Organisation = o
	}
	return o
}

// WithNumber lets the member prove a number, and gives the member as it is now.
func (w *World) WithNumber(m accounts.Member, number string) accounts.Member {
	w.Helper()
	w.must(w.Accounts.AskNumber(w.Context(), m.Person.ID, m.OrganisationID, number, accounts.TextRegistration))
	w.must(w.Accounts.ConfirmNumber(w.Context(), m.Person.ID, w.Texts.LastCode(number)))
	m, err := w.Accounts.Member(w.Context(), m.OrganisationID, Named(m))
	w.must(err)
	return m
}

// CapTexts makes the organisation's messages cost no more than that, which may be less than it could say
// itself. Where messages may go stays as it is.
func (w *World) CapTexts(organisationID string, most sms.Amount) {
	w.Helper()
	settings, err := w.Store.SMSSettings(w.Context(), organisationID)
	w.must(err)
	settings.Cap = most
	w.must(w.Store.ChangeSMSSettings(w.Context(), settings, audit.Entry{
		Organisation: organisationID, Actor: accounts.Operator, Action: "texts.settings-changed", Subject: organisationID, At: w.Clock.Now(),
	}))
}
