package accounts

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/semver"
)

// Profile is how strict an organisation is.
type Profile string

// The two profiles; see docs/policy.md for the numbers of each.
const (
	Standard Profile = "standard"
	Strict   Profile = "strict"
)

// Organisation is a tenant.
type Organisation struct {
	ID      string
	Name    string
	Profile Profile
	// AllowTap lets applications ask for one tap instead of the number.
	AllowTap bool
	// MinimumAppVersion refuses to pair older apps; empty takes all. For example "1.6.78".
	MinimumAppVersion string
	// Locale is the language of mail to members who have none: "en" or "nl".
	Locale string
	// SecondFactorFrom is since when nobody gets in with a password alone; zero for never.
	SecondFactorFrom time.Time
	// Methods are the second factors that are allowed beside push, which always is.
	Methods []SecondFactor
	// SessionIdle and SessionLife are how long a session of the portal lives; zero for the defaults.
	SessionIdle, SessionLife time.Duration
	// CaseWait is the shortest time that a support case waits before a lost phone's factors are revoked; zero for
	// what package support says. At most seven days.
	CaseWait time.Duration
	// SupportContact is what somebody without a phone reads, for example "Call 1234, on working days from 8 to 18"; at
	// most 200 characters, empty for nothing.
	SupportContact string
	// Colour is that of its pages, "#rrggbb", or empty.
	Colour string
	// Logo says with its type alone whether there is one; [Service.OrganisationLogo] has it whole.
	Logo    Logo
	Created time.Time
}

// Settings are those of an organisation that are changed together.
type Settings string

// The settings. The look is name and colour; the rules are all that is left.
const (
	AllSettings Settings = "all"
	Rules       Settings = "rules"
	Look        Settings = "look"
)

// SecondFactor is a way beside push to prove oneself a second time.
type SecondFactor string

// The ways that an organisation can allow.
const (
	// TOTP: a code from the phone's app or from another authenticator app.
	TOTP SecondFactor = "totp"
	// SMS: a code in a text message.
	SMS SecondFactor = "sms"
	// Recovery: one of the codes that were printed.
	Recovery SecondFactor = "recovery"
)

// How long a session lives where the organisation says nothing, and the bounds of what it can say.
const (
	DefaultSessionIdle = time.Hour
	DefaultSessionLife = 12 * time.Hour
	// Privileged members have no longer session than this, whatever the organisation says.
	PrivilegedSessionIdle = 15 * time.Minute
	PrivilegedSessionLife = 8 * time.Hour
	MinimumSession        = 5 * time.Minute
	MaximumSession        = 24 * time.Hour
)

const (
	// MaximumCaseWait is the longest that an organisation can let a support case wait.
	MaximumCaseWait = 7 * 24 * time.Hour
	// MaximumSupportContact is how many characters there are for how to reach support.
	MaximumSupportContact = 200
)

// Requires tells whether a second factor is asked of every member.
func (o Organisation) Requires(now time.Time) bool {
	return !o.SecondFactorFrom.IsZero() && !now.Before(o.SecondFactorFrom)
}

// Allows tells whether the second factor may be used here.
func (o Organisation) Allows(f SecondFactor) bool { return slices.Contains(o.Methods, f) }

// Sessions gives how long a session of a member may be idle, and live at all.
func (o Organisation) Sessions(r Role) (idle, life time.Duration) {
	idle, life = cmp.Or(o.SessionIdle, DefaultSessionIdle), cmp.Or(o.SessionLife, DefaultSessionLife)
	if r.Privileged() {
		idle, life = min(idle, PrivilegedSessionIdle), min(life, PrivilegedSessionLife)
	}
	return min(idle, life), life
}

// Digits is how many digits of the number are typed at the least.
func (o Organisation) Digits() int {
	if o.Profile == Strict {
		return 6
	}
	return 3
}

// Validate says what is wrong with the organisation, as [ErrInvalid].
func (o Organisation) Validate() error {
	if err := o.ValidateLook(); err != nil {
		return err
	}
	return o.ValidateRules()
}

