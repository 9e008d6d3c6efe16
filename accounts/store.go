package accounts

import (
	"context"
	"time"

	"example.com/aye/internal/audit"
)

// Organisations keeps the tenants.
type Organisations interface {
	CreateOrganisation(ctx context.Context, o Organisation, entry audit.Entry) error
	// UpdateOrganisation stores those settings, but never the logo.
	UpdateOrganisation(ctx context.Context, o Organisation, what Settings, entry audit.Entry) error
	// Organisation is [ErrNotFound] for an id that never was.
	Organisation(ctx context.Context, id string) (Organisation, error)
	// OrganisationList is ordered by name.
	OrganisationList(ctx context.Context) ([]Organisation, error)
	// OrganisationsOf are those in which the person is a member or invited, by name.
	OrganisationsOf(ctx context.Context, personID string) ([]Organisation, error)
	// SetLogo stores the logo, or none for the zero Logo.
	SetLogo(ctx context.Context, organisationID string, logo Logo, entry audit.Entry) error
	// OrganisationLogo is [ErrNotFound] where there is none.
	OrganisationLogo(ctx context.Context, organisationID string) (Logo, error)
}

// People keeps people and their memberships.
type People interface {
	// Whoever makes, invites or changes somebody is the entry's actor: that becomes RoleBy, and the entry's time RoleSince.

	// AddMember makes the membership, and the person when nobody has the address; then the
	// membership becomes active at once. A person who exists is invited and must accept.
	// invitation is the hash of the token that accepts. It gives the member as it now is;
	// [ErrExists] when there is a membership that has not ended.
	AddMember(ctx context.Context, m Member, invitation string, entry audit.Entry) (Member, error)
	// Invite makes the membership invited, and the person when nobody has the address. Who is invited
	// already is invited anew, with the role and the invitation of now, if may allows it of the role of
	// before; without a name it is by the name of before. [ErrExists] for an active member. A letter that the entry tells is made out
	// to the person.
	Invite(ctx context.Context, m Member, invitation string, may func(before Role) error, entry audit.Entry) (Member, error)
	// Invitation finds an unused invitation that was made after since, else [ErrNotFound]. Who has no
	// password has the name that the inviter gave, whatever another one said.
	Invitation(ctx context.Context, hash string, since time.Time) (Member, error)
	// AcceptInvitation makes the membership of an unused invitation active that was made after
	// since, else [ErrNotFound]. Who is an active member nowhere keeps the name of that invitation. RoleSince becomes the entry's
	// time; RoleBy stays who invited. What is told of it is [RoleTold].
	AcceptInvitation(ctx context.Context, hash string, since time.Time, entry audit.Entry) (Member, error)
	// EndMembership ends a membership or an invitation, and tells whether it did. The last active
	// owner may have to stay: then it is [ErrForbidden].
	EndMembership(ctx context.Context, id string, keepOwner bool, entry audit.Entry) (bool, error)
	// SetRole changes the role, if it is from, and tells whether it did. The last active owner may
	// have to stay: then it is [ErrForbidden]. The entry's actor gave the role, at its time; RoleBefore becomes the member's Rank
	// of that moment, and nothing for who is only invited.
	SetRole(ctx context.Context, id string, from, to Role, keepOwner bool, entry audit.Entry) (bool, error)
	// WithoutFactor gives active members of organisations that ask for a second factor from a time
	// between the two, who have none and were not told of that time; at most limit.
	WithoutFactor(ctx context.Context, after, until time.Time, limit int) ([]Reminder, error)
	// Remind writes down that the member was told of the time, tells it, and tells whether it did.
	Remind(ctx context.Context, membershipID string, date time.Time, tell ...any) (bool, error)
	// MemberByID finds a membership of the organisation that has not ended, also an invitation.
	MemberByID(ctx context.Context, organisationID, id string) (Member, error)
	// Member finds an active member of the organisation, else [ErrNotFound], with AccessUntil.
	Member(ctx context.Context, organisationID string, user UserReference) (Member, error)
	// MemberOf is Member with the organisation itself.
	MemberOf(ctx context.Context, organisationID string, user UserReference) (Organisation, Member, error)
	// FindPeople gives active members of the organisation whose address or name has the text in it, in whatever case, or whose
	// number has the index; of all organisations, for an empty one, those alone whose whole address or number it is. The
	// index is empty where the text is no number. They are ordered by address, and at most limit.
	FindPeople(ctx context.Context, organisationID, text, numberIndex string, limit int) ([]Member, error)
	// MemberList is ordered by address.
	MemberList(ctx context.Context, organisationID string) ([]Member, error)
	// Standings are which second factors the active members have that count in the organisation, by membership.
	Standings(ctx context.Context, organisationID string) (map[string]Standing, error)
	// Memberships are the active ones of a person.
	Memberships(ctx context.Context, personID string) ([]Member, error)
	// Membership finds an active membership by its id, of whatever organisation, else [ErrNotFound].
	Membership(ctx context.Context, id string) (Member, error)
	// Person is [ErrNotFound] for an id that never was.
	Person(ctx context.Context, id string) (Person, error)
	// SetLocale and SetDisplay are [ErrNotFound] for a person who never was.
	SetLocale(ctx context.Context, personID, locale string, entry audit.Entry) error
	SetDisplay(ctx context.Context, personID, display string, entry audit.Entry) error
}

