package devices

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/aye/accounts"
	"example.com/aye/internal/jws"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
)

// MaxActive is how many phones a person may have.
const MaxActive = 5

// Status is where a phone is in its life.
type Status string

// A phone goes from pending to active to removed, and never back.
const (
	Pending Status = "pending"
	Active  Status = "active"
	Removed Status = "removed"
)

// Platform is the kind of phone.
type Platform string

// The platforms; web is a phone in a browser.
const (
	IOS     Platform = "ios"
	Android Platform = "android"
	Web     Platform = "web"
)

// Device is one paired phone.
type Device struct {
	ID       string
	PersonID string
	// OrganisationID and MembershipID are where the phone was paired.
	OrganisationID, MembershipID string
	// Local says that the phone answers for that organisation alone: an application showed the
	// code, and could have scanned it itself. Any other phone answers for the person everywhere.
	Local  bool
	Status Status
	// RemovedCase is the support case that removed the phone; empty for none.
	RemovedCase string
	Details
	// Key signs calls and refusals; ApprovalKey signs approvals.
	Key, ApprovalKey jws.Key
	PushState        PushState
	Created, Seen    time.Time
}

// Details is what a phone tells of itself.
type Details struct {
	Platform                           Platform
	Name, Model, OSVersion, AppVersion string
	// Locale is a BCP 47 tag.
	Locale string
	Push   Address
}

// Address is where a push reaches the phone.
type Address struct {
	Provider    notify.Provider
	App         string
	Kind        string
	Environment string
	Address     secret.Secret
	// Registered is when the phone told this address.
	Registered time.Time
}

// PushState is what is known of the address.
type PushState string

// The states of an address. A suspect one is still tried: the fault may be ours. A dead
// one was retired by Apple or Google and is empty until the phone tells a new one.
const (
	PushOK      PushState = "ok"
	PushSuspect PushState = "suspect"
	PushDead    PushState = "dead"
)

// AnswersFor tells whether the phone may answer a request of the organisation.
func (d Device) AnswersFor(organisationID string) bool {
	return !d.Local || d.OrganisationID == organisationID
}

// Target is the address in the form that notify sends to.
func (d Device) Target() notify.Target {
	return notify.Target{
		Device: d.ID, Provider: d.Push.Provider, App: d.Push.App, Kind: d.Push.Kind,
		Environment: d.Push.Environment, Address: d.Push.Address, Registered: d.Push.Registered,
		Doubtful: d.PushState != PushOK,
	}
}

// Reachable tells whether there is an address to push to.
func (d Device) Reachable() bool {
	return d.Push.Provider != notify.ProviderNone && d.Push.Address != "" && d.PushState != PushDead
}

var localeTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)

// Validate says what is wrong with the details, as [ErrInvalid].
func (d Details) Validate() error { return d.validate(true) }

// validate leaves an address out that the phone did not tell: a retired one is empty.
func (d Details) validate(told bool) error {
	switch d.Platform {
	case IOS, Android, Web:
	default:
		return invalid("platform", "must be ios, android or web")
	}
	texts := []struct{ name, value string }{{"model", d.Model}, {"os_version", d.OSVersion}, {"name", d.Name}}
	for _, text := range texts {
		if !printable(text.value, 64) {
			return invalid(text.name, "must have 1 to 64 characters on one line")
		}
	}
	if !accounts.ValidVersion(d.AppVersion) || strings.Count(d.AppVersion, ".") != 2 || strings.Trim(d.AppVersion, "0123456789.") != "" {
		return invalid("app_version", "must look like 1.2.3")
	}
	if !localeTag.MatchString(d.Locale) {
		return invalid("locale", "must be a language tag such as nl or en-GB")
	}
	if !told {
		return nil
	}
	return d.Push.Validate()
}

// Validate says what is wrong with the address, as [ErrInvalid].
func (a Address) Validate() error {
	switch a.Provider {
	case notify.ProviderNone:
		return nil
	case notify.ProviderFCM:
		if a.Kind != "token" && a.Kind != "fid" {
			return invalid("push.kind", "must be token or fid")
		}
	case notify.ProviderAPNs:
		if a.Kind != "token" {
			return invalid("push.kind", "must be token")
		}
		if a.Environment != "production" && a.Environment != "sandbox" {
			return invalid("push.environment", "must be production or sandbox")
		}
		if strings.Trim(a.Address.Reveal(), "0123456789abcdefABCDEF") != "" {
			return invalid("push.address", "must be hexadecimal")
		}
	default:
		return invalid("push.provider", "must be fcm, apns or none")
	}
	if !printable(a.App, 155) {
		return invalid("push.app", "must be the bundle or package name")
	}
	if !printable(a.Address.Reveal(), 1024) {
		return invalid("push.address", "must have 1 to 1024 characters")
	}
	return nil
}

func invalid(field, detail string) error { return fmt.Errorf("%w: %s %s", ErrInvalid, field, detail) }

// printable keeps out what breaks a line, and the marks that turn text around: the older
// phone shows what a new one says of itself.
func printable(s string, limit int) bool {
	return strings.TrimSpace(s) != "" && utf8.RuneCountInString(s) <= limit && utf8.ValidString(s) &&
		!strings.ContainsFunc(s, func(r rune) bool {
			return r < ' ' || (r >= 0x7f && r < 0xa0) || r == '\u2028' || r == '\u2029' ||
				(r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069')
		})
}
