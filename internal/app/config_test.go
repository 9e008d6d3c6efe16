package app_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/internal/app"
)

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "aye.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestDefaultsAreEnough(t *testing.T) {
	t.Parallel()
	c, err := app.LoadConfig("", nil, nil)
	if err != nil || c.Origin != "http://localhost:8080" || c.DrainTime != 10*time.Second || c.PushWorkers != 64 || c.Mail.Port != 587 || c.LogLevel != "info" {
		t.Errorf("%+v %v", c, err)
	}
}

func TestTheLaterOneWins(t *testing.T) {
	t.Parallel()
	file := write(t, "log_level: warn\npush_workers: 2\nmail:\n  host: mail.example.com\n  from: aye@example.com\npush_queue: 7\ntrusted_proxies: [10.0.0.0/8, 192.0.2.0/24]\n")
	c, err := app.LoadConfig(file, []string{
		"HOME=/root", "AYE_CONFIG=x", "AYE_LOG_LEVEL=error", "AYE_MAIL_HOST=other.example.com", "AYE_PUSH_WORKERS=3", "AYE_DRAIN_TIME=3s",
		"AYE_PHONE_ORIGINS=https://a.example,https://b.example", "AYE_WEBHOOK_PRIVATE=true",
	}, map[string]string{"push_workers": "4", "mail.port": "25"})
	if err != nil {
		t.Fatal(err)
	}
	if c.LogLevel != "error" || c.Mail.Host != "other.example.com" || c.Mail.From != "aye@example.com" || c.PushWorkers != 4 || c.PushQueue != 7 ||
		c.Mail.Port != 25 || c.DrainTime != 3*time.Second || !c.WebhookPrivate {
		t.Errorf("%+v", c)
	}
	if !slices.Equal(c.TrustedProxies, []string{"10.0.0.0/8", "192.0.2.0/24"}) || !slices.Equal(c.PhoneOrigins, []string{"https://a.example", "https://b.example"}) {
		t.Errorf("%v %v", c.TrustedProxies, c.PhoneOrigins)
	}
}

func TestPushApps(t *testing.T) {
	t.Parallel()
	apns := "  - {provider: apns, app: com.example.aye, credentials_file: key.p8, key_id: ABCDEFGHIJ, team_id: ABCDEFGHIJ, environment: sandbox}\n"
	c, err := app.LoadConfig(write(t, "push:\n  - {provider: fcm, app: com.example.aye, credentials_file: fcm.json}\n"+apns), nil, nil)
	if err != nil || len(c.Push) != 2 || c.Push[1].Environment != "sandbox" {
		t.Errorf("%+v %v", c.Push, err)
	}
	for change, want := range map[string]string{
		"provider: apns/provider: sms": "push[0].provider", "app: com.example.aye, /": "push[0].app", "key.p8/''": "push[0].credentials_file",
		"sandbox/staging": "push[0].environment", "key_id: ABCDEFGHIJ/key_id: A": "push[0].key_id", "environment:/surroundings:": "surroundings",
	} {
		from, to, _ := strings.Cut(change, "/")
		_, err := app.LoadConfig(write(t, "push:\n"+strings.Replace(apns, from, to, 1)), nil, nil)
		refused(t, change, err, want)
	}
}

func refused(t *testing.T, what string, err error, want string) {
	t.Helper()
	if !errors.Is(err, app.ErrConfig) || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: %v, want something about %s", what, err, want)
	}
}

func TestSettingsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, value string }{
		{"origin", "https://aye.example.com/"},
		{"origin", "https://aye.example.com/app"},
		{"origin", "http://aye.example.com"},
		{"origin", "http://10.0.0.1"},
		{"origin", "ftp://localhost"},
		{"origin", "aye.example.com"},
		{"origin", "https://user@aye.example.com"},
		{"drain_time", "0s"},
		{"drain_time", "61s"},
		{"drain_time", "soon"},
		{"drain_delay", "-1s"},
		{"drain_delay", "21s"},
		{"push_workers", "0"},
		{"push_workers", "1001"},
		{"push_queue", "0"},
		{"push_queue", "1000001"},
		{"mail.port", "0"},
		{"mail.port", "65536"},
		{"log_level", "loud"},
		{"log_format", "xml"},
		{"tls_certificate", "cert.pem"},
		{"tls_key", "key.pem"},
		{"mail.host", "mail.example.com"},
		{"trusted_proxies", "10.0.0.1"},
		{"phone_origins", "https://phone.example.com, https://other.example.com/"},
		{"webhook_private", "perhaps"},
		{"database.url", "db.example.com"},
		{"database.url", "mysql://aye:CANARY@db.example.com/aye?sslmode=verify-full"},
		{"database.url", "postgres://aye:CANARY@db.example.com/aye"}, // TLS or not is not left to chance
		{"database.connections", "5"},
		{"database.connections", "1001"},
	} {
		_, err := app.LoadConfig("", nil, map[string]string{c.name: c.value})
		refused(t, c.name+" "+c.value, err, strings.TrimSuffix(c.name, ".host"))
		if strings.Contains(err.Error(), "CANARY") {
			t.Errorf("a password is told: %v", err)
		}
	}
	_, err := app.LoadConfig("", nil, map[string]string{"logg_level": "info"})
	refused(t, "a misspelt flag", err, "logg_level")
	_, err = app.LoadConfig("", []string{"AYE_LOGG_LEVEL=info"}, nil)
	refused(t, "a misspelt variable", err, "AYE_LOGG_LEVEL")
	_, err = app.LoadConfig(write(t, "mail: {hoost: x}"), nil, nil)
	refused(t, "a misspelt line", err, "hoost")
	_, err = app.LoadConfig(write(t, "\tx"), nil, nil)
	refused(t, "a file that is none", err, "aye.yaml")
	_, err = app.LoadConfig(filepath.Join(t.TempDir(), "none.yaml"), nil, nil)
	refused(t, "no file", err, "none.yaml")
}

// TestTheManual holds what `aye help config` prints.
func TestTheManual(t *testing.T) {
	t.Parallel()
	for _, s := range app.Settings() {
		if len(s.Help) < 10 || !strings.HasSuffix(s.Help, ".") && !strings.HasSuffix(s.Help, ".>.") {
			t.Errorf("%s has no sentence: %q", s.Name, s.Help)
		}
		if s.List == (s.Env != "") {
			t.Errorf("%s: a list is for the file, all else has a variable: %q", s.Name, s.Env)
		}
	}
	names := app.SettingNames()
	if !slices.IsSorted(names) || !slices.Contains(names, "mail.host") || slices.Contains(names, "push[].app") {
		t.Errorf("%v", names)
	}
}
