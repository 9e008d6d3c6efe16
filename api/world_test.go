package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/labstack/echo/v4"
	"go.uber.org/goleak"

	"example.com/aye/accounts"
	"example.com/aye/internal/leaktest"
	"example.com/aye/internal/stage"
)

func TestMain(m *testing.M) {
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.PlainBodyDecoder)
	// gorm never ends the goroutine of its cache of statements; there are two in a process.
	leaktest.Main(m, goleak.IgnoreAnyFunction("gorm.io/gorm/internal/lru.NewLRU[...].func1"))
}

var (
	echoNotFound   = echo.ErrNotFound
	echoNotAllowed = echo.ErrMethodNotAllowed
)

func statusText(status int) string { return strconv.Itoa(status) }

const shopOrigin = "https://shop.example.com"

// world is a whole Aye, over real HTTP, with a clock that a test can move.
type world struct {
	*stage.Stage
	t    *testing.T
	skew *atomic.Int64
	http *http.Client
	tape *tape
	// rough ends the server without waiting for what can never be sent.
	rough bool
}

func newWorld(t *testing.T, change ...func(*stage.Options)) *world {
	t.Helper()
	w := &world{t: t, skew: new(atomic.Int64), tape: &tape{}}
	options := stage.Options{Dir: t.TempDir(), LightPasswords: true, Now: w.now, WebhookPrivate: true, Log: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&options)
	}
	var err error
	if w.Stage, err = stage.New(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	w.http = &http.Client{
		Transport: &inspector{t: t, next: transport, seen: w.tape}, Timeout: 40 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		transport.CloseIdleConnections()
		if w.rough {
			cancel()
		}
		if err := w.Close(ctx); err != nil && !w.rough {
			t.Error(err)
		}
	})
	return w
}

func phoneOrigins(origins ...string) func(*stage.Options) {
	return func(o *stage.Options) { o.PhoneOrigins = origins }
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.skew.Load())) }

// pass moves the server's clock.
func (w *world) pass(d time.Duration) { w.skew.Add(int64(d)) }

// until waits for what the server does by itself.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(30 * time.Second); !so(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not so: %s", what)
		}
	}
}

