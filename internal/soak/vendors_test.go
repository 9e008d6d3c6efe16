package soak

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/aye/internal/emulate"
)

// pushApp is the app that the phones run.
const pushApp = "com.example.aye"

// vendors are the stand-ins of everybody whom Aye hands something to.
type vendors struct {
	google      *emulate.FCM
	apple       *emulate.APNs
	mail        *emulate.Mailbox
	messageBird *emulate.MessageBird
	bird        *emulate.Bird
}

// openVendors starts all stand-ins, with a way to each that can be disturbed, and sets them up in the settings.
func (w *town) openVendors(settings map[string]any) {
	w.t.Helper()
	v := &w.vendors
	v.google, v.apple = opened(w.t, emulate.StartFCM), opened(w.t, emulate.StartAPNs)
	v.mail, v.messageBird, v.bird = opened(w.t, emulate.StartMailbox), opened(w.t, emulate.StartMessageBird), opened(w.t, emulate.StartBird)
	account, err := v.google.ServiceAccountJSON()
	must(w.t, err)
	key, err := v.apple.Key()
	must(w.t, err)
	file := func(name string, text []byte) string {
		path := filepath.Join(w.dir, name)
		must(w.t, os.WriteFile(path, text, 0o600))
		return path
	}
	vendor := func(name, url string) string {
		way := w.way(name, strings.TrimPrefix(url, "https://"))
		way.vendor = true
		return way.listen
	}
	settings["push"] = []map[string]string{
		{
			"provider": "fcm", "app": pushApp, "credentials_file": file("fcm.json", []byte(account.Reveal())), "roots_file": file("fcm.pem", v.google.CAPEM()),
			"endpoint": "https://" + vendor("Google", v.google.URL()),
		},
		{
			"provider": "apns", "app": pushApp, "credentials_file": file("apns.p8", []byte(key.Reveal())), "roots_file": file("apns.pem", v.apple.CAPEM()),
			"endpoint": "https://" + vendor("Apple", v.apple.URL()), "key_id": v.apple.KeyID(), "team_id": v.apple.TeamID(), "environment": "production",
		},
	}
	host, port, err := net.SplitHostPort(vendor("mail server", net.JoinHostPort(v.mail.Host(), strconv.Itoa(v.mail.Port()))))
	must(w.t, err)
	number, err := strconv.Atoi(port)
	must(w.t, err)
	settings["mail"] = map[string]any{"host": host, "port": number, "from": "Aye <aye@example.com>", "plain": true}
	settings["sms"] = map[string]any{
		"messagebird_endpoint": "https://" + vendor("MessageBird", v.messageBird.URL()), "bird_endpoint": "https://" + vendor("Bird", v.bird.URL()),
		"roots_file": file("texts.pem", slices.Concat(v.messageBird.CAPEM(), v.bird.CAPEM())),
	}
}

// opened starts a stand-in that ends with the test.
func opened[V interface{ Close() }](t *testing.T, start func(context.Context, string, ...emulate.Option) (V, error)) V {
	t.Helper()
	v, err := start(context.WithoutCancel(t.Context()), "127.0.0.1:0")
	must(t, err)
	t.Cleanup(v.Close)
	return v
}
