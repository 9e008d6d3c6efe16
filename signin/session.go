package signin

import (
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/secret"
)

// The numbers of docs/policy.md.
const (
	// PasswordLife is how long a session may wait for the second factor.
	PasswordLife = 10 * time.Minute
	// SetupLife is how long somebody without a second factor may take to set one up. A phone number
	// that is proven meanwhile is fresh until the end.
	SetupLife = accounts.NumberFresh
	// ResetLife is how long a mailed link, once used, leads to a new password.
	ResetLife = 30 * time.Minute
	// Freshness is how long after a proof security settings can be changed.
	Freshness = 5 * time.Minute
	// ChoiceLife is how long it is remembered which organisation a person chose in a browser.
	ChoiceLife = 365 * 24 * time.Hour

	// seenStep is how often it is written down that a session is used.
	seenStep = time.Minute
	// maxNext is how long the address may be to which a session goes on.
	maxNext = 512
	// maxAgent is how much of a browser's name is kept.
	maxAgent = 1024
	// sweepSize is how many sessions one sweep takes away.
	sweepSize = 500
)

// Level is how much a session may do.
type Level string

// The levels; see the package comment.
const (
	// Password: the password was right, and only the second factor may follow.
	Password Level = "password"
	// Setup: the password was right, the person has no second factor, and every organisation of
	// theirs asks for one. Only that may be set up.
	Setup Level = "setup"
	// Reset: came by a mailed link; the second factor may follow, and then a new password.
	Reset Level = "reset"
	// Full: the person is in.
	Full Level = "full"
)

// Purpose is what a session's request is asked for.
type Purpose string

// The purposes.
const (
	// ToEnter makes a session full.
	ToEnter Purpose = "enter"
	// ToProve lets a full session change security settings for a while.
	ToProve Purpose = "prove"
	// ToReset lets a session that came by a mailed link set a new password.
	ToReset Purpose = "reset"
)

// Session is one browser in which a person logs in, or has.
type Session struct {
	ID       string
	PersonID string
	Level    Level
	// OrganisationID is where the session acts; empty until one is picked.
	OrganisationID string
	// Organisation and Member are those; until one is picked, those in whose name the second
	// factor is asked. The list of sessions leaves them empty but for the ids.
	Organisation accounts.Organisation
	Member       accounts.Member
	// Within is the only organisation that the session can act in; empty for all.
	Within string
	// CaseID is the support case whose link began the session: it may link a new phone, though the person
	// counts as somebody with a second factor. Empty for none.
	CaseID string
	// Method is the second factor by which the person got in; empty where there was none.
	Method approval.Method
	// RequestID is the request that let the person in, or proved who came by mail.
	RequestID string

	// Purpose is what the session is proving now; empty for nothing.
	Purpose Purpose
	// WaitingID is the request whose answer it waits for; empty before one is asked.
	WaitingID string
	// About is what the person is proven again for, while Purpose is [ToProve]; see [Session.TextPurpose].
	About accounts.TextPurpose
	// Attempt counts those requests.
	Attempt int
	// Until is when what is being proven must be proven.
	Until time.Time
	// Reported says that the person said of one of the session's requests "this was not me".
	Reported bool
	// Overtaken says that the person has a second factor by now, and the session none behind it:
	// it is worth nothing, whoever began it.
	Overtaken bool

	Created, Seen, Ends time.Time
	// Proven is when the person was last proven well enough for security settings; zero for never.
	Proven time.Time
	// ProvenBy is the second factor of that proof; empty where there was none.
	ProvenBy approval.Method
	// Idle is how long it may be left alone, by the rules of when it last changed; Pause the
	// longest that it was.
	Idle, Pause time.Duration

	// IP, Place and UserAgent are of the browser when the password was last typed.
	IP, Place, UserAgent string
	// Browser is the hash of the browser's own cookie.
	Browser string
	// Next is the path that the person wanted to see; empty for none.
	Next string
	// TokenHash is the SHA-256 of the token that the browser holds.
	TokenHash string
}

// In tells whether the person is in by it.
func (s Session) In() bool { return s.Level == Full && !s.Overtaken }

// TextPurpose is what a code in a text message is for that proves the person in this session. To
// prove somebody again is never a login, which others pay.
func (s Session) TextPurpose() accounts.TextPurpose {
	if s.Purpose != ToProve {
		return accounts.TextLogin
	}
	switch s.About {
	case accounts.TextRelink, accounts.TextAuthenticator, accounts.TextNewPhone, accounts.TextNewNumber, accounts.TextSecurity:
		return s.About
	case accounts.TextLogin, accounts.TextRegistration, accounts.TextCheck:
	}
	return accounts.TextSecurity
}

// Visit is what is known of the browser that a person types a password in.
type Visit struct {
	IP, UserAgent string
	// Browser is the value of the browser's own cookie.
	Browser string
}

// Step is what comes next for a person.
type Step string

// The steps.
const (
	// StepSecondFactor: wait for the second factor.
	StepSecondFactor Step = "second-factor"
	// StepSetup: set up the first factor; nothing else is allowed.
	StepSetup Step = "setup"
	// StepSignIn: a first factor stands now, so sign in with it. The session is good for nothing more.
	StepSignIn Step = "sign-in"
	// StepNewPassword: choose the new password.
	StepNewPassword Step = "new-password"
	// StepPick: choose the organisation.
	StepPick Step = "pick"
	// StepIn: the person is in.
	StepIn Step = "in"
)

// State is what the person may do next.
type State struct {
	Step Step
	// NoticeFrom is when a second factor begins to be asked, for who has none; zero for no notice.
	NoticeFrom time.Time
}

// Waiting is what the waiting page shows.
type Waiting struct {
	Purpose Purpose
	// State is that of the request. Released with a new token is the end of the way. Without one it
	// stands for two rare things: another page of this browser is being let in at this very moment,
	// or the server ended just then; ask again.
	State     approval.State
	RequestID string
	// Organisation is in whose name it is asked.
	Organisation string
	Confirm      approval.Confirm
	// Number is what is typed on the phone, while the request is pending; empty with a tap.
	Number secret.Secret
	Digits int
	// Deliveries tell what became of the push to each phone.
	Deliveries []approval.Delivery
	// Withheld says that no push went out, because the person was asked too often.
	Withheld bool
	// Methods are the ways in which this person can answer here.
	Methods []approval.Method
	// Ticket lets the page wait for the answer.
	Ticket           secret.Secret
	Created, Expires time.Time
}

// Choice is an organisation that the person is a member of.
type Choice struct {
	Organisation accounts.Organisation
	Member       accounts.Member
	// Problem is why this session cannot act there: [ErrMethodNotAllowed], [ErrWithin] or
	// [ErrTooOld]; nil where it can.
	Problem error
	// Last says that it was chosen last, in this browser if in any.
	Last bool
}
