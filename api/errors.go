package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/strictjson"
	"example.com/aye/otp"
	"example.com/aye/pairing"
	"example.com/aye/sms"
	"example.com/aye/support"
)

// What can be wrong with a request before the domain sees it.
var (
	errOrigin    = errors.New("this origin is not one of the application's allowed origins")
	errTicket    = errors.New("the ticket is missing or is not for this address")
	errTooLarge  = errors.New("the body is larger than 64 KiB")
	errBody      = errors.New("the body could not be read")
	errMediaType = errors.New("send the body as application/json, not compressed")
	errUpgrade   = errors.New("open a WebSocket here, or poll the state address")
	errDraining  = errors.New("this server is about to restart")
	errFull      = errors.New("as many pages wait here as there is room for; poll the state address, or try again soon")
	errEnrol     = errors.New("this application may not link phones; the operator can allow it")
	errTexts     = errors.New("this application may not manage text messages; the operator can allow it")
	// errUnavailable stands in front of what [Config.Unavailable] is, and of a time limit.
	errUnavailable = errors.New("something that Aye needs does not answer at the moment; nothing was approved")
)

// codes is the one table from errors to problems; the first match counts. A test fails for
// an error of the domain without a row.
var codes = []struct {
	err  error
	code string
}{
	{errOrigin, "origin-not-allowed"},
	{errTicket, "invalid-ticket"},
	{errTooLarge, "payload-too-large"},
	{errBody, "invalid-json"},
	{errMediaType, "unsupported-media-type"},
	{errUpgrade, "upgrade-required"},
	{errDraining, "busy"},
	{errFull, "busy"},
	{errEnrol, "enrol-not-allowed"},
	{errTexts, "sms-not-allowed"},
	{strictjson.ErrMalformed, "invalid-json"},

	{accounts.ErrCredentials, "unauthorized"},
	{accounts.ErrNotFound, "unknown-user"},
	{accounts.ErrInvalid, "invalid-request"},

	{devices.ErrProof, "invalid-proof"},
	{devices.ErrUseNonce, "use-nonce"},
	{devices.ErrProofUsed, "proof-used"},
	{devices.ErrUnknown, "device-unknown"},
	{devices.ErrNotActive, "device-not-active"},
	{devices.ErrInvalid, "invalid-request"},

	{pairing.ErrNotFound, "not-found"},
	{pairing.ErrUnknownCode, "pairing-unknown-code"},
	{pairing.ErrExpired, "pairing-expired"},
	{pairing.ErrBurned, "pairing-burned"},
	{pairing.ErrClosed, "pairing-closed"},
	{pairing.ErrClaim, "invalid-signature"},
	{pairing.ErrAppTooOld, "app-too-old"},
	{pairing.ErrEnrolRefused, "enrol-refused"},
	{pairing.ErrTooMany, "too-many-pairings"},
	{pairing.ErrTooManyPhones, "too-many-phones"},
	{pairing.ErrWrongCode, "wrong-code"},
	{pairing.ErrKeyReused, "invalid-signature"},
	{pairing.ErrMismatch, "idempotency-mismatch"},

	{approval.ErrNotFound, "not-found"},
	{approval.ErrInvalid, "invalid-request"},
	{approval.ErrNotEnrolled, "not-enrolled"},
	{approval.ErrTapNotAllowed, "tap-not-allowed"},
	{approval.ErrNumberRequired, "number-required"},
	{approval.ErrTooManyPending, "too-many-pending"},
	{approval.ErrMismatch, "idempotency-mismatch"},
	{approval.ErrDecision, "invalid-signature"},
	{approval.ErrKey, "unknown-key"},
	{approval.ErrApprovalKey, "approval-key-required"},
	{approval.ErrChallenge, "challenge-mismatch"},
	{approval.ErrNumberMissing, "invalid-request"},
	{approval.ErrDecided, "already-decided"},
	{approval.ErrTooLate, "report-too-late"},
	{approval.ErrReleaseCode, "wrong-release-code"},
	{approval.ErrRedeemed, "already-redeemed"},
	{approval.ErrLapsed, "lapsed"},
	{approval.ErrNotApproved, "not-approved"},
	{approval.ErrMethod, "method-unavailable"},

	{otp.ErrWrong, "wrong-code"},
	{otp.ErrNone, "method-unavailable"},
	{otp.ErrTooMany, "too-many-attempts"},

	{support.ErrNotFound, "not-found"},
	{support.ErrClosed, "case-closed"},

	{sms.ErrNotFound, "not-found"},
	{sms.ErrInvalid, "invalid-request"},
	{sms.ErrNotOpen, "sms-not-open"},
	{sms.ErrDelayed, "sms-too-many"},
	{sms.ErrVendor, "sms-refused"},
	{sms.ErrWrongCode, "wrong-code"},
	{sms.ErrTries, "too-many-attempts"},
	{sms.ErrTooMany, "too-many-providers"},
	{sms.ErrReport, "invalid-report"},

	{errUnavailable, "unavailable"},
}

