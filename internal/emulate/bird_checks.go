package emulate

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// birdError is one of Bird's errors.
type birdError struct {
	status              int
	kind, code, message string
}

// birdErrors are by name. No page tells the codes of those with E09: they are ours, of the same form.
var birdErrors = map[string]birdError{
	"ValidationError":            {422, "validation_error", "E01001", "Request validation failed."},
	"InvalidRequest":             {400, "bad_request_error", "E01002", "The request is malformed."},
	"RequestInProgress":          {409, "conflict_error", "E01004", "A request with this idempotency key is in progress."},
	"IdempotencyKeyReuse":        {409, "conflict_error", "E01005", "This idempotency key was used with a different request."},
	"MisdirectedRequest":         {421, "misdirected_error", "E01010", "This request reached the wrong region."},
	"Unauthorized":               {401, "auth_error", "E09001", "The API key is missing, malformed or revoked."},
	"Forbidden":                  {403, "permission_error", "E09002", "The API key may not do this."},
	"NotFound":                   {404, "not_found_error", "E09003", "There is no such resource."},
	"RateLimited":                {429, "rate_limit_error", "E09004", "Too many requests."},
	"InternalError":              {500, "internal_error", "E09005", "Something went wrong."},
	"ServiceUnavailable":         {503, "service_unavailable_error", "E09006", "The service is unavailable."},
	"IdempotencyUnavailable":     {503, "service_unavailable_error", "E09007", "The idempotency store is unavailable."},
	"InsufficientBalance":        {402, "billing_error", "E09101", "The workspace's wallet has not enough balance."},
	"SMSInvalidRecipient":        {422, "validation_error", "E09102", "The recipient is not a valid phone number."},
	"SMSNoEligibleSender":        {422, "validation_error", "E09103", "Supply a 'from' or configure a sender for this destination."},
	"SMSSenderNotConfigured":     {422, "validation_error", "E09104", "The sender is not configured for this destination."},
	"SenderCategoryNotPermitted": {422, "validation_error", "E09105", "The sender may not be used for this category."},
	"SMSUnsupportedFeature":      {422, "validation_error", "E09106", "This field is reserved and not yet supported."},
}

// birdDetail is what is wrong with one field.
type birdDetail struct {
	Param   string `json:"param"`
	Message string `json:"message"`
}

// birdFailure writes an error.
func birdFailure(name, message string, details []birdDetail) (status int, body []byte) {
	failure, ok := birdErrors[name]
	if !ok {
		failure = birdError{http.StatusUnprocessableEntity, "validation_error", "E09999", "The request failed."}
	}
	wire := map[string]any{
		"type": failure.kind, "code": failure.code, "name": name, "message": or(message, failure.message),
		"doc_url": "https://docs.bird.com/errors/" + failure.code, "request_id": "req_" + letters(26),
	}
	switch len(details) {
	case 0:
	case 1:
		wire["param"] = details[0].Param
		fallthrough
	default:
		wire["details"] = details
	}
	body, err := json.Marshal(map[string]any{"error": wire})
	if err != nil {
		return http.StatusInternalServerError, nil
	}
	return failure.status, body
}

// reject answers with an error, as a script or our own checks say.
func (b *Bird) reject(w http.ResponseWriter, behaviour Behaviour, message string, details []birdDetail) {
	status, body := birdFailure(behaviour.Reason, message, details)
	refuse(w, behaviour, status, body)
}

// birdForm is what a client sends.
type birdForm struct {
	To       string                     `json:"to"`
	From     string                     `json:"from"`
	Text     string                     `json:"text"`
	Category string                     `json:"category"`
	Tags     []birdTag                  `json:"tags"`
	Metadata map[string]json.RawMessage `json:"metadata"`
}

type birdTag struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// reference is the client's own name for the message: of the metadata, else of a tag.
func (f birdForm) reference() string {
	var text string
	if json.Unmarshal(f.Metadata["reference"], &text) == nil {
		return text
	}
	for _, tag := range f.Tags {
		if tag.Name == "reference" {
			return tag.Value
		}
	}
	return ""
}

// birdFields are those that a message may have. What is reserved is refused by another error.
var (
	birdFields   = []string{"to", "from", "text", "category", "tags", "metadata", "template", "options"}
	birdReserved = []string{
		"audience_id", "broadcast_id", "campaign_id", "contact_id", "max_price_per_segment", "media_urls", "messaging_profile_id",
		"personalization", "scheduled_at", "topic_id", "track_clicks", "validity_period",
	}
	birdCategories = []string{"transactional", "marketing", "authentication", "service"}
	birdName       = regexp.MustCompile(`^[A-Za-z0-9 _-]*[A-Za-z][A-Za-z0-9 _-]*$`)
	birdRecipient  = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	birdShortCode  = regexp.MustCompile(`^[0-9]{5,6}$`)
)

const (
	mostBirdParts    = 12
	mostBirdTags     = 20
	mostBirdMetadata = 2 << 10
)

// birdWrong is what is wrong with a request.
type birdWrong struct {
	name, message string
	details       []birdDetail
}

