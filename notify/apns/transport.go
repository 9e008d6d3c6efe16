package apns

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"example.com/aye/notify/wire"
)

// maxAnswer bounds what is read of an answer; Apple's are a hundred bytes.
const maxAnswer = 64 << 10

// maxConns leaves room for a connection that winds down beside its successor. Without a
// bound, every push that meets the end of a connection would dial for itself.
const maxConns = 2

// newTransport speaks HTTP/2. Each connection that begins or ends makes the gate cold.
func newTransport(roots *x509.CertPool, gate *gate) *wire.Transport {
	return wire.Watch(&http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		ForceAttemptHTTP2:   true,
		TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: 5 * time.Second,
		IdleConnTimeout:     time.Hour,
		MaxConnsPerHost:     maxConns,
		HTTP2:               &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
	}, gate.cold)
}

// exchange is what the library does not tell of a request and its answer.
type exchange struct {
	bearer string
	status int // 0 when there was no answer
	header http.Header
}

type exchangeKey struct{}

// recorder is the transport under the library: a page that is not JSON would hide the
// status from it, and it never shows Retry-After.
type recorder struct{ base http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (r recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	x, ok := request.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		return nil, fmt.Errorf("apns: a request outside a push: %s", request.Method)
	}
	x.bearer = strings.TrimPrefix(request.Header.Get("Authorization"), "bearer ")
	response, err := r.base.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	x.status, x.header = response.StatusCode, response.Header
	response.Body = limited{Reader: io.LimitReader(response.Body, maxAnswer), Closer: response.Body}
	return response, nil
}

type limited struct {
	io.Reader
	io.Closer
}
