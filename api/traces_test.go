package api_test

import (
	"compress/gzip"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	collecting "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracing "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/app"
	"example.com/aye/internal/stage"
)

// collector plays a collector of OpenTelemetry.
type collector struct {
	*httptest.Server

	mu    sync.Mutex
	spans []*tracing.Span
	// texts are the whole of what came, as JSON; heads are the headers it came with.
	texts []string
	heads []http.Header
}

func newCollector(t *testing.T) *collector {
	c := new(collector)
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := c.take(r); err != nil {
			t.Errorf("what came is no OTLP: %v", err)
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) take(r *http.Request) error {
	unzipped, err := gzip.NewReader(r.Body)
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(unzipped)
	if err != nil {
		return err
	}
	var batch collecting.ExportTraceServiceRequest
	if err = proto.Unmarshal(raw, &batch); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heads = append(c.heads, r.Header)
	for _, resource := range batch.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				c.spans = append(c.spans, proto.CloneOf(s))
				legible(c, s)
			}
		}
	}
	text, err := protojson.Marshal(&batch)
	c.texts = append(c.texts, string(text))
	return err
}

// legible takes the ids out of a span, and keeps them in hexadecimal: in base64, which JSON has, any short word would be found.
func legible(c *collector, s *tracing.Span) {
	c.texts = append(c.texts, hex.EncodeToString(s.GetTraceId()), hex.EncodeToString(s.GetSpanId()), hex.EncodeToString(s.GetParentSpanId()))
	s.TraceId, s.SpanId, s.ParentSpanId = nil, nil, nil
	for _, l := range s.GetLinks() {
		c.texts = append(c.texts, hex.EncodeToString(l.GetTraceId()), hex.EncodeToString(l.GetSpanId()))
		l.TraceId, l.SpanId = nil, nil
	}
}

// traced sends traces to it.
func (c *collector) traced(headers string) func(*stage.Options) {
	return func(o *stage.Options) {
		o.Change = func(config *app.Config) {
			config.Tracing = app.Tracing{Endpoint: c.URL, Ratio: 1, HeadersFile: headers}
		}
	}
}

// all gives what was sent until now.
func (c *collector) all(w *world) []*tracing.Span {
	w.t.Helper()
	if err := w.App.Observer.Tracer.Flush(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.spans)
}

// String is all that was sent, to be searched.
func (c *collector) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.texts, "\n")
}

// life gives the names of the steps of a request, in the order of their ends, and checks that they are one tree.
func life(t *testing.T, spans []*tracing.Span, request string) []string {
	t.Helper()
	id := strings.TrimPrefix(request, "apr_")
	var steps []*tracing.Span
	for _, s := range spans {
		if hex.EncodeToString(s.GetTraceId()) == id {
			steps = append(steps, s)
		}
	}
	slices.SortStableFunc(steps, func(a, b *tracing.Span) int { return int(a.GetEndTimeUnixNano()) - int(b.GetEndTimeUnixNano()) })
	var names []string
	for i, s := range steps {
		names = append(names, s.GetName())
		if parent := hex.EncodeToString(s.GetParentSpanId()); (i == 0) != (parent == "") || (i > 0 && parent != hex.EncodeToString(steps[0].GetSpanId())) {
			t.Errorf("the step %d, %s, is below %q", i, s.GetName(), parent)
		}
	}
	return names
}

