package accounts

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"example.com/aye/internal/secret"
)

// How often a password may be wrong.
const (
	// FreeTries are looked at without a pause between them.
	FreeTries = 5
	// firstDelay is the pause after them, which doubles with each.
	firstDelay = 2 * time.Second
	// MaximumDelay is the longest pause.
	MaximumDelay = 15 * time.Minute
	// PasswordStreak in a row make a password unusable until it is reset (SP 800-63B-4, section 3.2.2).
	PasswordStreak = 100
	// TriesKept is how long wrong passwords are remembered after the last, but for a whole streak,
	// which stays.
	TriesKept = 30 * 24 * time.Hour
	// BrowserLife is how long a browser is known after the last login with it.
	BrowserLife = 365 * 24 * time.Hour
)

// PasswordAttempt is somebody who types a password.
type PasswordAttempt struct {
	Email    string
	Password secret.Secret
	// Network is what [NetworkOf] gives for the address that it came from.
	Network string
	// Browser is the id of the browser, empty where it has none yet. In one in which the person
	// logged in before, strangers' tries do not count.
	Browser string
}

// Tries is a count of wrong passwords in a row.
type Tries struct {
	Scope string
	// Most is how many are looked at, at all; 0 for no end.
	Most int
	// Delay is the pause after so many; nil for none.
	Delay func(failures int) time.Duration
}

// NetworkOf is the network of an address whose tries count together: of IPv4 the /24, of IPv6
// the /64, which one household or one machine can fill.
func NetworkOf(ip string) string {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return "unknown"
	}
	address = address.Unmap().WithZone("")
	bits := 64
	if address.Is4() {
		bits = 24
	}
	network, err := address.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return network.String()
}

// CheckPassword finds the person whose password it is, else [ErrCredentials]. An address that
// nobody has costs the same work and gives the same answers. A [DelayError] says that nothing
// was looked at; [ErrBusy] that there is no room at this moment.
func (s *Service) CheckPassword(ctx context.Context, a PasswordAttempt) (Person, error) {
	address, err := NormalEmail(a.Email)
	if err != nil {
		address = strings.ToLower(a.Email[:min(len(a.Email), 254)]) // counted like any other
	}
	kept, err := s.Passwords.PasswordOf(ctx, address, browserHash(a.Browser))
	if err != nil {
		return Person{}, err
	}
	if err = s.try(ctx, address, kept, a); err != nil {
		return Person{}, err
	}
	return kept.Person, nil
}

// ConfirmPassword lets somebody who is logged in type the password again. The address of the
// attempt does not matter.
func (s *Service) ConfirmPassword(ctx context.Context, personID string, a PasswordAttempt) error {
	p, err := s.People.Person(ctx, personID)
	if err != nil {
		return err
	}
	kept, err := s.Passwords.PasswordOf(ctx, p.Email, browserHash(a.Browser))
	if err != nil {
		return err
	}
	return s.try(ctx, p.Email, kept, a)
}

// try looks at one password. Where none is looked at anyway it takes no place among those that are. That place comes first, so
// that who finds none lost no try; then the try is counted, and only then anything is compared.
func (s *Service) try(ctx context.Context, address string, kept KeptPassword, a PasswordAttempt) error {
	account := s.account(address)
	lane, row := lanes(kept, a)
	ok, until, err := s.Passwords.MayTry(ctx, account, []Tries{lane, row}, s.Now())
	if err != nil {
		return err
	}
	if !ok {
		return &DelayError{Until: until}
	}
	known := kept.KnownBrowser
	leave, err := s.Hasher.enter(ctx, comer{known: known, account: account, network: a.Network})
	if err != nil {
		return err
	}
	defer leave()
	ok, until, err = s.Passwords.SpendTry(ctx, account, []Tries{lane, row}, s.Now())
	if err != nil {
		return err
	}
	if !ok {
		return &DelayError{Until: until}
	}
	password := normal(a.Password)
	right, old := s.Hasher.compare(known, kept.Person.ID, password, kept.Hash)
	if !right {
		return ErrCredentials
	}
	if old {
		if err = s.Passwords.Rehash(ctx, kept.Person.ID, kept.Hash, s.Hasher.hash(known, kept.Person.ID, password)); err != nil {
			return err
		}
	}
	return s.Passwords.ForgetTries(ctx, account, lane.Scope, row.Scope)
}

// lanes are where a try counts: beside others from the same network, and in the row that makes a
// password unusable. A browser that the person logged in with has its own of both, so that no
// stranger can lock the person out of it.
func lanes(kept KeptPassword, a PasswordAttempt) (lane, row Tries) {
	own := "browser:" + browserHash(a.Browser)
	if kept.KnownBrowser {
		return Tries{Scope: "delay:" + own, Delay: delay}, Tries{Scope: "row:" + own, Most: PasswordStreak}
	}
	return Tries{Scope: "delay:network:" + a.Network, Delay: delay}, Tries{Scope: "row:strangers", Most: PasswordStreak, Delay: spaced}
}

// account is how an address is named among the tries: who reads the database learns no
// address that somebody mistyped.
func (s *Service) account(address string) string {
	return s.Keys.Code("password tries", address).Reveal()
}

// delay is the pause after so many wrong passwords in a row.
func delay(failures int) time.Duration {
	if failures < FreeTries {
		return 0
	}
	return min(firstDelay<<min(failures-FreeTries, 16), MaximumDelay)
}

// spaced is the pause between strangers' tries at one account, from wherever they come, once there were some wrong ones: a thousand
// addresses together cost the server no more than one does, and need minutes for what they may try at all.
func spaced(failures int) time.Duration {
	if failures < FreeTries {
		return 0
	}
	return firstDelay
}

// KnowBrowser remembers that the person logged in with the browser.
func (s *Service) KnowBrowser(ctx context.Context, personID, browser string) error {
	if browser == "" {
		return nil
	}
	return s.Passwords.KnowBrowser(ctx, personID, browserHash(browser), s.Now())
}

// browserHash is how a browser's id is kept: who reads the database cannot pass for the browser.
func browserHash(browser string) string {
	if browser == "" {
		return ""
	}
	return secret.Hash(secret.Secret(browser))
}
