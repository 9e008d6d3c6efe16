package api_test

import (
	"database/sql"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // another process that uses the database

	"example.com/aye/internal/app"
	"example.com/aye/internal/emulate"
	"example.com/aye/internal/stage"
)

func TestDeliveryIsSeenOnThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	p := s.phone(ada)
	request := s.ask(ada)
	page := w.page(request.handle)
	page.delivered("accepted")
	if _, err := p.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	page.delivered("fetched")
}

func TestGoogleComesBack(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]emulate.Behaviour{
		"slow":        {Delay: emulate.Duration(300 * time.Millisecond)},
		"unavailable": {Reason: "UNAVAILABLE", Status: http.StatusServiceUnavailable},
		"throttling":  {Reason: "QUOTA_EXCEEDED", RetryAfter: emulate.Duration(time.Second)},
		"reset":       {Cut: true},
		"lost answer": {Lost: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := w.shop(ada)
			p := s.phone(ada)
			trouble.Times = 1
			w.FCM.Script(p.address(), trouble)
			w.page(s.ask(ada).handle).delivered("accepted")
		})
	}
}

// TestThreatGoogleIsDown has the person answer all the same: the app asks by itself.
func TestThreatGoogleIsDown(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]emulate.Behaviour{
		"falls silent":     {Blackhole: true},
		"never answers":    {Silent: true},
		"throttles":        {Reason: "QUOTA_EXCEEDED", RetryAfter: emulate.Duration(time.Hour)},
		"is down":          {Status: http.StatusServiceUnavailable},
		"sends a web page": {Status: http.StatusOK, Body: "<html>Log in to the Wi-Fi</html>"},
		"refuses us":       {Reason: "PERMISSION_DENIED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.rough = true
			s := w.shop(ada)
			p := s.phone(ada)
			w.FCM.Script(emulate.Everyone, trouble)
			for tries := 1; ; tries++ { // who waits for Google waits five seconds each time; a busy machine is slow now and then
				start := time.Now()
				request := s.ask(ada)
				page := w.page(request.handle)
				approve(t, p, request.ID, request.Number)
				s.redeem(request.ID, page.until("approved").ReleaseCode).want(http.StatusOK)
				took := time.Since(start)
				if took < 4*time.Second {
					break
				}
				if tries == 3 {
					t.Fatalf("the person waited %v for Google", took)
				}
			}
		})
	}
}

func TestADeadAddressBesideALiveOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	live := s.phone(ada)
	dead := s.further(ada, live)
	w.FCM.Script(dead.address(), emulate.Behaviour{Reason: "UNREGISTERED"})
	request := s.ask(ada)
	page := w.page(request.handle)
	for failed, accepted := false, false; !failed || !accepted; {
		for _, d := range page.next().Delivery {
			failed = failed || (d.State == "failed" && strings.Contains(d.Reason, "removed from this phone"))
			accepted = accepted || d.State == "accepted"
		}
	}
	for { // the address is retired just after the delivery is told
		device, err := dead.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if device.Push.State == "retired" {
			break
		}
	}
	approve(t, live, request.ID, request.Number)
	again := s.ask(ada)
	for _, d := range again.Delivery {
		if d.State == "failed" && d.Reason == "" {
			t.Errorf("%+v", d)
		}
	}
	approve(t, dead, again.ID, again.Number) // whose app was opened by hand
}

func TestThreatAppleIsDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rough = true
	s := w.shop(ada)
	google := s.phone(ada)
	s.further(ada, google, apple)
	w.APNs.Close()
	request := s.ask(ada)
	w.page(request.handle).delivered("accepted")
	approve(t, google, request.ID, request.Number)
}

func TestTheQueueIsFull(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *stage.Options) { o.Change = func(c *app.Config) { c.PushQueue = 1 } })
	w.rough = true
	s := w.shop(ada)
	p := s.phone(ada)
	w.FCM.Script(emulate.Everyone, emulate.Behaviour{Silent: true})
	s.ask(ada, browser("first"))
	second := s.ask(ada, browser("second"))
	if d := s.state(second.ID).Delivery; len(d) != 1 || d[0].State != "failed" || !strings.Contains(d[0].Reason, "open the app") {
		t.Errorf("%+v", d)
	}
	approve(t, p, second.ID, second.Number)
}

func TestThreatMailIsDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *stage.Options) {
		o.Mail = app.Mail{Host: "127.0.0.1", Port: 1, From: "aye@example.com", Plain: true}
	})
	w.rough = true
	s := w.shop(ada)
	p := s.phone(ada) // which is told by mail
	request := s.ask(ada)
	approve(t, p, request.ID, request.Number)
	s.redeem(request.ID, s.state(request.ID).ReleaseCode).want(http.StatusOK)
}

// opening lets go of the database when the phone was first answered that it is away.
type opening struct {
	next http.RoundTripper
	once sync.Once
	free func()
	seen *http.Response
}

func (o *opening) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := o.next.RoundTrip(r)
	if err == nil && response.StatusCode == http.StatusServiceUnavailable {
		o.once.Do(func() { o.seen = response; o.free() })
	}
	return response, err
}

func TestThreatDatabaseIsDown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := newWorld(t, func(o *stage.Options) { o.Dir = dir })
	s := w.shop(ada)
	p := s.phone(ada, polls)
	request := s.ask(ada)
	if _, err := p.List(t.Context()); err != nil {
		t.Fatal(err)
	}

	other, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "aye.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	hold, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hold.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	var asking sync.WaitGroup
	asking.Go(func() {
		got := s.post(t, "/v1/approvals", question(ada, browser("b-2")))
		if got.code() != "unavailable" || got.header.Get("Retry-After") == "" {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
	if ready := w.anybody().get(t, "/readyz"); ready.status != http.StatusServiceUnavailable || !strings.Contains(string(ready.body), "does not answer") {
		t.Errorf("%d %s", ready.status, ready.body)
	}
	if got := s.state(request.ID); got.Status != "pending" { // what is known can still be read
		t.Errorf("%+v", got)
	}
	asking.Wait()
	away := &opening{next: w.http.Transport, free: func() {
		if got := s.state(request.ID); got.Status != "pending" {
			t.Errorf("%+v", got)
		}
		_, _ = hold.ExecContext(t.Context(), "ROLLBACK")
	}}
	p.HTTP = &http.Client{Transport: away}
	approve(t, p, request.ID, request.Number) // the phone repeats
	if away.seen == nil || away.seen.Header.Get("Retry-After") == "" {
		t.Error("the phone was not told to come back")
	}
	w.anybody().get(t, "/readyz").want(http.StatusOK)
}
