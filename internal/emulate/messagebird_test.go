package emulate

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	mobile = "+31612345678"
	hello  = `{"originator":"Tulp","recipients":["+31612345678"],"body":"Hello"}`
)

func startMessageBird(t testing.TB, options ...Option) (*MessageBird, *http.Client) {
	t.Helper()
	m, err := StartMessageBird(t.Context(), "127.0.0.1:0", append([]Option{WithReports(time.Millisecond, time.Millisecond)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	client := m.HTTPClient()
	t.Cleanup(func() {
		client.CloseIdleConnections()
		m.Close()
	})
	return m, client
}

// answered is what came back.
type answered struct {
	status int
	header http.Header
	body   []byte
	proto  int
}

// field finds a value in JSON, such as "recipients.items.0.status".
func (a answered) field(t testing.TB, path string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(a.body, &value); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	for name := range strings.SplitSeq(path, ".") {
		switch at := value.(type) {
		case map[string]any:
			value = at[name]
		case []any:
			var index int
			if _, err := fmt.Sscan(name, &index); err != nil || index >= len(at) {
				return nil
			}
			value = at[index]
		default:
			return nil
		}
	}
	return value
}

// call makes a request; the headers come in pairs.
func call(t testing.TB, client *http.Client, method, target, body string, headers ...string) (answered, error) {
	t.Helper()
	return callWithin(t.Context(), t, client, method, target, body, headers...)
}

func callWithin(ctx context.Context, t testing.TB, client *http.Client, method, target, body string, headers ...string) (answered, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	response, err := client.Do(r)
	if err != nil {
		return answered{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answered{response.StatusCode, response.Header, text, response.ProtoMajor}, err
}

// played waits until the script of an address is used up.
func played(t testing.TB, s *stand, address string) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		s.mu.Lock()
		left := len(s.scenes[address])
		s.mu.Unlock()
		if left == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			return
		}
	}
}

// classic makes a call with the right key.
func classic(t testing.TB, m *MessageBird, client *http.Client, method, path, body string) answered {
	t.Helper()
	answer, err := call(t, client, method, m.URL()+path, body, "Authorization", "AccessKey "+m.Key().Reveal(), "Accept", "application/json")
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestMessageBirdLooksAtTheKeyFirst(t *testing.T) {
	t.Parallel()
	m, client := startMessageBird(t)
	other := m.NewKey()
	m.Revoke(other)
	for name, authorization := range map[string]string{
		"none": "", "unknown": "AccessKey abc", "of another scheme": "Bearer " + m.Key().Reveal(), "revoked": "AccessKey " + other.Reveal(), "signing": "AccessKey " + m.Signing().Reveal(),
	} {
		for _, path := range []string{"/balance", "/messages", "/nothing"} {
			answer, err := call(t, client, http.MethodGet, m.URL()+path, "", "Authorization", authorization)
			if err != nil {
				t.Fatal(err)
			}
			if want := `{"errors":[{"code":2,"description":"Request not allowed (incorrect access_key)","parameter":"access_key"}]}`; answer.status != 401 || string(answer.body) != want {
				t.Errorf("%s at %s: %d %s", name, path, answer.status, answer.body)
			}
		}
	}
	answer, err := call(t, client, http.MethodGet, m.URL()+"/balance?access_key="+url.QueryEscape(m.Key().Reveal()), "")
	if err != nil || answer.status != 200 {
		t.Errorf("a key in the query: %d %v", answer.status, err)
	}
}

func TestMessageBirdRefuses(t *testing.T) {
	t.Parallel()
	m, client := startMessageBird(t)
	change := func(name, value string) string {
		var form map[string]json.RawMessage
		if err := json.Unmarshal([]byte(hello), &form); err != nil {
			t.Fatal(err)
		}
		if form[name] = json.RawMessage(value); value == "" {
			delete(form, name)
		}
		text, err := json.Marshal(form)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	fifty := make([]string, 51)
	for i := range fifty {
		fifty[i] = fmt.Sprintf("%q", fmt.Sprintf("316123456%02d", i))
	}
	const none = "9 no (correct) recipients found "
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		errors                   []string // code, description and parameter
	}{
		{"nothing", "POST", "/messages", `{}`, 422, []string{none + "recipients", "9 originator is required originator"}},
		{"no body", "POST", "/messages", change("body", ""), 422, []string{"9 body is required body"}},
		{"no number", "POST", "/messages", change("recipients", `["06-12345678","hello",12]`), 422, []string{none + "recipient"}},
		{"no originator", "POST", "/messages", change("originator", `""`), 422, []string{"9 originator is required originator"}},
		{"long originator", "POST", "/messages", change("originator", `"Tulp en Zoon"`), 422, []string{"10 originator is invalid originator"}},
		{"strange originator", "POST", "/messages", change("originator", `"Tulp_Zoon"`), 422, []string{"10 originator is invalid originator"}},
		{"long number as originator", "POST", "/messages", change("originator", `"+31612345678901234"`), 422, []string{"10 originator is invalid originator"}},
		{"too many", "POST", "/messages", change("recipients", "["+strings.Join(fifty, ",")+"]"), 422, []string{"10 no more than 50 recipients are allowed recipients"}},
		{"type", "POST", "/messages", change("type", `"mms"`), 422, []string{"10 type is invalid type"}},
		{"datacoding", "POST", "/messages", change("datacoding", `"utf-8"`), 422, []string{"10 datacoding is invalid datacoding"}},
		{"validity", "POST", "/messages", change("validity", `0`), 422, []string{"10 validity is invalid validity"}},
		{"reference", "POST", "/messages", change("reference", `"`+strings.Repeat("x", 129)+`"`), 422, []string{"10 reference is too long reference"}},
		{"reportUrl", "POST", "/messages", change("reportUrl", `"/reports"`), 422, []string{"10 reportUrl is invalid reportUrl"}},
		{"long body", "POST", "/messages", change("body", `"`+strings.Repeat("x", 1378)+`"`), 422, []string{"10 body is too long body"}},
		{"the past", "POST", "/messages", change("scheduledDatetime", `"2020-01-01T00:00:00Z"`), 422, []string{"10 scheduledDatetime is invalid scheduledDatetime"}},
		{"two at once", "POST", "/messages", `{"originator":"?","recipients":"31612345678","body":"x","validity":"soon"}`, 422, []string{"10 originator is invalid originator", "10 validity is invalid validity"}},
		{"no JSON", "POST", "/messages", `hello`, 422, []string{"21 Bad request "}},
		{"unknown message", "GET", "/messages/0123456789abcdef0123456789abcdef", "", 404, []string{"20 message not found "}},
		{"unknown message to delete", "DELETE", "/messages/0123456789abcdef0123456789abcdef", "", 404, []string{"20 message not found "}},
		{"unknown path", "GET", "/lookups", "", 404, []string{"98 API not found "}},
		{"method", "PUT", "/messages", hello, 405, []string{"21 Bad request "}},
		{"method of the balance", "POST", "/balance", "", 405, []string{"21 Bad request "}},
		{"page", "GET", "/messages?limit=0&offset=-1&from=today&until=x", "", 422, []string{"10 offset is invalid offset", "10 limit is invalid limit", "10 from is invalid from", "10 until is invalid until"}},
	} {
		answer := classic(t, m, client, test.method, test.path, test.body)
		var got struct{ Errors []classicError }
		if err := json.Unmarshal(answer.body, &got); err != nil {
			t.Fatalf("%s: %s: %v", test.name, answer.body, err)
		}
		var errs []string
		for _, one := range got.Errors {
			parameter := ""
			if one.Parameter != nil {
				parameter = *one.Parameter
			}
			errs = append(errs, fmt.Sprintf("%d %s %s", one.Code, one.Description, parameter))
		}
		if answer.status != test.status || !slices.Equal(errs, test.errors) {
			t.Errorf("%s: %d %q, want %d %q", test.name, answer.status, errs, test.status, test.errors)
		}
	}
	if sent := m.Sent(); len(sent) != 0 {
		t.Errorf("it sent %+v", sent)
	}
}

func TestMessageBirdSends(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	m, client := startMessageBird(t, WithClock(func() time.Time { return noon }))
	m.SetPrice("NL", 0.056)
	m.SetBalance(1)
	answer := classic(t, m, client, "POST", "/messages", `{"originator":"Tulp Zoon","recipients":[31612345678,"0032470123456","+31612345678"],"body":"Your code is 123456","reference":"sms_1","validity":300,"datacoding":"plain"}`)
	id, _ := answer.field(t, "id").(string)
	for path, want := range map[string]any{
		"href": "https://rest.messagebird.com/messages/" + id, "direction": "mt", "type": "sms", "originator": "Tulp Zoon", "body": "Your code is 123456", "reference": "sms_1",
		"validity": 300.0, "datacoding": "plain", "mclass": 1.0, "scheduledDatetime": nil, "createdDatetime": "2026-11-21T12:00:00+00:00", "recipients.totalCount": 2.0,
		"recipients.totalSentCount": 2.0, "recipients.totalDeliveredCount": 0.0, "recipients.items.0.recipient": 31612345678.0, "recipients.items.0.status": "sent",
		"recipients.items.0.statusDatetime": "2026-11-21T12:00:00+00:00", "recipients.items.0.messagePartCount": 1.0, "recipients.items.1.recipient": 32470123456.0,
		"recipients.items.0.price": nil, "typeDetails": map[string]any{},
	} {
		if got := answer.field(t, path); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if answer.status != 201 || len(id) != 32 || answer.proto != 2 {
		t.Errorf("%d, id %q, HTTP/%d", answer.status, id, answer.proto)
	}
	if err := m.ReportsDone(within(t)); err != nil {
		t.Fatal(err)
	}
	look := classic(t, m, client, "GET", "/messages/"+id, "")
	for path, want := range map[string]any{
		"recipients.totalDeliveredCount": 2.0, "recipients.items.0.status": "delivered", "recipients.items.0.statusReason": "successfully delivered",
		"recipients.items.0.statusErrorCode": nil, "recipients.items.0.price.amount": 0.056, "recipients.items.0.price.currency": "EUR",
		"recipients.items.0.recipientCountry": "Netherlands", "recipients.items.0.recipientCountryPrefix": 31.0, "recipients.items.0.mccmnc": "20408",
		"recipients.items.0.messageLength": 19.0, "recipients.items.1.price.amount": 0.09,
	} {
		if got := look.field(t, path); got != want {
			t.Errorf("later %s is %v, want %v", path, got, want)
		}
	}
	if got := classic(t, m, client, "GET", "/balance", ""); string(got.body) != `{"amount":0.854,"payment":"prepaid","type":"euros"}` {
		t.Errorf("the balance: %s", got.body)
	}
	text, err := m.NextText(within(t), mobile)
	if err != nil {
		t.Fatal(err)
	}
	key := m.Key().Reveal()
	want := Text{
		Number: 1, ID: id, Key: key[len(key)-4:], Received: noon, From: "Tulp Zoon", To: mobile, Body: "Your code is 123456", Reference: "sms_1", Encoding: "gsm-7", Parts: 1,
		Country: "NL", Price: 56_000, Currency: "EUR", State: "delivered", Reason: "successfully delivered", Updated: noon,
	}
	if text != want {
		t.Errorf("the text is %+v, want %+v", text, want)
	}
}

func TestMessageBirdTakesHTTP1AndForms(t *testing.T) {
	t.Parallel()
	m, _ := startMessageBird(t)
	old := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: m.CA(), NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}}}
	t.Cleanup(old.CloseIdleConnections)
	form := url.Values{"originator": {"+31612345679"}, "recipients": {"31612345678,31612345677"}, "body": {"Hello"}}.Encode()
	answer, err := call(t, old, "POST", m.URL()+"/messages", form, "Authorization", "AccessKey "+m.Key().Reveal(), "Content-Type", "application/x-www-form-urlencoded")
	if err != nil || answer.status != 201 || answer.proto != 1 {
		t.Fatalf("%d %s %v", answer.status, answer.body, err)
	}
	if sent := m.Sent(); len(sent) != 2 || sent[1].To != "+31612345677" || sent[0].From != "+31612345679" {
		t.Errorf("it sent %+v", sent)
	}
}

func TestPartsAndWhatThePhoneShows(t *testing.T) {
	t.Parallel()
	m, client := startMessageBird(t)
	for _, test := range []struct {
		name, datacoding, body string
		parts                  int
		shown                  string // where it differs
	}{
		{"short", "plain", "x", 1, ""},
		{"full", "plain", strings.Repeat("x", 160), 1, ""},
		{"two", "plain", strings.Repeat("x", 161), 2, ""},
		{"two full", "plain", strings.Repeat("x", 306), 2, ""},
		{"three", "plain", strings.Repeat("x", 307), 3, ""},
		{"euros count twice", "plain", strings.Repeat("€", 80), 1, ""},
		{"too many euros", "plain", strings.Repeat("€", 81), 2, ""},
		{"an escape is not torn", "plain", strings.Repeat("x", 152) + "€" + strings.Repeat("x", 152), 3, ""},
		{"what GSM has not", "plain", "naïve ✓", 1, "na?ve ?"},
		{"unicode", "unicode", strings.Repeat("x", 70), 1, ""},
		{"unicode in two", "unicode", strings.Repeat("x", 71), 2, ""},
		{"a pair is not torn", "unicode", strings.Repeat("x", 66) + "😀" + strings.Repeat("x", 66), 3, ""},
		{"by itself plain", "auto", strings.Repeat("é", 160), 1, ""},
		{"by itself unicode", "auto", strings.Repeat("ê", 71), 2, ""},
	} {
		body, err := json.Marshal(map[string]any{"originator": "Tulp", "recipients": []string{mobile}, "body": test.body, "datacoding": test.datacoding})
		if err != nil {
			t.Fatal(err)
		}
		answer := classic(t, m, client, "POST", "/messages", string(body))
		if got := answer.field(t, "recipients.items.0.messagePartCount"); got != float64(test.parts) {
			t.Errorf("%s: %v parts, want %d", test.name, got, test.parts)
		}
		text, err := m.NextText(within(t), mobile)
		if err != nil || text.Body != or(test.shown, test.body) || text.Price != int64(test.parts)*75_000 {
			t.Errorf("%s: the phone shows %q for %d, %v", test.name, text.Body, text.Price, err)
		}
	}
}

func TestAnEmptyAccountSendsNothing(t *testing.T) {
	t.Parallel()
	m, client := startMessageBird(t)
	m.SetPrice("", 0.5)
	m.SetBalance(0.99)
	for i, want := range []int{201, 422, 422} {
		answer := classic(t, m, client, "POST", "/messages", hello)
		if answer.status != want || want == 422 && answer.field(t, "errors.0.code") != 25.0 {
			t.Errorf("%d: %d %s", i, answer.status, answer.body)
		}
	}
	if len(m.Sent()) != 1 || m.Balance() != 0.49 {
		t.Errorf("it sent %+v, %v is left", m.Sent(), m.Balance())
	}
	m.SetBalance(10)
	if answer := classic(t, m, client, "POST", "/messages", hello); answer.status != 201 {
		t.Errorf("after it was filled: %d %s", answer.status, answer.body)
	}
}

func TestATestKeySendsNothing(t *testing.T) {
	t.Parallel()
	m, client := startMessageBird(t)
	authorization := "AccessKey " + m.TestKey().Reveal()
	if !strings.HasPrefix(authorization, "AccessKey test_") {
		t.Errorf("the key is %s", authorization)
	}
	answer, err := call(t, client, "POST", m.URL()+"/messages", hello, "Authorization", authorization)
	if err != nil || answer.status != 201 || answer.field(t, "recipients.items.0.status") != "sent" {
		t.Fatalf("%d %s %v", answer.status, answer.body, err)
	}
	id, _ := answer.field(t, "id").(string)
	if answer, err = call(t, client, "GET", m.URL()+"/messages/"+id, "", "Authorization", authorization); err != nil || answer.status != 404 {
		t.Errorf("afterwards: %d %s %v", answer.status, answer.body, err)
	}
	if len(m.Sent()) != 0 || m.Balance() != 100 {
		t.Errorf("it sent %+v, %v is left", m.Sent(), m.Balance())
	}
	if answer, err = call(t, client, "POST", m.URL()+"/messages", `{}`, "Authorization", authorization); err != nil || answer.status != 422 {
		t.Errorf("what is wrong: %d %s %v", answer.status, answer.body, err)
	}
}

func TestMessageBirdLists(t *testing.T) {
	t.Parallel()
	var c clock
	m, client := startMessageBird(t, WithClock(c.now))
	var ids []string
	for i := range 5 {
		answer := classic(t, m, client, "POST", "/messages", fmt.Sprintf(`{"originator":"Tulp%d","recipients":["3161234567%d"],"body":"x","reference":"r%d"}`, i%2, i, i))
		id, _ := answer.field(t, "id").(string)
		ids = append(ids, id)
		c.forward(time.Minute)
	}
	if err := m.ReportsDone(within(t)); err != nil {
		t.Fatal(err)
	}
	m.Settle(m.Sent()[1], Report{Status: "expired"})
	list := func(query string) (got []string, answer answered) {
		t.Helper()
		answer = classic(t, m, client, "GET", "/messages"+query, "")
		for i := range 5 {
			if reference, ok := answer.field(t, fmt.Sprintf("items.%d.reference", i)).(string); ok {
				got = append(got, reference)
			}
		}
		return got, answer
	}
	sent := m.Sent()
	at := func(i int) string { return url.QueryEscape(sent[i].Received.Format(time.RFC3339)) }
	for query, want := range map[string][]string{
		"": {"r4", "r3", "r2", "r1", "r0"}, "?limit=2": {"r4", "r3"}, "?limit=2&offset=4": {"r0"}, "?offset=9": nil, "?originator=Tulp1": {"r3", "r1"},
		"?status=expired": {"r1"}, "?recipient=31612345672": {"r2"}, "?status=expired&recipient=31612345672": nil, "?direction=mo": nil, "?type=sms&limit=1": {"r4"},
		"?from=" + at(4): {"r4"}, "?until=" + at(1): {"r0"},
	} {
		if got, answer := list(query); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q: %s", query, got, want, answer.body)
		}
	}
	_, answer := list("?limit=2&offset=2")
	for path, want := range map[string]any{
		"offset": 2.0, "limit": 2.0, "count": 2.0, "totalCount": 5.0, "links.first": "https://rest.messagebird.com/messages/?limit=2&offset=0",
		"links.previous": "https://rest.messagebird.com/messages/?limit=2&offset=0", "links.next": "https://rest.messagebird.com/messages/?limit=2&offset=4",
		"links.last": "https://rest.messagebird.com/messages/?limit=2&offset=4",
	} {
		if got := answer.field(t, path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if answer = classic(t, m, client, "DELETE", "/messages/"+ids[4], ""); answer.status != 204 || len(answer.body) != 0 {
		t.Errorf("delete: %d %s", answer.status, answer.body)
	}
	if got, _ := list(""); len(got) != 4 || classic(t, m, client, "GET", "/messages/"+ids[4], "").status != 404 {
		t.Errorf("after that: %q", got)
	}
	if len(m.Sent()) != 5 {
		t.Error("what was deleted counts no longer")
	}
}

func TestWhatIsScheduledIsNotSentYet(t *testing.T) {
	t.Parallel()
	m, client := startMessageBird(t)
	later := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	answer := classic(t, m, client, "POST", "/messages", strings.Replace(hello, "{", `{"scheduledDatetime":"`+later+`",`, 1))
	id, _ := answer.field(t, "id").(string)
	if answer.field(t, "recipients.items.0.status") != "scheduled" || answer.field(t, "recipients.totalSentCount") != 0.0 || len(m.Sent()) != 0 {
		t.Errorf("%s, sent %+v", answer.body, m.Sent())
	}
	if answer = classic(t, m, client, "DELETE", "/messages/"+id, ""); answer.status != 204 {
		t.Errorf("%d %s", answer.status, answer.body)
	}
}

func TestMessageBirdMisbehaves(t *testing.T) {
	t.Parallel()
	const (
		answers = iota
		breaks
		hangs
	)
	for name, test := range map[string]struct {
		behaviour Behaviour
		ends      int
		status    int
		code      any
		sent      int
	}{
		"slow":                    {Behaviour{Delay: Duration(time.Millisecond)}, answers, 201, nil, 1},
		"silent":                  {Behaviour{Silent: true}, hangs, 0, nil, 0},
		"a dead connection":       {Behaviour{Blackhole: true}, hangs, 0, nil, 0},
		"cut":                     {Behaviour{Cut: true}, breaks, 0, nil, 0},
		"taken and lost":          {Behaviour{Lost: true}, breaks, 0, nil, 1},
		"taken and late":          {Behaviour{Late: Duration(time.Minute)}, hangs, 0, nil, 1},
		"taken and a little late": {Behaviour{Late: Duration(time.Millisecond)}, answers, 201, nil, 1},
		"taken and gone away":     {Behaviour{GoAway: true}, answers, 201, nil, 1},
		"balance":                 {Behaviour{Reason: "25"}, answers, 422, 25.0, 0},
		"another parameter":       {Behaviour{Reason: "10 body"}, answers, 422, 10.0, 0},
		"a parameter is missing":  {Behaviour{Reason: "9 originator"}, answers, 422, 9.0, 0},
		"a key ended":             {Behaviour{Reason: "2"}, answers, 401, 2.0, 0},
		"an unknown code":         {Behaviour{Reason: "44"}, answers, 422, 44.0, 0},
		"busy":                    {Behaviour{Reason: "429", RetryAfter: Duration(2 * time.Second)}, answers, 429, "no JSON", 0},
		"broken":                  {Behaviour{Reason: "500"}, answers, 500, "no JSON", 0},
		"broken with a code":      {Behaviour{Reason: "99"}, answers, 500, 99.0, 0},
		"a proxy":                 {Behaviour{Status: 502, Body: "<h1>Bad gateway</h1>"}, answers, 502, "no JSON", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, client := startMessageBird(t)
			test.behaviour.Times = 1
			m.Script(mobile, test.behaviour)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if test.ends == hangs {
				go func() {
					played(t, &m.stand, mobile)
					if test.sent > 0 {
						_, _ = m.NextText(t.Context(), mobile)
					}
					cancel()
				}()
			}
			answer, err := callWithin(ctx, t, client, "POST", m.URL()+"/messages", hello, "Authorization", "AccessKey "+m.Key().Reveal())
			switch {
			case test.ends == answers:
				if err != nil || answer.status != test.status {
					t.Fatalf("%d %s %v", answer.status, answer.body, err)
				}
				if test.code == "no JSON" {
					if json.Valid(answer.body) {
						t.Errorf("it is JSON: %s", answer.body)
					}
				} else if got := answer.field(t, "errors.0.code"); got != test.code {
					t.Errorf("the code is %v", got)
				}
				if test.behaviour.RetryAfter > 0 && answer.header.Get("Retry-After") != "2" {
					t.Errorf("the header: %v", answer.header)
				}
			case test.ends == hangs && !errors.Is(err, context.Canceled), err == nil:
				t.Errorf("%d %s %v", answer.status, answer.body, err)
			}
			if sent := m.Sent(); len(sent) != test.sent {
				t.Errorf("it sent %+v", sent)
			}
			fresh := m.HTTPClient()
			defer fresh.CloseIdleConnections()
			if answer := classic(t, m, fresh, "POST", "/messages", hello); answer.status != 201 || len(m.Sent()) != test.sent+1 {
				t.Errorf("the next: %d %s", answer.status, answer.body)
			}
		})
	}
}

func TestScriptsOfOtherCalls(t *testing.T) {
	t.Parallel()
	m, client := startMessageBird(t)
	m.Script(Everyone, Behaviour{Reason: "500", Times: 1})
	m.Script(BalanceCalls, Behaviour{Reason: "2", Times: 1}, Behaviour{Status: 503, Body: "x", Times: 1})
	m.Script(LookCalls, Behaviour{Reason: "429", Times: 1})
	for path, want := range map[string][]int{"/balance": {401, 503, 200}, "/messages": {429, 200}} {
		for i, status := range want {
			if answer := classic(t, m, client, "GET", path, ""); answer.status != status {
				t.Errorf("%s %d: %d %s", path, i, answer.status, answer.body)
			}
		}
	}
	if answer := classic(t, m, client, "POST", "/messages", hello); answer.status != 500 {
		t.Errorf("the script for everyone was used up by other calls: %d", answer.status)
	}
}
