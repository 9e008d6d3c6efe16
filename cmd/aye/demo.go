package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/demo"
	"example.com/aye/internal/secret"
	"example.com/aye/internal/stage"
)

type demoCommand struct {
	Once    bool   `help:"Run the main job of the shop, then that of the portal, with nobody there, and list each step."`
	Tap     bool   `help:"With --once: one tap instead of the number."`
	Listen  string `default:"127.0.0.1:8080" help:"Where Aye listens."`
	Shop    string `default:"127.0.0.1:8081" help:"Where the shop listens."`
	PhoneAt string `default:"127.0.0.1:8082" name:"phone" help:"Where the phone in the browser listens."`
	Mailbox string `default:"127.0.0.1:8083" help:"Where the page listens that shows all mail."`
	Start   string `default:"127.0.0.1:8084" help:"Where the page listens on which you begin."`
	Texts   string `default:"127.0.0.1:8085" help:"Where the page listens that shows all text messages."`
	DataDir string `help:"Where data is kept; without it, it goes away with the demo."`
	Verbose bool   `short:"v" help:"Show the server's log."`
	Strict  bool   `help:"Use the profile strict: six digits everywhere."`
}

const (
	demoEmail = "ada@example.com"
	demoName  = "Ada"
	demoShop  = "Tulp & Zoon"

	demoAdministrator     = "grace@example.com"
	demoAdministratorName = "Grace"
)

// Run sets the stage, and plays or waits.
func (c *demoCommand) Run(ctx context.Context, env *environment) error {
	start := env.now()
	log := slog.New(slog.DiscardHandler)
	if c.Verbose {
		log = slog.New(slog.NewTextHandler(env.stderr, nil))
	}
	if c.Once { // free ports, so that it never meets another demo
		free := "127.0.0.1:0"
		c.Listen, c.Shop, c.PhoneAt, c.Mailbox, c.Start, c.Texts = free, free, free, free, free, free
	}
	var at [3]serving
	var err error
	for i, address := range []string{c.Shop, c.PhoneAt, c.Start} {
		if at[i], err = listenAs(ctx, address); err != nil {
			return errors.Join(err, closeAll(at[:i]))
		}
	}
	shop, page, first := at[0], at[1], at[2]
	s, err := stage.New(ctx, stage.Options{
		Dir: c.DataDir, Listen: c.Listen, PhoneOrigins: []string{page.origin}, WebhookPrivate: true, Mailbox: true, MailboxPage: c.Mailbox, Log: log, Now: env.now,
		Texts: !c.Once, TextsPage: c.Texts, // neither main job needs a text message
	})
	if err != nil {
		return errors.Join(err, closeAll(at[:]))
	}
	err = c.play(ctx, env, s, start, shop, page, first)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(err, shop.stop(last), page.stop(last), first.stop(last), s.Close(last))
}

// serving is a listener, and what answers there.
type serving struct {
	net.Listener

	origin string
	server *http.Server
}

