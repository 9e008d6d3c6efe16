package messagebird

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/sms"
)

const (
	signatureHeader = "MessageBird-Signature-JWT"
	issuer          = "MessageBird"
	// skew is that of the vendor's Go SDK.
	skew = time.Second
	// longest is how long a signature may be good for. The vendor's are for a minute; what is good for
	// years would have to be remembered for as long.
	longest = time.Hour
	// maxName bounds names that are remembered.
	maxName = 128
)

// claims are those of the vendor's SDKs (go-rest-api, package signature_jwt).
type claims struct {
	jwt.RegisteredClaims

	// URLHash is the SHA-256 of the address that was called, with scheme, host and query.
	URLHash string `json:"url_hash"`
	// PayloadHash is that of the body, and only there where there is one.
	PayloadHash string `json:"payload_hash"`
}

// Read implements [sms.Vendor]. A report is a GET with everything in its query, which the
// signature covers. A signed call that tells of no message is [sms.ErrNoMessage].
func (v *Vendor) Read(a sms.Account, c sms.Call, now time.Time) (sms.Report, error) {
	signed, err := verify(a.Signing.Reveal(), c, now)
	if err != nil {
		return sms.Report{}, err
	}
	address, err := url.Parse(c.URL)
	if err != nil {
		return sms.Report{}, sms.ErrReport
	}
	query, err := url.ParseQuery(address.RawQuery)
	if err != nil {
		return sms.Report{}, sms.ErrReport
	}
	report := sms.Report{
		Once: signed.ID, OnceUntil: signed.ExpiresAt.Add(skew),
		Reference: query.Get("reference"), VendorID: query.Get("id"),
	}
	if !ids.MatchString(report.VendorID) {
		report.VendorID = ""
	}
	if len(report.Reference) > maxName || (report.Reference == "" && report.VendorID == "") {
		return sms.Report{}, sms.ErrNoMessage
	}
	s := status{
		Status: query.Get("status"), Reason: query.Get("statusReason"), ErrorCode: word(query.Get("statusErrorCode")),
		// A plus that was not escaped has become a space.
		At: strings.ReplaceAll(query.Get("statusDatetime"), " ", "+"),
	}
	s.Price.Amount, s.Price.Currency = word(query.Get("price[amount]")), query.Get("price[currency]")
	if parts, failed := strconv.Atoi(query.Get("messagePartCount")); failed == nil {
		s.Parts = parts
	}
	report.Outcome = s.outcome(report.VendorID, now)
	return report, nil
}

// verify checks the signature as the vendor's SDKs do.
func verify(key string, c sms.Call, now time.Time) (claims, error) {
	token := c.Header(signatureHeader)
	if key == "" || token == "" {
		return claims{}, sms.ErrReport
	}
	var signed claims
	_, err := jwt.NewParser(
		jwt.WithValidMethods([]string{"HS256", "HS384", "HS512"}), jwt.WithIssuer(issuer),
		jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(), jwt.WithLeeway(skew),
		jwt.WithTimeFunc(func() time.Time { return now }),
	).ParseWithClaims(token, &signed, func(*jwt.Token) (any, error) { return []byte(key), nil })
	if err != nil {
		return claims{}, sms.ErrReport
	}
	payload := ""
	if len(c.Body) > 0 {
		payload = hash(c.Body)
	}
	good := signed.ID != "" && len(signed.ID) <= maxName &&
		signed.ExpiresAt.Sub(now) <= longest &&
		signed.URLHash == hash([]byte(c.URL)) && signed.PayloadHash == payload
	if !good {
		return claims{}, sms.ErrReport
	}
	return signed, nil
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
