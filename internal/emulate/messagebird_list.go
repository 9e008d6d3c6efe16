package emulate

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// classicObject is a message as MessageBird shows it.
type classicObject struct {
	ID                string            `json:"id"`
	Href              string            `json:"href"`
	Direction         string            `json:"direction"`
	Type              string            `json:"type"`
	Originator        string            `json:"originator"`
	Body              string            `json:"body"`
	Reference         *string           `json:"reference"`
	Validity          *int              `json:"validity"`
	Gateway           int               `json:"gateway"`
	TypeDetails       map[string]any    `json:"typeDetails"`
	DataCoding        string            `json:"datacoding"`
	MClass            int               `json:"mclass"`
	ScheduledDatetime *string           `json:"scheduledDatetime"`
	CreatedDatetime   string            `json:"createdDatetime"`
	Recipients        classicRecipients `json:"recipients"`
}

type classicRecipients struct {
	TotalCount               int                `json:"totalCount"`
	TotalSentCount           int                `json:"totalSentCount"`
	TotalDeliveredCount      int                `json:"totalDeliveredCount"`
	TotalDeliveryFailedCount int                `json:"totalDeliveryFailedCount"`
	Items                    []classicRecipient `json:"items"`
}

type classicRecipient struct {
	Recipient        int64   `json:"recipient"`
	Status           string  `json:"status"`
	StatusDatetime   *string `json:"statusDatetime"`
	MessagePartCount int     `json:"messagePartCount"`
	*classicDetails          // not in the answer to the message itself
}

type classicDetails struct {
	RecipientCountry       *string       `json:"recipientCountry"`
	RecipientCountryPrefix *int          `json:"recipientCountryPrefix"`
	RecipientOperator      *string       `json:"recipientOperator"`
	MessageLength          int           `json:"messageLength"`
	StatusErrorCode        *int          `json:"statusErrorCode"`
	StatusReason           *string       `json:"statusReason"`
	Price                  *classicPrice `json:"price"`
	MCCMNC                 *string       `json:"mccmnc"`
	MCC                    *string       `json:"mcc"`
	MNC                    *string       `json:"mnc"`
}

type classicPrice struct {
	Amount   float64 `json:"amount"`
	Currency string  `json:"currency"`
}

// object shows a message: with the texts that were just made, or without any as they are now.
func (m *MessageBird) object(message *classicMessage, texts []Text, details bool) classicObject {
	request := message.request
	shown := classicObject{
		ID: message.id, Href: classicPlace("messages/" + message.id), Direction: "mt", Type: request.kind, Originator: request.originator,
		Body: request.body, Reference: filled(request.reference), Gateway: 10, TypeDetails: map[string]any{}, DataCoding: request.datacoding, MClass: 1,
		CreatedDatetime: classicTime(message.created), Recipients: classicRecipients{Items: []classicRecipient{}},
	}
	if seconds, err := strconv.Atoi(string(request.form.Validity)); err == nil {
		shown.Validity = &seconds
	}
	if request.kind == "flash" {
		shown.MClass = 0
	}
	maps.Copy(shown.TypeDetails, request.form.TypeDetails)
	if texts == nil {
		for _, number := range message.texts {
			text, _ := m.Text(number)
			texts = append(texts, text)
		}
	}
	if !request.scheduled.IsZero() {
		shown.ScheduledDatetime = filled(classicTime(request.scheduled))
	}
	if request.scheduled.After(message.created) {
		texts = nil
		for _, digits := range request.recipients {
			texts = append(texts, Text{To: "+" + digits, State: "scheduled", Updated: message.created, Parts: 1})
		}
	}
	for _, text := range texts {
		shown.Recipients.add(text, details)
	}
	return shown
}

