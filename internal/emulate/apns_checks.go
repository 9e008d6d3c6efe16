package emulate

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// apnsStatus is the status that belongs to each of Apple's reasons.
var apnsStatus = map[string]int{
	"BadCollapseId": 400, "BadDeviceToken": 400, "BadExpirationDate": 400, "BadMessageId": 400,
	"BadPriority": 400, "BadTopic": 400, "DeviceTokenNotForTopic": 400, "DuplicateHeaders": 400,
	"IdleTimeout": 400, "InvalidPushType": 400, "MissingDeviceToken": 400, "MissingTopic": 400,
	"PayloadEmpty": 400, "TopicDisallowed": 400,
	"BadCertificate": 403, "BadCertificateEnvironment": 403, "ExpiredProviderToken": 403, "Forbidden": 403,
	"InvalidProviderToken": 403, "MissingProviderToken": 403, "UnrelatedKeyIdInToken": 403,
	"BadEnvironmentKeyIdInToken": 403, "BadEnvironmentKeyInToken": 403,
	"BadPath":          404,
	"MethodNotAllowed": 405,
	"ExpiredToken":     410, "Unregistered": 410,
	"PayloadTooLarge":             413,
	"TooManyProviderTokenUpdates": 429, "TooManyRequests": 429,
	"InternalServerError": 500,
	"ServiceUnavailable":  503, "Shutdown": 503,
}

var pushTypes = []string{
	"alert", "background", "complication", "controls", "fileprovider", "liveactivity",
	"location", "mdm", "pushtotalk", "voip", "widgets",
}

// apnsHeaders may each come once.
var apnsHeaders = []string{
	"Apns-Id", "Apns-Topic", "Apns-Collapse-Id", "Apns-Priority", "Apns-Push-Type", "Apns-Expiration", "Authorization",
}

// checkRequest looks at everything but the credentials, the address and the payload.
func checkRequest(r *http.Request) (reason, address string) {
	for _, name := range apnsHeaders {
		if len(r.Header.Values(name)) > 1 {
			return "DuplicateHeaders", ""
		}
	}
	id, pushType := r.Header.Get("Apns-Id"), r.Header.Get("Apns-Push-Type")
	priority := r.Header.Get("Apns-Priority")
	address, onPath := strings.CutPrefix(r.URL.Path, "/3/device/")
	_, badExpiration := parseExpiration(r.Header.Get("Apns-Expiration"))
	switch {
	case id != "" && (len(id) != 36 || uuid.Validate(id) != nil):
		return "BadMessageId", ""
	case r.Method != http.MethodPost:
		return "MethodNotAllowed", ""
	case r.Header.Get("Apns-Topic") == "":
		return "MissingTopic", ""
	case len(r.Header.Get("Apns-Collapse-Id")) > 64:
		return "BadCollapseId", ""
	case badExpiration != nil:
		return "BadExpirationDate", ""
	case priority != "" && priority != "10" && priority != "5" && priority != "1",
		pushType == "background" && priority == "10":
		return "BadPriority", ""
	case pushType != "" && !slices.Contains(pushTypes, pushType):
		return "InvalidPushType", ""
	case !onPath || strings.Contains(address, "/"):
		return "BadPath", ""
	case address == "":
		return "MissingDeviceToken", ""
	}
	return "", address
}

// checkAddress comes after the credentials: Apple tells nothing of an address to
// strangers, which is how credentials can be tried without reaching a phone.
func (a *APNs) checkAddress(address, topic string) (reason string) {
	if len(address) < 16 || len(address) > 200 || len(address)%2 != 0 ||
		strings.Trim(address, "0123456789abcdefABCDEF") != "" || strings.Trim(address, "0") == "" {
		return "BadDeviceToken"
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	registered, ok := a.addresses[address]
	switch {
	case ok && registered.Environment != "" && registered.Environment != a.environment:
		return "BadDeviceToken"
	case ok && registered.Topic != "" && registered.Topic != topic:
		return "DeviceTokenNotForTopic"
	}
	return ""
}

func parseExpiration(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 32)
	return int64(n), err
}
