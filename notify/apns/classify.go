package apns

import (
	"net/http"
	"time"

	"github.com/sideshow/apns2"

	"example.com/aye/notify"
)

// Apple's reasons that the library does not name. The second has been seen in two spellings.
const (
	reasonUnrelatedKey     = "UnrelatedKeyIdInToken"
	reasonBadKeyEnv        = "BadEnvironmentKeyIdInToken"
	reasonBadKeyEnvVariant = "BadEnvironmentKeyInToken"
)

// judgement is what a reason of Apple's means.
type judgement struct {
	class  notify.Class
	detail string
}

const (
	detailAddress  = "Apple does not recognise this phone's address, or it belongs to the other environment (sandbox or production)."
	detailTopic    = "This phone's address belongs to another app than the one we send for."
	detailGone     = "The app was removed from this phone, or notifications were switched off."
	detailKey      = "Apple refuses our key: key id, team id, environment or the key itself is wrong, or this server's clock is off."
	detailMessage  = "Apple refused the message."
	detailThrottle = "Apple asks us to send less to this phone."
	detailTrouble  = "Apple's push service is in trouble."
)

// judgements has a row for each documented reason. Only Unregistered and ExpiredToken
// retire an address. BadDeviceToken and its like are also what every phone answers when
// environment or topic are set wrong.
var judgements = map[string]judgement{
	apns2.ReasonUnregistered: {notify.Dead, detailGone},
	apns2.ReasonExpiredToken: {notify.Dead, detailGone},

	apns2.ReasonBadDeviceToken:         {notify.Suspect, detailAddress},
	apns2.ReasonMissingDeviceToken:     {notify.Suspect, detailAddress},
	apns2.ReasonDeviceTokenNotForTopic: {notify.Suspect, detailTopic},
	apns2.ReasonTopicDisallowed:        {notify.Suspect, detailTopic},

	apns2.ReasonBadTopic:                  {notify.Misconfigured, detailTopic},
	apns2.ReasonMissingTopic:              {notify.Misconfigured, detailTopic},
	apns2.ReasonBadCertificate:            {notify.Misconfigured, detailKey},
	apns2.ReasonBadCertificateEnvironment: {notify.Misconfigured, detailKey},
	apns2.ReasonExpiredProviderToken:      {notify.Misconfigured, detailKey},
	apns2.ReasonForbidden:                 {notify.Misconfigured, detailKey},
	apns2.ReasonInvalidProviderToken:      {notify.Misconfigured, detailKey},
	apns2.ReasonMissingProviderToken:      {notify.Misconfigured, detailKey},
	reasonUnrelatedKey:                    {notify.Misconfigured, detailKey},
	reasonBadKeyEnv:                       {notify.Misconfigured, detailKey},
	reasonBadKeyEnvVariant:                {notify.Misconfigured, detailKey},

	apns2.ReasonTooManyRequests:             {notify.Retry, detailThrottle},
	apns2.ReasonTooManyProviderTokenUpdates: {notify.Retry, "Apple saw too many different provider tokens of our team: too many servers make their own."},
	apns2.ReasonInternalServerError:         {notify.Retry, detailTrouble},
	apns2.ReasonServiceUnavailable:          {notify.Retry, detailTrouble},
	apns2.ReasonShutdown:                    {notify.Retry, detailTrouble},
	apns2.ReasonIdleTimeout:                 {notify.Retry, detailTrouble},

	apns2.ReasonBadCollapseID:     {notify.Rejected, detailMessage},
	apns2.ReasonBadExpirationDate: {notify.Rejected, detailMessage},
	apns2.ReasonBadMessageID:      {notify.Rejected, detailMessage},
	apns2.ReasonBadPriority:       {notify.Rejected, detailMessage},
	apns2.ReasonDuplicateHeaders:  {notify.Rejected, detailMessage},
	apns2.ReasonInvalidPushType:   {notify.Rejected, detailMessage},
	apns2.ReasonPayloadEmpty:      {notify.Rejected, detailMessage},
	apns2.ReasonPayloadTooLarge:   {notify.Rejected, detailMessage},
	apns2.ReasonBadPath:           {notify.Rejected, detailMessage},
	apns2.ReasonMethodNotAllowed:  {notify.Rejected, detailMessage},
}

// classify reads an error answer. A reason that Apple may add one day, or a page of some
// proxy in between, is judged by its status, and never retires an address.
func classify(status int, reason string, since time.Time, header http.Header, now time.Time) notify.Outcome {
	outcome := notify.Outcome{Status: status, Reason: notify.CleanReason(reason)}
	known, ok := judgements[reason]
	switch {
	case ok && known.class == notify.Dead && status != http.StatusGone:
		known = judgement{notify.Suspect, detailAddress}
	case ok:
	case status == http.StatusTooManyRequests:
		known = judgement{notify.Retry, detailThrottle}
	case status >= http.StatusInternalServerError:
		known = judgement{notify.Retry, detailTrouble}
	case status == http.StatusForbidden:
		known = judgement{notify.Misconfigured, detailKey}
	case status == http.StatusGone:
		known = judgement{notify.Suspect, detailAddress}
	case status < http.StatusBadRequest:
		known = judgement{notify.Retry, "The answer did not come from Apple's push service."}
	default:
		known = judgement{notify.Rejected, detailMessage}
	}
	outcome.Class, outcome.Detail = known.class, known.detail
	switch outcome.Class {
	case notify.Dead:
		outcome.Since = since
	case notify.Retry:
		outcome.After = notify.RetryAfter(header.Get("Retry-After"), now)
	case notify.Accepted, notify.Suspect, notify.Misconfigured, notify.Rejected:
	}
	return outcome
}