// fieldError is a problem with one field, as `errors` of a problem says it.
type fieldError struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

func (e *fieldError) Error() string { return e.Pointer + " " + e.Detail }

func invalidField(pointer, detail string) error { return &fieldError{pointer, detail} }

// problemJSON is RFC 9457's form, with our members.
type problemJSON struct {
	Type           string       `json:"type"`
	Title          string       `json:"title"`
	Status         int          `json:"status"`
	Detail         string       `json:"detail"`
	Code           string       `json:"code"`
	RequestID      string       `json:"request_id"`
	Errors         []fieldError `json:"errors,omitempty"`
	State          *outcomeJSON `json:"state,omitempty"`
	Reason         string       `json:"reason,omitempty"`
	MinimumVersion string       `json:"minimum_version,omitempty"`
}

// statusHungUp is what the log and the metrics call a caller that did not wait for its
// answer, as nginx does; nobody reads it.
const statusHungUp = 499

// problem answers an error. What is not in the table is answered as "internal", and only
// the log has what it was.
func (s *Server) problem(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	ended := c.Request().Context().Err()
	if errors.Is(ended, context.Canceled) { // a caller that hung up is no error of ours
		c.Response().WriteHeader(statusHungUp)
		return
	}
	if ended != nil { // our own time limit: whatever it was that took so long is not available
		err = errors.Join(err, ended)
	}
	if errors.Is(err, s.Unavailable) || errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w: %w", errUnavailable, err)
	}
	code, detail := codeOf(err)
	p, ok := problemByCode(code)
	if !ok {
		p, _ = problemByCode("internal")
	}
	out := problemJSON{
		Type: s.Origin + "/problems/" + p.code, Title: p.title, Status: p.status, Detail: shortened(detail, maxDetail), Code: p.code,
		RequestID: c.Response().Header().Get(echo.HeaderXRequestID),
	}
	s.extend(&out, c, err)
	for i, field := range out.Errors {
		out.Errors[i].Detail = shortened(field.Detail, maxDetail/2)
	}
	if p.status >= http.StatusInternalServerError {
		s.Log.ErrorContext(c.Request().Context(), "request failed", slog.String("request_id", out.RequestID), slog.String("error", err.Error()))
	}
	note(c, "problem", p.code)
	s.answerProblem(c, out, err)
}

// maxDetail is how long the sentence of a problem may be, in characters: what was sent may stand in it.
const maxDetail = 1000

func shortened(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

func (s *Server) answerProblem(c echo.Context, out problemJSON, err error) {
	h := c.Response().Header()
	switch out.Status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.Set(echo.HeaderRetryAfter, strconv.Itoa(s.retryAfter(err)))
	case http.StatusUnauthorized:
		h.Set(echo.HeaderWWWAuthenticate, challengeFor(out.Code))
	}
	h.Set(echo.HeaderContentType, "application/problem+json")
	c.Response().WriteHeader(out.Status)
	if c.Request().Method != http.MethodHead {
		_ = json.NewEncoder(c.Response()).Encode(out) // the caller has hung up
	}
}

// codeOf finds the row of the table and the sentence for this time.
func codeOf(err error) (code, detail string) {
	var field *fieldError
	if errors.As(err, &field) {
		return "invalid-request", err.Error()
	}
	for _, row := range codes {
		if errors.Is(err, row.err) {
			// The text of the error that matched, not of what wraps it: that is for the log.
			return row.code, said(err, row.err)
		}
	}
	var web *echo.HTTPError
	if errors.As(err, &web) {
		switch web.Code {
		case http.StatusNotFound:
			return "not-found", "there is nothing at this address"
		case http.StatusMethodNotAllowed:
			return "method-not-allowed", "this address does not take that method"
		}
	}
	return "internal", "something went wrong; nothing was approved by it"
}

