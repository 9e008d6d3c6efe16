package sms

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
)

// HelpKind is what a message of support is.
type HelpKind string

// The messages of support.
const (
	// HelpStop: support was asked for something in the person's name, and the link stops it.
	HelpStop HelpKind = "stop"
	// HelpAccess: a temporary access code.
	HelpAccess HelpKind = "access"
	// HelpCheck: a code and a link for who talks to an agent at this moment.
	HelpCheck HelpKind = "check"
)

// AboutSupport begins what the ledger knows such a message by. Nobody is let in by them alone, so the breaker does not count them.
const AboutSupport = "support "

// stopLife is how long a message with a way to stop is worth to be delivered late, checkLife one that asks a caller.
const (
	stopLife  = 24 * time.Hour
	checkLife = 10 * time.Minute
)

// Help is a message to somebody whom support helps. The operator pays it.
type Help struct {
	Kind         HelpKind
	Person       accounts.Person
	Organisation accounts.Organisation
	// Agent is the name of who asks, Link the whole address, and Code what the person types; each where it belongs to the kind.
	Agent, Link string
	Code        secret.Secret
	// Hours is how long an access code works, 0 for less than one.
	Hours int
	// About names what it is for, without anything secret: one message goes out for each.
	About string
}

// SendHelp sends the message, once for what it is about; another one about the same is none, and no error. It
// fails as [Service.SendText] does.
func (s *Service) SendHelp(ctx context.Context, h Help) error {
	open := Openness{Masked: accounts.MaskedNumber(h.Person.Number)}
	switch {
	case h.Person.Number == "":
		open.Reason = NoNumber
	case h.Kind != HelpStop && s.numberNew(h.Person):
		// A code must not go to where somebody who took over the account would read it; a warning may.
		open.Reason, open.From = NumberNew, h.Person.NumberChanged.Add(NumberPause)
	}
	if open.Reason != Open {
		return &ClosedError{open}
	}
	about := AboutSupport + h.About
	last, _, err := s.Ledger.LastAbout(ctx, about)
	if err == nil && last.State != Refused {
		return nil
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	settings, err := s.settings(ctx, h.Organisation.ID)
	if err != nil {
		return err
	}
	carrier, err := s.operatorCarries(ctx, h.Person.Number, settings)
	if err != nil {
		return err
	}
	_, _, err = s.post(ctx, posting{provider: carrier, body: h.body(), life: h.life(), theirs: true, Message: Message{
		ID: newMessageID(), OrganisationID: h.Organisation.ID, ProviderID: carrier.ID, Purpose: accounts.TextRelink, Payer: PaidByOperator,
		About: about, PersonID: h.Person.ID, Number: h.Person.Number,
	}})
	return err
}

// Helps tells whether a code of support can be sent to the person: to a number that was not changed of late, by the
// operator's provider. What the organisation says, and the limits, are looked at when it is sent.
func (s *Service) Helps(ctx context.Context, p accounts.Person) bool {
	if p.Number == "" || s.numberNew(p) {
		return false
	}
	_, err := s.operatorCarries(ctx, p.Number, Settings{Countries: []string{accounts.CountryOf(p.Number)}})
	return err == nil
}

func (s *Service) numberNew(p accounts.Person) bool {
	return !p.NumberChanged.IsZero() && s.Now().Before(p.NumberChanged.Add(NumberPause))
}

func (h Help) life() time.Duration {
	switch h.Kind {
	case HelpAccess:
		return max(time.Duration(h.Hours)*time.Hour, CodeLife)
	case HelpCheck:
		return checkLife
	case HelpStop:
	}
	return stopLife
}

// body is the whole text, in the person's language. Names are left out where they would cost another part.
func (h Help) body() string {
	w, hours := helpWords[h.Kind]["en"], helpHours["en"]
	if cmp.Or(h.Person.Locale, h.Organisation.Locale) == "nl" {
		w, hours = helpWords[h.Kind]["nl"], helpHours["nl"]
	}
	name, last := h.Organisation.Name, ""
	if h.Kind == HelpCheck {
		name = h.Agent
	}
	if h.Kind == HelpAccess && h.Hours > 0 {
		last = fmt.Sprintf(hours, h.Hours)
	}
	fill := func(text string) string {
		return strings.NewReplacer("{name}", name, "{code}", h.Code.Reveal(), "{link}", h.Link).Replace(text) + last
	}
	if name == "" {
		return fill(w.plain)
	}
	return fitting(fill(w.plain), fill(w.named))
}