// TestTracesOfALogin: what is done for a request, by whichever call, is one trace, named by the
// request; each call is one of its own, linked to it. A login at the portal is no different.
func TestTracesOfALogin(t *testing.T) {
	t.Parallel()
	headers := filepath.Join(t.TempDir(), "headers")
	if err := os.WriteFile(headers, []byte("Authorization: Bearer k-77\n\nX-Tenant: aye\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := newCollector(t)
	w := newWorld(t, c.traced(headers))
	s := w.shopOf(w.organisation(func(o *accounts.Organisation) { o.AllowTap = false }), nil)
	member := w.member(s.organisation, ada, accounts.RoleMember)
	p := s.phone(ada)

	const caller = "4bf92f3577b34da6a3ce929d0e0e4736"
	var request asked
	for range 2 { // the second one gets what the first one made
		s.with("Traceparent", "00-"+caller+"-00f067aa0ba902b7-01").with("Idempotency-Key", "k-1").post(t, "/v1/approvals", question(ada)).want(http.StatusCreated).into(&request)
	}
	waits := w.page(request.handle)
	waits.delivered("accepted")
	approve(t, p, request.ID, request.Number)
	code := waits.until("approved").ReleaseCode
	// The page hears a moment before the server notes that it told it.
	until(t, "the release is counted", func() bool { return strings.Contains(w.metricsPage(plainText), "aye_release_seconds_count 1") })
	s.redeem(request.ID, code).want(http.StatusOK)
	w.anybody().with("Traceparent", "00-"+caller+"-00f067aa0ba902b7-01").get(t, "/.well-known/jwks.json").want(http.StatusOK)

	superseded := s.ask(ada)
	s.remove(t, "/v1/approvals/"+s.ask(ada).ID).want(http.StatusNoContent)

	w.password(member)
	visit := w.visit(ada)
	until(t, "the push arrived", func() bool { // nobody is kept waiting by it, so it could be the last step
		waiting, failed := w.App.Store.PendingOf(t.Context(), member.Person.ID, "")
		if failed != nil || len(waiting) != 1 {
			t.Fatalf("%+v %v", waiting, failed)
		}
		deliveries, failed := w.App.Store.Deliveries(t.Context(), waiting[0].ID)
		return failed == nil && len(deliveries) == 1 && deliveries[0].State == approval.Accepted
	})
	listed, err := p.List(t.Context())
	if err != nil || len(listed) != 1 {
		t.Fatalf("%+v %v", listed, err)
	}
	approve(t, p, listed[0].ID, visit.number)
	visit.again()

	spans := c.all(w)
	if got, want := life(t, spans, request.ID), []string{"ask", "push", "fetch", "decide", "release", "redeem"}; !slices.Equal(got, want) {
		t.Errorf("the request has %q, want %q", got, want)
	}
	// No page waited on a socket there: the browser without script looks by itself.
	if got := life(t, spans, listed[0].ID); len(got) != 5 || got[0] != "ask" || !slices.Contains(got, "push") || !slices.Contains(got, "fetch") || got[4] != "redeem" {
		t.Errorf("the portal's has %q", got)
	}
	if got := life(t, spans, superseded.ID); !slices.Contains(got, "end") || slices.Contains(got, "decide") {
		t.Errorf("what was superseded has %q", got)
	}
	linked, callers := map[string]bool{}, 0
	for _, span := range spans {
		trace := hex.EncodeToString(span.GetTraceId())
		if trace == caller {
			t.Errorf("%s is in the caller's trace", span.GetName())
		}
		for _, l := range span.GetLinks() {
			switch hex.EncodeToString(l.GetTraceId()) {
			case strings.TrimPrefix(request.ID, "apr_"), strings.TrimPrefix(listed[0].ID, "apr_"):
				linked[span.GetName()] = true
			case caller:
				callers++
			}
		}
	}
	for _, call := range []string{
		"POST /v1/approvals", "GET /v1/approvals/:id/events", "GET /v1/device/approvals", "POST /v1/approvals/:id/decision", "POST /v1/approvals/:id/redeem",
		"GET /login/wait",
	} {
		if !linked[call] {
			t.Errorf("the call %s is not linked to its request", call)
		}
	}
	if callers != 3 { // the application's two calls, and the step that one of them made; not the call of who knows
		t.Errorf("%d links to the caller", callers)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, head := range c.heads {
		if head.Get("Authorization") != "Bearer k-77" || head.Get("X-Tenant") != "aye" {
			t.Errorf("%v", head)
		}
	}
}

var (
	shownDigit = regexp.MustCompile(`aria-hidden="true">(\d)<`)
	pageTicket = regexp.MustCompile(`data-ticket="([^"]+)"`)
)

// visit is a login at the portal.
type visit struct {
	// number and ticket are on its page.
	number, ticket string
	// again looks at that page when the phone has answered, and gives the session's token.
	again func() string
}

// visit types the password at the portal.
func (w *world) visit(email string) visit {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}
	load := func(method, path string, form url.Values) (string, string) {
		request, err := http.NewRequestWithContext(w.t.Context(), method, w.Origin+path, strings.NewReader(form.Encode()))
		if err != nil {
			w.t.Fatal(err)
		}
		if form != nil {
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		response, err := browser.Do(request)
		if err != nil {
			w.t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			w.t.Fatal(err)
		}
		return string(text), response.Request.URL.Path
	}
	var v visit
	text, _ := load(http.MethodPost, "/login", url.Values{"email": {email}, "password": {"correct horse battery staple"}})
	for _, digit := range shownDigit.FindAllStringSubmatch(text, -1) {
		v.number += digit[1]
	}
	ticket := pageTicket.FindStringSubmatch(text)
	if v.number == "" || ticket == nil {
		w.t.Fatalf("the portal shows no number:\n%s", text)
	}
	v.ticket = ticket[1]
	v.again = func() string {
		w.t.Helper()
		if text, path := load(http.MethodGet, "/login/wait", nil); path == "/login/wait" {
			w.t.Fatalf("the portal still waits:\n%s", text)
		}
		home, err := url.Parse(w.Origin)
		if err != nil || len(jar.Cookies(home)) == 0 {
			w.t.Fatal("the portal gave no session", err)
		}
		return jar.Cookies(home)[0].Value
	}
	return v
}

// TestReleasesAreCounted: a page that waits is counted; one that comes later was not kept waiting, and
// an answer that lets nobody in is none.
func TestReleasesAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	p := s.phone(ada)
	told := func() (count uint64) {
		t.Helper()
		families, err := w.App.Metrics.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() == "aye_release_seconds" {
				return f.GetMetric()[0].GetHistogram().GetSampleCount()
			}
		}
		return 0
	}
	answered := func(approved bool, wait func(asked) func()) {
		t.Helper()
		request := s.ask(ada)
		then := wait(request)
		if approved {
			approve(t, p, request.ID, request.Number)
		} else if _, err := p.Deny(t.Context(), request.ID); err != nil {
			t.Fatal(err)
		}
		then()
	}
	onSocket := func(status string) func(asked) func() {
		return func(request asked) func() {
			waits := w.page(request.handle)
			waits.until("pending")
			return func() {
				waits.until(status)
				if status == "approved" { // it ends when the application has redeemed
					s.redeem(request.ID, s.state(request.ID).ReleaseCode).want(http.StatusOK)
				}
				waits.closed(1000) // what is counted is counted before the goodbye
			}
		}
	}
	tooLate := func(request asked) func() {
		return func() { w.page(request.handle).until("approved") }
	}
	answered(true, tooLate)
	answered(false, onSocket("denied"))
	if n := told(); n != 0 {
		t.Errorf("%d were counted", n)
	}
	answered(true, onSocket("approved"))
	if n := told(); n != 1 {
		t.Errorf("%d were counted, want the page", n)
	}
}

// TestALoginNeedsNoCollector: one that takes a connection and says nothing holds up nobody, the end neither.
func TestALoginNeedsNoCollector(t *testing.T) {
	t.Parallel()
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	w := newWorld(t, func(o *stage.Options) {
		o.Change = func(c *app.Config) { c.Tracing = app.Tracing{Endpoint: "http://" + silent.Addr().String(), Ratio: 1} }
	})
	s := w.shop(ada)
	p := s.phone(ada)
	request := s.ask(ada)
	waits := w.page(request.handle)
	approve(t, p, request.ID, request.Number)
	s.redeem(request.ID, waits.until("approved").ReleaseCode).want(http.StatusOK)
	began := time.Now()
	if err := w.App.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 8*time.Second { // two for the collector, and what a slow machine needs
		t.Errorf("the end took %v", took)
	}
}
