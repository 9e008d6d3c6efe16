package phone

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// link is what a QR code says.
type link struct {
	origin string
	code   Secret
	pinned string
}

// parseLink reads "ORIGIN/p#1.<code>.<thumbprint>".
func parseLink(text string) (link, error) {
	parsed, err := url.Parse(strings.TrimSpace(text))
	if err != nil {
		// url.Parse quotes the text, which holds the code.
		return link{}, fmt.Errorf("%w: not a web address", ErrBadLink)
	}
	parts := strings.Split(parsed.Fragment, ".")
	if parsed.Host == "" || parsed.Path != "/p" || parsed.User != nil || len(parts) != 3 {
		return link{}, ErrBadLink
	}
	if parts[0] != "1" {
		return link{}, fmt.Errorf("%w: version %q, this phone reads 1", ErrBadLink, parts[0])
	}
	if len(parts[1]) != 43 || len(parts[2]) != 43 {
		return link{}, fmt.Errorf("%w: the code or the thumbprint is not 256 bits", ErrBadLink)
	}
	if parsed.Scheme != "https" && (parsed.Scheme != "http" || !thisMachine(parsed.Hostname())) {
		return link{}, fmt.Errorf("%w: only https is safe, and http to this machine", ErrBadLink)
	}
	return link{origin: originOf(parsed), code: Secret(parts[1]), pinned: parts[2]}, nil
}

func thisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || (ip != nil && ip.IsLoopback())
}

// originOf writes the origin as browsers do: lower case, without the default port.
func originOf(u *url.URL) string {
	host := strings.ToLower(u.Host)
	switch u.Scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return u.Scheme + "://" + host
}
