package fcm

import (
	"encoding/json"
	"net/http"
	"time"

	"example.com/aye/notify"
)

// fcmError marks the entry of an error's details that holds the code of FCM itself.
const fcmError = "type.googleapis.com/google.firebase.fcm.v1.FcmError"

// problem is the form of Google's errors.
type problem struct {
	Error struct {
		Status  string `json:"status"`
		Details []struct {
			Type      string `json:"@type"`
			ErrorCode string `json:"errorCode"`
		} `json:"details"`
	} `json:"error"`
}

// code is FCM's own code where there is one, else Google's general status.
func (p problem) code() string {
	for _, detail := range p.Error.Details {
		if detail.Type == fcmError {
			return detail.ErrorCode
		}
	}
	return p.Error.Status
}

// classify reads an error answer. Only UNREGISTERED under 404, in FCM's own detail,
// retires an address: a bare 404 is also the answer to a wrong project, and 400 and
// SENDER_ID_MISMATCH are what a wrong project file answers for every phone.
func classify(status int, header http.Header, body []byte, now time.Time) notify.Outcome {
	var p problem
	if err := json.Unmarshal(body, &p); err != nil {
		p = problem{} // a proxy's page; the status alone must do
	}
	code := p.code()
	outcome := notify.Outcome{Status: status, Reason: notify.CleanReason(code)}
	switch {
	case status == http.StatusNotFound && code == "UNREGISTERED":
		outcome.Class, outcome.Detail = notify.Dead, "The app was removed from this phone, or it registered anew."
	case code == "SENDER_ID_MISMATCH":
		outcome.Class, outcome.Detail = notify.Suspect, "This phone's app belongs to another Firebase project than our credentials."
	case status == http.StatusBadRequest:
		outcome.Class, outcome.Detail = notify.Suspect, "Google does not recognise this phone's address."
	case code == "THIRD_PARTY_AUTH_ERROR":
		outcome.Class, outcome.Detail = notify.Misconfigured, "Google could not log in to Apple: the APNs key in the Firebase project is wrong or missing."
	case status == http.StatusUnauthorized:
		outcome.Class, outcome.Detail = notify.Misconfigured, "Google refuses our credentials."
	case status == http.StatusForbidden:
		outcome.Class, outcome.Detail = notify.Misconfigured, "Our service account may not send for this project, or the messaging API is not switched on."
	case status == http.StatusNotFound:
		outcome.Class, outcome.Detail = notify.Misconfigured, "Google does not know the project of our credentials."
	case status == http.StatusTooManyRequests:
		outcome.Class, outcome.Detail = notify.Retry, "Google asks us to send less."
	case status >= http.StatusInternalServerError:
		outcome.Class, outcome.Detail = notify.Retry, "Google's push service is in trouble."
	case status < http.StatusBadRequest, status == http.StatusRequestTimeout:
		outcome.Class, outcome.Detail = notify.Retry, "The answer did not come from Google's push service."
	default:
		outcome.Class, outcome.Detail = notify.Rejected, "Google refused the message."
	}
	if outcome.Class == notify.Retry {
		outcome.After = notify.RetryAfter(header.Get("Retry-After"), now)
	}
	return outcome
}
