package api_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/broker/nats/natstest"
	"example.com/aye/internal/app"
	"example.com/aye/internal/pgtest"
	"example.com/aye/internal/secret"
	"example.com/aye/internal/stage"
	"example.com/aye/store"
)

// healed is within what time a page is told without NATS, on a busy machine too. That it is three seconds is held on a clock of
// its own; where nobody asks the database, a page is told nothing, and who polls after 25.
const healed = 15 * time.Second

// nodes are two servers on one database, which hear of each other by NATS at the address.
func nodes(t *testing.T, nats string) (a, b *world) {
	t.Helper()
	url := pgtest.New(t, func(ctx context.Context, url string) error {
		keys, err := secret.NewKeys(bytes.Repeat([]byte{7}, secret.KeySize))
		if err != nil {
			return err
		}
		s, err := store.Open(ctx, store.Config{URL: secret.Secret(url), Keys: keys, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
		return s.Close()
	})
	key := secret.Secret(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, secret.KeySize)))
	with := func(change func(*app.Config)) func(*stage.Options) {
		return func(o *stage.Options) {
			o.Change = func(c *app.Config) {
				c.Database.URL, c.Database.Connections, c.NATS.URL, c.Key = secret.Secret(url), 6, secret.Secret(nats), key
				change(c)
			}
		}
	}
	a = newWorld(t, with(func(*app.Config) {}))
	b = newWorld(t, with(func(c *app.Config) { c.Origin = a.Origin })) // the same address to the outside
	return a, b
}

// elsewhere sends calls to another node, as a balancer may.
type elsewhere struct {
	next http.RoundTripper
	node string
}

func (e elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Host = strings.TrimPrefix(e.node, "http://")
	return e.next.RoundTrip(r)
}

// at lets the phone speak with another node.
func (h *handset) at(w *world) *handset {
	h.HTTP = &http.Client{Transport: elsewhere{w.http.Transport, w.Origin}}
	return h
}

// at is the same application, which calls another node.
func (s *shop) at(w *world) *shop {
	return &shop{&caller{w: w, id: s.id, secret: s.secret}, s.Application, s.organisation}
}

// readiness is what /readyz says.
func (w *world) readiness() (status, broker string) {
	w.t.Helper()
	var out struct {
		Status string
		Checks map[string]string
	}
	w.anybody().get(w.t, "/readyz").want(http.StatusOK).into(&out)
	return out.Status, out.Checks["broker"]
}

// loginOverTwo waits on one node, approves at the other and redeems there. It gives how long the page was not told.
func loginOverTwo(t *testing.T, s *shop, p *handset, a, b *world) time.Duration {
	t.Helper()
	request := s.ask(ada)
	waiting := a.page(request.handle)
	waiting.until("pending")
	approve(t, p.at(b), request.ID, request.Number)
	start := time.Now()
	approved := waiting.until("approved")
	took := time.Since(start)
	s.at(b).redeem(request.ID, approved.ReleaseCode).want(http.StatusOK)
	waiting.until("released")
	waiting.closed(1000)
	return took
}

// pollOverTwo does the same for an application that asks again and again.
func pollOverTwo(t *testing.T, s *shop, p *handset, b *world) time.Duration {
	t.Helper()
	request := s.ask(ada)
	var polling sync.WaitGroup
	var told time.Time
	polling.Go(func() {
		for s.state(request.ID).Status == "pending" { // each delivery state ends a poll
			s.get(t, "/v1/approvals/"+request.ID+"?wait=25").want(http.StatusOK)
		}
		told = time.Now()
	})
	approve(t, p.at(b), request.ID, request.Number)
	start := time.Now()
	polling.Wait()
	s.at(b).redeem(request.ID, s.state(request.ID).ReleaseCode).want(http.StatusOK)
	return told.Sub(start)
}

