package signin

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

// Passwords looks at passwords and keeps them.
type Passwords interface {
	CheckPassword(ctx context.Context, a accounts.PasswordAttempt) (accounts.Person, error)
	ConfirmPassword(ctx context.Context, personID string, a accounts.PasswordAttempt) error
	SetPassword(ctx context.Context, personID string, password secret.Secret) error
	// KnowBrowser remembers that the person logged in with the browser.
	KnowBrowser(ctx context.Context, personID, browser string) error
}

// Letters uses the links that were mailed.
type Letters interface {
	UseReset(ctx context.Context, token secret.Secret) (accounts.Person, error)
	Invitation(ctx context.Context, token secret.Secret) (accounts.InvitationView, error)
	AcceptInvitation(ctx context.Context, token secret.Secret) (accounts.Member, error)
}

// Directory finds where a person belongs, and in whose name the portal asks there.
type Directory interface {
	Memberships(ctx context.Context, personID string) ([]accounts.Member, error)
	MemberOf(ctx context.Context, organisationID string, user accounts.UserReference) (accounts.Organisation, accounts.Member, error)
	PortalOf(ctx context.Context, organisationID string) (accounts.Application, error)
}

// Asker asks the person for the second factor; see package approval.
type Asker interface {
	Ask(ctx context.Context, application accounts.Application, q approval.Question) (approval.Asked, error)
	View(ctx context.Context, applicationID, id string) (approval.View, error)
	Resend(ctx context.Context, application accounts.Application, id string) (approval.View, error)
	Verify(ctx context.Context, application accounts.Application, id string, method approval.Method, code secret.Secret) (approval.View, error)
	Cancel(ctx context.Context, application accounts.Application, id string) error
	SendCode(ctx context.Context, application accounts.Application, id string, method approval.Method, purpose accounts.TextPurpose) (sms.Posted, error)
	Redeem(ctx context.Context, w approval.Redeeming) (approval.Redemption, error)
}

// Phones gives the active phones of a person.
type Phones interface {
	Of(ctx context.Context, personID string) ([]devices.Device, error)
}

// Pairings are what a person began in order to link a phone.
type Pairings interface {
	// Drop cancels all that the person has open.
	Drop(ctx context.Context, personID string) error
}

// Service begins, changes and ends sessions.
type Service struct {
	Store     Store
	Passwords Passwords
	Letters   Letters
	Directory Directory
	Asker     Asker
	Phones    Phones
	// Pairings is nil where none are opened.
	Pairings Pairings
	// Recoveries is nil where nobody helps people who lost a phone.
	Recoveries Recoveries
	// Place names where an address is, for people; nil where that is not known.
	Place func(ip string) string
	Now   func() time.Time
}

// Session finds the session whose token it is, else [ErrNone]. Everything that can end it is
// looked at each time, so that nothing has to happen for it to end.
func (s *Service) Session(ctx context.Context, token secret.Secret) (Session, error) {
	session, err := s.Store.Session(ctx, secret.Hash(token))
	if err != nil {
		return Session{}, err
	}
	now := s.now()
	why, err := s.over(ctx, &session, now)
	if err != nil {
		return Session{}, err
	}
	if why != "" {
		_, err = s.Store.EndSessions(ctx, Ending{PersonID: session.PersonID, ID: session.ID}, s.ended(system, why))
		return Session{}, errors.Join(ErrNone, err)
	}
	if session.Overtaken, err = s.overtaken(ctx, session); err != nil {
		return Session{}, err
	}
	if pause := now.Sub(session.Seen); pause >= seenStep {
		if err = s.Store.TouchSession(ctx, session.ID, session.TokenHash, now); err != nil {
			return Session{}, err
		}
		session.Seen, session.Pause = now, max(session.Pause, pause)
	}
	return session, nil
}

// over tells why a session has ended, and fills in where it stands.
func (s *Service) over(ctx context.Context, session *Session, now time.Time) (why string, err error) {
	full := session.Level == Full
	switch {
	case full && session.Reported:
		return "reported", nil
	case !now.Before(session.Ends):
		return "expired", nil
	case full && now.Sub(session.Seen) >= session.Idle:
		return "idle", nil
	}
	o, m, err := s.Directory.MemberOf(ctx, session.Organisation.ID, accounts.UserReference{ID: session.Member.ID})
	if errors.Is(err, accounts.ErrNotFound) || (err == nil && m.Person.ID != session.PersonID) {
		return "membership", nil
	}
	if err != nil {
		return "", err
	}
	session.Organisation, session.Member = o, m
	if session.OrganisationID == "" {
		return "", nil
	}
	// The rules of now: they, or the role, may have changed since the organisation was picked.
	idle, _ := o.Sessions(m.Role)
	barred := session.barred(home{o, m}, now)
	if now.Sub(session.Seen) >= idle {
		barred = ErrTooOld
	}
	if barred != nil {
		why = "rules"
	}
	return why, nil
}

