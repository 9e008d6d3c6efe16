package accounts

import (
	"fmt"
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
	Locale  string
	Created time.Time
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
	if err := checkName("name", o.Name); err != nil {
		return err
	}
	if o.Profile != Standard && o.Profile != Strict {
		return fmt.Errorf("%w: profile is %q, it must be standard or strict", ErrInvalid, o.Profile)
	}
	if o.MinimumAppVersion != "" && !ValidVersion(o.MinimumAppVersion) {
		return fmt.Errorf("%w: minimum app version is %q, it must look like 1.2.3", ErrInvalid, o.MinimumAppVersion)
	}
	if o.Locale != "en" && o.Locale != "nl" {
		return fmt.Errorf("%w: language is %q, it must be en or nl", ErrInvalid, o.Locale)
	}
	return nil
}

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

// control finds what could make one name look like another: control characters and the
// marks that turn text around.
func control(r rune) bool {
	return r < ' ' || (r >= 0x7f && r < 0xa0) || r == '\u200e' || r == '\u200f' || r == '\u061c' || r == '\u2028' || r == '\u2029' ||
		(r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069')
}