// KeptPassword is what is kept of a person's password.
type KeptPassword struct {
	// Person is the zero Person where nobody has the address.
	Person Person
	// Hash is empty where there is no password.
	Hash string
	// KnownBrowser tells whether the person logged in with the browser before.
	KnownBrowser bool
}

// Passwords keeps what is made of passwords, and counts wrong ones.
type Passwords interface {
	// PasswordOf does the same work whether somebody has the address or nobody.
	PasswordOf(ctx context.Context, email, browser string) (KeptPassword, error)
	// SetPassword stores the hash and ends all unused letters of the person.
	SetPassword(ctx context.Context, personID, hash string, now time.Time, entry audit.Entry) error
	// Rehash replaces a hash if it is still the one of before.
	Rehash(ctx context.Context, personID, before, after string) error
	// MayTry tells whether SpendTry would count one more try, and counts nothing: it answers as that does.
	MayTry(ctx context.Context, account string, tries []Tries, now time.Time) (ok bool, until time.Time, err error)
	// SpendTry counts one try of the account against all, or against none when one of them does not
	// allow it now; then it tells until when, the zero time meaning for good.
	SpendTry(ctx context.Context, account string, tries []Tries, now time.Time) (ok bool, until time.Time, err error)
	// ForgetTries sets the counts of the scopes to nothing, and without any scope all of the account.
	ForgetTries(ctx context.Context, account string, scopes ...string) error
	// KnowBrowser remembers a browser.
	KnowBrowser(ctx context.Context, personID, browser string, now time.Time) error
}

// Letters keeps what links were mailed.
type Letters interface {
	// AddLetter stores a letter unless most went to its address, or for its kind out for its person,
	// within the time before it; then it tells until when. A letter that changes the address
	// ends the earlier ones of the person. What is told is kept with it.
	AddLetter(ctx context.Context, l MailedLetter, most int, within time.Duration, tell ...any) (ok bool, until time.Time, err error)
	// FindLetter finds an unused letter that was made after since, else [ErrNotFound].
	FindLetter(ctx context.Context, hash string, kind LetterKind, since time.Time) (MailedLetter, error)
	// UseReset uses a letter up, and with it all of its kind of the person; else [ErrNotFound]. The
	// entry's actor and subject become the person.
	UseReset(ctx context.Context, hash string, since, now time.Time, entry audit.Entry) (MailedLetter, error)
	// UseEmail uses a letter up, gives the person its address, and ends all other letters of the
	// person; else [ErrNotFound], or [ErrExists] where another person has the address. The entry's actor and subject become the
	// person, and what it tells goes to the address before.
	UseEmail(ctx context.Context, hash string, since, now time.Time, entry audit.Entry) (after Person, err error)
}

