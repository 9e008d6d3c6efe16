package emulate

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// classicError is one of MessageBird's errors.
type classicError struct {
	Code        int     `json:"code"`
	Description string  `json:"description"`
	Parameter   *string `json:"parameter"`
}

// classicAnswer is an answer with errors, and without JSON where there are none.
type classicAnswer struct {
	status int
	errors []classicError
}

func classicAnswerOf(status, code int, description, parameter string) classicAnswer {
	return classicAnswer{status, []classicError{newClassicError(code, description, parameter)}}
}

func newClassicError(code int, description, parameter string) classicError {
	if parameter == "" {
		return classicError{Code: code, Description: description}
	}
	return classicError{Code: code, Description: description, Parameter: &parameter}
}

// classicAnswers are by our own words for them: the code, or the status where there is no code.
var classicAnswers = map[string]classicAnswer{
	"2":   classicAnswerOf(http.StatusUnauthorized, 2, "Request not allowed (incorrect access_key)", "access_key"),
	"9":   classicAnswerOf(http.StatusUnprocessableEntity, 9, "no (correct) recipients found", "recipient"),
	"10":  classicAnswerOf(http.StatusUnprocessableEntity, 10, "originator is invalid", "originator"),
	"20":  classicAnswerOf(http.StatusNotFound, 20, "message not found", ""),
	"21":  classicAnswerOf(http.StatusUnprocessableEntity, 21, "Bad request", ""),
	"25":  classicAnswerOf(http.StatusUnprocessableEntity, 25, "Not enough balance", ""),
	"98":  classicAnswerOf(http.StatusNotFound, 98, "API not found", ""),
	"99":  classicAnswerOf(http.StatusInternalServerError, 99, "Internal error", ""),
	"405": classicAnswerOf(http.StatusMethodNotAllowed, 21, "Bad request", ""),
	"429": {status: http.StatusTooManyRequests},
	"500": {status: http.StatusInternalServerError},
}

// answerOf reads the reason of a script.
func answerOf(reason string) classicAnswer {
	word, parameter, _ := strings.Cut(reason, " ")
	answer, ok := classicAnswers[word]
	if !ok {
		code, _ := strconv.Atoi(word) // another word is code 0
		answer = classicAnswerOf(http.StatusUnprocessableEntity, code, "Request failed", "")
	}
	switch {
	case parameter == "":
	case word == "9":
		answer = classicAnswerOf(answer.status, 9, parameter+" is required", parameter)
	default:
		answer = classicAnswerOf(answer.status, answer.errors[0].Code, parameter+" is invalid", parameter)
	}
	return answer
}

// reject answers with errors, as a script or our own checks say.
func (m *MessageBird) reject(w http.ResponseWriter, behaviour Behaviour, answer classicAnswer) {
	if answer.errors == nil && behaviour.Body == "" {
		behaviour.Body = http.StatusText(answer.status)
	}
	body, err := json.Marshal(map[string]any{"errors": answer.errors})
	if err != nil {
		answer.status = http.StatusInternalServerError
	}
	refuse(w, behaviour, answer.status, body)
}

// loose is a text that may be written as a number.
type loose string

// UnmarshalJSON implements [json.Unmarshaler].
func (l *loose) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		return json.Unmarshal(text, (*string)(l))
	}
	if *l = loose(text); *l == "null" {
		*l = ""
	}
	return nil
}

// looseList is a list of such, or one text with commas.
type looseList []loose

// UnmarshalJSON implements [json.Unmarshaler].
func (l *looseList) UnmarshalJSON(text []byte) error {
	if text[0] == '[' {
		return json.Unmarshal(text, (*[]loose)(l))
	}
	var one loose
	err := json.Unmarshal(text, &one)
	*l = commas(string(one))
	return err
}

func commas(text string) (list looseList) {
	for one := range strings.SplitSeq(text, ",") {
		if one = strings.TrimSpace(one); one != "" {
			list = append(list, loose(one))
		}
	}
	return list
}

// classicForm is what a client sends. Names that are not known are passed over.
type classicForm struct {
	Originator        loose          `json:"originator"`
	Recipients        looseList      `json:"recipients"`
	Body              loose          `json:"body"`
	Type              loose          `json:"type"`
	Reference         loose          `json:"reference"`
	Validity          loose          `json:"validity"`
	Gateway           loose          `json:"gateway"`
	TypeDetails       map[string]any `json:"typeDetails"`
	DataCoding        loose          `json:"datacoding"`
	MClass            loose          `json:"mclass"`
	ReportURL         loose          `json:"reportUrl"`
	ScheduledDatetime loose          `json:"scheduledDatetime"`
}

// classicRequest is the same, read.
type classicRequest struct {
	form                                                     classicForm
	originator, body, kind, reference, datacoding, reportURL string
	recipients                                               []string // digits alone, without a plus
	scheduled                                                time.Time
}