// organisation makes a tenant that allows one tap.
func (w *world) organisation(change func(*accounts.Organisation)) accounts.Organisation {
	w.t.Helper()
	o := accounts.Organisation{Name: "Tulip", Profile: accounts.Standard, AllowTap: true, Locale: "en"}
	if change != nil {
		change(&o)
	}
	o, err := w.App.Accounts.CreateOrganisation(w.t.Context(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// shop is an application, and everything it knows.
type shop struct {
	*caller
	accounts.Application
	organisation accounts.Organisation
}

// shop makes a tenant, its application that may link phones, and members.
func (w *world) shop(members ...string) *shop {
	w.t.Helper()
	return w.shopOf(w.organisation(nil), nil, members...)
}

func (w *world) shopOf(o accounts.Organisation, change func(*accounts.Application), members ...string) *shop {
	w.t.Helper()
	a := accounts.Application{OrganisationID: o.ID, Name: "The shop", Origins: []string{shopOrigin}, MayEnrol: true}
	if change != nil {
		change(&a)
	}
	a, clientSecret, err := w.App.Accounts.CreateApplication(w.t.Context(), a)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, email := range members {
		w.member(o, email, accounts.RoleMember)
	}
	return &shop{&caller{w: w, id: a.ID, secret: clientSecret.Reveal()}, a, o}
}

func (w *world) member(o accounts.Organisation, email string, role accounts.Role) accounts.Member {
	w.t.Helper()
	m, _, err := w.App.Accounts.AddMember(w.t.Context(), o.ID, accounts.Person{Email: email, Display: "Ada", Locale: "en"}, role)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// anybody calls without credentials.
func (w *world) anybody() *caller { return &caller{w: w} }

// caller calls the API.
type caller struct {
	w          *world
	id, secret string
	header     http.Header
}

// with is the same caller with one more header.
func (c *caller) with(name, value string) *caller {
	more := *c
	more.header = c.header.Clone()
	if more.header == nil {
		more.header = http.Header{}
	}
	more.header.Set(name, value)
	return &more
}

func (c *caller) get(t testing.TB, path string) *answer {
	t.Helper()
	return c.call(t, http.MethodGet, path, nil)
}

func (c *caller) post(t testing.TB, path string, body any) *answer {
	t.Helper()
	return c.call(t, http.MethodPost, path, body)
}

func (c *caller) remove(t testing.TB, path string) *answer {
	t.Helper()
	return c.call(t, http.MethodDelete, path, nil)
}

// call sends a body as it is when it is a string, else as JSON.
func (c *caller) call(t testing.TB, method, path string, body any) *answer {
	t.Helper()
	var raw []byte
	switch b := body.(type) {
	case nil:
	case string:
		raw = []byte(b)
	default:
		raw, _ = json.Marshal(b)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, c.w.Origin+path, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if raw != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	maps.Copy(request.Header, c.header)
	if c.id != "" {
		request.SetBasicAuth(c.id, c.secret)
	}
	response, err := c.w.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &answer{t: t, what: method + " " + path, status: response.StatusCode, header: response.Header, body: got}
}

// answer is what came back.
type answer struct {
	t      testing.TB
	what   string
	status int
	header http.Header
	body   []byte
}

func (a *answer) want(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s → %d, want %d: %s", a.what, a.status, status, a.body)
	}
	return a
}

func (a *answer) problem(status int, code string) *answer {
	a.t.Helper()
	if a.want(status); a.code() != code {
		a.t.Fatalf("%s → %s, want %s: %s", a.what, a.code(), code, a.body)
	}
	return a
}

func (a *answer) code() string {
	var problem struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal(a.body, &problem)
	return problem.Code
}

func (a *answer) into(to any) *answer {
	a.t.Helper()
	if err := json.Unmarshal(a.body, to); err != nil {
		a.t.Fatalf("%s: %v: %s", a.what, err, a.body)
	}
	return a
}

type object = map[string]any

// handle, asked and state are the answers as an application reads them.
type handle struct {
	ID        string `json:"id"`
	URL       string `json:"url"`
	EventsURL string `json:"events_url"`
	Ticket    string `json:"ticket"`
	ExpiresAt string `json:"expires_at"`
}

type asked struct {
	handle
	Status   string     `json:"status"`
	Confirm  string     `json:"confirm"`
	Number   string     `json:"number"`
	Methods  []string   `json:"methods"`
	Delivery []delivery `json:"delivery"`
}

type delivery struct {
	Device  string `json:"device"`
	Channel string `json:"channel"`
	State   string `json:"state"`
	Reason  string `json:"reason"`
}

type state struct {
	Type        string     `json:"type"`
	ID          string     `json:"id"`
	Status      string     `json:"status"`
	Number      string     `json:"number"`
	Method      string     `json:"method"`
	ReleaseCode string     `json:"release_code"`
	Delivery    []delivery `json:"delivery"`
}

// pairing opens a pairing.
func (s *shop) pairing(email string) handle {
	s.w.t.Helper()
	var out handle
	s.post(s.w.t, "/v1/pairings", object{"user": object{"email": email}}).want(http.StatusCreated).into(&out)
	return out
}

// question is the body that asks, with changes.
func question(email string, change ...object) object {
	q := object{
		"user":    object{"email": email},
		"context": object{"ip": "203.0.113.7", "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "browser": "b-1"},
	}
	for _, c := range change {
		maps.Copy(q, c)
	}
	return q
}

// ask asks for an approval.
func (s *shop) ask(email string, change ...object) asked {
	s.w.t.Helper()
	var out asked
	s.post(s.w.t, "/v1/approvals", question(email, change...)).want(http.StatusCreated).into(&out)
	return out
}

func (s *shop) state(id string) state {
	s.w.t.Helper()
	var out state
	s.get(s.w.t, "/v1/approvals/"+id).want(http.StatusOK).into(&out)
	return out
}

func (s *shop) redeem(id, releaseCode string) *answer {
	s.w.t.Helper()
	return s.post(s.w.t, "/v1/approvals/"+id+"/redeem", object{"release_code": releaseCode})
}

func browser(id string) object { return object{"context": object{"browser": id}} }
