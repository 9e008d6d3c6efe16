// Package stage puts a whole Aye on this machine, with stand-ins for Apple, Google, the mail
// server and the vendors of text messages: for the demo, for tests, and for trying things out.
package stage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/app"
	"example.com/aye/internal/emulate"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
)

// PushApp is the name of the app that the stand-ins know.
const PushApp = "com.example.aye"

// Options says what differs from an ordinary stage.
type Options struct {
	// Dir is where data goes; empty for a folder that goes away with the stage.
	Dir string
	// Database is the URL of PostgreSQL, and empty for a file of SQLite in Dir. Stages on one database have one Dir, for its
	// key.
	Database secret.Secret
	// Listen is where the server listens; empty for a free port.
	Listen string
	// PhoneOrigins and WebhookPrivate are settings; see app.Config.
	PhoneOrigins   []string
	WebhookPrivate bool
	Mail           app.Mail
	// Mailbox plays the mail server too, in place of Mail. Its page is at MailboxPage, an
	// address and port; empty for a free port.
	Mailbox     bool
	MailboxPage string
	// Texts plays MessageBird and Bird. The page of MessageBird's texts is at TextsPage, an
	// address and port; empty for a free port. Bird's is at a free port.
	Texts     bool
	TextsPage string
	// TextOptions change both from their defaults, such as emulate.WithReports.
	TextOptions []emulate.Option
	// OperatorSupport makes an organisation whose agents are the operator's support.
	OperatorSupport bool
	// LightPasswords makes hashing cheap, for tests that are not about passwords.
	LightPasswords bool
	// Change sets what else differs in the settings; nil changes nothing.
	Change func(*app.Config)
	Log    *slog.Logger
	Now    func() time.Time
}

// Stage is a running Aye.
type Stage struct {
	App  *app.App
	FCM  *emulate.FCM
	APNs *emulate.APNs
	// Mailbox is nil where it was not asked for.
	Mailbox *emulate.Mailbox
	// MessageBird and Bird are nil where they were not asked for.
	MessageBird *emulate.MessageBird
	Bird        *emulate.Bird
	// Support is the organisation of the operator's support; zero where it was not asked for.
	Support accounts.Organisation
	Origin  string
	Config  app.Config

	options Options
	server  *app.Server
	remove  func() error
}

// New starts everything. Close it.
func New(ctx context.Context, o Options) (*Stage, error) {
	s := &Stage{options: o, remove: func() error { return nil }}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	return s, nil
}

func (s *Stage) open(ctx context.Context) error {
	if s.options.Log == nil {
		s.options.Log = slog.New(slog.DiscardHandler)
	}
	if s.options.Now == nil {
		s.options.Now = time.Now
	}
	if s.options.Dir == "" {
		dir, err := os.MkdirTemp("", "aye-")
		if err != nil {
			return err
		}
		s.options.Dir, s.remove = dir, func() error { return os.RemoveAll(dir) }
	}
	if err := os.MkdirAll(s.options.Dir, 0o700); err != nil { // before the first stand-in keeps something there
		return err
	}
	if s.options.Listen == "" {
		s.options.Listen = "127.0.0.1:0"
	}
	var err error
	// The stand-ins outlive ctx: a server that stops brings its last pushes out first.
	last := context.WithoutCancel(ctx)
	if s.FCM, err = emulate.StartFCM(last, "127.0.0.1:0", emulate.WithClock(s.options.Now)); err != nil {
		return err
	}
	if s.APNs, err = emulate.StartAPNs(last, "127.0.0.1:0", emulate.WithClock(s.options.Now)); err != nil {
		return err
	}
	if s.options.Mailbox {
		if err = s.openMailbox(last); err != nil {
			return err
		}
	}
	if s.options.Texts {
		if err = s.openTexts(last); err != nil {
			return err
		}
	}
	return s.serve(ctx)
}

// openTexts starts the vendors of text messages.
func (s *Stage) openTexts(ctx context.Context) error {
	options := append([]emulate.Option{emulate.WithClock(s.options.Now)}, s.options.TextOptions...)
	account, err := s.account("bird.keys")
	if err != nil {
		return err
	}
	if s.Bird, err = emulate.StartBird(ctx, "127.0.0.1:0", slices.Concat(options, account)...); err != nil {
		return err
	}
	if account, err = s.account("messagebird.keys"); err != nil {
		return err
	}
	if s.options.TextsPage != "" {
		options = append(options, emulate.WithControl(s.options.TextsPage))
	}
	if s.MessageBird, err = emulate.StartMessageBird(ctx, "127.0.0.1:0", slices.Concat(options, account)...); err != nil {
		return err
	}
	return errors.Join(s.keep("bird.keys", s.Bird.Key(), s.Bird.Signing()), s.keep("messagebird.keys", s.MessageBird.Key(), s.MessageBird.Signing()))
}

// account gives a stand-in the keys that one before it had on the same data: what was set up with them
// is in the database.
func (s *Stage) account(name string) ([]emulate.Option, error) {
	text, err := os.ReadFile(filepath.Join(s.options.Dir, name)) //nolint:gosec // both names stand above
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	key, signing, _ := strings.Cut(string(text), "\n")
	return []emulate.Option{emulate.WithAccount(secret.Secret(key), secret.Secret(signing))}, err
}

