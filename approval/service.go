package approval

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/sms"
)

// Directory finds who asks and who is asked.
type Directory interface {
	Application(ctx context.Context, id string) (accounts.Application, error)
	Member(ctx context.Context, organisationID string, user accounts.UserReference) (accounts.Member, error)
	MemberOf(ctx context.Context, organisationID string, user accounts.UserReference) (accounts.Organisation, accounts.Member, error)
}

// Phones finds the phones of a person.
type Phones interface {
	Of(ctx context.Context, personID string) ([]devices.Device, error)
	// Beside is Of without one of them.
	Beside(ctx context.Context, personID, deviceID string) ([]devices.Device, error)
	// Known finds removed ones too; it gives the id, name and platform.
	Known(ctx context.Context, id string) (devices.Device, error)
}

// Codes checks a code that a person typed.
type Codes interface {
	// Verify takes a one-time code, and tells whether it came from what counts for the organisation
	// alone. Without an organisation it takes only what counts in all of them. Wrong ones are
	// counted for the application.
	Verify(ctx context.Context, personID, organisationID, applicationID, requestID, code string) (local bool, err error)
	// VerifyRecovery takes a recovery code.
	VerifyRecovery(ctx context.Context, personID, applicationID, requestID, code string) error
	// VerifyText takes the code of the newest text message about the request.
	VerifyText(ctx context.Context, personID, applicationID, requestID, code string) error
	// VerifyAccess takes a temporary code that support sent to the person for the organisation.
	VerifyAccess(ctx context.Context, personID, organisationID, applicationID, requestID, code string) error
	// Unlock forgets wrong codes in a row, because another factor has proven the person.
	Unlock(ctx context.Context, personID string) error
}

// Texts sends codes in text messages.
type Texts interface {
	Open(ctx context.Context, o accounts.Organisation, m accounts.Member, purpose accounts.TextPurpose) (sms.Openness, error)
	SendCode(ctx context.Context, a sms.Ask) (sms.Posted, error)
	// LastCode gives the newest message of a request, else [sms.ErrNotFound].
	LastCode(ctx context.Context, requestID string) (sms.Posted, error)
}

// Pusher takes a push without waiting for it; an error says why it cannot be taken.
type Pusher interface {
	Enqueue(push notify.Push) error
}

// Broker tells waiters that something changed.
type Broker interface{ Publish(topic string) }

// Signer signs with the server's key.
type Signer interface {
	Sign(typ string, claims jwt.Claims) (string, error)
}

// Service asks, decides and releases.
type Service struct {
	Store      Store
	Deliveries Deliveries
	Audit      Audit
	Directory  Directory
	Phones     Phones
	Codes      Codes
	// Texts is nil where nobody sends text messages.
	Texts  Texts
	Pusher Pusher
	Broker Broker
	Signer Signer
	Keys   *secret.Keys
	Origin string
	// Place names where an address is, for people; nil where that is not known.
	Place func(ip string) string
	// Answered is told of a [NewPhone] request that was answered, and Disown of one that was
	// reported, each with its subject.
	Answered, Disown func(ctx context.Context, subject string) error
	// Reported is told of each request that was reported, perhaps more than once; nil for nobody.
	Reported func(ctx context.Context, r Request) error
	Now      func() time.Time
}

// View is what the waiting page may know.
type View struct {
	Request
	Deliveries []Delivery
	// ReleaseCode is there while the request is approved.
	ReleaseCode secret.Secret
}

// View gives the request of an application as it is now.
func (s *Service) View(ctx context.Context, applicationID, id string) (View, error) {
	r, deliveries, err := s.Store.View(ctx, id)
	if err != nil {
		return View{}, err
	}
	if applicationID == "" || r.ApplicationID != applicationID {
		return View{}, ErrNotFound
	}
	if r, err = s.current(ctx, r); err != nil {
		return View{}, err
	}
	return s.handOut(ctx, View{Request: r, Deliveries: deliveries})
}

// Find gives the request by its id alone, for a page that holds its ticket.
func (s *Service) Find(ctx context.Context, id string) (Request, error) {
	r, err := s.Store.Request(ctx, id)
	if err != nil {
		return Request{}, err
	}
	return s.current(ctx, r)
}

