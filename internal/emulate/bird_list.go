package emulate

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// birdObject is a message as Bird shows it.
type birdObject struct {
	ID          string                     `json:"id"`
	Direction   string                     `json:"direction"`
	Status      string                     `json:"status"`
	To          string                     `json:"to"`
	From        string                     `json:"from"`
	Text        string                     `json:"text"`
	Category    string                     `json:"category"`
	Segments    birdSegments               `json:"segments"`
	Cost        *birdCost                  `json:"cost"`
	Tags        []birdTag                  `json:"tags"`
	Metadata    map[string]json.RawMessage `json:"metadata"`
	Carrier     *string                    `json:"carrier,omitempty"`
	MCCMNC      *string                    `json:"mcc_mnc,omitempty"`
	CreatedAt   time.Time                  `json:"created_at"`
	SentAt      *time.Time                 `json:"sent_at"`
	DeliveredAt *time.Time                 `json:"delivered_at"`
	LastError   *birdTextError             `json:"last_error,omitempty"`
}

type birdSegments struct {
	Count      int    `json:"count"`
	Encoding   string `json:"encoding"`
	Characters int    `json:"characters"`
}

type birdCost struct {
	Amount            string `json:"amount"`
	CurrencyCode      string `json:"currency_code"`
	TransactionAmount string `json:"transaction_amount"`
	PassthroughAmount string `json:"passthrough_amount"`
}

// birdCostOf is the cost of a text that was priced.
func birdCostOf(text Text) *birdCost {
	if text.State == "accepted" || text.State == "rejected" {
		return nil
	}
	return &birdCost{birdMoney(text.Price), text.Currency, birdMoney(text.Price), "0.00000"}
}

func birdSegmentsOf(text Text) *birdSegments {
	segments := &birdSegments{Count: text.Parts, Encoding: "GSM_7BIT", Characters: len([]rune(text.Body))}
	if text.Encoding == encodingUCS2 {
		segments.Encoding = "UCS2"
	}
	return segments
}

// redacted is what Bird shows later of a message that proves somebody.
const redacted = "**REDACTED**"

// object shows a message as it is now. The body is that of the answer to it, empty for a later look.
func (b *Bird) object(send *birdSend, body string) birdObject {
	text, _ := b.Text(send.text)
	if body == "" {
		if body = send.form.Text; send.form.Category == "authentication" {
			body = redacted
		}
	}
	shown := birdObject{
		ID: text.ID, Direction: "outbound", Status: text.State, To: text.To, From: text.From, Text: body, Category: send.form.Category,
		Segments: *birdSegmentsOf(text), Cost: birdCostOf(text), Tags: send.form.Tags, Metadata: send.form.Metadata, CreatedAt: send.created,
	}
	if text.ErrorCode != "" {
		shown.LastError = &birdTextError{text.ErrorCode, text.Reason, text.Updated.UTC()}
	}
	if text.State == "accepted" || text.State == "rejected" {
		return shown
	}
	place, at := countryNamed(text.Country), text.Updated.UTC()
	shown.SentAt, shown.Carrier, shown.MCCMNC = &at, filled(place.operator), filled(place.mccmnc)
	if text.State == "delivered" {
		shown.DeliveredAt = &at
	}
	return shown
}

// birdMoney is how Bird writes money: five decimals at least.
func birdMoney(amount int64) string {
	text := strconv.FormatFloat(float64(amount)/million, 'f', 6, 64)
	for strings.HasSuffix(text, "0") && len(text)-strings.IndexByte(text, '.') > 6 {
		text = strings.TrimSuffix(text, "0")
	}
	return text
}

const (
	usualBirdPage   = 25
	longestBirdPage = 100
)

// list gives messages, the newest first.
func (b *Bird) list(w http.ResponseWriter, r *http.Request) {
	behaviour := b.only(LookCalls)
	if b.play(w, r, behaviour) {
		return
	}
	query := r.URL.Query()
	limit, bad := strconv.Atoi(or(query.Get("limit"), strconv.Itoa(usualBirdPage)))
	after, badAfter := classicMoment(query, "created_after")
	before, badBefore := classicMoment(query, "created_before")
	var details []birdDetail
	note := func(right bool, param string) {
		if !right {
			details = append(details, birdDetail{param, "is invalid"})
		}
	}
	note(bad == nil && limit >= 1 && limit <= longestBirdPage, "limit")
	note(badAfter == nil, "created_after")
	note(badBefore == nil, "created_before")
	if details != nil {
		b.reject(w, Behaviour{Reason: "ValidationError"}, "", details)
		return
	}
	page, more, cursor := []birdObject{}, false, query.Get("starting_after")
	sends := b.everySend()
	slices.Reverse(sends)
	for _, send := range sends {
		object := b.object(send, "")
		switch {
		case cursor != "": // skip to what is behind it
			if object.ID == cursor {
				cursor = ""
			}
		case send.created.Before(after), !before.IsZero() && !send.created.Before(before), !object.matches(query):
		case len(page) == limit:
			more = true
		default:
			page = append(page, object)
		}
	}
	answer := map[string]any{"data": page, "next_cursor": nil, "prev_cursor": nil, "refresh_cursor": nil}
	if len(page) > 0 {
		answer["refresh_cursor"] = page[0].ID
	}
	if more {
		answer["next_cursor"] = page[len(page)-1].ID
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return
	}
	b.answer(w, r, behaviour, http.StatusOK, body)
}

// matches holds a message against the filters of a list.
func (o birdObject) matches(query url.Values) bool {
	same := func(name, value string) bool { return len(query[name]) == 0 || slices.Contains(query[name], value) }
	code := ""
	if o.LastError != nil {
		code = o.LastError.Code
	}
	for _, tag := range query["tag"] {
		name, value, valued := strings.Cut(tag, ":")
		if !slices.ContainsFunc(o.Tags, func(one birdTag) bool { return one.Name == name && (!valued || one.Value == value) }) {
			return false
		}
	}
	return same("status", o.Status) && same("error_code", code) && same("to", o.To) && same("from", o.From) && same("category", o.Category) &&
		same("direction", o.Direction)
}
