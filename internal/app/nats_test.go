package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/aye/broker"
)

func TestSettingsOfNATS(t *testing.T) {
	t.Parallel()
	const database = "database:\n  url: postgres://127.0.0.1/aye?sslmode=disable\n"
	c, err := written(t, database+"nats:\n  url: tls://nats-1.example.com:4222,tls://nats-2.example.com:4222\n  credentials_file: /etc/aye/nats.creds\n")
	if err != nil || c.NATS.CredentialsFile != "/etc/aye/nats.creds" || !strings.HasPrefix(c.NATS.URL.Reveal(), "tls://nats-1") {
		t.Errorf("%+v %v", c.NATS, err)
	}
	for text, want := range map[string]string{
		database + "nats: {url: 'http://nats'}":                             "nats.url must be like nats://host:4222",
		database + "nats: {url: 'nats://aye:hush@nats:port'}":               "nats.url must be like nats://host:4222",
		database + "nats: {credentials_file: /etc/aye/nats.creds}":          "nats.url must be given",
		database + "nats: {url: 'nats://nats', certificate_file: cert.pem}": "nats.certificate_file and nats.key_file must be given together",
		"nats: {url: 'nats://nats'}":                                        "database.url must be given where nats.url is",
		database + "nats: {place: 'nats://nats'}":                           "place",
	} {
		if _, err := written(t, text); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// What tests need is no setting, and may stand in the environment of a server.
func TestVariablesOfTests(t *testing.T) {
	t.Parallel()
	if _, err := LoadConfig("", []string{"AYE_TEST_NATS=nats://127.0.0.1:4222", "AYE_TEST_POSTGRES=x"}, nil); err != nil {
		t.Error(err)
	}
	if _, err := LoadConfig("", []string{"AYE_TESTING=x"}, nil); !errors.Is(err, ErrConfig) {
		t.Errorf("%v", err)
	}
}

// A file that cannot be read refuses the start, before a database is opened.
func TestAFileOfNATSThatIsNotThere(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*NATS, string){
		func(c *NATS, none string) { c.CredentialsFile = none },
		func(c *NATS, none string) { c.RootsFile = none },
		func(c *NATS, none string) { c.CertificateFile, c.KeyFile = none, none },
	} {
		c, err := LoadConfig("", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.DataDir, c.NATS.URL = filepath.Join(t.TempDir(), "data"), "nats://127.0.0.1:1"
		change(&c.NATS, filepath.Join(t.TempDir(), "none"))
		_, err = Open(t.Context(), c, slog.New(slog.DiscardHandler), time.Now)
		if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "nats.c") && !strings.Contains(err.Error(), "nats.roots_file") {
			t.Errorf("%v", err)
		}
		if _, err = os.Stat(filepath.Join(c.DataDir, "aye.db")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a database is there: %v", err)
		}
	}
}

// Without nats.url there is one node: its broker is the memory of the process, and nothing is looked for in the database.
func TestOneNode(t *testing.T) {
	t.Parallel()
	c, err := LoadConfig("", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.DataDir = t.TempDir()
	a, err := Open(t.Context(), c, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	if _, ok := a.Broker.(*broker.Memory); !ok || a.degraded() != nil {
		t.Errorf("%T, %v", a.Broker, a.degraded())
	}
	before := a.Store.Statistics()
	a.heal(t.Context()) // ends at once: there is nothing to do
	if now := a.Store.Statistics(); now != before {
		t.Errorf("%+v, then %+v", before, now)
	}
}
