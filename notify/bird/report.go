package bird

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"example.com/aye/sms"
)

const (
	// tolerance is that of Standard Webhooks, and of the vendor's SDKs.
	tolerance = 5 * time.Minute
	// minimumSecret is the least of a secret's bytes. An empty one would let everybody sign.
	minimumSecret = 16
	// maxName bounds names that are remembered.
	maxName = 128
	// secretPrefix is how secrets of Standard Webhooks begin.
	secretPrefix = "whsec_"
	// eventPrefix is that of events about text messages.
	eventPrefix = "sms."
)

// events are those about a message that went out, by what follows the prefix: the status that it has now.
var events = map[string]bool{
	"accepted": true, "sent": true, "delivered": true, "undelivered": true, "failed": true, statusRejected: true, "expired": true,
}

// event is the form of the SDKs.
type event struct {
	Type string `json:"type"`
	At   string `json:"timestamp"`
	Data struct {
		ID       string   `json:"sms_id"`
		Error    *failure `json:"error"`
		Tags     []tag    `json:"tags"`
		Metadata metadata `json:"metadata"`
		Segments segments `json:"segments"`
		Cost     *cost    `json:"cost"`
	} `json:"data"`
}

// Read implements [sms.Vendor]. A signed call that tells of no message that went out, as of one that came in
// or of a mail, is [sms.ErrNoMessage].
func (v *Vendor) Read(a sms.Account, c sms.Call, now time.Time) (sms.Report, error) {
	at, err := verify(a.Signing.Reveal(), c, now)
	if err != nil {
		return sms.Report{}, err
	}
	var e event
	if read(c.Body, &e) != nil {
		return sms.Report{}, sms.ErrNoMessage
	}
	status, ok := strings.CutPrefix(e.Type, eventPrefix)
	m := message{
		ID: e.Data.ID, Status: status, Error: e.Data.Error, Tags: e.Data.Tags, Metadata: e.Data.Metadata,
		Segments: e.Data.Segments, Cost: e.Data.Cost,
	}
	if !ids.MatchString(m.ID) {
		m.ID = ""
	}
	reference := m.reference()
	if !ok || !events[status] || len(reference) > maxName || (reference == "" && m.ID == "") {
		return sms.Report{}, sms.ErrNoMessage
	}
	outcome := m.outcome(now)
	if when, failed := time.Parse(time.RFC3339, e.At); failed == nil {
		outcome.At = when.UTC()
	}
	return sms.Report{
		Once: c.Header("Webhook-Id"), OnceUntil: at.Add(tolerance),
		Reference: reference, VendorID: m.ID, Outcome: outcome,
	}, nil
}

// verify checks the signature as Standard Webhooks say, and gives its time. While a secret is changed there
// are two signatures.
func verify(signing string, c sms.Call, now time.Time) (time.Time, error) {
	encoded := strings.TrimRight(strings.TrimPrefix(signing, secretPrefix), "=")
	key, err := base64.RawStdEncoding.DecodeString(encoded)
	if err != nil || len(key) < minimumSecret {
		return time.Time{}, sms.ErrReport
	}
	id, stamp := c.Header("Webhook-Id"), c.Header("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || id == "" || len(id) > maxName {
		return time.Time{}, sms.ErrReport
	}
	at := time.Unix(seconds, 0)
	if age := now.Sub(at); age > tolerance || age < -tolerance {
		return time.Time{}, sms.ErrReport
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(c.Body)
	want := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	for signature := range strings.SplitSeq(c.Header("Webhook-Signature"), " ") {
		if hmac.Equal([]byte(signature), want) {
			return at, nil
		}
	}
	return time.Time{}, sms.ErrReport
}