// Holds tells whether the ticket is the request's.
func (s *Service) Holds(id string, ticket secret.Secret) bool {
	return secret.Equal(ticket, s.ticket(id))
}

// find gives what the application itself asked; whatever else has the id never was.
func (s *Service) find(ctx context.Context, applicationID, id string) (Request, error) {
	r, err := s.Find(ctx, id)
	if err == nil && (applicationID == "" || r.ApplicationID != applicationID) {
		return Request{}, ErrNotFound
	}
	return r, err
}

func (s *Service) view(ctx context.Context, r Request) (View, error) {
	deliveries, err := s.Deliveries.Deliveries(ctx, r.ID)
	if err != nil {
		return View{}, err
	}
	return s.handOut(ctx, View{Request: r, Deliveries: deliveries})
}

// handOut adds the release code to a view of an approved request.
func (s *Service) handOut(ctx context.Context, view View) (View, error) {
	r := view.Request
	if r.State != Approved {
		return view, nil
	}
	// Stored before the code leaves: the clock of its short life starts no later than that.
	if r.Delivered.IsZero() {
		now := s.Now().UTC()
		if _, err := s.Store.HandOut(ctx, r.ID, now, earlier(now.Add(ReleaseLife), r.RedeemBy)); err != nil {
			return View{}, err
		}
	}
	view.ReleaseCode = s.releaseCode(r.ID)
	return view, nil
}

// phones are those of the person that may answer.
func (s *Service) phones(ctx context.Context, r Request) ([]devices.Device, error) {
	all, err := s.Phones.Of(ctx, r.PersonID)
	return slices.DeleteFunc(all, func(d devices.Device) bool { return !r.Takes(d) }), err
}

// otherPhones are those without the one that answered.
func (s *Service) otherPhones(ctx context.Context, r Request, deviceID string) ([]devices.Device, error) {
	all, err := s.Phones.Beside(ctx, r.PersonID, deviceID)
	return slices.DeleteFunc(all, func(d devices.Device) bool { return !r.Takes(d) }), err
}

func (s *Service) ticket(id string) secret.Secret      { return s.Keys.Code("approval ticket", id) }
func (s *Service) releaseCode(id string) secret.Secret { return s.Keys.Code("release code", id) }

func (s *Service) entry(r Request, actor, action string) audit.Entry {
	return audit.Entry{
		Organisation: r.OrganisationID, Actor: actor, Action: action, Subject: r.ID, At: s.Now().UTC(),
		Data: map[string]string{"user": r.MembershipID},
	}
}

// move goes along an edge and tells the waiters.
func (s *Service) move(ctx context.Context, r Request, m Move, actor string) (bool, error) {
	m.RequestID, m.PersonID, m.Now = r.ID, r.PersonID, s.Now().UTC()
	entry := s.entry(r, actor, "approval."+string(m.To))
	entry.Data["from"] = string(r.State)
	if m.Decision != nil {
		entry.Data["method"] = string(m.Decision.Method)
		entry.Data["device"] = m.Decision.DeviceID
		if m.Decision.Evidence != "" { // so that the log itself shows that the phone signed, whatever becomes of this table
			entry.Data["signature"] = m.Decision.Evidence
		}
	}
	if m.To == Reported {
		entry.Tell = s.warning(ctx, r)
	}
	moved, err := s.Store.Move(ctx, m, entry)
	if moved && err == nil {
		s.Broker.Publish(Topic(r.ID))
	}
	return moved, err
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// both does two things at one time, where neither needs what the other finds, and tells the first failure. A panic of either is the caller's.
func both(one, other func() error) error {
	done := make(chan error, 1)
	var panicked any
	go func() {
		err := errUnfinished
		defer func() {
			panicked = recover()
			done <- err
		}()
		err = other()
	}()
	first := one()
	second := <-done
	if panicked != nil {
		panic(panicked)
	}
	if first != nil {
		return first
	}
	return second
}

// errUnfinished says that a goroutine ended before what it did.
var errUnfinished = errors.New("approval: something was not done to its end")
