package accounts

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
	// Invitation: an organisation asks the person to become a member.
	Invitation NoticeKind = "invitation"
)
