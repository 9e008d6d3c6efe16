package api

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/observe"
	"example.com/aye/internal/signing"
	"example.com/aye/pairing"
	"example.com/aye/sms"
	"example.com/aye/support"
)

// Subscriber hints when a topic changed; see package broker.
type Subscriber interface {
	Subscribe(topic string, hint func()) (cancel func())
}

// Config is what the API needs.
type Config struct {
	Accounts  *accounts.Service
	Devices   *devices.Service
	Pairings  *pairing.Service
	Approvals *approval.Service
	SMS       *sms.Service
	Support   *support.Service
	Signer    *signing.Signer
	Broker    Subscriber
	// Origin is the address of the installation, without a slash at the end.
	Origin string
	// PhoneOrigins are the web origins at which a phone in a browser may live; usually none.
	PhoneOrigins []string
	// TrustedProxies are those whose X-Forwarded-For is believed; none believes nobody.
	TrustedProxies []*net.IPNet
	// AppStore and PlayStore are where a person gets the app; empty hides the link.
	AppStore, PlayStore string
	// Waiters is how many pages may wait as WebSockets; 0 for any number.
	Waiters int
	// Unavailable is what a service says while something it needs, the database, cannot be
	// used: a 503 that may be repeated, where any other unknown error is a 500.
	Unavailable error
	// Checks are looked at by /readyz, by name.
	Checks map[string]func(context.Context) error
	// Degraded are told by /readyz too, by name: what is said there in words is a pity, and the server
	// works all the same. Nothing is said where all is well.
	Degraded map[string]func() string
	// Observe is told of calls and releases; nil for nobody.
	Observe *observe.Observer
	Log     *slog.Logger
	Now     func() time.Time
}

// Server answers the API. Make it with [New], stop it with [Server.Drain].
type Server struct {
	Config
	echo      *echo.Echo
	hub       *hub
	calls     *observe.Calls
	contract  []byte
	leaving   atomic.Bool
	draining  atomic.Bool
	readiness readiness
	// stopping ends long polls when the server drains.
	stopping chan struct{}
}

// Limits of a request; docs/policy.md.
const (
	maxBody   = 64 << 10
	maxHeader = 16 << 10

	readHeaderTime = 5 * time.Second
	readTime       = 10 * time.Second
	writeTime      = 15 * time.Second
	longPollTime   = 35 * time.Second
	idleTime       = 2 * time.Minute
	// answerTime is how long an ordinary call may take.
	answerTime = 8 * time.Second
	// textTime is how long a call may take that waits for a vendor of text messages: longer than the
	// vendor may, see [sms.SetupTime].
	textTime = 13 * time.Second
)

// New makes the API.
func New(c Config) (*Server, error) {
	served, err := contractJSON()
	if err != nil {
		return nil, err
	}
	s := &Server{Config: c, echo: echo.New(), calls: c.Observe.Calls("api"), contract: served, stopping: make(chan struct{})}
	s.hub = newHub(c.Broker, c.Log, c.Now, c.Observe.WaitersGauge())
	s.hub.released = s.released
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.IPExtractor = clientIP(c.TrustedProxies)
	s.echo.HTTPErrorHandler = s.problem
	s.echo.Use(s.observe, s.harden)
	for _, r := range s.routes() {
		s.echo.Add(r.method, r.path, r.handler)
	}
	return s, nil
}

// Handler answers HTTP.
func (s *Server) Handler() http.Handler { return s.echo }

// HTTP gives an HTTP server with the limits of the API.
func (s *Server) HTTP() *http.Server {
	return &http.Server{
		Handler: s.echo, ReadHeaderTimeout: readHeaderTime, ReadTimeout: readTime, WriteTimeout: writeTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
}

// Leave lets /readyz say that the server is about to stop. Everything else goes on.
func (s *Server) Leave() { s.leaving.Store(true) }

// Drain lets the waiting go: pages are told to connect again, long polls are answered.
// New waiters are refused; what is being decided goes on. It returns at once.
func (s *Server) Drain() {
	if s.draining.CompareAndSwap(false, true) {
		close(s.stopping)
		s.hub.drain()
	}
}

// Drained waits until the pages that waited have gone, or ctx ends.
func (s *Server) Drained(ctx context.Context) {
	gone := make(chan struct{})
	go func() { s.hub.open.Wait(); close(gone) }()
	select {
	case <-gone:
	case <-ctx.Done():
	}
}

// clientIP believes X-Forwarded-For only from the proxies that the operator named; Echo's
// default believes it from anybody.
func clientIP(proxies []*net.IPNet) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, proxy := range proxies {
		options = append(options, echo.TrustIPRange(proxy))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}