const (
	mostRecipients   = 50
	longestReference = 128
	mostClassicParts = 9
	longestName      = 11
	longestNumber    = 17
)

var (
	numberForm    = regexp.MustCompile(`^[1-9][0-9]{6,14}$`)
	classicNumber = regexp.MustCompile(`^\+?[0-9]+$`)
	classicName   = regexp.MustCompile(`^[A-Za-z0-9 ]*[A-Za-z][A-Za-z0-9 ]*$`)
	wholeSeconds  = regexp.MustCompile(`^[1-9][0-9]{0,6}$`)
)

// readClassicRequest reads JSON or a form.
func readClassicRequest(w http.ResponseWriter, r *http.Request) (classicRequest, []classicError) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	var form classicForm
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // without one: JSON
	if kind == "application/x-www-form-urlencoded" {
		if r.ParseForm() != nil {
			return classicRequest{}, classicAnswers["21"].errors
		}
		value := func(name string) loose { return loose(r.PostForm.Get(name)) }
		form = classicForm{
			Originator: value("originator"), Recipients: commas(strings.Join(slices.Concat(r.PostForm["recipients"], r.PostForm["recipients[]"]), ",")),
			Body: value("body"), Type: value("type"), Reference: value("reference"), Validity: value("validity"), Gateway: value("gateway"),
			DataCoding: value("datacoding"), MClass: value("mclass"), ReportURL: value("reportUrl"), ScheduledDatetime: value("scheduledDatetime"),
		}
	} else if json.NewDecoder(r.Body).Decode(&form) != nil {
		return classicRequest{}, classicAnswers["21"].errors
	}
	return classicRequest{
		form: form, originator: string(form.Originator), body: string(form.Body), kind: string(form.Type), reference: string(form.Reference),
		datacoding: string(form.DataCoding), reportURL: string(form.ReportURL),
	}, nil
}

// check looks first for what is missing, then for what is wrong.
func (b *classicRequest) check(now time.Time) []classicError {
	if missing := b.missing(); missing != nil {
		return missing
	}
	var wrong []classicError
	note := func(right bool, parameter, description string) {
		if !right {
			wrong = append(wrong, newClassicError(10, description, parameter))
		}
	}
	number, name := classicNumber.MatchString(b.originator), classicName.MatchString(b.originator)
	note(number && len(b.originator) <= longestNumber || name && len(b.originator) <= longestName, "originator", "originator is invalid")
	note(len(b.recipients) <= mostRecipients, "recipients", "no more than 50 recipients are allowed")
	b.kind = or(b.kind, "sms")
	note(slices.Contains([]string{"sms", "binary", "flash"}, b.kind), "type", "type is invalid")
	b.datacoding = or(b.datacoding, "plain")
	note(slices.Contains([]string{"plain", "unicode", "auto"}, b.datacoding), "datacoding", "datacoding is invalid")
	note(b.form.Validity == "" || wholeSeconds.MatchString(string(b.form.Validity)), "validity", "validity is invalid")
	note(utf8.RuneCountInString(b.reference) <= longestReference, "reference", "reference is too long")
	target, err := url.Parse(b.reportURL)
	note(b.reportURL == "" || err == nil && target.Host != "" && (target.Scheme == "http" || target.Scheme == "https"), "reportUrl", "reportUrl is invalid")
	encoding := encodingGSM
	if b.datacoding == "unicode" || b.datacoding == "auto" && !plain(b.body) {
		encoding = encodingUCS2
	}
	note(countParts(b.body, encoding) <= mostClassicParts, "body", "body is too long")
	if b.form.ScheduledDatetime != "" {
		b.scheduled, err = time.Parse(time.RFC3339, string(b.form.ScheduledDatetime))
		note(err == nil && !b.scheduled.Before(now.Add(-time.Minute)), "scheduledDatetime", "scheduledDatetime is invalid")
	}
	return wrong
}

// missing looks for what must be there. Numbers that are none are as if they were not.
func (b *classicRequest) missing() (missing []classicError) {
	for _, one := range b.form.Recipients {
		digits := strings.TrimPrefix(strings.TrimPrefix(string(one), "+"), "00")
		if numberForm.MatchString(digits) && !slices.Contains(b.recipients, digits) {
			b.recipients = append(b.recipients, digits)
		}
	}
	if len(b.recipients) == 0 {
		parameter := "recipient"
		if len(b.form.Recipients) == 0 {
			parameter = "recipients"
		}
		missing = append(missing, newClassicError(9, "no (correct) recipients found", parameter))
	}
	if b.originator == "" {
		missing = append(missing, newClassicError(9, "originator is required", "originator"))
	}
	if len(missing) == 0 && b.body == "" {
		missing = append(missing, newClassicError(9, "body is required", "body"))
	}
	return missing
}

func or(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}