// overtaken tells whether the person has a second factor by now, in a session that has none
// behind it.
func (s *Service) overtaken(ctx context.Context, session Session) (bool, error) {
	if session.Method != "" || (session.Level != Setup && session.Level != Full) {
		return false, nil
	}
	st, err := s.standing(ctx, session.PersonID)
	return st.enrolled() && !st.relinks(session), err
}

// State tells what the person may do next. It is the only place that decides it.
func (s *Service) State(ctx context.Context, session Session) (State, error) {
	if session.Reported {
		return State{Step: StepSecondFactor}, nil // where the page says so
	}
	if session.Overtaken {
		// Else who has the password alone could add a factor of their own beside the person's.
		return State{Step: StepSignIn}, nil
	}
	switch session.Level {
	case Password:
		return State{Step: StepSecondFactor}, nil
	case Setup:
		return State{Step: StepSetup}, nil
	case Reset:
		st, err := s.standing(ctx, session.PersonID)
		return State{Step: st.reset(session)}, err
	case Full:
	}
	if session.OrganisationID == "" {
		return State{Step: StepPick}, nil
	}
	return State{Step: StepIn, NoticeFrom: s.notice(session)}, nil
}

// reset is what comes next in a session that has a mailed link behind it.
func (st standing) reset(session Session) Step {
	if st.enrolled() && session.Proven.IsZero() {
		return StepSecondFactor
	}
	return StepNewPassword
}

// notice is when the organisation begins to ask for a second factor, for who has none.
func (s *Service) notice(session Session) time.Time {
	from := session.Organisation.SecondFactorFrom
	if session.Method != "" || !from.After(s.now()) {
		return time.Time{}
	}
	return from
}

// Fresh tells whether the person was proven so lately that security settings can be changed. Who came in by a temporary
// code never is: it went by mail or text, and is for one day without the phone.
func (s *Service) Fresh(session Session) bool {
	return session.In() && !session.Reported && session.Method != approval.Temporary && s.now().Before(session.Proven.Add(Freshness))
}

// Sweep takes away what has expired. It is called every minute or so.
func (s *Service) Sweep(ctx context.Context) error {
	for more := true; more; {
		var err error
		if more, err = s.Store.SweepSessions(ctx, s.now(), s.now().Add(-ChoiceLife), sweepSize); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

func (s *Service) place(ip string) string {
	if s.Place == nil || ip == "" {
		return ""
	}
	return s.Place(ip)
}

// system is the actor of what nobody did.
const system = "system"

// entry is the audit row of what a person does in a session: in the chain of the organisation
// where the session stands, and under the name that the person has there.
func (s *Service) entry(session Session, action string, data map[string]string) audit.Entry {
	if data == nil {
		data = map[string]string{}
	}
	data["user"], data["level"] = session.Member.ID, string(session.Level)
	return audit.Entry{
		Organisation: session.Organisation.ID, Actor: session.Member.ID, Action: action, Subject: session.ID, At: s.now(), Data: data,
	}
}

// ended is the row of sessions that end; the store knows which. An empty actor is the person.
func (s *Service) ended(actor, why string) audit.Entry {
	return audit.Entry{Actor: actor, Action: "session.ended", At: s.now(), Data: map[string]string{"why": why}}
}

// browserOf is how a browser is named: the cookie itself is kept nowhere.
func browserOf(v Visit) string {
	if v.Browser == "" {
		return ""
	}
	return secret.Hash(secret.Secret(v.Browser))
}

// addressOf is the address in its plain form; empty for what is none.
func addressOf(ip string) string {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	return address.Unmap().WithZone("").String()
}

// agentOf is what a browser says of itself, without what belongs in no header: nobody shall be
// kept out, or shown something else, by it.
func agentOf(header string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, header)
	return strings.TrimSpace(plain[:min(len(plain), maxAgent)])
}

// attempt is a password that is typed in the browser.
func attempt(v Visit, email string, password secret.Secret) accounts.PasswordAttempt {
	return accounts.PasswordAttempt{Email: email, Password: password, Network: accounts.NetworkOf(v.IP), Browser: browserOf(v)}
}

// ownPath lets only paths of the portal itself through: what a login goes on to must not lead to
// another site.
func ownPath(next string) string {
	if len(next) > maxNext || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsFunc(next, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }) {
		return ""
	}
	return next
}
