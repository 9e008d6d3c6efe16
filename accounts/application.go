package accounts

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"example.com/aye/internal/secret"
)

// MaxSecrets is how many secrets of an application may be live: the one in use and, during
// a rotation, the next.
const MaxSecrets = 2

// Kind is what an application is.
type Kind string

const (
	// KindClient is somebody's server, which has a secret.
	KindClient Kind = "client"
	// KindPortal is Aye's own pages, which ask as any application does. There is one in each
	// organisation; it has no secret, so nobody can call in its name.
	KindPortal Kind = "portal"
)

// PortalName is what phones show where Aye's own pages ask.
const PortalName = "Portal"

// Application is a login page's own server, a relying party.
type Application struct {
	ID             string
	OrganisationID string
	Kind           Kind
	Name           string
	// Link is where people open it; empty hides it from them.
	Link string
	// Origins are the web origins whose pages may wait for an answer.
	Origins []string
	// MayEnrol lets the application link a person's first phone.
	MayEnrol bool
	// MayManageTexts lets the application manage the organisation's providers of text messages, and
	// see what messages cost.
	MayManageTexts bool
	// WebhookURL is told of reports that come after the release; empty for none.
	WebhookURL string
	// WebhookSecret signs what is sent there, in the "whsec_" form of Standard Webhooks.
	WebhookSecret secret.Secret
	Secrets       []ClientSecret
	Created       time.Time
}

// ClientSecret is a live secret of an application, of which only the hash is kept.
type ClientSecret struct {
	// ID is how people name the secret: its first characters.
	ID      string
	Hash    string
	Created time.Time
}

// Validate says what is wrong with the application, as [ErrInvalid].
func (a Application) Validate() error {
	if err := checkName("name", a.Name); err != nil {
		return err
	}
	for _, origin := range a.Origins {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme+"://"+u.Host != origin || (u.Scheme != "https" && !localhost(u)) || !asBrowsersWrite(u) {
			return fmt.Errorf("%w: origin is %q, it must look like https://login.example.com with nothing behind it", ErrInvalid, origin)
		}
	}
	for what, address := range map[string]string{"webhook": a.WebhookURL, "link": a.Link} {
		if address == "" {
			continue
		}
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.User != nil || (what == "webhook" && u.Fragment != "") || (u.Scheme != "https" && !localhost(u)) {
			return fmt.Errorf("%w: %s is %q, it must be an https address", ErrInvalid, what, address)
		}
	}
	return nil
}

// Allows tells whether a page of the origin may wait for this application's requests.
func (a Application) Allows(origin string) bool {
	return origin != "" && slices.Contains(a.Origins, origin)
}

// Holds tells whether the secret is one of the live ones.
func (a Application) Holds(clientSecret secret.Secret) bool {
	hash, found := secret.Hash(clientSecret), false
	for _, live := range a.Secrets {
		// Each is compared, found or not, in a time that does not tell where they differ.
		found = secret.Equal(secret.Secret(live.Hash), secret.Secret(hash)) || found
	}
	return found
}

// asBrowsersWrite tells whether browsers write the host so: another spelling would never be found equal to theirs.
func asBrowsersWrite(u *url.URL) bool {
	port := u.Port()
	usual := (u.Scheme == "https" && port == "443") || (u.Scheme == "http" && port == "80") || strings.HasSuffix(u.Host, ":")
	return u.Hostname() != "" && !usual && !strings.ContainsFunc(u.Host, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '*' || (r >= 'A' && r <= 'Z') })
}

// localhost is where a page may be developed without TLS.
func localhost(u *url.URL) bool {
	host := u.Hostname()
	return u.Scheme == "http" && (host == "localhost" || host == "127.0.0.1" || host == "::1")
}
