package bird

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"example.com/aye/notify"
	"example.com/aye/notify/wire"
	"example.com/aye/sms"
)

// refusal is Bird's error. It stands under "error", and in the older documents by itself.
type refusal struct {
	Type    string `json:"type"`
	Code    string `json:"code"`
	Name    string `json:"name"`
	Param   string `json:"param"`
	Details []struct {
		Param string `json:"param"`
	} `json:"details"`
	Gates []struct {
		Slug string `json:"slug"`
	} `json:"unmet_gates"`
}

// types are those of the SDKs and of the older documents that need no further look.
var types = map[string]sms.Class{
	"auth_error": sms.BadKey, "authentication_failed": sms.BadKey,
	"misdirected_error": sms.BadKey, // a key of another region
	"billing_error":     sms.NoBalance,
	"rate_limit_error":  sms.Busy, "rate_limited": sms.Busy,
	"invalid_recipient": sms.BadNumber,
	"not_found_error":   sms.Other, "not_found": sms.Other,
	"precondition_error": sms.Other, "payload_too_large_error": sms.Other,
}

// names are the errors of text messages that the SDKs name; more of their kind may come, see concerns.
var names = map[string]sms.Class{
	"SMSNoEligibleSender":        sms.BadSender,
	"SMSSenderNotConfigured":     sms.BadSender,
	"SenderCategoryNotPermitted": sms.BadSender,
	"SMSInvalidRecipient":        sms.BadNumber,
	"DestinationBlocked":         sms.NotPermitted,
	"InsufficientBalance":        sms.NoBalance,
}

var (
	// codes and identifiers can hold nothing that was sent.
	codes       = regexp.MustCompile(`^E[0-9]{5}$`)
	identifiers = regexp.MustCompile(`^[A-Za-z_]{1,40}$`)
)

// judge tells what an answer means that is no success: a [sms.VendorError] where the vendor took nothing for
// certain, else [errUnclear].
func judge(answer wire.Answer, now time.Time) error {
	switch answer.Status {
	case http.StatusOK, http.StatusCreated, http.StatusAccepted:
		return nil
	case http.StatusRequestTimeout, http.StatusTooEarly, 499: // by whom, and how far it came, nobody knows
		return errUnclear
	case http.StatusConflict: // the same key is under way, or was used: that message may have been taken
		return errUnclear
	}
	if answer.Status < http.StatusBadRequest || answer.Status >= http.StatusInternalServerError {
		return errUnclear
	}
	told := tells(answer.Body)
	refused := &sms.VendorError{Class: told.class(answer.Status), Code: strconv.Itoa(answer.Status)}
	if codes.MatchString(told.Code) {
		refused.Code = told.Code
	}
	for _, word := range []string{told.Name, told.Type} {
		if identifiers.MatchString(word) && refused.Detail == "" {
			refused.Detail = word
		}
	}
	if param := told.param(); identifiers.MatchString(param) {
		refused.Detail = strings.TrimPrefix(refused.Detail+": "+param, ": ")
	}
	if refused.Class == sms.Busy {
		refused.After = notify.RetryAfter(answer.Header.Get("Retry-After"), now)
	}
	return refused
}

// tells reads an error in either form; nothing of it where the answer is no error of Bird's.
func tells(body []byte) refusal {
	var told struct {
		Error *refusal `json:"error"`
		refusal
	}
	if read(body, &told) != nil {
		return refusal{}
	}
	if told.Error != nil {
		return *told.Error
	}
	return told.refusal
}

// class says what one could do. The status tells where the type is one of tomorrow, or a proxy answered.
func (r refusal) class(status int) sms.Class {
	if class, ok := names[r.Name]; ok {
		return class
	}
	if class, ok := types[r.Type]; ok {
		return class
	}
	if len(r.Gates) > 0 {
		return sms.NotPermitted // the account must prove something first
	}
	if class := concerns(r.Name, r.param()); class != "" {
		return class
	}
	switch status {
	case http.StatusUnauthorized, http.StatusMisdirectedRequest:
		return sms.BadKey
	case http.StatusForbidden:
		if r.Type != "" {
			return sms.BadKey // it may not do this
		}
	case http.StatusPaymentRequired:
		return sms.NoBalance
	case http.StatusTooManyRequests:
		return sms.Busy
	}
	return sms.Other
}

// param is the field at fault.
func (r refusal) param() string {
	if r.Param == "" && len(r.Details) > 0 {
		return r.Details[0].Param
	}
	return r.Param
}

// concerns reads from an error's name, or from the field at fault, what it is about.
func concerns(name, param string) sms.Class {
	switch {
	case strings.Contains(name, "Sender"), param == "from":
		return sms.BadSender
	case strings.Contains(name, "Recipient"), param == "to":
		return sms.BadNumber
	case strings.Contains(name, "Destination"), strings.Contains(name, "Country"):
		return sms.NotPermitted
	}
	return ""
}
