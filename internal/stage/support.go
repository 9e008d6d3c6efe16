package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/app"
	"example.com/aye/internal/phone"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
	"example.com/aye/support"
)

// Agent is somebody of support staff, with a phone of their own.
type Agent struct {
	accounts.Member
	Phone *phone.Phone
}

// AddAgent makes one.
func (s *Stage) AddAgent(ctx context.Context, organisationID, name string, role accounts.Role) (Agent, error) {
	m, _, err := s.App.Accounts.AddMember(ctx, organisationID, accounts.Person{Email: secret.NewID("mail") + "@example.com", Display: name, Locale: "en"}, role)
	if err != nil {
		return Agent{}, err
	}
	handset, err := phone.Open("")
	if err != nil {
		return Agent{}, err
	}
	handset.Now = s.options.Now
	return Agent{m, handset}, s.Link(ctx, m, handset)
}

// Link links a phone to the member, who has none yet.
func (s *Stage) Link(ctx context.Context, m accounts.Member, handset *phone.Phone) error {
	shown, err := s.App.Pairings.Open(ctx, pairing.Opening{OrganisationID: m.OrganisationID, User: accounts.UserReference{ID: m.ID}})
	if err != nil {
		return err
	}
	linked, err := handset.Pair(ctx, shown.URL.Reveal(), phone.Details{
		Model: "Pixel 9", Platform: "android", OSVersion: "16", AppVersion: "1.0.0", Locale: "en",
		Push: phone.Push{Provider: "fcm", App: PushApp, Kind: "token", Address: phone.Secret(secret.NewToken().Reveal())},
	})
	if err != nil || linked.Status == "active" {
		return err
	}
	digits, err := handset.ConfirmationDigits() // in profile strict
	if err != nil {
		return fmt.Errorf("the phone is %s: %w", linked.Status, err)
	}
	if err = s.App.Pairings.Confirm(ctx, accounts.Application{}, shown.ID, secret.Secret(digits)); err != nil {
		return err
	}
	_, err = handset.Status(ctx)
	return err
}

// Desk is where the agent gives support, in a session that their phone opened.
func (s *Stage) Desk(a Agent) *support.Desk {
	return s.App.Support.As(support.Agent{
		OrganisationID: a.OrganisationID, MembershipID: a.ID, Method: approval.Push, IP: "203.0.113.9",
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Browser: "b-" + a.ID,
	})
}

// OpenCase lets the agent open a case for the member.
func (s *Stage) OpenCase(ctx context.Context, a Agent, m accounts.Member, kind support.Kind) (support.Case, error) {
	o := support.Opening{MembershipID: m.ID, Kind: kind, Identified: support.CalledBack, Ticket: "T-1001"}
	if kind == support.Forgotten {
		o.Channel = support.ByMail
	}
	return s.Desk(a).Open(ctx, o)
}

// SignCase lets the agent approve the case on the agent's own phone.
func (s *Stage) SignCase(ctx context.Context, a Agent, caseID string) error {
	desk := s.Desk(a)
	signing, err := desk.Approve(ctx, caseID)
	if err != nil {
		return err
	}
	if _, err = a.Phone.Approve(ctx, signing.Asked.ID, signing.Asked.Number.Reveal(), phone.Biometric); err != nil {
		return err
	}
	if signing, err = desk.Signing(ctx, caseID); err == nil && signing.State != approval.Released {
		err = fmt.Errorf("the request is %s", signing.State)
	}
	return err
}

// operatorFile remembers, for the next stage on the same data, which organisation is the operator's support.
const operatorFile = "support.organisation"

// openSupport makes the organisation whose agents are the operator's support, where there is none on this data.
func (s *Stage) openSupport(ctx context.Context, a *app.App) error {
	file := filepath.Join(s.options.Dir, operatorFile)
	if text, err := os.ReadFile(file); err == nil { //nolint:gosec // the name stands above
		s.Support, err = a.Accounts.Organisation(ctx, strings.TrimSpace(string(text)))
		return err
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	var err error
	s.Support, err = a.Accounts.CreateOrganisation(ctx, accounts.Organisation{Name: "Operator", Profile: accounts.Standard, Locale: "en"})
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(s.Support.ID), 0o600)
}
