package accounts

import (
	"context"
	"time"

	"example.com/aye/internal/secret"
)

// Outbox has the mails that wait.
type Outbox interface {
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
	// LetterNewPhone: the link leads, after the password, to a new phone.
	LetterNewPhone LetterKind = "new-phone"
	// LetterAccess: a temporary access code, and how long it works.
	LetterAccess LetterKind = "access"
	// LetterCheck: a code and a link, for who talks to a support agent at this moment.
	LetterCheck LetterKind = "check"
)

// Letter is mail with a link in it that works once, for its reader alone.
type Letter struct {
	Kind     LetterKind
	PersonID string
	// Email is where it goes instead of the person's own address, empty for that.
	Email string
	// Nobody says that the letter goes to nobody: it is written down as others are, so that the work does not tell, and dropped.
	Nobody bool
	// Display and Locale are those of the person, locale empty where the person has none.
	Display, Locale string
	// OrganisationID is who invites, Inviter the name of the member who does it, empty for the
	// operator; both are empty in other letters.
	OrganisationID, Inviter string
	// Token is what stands behind the last slash of the link.
	Token secret.Secret
	// Code is what the reader types: of [LetterAccess] and [LetterCheck].
	Code secret.Secret
	// Agent is the support agent's name, and Life how long the code works.
	Agent string
	Life  time.Duration
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
	// Provider is the description of a provider of text messages, and Reason in one word why it took none,
	// or what was done with it: what follows "text-provider." in the audit log.
	Provider, Reason string
	// Agent is the name of the support agent who acts, Link the whole address at which the reader can stop it, or look.
	Agent string
	Link  secret.Secret
	// By is who did it, as the audit log names them, where that is somebody else than the reader.
	By string
	// Role is the member's from now on, and Before the one until now, empty for none: of [RoleGiven] and [MemberRoleChanged].
	Role, Before Role
	// Display and Locale are of the reader, where nobody can look them up any more: after an erasure.
	Display, Locale string
}

// Replacing is the reason of [PhoneLinked] where the person had a phone already: one may take the place of the other.
const Replacing = "replacing"

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
	// NumberVouched: an administrator lets a new phone number count at once.
	NumberVouched NoticeKind = "number-vouched"
	// TextsChosen: codes in text messages are a second factor of the account from now on.
	TextsChosen NoticeKind = "texts-chosen"
	// TextsStopped: told to administrators, the breaker stopped the organisation's text messages, because few of their codes were used.
	TextsStopped NoticeKind = "texts-stopped"
	// TextsSpent: told to administrators, the money for this month's text messages is used up.
	TextsSpent NoticeKind = "texts-spent"
	// TextsTrouble: told to administrators, the provider of text messages takes none.
	TextsTrouble NoticeKind = "texts-trouble"
	// TextsProvider: told to administrators, somebody added, changed, switched or removed a provider of text messages.
	TextsProvider NoticeKind = "texts-provider"
	// CaseOpened: support was asked to help the person, who can stop it by Link. Also told again when it was approved,
	// with the time when it is carried out.
	CaseOpened NoticeKind = "case-opened"
	// AccessCodeSent: support sent a temporary access code; the person can stop it by Link.
	AccessCodeSent NoticeKind = "access-code-sent"
	// FactorsRevoked: everything old was revoked by a support case.
	FactorsRevoked NoticeKind = "factors-revoked"
	// PhoneReplaced: a new phone was linked by a support case.
	PhoneReplaced NoticeKind = "phone-replaced"
	// CaseStopped: told to the person, and to administrators as MemberCaseStopped: somebody said "this was not me".
	CaseStopped       NoticeKind = "case-stopped"
	MemberCaseStopped NoticeKind = "member-case-stopped"
	// MemberCaseOpened and MemberPhoneReplaced: told to administrators, but for who opened the case (By) and the person: support
	// was asked to help a member; and a new phone was linked by that.
	MemberCaseOpened    NoticeKind = "member-case-opened"
	MemberPhoneReplaced NoticeKind = "member-phone-replaced"
	// CaseToApprove: told to those of the organisation who could be the second approver, so not to the person nor who opened the case (By).
	CaseToApprove NoticeKind = "case-to-approve"
	// SupportFrozen: told to administrators, an agent, or the support of the organisation, passed a limit.
	SupportFrozen NoticeKind = "support-frozen"
	// BreakGlassUsed: told to the person and, as MemberBreakGlass, to administrators: the operator revoked everything on the command line.
	BreakGlassUsed   NoticeKind = "break-glass-used"
	MemberBreakGlass NoticeKind = "member-break-glass"
	// RoleGiven: the person has another role in the organisation. It is told where one of the two, Role and Before, is more than a
	// member's; and as MemberRoleChanged to the administrators.
	RoleGiven         NoticeKind = "role-given"
	MemberRoleChanged NoticeKind = "member-role-changed"
	// MemberAlertsChanged: told to administrators, the organisation's alerts go elsewhere, or nowhere, or are other ones. Reason is
	// "set", "changed" or "removed".
	MemberAlertsChanged NoticeKind = "member-alerts-changed"
	// Erased: the account was erased; told to the address that it had.
	Erased NoticeKind = "erased"
	// SecondFactorSoon: from a date on nobody gets in without a second factor, and the reader has none.
	SecondFactorSoon NoticeKind = "second-factor-soon"
	// Invitation: an organisation asks the person to become a member.
	Invitation NoticeKind = "invitation"
)
