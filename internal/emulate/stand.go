package emulate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"time"

	"example.com/aye/internal/secret"
)

// Option changes a stand-in from its defaults.
type Option func(*settings)

type settings struct {
	now         func() time.Time
	control     string
	name        string
	environment string
	pace        pace
	key         secret.Secret // of an account for text messages
	signing     secret.Secret // of its reports
}

// WithClock gives the stand-in a clock of its own, by which it judges tokens.
func WithClock(now func() time.Time) Option { return func(s *settings) { s.now = now } }

// WithControl sets the address of the control listener; a free port on 127.0.0.1 by default.
func WithControl(address string) Option { return func(s *settings) { s.control = address } }

// WithName says under which name of the DNS the stand-in is reached from other machines, such as containers beside it:
// its address and its certificate have it.
func WithName(name string) Option { return func(s *settings) { s.name = name } }

// stand is what all stand-ins over TLS are made of.
type stand struct {
	scripts

	settings
	protocols []string // what TLS offers; HTTP/2 alone by default
	authority *authority
	lines     *lines
	server    *http.Server
	desk      *http.Server
	url       string
	deskURL   string
	ended     context.Context
	end       context.CancelFunc
}

// pushStand is a stand-in for a service that wakes phones.
type pushStand struct {
	stand
	inboxes
}

// open listens on both addresses. Nothing is answered before serve, on the front address; the
// control listener has the routes.
func (s *stand) open(ctx context.Context, address string, options []Option, routes func(*http.ServeMux)) error {
	s.settings = settings{now: time.Now, control: "127.0.0.1:0", pace: usualPace}
	for _, option := range options {
		option(&s.settings)
	}
	var listen net.ListenConfig
	front, err := listen.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("emulate: %w", err)
	}
	s.lines = &lines{Listener: front}
	host, port, err := net.SplitHostPort(front.Addr().String())
	if s.name != "" {
		host = s.name
	}
	if err == nil {
		s.authority, err = newAuthority(host)
	}
	if err != nil {
		return errors.Join(err, front.Close())
	}
	if net.ParseIP(host).IsUnspecified() {
		host = "localhost"
	}
	s.url = "https://" + net.JoinHostPort(host, port)

	back, err := listen.Listen(ctx, "tcp", s.control)
	if err != nil {
		return errors.Join(fmt.Errorf("emulate: %w", err), front.Close())
	}
	s.deskURL = "http://" + back.Addr().String()
	s.ended, s.end = context.WithCancel(context.WithoutCancel(ctx))
	s.desk = &http.Server{Handler: s.controls(routes), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = s.desk.Serve(back) }() // ends with Close
	s.server = &http.Server{ReadHeaderTimeout: 5 * time.Second}
	return nil
}

// serve answers on the front address until ctx ends. wrap may put something between TLS and HTTP.
func (s *stand) serve(ctx context.Context, server *http.Server, wrap func(*tls.Conn, *line) net.Conn) {
	s.lines.wrap = wrap
	s.lines.config = &tls.Config{
		Certificates: []tls.Certificate{s.authority.certificate},
		NextProtos:   s.protocols, MinVersion: tls.VersionTLS12,
	}
	if s.protocols == nil {
		s.lines.config.NextProtos = []string{"h2"}
	}
	s.server = server
	server.ErrorLog = log.New(io.Discard, "", 0) // clients that leave are no news
	go func() { _ = server.Serve(s.lines) }()    // ends with Close
	context.AfterFunc(ctx, s.Close)
}

type lineKey struct{}

// lineServer is a server that knows the line under each request; see lineOf.
func lineServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			if secure, ok := conn.(*tls.Conn); ok {
				conn = secure.NetConn()
			}
			return context.WithValue(ctx, lineKey{}, conn)
		},
	}
}

// lineOf gives the connection under TLS on which a request came.
func lineOf(r *http.Request) *line {
	connection, _ := r.Context().Value(lineKey{}).(*line)
	return connection
}

// onTLS is a connection with nothing between TLS and HTTP.
func onTLS(secure *tls.Conn, _ *line) net.Conn { return secure }

// URL is where the senders connect to: scheme, host and port.
func (s *stand) URL() string { return s.url }

// ControlURL is where inboxes and scripts are: scheme, host and port.
func (s *stand) ControlURL() string { return s.deskURL }

// CA is the authority to trust, for a setting that takes a pool.
func (s *stand) CA() *x509.CertPool { return s.authority.pool }

// CAPEM is the authority to trust, for a setting that takes a file.
func (s *stand) CAPEM() []byte { return append([]byte(nil), s.authority.pem...) }

// Connections is how many connections were ever made.
func (s *stand) Connections() int { return int(s.lines.count.Load()) }

// Close ends the stand-in and every connection.
func (s *stand) Close() {
	s.end()
	_ = s.desk.Close()
	_ = s.server.Close()
	_ = s.lines.Close()
}

// misbehave does what needs no vendor's words, and answers whether all is done.
func (s *stand) misbehave(r *http.Request, behaviour Behaviour, line *line) bool {
	if !s.wait(r, time.Duration(behaviour.Delay)) {
		return true
	}
	switch {
	case behaviour.Blackhole, behaviour.Silent:
		if behaviour.Blackhole {
			line.mute()
		}
		select {
		case <-r.Context().Done():
		case <-s.ended.Done():
		}
		return true
	case behaviour.Cut:
		_ = line.Close()
		return true
	default:
		return false
	}
}

// wait lets time pass, and tells whether somebody still waits for the answer.
func (s *stand) wait(r *http.Request, delay time.Duration) bool {
	if delay <= 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-s.ended.Done():
	}
	return false
}

// refuse writes an error answer. A body of the script's own takes the place of the vendor's.
func refuse(w http.ResponseWriter, behaviour Behaviour, status int, body []byte) {
	if behaviour.RetryAfter > 0 {
		seconds := (time.Duration(behaviour.RetryAfter) + time.Second - 1) / time.Second
		w.Header().Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	if behaviour.Status != 0 {
		status = behaviour.Status
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	if behaviour.Body != "" {
		w.Header().Set("Content-Type", "text/html")
		body = []byte(behaviour.Body)
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has left needs no answer
}

// HTTPClient is a client over HTTP/2 that trusts the stand-in.
func (s *stand) HTTPClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{RootCAs: s.authority.pool, MinVersion: tls.VersionTLS12},
	}}
}
