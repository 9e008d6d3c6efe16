package nats_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"example.com/aye/broker/brokertest"
	"example.com/aye/broker/nats"
	"example.com/aye/broker/nats/natstest"
	"example.com/aye/internal/secret"
)

func put(t *testing.T, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	// roots is the file of it.
	roots string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{}
	a.certificate, a.key = a.sign(t, &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	a.roots = put(t, "roots.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw}))
	return a
}

func (a *authority) sign(t *testing.T, c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber, c.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: "aye"}
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.certificate, a.key
	if parent == nil {
		parent, signer = c, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return signed, key
}

// files is a certificate of it and its key, for a server at 127.0.0.1 or a client.
func (a *authority) files(t *testing.T) (certificate, key string) {
	t.Helper()
	signed, private := a.sign(t, &x509.Certificate{
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	der, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return put(t, "cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed.Raw})),
		put(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
}

// secured is a server that speaks TLS alone, and wants a certificate of the authority.
func (a *authority) secured(t *testing.T) *natstest.Server {
	t.Helper()
	certificate, err := tls.LoadX509KeyPair(a.files(t))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return natstest.Start(t, func(o *server.Options) {
		o.TLS, o.TLSTimeout = true, 10
		o.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12}
	})
}

func TestTLS(t *testing.T) {
	t.Parallel()
	ours, theirs := newAuthority(t), newAuthority(t)
	secured := ours.secured(t)
	with := func(roots *authority, own *authority) nats.Config {
		c := on("tls://" + secured.Address())
		c.RootsFile = roots.roots
		if own != nil {
			c.CertificateFile, c.KeyFile = own.files(t)
		}
		return c
	}
	a, _ := joined(t, with(ours, ours), nil)
	b, _ := joined(t, with(ours, ours), nil)
	brokertest.Settle(t, a, b)
	for what, c := range map[string]nats.Config{
		"a server that is not known":       with(theirs, ours),
		"a certificate that is not known":  with(ours, theirs),
		"no certificate":                   with(ours, nil),
		"the system's roots, and no other": {URL: secret.Secret("tls://" + secured.Address())},
	} {
		refused, log := node(t, c, nil)
		says(t, log, "NATS cannot be reached")
		if refused.Statistics().Connected {
			t.Errorf("%s: connected", what)
		}
	}
	// With roots, a server that speaks no TLS is none: somebody stands between.
	plain := natstest.Start(t, nil)
	c := with(ours, nil)
	c.URL = secret.Secret(plain.URL())
	refused, log := node(t, c, nil)
	says(t, log, "secure connection")
	if refused.Statistics().Connected {
		t.Error("connected without TLS")
	}
}

func TestUserAndPassword(t *testing.T) {
	t.Parallel()
	locked := natstest.Start(t, func(o *server.Options) { o.Username, o.Password = "aye", "se:cret" })
	file := on(locked.URL())
	file.CredentialsFile = put(t, "login", []byte("aye:se:cret\n"))
	a, _ := joined(t, file, nil)
	b, _ := joined(t, on("nats://aye:se%3Acret@"+locked.Address()), nil)
	brokertest.Settle(t, a, b)
	wrong := on(locked.URL())
	wrong.CredentialsFile = put(t, "login", []byte("aye:wrong"))
	for _, c := range []nats.Config{wrong, on(locked.URL())} {
		refused, log := node(t, c, nil)
		says(t, log, "uthorization")
		if refused.Statistics().Connected || strings.Contains(log.String(), "wrong") {
			t.Errorf("%+v: %s", refused.Statistics(), log)
		}
	}
}

// doorkeeper counts who wants in, and lets in who has the password.
type doorkeeper struct{ tries atomic.Int64 }

func (d *doorkeeper) Check(c server.ClientAuthentication) bool {
	d.tries.Add(1)
	return c.GetOpts().Password == "secret"
}

// Who is refused goes on trying, other than the library by itself: the file may be put right while the server runs.
func TestCredentialsThatAreCorrected(t *testing.T) {
	t.Parallel()
	door := &doorkeeper{}
	locked := natstest.Start(t, func(o *server.Options) { o.CustomClientAuthentication = door })
	c := on(locked.URL())
	c.CredentialsFile = put(t, "login", []byte("aye:wrong"))
	b, _ := node(t, c, nil)
	eventually(t, "it tried often", func() bool { return door.tries.Load() >= 4 })
	if err := os.WriteFile(c.CredentialsFile, []byte("aye:secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is connected", func() bool { return b.Statistics().Connected })
}

func seed(t *testing.T, make func() (nkeys.KeyPair, error)) (pair nkeys.KeyPair, public string, private []byte) {
	t.Helper()
	pair, err := make()
	if err != nil {
		t.Fatal(err)
	}
	if public, err = pair.PublicKey(); err != nil {
		t.Fatal(err)
	}
	if private, err = pair.Seed(); err != nil {
		t.Fatal(err)
	}
	return pair, public, private
}

func TestNKey(t *testing.T) {
	t.Parallel()
	_, public, private := seed(t, nkeys.CreateUser)
	locked := natstest.Start(t, func(o *server.Options) { o.Nkeys = []*server.NkeyUser{{Nkey: public}} })
	c := on(locked.URL())
	c.CredentialsFile = put(t, "aye.nk", append(private, '\n'))
	a, _ := joined(t, c, nil)
	b, _ := joined(t, c, nil)
	brokertest.Settle(t, a, b)
	refused, log := node(t, on(locked.URL()), nil)
	says(t, log, "uthorization")
	if refused.Statistics().Connected {
		t.Error("connected without a key")
	}
}

func TestCredsFile(t *testing.T) {
	t.Parallel()
	operator, operatorID, _ := seed(t, nkeys.CreateOperator)
	account, accountID, _ := seed(t, nkeys.CreateAccount)
	_, userID, userSeed := seed(t, nkeys.CreateUser)
	encode := func(claims interface {
		Encode(nkeys.KeyPair) (string, error)
	}, by nkeys.KeyPair,
	) string {
		t.Helper()
		text, err := claims.Encode(by)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	accounts := &server.MemAccResolver{}
	if err := accounts.Store(accountID, encode(jwt.NewAccountClaims(accountID), operator)); err != nil {
		t.Fatal(err)
	}
	trusted, err := jwt.DecodeOperatorClaims(encode(jwt.NewOperatorClaims(operatorID), operator))
	if err != nil {
		t.Fatal(err)
	}
	locked := natstest.Start(t, func(o *server.Options) {
		o.TrustedOperators, o.AccountResolver = []*jwt.OperatorClaims{trusted}, accounts
	})
	creds, err := jwt.FormatUserConfig(encode(jwt.NewUserClaims(userID), account), userSeed)
	if err != nil {
		t.Fatal(err)
	}
	c := on(locked.URL())
	c.CredentialsFile = put(t, "aye.creds", creds)
	a, _ := joined(t, c, nil)
	b, _ := joined(t, c, nil)
	brokertest.Settle(t, a, b)
}

// What is wrong is said before anything is begun, with the name of the setting, and without a secret.
func TestSettingsThatAreRefused(t *testing.T) {
	t.Parallel()
	certificate, key := newAuthority(t).files(t)
	const fine = "nats://127.0.0.1:4222"
	for _, c := range []struct {
		config nats.Config
		want   string
	}{
		{on(""), "url must be like nats://host:4222"},
		{on("127.0.0.1:4222"), "url must be like"},
		{on("http://127.0.0.1:4222"), "url must be like"},
		{on("nats://"), "url must be like"},
		{on("nats://host/path"), "url must be like"},
		{on("nats://host?x=1"), "url must be like"},
		{on("nats://aye:hush hush@host:x"), "url must be like"},
		{on(fine + ",hush"), "url must be like"},
		{nats.Config{URL: fine, RootsFile: "/nowhere/roots"}, "roots_file cannot be read"},
		{nats.Config{URL: fine, RootsFile: put(t, "roots", []byte("hush"))}, "has no certificate in PEM"},
		{nats.Config{URL: fine, CertificateFile: certificate}, "must be given together"},
		{nats.Config{URL: fine, KeyFile: key}, "must be given together"},
		{nats.Config{URL: fine, CertificateFile: "/nowhere/cert", KeyFile: key}, "certificate_file and key_file cannot be used"},
		{nats.Config{URL: fine, CertificateFile: key, KeyFile: certificate}, "certificate_file and key_file cannot be used"},
		{nats.Config{URL: fine, CredentialsFile: "/nowhere/creds"}, "credentials_file cannot be read"},
		{nats.Config{URL: fine, CredentialsFile: put(t, "creds", []byte("hush"))}, "must have a JWT with its seed (a .creds file), an nkey seed, or one line user:password"},
		{nats.Config{URL: fine, CredentialsFile: put(t, "creds", nil)}, "must have a JWT"},
		{nats.Config{URL: fine, CredentialsFile: put(t, "creds", []byte("SUhush"))}, "has no nkey seed"},
		{nats.Config{URL: fine, CredentialsFile: put(t, "creds", []byte("-----BEGIN NATS USER JWT-----\nhush\n------END NATS USER JWT------\n"))}, "has no JWT with its seed"},
	} {
		c.config.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
		if _, err := nats.New(c.config); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s %+v: %v", c.config.URL.Reveal(), c.config, err)
		}
	}
	for _, good := range []string{fine, "tls://nats.example.com", "nats://a:4222, nats://b:4222", "nats://aye:secret@host"} {
		if err := nats.CheckURL(secret.Secret(good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}
