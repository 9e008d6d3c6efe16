package sms

import (
	"time"

	"example.com/aye/accounts"
)

// Amount is money in millionths of its currency: 0.056 is 56,000.
type Amount int64

// Purpose is what a message is for.
type Purpose = accounts.TextPurpose

// Payer is who pays for a message.
type Payer string

// The payers.
const (
	PaidByOrganisation Payer = "organisation"
	PaidByOperator     Payer = "operator"
)

// State is where a message is; see the package comment.
type State string

// The states.
const (
	Sending   State = "sending"
	Refused   State = "refused"
	Unknown   State = "unknown"
	Accepted  State = "accepted"
	Sent      State = "sent"
	Delivered State = "delivered"
	Failed    State = "failed"
	Expired   State = "expired"
)

// Before gives the states that this one may follow. A late report takes nothing back.
func (s State) Before() []State {
	switch s {
	case Unknown:
		return []State{Sending}
	case Refused:
		return []State{Sending, Unknown} // unknown, and later the vendor's own list does not have it
	case Accepted:
		return []State{Sending, Unknown}
	case Sent:
		return []State{Sending, Unknown, Accepted}
	case Delivered, Failed, Expired:
		return []State{Sending, Unknown, Accepted, Sent}
	case Sending:
	}
	return nil
}

// Corrects tells whether it may follow a refusal because the vendor knew nothing of the message: see
// [Missing]. It did go out, if the vendor knows of it after all.
func (s State) Corrects() bool { return s == Sent || s == Delivered || s == Failed || s == Expired }

// Final tells whether nothing more will be heard of it.
func (s State) Final() bool { return s == Refused || s == Delivered || s == Failed || s == Expired }

// Encoding is how a text is sent.
type Encoding string

// The encodings of 3GPP TS 23.038. A message of GSM-7 has 160 characters in one part and 153 in
// each of several; of UCS-2 70 and 67.
const (
	GSM7 Encoding = "gsm-7"
	UCS2 Encoding = "ucs-2"
)

// Message is a row of the ledger. What it says is in no row.
type Message struct {
	// ID is the reference by which the vendor knows it, and what its code is derived from.
	ID string
	// OrganisationID is for whose people it is, ProviderID whose account sent it.
	OrganisationID, ProviderID string
	Purpose                    Purpose
	Payer                      Payer
	// About is what the code is for: a request, the proof of a number, or a draft.
	About string
	// PersonID is who gets it.
	PersonID string
	// Number is in E.164 while it is known, Index the keyed hash of it, Masked what is shown: the code of
	// the country and the last two digits.
	Number, Index, Masked string
	// Country is two letters of ISO 3166-1.
	Country  string
	Encoding Encoding
	Parts    int
	// Estimate is what it was thought to cost, in the currency of the installation's prices. It counts
	// against a cap, unless the vendor reported more in that currency.
	Estimate Amount
	// Price and Currency are what the vendor reported; the currency is empty before that.
	Price    Amount
	Currency string
	State    State
	// VendorID is the vendor's own name for it.
	VendorID string
	// Reason is why it was refused or failed; Detail is the vendor's own word on it.
	Reason Class
	Detail string
	// Used is when its code let the person on.
	Used        time.Time
	At, Updated time.Time
}

// Outcome is what came to be known of a message.
type Outcome struct {
	State State
	// VendorID, Parts, Price and Currency are empty or 0 where nothing is known of them.
	VendorID string
	Parts    int
	Price    Amount
	Currency string
	Reason   Class
	Detail   string
	At       time.Time
}

// Spent is what counts against a next message. One that the vendor refused counts for About and Last
// alone; one of which nothing is known counts for all.
type Spent struct {
	// NumberHour and NumberDay went to the number, Day out for the organisation in 24 hours. Each
	// with the moment from which the count is lower than its limit again, if it is reached. See [Counting].
	NumberHour, NumberDay, Day             int
	NumberHourFrom, NumberDayFrom, DayFrom time.Time
	// Month is what messages cost in this calendar month, of those that the organisation pays or of all
	// that the operator does: of each its estimate, or what the vendor reported where that is more.
	Month Amount
	// About is how many went out about the same thing, Last when the newest of them did.
	About int
	Last  time.Time
	// Codes are the last codes of the organisation since the breaker was resumed, [BreakerCodes] at
	// most, without those that can still be used and those of which nobody knows that they arrived;
	// UsedCodes of them were used.
	Codes, UsedCodes int
	// Stopped is when the breaker stopped the organisation's messages.
	Stopped time.Time
	// Cap is what the organisation's settings say, 0 where they say nothing or the operator pays.
	Cap Amount
}

// Counting says how [Spent] is counted.
type Counting struct {
	// Theirs: of what went to the number, only what was for the same person counts. Whoever says that a
	// number is theirs could keep its owner out otherwise.
	Theirs bool
	// PerHour and PerDay are how many may go to the number.
	PerHour, PerDay int
	// Currency is that of the installation's prices.
	Currency string
}

// Cost is one line of what messages cost: the sum for all that have the same month, organisation,
// payer, purpose, country and currency.
type Cost struct {
	// Month is its first moment, in UTC.
	Month           time.Time
	OrganisationID  string
	Payer           Payer
	Purpose         Purpose
	Country         string
	Messages, Parts int
	// Amount is what the vendor reported, and the estimate where it did not; Reported of Messages have
	// a price of the vendor's.
	Amount   Amount
	Currency string
	Reported int
	// Unknown of Messages may or may not have gone out.
	Unknown int
}

// CostQuery says which costs; see [Service.Costs].
type CostQuery struct {
	// OrganisationID is for whom, empty for all organisations.
	OrganisationID string
	// From and Until bound the time of sending: not before From, before Until.
	From, Until time.Time
}

// User is somebody who logged in with a code in a text message.
type User struct {
	PersonID, MembershipID, OrganisationID string
	Email, Display                         string
	// Last is when the last such code was used, Times how many were since the time that was asked for.
	Last  time.Time
	Times int
	// Other tells whether the person has a phone or an authenticator app as well.
	Other bool
	// Payer is who paid for the last one.
	Payer Payer
}
