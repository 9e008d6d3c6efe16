package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	// callTime bounds one call.
	callTime = 20 * time.Second
	// largestAnswer bounds what is read of an answer, in bytes.
	largestAnswer = 4 << 20
)

// newClient makes a client that keeps as many connections as calls go on at one time.
func newClient(connections int) *http.Client {
	return &http.Client{Timeout: callTime, Transport: &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		MaxIdleConns:        0,
		MaxIdleConnsPerHost: connections + 16,
		IdleConnTimeout:     time.Minute,
		DisableCompression:  true,
	}}
}

// fetch makes one call and reads the whole answer.
func fetch(ctx context.Context, client *http.Client, method, url, authorization string, body []byte) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if len(body) > 0 {
		request.Header["Content-Type"] = jsonType
	}
	if authorization != "" {
		request.Header["Authorization"] = []string{authorization}
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, largestAnswer))
	return response.StatusCode, answer, err
}

var jsonType = []string{"application/json"}

// statusError is an answer with another status than the one that must come.
type statusError struct {
	status int
	code   string // of the problem
}

func (e *statusError) Error() string { return fmt.Sprintf("%d %s", e.status, e.code) }

// call makes a call that must be answered with the status, and reads the answer into out
// where that is not nil.
func call(ctx context.Context, client *http.Client, method, url, authorization string, body []byte, want int, out any) error {
	status, answer, err := fetch(ctx, client, method, url, authorization, body)
	if err != nil {
		return err
	}
	if status != want {
		var problem struct {
			Code string `json:"code"`
		}
		_ = json.Unmarshal(answer, &problem) // an answer without a code has none
		return &statusError{status, problem.Code}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("the answer is not what the protocol says: %w", err)
	}
	return nil
}
