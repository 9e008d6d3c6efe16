package api_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/internal/stage"
)

// metricsPage is what Prometheus reads.
func (w *world) metricsPage(accept string) string {
	w.t.Helper()
	request := httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, "/metrics", nil)
	request.Header.Set("Accept", accept)
	page := httptest.NewRecorder()
	w.App.MetricsHandler().ServeHTTP(page, request)
	return page.Body.String()
}

const (
	plainText   = "text/plain"
	openMetrics = "application/openmetrics-text; version=1.0.0"
)

// anID is one of a request, a person, a phone, an organisation or a call.
var anID = regexp.MustCompile(`[a-z]{2,5}_[0-9a-f]{32}`)

// TestMetricsOfALogin: traffic, errors and times of the API, of the portal and of the outside, with the trace of the login
// beside its times; and nothing that a caller makes up, nor anybody's id, is a label.
func TestMetricsOfALogin(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	w := newWorld(t, c.traced(""))
	for _, series := range []string{ // there before anything happened, so that the first one is a rise
		`aye_releases_total{in_time="no"} 0`, `aye_store_errors_total{kind="change"} 0`, `aye_push_queue{app="` + stage.PushApp + `",provider="fcm"} 0`,
		`aye_push_breaker_open{app="` + stage.PushApp + `",provider="apns"} 0`, `aye_trace_spans_total{outcome="dropped"} 0`, `aye_broker_connected 1`, `aye_outbox_waiting 0`,
	} {
		if !strings.Contains(w.metricsPage(plainText), series) {
			t.Errorf("there is no %s at the start", series)
		}
	}
	s := w.shopOf(w.organisation(func(o *accounts.Organisation) { o.AllowTap = false }), nil)
	w.password(w.member(s.organisation, ada, accounts.RoleMember))
	p := s.phone(ada)
	request := s.ask(ada)
	waits := w.page(request.handle)
	waits.delivered("accepted")
	approve(t, p, request.ID, request.Number)
	s.redeem(request.ID, waits.until("approved").ReleaseCode).want(http.StatusOK)
	waits.closed(1000)
	w.visit(ada)
	w.anybody().get(t, "/v1/approvals/"+request.ID).want(http.StatusUnauthorized)
	for _, made := range []struct{ method, path string }{{"BREW", "/v1/approvals"}, {http.MethodGet, "/v1/made-up"}, {"BREW", "/made-up"}, {http.MethodPost, "/login/made-up"}} {
		r, err := http.NewRequestWithContext(t.Context(), made.method, w.Origin+made.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
	}

	// The page reads the goodbye a moment before the server counts it out.
	until(t, "nobody waits", func() bool { return strings.Contains(w.metricsPage(plainText), "aye_waiters 0\n") })
	page := w.metricsPage(plainText)
	for _, series := range []string{
		`aye_http_requests_total{method="POST",part="api",route="/v1/approvals",status="201"} 1`,
		`aye_http_requests_total{method="GET",part="api",route="/v1/approvals/:id",status="401"} 1`,
		`aye_http_requests_total{method="POST",part="portal",route="/login",status="303"} 1`,
		`aye_http_request_seconds_count{part="portal",route="/login/wait"} 1`,
		`aye_http_request_seconds_count{part="api",route="/v1/approvals/:id/redeem"} 1`,
		`aye_http_in_flight{part="api"} 0`, `aye_http_in_flight{part="portal"} 0`, `aye_waiters 0`,
		`aye_release_seconds_count 1`, `aye_push_attempt_seconds_count{provider="fcm"} `, `aye_store_seconds_count{kind="read"} `, `aye_store_seconds_count{kind="change"} `,
		`aye_broker_hints_total{way="here"} `, `aye_store_connections{state="used"} `, `aye_build_info{go="go1`,
	} {
		if !strings.Contains(page, series) {
			t.Errorf("there is no %s in\n%s", series, regexp.MustCompile(`(?m)^aye_(http|rel|push|wait).*(_total|_count|_flight|aye_waiters).*$`).FindAllString(page, -1))
		}
	}
	if strings.Contains(page, `aye_http_request_seconds_count{part="api",route="/v1/approvals/:id/events"}`) {
		t.Error("the time of a WebSocket is counted as that of an answer")
	}
	for _, made := range []string{"BREW", "made-up"} {
		if strings.Contains(page, made) {
			t.Errorf("a caller chose a label: %s", made)
		}
	}
	if id := anID.FindString(page); id != "" {
		t.Errorf("a label is an id: %s", id)
	}
	exemplar := `(?m)^%.*# \{trace_id="` + strings.TrimPrefix(request.ID, "apr_") + `"\}`
	for _, name := range []string{"aye_release_seconds_bucket", `aye_http_request_seconds_bucket\{part="api",route="/v1/approvals/:id/redeem"`} {
		if !regexp.MustCompile(strings.Replace(exemplar, "%", name, 1)).MatchString(w.metricsPage(openMetrics)) {
			t.Errorf("%s has no exemplar of the request", name)
		}
	}
	if !regexp.MustCompile(`(?m)^aye_push_attempt_seconds_bucket.*# \{trace_id="[0-9a-f]{32}"\}`).MatchString(w.metricsPage(openMetrics)) { // the newest push was the portal's
		t.Error("pushes have no exemplar")
	}
	if strings.Contains(page, "trace_id") {
		t.Error("the plain form has exemplars, which older readers take for errors")
	}
}
