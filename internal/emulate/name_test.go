package emulate_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"testing"

	"example.com/aye/internal/emulate"
)

// From another machine a stand-in is reached, and trusted, under the name that it was given.
func TestStandInHasItsName(t *testing.T) {
	t.Parallel()
	google, err := emulate.StartFCM(t.Context(), "127.0.0.1:0", emulate.WithName("stand-ins"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(google.Close)
	at, err := url.Parse(google.URL())
	if err != nil {
		t.Fatal(err)
	}
	if at.Hostname() != "stand-ins" {
		t.Errorf("it is at %s", at.Hostname())
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(google.CAPEM())
	connection, err := tls.Dial("tcp", net.JoinHostPort("127.0.0.1", at.Port()), &tls.Config{RootCAs: pool, ServerName: "stand-ins", MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	if err = connection.Close(); err != nil {
		t.Error(err)
	}
}
