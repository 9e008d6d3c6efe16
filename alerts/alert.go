package alerts

import (
	"time"

	"example.com/aye/internal/secret"
)

// Kind is what happened.
type Kind string

// What there are alerts of.
const (
	// NotMe: a member said of a login request "this was not me".
	NotMe Kind = "login.reported"
	// CaseOpened: support began to help somebody.
	CaseOpened Kind = "case.opened"
	// CaseStopped: the person said that it was not them, and is frozen.
	CaseStopped Kind = "case.stopped"
	// PhoneReplaced: somebody has another phone than before.
	PhoneReplaced Kind = "phone.replaced"
	// SupportFrozen: an agent, or the support of the organisation, passed a limit.
	SupportFrozen Kind = "support.frozen"
	// BudgetPassed: the money, or the number, of text messages is used up, or the breaker stopped them.
	BudgetPassed Kind = "budget.passed"
	// ProviderFailing: a provider of text messages or of pushes takes none.
	ProviderFailing Kind = "provider.failing"
	// BreakGlass: the operator helped somebody on the command line.
	BreakGlass Kind = "break-glass.used"
	// Test: somebody pressed the button.
	Test Kind = "alert.test"
)

// All are the kinds, but for the test.
var All = []Kind{NotMe, CaseOpened, CaseStopped, PhoneReplaced, SupportFrozen, BudgetPassed, ProviderFailing, BreakGlass}

// Alert is one thing to look at.
type Alert struct {
	ID   string
	Kind Kind
	// OrganisationID is who is told; empty for the operator.
	OrganisationID string
	At             time.Time
	// Data are ids and words, for example "user", "case", "agent". Never a secret or an address.
	Data map[string]string
}

// Hook is where an organisation hears of alerts; empty organisation for the operator.
type Hook struct {
	OrganisationID string
	// URL is https, and what it names public, unless the operator allows private ones.
	URL string
	// Secret is in the "whsec_" form of Standard Webhooks. It is shown once.
	Secret secret.Secret
	// Kinds are those that are sent; all where it is empty.
	Kinds []Kind
	// LastAt, LastError: when something was last tried, and why it failed, in the words of [FailedError]; empty where it was taken.
	LastAt    time.Time
	LastError string
}
