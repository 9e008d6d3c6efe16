package notify

import (
	"time"

	"example.com/aye/internal/secret"
)

// Provider is who wakes the phone.
type Provider string

// The providers a phone can register with.
const (
	ProviderFCM  Provider = "fcm"
	ProviderAPNs Provider = "apns"
	ProviderNone Provider = "none" // the phone polls; nothing is ever pushed
)

// Kinds of address: Google moves from registration tokens to installation ids.
const (
	AddressToken = "token"
	AddressFID   = "fid"
)

// Environments of Apple: an address of one is unknown in the other.
const (
	EnvironmentProduction = "production"
	EnvironmentSandbox    = "sandbox"
)

// Target is one phone as a vendor knows it.
type Target struct {
	Device      string // our id of the phone
	Provider    Provider
	App         string // bundle or package name
	Kind        string // AddressToken or AddressFID; FCM only
	Environment string // EnvironmentProduction or EnvironmentSandbox; APNs only
	Address     secret.Secret
	Registered  time.Time // when the phone last told this address
	Doubtful    bool      // it was refused before, so that an acceptance is news
}

// Route is the sender that this target needs.
func (t Target) Route() Route {
	route := Route{Provider: t.Provider, App: t.App}
	if t.Provider == ProviderAPNs {
		route.Environment = t.Environment
	}
	return route
}

// Kind is what a message asks of the phone.
type Kind string

// The kinds of message.
const (
	MessageApproval Kind = "approval" // look: someone waits for your answer
	MessageWithdraw Kind = "withdraw" // another phone has answered: take the question away
	MessageTest     Kind = "test"     // an operator tries whether this phone can be reached
	MessageCase     Kind = "case"     // look: support was asked for help in your name, and you can stop it
)

// Message is all that a vendor gets to see. It has no field for a name, a place or an
// application, so that none can ever be put in.
type Message struct {
	Kind      Kind
	Reference string // opaque; the phone asks the server what it stands for
	Device    string // the phone's own id, for apps paired with several servers
	Title     string // a fixed sentence in the phone's language
	Expires   time.Time
}

// Push is one message for one phone.
type Push struct {
	Target  Target
	Message Message
}

// Route names one sender: an app at a vendor and, at Apple, its environment.
type Route struct {
	Provider    Provider
	App         string
	Environment string // APNs only
}
