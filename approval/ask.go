package approval

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
)

// Question is what an application asks.
type Question struct {
	User    accounts.UserReference
	Context Context
	Confirm Confirm
	Message string
	Details []Detail
	// Everywhere lets only phones and codes count that count in every organisation.
	Everywhere bool
	// Careful asks for six digits, and refuses one tap.
	Careful bool
	// TextPurpose is what a code in a text message would be for, which says who pays; empty for
	// logging in.
	TextPurpose accounts.TextPurpose
	// OneMore lets the request stand beside [MaxPending] others.
	OneMore bool
	// Life is how long the request waits; zero for [DefaultLife].
	Life time.Duration
	// CreationKey and BodyHash make the call idempotent.
	CreationKey, BodyHash string
}

// Asked is the answer to a question; a repeated question gets the same.
type Asked struct {
	Request
	Deliveries []Delivery
	// Number is for the browser's page alone; empty with [Tap].
	Number secret.Secret
	// Ticket lets that page wait for the answer.
	Ticket secret.Secret
}

// Ask puts a question to a person's phones. Who has none, but an authenticator app, a number that
// text messages can go to, or a temporary code of support, can still answer with a code. It fails with [ErrInvalid],
// accounts.ErrNotFound, [ErrNotEnrolled], [ErrTapNotAllowed], [ErrNumberRequired],
// [ErrTooManyPending] or [ErrMismatch].
func (s *Service) Ask(ctx context.Context, application accounts.Application, q Question) (Asked, error) {
	if err := q.normalise(); err != nil {
		return Asked{}, err
	}
	a, err := s.asking(ctx, application.OrganisationID, q.User, q.Everywhere)
	if err != nil {
		return Asked{}, err
	}
	if a.texts, err = s.texts(ctx, a.organisation, a.member, q.TextPurpose); err != nil {
		return Asked{}, err
	}
	a.careful, a.oneMore = q.Careful, q.OneMore
	a.request = Request{
		ID: secret.NewID("apr"), OrganisationID: a.organisation.ID, ApplicationID: application.ID,
		MembershipID: a.member.ID, PersonID: a.member.Person.ID, Purpose: Login, Confirm: q.Confirm, Everywhere: q.Everywhere,
		Asker: application.Name, Organisation: a.organisation.Name, Place: s.place(q.Context.IP), Context: q.Context, Message: q.Message, Details: q.Details, CreationKey: q.CreationKey, BodyHash: q.BodyHash,
	}
	return a.ask(ctx, q.Life)
}

// NewPhoneQuestion is what is asked on the person's older phone when a new one wants to be linked.
type NewPhoneQuestion struct {
	OrganisationID, MembershipID string
	// Subject is the pairing's id, Phone what the new phone says it is.
	Subject, Phone string
	// Careful asks for six digits, whatever the organisation does.
	Careful bool
	Life    time.Duration
}

// AskNewPhone asks the person's phones whether to trust a new one, always with the number.
func (s *Service) AskNewPhone(ctx context.Context, q NewPhoneQuestion) (Asked, error) {
	a, err := s.asking(ctx, q.OrganisationID, accounts.UserReference{ID: q.MembershipID}, false)
	if err != nil {
		return Asked{}, err
	}
	a.careful = q.Careful
	a.request = Request{
		ID: secret.NewID("apr"), OrganisationID: a.organisation.ID, MembershipID: a.member.ID, PersonID: a.member.Person.ID,
		Purpose: NewPhone, Confirm: Number, Asker: a.organisation.Name, Organisation: a.organisation.Name, Subject: q.Subject, Context: Context{Browser: q.Subject},
		Details: []Detail{{Label: "Phone", Value: q.Phone}},
	}
	return a.ask(ctx, q.Life)
}

// asking is one question on its way.
type asking struct {
	service      *Service
	organisation accounts.Organisation
	member       accounts.Member
	phones       []devices.Device
	// texts says that a code can be sent in a text message.
	texts   bool
	request Request
	// careful says that six digits are asked, whoever the person is.
	careful bool
	// oneMore says that it may stand beside as many as there can be.
	oneMore bool
	// fresh says that the request was made by this call, in the place of the superseded ones.
	fresh      bool
	superseded []string
}

// asking finds who is asked, and on which phones.
func (s *Service) asking(ctx context.Context, organisationID string, user accounts.UserReference, everywhere bool) (*asking, error) {
	organisation, member, err := s.Directory.MemberOf(ctx, organisationID, user)
	if err != nil {
		return nil, err
	}
	phones, err := s.phones(ctx, Request{PersonID: member.Person.ID, OrganisationID: organisation.ID, Everywhere: everywhere})
	if err != nil {
		return nil, err
	}
	return &asking{service: s, organisation: organisation, member: member, phones: phones}, nil
}

