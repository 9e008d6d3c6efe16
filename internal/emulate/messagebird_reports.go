package emulate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// signedFor is how long a signature of MessageBird counts.
const signedFor = time.Minute

// classicReasons are MessageBird's words on what became of a text.
var classicReasons = map[string]string{
	"scheduled": "", "sent": "pending DLR", "buffered": "pending DLR", "delivered": "successfully delivered", "expired": "expired", "delivery_failed": "unknown subscriber",
}

// classicFailures are its words on some codes of a failure.
var classicFailures = map[string]string{
	"1": "unknown subscriber", "6": "unavailable subscriber", "9": "unknown subscriber", "13": "carrier rejected", "27": "unavailable subscriber",
	"103": "opted out", "104": "carrier rejected",
}

// usual implements words.
func (m *MessageBird) usual(r Report) Report {
	if r.Status == "delivery_failed" && r.ErrorCode == "" {
		r.ErrorCode = "1"
	}
	if r.Reason == "" {
		r.Reason = classicReasons[r.Status]
		if reason, ok := classicFailures[r.ErrorCode]; ok {
			r.Reason = reason
		}
	}
	return r
}

// target implements words: only texts with a reference have reports.
func (m *MessageBird) target(text Text) string {
	if text.Reference == "" {
		return ""
	}
	return text.ReportTo
}

// compose implements words.
func (m *MessageBird) compose(text Text, r Report) Call {
	values := url.Values{
		"datacoding": {datacodingOf(text)}, "id": {text.ID}, "mccmnc": {countryNamed(text.Country).mccmnc},
		"messageLength": {strconv.Itoa(len([]rune(text.Body)))}, "messagePartCount": {strconv.Itoa(text.Parts)}, "ported": {"0"},
		"price[amount]": {strconv.FormatFloat(float64(text.Price)/million, 'f', -1, 64)}, "price[currency]": {text.Currency},
		"recipient": {strings.TrimPrefix(text.To, "+")}, "reference": {text.Reference},
		"status": {r.Status}, "statusDatetime": {classicTime(r.At)}, "statusReason": {r.Reason},
	}
	if r.ErrorCode != "" {
		values.Set("statusErrorCode", r.ErrorCode)
	}
	separator := "?"
	if strings.Contains(r.To, "?") {
		separator = "&"
	}
	call := Call{Method: http.MethodGet, URL: r.To + separator + values.Encode(), Header: http.Header{}}
	call.Header.Set("User-Agent", "MessageBird")
	call.Header.Set("MessageBird-Signature-JWT", m.Sign(call))
	return call
}

func datacodingOf(text Text) string {
	if text.Encoding == encodingUCS2 {
		return "unicode"
	}
	return "plain"
}

// Sign is the signature of a call, valid from now on for a minute: RFC 7519, with what
// https://developers.messagebird.com/docs/verify-http-requests asks for.
func (m *MessageBird) Sign(call Call) string {
	now := m.now()
	claims := map[string]any{
		"iss": "MessageBird", "nbf": now.Unix(), "exp": now.Add(signedFor).Unix(), "jti": uuid.NewString(), "url_hash": hexSHA256([]byte(call.URL)),
	}
	if len(call.Body) > 0 {
		claims["payload_hash"] = hexSHA256(call.Body)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return ""
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(payload)
	mac := hmac.New(sha256.New, []byte(m.signing.Reveal()))
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

func hexSHA256(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
