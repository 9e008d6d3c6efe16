package portal

import (
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/observe"
	"example.com/aye/otp"
	"example.com/aye/pairing"
	"example.com/aye/portal/page"
	"example.com/aye/privacy"
	"example.com/aye/signin"
	"example.com/aye/sms"
	"example.com/aye/support"
)

// Config is what the portal needs.
type Config struct {
	Accounts  *accounts.Service
	SignIn    *signin.Service
	Approvals *approval.Service
	SMS       *sms.Service
	Pairings  *pairing.Service
	Devices   *devices.Service
	Codes     *otp.Service
	Support   *support.Service
	Alerts    *alerts.Service
	Privacy   *privacy.Service
	// Log of what was done, for those who manage.
	Audit audit.Searcher
	// Origin is the address of the installation, without a slash at the end.
	Origin string
	// AppStore and PlayStore are where a person gets the app; empty hides the link.
	AppStore, PlayStore string
	// TrustedProxies are those whose X-Forwarded-For is believed; none believes nobody.
	TrustedProxies []*net.IPNet
	// Unavailable is what a service says while something it needs, the database, cannot be used.
	Unavailable error
	// Observe is told of calls; nil for nobody.
	Observe *observe.Observer
	Log     *slog.Logger
	Now     func() time.Time
}

// Server answers with pages. Make it with [New].
type Server struct {
	Config
	echo    *echo.Echo
	pages   *page.Renderer
	calls   *observe.Calls
	foreign *http.CrossOriginProtection
	headers map[string]string
	// texts are the routes that may send a text message, by method and path.
	texts map[string]bool
	https bool
}

// Limits of a request; docs/policy.md.
const (
	maxBody = 64 << 10
	// maxImport is for the list of people; the parts of the form around it fit in the rest.
	maxImport = 1<<20 + 16<<10
	// answerTime is how long an answer may take.
	answerTime = 8 * time.Second
	// textTime is how long one may take that waits for a vendor of text messages: longer than the vendor
	// may, see [sms.SetupTime], so that its refusal has words; and less than the server gives the connection.
	textTime = 13 * time.Second
)

// New makes the portal.
func New(c Config) (*Server, error) {
	pages, err := page.New(c.Now)
	if err != nil {
		return nil, err
	}
	s := &Server{Config: c, echo: echo.New(), pages: pages, calls: c.Observe.Calls("portal"), foreign: http.NewCrossOriginProtection(), https: strings.HasPrefix(c.Origin, "https://"), texts: map[string]bool{}}
	s.headers = s.everywhere()
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.IPExtractor = clientIP(c.TrustedProxies)
	s.echo.HTTPErrorHandler = s.problem
	s.echo.Use(s.observe, s.origin, s.harden, s.ownPagesOnly)
	for _, r := range s.routes() {
		s.texts[r.method+" "+r.path] = r.texts
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
