package accounts

import (
	"context"
	"strings"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

// InvitationLife is how long an invitation can be accepted.
const InvitationLife = 7 * 24 * time.Hour

// InvitationView is an invitation that somebody looks at.
type InvitationView struct {
	Member       Member
	Organisation Organisation
}

// AddMember makes a person a member. Somebody new is a member at once; somebody who has an
// identity already is invited, and the token that accepts is returned: it is shown to that
// person alone. Only the operator may: with the token an administrator could accept in the
// person's place.
func (s *Service) AddMember(ctx context.Context, organisationID string, p Person, role Role) (Member, secret.Secret, error) {
	if !s.operator() {
		return Member{}, "", ErrForbidden
	}
	m, err := s.newMember(ctx, organisationID, p, role)
	if err != nil {
		return Member{}, "", err
	}
	token := secret.NewToken()
	m, err = s.People.AddMember(ctx, m, secret.Hash(token), s.entry(organisationID, "member.added", m.ID))
	if err != nil || m.Status == Active {
		token = ""
	}
	return m, token, err
}

// Invite asks a person to become a member, by mail, also somebody new. Who is invited already
// gets another link, and the one before works no longer; one whose role the actor may
// not take is [ErrForbidden]. Who is a member is [ErrExists], and too many mails are
// [ErrDelayed]. What is given back tells nothing of an identity that there was before.
func (s *Service) Invite(ctx context.Context, organisationID string, p Person, role Role) (Member, error) {
	m, err := s.newMember(ctx, organisationID, p, role)
	if err == nil {
		m, err = s.inviteByMail(ctx, m)
	}
	if err != nil {
		return Member{}, err
	}
	m.Person = Person{ID: m.Person.ID, Email: m.Person.Email, Display: p.Display}
	return m, nil
}

// InviteAgain mails another link to somebody who is invited, by the name of before. Who is no
// longer invited is [ErrExists].
func (s *Service) InviteAgain(ctx context.Context, organisationID, membershipID string) error {
	m, err := s.MemberByID(ctx, organisationID, membershipID)
	if err != nil {
		return err
	}
	m.Created, m.Person.Display = s.Now().UTC(), ""
	_, err = s.inviteByMail(ctx, m)
	return err
}

func (s *Service) inviteByMail(ctx context.Context, m Member) (Member, error) {
	if err := s.stampInvitation(ctx, m); err != nil {
		return Member{}, err
	}
	token := secret.NewToken()
	return s.invite(ctx, m, token, s.invitation(ctx, m, token))
}

// InviteByHand is [Service.Invite] without a mail, where there is no server that takes one: the
// operator hands the token to that person alone.
func (s *Service) InviteByHand(ctx context.Context, organisationID string, p Person, role Role) (Member, secret.Secret, error) {
	if !s.operator() {
		return Member{}, "", ErrForbidden
	}
	m, err := s.newMember(ctx, organisationID, p, role)
	if err != nil {
		return Member{}, "", err
	}
	token := secret.NewToken()
	m, err = s.invite(ctx, m, token)
	if err != nil {
		token = ""
	}
	return m, token, err
}

func (s *Service) invite(ctx context.Context, m Member, token secret.Secret, letter ...any) (Member, error) {
	own, err := s.authority(ctx, m.OrganisationID)
	if err != nil {
		return Member{}, err
	}
	entry := s.entry(m.OrganisationID, "member.invited", m.ID)
	entry.Tell = letter
	return s.People.Invite(ctx, m, secret.Hash(token), own.gives, entry)
}

// invitation is the letter that invites, in the name of who does. Who reads it, only the change finds out.
func (s *Service) invitation(ctx context.Context, m Member, token secret.Secret) Letter {
	inviter := Member{}
	if !s.operator() {
		inviter, _ = s.People.Member(ctx, m.OrganisationID, UserReference{ID: s.actor.ID}) // without a name it is the organisation's alone
	}
	return Letter{Kind: LetterInvitation, OrganisationID: m.OrganisationID, Inviter: inviter.Person.Display, Token: token}
}

// newMember is a member that is not stored, if the actor may make one.
func (s *Service) newMember(ctx context.Context, organisationID string, p Person, role Role) (Member, error) {
	email, err := NormalEmail(p.Email)
	if err != nil {
		return Member{}, err
	}
	if err = checkMailed("display name", p.Display); err != nil {
		return Member{}, err
	}
	if err = checkRole(role); err != nil {
		return Member{}, err
	}
	if err = checkLocale(p.Locale); err != nil {
		return Member{}, err
	}
	if err = s.mayGive(ctx, organisationID, role); err != nil {
		return Member{}, err
	}
	if _, err = s.Organisations.Organisation(ctx, organisationID); err != nil {
		return Member{}, err
	}
	now := s.Now().UTC()
	p = Person{ID: secret.NewID("per"), Email: email, Display: p.Display, Locale: p.Locale, Created: now}
	return Member{ID: secret.NewID("usr"), OrganisationID: organisationID, Person: p, Role: role, Status: Invited, Created: now}, nil
}

// Invitation looks at an invitation without using it, else [ErrNotFound].
func (s *Service) Invitation(ctx context.Context, token secret.Secret) (InvitationView, error) {
	m, err := s.People.Invitation(ctx, secret.Hash(token), s.Now().UTC().Add(-InvitationLife))
	if err != nil {
		return InvitationView{}, err
	}
	o, err := s.Organisations.Organisation(ctx, m.OrganisationID)
	return InvitationView{Member: m, Organisation: o}, err
}

// AcceptInvitation makes an invited person a member.
func (s *Service) AcceptInvitation(ctx context.Context, token secret.Secret) (Member, error) {
	now := s.Now().UTC()
	return s.People.AcceptInvitation(ctx, secret.Hash(token), now.Add(-InvitationLife), audit.Entry{Actor: "person", Action: "member.accepted", At: now})
}

// EndMembership takes a person out of an organisation, or takes an invitation back. What the
// person has elsewhere stays.
func (s *Service) EndMembership(ctx context.Context, m Member) error {
	m, err := s.other(ctx, m)
	if err != nil {
		return err
	}
	if err = s.mayGive(ctx, m.OrganisationID, m.Role); err != nil {
		return err
	}
	ended, err := s.People.EndMembership(ctx, m.ID, !s.operator(), s.entry(m.OrganisationID, "member.ended", m.ID))
	if err == nil && !ended {
		err = ErrNotFound
	}
	if err == nil && s.Ended != nil {
		err = s.Ended(ctx, m)
	}
	return err
}

// other is the member as it now is, who must be somebody else than the actor: nobody changes
// their own role or leaves by mistake.
func (s *Service) other(ctx context.Context, m Member) (Member, error) {
	if !s.operator() && s.actor.ID == m.ID {
		return Member{}, &ForbiddenError{Why: OwnMembership}
	}
	return s.MemberByID(ctx, m.OrganisationID, m.ID)
}

// MemberByID finds a member of the organisation, or somebody invited.
func (s *Service) MemberByID(ctx context.Context, organisationID, membershipID string) (Member, error) {
	if err := s.may(ctx, organisationID); err != nil {
		return Member{}, err
	}
	m, err := s.People.MemberByID(ctx, organisationID, membershipID)
	return m.shown(), err
}

// shown is the member as the organisation may see it. Of somebody who has not accepted it knows
// the address that it invited, and not whether anybody had it before, or by what name.
func (m Member) shown() Member {
	if m.Status == Invited {
		m.Person = Person{ID: m.Person.ID, Email: m.Person.Email, Display: m.Person.Email}
	}
	return m
}

// Members gives members and invited people by address, from behind the one of after, whose
// address or name has the text in it; and whether there are more.
func (s *Service) Members(ctx context.Context, organisationID, text, after string, limit int) ([]Member, bool, error) {
	if err := s.may(ctx, organisationID); err != nil {
		return nil, false, err
	}
	all, err := s.People.MemberList(ctx, organisationID)
	if err != nil {
		return nil, false, err
	}
	text = strings.ToLower(text)
	var found []Member
	for _, m := range all {
		m = m.shown()
		has := strings.Contains(m.Person.Email, text) || strings.Contains(strings.ToLower(m.Person.Display), text)
		if m.Person.Email <= after || !has {
			continue
		}
		if len(found) == limit {
			return found, true, nil
		}
		found = append(found, m)
	}
	return found, false, nil
}

// FindPeople gives active members of the organisation whose address or name has the text in it, or whose whole phone
// number it is; of any organisation, for an empty one, those alone whose whole address or number it is. They are
// ordered by address, and at most limit. Who may look is for the caller to say.
func (s *Service) FindPeople(ctx context.Context, organisationID, text string, limit int) ([]Member, error) {
	text = strings.TrimSpace(text)
	if text == "" || limit <= 0 {
		return nil, nil
	}
	index := ""
	if number, err := NormalNumber(text, "nl"); err == nil { // with a country, or else of the one where that is not written
		index = s.numberIndex(number)
	}
	return s.People.FindPeople(ctx, organisationID, text, index, limit)
}

// SetLocale gives the person another language; empty for that of the organisation.
func (s *Service) SetLocale(ctx context.Context, personID, locale string) error {
	if err := checkLocale(locale); err != nil {
		return err
	}
	return s.People.SetLocale(ctx, personID, locale, s.own(personID, "person.language-changed"))
}

// SetDisplay gives the person another name to show.
func (s *Service) SetDisplay(ctx context.Context, personID, display string) error {
	if err := checkMailed("display name", display); err != nil {
		return err
	}
	return s.People.SetDisplay(ctx, personID, display, s.own(personID, "person.name-changed"))
}

// MayChange is nil where the actor may give the member another role or end the membership, else
// [ErrForbidden].
func (s *Service) MayChange(ctx context.Context, m Member) error {
	m, err := s.other(ctx, m)
	if err != nil {
		return err
	}
	return s.mayGive(ctx, m.OrganisationID, m.Role)
}
