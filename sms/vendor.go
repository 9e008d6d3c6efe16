package sms

import (
	"context"
	"errors"
	"time"

	"example.com/aye/internal/secret"
)

// Vendor speaks one interface: see notify/messagebird. An error is a [VendorError], or means that
// nobody knows whether the message went out.
type Vendor interface {
	// Check asks whether the key is right and, where the vendor tells, what is left on the account:
	// known is false where it does not.
	Check(ctx context.Context, a Account) (left Balance, known bool, err error)
	// Send hands one message over, once. It never repeats what may have been taken.
	Send(ctx context.Context, a Account, m Outgoing) (Outcome, error)
	// Look asks what became of a message: by the vendor's id where that is known, else by the
	// reference, among those since the time. [ErrNoMessage] says that the vendor has none.
	Look(ctx context.Context, a Account, vendorID, reference string, since time.Time) (Outcome, error)
	// Read checks the signature and the time of a report, and says what it tells. A report that cannot be
	// trusted is [ErrReport].
	Read(a Account, c Call, now time.Time) (Report, error)
}

// Account is with what a vendor is spoken to.
type Account struct {
	Key     secret.Secret
	Signing secret.Secret
	Sender  string
}

// Balance is what is left.
type Balance struct {
	// Prepaid tells whether nothing can be sent when nothing is left.
	Prepaid bool
	// Left is in units of the account, which may be credits and not money.
	Left float64
	Unit string
}

// Outgoing is one message on its way.
type Outgoing struct {
	// Reference is Aye's own name for it, and makes a repetition known where the vendor can tell one.
	Reference string
	// To is in E.164.
	To       string
	Body     string
	Encoding Encoding
	// Life is how long the vendor tries.
	Life time.Duration
	// ReportTo is the address for reports; empty for none.
	ReportTo string
}

// Call is the vendor's call with a report.
type Call struct {
	// Method and URL are as the vendor saw them: the URL whole, with scheme, public host and query.
	Method, URL string
	// Header gives a header of the call, empty for none.
	Header func(name string) string
	Body   []byte
}

// Report is what a vendor says of a message later.
type Report struct {
	// Once is the vendor's name for this report, which counts once; OnceUntil is until when it
	// could be shown again.
	Once      string
	OnceUntil time.Time
	// Reference or VendorID names the message.
	Reference, VendorID string
	Outcome
}

// Class is why a vendor did not take or deliver a message, as far as one can do something about it.
type Class string

// The classes.
const (
	// BadKey: the vendor does not know the key, or it may not do this.
	BadKey Class = "bad-key"
	// TestKey: the key is one that sends nothing.
	TestKey Class = "test-key"
	// NoBalance: there is not enough on the account.
	NoBalance Class = "no-balance"
	// BadSender: the sender is not taken, at all or in the country of the number.
	BadSender Class = "bad-sender"
	// BadNumber: the number is not taken, or cannot be reached.
	BadNumber Class = "bad-number"
	// NotPermitted: the account may not send there: the country is switched off, or asks for a registration.
	NotPermitted Class = "not-permitted"
	// Busy: the vendor asks to send less.
	Busy Class = "busy"
	// Down: the vendor could not be reached, and so has taken nothing.
	Down Class = "down"
	// Missing: the vendor knows nothing of the message. A report that knows it after all is believed.
	Missing Class = "missing"
	// Other: anything else; the detail says what.
	Other Class = "other"
)

// VendorError says that the vendor took nothing, and why.
type VendorError struct {
	Class Class
	// Code and Detail are the vendor's own.
	Code, Detail string
	// After is how long to wait before another try, 0 where the vendor did not say.
	After time.Duration
}

func (e *VendorError) Error() string {
	text := "the vendor of text messages took nothing: " + string(e.Class)
	if e.Code != "" {
		text += ", code " + e.Code
	}
	if e.Detail != "" {
		text += ", " + e.Detail
	}
	return text
}

// Is makes errors.Is(err, ErrVendor) true.
func (e *VendorError) Is(target error) bool { return target == ErrVendor }

// ErrNoMessage says that the vendor has no such message.
var ErrNoMessage = errors.New("the vendor of text messages has no such message")

// ErrReport says that a report cannot be trusted.
var ErrReport = errors.New("this report of a text message is not signed as it must be")
