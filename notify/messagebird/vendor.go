package messagebird

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"example.com/aye/notify/wire"
	"example.com/aye/sms"
)

const (
	defaultEndpoint = "https://rest.messagebird.com"
	// testPrefix marks keys for which MessageBird answers as always and sends nothing.
	testPrefix = "test_"
	// pageSize keeps a page of the list below what is read of an answer, pages bounds the search.
	pageSize = 30
	pages    = 35
	// clocks is how far the vendor's clock may be behind ours.
	clocks = 5 * time.Minute
)

// errUnclear is an answer after which nobody knows whether the message was taken.
var errUnclear = errors.New("messagebird: the answer does not say what became of the message")

// Config sets up a [Vendor].
type Config struct {
	Endpoint string           // scheme and host; MessageBird's by default
	RootCAs  *x509.CertPool   // the system's by default
	Now      func() time.Time // optional
}

// Vendor implements [sms.Vendor].
type Vendor struct {
	endpoint string
	once     *wire.Once
	now      func() time.Time
}

// New makes a vendor; it connects for each call.
func New(config Config) *Vendor {
	v := &Vendor{endpoint: strings.TrimSuffix(config.Endpoint, "/"), once: wire.NewOnce(config.RootCAs), now: config.Now}
	if v.endpoint == "" {
		v.endpoint = defaultEndpoint
	}
	if v.now == nil {
		v.now = time.Now
	}
	return v
}

// Check implements [sms.Vendor], by the balance. All that goes wrong is a [sms.VendorError]: nothing
// was to be sent.
func (v *Vendor) Check(ctx context.Context, a sms.Account) (left sms.Balance, known bool, err error) {
	var balance struct {
		Payment string      `json:"payment"`
		Type    string      `json:"type"`
		Amount  json.Number `json:"amount"`
	}
	err = v.call(ctx, a, http.MethodGet, "/balance", nil, &balance)
	if refused := (*sms.VendorError)(nil); err != nil && !errors.As(err, &refused) {
		return sms.Balance{}, false, &sms.VendorError{Class: sms.Down, Detail: "no answer of MessageBird came"}
	}
	if err != nil {
		return sms.Balance{}, false, err
	}
	amount, err := balance.Amount.Float64()
	if err != nil || balance.Payment == "" {
		return sms.Balance{}, false, &sms.VendorError{Class: sms.Down, Detail: "the answer did not come from MessageBird"}
	}
	return sms.Balance{Prepaid: balance.Payment == "prepaid", Left: amount, Unit: unit(balance.Type)}, true, nil
}

// unit names what a balance is in. The API reference has words for three currencies, and codes of
// ISO 4217 for all others.
func unit(kind string) string {
	switch kind {
	case "euros":
		return "EUR"
	case "pounds":
		return "GBP"
	case "dollars":
		return "USD"
	case "credits":
		return kind
	}
	if !currencies.MatchString(kind) {
		return ""
	}
	return kind
}

// outgoing is the body of POST /messages.
type outgoing struct {
	Originator string   `json:"originator"`
	Recipients []string `json:"recipients"`
	Body       string   `json:"body"`
	Reference  string   `json:"reference"`
	Datacoding string   `json:"datacoding"`
	Validity   int      `json:"validity,omitempty"`
	ReportURL  string   `json:"reportUrl,omitempty"`
}

// Send implements [sms.Vendor]: one call, never repeated.
func (v *Vendor) Send(ctx context.Context, a sms.Account, m sms.Outgoing) (sms.Outcome, error) {
	coding := "unicode"
	if m.Encoding == sms.GSM7 {
		coding = "plain" // it would turn what is not in the alphabet into question marks
	}
	var taken message
	err := v.call(ctx, a, http.MethodPost, "/messages", outgoing{
		Originator: msisdn(a.Sender), Recipients: []string{msisdn(m.To)}, Body: m.Body, Reference: m.Reference,
		Datacoding: coding, Validity: int(m.Life / time.Second), ReportURL: m.ReportTo,
	}, &taken)
	if err != nil {
		return sms.Outcome{}, err
	}
	if !ids.MatchString(taken.ID) {
		return sms.Outcome{}, errUnclear
	}
	return taken.outcome(v.now()), nil
}