func (a *asking) ask(ctx context.Context, life time.Duration) (Asked, error) {
	s, r := a.service, &a.request
	r.State, r.Created = Pending, s.Now().UTC().Truncate(time.Millisecond)
	r.Expires = r.Created.Add(life)
	key := Creation{OrganisationID: r.OrganisationID, ApplicationID: r.ApplicationID, PersonID: r.PersonID, Key: r.CreationKey, Browser: r.Context.Browser}
	stored, err := s.Store.Ask(ctx, key, a.admit)
	if err != nil {
		return Asked{}, err
	}
	// The database may ask twice, and find at the second time what somebody else made meanwhile.
	a.fresh = a.fresh && stored.ID == r.ID
	if !a.fresh && stored.BodyHash != r.BodyHash {
		return Asked{}, ErrMismatch
	}
	if a.fresh {
		for _, id := range a.superseded {
			s.Broker.Publish(Topic(id))
		}
		s.push(ctx, stored, a.phones, notify.MessageApproval)
	}
	asked := Asked{Request: stored, Ticket: s.ticket(stored.ID)}
	asked.State = Pending // the answer of then, also when it is given again later
	if stored.Confirm == Number {
		asked.Number = s.number(stored, stored.Salt)
	}
	if a.fresh {
		asked.Deliveries = initial(stored, a.phones)
		return asked, nil
	}
	asked.Deliveries, err = s.initially(ctx, stored)
	return asked, err
}

// admit decides, with nothing able to change meanwhile, how this question can be asked.
func (a *asking) admit(now Situation) (Admission, error) {
	s, r := a.service, &a.request
	if !a.answerable() {
		return Admission{}, ErrNotEnrolled
	}
	r.Methods = a.methods()
	if r.Confirm == Tap && !a.organisation.AllowTap {
		return Admission{}, ErrTapNotAllowed
	}
	admission := Admission{Budget: now.Budget}
	var beside []Request
	here := 0
	for _, other := range now.Pending {
		if r.Purpose == Login && other.ApplicationID == r.ApplicationID && other.Context.Browser == r.Context.Browser {
			admission.Superseded = append(admission.Superseded, other.ID)
			admission.Budget = ignored(admission.Budget, other, r.Created)
			admission.Entries = append(admission.Entries, s.entry(other, r.ApplicationID, "approval."+string(Superseded)))
			continue
		}
		beside = append(beside, other)
		if other.OrganisationID == r.OrganisationID {
			here++
		}
	}
	// Counted in each organisation by itself, so that none can keep the person out of another. A
	// browser that the person was let in from has one more, so that no stranger who knows the
	// password can keep the person out.
	most := MaxPending
	if a.oneMore || now.KnownBrowser {
		most++
	}
	if r.Purpose == Login && here >= most {
		return Admission{}, ErrTooManyPending
	}
	careful := a.careful || a.member.Role.Privileged() || admission.Budget.cautious(r.Created)
	if r.Confirm == Tap && (careful || len(beside) > 0) {
		return Admission{}, ErrNumberRequired
	}
	r.NewBrowser = !now.KnownBrowser
	if r.Confirm == Number {
		r.Digits = max(fewDigits, a.organisation.Digits())
		if careful {
			r.Digits = manyDigits
		}
		r.Salt = s.distinct(*r, beside)
	}
	// Where there is no phone there is no push, and so nothing that the person could leave unanswered.
	r.Withheld = len(a.phones) == 0 || !admission.Budget.allows(r.Created)
	if !r.Withheld {
		admission.Budget = admission.Budget.asked(r.Created)
	}
	if err := a.challenge(); err != nil {
		return Admission{}, err
	}
	a.fresh, a.superseded = true, admission.Superseded
	actor := r.ApplicationID
	if actor == "" {
		actor = "system"
	}
	admission.Request, admission.Deliveries = *r, initial(*r, a.phones)
	admission.Entries = append([]audit.Entry{s.entry(*r, actor, "approval.asked")}, admission.Entries...)
	return admission, nil
}

// answerable tells whether there is anything to answer with. Recovery codes stand in for another
// factor, and are none where there never was one.
func (a *asking) answerable() bool {
	switch {
	case len(a.phones) > 0:
		return true
	case a.request.Purpose == NewPhone:
		return false
	case a.member.Person.Apps > 0 || a.texts || a.temporary():
		return true
	}
	return !a.member.Person.Texts.IsZero() && a.recovers()
}

func (a *asking) recovers() bool {
	return a.organisation.Allows(accounts.Recovery) && a.member.Person.RecoveryCodes > 0
}

// methods are those by which the person can answer here.
func (a *asking) methods() []Method {
	var open []Method
	if len(a.phones) > 0 {
		open = append(open, Push)
	}
	if a.request.Purpose == NewPhone { // which the older phone alone answers
		return open
	}
	if a.organisation.Allows(accounts.TOTP) && (len(a.phones) > 0 || a.member.Person.Apps > 0) {
		open = append(open, TOTP)
	}
	if a.texts {
		open = append(open, SMS)
	}
	if a.recovers() {
		open = append(open, Recovery)
	}
	if a.temporary() {
		open = append(open, Temporary)
	}
	return open
}

