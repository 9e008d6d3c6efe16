package pairing

import (
	"context"
	"errors"
	"strconv"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

// Directory finds who a pairing is for.
type Directory interface {
	Member(ctx context.Context, organisationID string, user accounts.UserReference) (accounts.Member, error)
	Organisation(ctx context.Context, id string) (accounts.Organisation, error)
	Memberships(ctx context.Context, personID string) ([]accounts.Member, error)
}

// Phones finds the phones that a person has.
type Phones interface {
	Of(ctx context.Context, personID string) ([]devices.Device, error)
	Device(ctx context.Context, id string) (devices.Device, error)
}

// Elder asks the phone that a person already has whether to trust a new one.
type Elder interface {
	// AskElder starts the request, with the number to type on the older phone.
	// Careful asks for six digits.
	AskElder(ctx context.Context, pairing Pairing, phone devices.Device, careful bool) (approvalID string, err error)
	// DropElder takes a request back that was started a second time.
	DropElder(ctx context.Context, approvalID string) error
	// ElderNumber gives that number again, for the page that shows the pairing.
	ElderNumber(ctx context.Context, approvalID string) (secret.Secret, error)
	// ElderAnswer tells how the request stands. Answered is false while it is pending.
	ElderAnswer(ctx context.Context, approvalID string) (approved, answered bool, err error)
}

// Codes checks what a person types in the place of the older phone's answer.
type Codes interface {
	// ProveFor takes a one-time code that counts everywhere and is not of the phone.
	ProveFor(ctx context.Context, personID, requestID, code, exceptDevice string) error
	// VerifyRecovery takes a recovery code; no application asks for it here.
	VerifyRecovery(ctx context.Context, personID, applicationID, requestID, code string) error
}

// Broker tells waiters that something changed.
type Broker interface{ Publish(topic string) }

// Service pairs phones.
type Service struct {
	Store     Store
	Directory Directory
	Phones    Phones
	Elder     Elder
	Codes     Codes
	Broker    Broker
	Keys      *secret.Keys
	Origin    string
	// Thumbprint names the server's signing key, which the phone pins.
	Thumbprint func() string
	Now        func() time.Time
}

// Opening is the wish to link a phone.
type Opening struct {
	OrganisationID string
	// Application is who asks; nil for the operator, and for the person.
	Application *accounts.Application
	// By is the membership of the person who opens it for themself, for the audit log; without
	// it, and without an application, it is the operator.
	By string
	// Session is the one in which they do.
	Session string
	User    accounts.UserReference
	// CreationKey and BodyHash make the call idempotent.
	CreationKey, BodyHash string
}

// Shown is a pairing with the code that is shown now.
type Shown struct {
	Pairing
	// URL is what the QR code holds.
	URL secret.Secret
	// Ticket lets a page wait for this pairing.
	Ticket secret.Secret
}

// Open begins a pairing. It fails with accounts.ErrNotFound, [ErrEnrolRefused],
// [ErrTooManyPhones], [ErrTooMany] or [ErrMismatch].
func (s *Service) Open(ctx context.Context, o Opening) (Shown, error) {
	member, err := s.Directory.Member(ctx, o.OrganisationID, o.User)
	if err != nil {
		return Shown{}, err
	}
	now := s.Now().UTC()
	p := Pairing{
		ID: secret.NewID("pair"), OrganisationID: o.OrganisationID, MembershipID: member.ID, PersonID: member.Person.ID,
		State: Open, Generation: 1, Created: now, Expires: now.Add(CodeLife), Ends: now.Add(Life),
		CreationKey: o.CreationKey, BodyHash: o.BodyHash,
	}
	if o.Application != nil {
		p.ApplicationID = o.Application.ID
	} else {
		p.By, p.Session, p.First = o.By, o.Session, o.By != ""
	}
	if err = s.mayOpen(ctx, o, member.Person); err != nil {
		// A repeated call is answered as the first was, also after the phone was linked.
		if again, found := s.repeated(ctx, p); found {
			return again, nil
		}
		return Shown{}, err
	}
	p.CodeHash = secret.Hash(s.code(p))
	stored, err := s.Store.OpenPairing(ctx, p, now.Add(-time.Hour), PerHour, s.entry(p, p.opener(), "pairing.opened"))
	if err != nil {
		return Shown{}, err
	}
	if stored.ID != p.ID && stored.BodyHash != p.BodyHash {
		return Shown{}, ErrMismatch
	}
	return s.shown(stored), nil
}

// repeated looks for the pairing that the creation key made before; it opens none, because
// a limit of nothing is always used up.
func (s *Service) repeated(ctx context.Context, p Pairing) (Shown, bool) {
	if p.CreationKey == "" {
		return Shown{}, false
	}
	stored, err := s.Store.OpenPairing(ctx, p, p.Created, 0, audit.Entry{})
	if err != nil || stored.BodyHash != p.BodyHash {
		return Shown{}, false
	}
	return s.shown(stored), true
}

// mayOpen keeps an application from linking a phone of its own to a person who is more than
// its own: who has a phone or an authenticator app, chose text messages, lost all of that by a support case, or belongs
// to another organisation, links phones themselves. All get the same answer, so that no application learns which of it it is.
func (s *Service) mayOpen(ctx context.Context, o Opening, person accounts.Person) error {
	phones, err := s.Phones.Of(ctx, person.ID)
	if err != nil {
		return err
	}
	if o.Application == nil {
		if len(phones) >= devices.MaxActive {
			return ErrTooManyPhones
		}
		return nil
	}
	memberships, err := s.Directory.Memberships(ctx, person.ID)
	if err != nil {
		return err
	}
	if len(phones) > 0 || person.Apps > 0 || !person.Texts.IsZero() || person.Recovering != "" || len(memberships) > 1 {
		return ErrEnrolRefused
	}
	return nil
}

// Renew shows a new code; the old one stops working.
func (s *Service) Renew(ctx context.Context, application accounts.Application, id string) (Shown, error) {
	p, err := s.find(ctx, application, id)
	if err != nil {
		return Shown{}, err
	}
	now := s.Now().UTC()
	if !now.Before(p.Ends) {
		return Shown{}, ErrExpired
	}
	next := p
	next.Generation++
	next.State, next.Expires = Open, earlier(now.Add(CodeLife), p.Ends)
	next.CodeHash = secret.Hash(s.code(next))
	moved, err := s.move(ctx, p, Move{
		From: []State{Open, Expired}, To: Open, CodeHash: next.CodeHash, Expires: next.Expires,
	}, p.opener(), "pairing.renewed")
	if err != nil {
		return Shown{}, err
	}
	if !moved {
		return Shown{}, ErrClosed
	}
	return s.shown(next), nil
}

// View is what the waiting page may know.
type View struct {
	Pairing
	// Device is the phone that claimed; zero before.
	Device devices.Device
	// Number is to be typed on the person's older phone, while that is asked.
	Number secret.Secret
	// Instead is what can stand in for that phone.
	Instead []accounts.SecondFactor
}

// View gives the pairing as it is now.
func (s *Service) View(ctx context.Context, application accounts.Application, id string) (View, error) {
	p, err := s.find(ctx, application, id)
	if err != nil {
		return View{}, err
	}
	view := View{Pairing: p}
	if p.DeviceID == "" || p.State == Burned {
		return view, nil
	}
	view.Device, err = s.Phones.Device(ctx, p.DeviceID)
	if errors.Is(err, devices.ErrUnknown) {
		return view, nil // linked then, removed since
	}
	if err != nil || p.State != AwaitingApproval {
		return view, err
	}
	r, err := s.rules(ctx, p)
	if err != nil {
		return View{}, err
	}
	view.Instead = r.instead()
	if p.ApprovalID != "" { // empty until the older phone is asked
		view.Number, err = s.Elder.ElderNumber(ctx, p.ApprovalID)
	}
	return view, err
}

// Holds tells whether the ticket is the pairing's.
func (s *Service) Holds(id string, ticket secret.Secret) bool {
	return secret.Equal(ticket, s.ticket(id))
}

// Find gives the pairing by its id alone, for a page that holds its ticket.
func (s *Service) Find(ctx context.Context, id string) (Pairing, error) {
	p, err := s.Store.Pairing(ctx, id)
	if err != nil {
		return Pairing{}, err
	}
	return s.current(ctx, p)
}

// find gives what the application itself opened; the zero application stands for the
// operator and the person. Whatever else has the id never was.
func (s *Service) find(ctx context.Context, application accounts.Application, id string) (Pairing, error) {
	p, err := s.Find(ctx, id)
	if err == nil && p.ApplicationID != application.ID {
		return Pairing{}, ErrNotFound
	}
	return p, err
}

// Own gives a pairing of the person that no application opened, else [ErrNotFound]. What is
// done with it then is done for the zero application.
func (s *Service) Own(ctx context.Context, personID, id string) (Pairing, error) {
	p, err := s.find(ctx, accounts.Application{}, id)
	if err == nil && p.PersonID != personID {
		return Pairing{}, ErrNotFound
	}
	return p, err
}

// StateOf tells what a phone that is not active yet waits for.
func (s *Service) StateOf(ctx context.Context, device devices.Device) (State, error) {
	p, err := s.Store.PairingOf(ctx, device.ID)
	if err != nil {
		return "", err
	}
	p, err = s.current(ctx, p)
	return p.State, err
}

func (s *Service) shown(p Pairing) Shown {
	url := s.Origin + "/p#1." + s.code(p).Reveal() + "." + s.Thumbprint()
	return Shown{Pairing: p, URL: secret.Secret(url), Ticket: s.ticket(p.ID)}
}

func (s *Service) code(p Pairing) secret.Secret {
	return s.Keys.Code("pairing code", p.ID, strconv.Itoa(p.Generation))
}

func (s *Service) ticket(id string) secret.Secret { return s.Keys.Code("pairing ticket", id) }

func (s *Service) entry(p Pairing, actor, action string) audit.Entry {
	return audit.Entry{
		Organisation: p.OrganisationID, Actor: actor, Action: action, Subject: p.ID, At: s.Now().UTC(),
		Data: map[string]string{"user": p.MembershipID},
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
