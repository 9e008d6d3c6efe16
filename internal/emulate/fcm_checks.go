package emulate

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// fcmAnswer is how FCM tells one of its codes.
type fcmAnswer struct {
	http    int
	status  string // Google's general word for it
	message string
	own     bool // has a detail with the code of FCM itself
}

// badRequest is our word for an INVALID_ARGUMENT that is the message's fault, not the address's.
const badRequest = "BAD_REQUEST"

var fcmAnswers = map[string]fcmAnswer{
	"UNREGISTERED":           {404, "NOT_FOUND", "Requested entity was not found.", true},
	"INVALID_ARGUMENT":       {400, "INVALID_ARGUMENT", "The registration token is not a valid FCM registration token", true},
	badRequest:               {400, "INVALID_ARGUMENT", "Request contains an invalid argument.", false},
	"SENDER_ID_MISMATCH":     {403, "PERMISSION_DENIED", "SenderId mismatch", true},
	"QUOTA_EXCEEDED":         {429, "RESOURCE_EXHAUSTED", "Message rate exceeded.", true},
	"UNAVAILABLE":            {503, "UNAVAILABLE", "The service is currently unavailable.", true},
	"INTERNAL":               {500, "INTERNAL", "Internal error encountered.", true},
	"THIRD_PARTY_AUTH_ERROR": {401, "UNAUTHENTICATED", "Auth error from APNS or Web Push Service", true},
	"UNAUTHENTICATED":        {401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", false},
	"PERMISSION_DENIED":      {403, "PERMISSION_DENIED", "Permission denied on resource project.", false},
	"NOT_FOUND":              {404, "NOT_FOUND", "Requested entity was not found.", false},
}

// reject answers with a code, as a script or our own checks say.
func (f *FCM) reject(w http.ResponseWriter, behaviour Behaviour) {
	answer, ok := fcmAnswers[behaviour.Reason]
	if !ok {
		answer = fcmAnswer{http.StatusBadRequest, behaviour.Reason, "Request failed.", false}
	}
	details := []map[string]any{}
	switch {
	case answer.own:
		details = append(details, map[string]any{
			"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": behaviour.Reason,
		})
	case behaviour.Reason == badRequest:
		details = append(details, map[string]any{
			"@type":           "type.googleapis.com/google.rpc.BadRequest",
			"fieldViolations": []map[string]string{{"field": "message", "description": "Invalid value"}},
		})
	}
	body, err := json.Marshal(map[string]any{"error": map[string]any{
		"code": answer.http, "message": answer.message, "status": answer.status, "details": details,
	}})
	if err != nil {
		answer.http = http.StatusInternalServerError
	}
	refuse(w, behaviour, answer.http, body)
}

// sendRequest is the part of FCM's message form that a data message uses; anything else
// is refused, as FCM refuses names that it does not know.
type sendRequest struct {
	ValidateOnly bool `json:"validate_only"`
	Message      struct {
		Data    map[string]string `json:"data"`
		Token   string            `json:"token"`
		Fid     string            `json:"fid"`
		Android struct {
			Priority    string `json:"priority"`
			TTL         string `json:"ttl"`
			CollapseKey string `json:"collapse_key"`
		} `json:"android"`
	} `json:"message"`
}

const maxLife = 28 * 24 * time.Hour

var (
	addressForm = regexp.MustCompile(`^[A-Za-z0-9_:.-]{16,1000}$`)
	lifeForm    = regexp.MustCompile(`^\d+(\.\d{1,9})?s$`)
)

// readMessage reads and judges a message; reason is empty where nothing is wrong.
func readMessage(w http.ResponseWriter, r *http.Request) (request sendRequest, address, reason string) {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&request) != nil {
		return request, "", badRequest
	}
	m := request.Message
	address = m.Token + m.Fid
	switch {
	case (m.Token == "") == (m.Fid == ""), !dataAllowed(m.Data), !androidAllowed(m.Android.Priority, m.Android.TTL):
		return request, "", badRequest
	case !addressForm.MatchString(address):
		return request, "", "INVALID_ARGUMENT"
	}
	return request, address, ""
}

// dataAllowed holds the data to FCM's size and reserved names.
func dataAllowed(data map[string]string) bool {
	size := 0
	for name, value := range data {
		size += len(name) + len(value)
		if name == "from" || name == "message_type" || strings.HasPrefix(name, "google") || strings.HasPrefix(name, "gcm") {
			return false
		}
	}
	return size <= payloadLimit
}

func androidAllowed(priority, life string) bool {
	switch strings.ToLower(priority) {
	case "", "high", "normal":
	default:
		return false
	}
	if life == "" {
		return true
	}
	parsed, err := time.ParseDuration(life)
	return err == nil && lifeForm.MatchString(life) && parsed <= maxLife
}
