package demo

import (
	"embed"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"time"

	"example.com/aye/internal/secret"
)

//go:embed shop
var shopFiles embed.FS

// ShopConfig is what a relying party needs to know.
type ShopConfig struct {
	// AyeURL is the origin of Aye, without a slash at the end.
	AyeURL string
	// ClientID and ClientSecret are those of the shop as an application of Aye.
	ClientID     string
	ClientSecret secret.Secret
	// WebhookSecret, "whsec_…", signs what Aye tells the shop. Without it every webhook is refused.
	WebhookSecret secret.Secret
	// Origin is where the browser sees the shop; Aye must have it among the allowed origins.
	Origin string
	// PhoneURL is the demo phone, for the link under the QR code; empty leaves the link out.
	PhoneURL string
	// Name is what the shop is called.
	Name string
	// People are the e-mail addresses that the pretended password check lets through. None
	// means everybody.
	People []string
	// HTTP carries the calls to Aye; nil is a client with a time limit.
	HTTP *http.Client
}

type shop struct {
	ShopConfig
	aye      *relyingParty
	sessions *sessions
}

// NewShop is the shop: its pages and the server behind them.
func NewShop(c ShopConfig) http.Handler {
	if c.Name == "" {
		c.Name = "Tulp & Zoon"
	}
	if c.HTTP == nil {
		c.HTTP = &http.Client{Timeout: 10 * time.Second}
	}
	s := &shop{ShopConfig: c, aye: newRelyingParty(c), sessions: newSessions(strings.HasPrefix(c.Origin, "https:"))}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /logout", s.logout)

	mux.HandleFunc("GET /wait", s.wait)
	mux.HandleFunc("POST /again", s.again)
	mux.HandleFunc("POST /resend", s.resend)
	mux.HandleFunc("POST /code", s.typeCode)
	mux.HandleFunc("POST /cancel", s.cancel)
	mux.HandleFunc("POST /release", s.release)

	mux.HandleFunc("POST /webhook", s.webhook)

	mux.HandleFunc("GET /link", s.link)
	mux.HandleFunc("POST /link/renew", s.renewLink)
	mux.HandleFunc("POST /link/confirm", s.confirmLink)
	mux.HandleFunc("POST /link/cancel", s.cancelLink)

	static, err := fs.Sub(shopFiles, "shop/static")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	// Another site's form can neither log somebody in here nor cancel a request.
	return s.headers(http.NewCrossOriginProtection().Handler(mux))
}

// headers allow this page's own scripts and the two ways to Aye, and nothing else.
func (s *shop) headers(next http.Handler) http.Handler {
	policy := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' " +
		s.AyeURL + " " + socketOrigin(s.AyeURL) + "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func socketOrigin(origin string) string {
	return "ws" + strings.TrimPrefix(origin, "http") // http becomes ws, https becomes wss
}

// known is the first factor of this demo. A real shop checks a password here.
func (s *shop) known(email, password string) bool {
	return email != "" && password != "" && (len(s.People) == 0 || slices.Contains(s.People, email))
}
