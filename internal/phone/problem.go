package phone

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Problem is a refusal of the server (RFC 9457).
type Problem struct {
	Status     int           // the HTTP status
	Code       string        // for programs, for example "already-decided"
	Title      string        // for people, the same for every refusal of this kind
	Detail     string        // for people, about this one
	Type       string        // a page that explains it
	RequestID  string        // for support
	State      string        // of a request that is decided: its status
	Errors     []Invalid     // the fields that are wrong
	RetryAfter time.Duration // when to come back, if the server said so
}

// Invalid is a field that the server refused.
type Invalid struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

// Error tells what is wrong in the server's words.
func (p *Problem) Error() string {
	text := p.Detail
	if text == "" {
		text = p.Title
	}
	return fmt.Sprintf("%s (%s)", text, p.Code)
}

func readProblem(response *http.Response, body []byte) *Problem {
	var wire struct {
		Type      string          `json:"type"`
		Title     string          `json:"title"`
		Detail    string          `json:"detail"`
		Code      string          `json:"code"`
		RequestID string          `json:"request_id"`
		Errors    []Invalid       `json:"errors"`
		State     json.RawMessage `json:"state"`
	}
	problem := &Problem{Status: response.StatusCode}
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		problem.RetryAfter = time.Duration(seconds) * time.Second
	}
	if json.Unmarshal(body, &wire) != nil || wire.Code == "" {
		// Something between the phone and Aye answered, a proxy for example.
		problem.Code, problem.Title = "http-"+strconv.Itoa(response.StatusCode), http.StatusText(response.StatusCode)
		return problem
	}
	problem.Type, problem.Title, problem.Detail, problem.Code = wire.Type, wire.Title, wire.Detail, wire.Code
	problem.RequestID, problem.Errors, problem.State = wire.RequestID, wire.Errors, readState(wire.State)
	return problem
}

// readState takes the state of a request as a word or as the whole state.
func readState(raw json.RawMessage) string {
	var word string
	if json.Unmarshal(raw, &word) == nil {
		return word
	}
	var state struct {
		Status string `json:"status"`
	}
	if json.Unmarshal(raw, &state) != nil {
		return ""
	}
	return state.Status
}