func (s *Stage) keep(name string, key, signing secret.Secret) error {
	return os.WriteFile(filepath.Join(s.options.Dir, name), []byte(key.Reveal()+"\n"+signing.Reveal()), 0o600)
}

// openMailbox starts the mail server, and makes it that of the settings.
func (s *Stage) openMailbox(ctx context.Context) error {
	options := []emulate.Option{emulate.WithClock(s.options.Now)}
	if s.options.MailboxPage != "" {
		options = append(options, emulate.WithControl(s.options.MailboxPage))
	}
	var err error
	if s.Mailbox, err = emulate.StartMailbox(ctx, "127.0.0.1:0", options...); err != nil {
		return err
	}
	s.options.Mail = app.Mail{Host: s.Mailbox.Host(), Port: s.Mailbox.Port(), From: "Aye <aye@example.com>", Plain: true}
	return nil
}

// serve starts the server itself.
func (s *Stage) serve(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.options.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err == nil {
		s.Origin = "http://localhost:" + port
		s.options.Listen = listener.Addr().String()
		s.Config, err = s.config()
	}
	if err == nil {
		s.App, err = app.Open(ctx, s.Config, s.options.Log, s.options.Now)
	}
	if err == nil && s.options.LightPasswords {
		s.App.Accounts.Hasher = accounts.NewHasher(s.App.Accounts.Keys, 64)
	}
	if err == nil && s.options.OperatorSupport {
		if err = s.openSupport(ctx, s.App); err == nil {
			s.Config.Support.Organisation, s.App.Support.OperatorOrganisation = s.Support.ID, s.Support.ID
		}
	}
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	s.server, err = s.App.StartOn(ctx, listener)
	return err
}

// Restart ends the server, in good order, and starts it again on the same data and address.
func (s *Stage) Restart(ctx context.Context) error {
	if err := s.stop(ctx); err != nil {
		return err
	}
	return s.serve(ctx)
}

func (s *Stage) stop(ctx context.Context) error {
	var errs []error
	if s.server != nil {
		errs = append(errs, s.server.Stop(ctx))
	}
	if s.App != nil {
		errs = append(errs, s.App.Close(ctx))
	}
	s.server, s.App = nil, nil
	return errors.Join(errs...)
}

// Close ends everything.
func (s *Stage) Close(ctx context.Context) error {
	err := s.stop(ctx)
	if s.FCM != nil {
		s.FCM.Close()
	}
	if s.APNs != nil {
		s.APNs.Close()
	}
	if s.Mailbox != nil {
		s.Mailbox.Close()
	}
	if s.MessageBird != nil {
		s.MessageBird.Close()
	}
	if s.Bird != nil {
		s.Bird.Close()
	}
	return errors.Join(err, s.remove())
}

// key makes the key that servers on one database share, where there is none.
func (s *Stage) key() (string, error) {
	path := filepath.Join(s.options.Dir, "key")
	_, err := secret.LoadKeys(path)
	return path, err
}

// config writes the credentials of the stand-ins into files, so that the server finds them
// on the same way as real ones.
func (s *Stage) config() (app.Config, error) {
	account, err := s.FCM.ServiceAccountJSON()
	if err != nil {
		return app.Config{}, err
	}
	key, err := s.APNs.Key()
	if err != nil {
		return app.Config{}, err
	}
	file := func(name string) string { return filepath.Join(s.options.Dir, name) }
	files := map[string][]byte{
		"fcm.json": []byte(account.Reveal()), "fcm.pem": s.FCM.CAPEM(), "apns.p8": []byte(key.Reveal()), "apns.pem": s.APNs.CAPEM(),
	}
	if s.MessageBird != nil {
		files["texts.pem"] = slices.Concat(s.MessageBird.CAPEM(), s.Bird.CAPEM())
	}
	for name, text := range files {
		if err = os.WriteFile(file(name), text, 0o600); err != nil {
			return app.Config{}, err
		}
	}
	c, err := app.LoadConfig("", nil, nil)
	c.Origin, c.DataDir, c.MetricsListen = s.Origin, s.options.Dir, ""
	c.PhoneOrigins, c.WebhookPrivate, c.Mail = s.options.PhoneOrigins, s.options.WebhookPrivate, s.options.Mail
	c.DrainTime = 5 * time.Second
	if c.Database.URL = s.options.Database; c.Database.URL != "" {
		c.Database.Connections = 8
		if c.KeyFile, err = s.key(); err != nil {
			return app.Config{}, err
		}
	}
	c.Push = []app.PushApp{
		{Provider: string(notify.ProviderFCM), App: PushApp, CredentialsFile: file("fcm.json"), Endpoint: s.FCM.URL(), RootsFile: file("fcm.pem")},
		{
			Provider: string(notify.ProviderAPNs), App: PushApp, CredentialsFile: file("apns.p8"), Endpoint: s.APNs.URL(), RootsFile: file("apns.pem"),
			KeyID: s.APNs.KeyID(), TeamID: s.APNs.TeamID(), Environment: notify.EnvironmentProduction,
		},
	}
	if s.MessageBird != nil {
		c.SMS.MessageBirdEndpoint, c.SMS.BirdEndpoint, c.SMS.RootsFile = s.MessageBird.URL(), s.Bird.URL(), file("texts.pem")
	}
	if s.options.Change != nil {
		s.options.Change(&c)
	}
	return c, err
}
