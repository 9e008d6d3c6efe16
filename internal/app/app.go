package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/approval"
	"example.com/aye/broker"
	"example.com/aye/broker/nats"
	"example.com/aye/devices"
	"example.com/aye/internal/aside"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/observe"
	"example.com/aye/internal/secret"
	"example.com/aye/internal/signing"
	"example.com/aye/notify"
	"example.com/aye/notify/mail"
	"example.com/aye/notify/webhook"
	"example.com/aye/otp"
	"example.com/aye/pairing"
	"example.com/aye/privacy"
	"example.com/aye/signin"
	"example.com/aye/sms"
	"example.com/aye/store"
	"example.com/aye/support"
)

// App is everything that is wired, without a server: the command line uses it too.
type App struct {
	Config    Config
	Store     *store.Store
	Accounts  *accounts.Service
	Codes     *otp.Service
	Devices   *devices.Service
	Pairings  *pairing.Service
	Approvals *approval.Service
	SignIn    *signin.Service
	SMS       *sms.Service
	Support   *support.Service
	Alerts    *alerts.Service
	Privacy   *privacy.Service
	Signer    *signing.Signer
	Router    *notify.Router
	Broker    broker.Broker
	Metrics   *prometheus.Registry
	// Observer is told of calls and releases, and has the traces.
	Observer *observe.Observer

	outside outside
	// nats is the broker where there are several nodes; nil for one alone.
	nats      *nats.Broker
	announcer *announcer
	webhooks  *webhook.Sender
	witnesses map[string]witness
	places    *places
	// aside hashes the passwords of strangers; nil where the server does.
	aside   *aside.Process
	failing *failing
	log     *slog.Logger
	now     func() time.Time
}

// Open opens the store and makes the services. Close it.
func Open(ctx context.Context, c Config, log *slog.Logger, now func() time.Time) (*App, error) {
	a := &App{Config: c, Metrics: prometheus.NewRegistry(), log: log, now: now}
	keys, err := c.keys()
	if err != nil {
		return nil, err
	}
	where, err := c.store(keys, log, now)
	if err != nil {
		return nil, err
	}
	if err = a.openBroker(); err != nil { //nolint:contextcheck,nolintlint // it outlives the call
		return nil, err
	}
	if err = a.wireObserver(ctx); err != nil {
		return nil, err
	}
	a.outside = newOutside(a.Metrics, now)
	where.Took = newStoreTimes(a.Metrics).took
	if a.Store, err = store.Open(ctx, where); err != nil {
		a.Observer.Tracer.Close(ctx)
		return nil, err
	}
	registerStore(a.Metrics, a.Store)
	registerBroker(a.Metrics, func() broker.Statistics { return a.Broker.Statistics() })
	if err = c.refuseAnew(ctx, a.Store); err == nil {
		err = a.wire(ctx, keys)
	}
	if err != nil {
		a.Observer.Tracer.Close(ctx)
		return nil, errors.Join(err, a.Store.Close())
	}
	return a, nil
}

func (a *App) wire(ctx context.Context, keys *secret.Keys) error {
	var err error
	if a.Signer, err = signing.Load(ctx, a.Store, a.Config.Origin, a.now); err != nil {
		return err
	}
	sender, err := a.mailer()
	if err != nil {
		return err
	}
	if a.places, err = openPlaces(a.Config.PlacesFile); err != nil {
		return err
	}
	senders, err := pushSenders(ctx, a.Config.Push, a.now)
	if err != nil {
		return err
	}
	host, err := url.Parse(a.Config.Origin)
	if err != nil {
		return err
	}
	a.Accounts = &accounts.Service{
		Organisations: a.Store, People: a.Store, Applications: a.Store, Passwords: a.Store, Letters: a.Store, Numbers: a.Store, Imports: a.Store,
		Hasher: accounts.NewHasher(keys, accounts.HashMemory), Keys: keys, Host: host.Hostname(), Now: a.now,
	}
	if a.Config.Aside.File != "" {
		a.aside = aside.New(a.Config.Aside, a.log, a.now)
		a.Accounts.Hasher.Apart = a.aside.Sum
	}
	a.announcer = &announcer{accounts: a.Accounts, origin: a.Config.Origin, sender: sender, log: a.log, now: a.now}
	a.Accounts.Outbox = a.Store
	registerOutbox(a.Metrics, a.Store.PostsWaiting)
	a.Codes = &otp.Service{Store: a.Store, Keys: keys, Now: a.now}
	restored, err := a.Store.Restored(ctx)
	if err != nil {
		return err
	}
	a.Devices = &devices.Service{Store: a.Store, Keys: keys, Prover: a.Codes, Origin: a.Config.Origin, Restored: restored, Now: a.now}
	a.failing = newFailing(a.now)
	a.Router = notify.NewRouter(notify.Options{
		Senders: senders, Workers: a.Config.PushWorkers, Queue: a.Config.PushQueue, Report: a.pushed,
		Metrics: newPushMetrics(a.Metrics, a.failing, a.Observer, a.now).expect(senders), Log: a.log, Now: a.now,
	})
	requests, deliveries := a.traced()
	a.Approvals = &approval.Service{
		Store: requests, Deliveries: deliveries, Audit: a.Store, Directory: a.Accounts, Phones: a.Devices, Codes: a.Codes,
		Pusher: a.Router, Broker: a.Broker, Signer: a.Signer, Keys: keys, Origin: a.Config.Origin, Place: a.places.Place, Now: a.now,
	}
	a.Pairings = &pairing.Service{
		Store: a.Store, Directory: a.Accounts, Phones: a.Devices, Elder: elder{a.Approvals, a.now}, Codes: a.Codes, Broker: a.Broker,
		Keys: keys, Origin: a.Config.Origin, Thumbprint: a.Signer.Thumbprint, Now: a.now,
	}
	a.Approvals.Answered, a.Approvals.Disown = a.Pairings.Answered, a.Pairings.Disown
	a.SignIn = &signin.Service{
		Store: a.Store, Passwords: a.Accounts, Letters: a.Accounts, Directory: a.Accounts, Asker: a.Approvals, Phones: a.Devices,
		Pairings: a.Pairings, Place: a.places.Place, Now: a.now,
	}
	a.webhooks = webhook.NewSender(a.Config.WebhookPrivate, a.now)
	if err := errors.Join(a.wireTexts(keys), a.wireAudit()); err != nil {
		return err
	}
	return a.wireSupport(ctx, keys)
}

