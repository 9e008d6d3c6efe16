package signin

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/secret"
)

// Wait asks the person for the second factor, and lets the session go on when it was given. The
// first call asks; each further one shows the same request. When the request is approved it is
// redeemed, and the session comes back changed, with a new token: the old one is dead. It is [ErrRecovering] for who is.
func (s *Service) Wait(ctx context.Context, session Session) (Waiting, Session, secret.Secret, error) {
	if session.Reported {
		return Waiting{Purpose: session.Purpose, State: approval.Reported, RequestID: session.WaitingID, Organisation: session.Organisation.Name}, session, "", nil
	}
	if err := s.waits(session); err != nil {
		return Waiting{}, session, "", err
	}
	st, err := s.standing(ctx, session.PersonID)
	if err == nil && st.recovering != "" {
		err = ErrRecovering
	}
	if err != nil {
		return Waiting{}, session, "", err
	}
	application, err := s.Directory.PortalOf(ctx, session.Organisation.ID)
	if err != nil {
		return Waiting{}, session, "", err
	}
	asked, session, err := s.ask(ctx, session, st, application)
	if err != nil {
		return Waiting{}, session, "", err
	}
	view, err := s.Asker.View(ctx, application.ID, asked.ID)
	if err != nil {
		return Waiting{}, session, "", err
	}
	if view.State != approval.Approved {
		return show(session, asked, view), session, "", nil
	}
	return s.finish(ctx, session, st, application, asked, view)
}

// waits is nil where the session may ask, or has asked, for a second factor.
func (s *Service) waits(session Session) error {
	if session.Reported {
		return ErrReported
	}
	if session.Purpose == "" || !s.now().Before(session.Until) {
		return ErrNotWaiting
	}
	if session.Member.Person.Recovering != "" {
		return ErrRecovering // nothing is left to answer with
	}
	return nil
}

// ask puts the question, or finds the one that was put: the creation key names the session and
// the attempt, so that two pages that come first at once are one question.
func (s *Service) ask(ctx context.Context, session Session, st standing, application accounts.Application) (approval.Asked, Session, error) {
	h, ok := st.home(session.Organisation.ID)
	if !ok {
		return approval.Asked{}, session, ErrNone
	}
	q := session.question(st, h, s.now())
	asked, err := s.Asker.Ask(ctx, application, q)
	if errors.Is(err, approval.ErrNumberRequired) {
		q.Confirm = approval.Number
		asked, err = s.Asker.Ask(ctx, application, q)
	}
	if err != nil || asked.ID == session.WaitingID {
		return asked, session, err
	}
	if session.WaitingID != "" { // nothing but its own request is ever shown in a session
		return approval.Asked{}, session, ErrNotWaiting
	}
	next := session
	next.WaitingID = asked.ID
	data := map[string]string{"purpose": string(session.Purpose), "request": asked.ID}
	held, err := s.Store.ChangeSession(ctx, Change{From: session, To: next}, s.entry(session, "session.asked", data))
	if err == nil && !held {
		if next, err = s.newest(ctx, session); err == nil && next.WaitingID != asked.ID {
			err = ErrNone
		}
	}
	return asked, next, err
}

// newest looks at the session once more, because another page of the browser changed it.
func (s *Service) newest(ctx context.Context, session Session) (Session, error) {
	now, err := s.Store.Session(ctx, session.TokenHash)
	if err != nil {
		return Session{}, err
	}
	now.Organisation, now.Member = session.Organisation, session.Member
	return now, nil
}

// question is what the phones show.
func (s Session) question(st standing, h home, now time.Time) approval.Question {
	// What holds for all organisations is not for a phone that one of them linked to decide,
	// where there is a better one.
	everywhere := st.everywhere && (s.Purpose != ToEnter || (len(st.homes) > 1 && st.reaches(h)))
	// Nor for a temporary code. Who comes in by that, or by such a phone, is in there alone; but a phone that counts
	// everywhere may answer too, and opens all.
	temporary := s.Purpose == ToEnter && h.member.HasAccess(now)
	q := approval.Question{
		User:    accounts.UserReference{ID: h.member.ID},
		Context: approval.Context{IP: s.IP, UserAgent: s.UserAgent, Browser: s.Browser},
		Confirm: approval.Number, Careful: st.careful(), OneMore: s.Purpose == ToReset,
		Everywhere:  everywhere && !temporary,
		CreationKey: s.ID + ":" + strconv.Itoa(s.Attempt), TextPurpose: s.TextPurpose(),
	}
	if st.typed() || temporary {
		q.Life = approval.MaximumLife // as long as the code counts
	}
	if q.Context.Browser == "" {
		q.Context.Browser = s.ID
	}
	switch s.Purpose {
	case ToEnter:
		opens := st.homes
		if !everywhere { // one phone that counts here alone, or nowhere else to go
			opens = []home{h}
		}
		if !q.Careful && !slices.ContainsFunc(opens, func(h home) bool { return !h.organisation.AllowTap }) {
			q.Confirm = approval.Tap
		}
	case ToProve:
		q.Message = inLanguage(h, "Confirm that you want to change your security settings", "Bevestig dat je je beveiligingsinstellingen wilt wijzigen")
	case ToReset:
		q.Message = inLanguage(h, "Confirm that you want to choose a new password", "Bevestig dat je een nieuw wachtwoord wilt kiezen")
	}
	return q
}

// inLanguage is the text in the language of the person, else of the organisation.
func inLanguage(h home, english, dutch string) string {
	locale := h.member.Person.Locale
	if locale == "" {
		locale = h.organisation.Locale
	}
	if strings.HasPrefix(locale, "nl") {
		return dutch
	}
	return english
}

// show is what the page may know.
func show(session Session, asked approval.Asked, view approval.View) Waiting {
	w := Waiting{
		Purpose: session.Purpose, State: view.State, RequestID: view.ID, Organisation: session.Organisation.Name, Confirm: view.Confirm,
		Digits: view.Digits, Deliveries: view.Deliveries, Withheld: view.Withheld, Methods: view.Methods, Ticket: asked.Ticket,
		Created: view.Created, Expires: view.Expires,
	}
	if session.Purpose != ToEnter {
		w.Methods = slices.DeleteFunc(slices.Clone(w.Methods), func(m approval.Method) bool { return m == approval.Temporary })
	}
	if view.State == approval.Pending {
		w.Number = asked.Number
	}
	return w
}
