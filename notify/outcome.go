package notify

import (
	"context"
	"strconv"
	"time"
)

// Class is what an outcome means for the push and for the address.
type Class string

// The classes of outcome.
const (
	Accepted      Class = "accepted"      // the vendor took it
	Retry         Class = "retry"         // not now: throttled, vendor or network down
	Dead          Class = "dead"          // this address will never work again: forget it
	Suspect       Class = "suspect"       // this address was refused, perhaps by our own mistake: keep it
	Misconfigured Class = "misconfigured" // our credentials were refused: an operator must act
	Rejected      Class = "rejected"      // this message was refused: a bug of ours, or it came too late
)

// Reasons of our own. All others are the vendor's words.
const (
	ReasonExpired     = "Expired"     // the request ended before the push could go out
	ReasonClosed      = "Closed"      // the server was stopped before the push could go out
	ReasonUnreachable = "Unreachable" // no connection, or it broke before an answer
	ReasonTimeout     = "Timeout"     // no answer in time
	ReasonBreakerOpen = "BreakerOpen" // the vendor failed so often that it is left alone for a moment
	ReasonUnknown     = "Unknown"     // an answer outside the vendor's documentation
)

// Outcome is the answer to one attempt.
type Outcome struct {
	Class      Class
	Reason     string        // the vendor's code, or one of ours; safe as a metric's label
	Detail     string        // plain words for people; names no address and no secret
	Status     int           // the HTTP status; 0 when there was no answer
	After      time.Duration // how long the vendor asked us to wait
	Since      time.Time     // with Dead: when the vendor saw the address end, if it says so
	ProviderID string        // the vendor's name for the accepted push
}

// vendorFailed tells whether the vendor itself is in trouble, which is what opens the
// breaker. An answer about one address or about throttling shows that it works.
func (o Outcome) vendorFailed() bool {
	return o.Class == Retry && (o.Status == 0 || o.Status >= 500)
}

// Sender brings a message to one vendor.
type Sender interface {
	// Send makes one attempt and never panics on a strange answer; repeating is the
	// router's business. It returns when ctx ends.
	Send(ctx context.Context, target Target, message Message) Outcome
	// Check proves the credentials without reaching any phone.
	Check(ctx context.Context) error
}

// Report is what became of a push.
type Report struct {
	Push     Push
	Outcome  Outcome // of the last attempt
	Attempts int     // 0 when it never left the house
	Took     time.Duration
}

// MaxReason bounds the length of [Outcome.Reason].
const MaxReason = 40

// CleanReason makes a vendor's code safe for logs and metric labels: an answer that came
// from somewhere else, such as a captive portal, must not write into either.
func CleanReason(code string) string {
	if code == "" || len(code) > MaxReason {
		return ReasonUnknown
	}
	for _, r := range code {
		if (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' {
			return ReasonUnknown
		}
	}
	return code
}

// Unanswered is the outcome of an attempt that nobody answered before ctx ended, or at all.
func Unanswered(ctx context.Context, vendor string) Outcome {
	if ctx.Err() != nil {
		return Outcome{Class: Retry, Reason: ReasonTimeout, Detail: vendor + " did not answer in time."}
	}
	return Outcome{Class: Retry, Reason: ReasonUnreachable, Detail: "There is no connection to " + vendor + "."}
}

// httpTime is the date of RFC 9110 section 5.6.7.
const httpTime = "Mon, 02 Jan 2006 15:04:05 GMT"

// RetryAfter reads the header of that name, RFC 9110 section 10.2.3: seconds or a date.
// Zero means that it says nothing.
func RetryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := time.Parse(httpTime, value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
