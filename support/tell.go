package support

import (
	"context"
	"strings"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/devices"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
)

// step is what the person hears of.
type step string

const (
	stepOpened   step = "opened"
	stepApproved step = "approved"
	stepSent     step = "sent"
	stepRevoked  step = "revoked"
	stepDone     step = "done"
)

// notice is how the mail of a step is called.
func (t step) notice() accounts.NoticeKind {
	switch t {
	case stepOpened, stepApproved:
		return accounts.CaseOpened
	case stepSent:
		return accounts.AccessCodeSent
	case stepRevoked:
		return accounts.FactorsRevoked
	case stepDone:
		return accounts.PhoneReplaced
	}
	return accounts.CaseOpened
}

// notice is the mail of a step, with a way to stop the case.
func (s *Service) notice(ctx context.Context, c Case, at step) accounts.Notice {
	agent, _ := s.nameOf(ctx, c.OpenerPersonID)
	n := accounts.Notice{
		PersonID: c.PersonID, OrganisationID: c.OrganisationID, Kind: at.notice(), Agent: agent, Reason: string(c.Kind),
		Link: s.stopLink(c.ID, byMail),
	}
	if at == stepApproved {
		n.Date = c.Due
	}
	return n
}

// reach tells the person of a step on the ways beside the mail, which is written with the step itself: by text message, and on the
// phones. What one way cannot do holds up no other. Of a step that can come again the name tells which time it is, so that a text
// message goes out for each.
func (s *Service) reach(ctx context.Context, c Case, at step, name string) {
	s.reachPhones(ctx, c, at, name, s.phonesOf(ctx, c))
}

// reachPhones is reach with the phones that are woken: after a revocation, those that were there before.
func (s *Service) reachPhones(ctx context.Context, c Case, at step, name string, phones []devices.Device) {
	agent, _ := s.nameOf(ctx, c.OpenerPersonID)
	s.text(ctx, c, agent, at, name)
	s.wake(c, phones)
}

// text sends the stop link to the person's number. Whoever sends text messages decides whether it counts: also one that is days old
// may hear that somebody wants in, although no code goes there.
func (s *Service) text(ctx context.Context, c Case, agent string, at step, name string) {
	if s.Texts == nil {
		return
	}
	about, err := s.about(ctx, c)
	if err != nil || about.Member.Person.Number == "" {
		return
	}
	_ = s.Texts.Inform(ctx, Text{ // the ledger of text messages says what became of it
		Kind: TextStop, Person: about.Member.Person, Organisation: about.Organisation, Agent: agent,
		Link: s.stopLink(c.ID, byText).Reveal(), About: strings.TrimSpace(c.ID + " " + string(at) + " " + name),
	})
}

// wakeLife is how long a push about a case is worth delivering.
const wakeLife = 24 * time.Hour

// wake lets the phones fetch the cases that they can stop.
func (s *Service) wake(c Case, phones []devices.Device) {
	for _, phone := range phones {
		if !phone.Reachable() || !phone.AnswersFor(c.OrganisationID) {
			continue
		}
		title := "Somebody asked support for help in your name"
		if strings.HasPrefix(strings.ToLower(phone.Locale), "nl") {
			title = "Iemand vroeg support om hulp op jouw naam"
		}
		// A phone that cannot be woken shows the case when the app is opened.
		_ = s.Pusher.Enqueue(notify.Push{Target: phone.Target(), Message: notify.Message{
			Kind: notify.MessageCase, Reference: c.ID, Device: phone.ID, Title: title, Expires: s.now().Add(wakeLife),
		}})
	}
}

func (s *Service) phonesOf(ctx context.Context, c Case) []devices.Device {
	phones, err := s.Phones.Of(ctx, c.PersonID)
	if err != nil {
		return nil
	}
	return phones
}

// forApprovers is what the agents of an organisation are told, one of whom must sign.
func (s *Service) forApprovers(ctx context.Context, c Case, organisationID string) accounts.Notice {
	n := s.forManagers(ctx, c, accounts.CaseToApprove)
	n.OrganisationID = organisationID
	return n
}

// forManagers is what the administrators and owners of the organisation are told, but for the opener and the person: whoever opens a
// case has colleagues who look.
func (s *Service) forManagers(ctx context.Context, c Case, kind accounts.NoticeKind) accounts.Notice {
	agent, _ := s.nameOf(ctx, c.OpenerPersonID)
	return accounts.Notice{
		PersonID: c.PersonID, OrganisationID: c.OrganisationID, Kind: kind, Agent: agent, By: c.OpenerID, Reason: string(c.Kind),
		Link: secret.Secret(s.Origin + "/support/cases/" + c.ID),
	}
}

// alert is what an organisation's own systems are told.
func (s *Service) alert(kind alerts.Kind, organisationID string, data map[string]string) alerts.Alert {
	return alerts.Alert{Kind: kind, OrganisationID: organisationID, At: s.now(), Data: data}
}

// changed lets the pages of the case look again.
func (s *Service) changed(c Case) { s.Broker.Publish(Topic(c.ID)) }