func (b *classicRecipients) add(text Text, details bool) {
	digits := strings.TrimPrefix(text.To, "+")
	number, _ := strconv.ParseInt(digits, 10, 64) // checked before
	item := classicRecipient{Recipient: number, Status: text.State, StatusDatetime: filled(classicTime(text.Updated)), MessagePartCount: text.Parts}
	if details {
		place := countryOf(digits)
		item.classicDetails = &classicDetails{
			RecipientCountry: filled(place.name), RecipientOperator: filled(place.operator), MessageLength: len([]rune(text.Body)),
			StatusReason: filled(text.Reason), MCCMNC: filled(place.mccmnc),
		}
		if len(place.mccmnc) > 3 {
			item.MCC, item.MNC = filled(place.mccmnc[:3]), filled(place.mccmnc[3:])
		}
		if prefix, err := strconv.Atoi(place.prefix); err == nil {
			item.RecipientCountryPrefix = &prefix
		}
		if code, err := strconv.Atoi(text.ErrorCode); err == nil {
			item.StatusErrorCode = &code
		}
		if text.Currency != "" {
			item.Price = &classicPrice{float64(text.Price) / million, text.Currency}
		}
	}
	b.TotalCount++
	switch text.State {
	case "scheduled":
	case "delivered":
		b.TotalSentCount++
		b.TotalDeliveredCount++
	case "delivery_failed", "expired":
		b.TotalSentCount++
		b.TotalDeliveryFailedCount++
	default:
		b.TotalSentCount++
	}
	b.Items = append(b.Items, item)
}

func filled(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

const (
	usualPage   = 20
	longestPage = 200
)

// list gives messages, the newest first.
func (m *MessageBird) list(w http.ResponseWriter, r *http.Request) {
	behaviour := m.only(LookCalls)
	if m.play(w, r, behaviour) {
		return
	}
	query := r.URL.Query()
	offset, badOffset := strconv.Atoi(or(query.Get("offset"), "0"))
	limit, badLimit := strconv.Atoi(or(query.Get("limit"), strconv.Itoa(usualPage)))
	from, badFrom := classicMoment(query, "from")
	until, badUntil := classicMoment(query, "until")
	var wrong []classicError
	note := func(right bool, parameter string) {
		if !right {
			wrong = append(wrong, newClassicError(10, parameter+" is invalid", parameter))
		}
	}
	note(badOffset == nil && offset >= 0, "offset")
	note(badLimit == nil && limit >= 1 && limit <= longestPage, "limit")
	note(badFrom == nil, "from")
	note(badUntil == nil, "until")
	if wrong != nil {
		m.reject(w, Behaviour{}, classicAnswer{http.StatusUnprocessableEntity, wrong})
		return
	}
	var all []classicObject
	m.messagesMu.Lock()
	messages := slices.Clone(m.messages)
	m.messagesMu.Unlock()
	slices.Reverse(messages)
	for _, message := range messages {
		if m.deleted(message) || message.created.Before(from) || !until.IsZero() && message.created.After(until) {
			continue
		}
		if object := m.object(message, nil, true); object.matches(query) {
			all = append(all, object)
		}
	}
	page := all[min(offset, len(all)):min(offset+limit, len(all))]
	body, err := json.Marshal(map[string]any{
		"offset": offset, "limit": limit, "count": len(page), "totalCount": len(all), "links": classicLinks(query, offset, limit, len(all)),
		"items": slices.Concat([]classicObject{}, page),
	})
	if err != nil {
		return
	}
	m.answer(w, r, behaviour, http.StatusOK, body)
}

func (m *MessageBird) deleted(message *classicMessage) bool {
	m.messagesMu.Lock()
	defer m.messagesMu.Unlock()
	return message.gone
}

func classicMoment(query url.Values, name string) (time.Time, error) {
	if query.Get(name) == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339, query.Get(name))
}

// matches holds a message against the filters of a list.
func (b classicObject) matches(query url.Values) bool {
	same := func(name, value string) bool { return query.Get(name) == "" || query.Get(name) == value }
	return same("originator", b.Originator) && same("direction", b.Direction) && same("type", b.Type) &&
		slices.ContainsFunc(b.Recipients.Items, func(item classicRecipient) bool {
			return same("status", item.Status) && same("recipient", strconv.FormatInt(item.Recipient, 10))
		})
}

func classicLinks(query url.Values, offset, limit, total int) map[string]*string {
	link := func(to int) *string {
		copied := url.Values{}
		for name, values := range query {
			if name != "access_key" {
				copied[name] = values
			}
		}
		copied.Set("offset", strconv.Itoa(to))
		return filled(classicPlace("messages/?" + copied.Encode()))
	}
	links := map[string]*string{"first": link(0), "previous": nil, "next": nil, "last": link(max(0, (total-1)/limit*limit))}
	if offset > 0 {
		links["previous"] = link(max(0, offset-limit))
	}
	if offset+limit < total {
		links["next"] = link(offset + limit)
	}
	return links
}
