package alerts

import (
	"errors"
	"strconv"
)

var (
	// ErrNoHook says that the organisation has no address for alerts.
	ErrNoHook = errors.New("there is no address for alerts yet")
	// ErrURL says that the address cannot be used.
	ErrURL = errors.New("the address must begin with https:// and name a public host")
	// ErrKind says that there is no such kind of alert.
	ErrKind = errors.New("there is no such kind of alert")
	// ErrForbidden says that who acts may not change this.
	ErrForbidden = errors.New("this is for administrators")
	// ErrFailed says that an alert was not taken; see [FailedError].
	ErrFailed = errors.New("the alert was not taken")
)

// Why is why an alert was not taken. It says what the receiver's owner can mend, and nothing of the network that Aye stands in.
type Why string

// The reasons.
const (
	// WhyStatus: the receiver answered with another status than 2xx.
	WhyStatus Why = "status"
	// WhyRedirect: the receiver sends elsewhere, and nobody goes there.
	WhyRedirect Why = "redirect"
	// WhyTimeout: there was no answer in time.
	WhyTimeout Why = "timeout"
	// WhyUnreachable: nobody listens there, or the connection broke.
	WhyUnreachable Why = "unreachable"
	// WhyCertificate: the receiver's certificate is not one that can be trusted.
	WhyCertificate Why = "certificate"
	// WhyName: there is no host of that name.
	WhyName Why = "name"
	// WhyPrivate: the name leads to an address that is not public.
	WhyPrivate Why = "private"
	// WhyOther: anything else; the server's log has it.
	WhyOther Why = "other"
)

// FailedError is [ErrFailed] with the reason. Its text is the reason, with the status behind that of [WhyStatus] and [WhyRedirect].
type FailedError struct {
	Why Why
	// Status is what the receiver answered; 0 for no answer.
	Status int
}

func (e *FailedError) Error() string {
	if e.Status == 0 {
		return string(e.Why)
	}
	return string(e.Why) + " " + strconv.Itoa(e.Status)
}

// Is makes errors.Is(err, ErrFailed) true.
func (e *FailedError) Is(target error) bool { return target == ErrFailed }

// said is what is kept of a failure. What is no [FailedError] may say more than a page should show.
func said(err error) string {
	var failed *FailedError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &failed):
		return failed.Error()
	}
	return string(WhyOther)
}
