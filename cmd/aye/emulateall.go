package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"gopkg.in/yaml.v3"

	"example.com/aye/internal/demo"
	"example.com/aye/internal/emulate"
	"example.com/aye/internal/stage"
)

// emulateAllCommand is what an Aye that runs elsewhere needs to be tried out: docker-compose.yml has it in the
// profile demo.
type emulateAllCommand struct {
	Dir         string `default:"./aye-emulate" help:"The folder for the credentials, and for aye.yaml, the settings for Aye."`
	Bind        string `default:"127.0.0.1" help:"The address to listen on."`
	Port        int    `default:"9000" help:"The first of eleven ports: Google, Apple, MessageBird, Bird and the mail server; the pages of each, in the same order; the phone. 0 for free ones."`
	Name        string `default:"localhost" help:"The name under which Aye reaches this machine."`
	Aye         string `default:"http://localhost:8080" help:"The origin of Aye, for the phone in the browser."`
	PhoneListen string `help:"Where the phone in the browser listens, in the place of the last port. It keeps its keys under this address: with that of an aye demo, the phone that was linked there is this one." placeholder:"ADDRESS"`
	Phone       string `help:"The origin of the phone in the browser, if it is behind a proxy that leads /inbox/ to the page of Google."`
}

// stands are all stand-ins.
type stands struct {
	fcm         *emulate.FCM
	apns        *emulate.APNs
	messagebird *emulate.MessageBird
	bird        *emulate.Bird
	mailbox     *emulate.Mailbox
}

const (
	pages     = 5  // from the first port: that of Google's page
	phonePort = 10 // and that of the phone
)

func (c *emulateAllCommand) address(offset int) string {
	if c.Port == 0 {
		offset = 0
	}
	return net.JoinHostPort(c.Bind, strconv.Itoa(c.Port+offset))
}

// start starts all; they end with ctx.
func (c *emulateAllCommand) start(ctx context.Context) (s stands, err error) {
	options := func(i int) []emulate.Option {
		return []emulate.Option{emulate.WithControl(c.address(pages + i)), emulate.WithName(c.Name)}
	}
	var errs [5]error
	s.fcm, errs[0] = emulate.StartFCM(ctx, c.address(0), options(0)...)
	s.apns, errs[1] = emulate.StartAPNs(ctx, c.address(1), options(1)...)
	s.messagebird, errs[2] = emulate.StartMessageBird(ctx, c.address(2), options(2)...)
	s.bird, errs[3] = emulate.StartBird(ctx, c.address(3), options(3)...)
	s.mailbox, errs[4] = emulate.StartMailbox(ctx, c.address(4), options(4)...)
	return s, errors.Join(errs[:]...)
}

// Run plays until it is stopped.
func (c *emulateAllCommand) Run(ctx context.Context, env *environment) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends what was started, whatever failed
	s, err := c.start(ctx)
	if err != nil {
		return err
	}
	phone, err := listenAs(ctx, cmp.Or(c.PhoneListen, c.address(phonePort)))
	if err != nil {
		return err
	}
	inbox := c.Phone
	if c.Phone == "" {
		c.Phone, inbox = phone.origin, s.fcm.ControlURL()
	}
	settings, err := c.settings(s)
	if err != nil {
		return errors.Join(err, phone.stop(ctx))
	}
	mux := http.NewServeMux()
	mux.Handle("GET /readyz", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ready") })) // for `aye health`
	mux.Handle("/", demo.NewPhonePage(demo.PhonePageConfig{AyeURL: c.Aye, InboxURL: inbox, PushApp: stage.PushApp}))
	phone.serve(mux)
	fmt.Fprintf(env.stdout, `Playing Google, Apple, MessageBird, Bird and a mail server. The settings for Aye are in %s.

  The phone            %s
  The mailbox          %s
  The text messages    %s

For a text message provider in Aye, API key and signing key:

  MessageBird          %s   %s
  Bird                 %s   %s

Stop with Ctrl+C.
`, settings, c.Phone, s.mailbox.URL(), s.messagebird.ControlURL(),
		s.messagebird.Key().Reveal(), s.messagebird.Signing().Reveal(), s.bird.Key().Reveal(), s.bird.Signing().Reveal())
	<-ctx.Done()
	return phone.stop(context.WithoutCancel(ctx))
}

// settings writes the credentials, and the settings that name them.
func (c *emulateAllCommand) settings(s stands) (string, error) {
	account, err := s.fcm.ServiceAccountJSON()
	if err != nil {
		return "", err
	}
	key, err := s.apns.Key()
	if err != nil {
		return "", err
	}
	if err = os.MkdirAll(c.Dir, 0o700); err != nil {
		return "", err
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return "", err
	}
	file := func(name string) string { return filepath.Join(dir, name) }
	type values = map[string]any
	text, err := yaml.Marshal(values{
		"phone_origins": []string{c.Phone},
		"mail":          values{"host": c.Name, "port": s.mailbox.Port(), "plain": true, "from": "Aye <aye@example.com>"},
		"sms":           values{"messagebird_endpoint": s.messagebird.URL(), "bird_endpoint": s.bird.URL(), "roots_file": file("texts.pem")},
		"push": []values{
			{"provider": "fcm", "app": stage.PushApp, "credentials_file": file("fcm.json"), "endpoint": s.fcm.URL(), "roots_file": file("fcm.pem")},
			{
				"provider": "apns", "app": stage.PushApp, "environment": "production", "key_id": s.apns.KeyID(), "team_id": s.apns.TeamID(),
				"credentials_file": file("apns.p8"), "endpoint": s.apns.URL(), "roots_file": file("apns.pem"),
			},
		},
	})
	if err != nil {
		return "", err
	}
	for name, content := range map[string][]byte{
		"fcm.json": []byte(account.Reveal()), "fcm.pem": s.fcm.CAPEM(), "apns.p8": []byte(key.Reveal()), "apns.pem": s.apns.CAPEM(),
		"texts.pem": slices.Concat(s.messagebird.CAPEM(), s.bird.CAPEM()), "aye.yaml": text,
	} {
		if err = os.WriteFile(file(name), content, 0o600); err != nil {
			return "", err
		}
	}
	return file("aye.yaml"), nil
}