// readBird reads a message; the body is given in any case.
func readBird(w http.ResponseWriter, r *http.Request) ([]byte, birdForm, *birdWrong) {
	var form birdForm
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 256<<10))
	var fields map[string]json.RawMessage
	if err != nil || json.Unmarshal(body, &fields) != nil {
		return body, form, &birdWrong{name: "InvalidRequest"}
	}
	var unknown []birdDetail
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if slices.Contains(birdReserved, name) {
			return body, form, &birdWrong{name: "SMSUnsupportedFeature", details: []birdDetail{{name, "this field is reserved and not yet supported"}}}
		}
		if !slices.Contains(birdFields, name) {
			unknown = append(unknown, birdDetail{name, "unknown field"})
		}
	}
	if unknown != nil {
		return body, form, &birdWrong{name: "ValidationError", details: unknown}
	}
	if json.Unmarshal(body, &form) != nil {
		return body, form, &birdWrong{name: "InvalidRequest"}
	}
	form.To = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(form.To)
	return body, form, nil
}

// check judges a message: first its form, then the recipient, then the sender.
func (b *Bird) check(form birdForm) *birdWrong {
	var details []birdDetail
	note := func(right bool, param, message string) {
		if !right {
			details = append(details, birdDetail{param, message})
		}
	}
	encoding := encodingGSM
	if !plain(form.Text) {
		encoding = encodingUCS2
	}
	metadata, err := json.Marshal(form.Metadata)
	note(form.To != "", "to", "is required")
	note(form.Text != "", "text", "is required")
	note(slices.Contains(birdCategories, form.Category), "category", "must be one of "+strings.Join(birdCategories, ", "))
	note(countParts(form.Text, encoding) <= mostBirdParts, "text", "exceeds 12 segments")
	note(len(form.Tags) <= mostBirdTags, "tags", "must not have more than 20 items")
	note(err == nil && (form.Metadata == nil || len(metadata) <= mostBirdMetadata), "metadata", "exceeds 2 KB")
	place := countryOf(strings.TrimPrefix(form.To, "+"))
	name := birdName.MatchString(form.From) && len(form.From) <= longestName
	switch {
	case details != nil:
		return &birdWrong{name: "ValidationError", details: details}
	case !birdRecipient.MatchString(form.To):
		return &birdWrong{name: "SMSInvalidRecipient", details: []birdDetail{{"to", "is not a valid phone number"}}}
	case form.From == "":
		return &birdWrong{name: "SMSNoEligibleSender"}
	case name && namesRefused(place.code):
		return &birdWrong{name: "SMSSenderNotConfigured"}
	case !name && !b.owns(form.From) && (birdRecipient.MatchString(form.From) || birdShortCode.MatchString(form.From)):
		return &birdWrong{name: "SMSNoEligibleSender"}
	case !name && !b.owns(form.From):
		return &birdWrong{name: "ValidationError", details: []birdDetail{{"from", "is not a valid sender"}}}
	}
	return nil
}

const (
	// keptFor is how long Bird remembers the answer to a key.
	keptFor = 3 * time.Hour
	// lockedFor is how long a request keeps its key to itself.
	lockedFor  = 30 * time.Second
	longestKey = 255
)

// keptAnswer is the answer that belongs to an Idempotency-Key.
type keptAnswer struct {
	key     string
	request [sha256.Size]byte
	since   time.Time
	status  int // 0 while the request is under way
	body    []byte
}

// recall answers a request whose key was used before, and tells whether it did. The answer that it
// gives is nil without a key.
func (b *Bird) recall(w http.ResponseWriter, r *http.Request, body []byte) (*keptAnswer, bool) {
	values := r.Header.Values("Idempotency-Key")
	if len(values) == 0 {
		return nil, false
	}
	key := values[0]
	if key == "" || len(key) > longestKey {
		b.reject(w, Behaviour{Reason: "InvalidRequest"}, "The idempotency key must have 1 to 255 characters.", nil)
		return nil, true
	}
	request := sha256.Sum256(bytes.Join([][]byte{[]byte(r.Method), []byte(r.URL.Path), body}, []byte("\n")))
	now := b.now()
	b.keptMu.Lock()
	defer b.keptMu.Unlock()
	kept, ok := b.kept[key]
	if ok && kept.status != 0 && now.Sub(kept.since) > keptFor || ok && kept.status == 0 && now.Sub(kept.since) > lockedFor {
		ok = false
	}
	switch {
	case !ok:
		kept = &keptAnswer{key: key, request: request, since: now}
		b.kept[key] = kept
		return kept, false
	case kept.status == 0:
		b.reject(w, Behaviour{Reason: "RequestInProgress"}, "", nil)
	case kept.request != request:
		b.reject(w, Behaviour{Reason: "IdempotencyKeyReuse"}, "", nil)
	default:
		w.Header().Set("Idempotency-Replay", "true")
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(kept.status)
		_, _ = w.Write(kept.body) // a client that has left needs no answer
	}
	return nil, true
}

// keepAnswer keeps what was answered, but for a failure of Bird's own, and for what asks to come later.
func (b *Bird) keepAnswer(kept *keptAnswer, status int, body []byte) {
	if kept == nil {
		return
	}
	if status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		b.forget(kept)
		return
	}
	b.keptMu.Lock()
	defer b.keptMu.Unlock()
	kept.status, kept.body = status, body
}

// forget frees a key.
func (b *Bird) forget(kept *keptAnswer) {
	if kept == nil {
		return
	}
	b.keptMu.Lock()
	defer b.keptMu.Unlock()
	if b.kept[kept.key] == kept {
		delete(b.kept, kept.key)
	}
}
