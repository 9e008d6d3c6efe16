package messagebird

import (
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"example.com/aye/sms"
)

var (
	// ids are MessageBird's own names for messages: 32 hexadecimal digits so far.
	ids = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	// currencies are codes of ISO 4217.
	currencies = regexp.MustCompile(`^[A-Z]{3}$`)
	// reasons are plain words. What has digits in it could be a number or a code.
	reasons = regexp.MustCompile(`^[A-Za-z][A-Za-z ,'_-]{0,59}$`)
)

// message is the form of the API reference, as far as it tells something.
type message struct {
	ID         string `json:"id"`
	Reference  string `json:"reference"`
	Created    string `json:"createdDatetime"`
	Recipients struct {
		Items []status `json:"items"`
	} `json:"recipients"`
}

// outcome is what became of the only recipient. Who is not in the answer yet was taken.
func (m message) outcome(now time.Time) sms.Outcome {
	if len(m.Recipients.Items) == 0 {
		return status{}.outcome(m.ID, now)
	}
	return m.Recipients.Items[0].outcome(m.ID, now)
}

// status is how a message stands with a recipient. The same words are in answers and in reports.
type status struct {
	Status    string `json:"status"`
	At        string `json:"statusDatetime"`
	Reason    string `json:"statusReason"`
	ErrorCode word   `json:"statusErrorCode"`
	Parts     int    `json:"messagePartCount"`
	Price     struct {
		Amount   word   `json:"amount"`
		Currency string `json:"currency"`
	} `json:"price"`
}

// word is a number or a text: the SDKs do not agree on which of them a code or an amount is.
type word string

// UnmarshalJSON implements [json.Unmarshaler].
func (w *word) UnmarshalJSON(raw []byte) error {
	*w = word(strings.Trim(string(raw), `"`))
	if *w == "null" {
		*w = ""
	}
	return nil
}

func (s status) outcome(id string, now time.Time) sms.Outcome {
	outcome := sms.Outcome{State: s.state(), VendorID: id, Parts: max(0, s.Parts), At: now}
	if at, err := time.Parse(time.RFC3339, s.At); err == nil {
		outcome.At = at.UTC()
	}
	// A price of nothing is that of a message which was not counted yet.
	if price, ok := sms.VendorAmount(string(s.Price.Amount)); ok && price > 0 && currencies.MatchString(s.Price.Currency) {
		outcome.Price, outcome.Currency = price, s.Price.Currency
	}
	if outcome.State == sms.Failed || outcome.State == sms.Expired {
		outcome.Reason, outcome.Detail = s.reason()
	}
	return outcome
}

// state reads the status. One that MessageBird may add one day says at least that it has the message.
func (s status) state() sms.State {
	switch s.Status {
	case "sent", "buffered": // buffered: the network has it, the phone cannot be reached now
		return sms.Sent
	case "delivered":
		return sms.Delivered
	case "expired":
		return sms.Expired
	case "delivery_failed":
		return sms.Failed
	default: // scheduled among them
		return sms.Accepted
	}
}

// failures are the codes of the vendor's page "SMS Platform Extended Error Codes" (docs.bird.com) and of
// GSM 09.02, from which they come, that say something of number or sender. 103 is seen in other projects
// (nyaruka/courier), and means that the person has answered STOP.
var failures = map[int]sms.Class{
	1: sms.BadNumber, 2: sms.BadNumber, 3: sms.BadNumber, 5: sms.BadNumber, // unknown subscriber
	6: sms.BadNumber, 27: sms.BadNumber, // absent subscriber
	9: sms.BadNumber, 10: sms.BadNumber, 11: sms.BadNumber, 12: sms.BadNumber, 21: sms.BadNumber, // no text messages there
	13: sms.BadNumber, 103: sms.BadNumber, // barred, opted out
	31: sms.BadNumber, 32: sms.BadNumber, 33: sms.BadNumber, // the phone takes none now
	104: sms.BadSender, // sender unregistered
}

// reason says why it did not arrive.
func (s status) reason() (class sms.Class, detail string) {
	class = sms.Other
	if s.state() == sms.Expired {
		class = "" // that its time ran out is the reason
	}
	if reasons.MatchString(s.Reason) {
		detail = s.Reason
	}
	code, err := strconv.Atoi(string(s.ErrorCode))
	if err != nil || code <= 0 || code > 99_999 {
		return class, detail
	}
	if known, ok := failures[code]; ok {
		class = known
	}
	return class, strings.TrimSpace(detail + " (" + strconv.Itoa(code) + ")")
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
