package accounts

import (
	"fmt"
	"net/mail"
	"strings"
	"time"
)

// Person is one identity for the whole installation.
type Person struct {
	ID string
	// Email is the user name, in lower case.
	Email string
	// Display is the name that is shown, for example on the phone.
	Display string
	Locale  string
	// HasPassword tells whether the person can log in at the portal.
	HasPassword bool
	// Number is the mobile phone number in E.164, proven at NumberProven; empty for none.
	Number       string
	NumberProven time.Time
	// NumberChanged is since when it is another one than before, or was added by somebody who had a
	// second factor; zero for the first number of somebody new.
	NumberChanged time.Time
	// Texts is when the person chose codes in text messages as the second factor; zero for never. Who did
	// is never asked for the password alone, even where no message can be sent any more.
	Texts time.Time
	// Apps is how many authenticator apps make codes, RecoveryCodes how many codes are unused.
	Apps, RecoveryCodes int
	// Recovering is the support case by which the person lost all second factors, until a new one is
	// linked; empty for none. Who is recovering is never asked for the password alone.
	Recovering string
	Created    time.Time
}

func checkLocale(locale string) error {
	if locale != "" && locale != "en" && locale != "nl" {
		return fmt.Errorf("%w: language is %q, it must be en or nl", ErrInvalid, locale)
	}
	return nil
}

// Status is how far a membership is.
type Status string

// A membership is invited until the person accepts, and can be ended.
const (
	Invited Status = "invited"
	Active  Status = "active"
	Ended   Status = "ended"
)

// Member is a person in an organisation. ID is the membership's, the user id of the API.
type Member struct {
	ID             string
	OrganisationID string
	Person         Person
	Role           Role
	// RoleBy is who gave the role: a membership id, or [Operator]; empty for a role from before this was written down. RoleSince is
	// since when the member has it, and RoleBefore the highest role that was held until then, or in the days before; empty for none.
	RoleBy     string
	RoleSince  time.Time
	RoleBefore Role
	Status     Status
	// Vouched says that an administrator or support lets the number count that the person has now,
	// however new it is.
	Vouched bool
	// AccessUntil is until when a temporary code works that support sent to the person for this organisation; zero for none.
	AccessUntil time.Time
	Created     time.Time
}

// HasAccess tells whether a temporary code works here that support sent.
func (m Member) HasAccess(now time.Time) bool { return now.Before(m.AccessUntil) }

// UserReference names a member by exactly one of the two.
type UserReference struct {
	// ID is a membership id.
	ID string
	// Email is compared without case.
	Email string
}

// normal is the reference as the store compares it; [ErrNotFound] for what is no address.
func (u UserReference) normal() (UserReference, error) {
	if u.Email == "" {
		return u, nil
	}
	email, err := NormalEmail(u.Email)
	if err != nil {
		return UserReference{}, ErrNotFound
	}
	u.Email = email
	return u, nil
}

// NormalEmail gives the form in which an address is kept and compared, or [ErrInvalid].
func NormalEmail(address string) (string, error) {
	trimmed := strings.TrimSpace(address)
	parsed, err := mail.ParseAddress(trimmed)
	if err != nil || parsed.Address != trimmed || len(trimmed) > 254 || strings.ContainsFunc(address, control) {
		return "", fmt.Errorf("%w: %q is not an e-mail address", ErrInvalid, address)
	}
	return strings.ToLower(parsed.Address), nil
}
