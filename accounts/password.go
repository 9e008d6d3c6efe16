package accounts

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"example.com/aye/internal/secret"
)

// The lengths of a password, in code points after NFKC (SP 800-63B-4).
const (
	MinimumPassword = 15
	// MinimumPasswordBesideFactor is enough where no organisation lets the person in with the password alone.
	MinimumPasswordBesideFactor = 8
	MaximumPassword             = 128
	// ownRest is how much a password must have beside the words that everybody can guess.
	ownRest = 8
	// passwordBytes is what is looked at, at all: no allowed password is longer.
	passwordBytes = 4 << 10
)

// PasswordProblem is why a password cannot be taken.
type PasswordProblem string

// What can be wrong with a password.
const (
	TooShort PasswordProblem = "too-short"
	TooLong  PasswordProblem = "too-long"
	// Common: it stands on the list of those that are tried first.
	Common PasswordProblem = "common"
	// OwnWords: it is made of the names of the person, of the organisation or of the address.
	OwnWords PasswordProblem = "own-words"
)

// PasswordError is [ErrPassword] with the reason.
type PasswordError struct {
	Problem PasswordProblem
	// Least is how many characters this person's password must have.
	Least int
}

func (e *PasswordError) Error() string { return ErrPassword.Error() + ": " + string(e.Problem) }

// Is makes errors.Is(err, ErrPassword) true.
func (e *PasswordError) Is(target error) bool { return target == ErrPassword }

// SetPassword gives the person a password. It forgets the wrong ones that were tried, ends the
// links that were mailed, and tells the person where there was another before.
func (s *Service) SetPassword(ctx context.Context, personID string, password secret.Secret) error {
	p, err := s.People.Person(ctx, personID)
	if err != nil {
		return err
	}
	organisations, err := s.Organisations.OrganisationsOf(ctx, personID)
	if err != nil {
		return err
	}
	if err = s.checkPassword(p, organisations, password); err != nil {
		return err
	}
	hash, err := s.Hasher.Hash(ctx, personID, normal(password))
	if err != nil {
		return err
	}
	entry := s.own(personID, "person.password-changed")
	if p.HasPassword {
		entry = s.telling(ctx, entry, Notice{PersonID: personID, Kind: PasswordChanged})
	}
	if err = s.Passwords.SetPassword(ctx, personID, hash, s.Now(), entry); err != nil {
		return err
	}
	return s.Passwords.ForgetTries(ctx, s.account(p.Email))
}

// LeastPassword is how many characters the person's password must have.
func (s *Service) LeastPassword(ctx context.Context, personID string) (int, error) {
	organisations, err := s.Organisations.OrganisationsOf(ctx, personID)
	return s.least(organisations), err
}

// least is the smaller number only where every organisation of the person, also one that
// invites, asks for a second factor now.
func (s *Service) least(organisations []Organisation) int {
	now := s.Now()
	for _, o := range organisations {
		if !o.Requires(now) {
			return MinimumPassword
		}
	}
	if len(organisations) == 0 {
		return MinimumPassword
	}
	return MinimumPasswordBesideFactor
}

func (s *Service) checkPassword(p Person, organisations []Organisation, password secret.Secret) error {
	least := s.least(organisations)
	refuse := func(problem PasswordProblem) error { return &PasswordError{Problem: problem, Least: least} }
	if len(password) > passwordBytes {
		return refuse(TooLong)
	}
	text := normal(password).Reveal()
	switch length := utf8.RuneCountInString(text); {
	case length < least:
		return refuse(TooShort)
	case length > MaximumPassword:
		return refuse(TooLong)
	}
	folded := strings.ToLower(text)
	if common(folded) {
		return refuse(Common)
	}
	names := []string{p.Display, p.Email}
	for _, o := range organisations {
		names = append(names, o.Name)
	}
	if ofOwnWords(folded, names) {
		return refuse(OwnWords)
	}
	return nil
}

// normal is the form in which a password is counted and kept, so that every keyboard writes
// the same one (SP 800-63B-4, section 3.1.1.2). What is too long to be one is cut to nothing.
func normal(password secret.Secret) secret.Secret {
	if len(password) > passwordBytes {
		return ""
	}
	return secret.Secret(norm.NFKC.String(password.Reveal()))
}

// ofOwnWords tells whether little is left of the text without the words of the names. Words of
// one or two letters are in too many texts to count.
func ofOwnWords(text string, names []string) bool {
	rest := text
	for _, name := range names {
		words := strings.FieldsFunc(strings.ToLower(norm.NFKC.String(name)), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		// As one word too, as in an address without its dots.
		for _, word := range append([]string{strings.Join(words, "")}, words...) {
			if utf8.RuneCountInString(word) > 2 {
				rest = strings.ReplaceAll(rest, word, "")
			}
		}
	}
	return rest != text && utf8.RuneCountInString(rest) < ownRest
}