func said(err, sentinel error) string {
	var (
		field  *approval.InvalidError
		tooOld *pairing.AppTooOldError
		text   *sms.InvalidError
		closed *sms.ClosedError
		vendor *sms.VendorError
	)
	switch {
	case errors.As(err, &field):
		return field.Error()
	case errors.As(err, &text):
		return text.Detail
	case errors.As(err, &closed):
		return sms.ErrNotOpen.Error() + ": " + toldReason(closed.Reason)
	case errors.As(err, &vendor):
		return vendor.Error()
	case errors.As(err, &tooOld):
		return tooOld.Error()
	case errors.Is(err, devices.ErrInvalid), errors.Is(err, accounts.ErrInvalid), errors.Is(err, strictjson.ErrMalformed):
		return err.Error() // made for callers, and says which field
	}
	return sentinel.Error()
}

func (s *Server) extend(out *problemJSON, c echo.Context, err error) {
	var (
		field    *fieldError
		invalid  *approval.InvalidError
		decided  *approval.DecidedError
		rejected *approval.NotApprovedError
		tooOld   *pairing.AppTooOldError
		text     *sms.InvalidError
		closed   *sms.ClosedError
		vendor   *sms.VendorError
		delay    *sms.DelayError
	)
	switch {
	case errors.As(err, &field):
		out.Errors = []fieldError{*field}
	case errors.As(err, &text):
		out.Errors = []fieldError{{textPointer(text.Field), text.Detail}}
	case errors.As(err, &closed):
		out.Reason = toldReason(closed.Reason)
	case errors.As(err, &vendor):
		out.Reason = string(vendor.Class)
	case errors.As(err, &delay):
		out.Reason = string(delay.Limit)
	case errors.As(err, &invalid):
		out.Errors = []fieldError{{invalid.Pointer, invalid.Detail}}
	case out.Code == "invalid-request":
		out.Errors = []fieldError{{"", out.Detail}}
	case errors.As(err, &decided):
		out.State = &outcomeJSON{ID: c.Param("id"), Status: string(decided.State)}
	case errors.As(err, &rejected):
		out.State = &outcomeJSON{ID: c.Param("id"), Status: string(rejected.State)}
	case errors.As(err, &tooOld):
		out.MinimumVersion = tooOld.Minimum
	}
}

// toldReason is what an application hears of why there is no code in a text message. What is the person's
// own is one word: an application must not learn where else somebody belongs, or what happened to their number.
func toldReason(reason sms.Reason) string {
	switch reason {
	case sms.SeveralOrganisations, sms.NoNumber, sms.NumberNew:
		return "person"
	case sms.Open, sms.NotAllowed, sms.Country, sms.NoProvider, sms.Over, sms.WrongSender, sms.Halted, sms.CapReached:
	}
	return string(reason)
}

// textPointer is where a field of a provider or of the settings stands in a body.
func textPointer(field string) string {
	if field == "number" { // of whom the body names
		field = "administrator"
	}
	return "/" + field
}

// retryAfter is in whole seconds, at least one.
func (s *Server) retryAfter(err error) int {
	var (
		tries *otp.TooManyError
		delay *sms.DelayError
		until time.Time
	)
	switch {
	case errors.As(err, &tries):
		until = tries.Until
	case errors.As(err, &delay):
		until = delay.Until
	}
	if !until.IsZero() {
		return max(1, int(math.Ceil(until.Sub(s.Now()).Seconds())))
	}
	switch {
	case errors.Is(err, pairing.ErrTooMany), errors.Is(err, otp.ErrTooMany):
		return int(time.Hour / time.Second)
	case errors.Is(err, approval.ErrTooManyPending):
		return int(approval.DefaultLife / time.Second)
	}
	return 1
}

func challengeFor(code string) string {
	switch code {
	case "unauthorized":
		return `Basic realm="aye", charset="UTF-8"`
	case "invalid-ticket":
		return "Ticket"
	case "invalid-report":
		return "Signature"
	}
	return fmt.Sprintf("Bearer error=%q", strings.ReplaceAll(code, "-", "_"))
}

// pointer is the JSON pointer (RFC 6901) of a field that encoding/json names with points;
// the body itself has no name.
func pointer(field string) string {
	if field == "" {
		return ""
	}
	return "/" + strings.ReplaceAll(field, ".", "/")
}

// maxFieldName is how long a made-up name may be to be told again.
const maxFieldName = 100

// notJSON says of a body that cannot be read what a caller can mend.
func notJSON(err error) error {
	if errors.Is(err, strictjson.ErrMalformed) {
		return err
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		kind, _, _ := strings.Cut(wrong.Value, " ") // what follows is what was sent
		return invalidField(pointer(wrong.Field), "must not be a "+kind)
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		if len(name) > maxFieldName {
			return invalidField("", "has a field that is not of this call")
		}
		return invalidField("/"+strings.Trim(name, `"`), "is not a field of this call")
	}
	return errBody
}