// msisdn is a number as MessageBird writes it, without the plus; a name stays as it is.
func msisdn(number string) string { return strings.TrimPrefix(number, "+") }

// Look implements [sms.Vendor].
func (v *Vendor) Look(ctx context.Context, a sms.Account, vendorID, reference string, since time.Time) (sms.Outcome, error) {
	if vendorID == "" {
		return v.find(ctx, a, reference, since)
	}
	if !ids.MatchString(vendorID) {
		return sms.Outcome{}, errUnclear // it would lead elsewhere as part of a path
	}
	var found message
	err := v.call(ctx, a, http.MethodGet, "/messages/"+vendorID, nil, &found)
	if refused := (*sms.VendorError)(nil); errors.As(err, &refused) && refused.Code == strconv.Itoa(codeNotFound) {
		return sms.Outcome{}, sms.ErrNoMessage
	}
	if err != nil {
		return sms.Outcome{}, err
	}
	if found.ID != vendorID || (found.Reference != "" && reference != "" && found.Reference != reference) {
		return sms.Outcome{}, errUnclear // another message's fate settles nothing of this one
	}
	return found.outcome(v.now()), nil
}

// find pages through the account's list, newest first, for a reference: the list cannot be asked for
// one.
func (v *Vendor) find(ctx context.Context, a sms.Account, reference string, since time.Time) (sms.Outcome, error) {
	seen := 0
	for range pages {
		var list struct {
			Total *int      `json:"totalCount"`
			Items []message `json:"items"`
		}
		path := fmt.Sprintf("/messages?direction=mt&limit=%d&offset=%d", pageSize, seen)
		if err := v.call(ctx, a, http.MethodGet, path, nil, &list); err != nil {
			return sms.Outcome{}, err
		}
		if list.Items == nil && list.Total == nil {
			return sms.Outcome{}, errUnclear // a list of nothing is still a list
		}
		recent := false
		for _, m := range list.Items {
			if m.Reference == reference && ids.MatchString(m.ID) {
				return m.outcome(v.now()), nil
			}
			created, err := time.Parse(time.RFC3339, m.Created)
			recent = recent || err != nil || !created.Before(since.Add(-clocks))
		}
		seen += len(list.Items)
		if !recent || (list.Total != nil && seen >= *list.Total) {
			return sms.Outcome{}, sms.ErrNoMessage
		}
	}
	return sms.Outcome{}, errors.New("messagebird: the message is not among the newest of the account, and there are more")
}

// keys are what can stand in a header.
var keys = regexp.MustCompile(`^[\x21-\x7e]{1,200}$`)

// call makes one call and reads its answer into one. What it fails with is a [sms.VendorError] where
// nothing was taken for certain, and tells nothing of key, number and text.
func (v *Vendor) call(ctx context.Context, a sms.Account, method, path string, in, out any) error {
	key := a.Key.Reveal()
	if strings.HasPrefix(key, testPrefix) {
		return &sms.VendorError{Class: sms.TestKey}
	}
	if !keys.MatchString(key) {
		return &sms.VendorError{Class: sms.BadKey, Detail: "this is no key of MessageBird's"}
	}
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return &sms.VendorError{Class: sms.Other, Detail: "the message cannot be written"}
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, v.endpoint+path, body)
	if err != nil {
		return &sms.VendorError{Class: sms.Down, Detail: "the address of MessageBird in the settings is none"}
	}
	request.Header.Set("Authorization", "AccessKey "+key)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "Aye")
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := v.once.Call(request)
	if unsent := (*wire.UnsentError)(nil); errors.As(err, &unsent) {
		return &sms.VendorError{Class: sms.Down, Detail: unsent.Why}
	}
	if err != nil {
		return fmt.Errorf("messagebird: %w", err)
	}
	if err = judge(answer, v.now()); err != nil {
		return err
	}
	return read(answer.Body, out)
}
