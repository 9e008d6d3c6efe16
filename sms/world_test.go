package sms_test

import (
	"errors"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

const (
	number = "+31612345678"
	other  = "+31687654321"
	// each is what a code to the Netherlands costs in these worlds.
	each sms.Amount = 56_000
)

// house is an organisation that lets its members log in by text message, with a member who can.
type house struct {
	*ayetest.World
	Own sms.Provider
	Ada accounts.Member
	// before is how often the vendor was asked what became of the message that proved Ada's number.
	before int
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{World: ayetest.New(t)}
	h.AllowSMS(h.Organisation)
	h.Own = h.OwnProvider(h.Organisation)
	h.Ada = h.WithNumber(h.AddPerson("Ada"), number)
	h.Clock.Pass(48 * time.Hour) // what proved the number counts no longer
	ayetest.Fails(t, h.SMS.Sweep(t.Context()), nil)
	h.before = h.Texts.Looks()
	return h
}

// looks is how often the vendor was asked what became of a message.
func (h *house) looks() int { return h.Texts.Looks() - h.before }

// ask asks for a code for a new request of the member.
func (h *house) ask(m accounts.Member) sms.Ask {
	return sms.Ask{Organisation: h.Organisation, Member: m, Purpose: accounts.TextLogin, RequestID: secret.NewID("apr"), Host: "aye.example.com"}
}

// send sends one that must go out.
func (h *house) send(m accounts.Member) sms.Posted {
	h.Helper()
	p, err := h.SMS.SendCode(h.Context(), h.ask(m))
	ayetest.Fails(h, err, nil)
	return p
}

// use lets the person on with the code.
func (h *house) use(p sms.Posted) {
	h.Helper()
	used, err := h.Store.UseTextCode(h.Context(), p.ID, h.Clock.Now())
	ayetest.Fails(h, err, nil)
	ayetest.Same(h, "used", used, true)
}

// row is the message as the ledger has it.
func (h *house) row(id string) sms.Message {
	h.Helper()
	for _, m := range h.rows() {
		if m.ID == id {
			return m
		}
	}
	h.Fatalf("the ledger has no message %s", id)
	return sms.Message{}
}

// rows is the whole ledger.
func (h *house) rows() []sms.Message {
	h.Helper()
	var all []sms.Message
	for {
		after := ""
		if len(all) > 0 {
			after = all[len(all)-1].ID
		}
		page, err := h.SMS.Messages(h.Context(), sms.CostQuery{}, after)
		ayetest.Fails(h, err, nil)
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
	}
}

// member is the member as it is now.
func (h *house) member(m accounts.Member) accounts.Member {
	h.Helper()
	m, err := h.Accounts.Member(h.Context(), m.OrganisationID, ayetest.Named(m))
	ayetest.Fails(h, err, nil)
	return m
}

// countries lets messages of the world's own organisation go there.
func (h *house) countries(countries ...string) { h.countriesOf(h.Organisation.ID, countries...) }

func (h *house) countriesOf(organisationID string, countries ...string) {
	h.Helper()
	s, err := h.Store.SMSSettings(h.Context(), organisationID)
	ayetest.Fails(h, err, nil)
	s.Countries = countries
	ayetest.Fails(h, h.Store.ChangeSMSSettings(h.Context(), s, audit.Entry{Actor: accounts.Operator, At: h.Clock.Now()}), nil)
}

// stop does what the breaker does.
func (h *house) stop(organisationID string) {
	h.Helper()
	now := h.Clock.Now()
	_, err := h.Store.StopSMS(h.Context(), organisationID, now, audit.Entry{Organisation: organisationID, Actor: "system", Action: "texts.stopped", At: now})
	ayetest.Fails(h, err, nil)
}

// reason is why a message did not go out; empty for none.
func reason(err error) sms.Reason {
	var closed *sms.ClosedError
	if errors.As(err, &closed) {
		return closed.Reason
	}
	return ""
}

// delay is which limit stands in the way, and how long from now.
func (h *house) delay(err error) (sms.Limit, time.Duration) {
	var delay *sms.DelayError
	if errors.As(err, &delay) {
		return delay.Limit, delay.Until.Sub(h.Clock.Now())
	}
	return "", 0
}

// told gives what administrators of the organisation were told, oldest first.
func (h *house) told(organisationID string) (kinds []accounts.NoticeKind) {
	for _, n := range h.Announcer.Notices("") {
		if n.OrganisationID == organisationID {
			kinds = append(kinds, n.Kind)
		}
	}
	return kinds
}
