package messagebird

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"

	"example.com/aye/notify"
	"example.com/aye/notify/wire"
	"example.com/aye/sms"
)

const codeNotFound = 20

// refusals are the codes of the API reference, in its words, after which nothing was taken. 99, an internal error, is
// not among them: it does not say how far it came.
var refusals = map[int]struct {
	class sms.Class
	words string
}{
	2:            {sms.BadKey, "Request not allowed"},
	9:            {sms.Other, "Missing params"},
	10:           {sms.Other, "Invalid params"},
	codeNotFound: {sms.Other, "Not found"},
	21:           {sms.Other, "Bad request"},
	25:           {sms.NoBalance, "Not enough balance"},
	98:           {sms.Other, "API not found"},
}

// parameters are those that an administrator can do something about.
var parameters = map[string]sms.Class{
	"access_key": sms.BadKey,
	"originator": sms.BadSender,
	"recipient":  sms.BadNumber,
	"recipients": sms.BadNumber,
}

// first is which of several refusals is told: that which stands in the way of all others.
var first = []sms.Class{sms.BadKey, sms.NoBalance, sms.NotPermitted, sms.BadSender, sms.BadNumber, sms.Other}

// parameter is a name, which can hold nothing that was sent.
var parameter = regexp.MustCompile(`^[A-Za-z_]{1,40}$`)

// judge tells what an answer means that is no success: a [sms.VendorError] where the vendor took nothing for
// certain, else [errUnclear].
func judge(answer wire.Answer, now time.Time) error {
	switch answer.Status {
	case http.StatusOK, http.StatusCreated, http.StatusAccepted:
		return nil
	case http.StatusTooManyRequests: // the API reference: not processed
		return &sms.VendorError{Class: sms.Busy, Code: "429", After: notify.RetryAfter(answer.Header.Get("Retry-After"), now)}
	}
	if answer.Status < http.StatusBadRequest {
		return errUnclear
	}
	var told struct {
		Errors []struct {
			Code      int    `json:"code"`
			Parameter string `json:"parameter"`
		} `json:"errors"`
	}
	if read(answer.Body, &told) != nil || len(told.Errors) == 0 {
		return speechless(answer.Status)
	}
	var refused *sms.VendorError
	for _, e := range told.Errors {
		next := refusal(answer.Status, e.Code, e.Parameter)
		if next != nil && (refused == nil || slices.Index(first, next.Class) < slices.Index(first, refused.Class)) {
			refused = next
		}
	}
	if refused == nil {
		return errUnclear
	}
	return refused
}

// refusal reads one error, nil where it does not say that nothing was taken. It goes by the code: the status
// was not always the same for one.
func refusal(status, code int, name string) *sms.VendorError {
	known, ok := refusals[code]
	if !ok && (code == 99 || status >= http.StatusInternalServerError) {
		return nil
	}
	if !ok {
		known.class, known.words = sms.Other, "not in the API reference"
	}
	if code == 2 && status == http.StatusForbidden {
		known.class = sms.NotPermitted // the key is known, as status 401 would deny
	}
	if class, concerned := parameters[name]; concerned && known.class == sms.Other {
		known.class = class
	}
	refused := &sms.VendorError{Class: known.class, Code: strconv.Itoa(code), Detail: known.words}
	if parameter.MatchString(name) {
		refused.Detail += ": " + name
	}
	return refused
}

// speechless judges an answer without a word of the vendor's, such as a proxy's page.
func speechless(status int) error {
	switch status {
	case http.StatusUnauthorized:
		return &sms.VendorError{Class: sms.BadKey, Code: "401"}
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, 499: // by whom, and how far it came, nobody knows
		return errUnclear
	}
	if status >= http.StatusInternalServerError {
		return errUnclear
	}
	return &sms.VendorError{Class: sms.Other, Code: strconv.Itoa(status), Detail: "the answer is not MessageBird's"}
}
