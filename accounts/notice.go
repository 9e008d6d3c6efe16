package accounts

import (
	"context"
	"time"

	"example.com/aye/internal/secret"
)

// Announcer writes to people. It never holds up who calls it, but for Ready.
type Announcer interface {
	// Announce takes a notice; the mail follows.
	Announce(ctx context.Context, n Notice)
	// Letter takes a letter; the mail follows.
	Letter(ctx context.Context, l Letter)
	// Ready waits until there is room for letters that nobody waits for.
	Ready(ctx context.Context) error
}

// LetterKind is what the link in a letter does.
type LetterKind string

// The letters.
const (
	// LetterReset: the link leads to a new password.
	LetterReset LetterKind = "reset"
	// LetterEmail: the link makes the address that it was sent to the person's.
	LetterEmail LetterKind = "email"
	// LetterInvitation: the link makes the person a member.
	LetterInvitation LetterKind = "invitation"
)

// Letter is mail with a link in it that works once, for its reader alone.
type Letter struct {
	Kind     LetterKind
	PersonID string
	// Email is where it goes instead of the person's own address, empty for that.
	Email string
	// Display and Locale are those of the person, locale empty where the person has none.
	Display, Locale string
	// OrganisationID is who invites, Inviter the name of the member who does it, empty for the
	// operator; both are empty in other letters.
	OrganisationID, Inviter string
	// Token is what stands behind the last slash of the link.
	Token secret.Secret
}

// Notice is something a person must hear on a way that is not the phone, so that what an
// impostor does to an account does not stay unseen.
type Notice struct {
	PersonID       string
	OrganisationID string
	Kind           NoticeKind
	// Device and Application are names to show, where they belong to the notice.
	Device, Application string
	// IP is where the request came from, where there is one.
	IP string
	// Email is where it goes instead of the person's own address: to the one that was theirs.
	Email string
	// Date is the day that the notice is about, where it is about one.
	Date time.Time
}

// NoticeKind is what happened.
type NoticeKind string

// What people are told of.
const (
	// PhoneLinked: a phone was linked to the account.
	PhoneLinked NoticeKind = "phone-linked"
	// PhoneRemoved: a phone was removed from the account.
	PhoneRemoved NoticeKind = "phone-removed"
	// PairingBurned: two phones used one QR code.
	PairingBurned NoticeKind = "pairing-burned"
	// RequestReported: the person said of a login request "this was not me".
	RequestReported NoticeKind = "request-reported"
	// MemberReported: the same, told to the administrators of the organisation.
	MemberReported NoticeKind = "member-reported"
	// PasswordChanged: the password is another one from now on.
	PasswordChanged NoticeKind = "password-changed"
	// EmailChanged: the account has another address; told to the one before.
	EmailChanged NoticeKind = "email-changed"
	// NumberChanged: the account has another phone number, or none any more.
	NumberChanged NoticeKind = "number-changed"
	// AppAdded: an authenticator app makes codes for the account.
	AppAdded NoticeKind = "app-added"
	// AppRemoved: an authenticator app makes codes for it no longer.
	AppRemoved NoticeKind = "app-removed"
	// RecoveryCodesMade: there are new recovery codes, and the ones before work no longer.
	RecoveryCodesMade NoticeKind = "recovery-codes-made"
	// RecoveryCodeUsed: somebody proved to be the person with a recovery code.
	RecoveryCodeUsed NoticeKind = "recovery-code-used"
	// SecondFactorSoon: from a date on nobody gets in without a second factor, and the reader has none.
	SecondFactorSoon NoticeKind = "second-factor-soon"
	// Invitation: an organisation asks the person to become a member.
	Invitation NoticeKind = "invitation"
)
