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
	// Apps is how many authenticator apps make codes, RecoveryCodes how many codes are unused.
	Apps, RecoveryCodes int
	Created             time.Time
}

// Role is what a member may do in the organisation.
type Role string

// The roles, from little to much.
const (
	RoleMember        Role = "member"
	RoleSupport       Role = "support"
	RoleAdministrator Role = "administrator"
	RoleOwner         Role = "owner"
)

// Privileged roles always type six digits.
func (r Role) Privileged() bool { return r != RoleMember }

// manages tells whether the role may change the organisation and its members.
func (r Role) manages() bool { return r == RoleAdministrator || r == RoleOwner }

func checkRole(r Role) error {
	switch r {
	case RoleMember, RoleSupport, RoleAdministrator, RoleOwner:
		return nil
	}
	return fmt.Errorf("%w: role is %q, it must be member, support, administrator or owner", ErrInvalid, r)
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
	Status         Status
	Created        time.Time
}

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
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != strings.TrimSpace(address) || len(address) > 254 || strings.ContainsFunc(address, control) {
		return "", fmt.Errorf("%w: %q is not an e-mail address", ErrInvalid, address)
	}
	return strings.ToLower(parsed.Address), nil
}
