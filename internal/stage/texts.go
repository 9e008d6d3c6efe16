package stage

import (
	"context"
	"errors"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/emulate"
	"example.com/aye/sms"
)

// OperatorNumber is the number of who sets providers up here.
const OperatorNumber = "+31687654321"

// textWait is how long a code may take.
const textWait = 10 * time.Second

// AddTextProvider sets up a provider at the stand-in of MessageBird, as the operator does on the command line: of an
// organisation, or the operator's own where the id is empty.
func (s *Stage) AddTextProvider(ctx context.Context, organisationID string) (sms.Provider, error) {
	draft, err := s.App.SMS.Begin(ctx, sms.Setup{
		OrganisationID: organisationID, Description: "Stand-in", Sender: "Aye", Key: s.MessageBird.Key(), Signing: s.MessageBird.Signing(),
		By: sms.Administrator{ID: accounts.Operator, Number: OperatorNumber, Locale: "en"},
	})
	if err != nil {
		return sms.Provider{}, err
	}
	code, err := s.TextCode(ctx, OperatorNumber)
	if err != nil {
		return sms.Provider{}, err
	}
	return s.App.SMS.Save(ctx, organisationID, draft.ID, accounts.Operator, code)
}

// ProveNumber gives the member a proven number. The operator must have a provider.
func (s *Stage) ProveNumber(ctx context.Context, m accounts.Member, number string) error {
	if err := s.App.Accounts.AskNumber(ctx, m.Person.ID, m.OrganisationID, number, accounts.TextRegistration); err != nil {
		return err
	}
	code, err := s.TextCode(ctx, number)
	if err != nil {
		return err
	}
	return s.App.Accounts.ConfirmNumber(ctx, m.Person.ID, code)
}

// TextCode waits for the next text to a number at MessageBird's stand-in, and gives the code in it.
func (s *Stage) TextCode(ctx context.Context, number string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, textWait)
	defer cancel()
	text, err := s.MessageBird.NextText(ctx, number)
	if err != nil {
		return "", err
	}
	return CodeIn(text)
}

// CodeIn gives the code in a text.
func CodeIn(text emulate.Text) (string, error) {
	if len(text.Body) < sms.CodeDigits {
		return "", errors.New("there is no code in: " + text.Body)
	}
	return text.Body[:sms.CodeDigits], nil
}