// temporary tells whether a temporary code of support answers this question: one about everything is not for a code that
// counts here alone.
func (a *asking) temporary() bool {
	return !a.request.Everywhere && a.member.HasAccess(a.request.Created)
}

// number is what the page shows and the person types. It is derived, so it is stored nowhere.
func (s *Service) number(r Request, salt int) secret.Secret {
	return s.Keys.Digits(r.Digits, "number", r.ID, fmt.Sprint(salt))
}

// distinct finds a number that no request beside this one has, so that a person who picks
// the wrong one from the list cannot approve it by chance.
func (s *Service) distinct(r Request, beside []Request) int {
	for salt := r.Salt; ; salt++ {
		number, taken := s.number(r, salt), false
		for _, other := range beside {
			taken = taken || (other.Confirm == Number && other.Digits == r.Digits && s.number(other, other.Salt) == number)
		}
		if !taken {
			return salt
		}
	}
}

// unreachable is the reason of a delivery that was never tried.
const unreachable = "this phone cannot be notified at the moment: open the app on it"

// initially gives the deliveries as the first answer had them: of the phones of then, which
// may be others than those of now.
func (s *Service) initially(ctx context.Context, r Request) ([]Delivery, error) {
	deliveries, err := s.Deliveries.Deliveries(ctx, r.ID)
	for i := range deliveries {
		d := &deliveries[i]
		if d.Updated = r.Created; d.Reason == unreachable {
			continue
		}
		d.State, d.Reason = Queued, ""
		if r.Withheld {
			d.State = Withheld
		}
	}
	return deliveries, err
}

// initial is how the deliveries of a request begin.
func initial(r Request, phones []devices.Device) []Delivery {
	deliveries := make([]Delivery, 0, len(phones))
	for _, phone := range phones {
		d := Delivery{RequestID: r.ID, DeviceID: phone.ID, Device: phone.Name, Channel: string(phone.Push.Provider), State: Queued, Updated: r.Created}
		switch {
		case r.Withheld:
			d.State = Withheld
		case phone.Push.Provider == notify.ProviderNone: // it polls
		case !phone.Reachable():
			d.State, d.Reason = Failed, unreachable
		}
		deliveries = append(deliveries, d)
	}
	return deliveries
}

func (q *Question) normalise() error {
	if q.Confirm == "" {
		q.Confirm = Number
	}
	if q.Life == 0 {
		q.Life = DefaultLife
	}
	address, err := netip.ParseAddr(q.Context.IP)
	if q.Context.IP == "" {
		err = nil
	}
	switch {
	case q.Confirm != Number && q.Confirm != Tap:
		return invalid("/confirm", "must be number or tap")
	case q.Life < MinimumLife || q.Life > MaximumLife:
		return invalid("/expires_in", "must be 30 to 300 seconds")
	case err != nil || address.Zone() != "":
		return invalid("/context/ip", "must be the IP address of the browser")
	case !fits(q.Context.Browser, 1, 128):
		return invalid("/context/browser", "must be an id of the browser, 1 to 128 characters")
	case !fits(q.Context.UserAgent, 0, 1024):
		return invalid("/context/user_agent", "must have 1024 characters at most")
	case !fits(q.Message, 0, MaxMessage):
		return invalid("/message", "must have 200 characters at most, on one line")
	case len(q.Details) > MaxDetails:
		return invalid("/details", "must have 10 lines at most")
	}
	for i, d := range q.Details {
		if !fits(d.Label, 1, MaxLabel) || !fits(d.Value, 1, MaxValue) {
			return invalid(fmt.Sprintf("/details/%d", i), "needs a label of 1 to 40 and a value of 1 to 200 characters, each on one line")
		}
	}
	if address.IsValid() {
		q.Context.IP = address.Unmap().String()
	}
	return nil
}

// InvalidError is [ErrInvalid] with the field, as a JSON pointer (RFC 6901), and what it must be.
type InvalidError struct{ Pointer, Detail string }

func (e *InvalidError) Error() string { return e.Pointer + " " + e.Detail }

// Is makes errors.Is(err, ErrInvalid) true.
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }

func invalid(pointer, detail string) error { return &InvalidError{pointer, detail} }

// fits keeps control characters and the marks that turn text around out of what a person
// is shown: a message must not be able to look like another one.
func fits(s string, least, most int) bool {
	n := utf8.RuneCountInString(s)
	return utf8.ValidString(s) && n >= least && n <= most && (n == 0 || strings.TrimSpace(s) != "") && !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' || r == '\u200e' || r == '\u200f' || r == '\u061c' || (r >= 0x7f && r < 0xa0) || r == '\u2028' || r == '\u2029' ||
			(r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069')
	})
}
