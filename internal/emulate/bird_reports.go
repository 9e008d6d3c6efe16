package emulate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// birdDescriptions are Bird's words on why a text failed, by its code.
var birdDescriptions = map[string]string{
	"invalid_destination":  "The number is not assigned, ported out, or malformed.",
	"unreachable":          "The handset is off or out of coverage.",
	"blocked_by_carrier":   "The carrier filtered the message.",
	"blocked_by_recipient": "The recipient device blocked the sender.",
	"landline_unreachable": "The destination is a landline that does not accept SMS.",
	"content_rejected":     "The carrier rejected the content.",
	"sender_unregistered":  "The sender is not registered for the destination.",
	"recipient_opted_out":  "The recipient is on a suppression list.",
	"provider_unavailable": "An upstream failure after retries.",
	"insufficient_balance": "The workspace wallet had insufficient balance to send the message.",
	"unknown":              "An unmapped failure.",
}

// usual implements words.
func (b *Bird) usual(r Report) Report {
	if r.ErrorCode == "" {
		r.ErrorCode = map[string]string{
			"failed": "invalid_destination", "undelivered": "unreachable", "expired": "unreachable", "rejected": "insufficient_balance",
		}[r.Status]
	}
	if r.Reason == "" {
		r.Reason = birdDescriptions[r.ErrorCode]
	}
	return r
}

// target implements words.
func (b *Bird) target(Text) string { return b.hook.address() }

// birdEvent is the body of a report.
type birdEvent struct {
	Type      string        `json:"type"`
	Timestamp time.Time     `json:"timestamp"`
	Data      birdEventData `json:"data"`
}

type birdEventData struct {
	SMSID       string                     `json:"sms_id"`
	WorkspaceID string                     `json:"workspace_id"`
	From        string                     `json:"from"`
	To          string                     `json:"to"`
	Tags        []birdTag                  `json:"tags"`
	Metadata    map[string]json.RawMessage `json:"metadata"`
	Cost        *birdCost                  `json:"cost"`
	Segments    *birdSegments              `json:"segments,omitempty"` // of sms.accepted
	Carrier     *string                    `json:"carrier,omitempty"`
	MCCMNC      *string                    `json:"mcc_mnc,omitempty"`
	Error       *birdTextError             `json:"error,omitempty"`
}

// birdTextError is why a text did not arrive.
type birdTextError struct {
	Code        string    `json:"code"`
	Description string    `json:"description"`
	OccurredAt  time.Time `json:"occurred_at"`
}

// compose implements words.
func (b *Bird) compose(text Text, r Report) Call {
	event := birdEvent{Type: "sms." + r.Status, Timestamp: r.At.UTC(), Data: birdEventData{SMSID: text.ID, WorkspaceID: b.workspace, From: text.From, To: text.To, Cost: birdCostOf(text)}}
	for _, send := range b.everySend() {
		if send.text == text.Number {
			event.Data.Tags, event.Data.Metadata = send.form.Tags, send.form.Metadata
		}
	}
	switch {
	case r.Status == "accepted":
		event.Data.Segments = birdSegmentsOf(text)
	case r.ErrorCode != "":
		event.Data.Error = &birdTextError{r.ErrorCode, r.Reason, r.At.UTC()}
	case r.Status == "sent", r.Status == "delivered":
		place := countryNamed(text.Country)
		event.Data.Carrier, event.Data.MCCMNC = filled(place.operator), filled(place.mccmnc)
	}
	body, err := json.Marshal(event)
	if err != nil {
		body = nil
	}
	call := Call{Method: http.MethodPost, URL: r.To, Body: body, Header: http.Header{}}
	call.Header.Set("Content-Type", "application/json")
	call.Header.Set("User-Agent", "Bird")
	call.Header.Set("Webhook-Id", "msg_"+r.id)
	b.Sign(&call)
	return call
}

// Sign signs a call that has a Webhook-Id anew, as of now: https://www.standardwebhooks.com.
func (b *Bird) Sign(call *Call) {
	timestamp := strconv.FormatInt(b.now().Unix(), 10)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(b.signing.Reveal(), "whsec_"))
	if err != nil {
		return
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(call.Header.Get("Webhook-Id") + "." + timestamp + "."))
	mac.Write(call.Body)
	call.Header.Set("Webhook-Timestamp", timestamp)
	call.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}
