package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/demo"
	"example.com/aye/internal/phone"
	"example.com/aye/internal/secret"
	"example.com/aye/internal/stage"
)

type demoCommand struct {
	Once    bool   `help:"Run the whole main job with nobody there, and list each step."`
	Tap     bool   `help:"With --once: one tap instead of the number."`
	Listen  string `default:"127.0.0.1:8080" help:"Where Aye listens."`
	Shop    string `default:"127.0.0.1:8081" help:"Where the shop listens."`
	PhoneAt string `default:"127.0.0.1:8082" name:"phone" help:"Where the phone in the browser listens."`
	DataDir string `help:"Where data is kept; without it, it goes away with the demo."`
	Verbose bool   `short:"v" help:"Show the server's log."`
	Strict  bool   `help:"Use the profile strict: six digits everywhere."`
}

const (
	demoEmail = "ada@example.com"
	demoName  = "Ada"
	demoShop  = "Tulp & Zoon"
)

// Run sets the stage, and plays or waits.
func (c *demoCommand) Run(ctx context.Context, env *environment) error {
	start := env.now()
	log := slog.New(slog.DiscardHandler)
	if c.Verbose {
		log = slog.New(slog.NewTextHandler(env.stderr, nil))
	}
	if c.Once { // free ports, so that it never meets another demo
		c.Listen, c.Shop, c.PhoneAt = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	}
	shop, shopOrigin, err := listenAs(ctx, c.Shop)
	if err != nil {
		return err
	}
	page, pageOrigin, err := listenAs(ctx, c.PhoneAt)
	if err != nil {
		return errors.Join(err, shop.Close())
	}
	s, err := stage.New(ctx, stage.Options{Dir: c.DataDir, Listen: c.Listen, PhoneOrigins: []string{pageOrigin}, WebhookPrivate: true, Log: log, Now: env.now})
	if err != nil {
		return errors.Join(err, shop.Close(), page.Close())
	}
	err = c.play(ctx, env, s, start, serving{shop, shopOrigin}, serving{page, pageOrigin})
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(err, shop.Close(), page.Close(), s.Close(last))
}

type serving struct {
	net.Listener
	origin string
}

func listenAs(ctx context.Context, address string) (net.Listener, string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, "", fmt.Errorf("%w; choose another port, see aye demo --help", err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return listener, "http://localhost:" + port, err
}

func (c *demoCommand) play(ctx context.Context, env *environment, s *stage.Stage, start time.Time, shop, page serving) error {
	application, clientSecret, err := c.furnish(ctx, s, shop.origin)
	if err != nil {
		return err
	}
	config := demo.ShopConfig{
		AyeURL: s.Origin, ClientID: application.ID, ClientSecret: clientSecret, WebhookSecret: application.WebhookSecret,
		Origin: shop.origin, PhoneURL: page.origin, Name: demoShop, People: []string{demoEmail}, HTTP: &http.Client{Timeout: 10 * time.Second},
	}
	serve := func(listener net.Listener, handler http.Handler) {
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
		go func() { _ = server.Serve(listener) }() // ends when Run closes the listener
	}
	serve(shop, demo.NewShop(config))
	serve(page, demo.NewPhonePage(demo.PhonePageConfig{AyeURL: s.Origin, InboxURL: s.FCM.ControlURL(), PushApp: stage.PushApp}))
	if c.Once {
		return c.once(ctx, env, s, config, start)
	}
	fmt.Fprintf(env.stdout, `Aye is running, with stand-ins for Apple and Google. Nothing leaves this machine.

  1. Open the shop     %s
     Log in as %s with any password. It shows a QR code.
  2. Open the phone    %s
     In another window, next to the shop. Follow the link under the QR code, or scan a picture of it.
  3. Log in again at the shop, look at the number, and type it on the phone.

  Aye itself           %s/readyz

Stop with Ctrl+C.
`, shop.origin, demoEmail, page.origin, s.Origin)
	<-ctx.Done()
	fmt.Fprintln(env.stdout, "\nStopped.")
	return nil
}

// furnish makes what the demo needs, the way an operator does.
func (c *demoCommand) furnish(ctx context.Context, s *stage.Stage, origin string) (accounts.Application, secret.Secret, error) {
	profile := accounts.Standard
	if c.Strict {
		profile = accounts.Strict
	}
	o, err := s.App.Accounts.CreateOrganisation(ctx, accounts.Organisation{Name: demoShop, Profile: profile, AllowTap: true, Locale: "en"})
	if err != nil {
		return accounts.Application{}, "", err
	}
	_, _, err = s.App.Accounts.AddMember(ctx, o.ID, accounts.Person{Email: demoEmail, Display: demoName}, accounts.RoleMember)
	if err != nil {
		return accounts.Application{}, "", err
	}
	return s.App.Accounts.CreateApplication(ctx, accounts.Application{
		OrganisationID: o.ID, Name: demoShop, Origins: []string{origin}, MayEnrol: true, WebhookURL: origin + "/webhook",
	})
}

// onceTime is how long the main job may take with nobody there.
const onceTime = 30 * time.Second

func (c *demoCommand) once(ctx context.Context, env *environment, s *stage.Stage, config demo.ShopConfig, start time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, onceTime)
	defer cancel()
	number := 0
	step := func(what string) {
		number++
		fmt.Fprintf(env.stdout, "%7.3f s  %d. %s\n", env.now().Sub(start).Seconds(), number, what)
	}
	step("Aye, the stand-ins of Apple and Google, and a shop are running")
	handset, err := phone.Open("")
	if err != nil {
		return err
	}
	handset.Inbox = s.FCM.ControlURL()
	address := make([]byte, 32)
	_, _ = rand.Read(address)
	err = demo.Once{
		Shop: config, Phone: handset, Email: demoEmail, Tap: c.Tap, Step: step,
		Details: phone.Details{
			Model: "Pixel 9", Platform: "android", OSVersion: "16", AppVersion: "1.0.0", Locale: "en",
			Push: phone.Push{Provider: "fcm", App: stage.PushApp, Kind: "token", Address: phone.Secret(hex.EncodeToString(address))},
		},
	}.Run(ctx)
	if err != nil {
		return fmt.Errorf("the main job does not work: %w", err)
	}
	fmt.Fprintln(env.stdout, "\nReleased and redeemed.")
	return nil
}