func (a *App) wireTexts(keys *secret.Keys) error {
	vendors, err := textVendors(a.Config.SMS, a.now)
	if err != nil {
		return err
	}
	for kind, vendor := range vendors {
		vendors[kind] = watchedVendor{vendor, string(kind), a.outside}
	}
	decided, errs := a.Config.SMS.decided(a.Config.Origin)
	a.SMS = &sms.Service{
		Providers: a.Store, Ledger: a.Store, Directory: a.Accounts, Vendors: vendors, Keys: keys, Config: decided,
		Metrics: newTextMetrics(a.Metrics), Log: a.log, Now: a.now,
	}
	a.Accounts.Texter, a.Approvals.Texts = a.SMS, a.SMS
	return errors.Join(errs...)
}

func (a *App) mailer() (mail.Sender, error) {
	if a.Config.Mail.Host == "" {
		return mail.Log{Logger: a.log}, nil
	}
	password, err := a.Config.mailPassword()
	if err != nil {
		return nil, err
	}
	m := a.Config.Mail
	server, err := mail.NewSMTP(mail.Config{Host: m.Host, Port: m.Port, Username: m.Username, Password: password, From: m.From, Plain: m.Plain})
	return watchedMail{server, a.outside}, err
}

// pushed is told what became of a push.
func (a *App) pushed(ctx context.Context, report notify.Report) {
	if err := a.Approvals.Pushed(ctx, report); err != nil {
		a.log.ErrorContext(ctx, "the state of a push was not stored", slog.String("error", err.Error()))
	}
	if err := a.Devices.Told(ctx, report.Push.Target, report.Outcome); err != nil && !errors.Is(err, devices.ErrUnknown) {
		a.log.ErrorContext(ctx, "the state of a push address was not stored", slog.String("error", err.Error()))
	}
}

// Close ends what runs, within the time of ctx, and closes the store.
func (a *App) Close(ctx context.Context) error {
	a.tellOwn(ctx)
	err := errors.Join(a.Router.Close(ctx), a.leaveNodes(ctx), a.places.close(), inTime(ctx, a.Store.Close))
	a.aside.Close()
	a.Observer.Tracer.Close(ctx) // the last of all: what is done until here may be traced
	return err
}

// TestPush sends a test notification to a phone at once, and says what became of it.
func (a *App) TestPush(ctx context.Context, deviceID string) (notify.Report, error) {
	device, err := a.Devices.Device(ctx, deviceID)
	if err != nil {
		return notify.Report{}, err
	}
	if !device.Reachable() {
		return notify.Report{}, fmt.Errorf("this phone has no push address: its provider is %s and its address is %s", device.Push.Provider, device.PushState)
	}
	report := a.Router.SendNow(ctx, notify.Push{Target: device.Target(), Message: notify.Message{
		Kind: notify.MessageTest, Reference: secret.NewID("test"), Device: device.ID, Title: "Test", Expires: a.now().Add(time.Minute),
	}})
	return report, a.Devices.Told(ctx, report.Push.Target, report.Outcome)
}

// Unlock forgets the wrong codes in a row of a person, on the operator's word. Codes are the person's in every organisation,
// so the audit row is of the installation's chain; it is written first: no code counts again unseen.
func (a *App) Unlock(ctx context.Context, personID string) error {
	err := a.Store.Write(ctx, audit.Entry{Actor: accounts.Operator, Action: "codes.unlocked", Subject: personID, At: a.now().UTC()})
	if err == nil {
		err = a.Codes.Unlock(ctx, personID)
	}
	return err
}

// elder asks the person's older phone about a new one.
type elder struct {
	approvals *approval.Service
	now       func() time.Time
}

func (e elder) AskElder(ctx context.Context, p pairing.Pairing, phone devices.Device, careful bool) (string, error) {
	life := min(approval.DefaultLife, p.Ends.Sub(e.now()))
	asked, err := e.approvals.AskNewPhone(ctx, approval.NewPhoneQuestion{
		OrganisationID: p.OrganisationID, MembershipID: p.MembershipID, Subject: p.ID, Phone: phone.Name, Careful: careful, Life: life,
	})
	return asked.ID, err
}

func (e elder) DropElder(ctx context.Context, approvalID string) error {
	return e.approvals.DropNewPhone(ctx, approvalID)
}

func (e elder) ElderNumber(ctx context.Context, approvalID string) (secret.Secret, error) {
	return e.approvals.Number(ctx, approvalID)
}

func (e elder) ElderAnswer(ctx context.Context, approvalID string) (approved, answered bool, err error) {
	return e.approvals.NewPhoneAnswer(ctx, approvalID)
}
