package bird

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"example.com/aye/notify/wire"
	"example.com/aye/sms"
)

const (
	// defaultEndpoint serves keys that name no region.
	defaultEndpoint = "https://api.bird.com"
	// testPrefix marks keys with which Bird sends to numbers of its own alone.
	testPrefix = "bird_test_"
	messages   = "/v1/sms/messages"
	// pageSize keeps a page of the list below what is read of an answer, pages bounds the search.
	pageSize = 20
	pages    = 25
	// clocks is how far the vendor's clock may be behind ours.
	clocks = 5 * time.Minute
	// pause is before a message is sent once more. While Bird still works on the first, it refuses the second.
	pause = 250 * time.Millisecond
)

// errUnclear is an answer after which nobody knows whether the message was taken.
var errUnclear = errors.New("bird: the answer does not say what became of the message")

var (
	// regional are keys of the form bk_{region}_{rest}. Nothing but a region becomes part of a host.
	regional = regexp.MustCompile(`^bk_([a-z0-9-]{2,20})_.`)
	// keys are what can stand in a header.
	keys = regexp.MustCompile(`^[\x21-\x7e]{1,200}$`)
	// references are what can be a tag and an idempotency key.
	references = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	// ids are Bird's own names for messages: sms_ and 26 more so far.
	ids = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

// Config sets up a [Vendor].
type Config struct {
	Endpoint string           // scheme and host, for whatever key; by default Bird's for the key's region
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
	if v.now == nil {
		v.now = time.Now
	}
	return v
}

// base is the host for a key.
func (v *Vendor) base(key string) string {
	if v.endpoint != "" {
		return v.endpoint
	}
	if region := regional.FindStringSubmatch(key); region != nil {
		return "https://" + region[1] + ".platform.bird.com"
	}
	return defaultEndpoint
}

// Check implements [sms.Vendor]: it asks for the newest message, for which the key must have the
// scope that sending needs too. Bird tells no balance. All that goes wrong is a [sms.VendorError]:
// nothing was to be sent.
func (v *Vendor) Check(ctx context.Context, a sms.Account) (left sms.Balance, known bool, err error) {
	var list page
	err = v.get(ctx, a, messages+"?limit=1", &list)
	if refused := (*sms.VendorError)(nil); err != nil && !errors.As(err, &refused) {
		return sms.Balance{}, false, &sms.VendorError{Class: sms.Down, Detail: "no answer of Bird came"}
	}
	if err == nil && list.Data == nil {
		err = &sms.VendorError{Class: sms.Down, Detail: "the answer did not come from Bird"}
	}
	return sms.Balance{}, false, err
}

// outgoing is the body of POST /v1/sms/messages.
type outgoing struct {
	To   string `json:"to"`
	From string `json:"from"`
	Text string `json:"text"`
	// Category tells Bird to forget the text after it was sent.
	Category string `json:"category"`
	// Tags are what the list can be asked for, Metadata is what reports bring back.
	Tags     []tag    `json:"tags"`
	Metadata metadata `json:"metadata"`
}

// Send implements [sms.Vendor].
func (v *Vendor) Send(ctx context.Context, a sms.Account, m sms.Outgoing) (sms.Outcome, error) {
	if !references.MatchString(m.Reference) {
		return sms.Outcome{}, &sms.VendorError{Class: sms.Other, Detail: "the reference cannot be an idempotency key"}
	}
	text, err := json.Marshal(outgoing{
		To: m.To, From: a.Sender, Text: m.Body, Category: "authentication",
		Tags: []tag{{referenceTag, m.Reference}}, Metadata: metadata{m.Reference},
	})
	if err != nil {
		return sms.Outcome{}, &sms.VendorError{Class: sms.Other, Detail: "the message cannot be written"}
	}
	answer, again, err := v.post(ctx, a, text, m.Reference)
	if err == nil {
		err = judge(answer, v.now())
	}
	if refused := (*sms.VendorError)(nil); again && errors.As(err, &refused) && answer.Header.Get("Idempotency-Replay") != "true" {
		return sms.Outcome{}, errUnclear // the second was refused; the first may have been taken
	}
	if err != nil {
		return sms.Outcome{}, err
	}
	var taken message
	if err = read(answer.Body, &taken); err != nil {
		return sms.Outcome{}, err
	}
	if !ids.MatchString(taken.ID) {
		return sms.Outcome{}, errUnclear
	}
	outcome := taken.outcome(v.now())
	if taken.Status == statusRejected { // before it reached a network
		return sms.Outcome{}, &sms.VendorError{Class: outcome.Reason, Detail: outcome.Detail}
	}
	return outcome, nil
}

// post sends, and once more where no answer came while there was time. again tells that there was a first.
func (v *Vendor) post(ctx context.Context, a sms.Account, body []byte, reference string) (answer wire.Answer, again bool, err error) {
	for {
		request, err := v.request(ctx, a, http.MethodPost, messages, bytes.NewReader(body))
		if err != nil {
			return wire.Answer{}, again, err
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Idempotency-Key", reference)
		answer, err = v.send(request)
		if again || !errors.Is(err, wire.ErrUnanswered) || !wait(ctx) {
			return answer, again, err
		}
		again = true
	}
}

// wait lets the pause pass, and tells whether there is time left.
func wait(ctx context.Context) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// Look implements [sms.Vendor].
func (v *Vendor) Look(ctx context.Context, a sms.Account, vendorID, reference string, since time.Time) (sms.Outcome, error) {
	if vendorID == "" {
		return v.find(ctx, a, reference, since)
	}
	if !ids.MatchString(vendorID) {
		return sms.Outcome{}, errUnclear // it would lead elsewhere as part of a path
	}
	var found message
	err := v.get(ctx, a, messages+"/"+vendorID, &found)
	if err != nil {
		return sms.Outcome{}, err
	}
	if found.ID != vendorID || (reference != "" && found.reference() != "" && found.reference() != reference) {
		return sms.Outcome{}, errUnclear // another message's fate settles nothing of this one
	}
	return found.outcome(v.now()), nil
}

// find asks the list for the reference's tag, and compares: a list that knows no tags would give all.
func (v *Vendor) find(ctx context.Context, a sms.Account, reference string, since time.Time) (sms.Outcome, error) {
	if !references.MatchString(reference) {
		return sms.Outcome{}, sms.ErrNoMessage // it never went out under such a name
	}
	query := url.Values{
		"tag":           {referenceTag + ":" + reference},
		"created_after": {since.Add(-clocks).UTC().Format(time.RFC3339)},
		"limit":         {fmt.Sprint(pageSize)},
	}
	for range pages {
		var list page
		err := v.get(ctx, a, messages+"?"+query.Encode(), &list)
		if errors.Is(err, sms.ErrNoMessage) || (err == nil && list.Data == nil) {
			return sms.Outcome{}, errUnclear // a list of nothing is still a list
		}
		if err != nil {
			return sms.Outcome{}, err
		}
		for _, m := range list.Data {
			if m.reference() == reference && ids.MatchString(m.ID) {
				return m.outcome(v.now()), nil
			}
		}
		if list.Next == "" {
			return sms.Outcome{}, sms.ErrNoMessage
		}
		query.Set("starting_after", list.Next)
	}
	return sms.Outcome{}, errors.New("bird: the message is not among the newest of the account, and there are more")
}

// get makes one call and reads its answer; what is not there is [sms.ErrNoMessage].
func (v *Vendor) get(ctx context.Context, a sms.Account, path string, out any) error {
	request, err := v.request(ctx, a, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	answer, err := v.send(request)
	if err != nil {
		return err
	}
	if answer.Status == http.StatusNotFound && tells(answer.Body).Type != "" {
		return sms.ErrNoMessage
	}
	if err = judge(answer, v.now()); err != nil {
		return err
	}
	return read(answer.Body, out)
}

// request makes a request. Without a User-Agent, Bird answers 403.
func (v *Vendor) request(ctx context.Context, a sms.Account, method, path string, body io.Reader) (*http.Request, error) {
	key := a.Key.Reveal()
	if strings.HasPrefix(key, testPrefix) {
		return nil, &sms.VendorError{Class: sms.TestKey}
	}
	if !keys.MatchString(key) {
		return nil, &sms.VendorError{Class: sms.BadKey, Detail: "this is no key of Bird's"}
	}
	request, err := http.NewRequestWithContext(ctx, method, v.base(key)+path, body)
	if err != nil {
		return nil, &sms.VendorError{Class: sms.Down, Detail: "the address of Bird in the settings is none"}
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "Aye")
	return request, nil
}

// send makes one call. What it fails with is a [sms.VendorError] where it did not leave.
func (v *Vendor) send(request *http.Request) (wire.Answer, error) {
	answer, err := v.once.Call(request)
	if unsent := (*wire.UnsentError)(nil); errors.As(err, &unsent) {
		return wire.Answer{}, &sms.VendorError{Class: sms.Down, Detail: unsent.Why}
	}
	if err != nil {
		return wire.Answer{}, fmt.Errorf("bird: %w", err)
	}
	return answer, nil
}