// portalOverTwo does the same for the portal's own page.
func portalOverTwo(t *testing.T, s *shop, p *handset, a, b *world) {
	t.Helper()
	portal, err := a.App.Accounts.PortalOf(t.Context(), s.organisation.ID)
	if err != nil {
		t.Fatal(err)
	}
	asked, err := a.App.Approvals.Ask(t.Context(), portal, approval.Question{User: accounts.UserReference{Email: ada}, Context: approval.Context{Browser: "b-1"}})
	if err != nil {
		t.Fatal(err)
	}
	address := "ws" + strings.TrimPrefix(a.Origin, "http") + "/v1/approvals/" + asked.ID + "/events"
	conn, _, err := a.dial(a.Origin, address, "aye.v1", "aye.ticket."+asked.Ticket.Reveal()) //nolint:bodyclose // the answer is the WebSocket
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	waiting := &page{t, conn}
	waiting.until("pending")
	approve(t, p.at(b), asked.ID, asked.Number.Reveal())
	waiting.until("approved")
}

func TestTwoNodes(t *testing.T) {
	t.Parallel()
	a, b := nodes(t, natstest.Start(t, nil).URL())
	s := a.shop(ada)
	opened := s.pairing(ada)
	linking := a.page(opened)
	linking.until("open")
	p := a.handset(polls).at(b)
	if _, err := p.scan(opened.URL); err != nil {
		t.Fatal(err)
	}
	linking.until("paired")
	linking.closed(1000)
	t.Logf("the page was told after %v", loginOverTwo(t, s, p, a, b))
	portalOverTwo(t, s, p, a, b)
	t.Logf("the application was told after %v", pollOverTwo(t, s, p, b))
	for _, w := range []*world{a, b} {
		if status, broker := w.readiness(); status != "ok" || broker != "ok" {
			t.Errorf("%s: %s", status, broker)
		}
	}
	if sent, heard := b.App.Broker.Statistics(), a.App.Broker.Statistics(); sent.Sent == 0 || heard.Received < 4 {
		t.Errorf("%+v, %+v: it did not go by NATS", sent, heard)
	}
}

// Without NATS the same goes well, and no slower than the database is asked.
func TestTwoNodesWithoutNATS(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, nil)
	a, b := nodes(t, server.URL())
	s := a.shop(ada)
	p := s.phone(ada, polls)
	server.Stop()
	for _, w := range []*world{a, b} {
		until(t, "NATS is gone", func() bool { return !w.App.Broker.Statistics().Connected })
		if status, broker := w.readiness(); status != "degraded" || !strings.Contains(broker, "not connected to NATS") {
			t.Errorf("%s: %s", status, broker)
		}
	}
	before := a.App.Broker.Statistics().Received
	if took := loginOverTwo(t, s, p, a, b); took > healed {
		t.Errorf("the page was told after %v", took)
	}
	if took := pollOverTwo(t, s, p, b); took > healed {
		t.Errorf("the application was told after %v", took)
	}
	portalOverTwo(t, s, p, a, b)
	if now := a.App.Broker.Statistics().Received; now != before {
		t.Errorf("%d hints of NATS", now-before)
	}
	server.Start()
	until(t, "NATS is back", func() bool { return a.App.Broker.Statistics().Connected && b.App.Broker.Statistics().Connected })
	loginOverTwo(t, s, p, a, b)
	if now := a.App.Broker.Statistics().Received; now == before {
		t.Error("no hint of NATS")
	}
}

// An operator who starts a second node and forgets NATS leaves nobody waiting: the nodes ask the database.
func TestTwoNodesThatKnowNoNATS(t *testing.T) {
	t.Parallel()
	a, b := nodes(t, "")
	s := a.shop(ada)
	p := s.phone(ada, polls)
	if took := loginOverTwo(t, s, p, a, b); took > healed {
		t.Errorf("the page was told after %v", took)
	}
	if took := pollOverTwo(t, s, p, b); took > healed {
		t.Errorf("the application was told after %v", took)
	}
	portalOverTwo(t, s, p, a, b)
}