// ValidateLook is [Organisation.Validate] of name and colour alone.
func (o Organisation) ValidateLook() error {
	if err := checkMailed("name", o.Name); err != nil {
		return err
	}
	if o.Colour != "" && !colour.MatchString(o.Colour) {
		return fmt.Errorf("%w: colour is %q, it must look like #1a2b3c", ErrInvalid, o.Colour)
	}
	return nil
}

// ValidateRules is [Organisation.Validate] of the rules alone: a name that was taken once stops
// no change of them.
func (o Organisation) ValidateRules() error {
	if o.Profile != Standard && o.Profile != Strict {
		return fmt.Errorf("%w: profile is %q, it must be standard or strict", ErrInvalid, o.Profile)
	}
	if o.MinimumAppVersion != "" && !ValidVersion(o.MinimumAppVersion) {
		return fmt.Errorf("%w: minimum app version is %q, it must look like 1.2.3", ErrInvalid, o.MinimumAppVersion)
	}
	if o.Locale != "en" && o.Locale != "nl" {
		return fmt.Errorf("%w: language is %q, it must be en or nl", ErrInvalid, o.Locale)
	}
	return o.validateAccess()
}

func (o Organisation) validateAccess() error {
	for i, f := range o.Methods {
		switch f {
		case TOTP, SMS, Recovery:
		default:
			return fmt.Errorf("%w: method is %q, it must be totp, sms or recovery", ErrInvalid, f)
		}
		if slices.Contains(o.Methods[:i], f) {
			return fmt.Errorf("%w: method %s stands there twice", ErrInvalid, f)
		}
	}
	for _, d := range []time.Duration{o.SessionIdle, o.SessionLife} {
		if d != 0 && (d < MinimumSession || d > MaximumSession) {
			return fmt.Errorf("%w: a session of %s, it must be of %s to %s", ErrInvalid, d, MinimumSession, MaximumSession)
		}
	}
	return o.validateSupport()
}

func (o Organisation) validateSupport() error {
	if o.CaseWait < 0 || o.CaseWait > MaximumCaseWait {
		return fmt.Errorf("%w: a support case waits for %s, it must be 0 to %s", ErrInvalid, o.CaseWait, MaximumCaseWait)
	}
	if utf8.RuneCountInString(o.SupportContact) > MaximumSupportContact || !utf8.ValidString(o.SupportContact) || strings.ContainsFunc(o.SupportContact, control) {
		return fmt.Errorf("%w: support contact is %q, it must have at most %d characters on one line", ErrInvalid, o.SupportContact, MaximumSupportContact)
	}
	return nil
}

// colour is nothing that could end a style sheet and begin something else.
var colour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// TakesApp tells whether an app of the version may be paired.
func (o Organisation) TakesApp(version string) bool {
	return o.MinimumAppVersion == "" || semver.Compare("v"+version, "v"+o.MinimumAppVersion) >= 0
}

// ValidVersion tells whether s is a version such as 1.2.3.
func ValidVersion(s string) bool { return len(s) <= 64 && semver.IsValid("v"+s) }

func checkName(what, name string) error {
	if strings.TrimSpace(name) == "" || utf8.RuneCountInString(name) > 100 || strings.ContainsFunc(name, control) {
		return fmt.Errorf("%w: %s is %q, it must have 1 to 100 characters on one line", ErrInvalid, what, name)
	}
	return nil
}

// checkMailed is checkName of a name that greets people in mail, where what looks like a link
// becomes one.
func checkMailed(what, name string) error {
	lower := strings.ToLower(name)
	if strings.Contains(lower, "://") || strings.Contains(lower, "www.") {
		return fmt.Errorf("%w: %s is %q, it must not have a link in it", ErrInvalid, what, name)
	}
	return checkName(what, name)
}

// control finds what could make one name look like another: control characters and the
// marks that turn text around.
func control(r rune) bool {
	return r < ' ' || (r >= 0x7f && r < 0xa0) || r == '\u200e' || r == '\u200f' || r == '\u061c' || r == '\u2028' || r == '\u2029' ||
		(r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069')
}
