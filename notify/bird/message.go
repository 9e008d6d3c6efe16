package bird

import (
	"encoding/json"
	"errors"
	"regexp"
	"time"

	"example.com/aye/sms"
)

// referenceTag is the tag that holds our own name for a message.
const referenceTag = "reference"

// statusRejected is of a message that Bird refused before it reached a network.
const statusRejected = "rejected"

var (
	// currencies are codes of ISO 4217.
	currencies = regexp.MustCompile(`^[A-Z]{3}$`)
	// reasons are Bird's words for failures: what has digits in it could be a number or a code.
	reasons = regexp.MustCompile(`^[a-z_]{1,40}$`)
)

// tag is a label of a message.
type tag struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// metadata is what we give a message along.
type metadata struct {
	Reference string `json:"reference"`
}

// page is a page of the list, the newest first.
type page struct {
	Data []message `json:"data"`
	Next string    `json:"next_cursor"`
}

// message is the form of the SDKs, as far as it tells something.
type message struct {
	ID       string   `json:"id"`
	Status   string   `json:"status"`
	Error    *failure `json:"last_error"`
	Tags     []tag    `json:"tags"`
	Metadata metadata `json:"metadata"`
	Segments segments `json:"segments"`
	Cost     *cost    `json:"cost"`
}

// failure is why a message did not arrive.
type failure struct {
	Code    string `json:"code"`
	Carrier string `json:"carrier_error_code"`
}

// segments are the parts of a message.
type segments struct {
	Count int `json:"count"`
}

// cost is null until the message was priced. The amount is a text with decimals.
type cost struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency_code"`
}

// reference is our own name for the message, empty where it has none.
func (m message) reference() string {
	if m.Metadata.Reference != "" {
		return m.Metadata.Reference
	}
	for _, t := range m.Tags {
		if t.Name == referenceTag {
			return t.Value
		}
	}
	return ""
}

func (m message) outcome(now time.Time) sms.Outcome {
	outcome := sms.Outcome{State: state(m.Status), VendorID: m.ID, Parts: max(0, m.Segments.Count), At: now}
	if m.Cost != nil && currencies.MatchString(m.Cost.Currency) {
		// A price of nothing is that of a message which was not counted yet.
		if price, ok := sms.VendorAmount(m.Cost.Amount); ok && price > 0 {
			outcome.Price, outcome.Currency = price, m.Cost.Currency
		}
	}
	if outcome.State == sms.Failed || outcome.State == sms.Expired {
		outcome.Reason, outcome.Detail = m.Error.reason()
	}
	if outcome.State == sms.Failed && outcome.Reason == "" {
		outcome.Reason = sms.Other
	}
	return outcome
}

// state reads the status. One that Bird may add one day says at least that it has the message.
func state(status string) sms.State {
	switch status {
	case "sent":
		return sms.Sent
	case "delivered":
		return sms.Delivered
	case "expired":
		return sms.Expired
	case "failed", "undelivered", statusRejected, "canceled": // all four are ends
		return sms.Failed
	default: // accepted and scheduled among them
		return sms.Accepted
	}
}

// failures are Bird's reasons; unknown, content_rejected, blocked_by_carrier and provider_unavailable say
// nothing that one could do something about.
var failures = map[string]sms.Class{
	"invalid_destination":  sms.BadNumber,
	"unreachable":          sms.BadNumber,
	"landline_unreachable": sms.BadNumber,
	"blocked_by_recipient": sms.BadNumber,
	"recipient_opted_out":  sms.BadNumber,
	"sender_unregistered":  sms.BadSender,
	"insufficient_balance": sms.NoBalance,
}

// carrierUnregistered is the network's own code for a sender that is not registered there, which Bird tells
// under other reasons too.
const carrierUnregistered = "104"

// reason says why a message did not arrive.
func (f *failure) reason() (class sms.Class, detail string) {
	if f == nil {
		return "", ""
	}
	class = sms.Other
	if known, ok := failures[f.Code]; ok {
		class = known
	}
	if reasons.MatchString(f.Code) {
		detail = f.Code
	}
	if f.Carrier == carrierUnregistered {
		class, detail = sms.BadSender, detail+" ("+carrierUnregistered+")"
	}
	return class, detail
}

// read reads JSON. A field of another kind than expected is left out, for the rest still tells what
// became of the message.
func read(body []byte, out any) error {
	err := json.Unmarshal(body, out)
	if kind := (*json.UnmarshalTypeError)(nil); err != nil && !errors.As(err, &kind) {
		return errUnclear
	}
	return nil
}
