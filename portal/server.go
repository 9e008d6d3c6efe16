package portal

import (
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/otp"
	"example.com/aye/pairing"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// Config is what the portal needs.
type Config struct {
	Accounts  *accounts.Service
	SignIn    *signin.Service
	Approvals *approval.Service
	Pairings  *pairing.Service
	Devices   *devices.Service
	Codes     *otp.Service
	// Origin is the address of the installation, without a slash at the end.
	Origin string
	// AppStore and PlayStore are where a person gets the app; empty hides the link.
	AppStore, PlayStore string
	// TrustedProxies are those whose X-Forwarded-For is believed; none believes nobody.
	TrustedProxies []*net.IPNet
	// Unavailable is what a service says while something it needs, the database, cannot be used.
	Unavailable error
	Log         *slog.Logger
	Now         func() time.Time
}

// Server answers with pages. Make it with [New].
type Server struct {
	Config
	echo    *echo.Echo
	pages   *page.Renderer
	foreign *http.CrossOriginProtection
	headers map[string]string
	https   bool
}

// Limits of a request; docs/policy.md.
const (
	maxBody = 64 << 10
	// maxImport is for the list of people; the parts of the form around it fit in the rest.
	maxImport = 1<<20 + 16<<10
	// answerTime is how long an answer may take.
	answerTime = 8 * time.Second
)

// New makes the portal.
func New(c Config) (*Server, error) {
	pages, err := page.New(c.Now)
	if err != nil {
		return nil, err
	}
	s := &Server{Config: c, echo: echo.New(), pages: pages, foreign: http.NewCrossOriginProtection(), https: strings.HasPrefix(c.Origin, "https://")}
	s.headers = s.everywhere()
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.IPExtractor = clientIP(c.TrustedProxies)
	s.echo.HTTPErrorHandler = s.problem
	s.echo.Use(s.observe, s.harden, s.ownPagesOnly)
	for _, r := range s.routes() {
		s.echo.Add(r.method, r.path, read(r.most, r.handler))
	}
	return s, nil
}

// Handler answers HTTP.
func (s *Server) Handler() http.Handler { return s.echo }

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
