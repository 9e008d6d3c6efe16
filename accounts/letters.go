package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/aye/internal/secret"
)

const (
	// LetterLife is how long the link of a letter works; that of an invitation works longer.
	LetterLife = 30 * time.Minute
	// LettersPerHour is how many letters go to one address, or out for one person, in an hour.
	LettersPerHour = 5
	// InvitationsPerHour is how many invitations an organisation mails in an hour beside its imports.
	InvitationsPerHour = 200
	// LetterKept is how long it is known that a letter or a text message went out.
	LetterKept = 7 * 24 * time.Hour
)

// MailedLetter is what is kept of a letter.
type MailedLetter struct {
	// Hash is of the token in the link.
	Hash string
	Kind LetterKind
	// PersonID is empty where nobody has the address: such a letter is counted, and never sent.
	PersonID string
	// Address is a keyed hash of where it goes, or of the organisation that invites.
	Address string
	// Email is the address that the link makes the person's.
	Email   string
	Created time.Time
}

// AskReset mails a link that leads to a new password, if somebody has the address. Who asks
// cannot tell: the work and the answer are the same, and beyond some letters an hour nothing
// is sent without a word.
func (s *Service) AskReset(ctx context.Context, email string) error {
	address, err := NormalEmail(email)
	if err != nil {
		return err // so that a mistyped address is noticed; it says nothing of people
	}
	kept, err := s.Passwords.PasswordOf(ctx, address, "")
	if err != nil {
		return err
	}
	token := secret.NewToken()
	_, _, err = s.mail(ctx, MailedLetter{Hash: secret.Hash(token), Kind: LetterReset, PersonID: kept.Person.ID, Address: s.addressed(address)}, Letter{
		Kind: LetterReset, Nobody: kept.Person.ID == "", PersonID: kept.Person.ID, Display: kept.Person.Display, Locale: kept.Person.Locale, Token: token,
	})
	return err
}

// Reset looks whose link it is without using it, else [ErrNotFound].
func (s *Service) Reset(ctx context.Context, token secret.Secret) (Person, error) {
	l, err := s.Letters.FindLetter(ctx, secret.Hash(token), LetterReset, s.letterSince())
	if err != nil {
		return Person{}, err
	}
	return s.People.Person(ctx, l.PersonID)
}

// UseReset is [Service.Reset] that works once. All other such links of the person end.
func (s *Service) UseReset(ctx context.Context, token secret.Secret) (Person, error) {
	l, err := s.Letters.UseReset(ctx, secret.Hash(token), s.letterSince(), s.Now(), s.own("", "person.reset-used"))
	if err != nil {
		return Person{}, err
	}
	return s.People.Person(ctx, l.PersonID)
}

// AskEmail mails a link to the new address, which proves that the person reads it. An address that
// somebody else has gets no letter, and who asks cannot tell.
func (s *Service) AskEmail(ctx context.Context, personID, email string) error {
	address, err := NormalEmail(email)
	if err != nil {
		return err
	}
	p, err := s.People.Person(ctx, personID)
	if err != nil {
		return err
	}
	if p.Email == address {
		return fmt.Errorf("%w: this is the address already", ErrInvalid)
	}
	taken, err := s.Passwords.PasswordOf(ctx, address, "")
	if err != nil {
		return err
	}
	token := secret.NewToken()
	ok, until, err := s.mail(ctx, MailedLetter{
		Hash: secret.Hash(token), Kind: LetterEmail, PersonID: personID, Address: s.addressed(address), Email: address,
	}, Letter{Kind: LetterEmail, Nobody: taken.Person.ID != "", PersonID: personID, Email: address, Display: p.Display, Locale: p.Locale, Token: token})
	if err == nil && !ok {
		err = &DelayError{Until: until}
	}
	return err
}

// ConfirmEmail makes the address that the link was sent to the person's, and tells the one
// before. It signs nobody in. [ErrNotFound] where the link is none, or the address was taken
// meanwhile.
func (s *Service) ConfirmEmail(ctx context.Context, token secret.Secret) (Person, error) {
	l, err := s.Letters.FindLetter(ctx, secret.Hash(token), LetterEmail, s.letterSince())
	if err != nil {
		return Person{}, err
	}
	// Which address it was, only the change finds out.
	entry := s.telling(ctx, s.own(l.PersonID, "person.email-changed"), Notice{PersonID: l.PersonID, Kind: EmailChanged})
	after, err := s.Letters.UseEmail(ctx, secret.Hash(token), s.letterSince(), s.Now(), entry)
	if errors.Is(err, ErrExists) {
		err = ErrNotFound
	}
	if err != nil {
		return Person{}, err
	}
	return after, nil
}

// EmailChange looks whose link it is and to what it changes the address, without using it.
func (s *Service) EmailChange(ctx context.Context, token secret.Secret) (Person, string, error) {
	l, err := s.Letters.FindLetter(ctx, secret.Hash(token), LetterEmail, s.letterSince())
	if err != nil {
		return Person{}, "", err
	}
	p, err := s.People.Person(ctx, l.PersonID)
	return p, l.Email, err
}

func (s *Service) mail(ctx context.Context, l MailedLetter, letter Letter) (ok bool, until time.Time, err error) {
	l.Created = s.Now()
	return s.Letters.AddLetter(ctx, l, LettersPerHour, time.Hour, letter)
}

// stampInvitation counts an invitation for the organisation and for the address; beyond what
// they may have it is a [DelayError]. The operator has the server, and so its mail.
func (s *Service) stampInvitation(ctx context.Context, m Member) error {
	if s.operator() {
		return nil
	}
	// The organisation first, so that one that has had its share uses up nobody's address.
	for _, one := range []struct {
		about string
		most  int
	}{{m.OrganisationID, InvitationsPerHour}, {m.Person.Email, LettersPerHour}} {
		ok, until, err := s.stamp(ctx, one.about, one.most)
		if err != nil {
			return err
		}
		if !ok {
			return &DelayError{Until: until}
		}
	}
	return nil
}

// stamp counts an invitation, whose own token stands with the membership.
func (s *Service) stamp(ctx context.Context, about string, most int) (ok bool, until time.Time, err error) {
	counted := MailedLetter{Hash: secret.Hash(secret.NewToken()), Kind: LetterInvitation, Address: s.addressed(about), Created: s.Now()}
	return s.Letters.AddLetter(ctx, counted, most, time.Hour)
}

func (s *Service) letterSince() time.Time { return s.Now().Add(-LetterLife) }

// addressed is how an address is named among the letters.
func (s *Service) addressed(email string) string { return s.Keys.Code("letters", email).Reveal() }
