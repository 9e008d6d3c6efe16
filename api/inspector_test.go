package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"example.com/aye/api"
)

// contract is openapi.yaml, read once.
var contract = sync.OnceValues(func() (*openapi3.T, error) {
	document, err := openapi3.NewLoader().LoadFromData(api.Contract())
	if err != nil {
		return nil, err
	}
	return document, document.Validate(context.Background())
})

var contractRouter = sync.OnceValues(func() (routers.Router, error) {
	document, err := contract()
	if err != nil {
		return nil, err
	}
	return legacy.NewRouter(document)
})

// inspector carries every call of every test, and holds each answer to the contract. A
// request that was accepted is held to it too.
type inspector struct {
	t    testing.TB
	next http.RoundTripper
	seen *tape
}

// tape keeps the addresses that were called, and the problems that were answered.
type tape struct {
	mu       sync.Mutex
	urls     []string
	problems []string
}

func (t *tape) write(list *[]string, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*list = append(*list, text)
}

func (i *inspector) RoundTrip(request *http.Request) (*http.Response, error) {
	var sent []byte
	if request.Body != nil {
		sent, _ = io.ReadAll(request.Body)
		request.Body = io.NopCloser(bytes.NewReader(sent))
	}
	i.seen.write(&i.seen.urls, request.URL.String())
	response, err := i.next.RoundTrip(request)
	if err != nil || response.StatusCode == http.StatusSwitchingProtocols {
		return response, err
	}
	got, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(got))
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= http.StatusBadRequest {
		i.seen.write(&i.seen.problems, string(got))
	}
	if err := inspect(request, sent, response, got); err != nil {
		i.t.Errorf("%s %s → %d does not keep the contract: %v\n%.300s", request.Method, request.URL.Path, response.StatusCode, err, got)
	}
	return response, nil
}

func inspect(request *http.Request, sent []byte, response *http.Response, got []byte) error {
	if response.StatusCode == http.StatusRequestHeaderFieldsTooLarge {
		return nil // answered by net/http before Aye sees it
	}
	if response.Header.Get("X-Request-Id") == "" || response.Header.Get("Date") == "" {
		return fmt.Errorf("X-Request-Id or Date is missing")
	}
	if status := response.StatusCode; (status == 429 || status == 503) && response.Header.Get("Retry-After") == "" {
		return fmt.Errorf("Retry-After is missing")
	}
	router, err := contractRouter()
	if err != nil {
		return err
	}
	// The router knows paths and no hosts.
	asked := request.Clone(request.Context())
	asked.URL.Scheme, asked.URL.Host, asked.Host = "", "", ""
	asked.Body = io.NopCloser(bytes.NewReader(sent))
	route, params, err := router.FindRoute(asked)
	if err != nil || request.Method == http.MethodOptions {
		return inspectAnywhere(request, response, got)
	}
	input := &openapi3filter.RequestValidationInput{
		Request: asked, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}
	if response.StatusCode < http.StatusBadRequest {
		if err := openapi3filter.ValidateRequest(request.Context(), input); err != nil {
			return fmt.Errorf("a request was accepted: %w", err)
		}
	} else if err := listed(route.Operation, got); err != nil {
		return err
	}
	return openapi3filter.ValidateResponse(request.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: response.StatusCode, Header: response.Header,
		Body: io.NopCloser(bytes.NewReader(got)), Options: input.Options,
	})
}

// inspectAnywhere judges what has no operation: preflights, and addresses that are none.
func inspectAnywhere(request *http.Request, response *http.Response, got []byte) error {
	if response.StatusCode < http.StatusBadRequest || request.Method == http.MethodHead {
		return nil
	}
	return matches("Problem", got)
}

var code = regexp.MustCompile("`([a-z]+(?:-[a-z]+)*)`")

// listed wants the code of a problem among those that the operation says it can answer with.
func listed(operation *openapi3.Operation, problem []byte) error {
	var got struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal(problem, &got)
	if got.Code == "" {
		return nil // not a problem, as of /readyz; its schema is held to anyway
	}
	_, list, _ := strings.Cut(operation.Description, "Problems:")
	for _, found := range code.FindAllStringSubmatch(list, -1) {
		if found[1] == got.Code {
			return nil
		}
	}
	return fmt.Errorf("the code %q is not among those of %s", got.Code, operation.OperationID)
}

// matches holds a JSON text to a schema of the contract.
func matches(schema string, text []byte) error {
	document, err := contract()
	if err != nil {
		return err
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return err
	}
	return document.Components.Schemas[schema].Value.VisitJSON(value)
}