func listenAs(ctx context.Context, address string) (serving, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return serving{}, fmt.Errorf("%w; choose another port, see aye demo --help", err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return serving{listener, "http://localhost:" + port, &http.Server{ReadHeaderTimeout: 5 * time.Second}}, err
}

func closeAll(all []serving) error {
	var errs []error
	for _, one := range all {
		errs = append(errs, one.Close())
	}
	return errors.Join(errs...)
}

// serve answers until stop.
func (s serving) serve(handler http.Handler) {
	s.server.Handler = handler
	go func() { _ = s.server.Serve(s) }()
}

// stop waits for the answers that are under way: they need the stage.
func (s serving) stop(ctx context.Context) error {
	err := s.server.Shutdown(ctx)
	_ = s.Close() // where nothing was served
	return err
}

func (c *demoCommand) play(ctx context.Context, env *environment, s *stage.Stage, start time.Time, shop, page, first serving) error {
	f, err := c.furnish(ctx, s, shop.origin)
	if err != nil {
		return err
	}
	config := demo.ShopConfig{
		AyeURL: s.Origin, ClientID: f.application.ID, ClientSecret: f.secret, WebhookSecret: f.application.WebhookSecret,
		Origin: shop.origin, PhoneURL: page.origin, Name: demoShop, People: []string{demoEmail}, HTTP: &http.Client{Timeout: 10 * time.Second},
	}
	shop.serve(demo.NewShop(config))
	page.serve(demo.NewPhonePage(demo.PhonePageConfig{AyeURL: s.Origin, InboxURL: s.FCM.ControlURL(), PushApp: stage.PushApp}))
	if c.Once {
		return c.once(ctx, env, f, config, start)
	}
	if err = f.texts(ctx); err != nil {
		return err
	}
	first.serve(demo.NewStart(demo.StartConfig{
		AyeURL: s.Origin, ShopURL: shop.origin, PhoneURL: page.origin, MailboxURL: s.Mailbox.URL(), TextsURL: s.MessageBird.ControlURL(), Shopper: demoEmail,
		Invite: f.invite,
	}))
	link, err := f.administrator(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, `Aye is running, with stand-ins for Apple, Google, a mail server and MessageBird. Nothing leaves this machine.

  Begin here           %s
                       Invite yourself to the portal, or go to the shop.

  The portal           %s/login
  The shop             %s   (log in as %s with any password)
  The phone            %s   (in another window, beside them)
  The mailbox          %s   (all mail that Aye sends)
  The text messages    %s   (all of them, and the keys to set up a provider of one's own)

  The administrator    %s
                       %s's invitation. In a private window you can be both.

Stop with Ctrl+C.
`, first.origin, s.Origin, shop.origin, demoEmail, page.origin, s.Mailbox.URL(), s.MessageBird.ControlURL(), link, demoAdministratorName)
	<-ctx.Done()
	fmt.Fprintln(env.stdout, "\nStopped.")
	return nil
}

// furniture is what stands on the stage.
type furniture struct {
	stage        *stage.Stage
	organisation accounts.Organisation
	application  accounts.Application
	secret       secret.Secret
}

// furnish makes what the demo needs, the way an operator does.
func (c *demoCommand) furnish(ctx context.Context, s *stage.Stage, origin string) (furniture, error) {
	f := furniture{stage: s}
	profile := accounts.Standard
	if c.Strict {
		profile = accounts.Strict
	}
	var err error
	// One tap only where it is asked for: the portal takes it wherever it may, and the number is what there is to see.
	f.organisation, err = s.App.Accounts.CreateOrganisation(ctx, accounts.Organisation{Name: demoShop, Profile: profile, AllowTap: c.Tap, Locale: "en"})
	if err != nil {
		return f, err
	}
	_, _, err = s.App.Accounts.AddMember(ctx, f.organisation.ID, accounts.Person{Email: demoEmail, Display: demoName}, accounts.RoleMember)
	if err != nil {
		return f, err
	}
	f.application, f.secret, err = s.App.Accounts.CreateApplication(ctx, accounts.Application{
		OrganisationID: f.organisation.ID, Name: demoShop, Link: origin, Origins: []string{origin}, MayEnrol: true, WebhookURL: origin + "/webhook",
	})
	return f, err
}

// texts sets up the operator's provider of text messages, unless an earlier demo did on the same data: without one
// nobody can prove a number.
func (f furniture) texts(ctx context.Context) error {
	there, err := f.stage.App.SMS.List(ctx, "")
	if err != nil || len(there) > 0 {
		return err
	}
	_, err = f.stage.AddTextProvider(ctx, "")
	return err
}

// invite asks somebody to the portal, as the operator does.
func (f furniture) invite(ctx context.Context, g demo.Guest) error {
	role := accounts.RoleMember
	if g.Administrator {
		role = accounts.RoleAdministrator
	}
	_, err := f.stage.App.Accounts.Invite(ctx, f.organisation.ID, accounts.Person{Email: g.Email, Display: g.Name, Locale: g.Language}, role)
	switch {
	case errors.Is(err, accounts.ErrExists):
		return demo.ErrMember
	case errors.Is(err, accounts.ErrInvalid):
		return demo.ErrGuest
	}
	return err
}

// administrator invites one, and gives the link in the mail.
func (f furniture) administrator(ctx context.Context) (string, error) {
	if err := f.invite(ctx, demo.Guest{Name: demoAdministratorName, Email: demoAdministrator, Administrator: true}); err != nil {
		return "", err
	}
	return f.mailedLink(ctx, demoAdministrator)
}

// mailedLink waits for the next mail to an address, and gives the link in it.
func (f furniture) mailedLink(ctx context.Context, email string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	mail, err := f.stage.Mailbox.Next(ctx, email)
	return mail.Link(), err
}
