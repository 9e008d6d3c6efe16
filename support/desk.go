package support

import (
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/secret"
)

// Standing is who the agent is now.
type Standing struct {
	Member       accounts.Member
	Organisation accounts.Organisation
	// Operator says that the agent is of the operator's support, whose scope is everybody.
	Operator bool
	// Manages says that the agent may lift freezes of the organisation.
	Manages bool
}

// Card is what an agent sees of a person.
type Card struct {
	Member       accounts.Member
	Organisation accounts.Organisation
	// Phones, Apps, RecoveryCodes and Number are what the person has; of the number the last digits alone.
	Phones        []devices.Device
	Apps          int
	RecoveryCodes int
	Number        string
	// Recent are the newest requests here, with place and delivery.
	Recent []approval.View
	// Live is the case that goes on, Cases all of the person here, newest first.
	Live  *Case
	Cases []Case
	// Frozen is what keeps the person from being helped.
	Frozen []Freeze
	// Advice is what to say to the caller, the most important first.
	Advice []Advice
	// Refused is why no case can be opened by this agent: [ErrRank], [ErrLive], [ErrFrozen]; nil where one can.
	Refused error
}

// Advice is a sentence for the agent; pages say it in words.
type Advice string

// What there is to say, in the order of importance.
const (
	AdviceFrozen Advice = "frozen"
	AdviceLive   Advice = "live"
	// AdviceMuted: pushes are withheld after refusals; the app shows requests when it is opened.
	AdviceMuted Advice = "muted"
	// AdviceNotFetched: the newest push was accepted, and the phone never fetched it.
	AdviceNotFetched Advice = "not-fetched"
	// AdviceFailed: the newest push was refused by Apple or Google.
	AdviceFailed Advice = "failed"
	// AdviceOtherPhone: another phone of theirs works.
	AdviceOtherPhone Advice = "other-phone"
	AdviceApp        Advice = "app"
	AdviceRecovery   Advice = "recovery"
	AdviceText       Advice = "text"
	// AdviceForgotten and AdviceLost: nothing of that helps.
	AdviceForgotten Advice = "forgotten"
	AdviceLost      Advice = "lost"
)

// Opening is what an agent fills in.
type Opening struct {
	MembershipID string
	Kind         Kind
	Identified   Identified
	Ticket, Note string
	// Channel, Life and Uses are of a forgotten phone; zero for the defaults.
	Channel Channel
	Life    time.Duration
	Uses    int
}

// View is a case as an agent sees it.
type View struct {
	Case
	Member       accounts.Member
	Organisation accounts.Organisation
	// Opener and Approver are those agents' names.
	Opener, Approver string
	Checks           []Check
	// Channels are the ways in which the caller can be asked now.
	Channels []Channel
	// MayApprove, MayCancel, MaySend and MayVerify tell what this agent can do with it now.
	MayApprove, MayCancel, MaySend, MayVerify bool
}

// Signing is a case that waits for the approver's own phone.
type Signing struct {
	View
	Asked approval.Asked
	// State is that of the request on the phone; [approval.Released] where it was signed and the case went on, and empty where
	// this agent was not asked.
	State approval.State
}

// Held is a freeze as an agent sees it.
type Held struct {
	Freeze
	// Name is that of the person or the agent; empty for an organisation.
	Name         string
	Organisation accounts.Organisation
	// MayLift tells whether this agent can lift it now.
	MayLift bool
}

// Checking is a check that waits for the caller's phone, with the number that the agent reads out; zero for the other channels.
type Checking struct {
	Check
	Number  secret.Secret
	Ticket  secret.Secret
	Expires time.Time
}
