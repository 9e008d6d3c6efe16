package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"syscall"
	"time"
)

const (
	// maxAnswer bounds what is read of an answer. What is longer is cut off, and so no JSON.
	maxAnswer = 64 << 10
	// maxCall bounds a call whose context knows no end.
	maxCall = 30 * time.Second
)

// ErrUnanswered says that a call may have arrived, and that no answer came.
var ErrUnanswered = errors.New("no answer came")

// UnsentError says that a call did not leave, because there was no connection.
type UnsentError struct {
	// Why is in plain words, with nothing of the call in it.
	Why string
}

func (e *UnsentError) Error() string { return "nothing was sent: " + e.Why }

// Answer is what came back, to the end or to 64 KiB.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Once makes calls of which none may happen twice by itself, such as the sending of a text
// message, and tells whether one that failed may have arrived all the same.
type Once struct{ client *http.Client }

// NewOnce trusts the roots, or the system's where there are none.
//
// Every call has a connection of its own. One that lay idle may have been closed by the other side
// a moment ago, and then nobody knows what became of the call; and only over used ones does
// Go's transport repeat a call by itself.
func NewOnce(roots *x509.CertPool) *Once {
	return &Once{client: &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    5 * time.Second,
			MaxResponseHeaderBytes: 16 << 10,
			DisableKeepAlives:      true,
			DisableCompression:     true,
		},
		// A redirect could carry the key to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Call makes one call. It fails with [UnsentError], or with [ErrUnanswered] and, where the time
// was up, the context's error. What the call said is in neither.
func (o *Once) Call(request *http.Request) (Answer, error) {
	ctx, cancel := context.WithTimeout(request.Context(), maxCall)
	defer cancel()
	connected := false // the transport sets it before it returns, and before it writes
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected = true },
	})
	response, err := o.client.Do(request.WithContext(ctx))
	if err != nil && !connected {
		return Answer{}, &UnsentError{Why: why(ctx, err)}
	}
	if err != nil {
		return Answer{}, unanswered(ctx)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return Answer{}, unanswered(ctx)
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: body}, nil
}

func unanswered(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrUnanswered, err)
	}
	return ErrUnanswered
}

// why puts what went wrong into words of ours: errors of net/http quote addresses and headers.
func why(ctx context.Context, err error) string {
	var (
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		timeout     net.Error
	)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return "the call was given up"
	case errors.As(err, &name) && !name.IsTimeout:
		return "the vendor's name is not known here"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.As(err, &certificate):
		return "the vendor's certificate is not trusted here"
	case errors.As(err, &timeout) && timeout.Timeout(), ctx.Err() != nil:
		return "there was no connection in time"
	default:
		return "there is no connection to the vendor"
	}
}