// Numbers keeps phone numbers and how they were proven.
type Numbers interface {
	// AddNumberProof stores the proof if may allows it after what was sent.
	AddNumberProof(ctx context.Context, p NumberProof, may func(Sent) bool) (bool, error)
	// TryNumber counts a try against the person's newest proof that was made after since and is not
	// used, else [ErrNotFound].
	TryNumber(ctx context.Context, personID string, since, now time.Time) (NumberProof, NumberTries, error)
	// NumberProof finds the person's newest proof, if it was made after since and is not used, else
	// [ErrNotFound].
	NumberProof(ctx context.Context, personID string, since time.Time) (NumberProof, error)
	// SetNumber uses the proof up, and the message that had its code, and gives the person its number;
	// [ErrNotFound] where it was used. NumberChanged stays as it is where the number does, and zero for the
	// first number of who has no second factor and never had another number; else it is now.
	SetNumber(ctx context.Context, p NumberProof, now time.Time, entry audit.Entry) error
	// RemoveNumber tells whether there was one. Text messages are no second factor after that; with
	// keepFactor it is refused with [ErrLastFactor] where they are the only one.
	RemoveNumber(ctx context.Context, personID string, keepFactor bool, entry audit.Entry) (bool, error)
	// ChooseTexts makes text messages a second factor of the person, and tells whether they were none
	// before; who chose them before keeps the time of then. It is [ErrNotFound] for who did not, and has
	// no number that was proven since, and for who is recovering. Recovery codes from before a first factor end with that.
	ChooseTexts(ctx context.Context, personID string, since, at time.Time, entry audit.Entry) (bool, error)
	// Vouch lets the number count in the organisation that the active member has, and tells whether it
	// did not before. It is [ErrNotFound] where there is no such member with a number, and
	// [ErrOtherNumber] where Person.NumberChanged is not changed.
	Vouch(ctx context.Context, organisationID, membershipID string, changed time.Time, entry audit.Entry) (bool, error)
}

// Imports keeps imports.
type Imports interface {
	AddImport(ctx context.Context, i Import, entry audit.Entry) error
	// Import is [ErrNotFound] for an id that is not of the organisation.
	Import(ctx context.Context, organisationID, id string) (Import, error)
	// ImportList gives those of the organisation, newest first, without rows and errors.
	ImportList(ctx context.Context, organisationID string) ([]Import, error)
	// MoveImport goes along the edge, and tells whether it did. Rows are forgotten at an end.
	MoveImport(ctx context.Context, organisationID, id string, from, to ImportState, entry audit.Entry) (bool, error)
	// ImportStep invites somebody and counts the row as done, in one change, if so many are done and
	// the import runs. It tells whether it did, and not for who is a member or invited already. A letter is made out as by Invite.
	ImportStep(ctx context.Context, id string, done int, m Member, invitation string, entry audit.Entry) (Member, bool, error)
	// RunningImports gives those that run, without their rows.
	RunningImports(ctx context.Context) ([]Import, error)
}

// Applications keeps the relying parties.
type Applications interface {
	// CreateApplication is [ErrExists] for a second portal of an organisation.
	CreateApplication(ctx context.Context, a Application, entry audit.Entry) error
	// UpdateApplication stores everything but the identity and the secrets; it is refused with
	// [ErrNotFound] for an id that never was.
	UpdateApplication(ctx context.Context, a Application, entry audit.Entry) error
	// ChangeSecrets gives the application what change makes of the secrets that are live at that
	// moment, oldest first; its error changes nothing.
	ChangeSecrets(ctx context.Context, applicationID string, change func([]ClientSecret) ([]ClientSecret, error), entry audit.Entry) error
	// Application is [ErrNotFound] for an id that never was.
	Application(ctx context.Context, id string) (Application, error)
	// Portal gives the portal of the organisation, or [ErrNotFound].
	Portal(ctx context.Context, organisationID string) (Application, error)
	// ApplicationList is ordered by name, without portals; an empty organisation lists all.
	ApplicationList(ctx context.Context, organisationID string) ([]Application, error)
}
