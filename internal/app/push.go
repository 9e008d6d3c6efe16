package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/aye/internal/observe"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/notify/apns"
	"example.com/aye/notify/fcm"
)

// pushSenders makes a sender for each configured app. Bad credentials refuse the start;
// whether the vendors accept them is for `aye push check`.
func pushSenders(ctx context.Context, apps []PushApp, now func() time.Time) (map[notify.Route]notify.Sender, error) {
	senders := map[notify.Route]notify.Sender{}
	for _, app := range apps {
		route := notify.Route{Provider: notify.Provider(app.Provider), App: app.App}
		if route.Provider == notify.ProviderAPNs {
			route.Environment = app.Environment
		}
		if senders[route] != nil {
			return nil, fmt.Errorf("%w: push: %s %s stands twice", ErrConfig, app.Provider, app.App)
		}
		sender, err := pushSender(ctx, app, now)
		if err != nil {
			return nil, fmt.Errorf("%w: push: %s %s: %w", ErrConfig, app.Provider, app.App, err)
		}
		senders[route] = sender
	}
	return senders, nil
}

func pushSender(ctx context.Context, app PushApp, now func() time.Time) (notify.Sender, error) {
	credentials, err := os.ReadFile(app.CredentialsFile)
	if err != nil {
		return nil, err
	}
	roots, err := readRoots(app.RootsFile)
	if err != nil {
		return nil, err
	}
	if app.Provider == string(notify.ProviderAPNs) {
		return apns.New(apns.Config{
			Key: secret.Secret(credentials), KeyID: app.KeyID, TeamID: app.TeamID, Topic: app.App,
			Environment: app.Environment, Host: app.Endpoint, RootCAs: roots, Now: now,
		})
	}
	return fcm.New(ctx, fcm.Config{CredentialsJSON: secret.Secret(credentials), Endpoint: app.Endpoint, HTTPClient: pushClient(roots), Now: now})
}

// pushClient goes by the proxy of the environment, speaks HTTP/2, and notices a dead
// connection before a person does.
func pushClient(roots *x509.CertPool) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forbidigo // cloned for its proxy and time limits
	if roots != nil {
		transport.TLSClientConfig = tlsRoots(roots)
	}
	transport.ForceAttemptHTTP2, transport.MaxIdleConnsPerHost = true, 16
	transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second}
	return &http.Client{Transport: transport}
}

// checkTime bounds the check of all credentials at the start.
const checkTime = 20 * time.Second

// checkPush tries the credentials at the start. A vendor that refuses them, or is away, keeps
// nobody from logging in by opening the app: so it is an alarm and no reason not to start.
func (a *App) checkPush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	if err := a.Router.Check(ctx); err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		a.log.ErrorContext(ctx, "push credentials do not work; phones must be opened by hand until they do", slog.String("error", err.Error()))
	}
}

func readRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // the system's roots
	}
	text, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate in PEM", file)
	}
	return pool, nil
}

// pushMetrics feeds Prometheus.
type pushMetrics struct {
	pushes  *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	depth   *prometheus.GaugeVec
	open    *prometheus.GaugeVec
	// failing is told of each provider that fails so often that it is left alone; nil for nobody.
	failing *failing
	// observer has the traces; nil for none.
	observer *observe.Observer
	now      func() time.Time
}

func newPushMetrics(registry prometheus.Registerer, failing *failing, observer *observe.Observer, now func() time.Time) *pushMetrics {
	m := &pushMetrics{
		failing: failing, observer: observer, now: now,
		pushes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "aye_push_total", Help: "Pushes by provider, class of outcome and reason."}, []string{"provider", "class", "reason"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "aye_push_attempt_seconds", Help: "Time of one attempt.", Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}, []string{"provider"}),
		depth: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "aye_push_queue", Help: "Pushes taken and not yet done."}, []string{"provider", "app"}),
		open:  prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "aye_push_breaker_open", Help: "1 while a provider fails so often that it is left alone."}, []string{"provider", "app"}),
	}
	registry.MustRegister(m.pushes, m.seconds, m.depth, m.open)
	return m
}

// expect shows the apps that there are before anything happened: what is not there raises no alarm.
func (m *pushMetrics) expect(senders map[notify.Route]notify.Sender) *pushMetrics {
	for route := range senders {
		m.Depth(route, 0)
		m.Breaker(route, false)
	}
	return m
}

// Attempted counts an attempt, and makes it a step of the request that the phone is to look at.
func (m *pushMetrics) Attempted(push notify.Push, outcome notify.Outcome, took time.Duration) {
	provider := string(push.Target.Provider)
	m.observer.Exemplar(m.seconds.WithLabelValues(provider), took, push.Message.Reference)
	if m.observer == nil || m.observer.Tracer == nil {
		return
	}
	ended := m.now()
	m.observer.Tracer.Step(context.Background(), observe.Step{
		Name: observe.Push, Request: push.Message.Reference, Began: ended.Add(-took), Ended: ended, Failed: outcome.Class != notify.Accepted,
		Words: []observe.Word{
			{Key: "provider", Value: provider},
			{Key: "message", Value: string(push.Message.Kind)},
			{Key: "class", Value: string(outcome.Class)},
			{Key: "reason", Value: outcome.Reason},
		},
	})
}

func (m *pushMetrics) Finished(report notify.Report) {
	m.pushes.WithLabelValues(string(report.Push.Target.Provider), string(report.Outcome.Class), report.Outcome.Reason).Inc()
}

func (m *pushMetrics) Depth(route notify.Route, pushes int) {
	m.depth.WithLabelValues(string(route.Provider), route.App).Set(float64(pushes))
}

func (m *pushMetrics) Breaker(route notify.Route, open bool) {
	value := 0.0
	if open {
		value = 1
		m.failing.note(route)
	}
	m.open.WithLabelValues(string(route.Provider), route.App).Set(value)
}
