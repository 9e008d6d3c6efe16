package bare

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

const (
	// pushesInFlight is how many pushes are under way at one time, at most.
	pushesInFlight = 100
	// pushQueue is how many may wait; one more is not sent.
	pushQueue = 10_000
	// pushTime bounds one push.
	pushTime = 10 * time.Second
	// maxAnswer bounds what is read of an answer, in bytes.
	maxAnswer = 64 << 10
)

// Pusher is a bare HTTP/2 client. It is safe for concurrent use.
type Pusher struct{ transport *http.Transport }

// NewPusher makes a client that trusts the roots; nil means the system's.
func NewPusher(roots *x509.CertPool) *Pusher {
	return &Pusher{&http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		IdleConnTimeout:   time.Hour,
		// One connection carries many pushes; a burst at the start must not open one for each.
		MaxConnsPerHost: 2,
	}}
}

// ReadRoots reads a PEM file of authorities to trust; an empty path means the system's.
func ReadRoots(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path) //nolint:gosec // the caller names the file
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("bare: no certificate in %s", path)
	}
	return roots, nil
}

// Post sends, reads the answer to its end, and gives its status. The header is not changed
// and may be shared by many calls.
func (p *Pusher) Post(ctx context.Context, url string, header http.Header, body []byte) (status int, err error) {
	status, _, err = p.post(ctx, url, header, body)
	return status, err
}

func (p *Pusher) post(ctx context.Context, url string, header http.Header, body []byte) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header = header
	response, err := p.transport.RoundTrip(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return response.StatusCode, text, err
}

// Close ends the idle connections.
func (p *Pusher) Close() { p.transport.CloseIdleConnections() }

// Push says where the pushes of [Serve] go: to Google, or to who plays it.
type Push struct {
	Endpoint    string // scheme and host; empty sends none
	Credentials string // the service account's file
	Roots       string // a PEM file of authorities to trust; the system's by default
}

// pushes wakes phones, and stores what became of it. A nil one wakes nobody.
type pushes struct {
	pusher   *Pusher
	endpoint string
	project  string
	token    string
	store    *Store
	queue    chan wake
	workers  sync.WaitGroup
	cancel   context.CancelFunc
}

type wake struct {
	to      *phone
	request Request
}

// startPushes logs in, once, and starts the workers.
func startPushes(ctx context.Context, c Push, store *Store) (*pushes, error) {
	if c.Endpoint == "" {
		return nil, nil
	}
	roots, err := ReadRoots(c.Roots)
	if err != nil {
		return nil, err
	}
	account, err := ReadGoogleAccount(c.Credentials)
	if err != nil {
		return nil, err
	}
	p := &pushes{pusher: NewPusher(roots), endpoint: c.Endpoint, project: account.Project, store: store, queue: make(chan wake, pushQueue)}
	if p.token, err = account.Login(ctx, p.pusher); err != nil {
		return nil, err
	}
	ctx, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for range pushesInFlight {
		p.workers.Go(func() { p.work(ctx) })
	}
	return p, nil
}

func (p *pushes) wake(to *phone, r Request) {
	if p == nil {
		return
	}
	select {
	case p.queue <- wake{to, r}:
	default: // the phone finds it when it looks
	}
}

func (p *pushes) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case one := <-p.queue:
			p.send(ctx, one)
		}
	}
}

func (p *pushes) send(ctx context.Context, one wake) {
	ctx, cancel := context.WithTimeout(ctx, pushTime)
	defer cancel()
	push := FCMRequest(p.project, p.token, Message{
		Address: one.to.Address, Reference: requestID(one.request.ID), Device: one.to.Device, Expires: time.UnixMilli(one.request.Expires),
	})
	state := Accepted
	status, err := p.pusher.Post(ctx, p.endpoint+push.Path, push.Header, push.Body)
	if err != nil || status != http.StatusOK {
		state = Failed
	}
	_, _ = p.store.Deliver(one.request.ID, state) // nobody waits for it
}

// stop drops what waits.
func (p *pushes) stop() {
	if p == nil {
		return
	}
	p.cancel()
	p.workers.Wait()
	p.pusher.Close()
}
