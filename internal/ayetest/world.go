package ayetest

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/approval"
	"example.com/aye/broker"
	"example.com/aye/devices"
	"example.com/aye/internal/pgtest"
	"example.com/aye/internal/secret"
	"example.com/aye/internal/signing"
	"example.com/aye/otp"
	"example.com/aye/pairing"
	"example.com/aye/privacy"
	"example.com/aye/signin"
	"example.com/aye/sms"
	"example.com/aye/store"
	"example.com/aye/support"
)

// Origin is the address of the installation.
const Origin = "https://aye.example.com"

// World is an Aye without a server, with one organisation that has one application.
type World struct {
	testing.TB
	Clock     *Clock
	Keys      *secret.Keys
	Store     *store.Store
	Signer    *signing.Signer
	Accounts  *accounts.Service
	Codes     *otp.Service
	Devices   *devices.Service
	Pairings  *pairing.Service
	Approvals *approval.Service
	Broker    *broker.Memory
	Pusher    *Pusher
	Announcer *Announcer
	Texts     *Texts
	SMS       *sms.Service
	SignIn    *signin.Service
	Support   *support.Service
	Alerts    *alerts.Service
	// Alerted are the alerts that went out.
	Alerted *Alerted
	Privacy *privacy.Service

	Organisation accounts.Organisation
	Shop         accounts.Application

	phones *phones
}

// phones are those of each person that were paired here, oldest first.
type phones struct {
	mu sync.Mutex
	of map[string][]*Phone
}

// New opens a world that lives as long as the test.
func New(tb testing.TB) *World {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "aye.db")
	if err := blank(path); err != nil {
		tb.Fatal(err)
	}
	return newWorld(tb, store.Config{Path: path})
}

// NewOn opens one in the PostgreSQL database at the URL, of which [Database] gives an empty one.
func NewOn(tb testing.TB, url string) *World {
	tb.Helper()
	return newWorld(tb, store.Config{URL: secret.Secret(url), Connections: 8})
}

// Database gives the URL of an empty PostgreSQL database with the newest schema, which goes with the test.
func Database(tb testing.TB) string {
	tb.Helper()
	return pgtest.New(tb, func(ctx context.Context, url string) error {
		keys, err := secret.NewKeys(bytes.Repeat([]byte{7}, secret.KeySize))
		if err != nil {
			return err
		}
		made, err := store.Open(ctx, store.Config{URL: secret.Secret(url), Keys: keys, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
		return made.Close()
	})
}

func newWorld(tb testing.TB, config store.Config) *World {
	tb.Helper()
	w := &World{
		TB: tb, Clock: NewClock(), Broker: broker.NewMemory(), Pusher: &Pusher{}, Texts: &Texts{}, Alerted: &Alerted{},
		phones: &phones{of: map[string][]*Phone{}},
	}
	var err error
	w.Keys, err = secret.NewKeys(bytes.Repeat([]byte{7}, secret.KeySize))
	w.must(err)
	config.Keys, config.Now, config.Log = w.Keys, w.Clock.Now, slog.New(slog.DiscardHandler)
	w.Store, err = store.Open(tb.Context(), config)
	w.must(err)
	tb.Cleanup(func() { w.must(w.Store.Close()) })
	w.Announcer = &Announcer{tb: tb, store: w.Store, now: w.Clock.Now}
	w.Signer, err = signing.Load(tb.Context(), w.Store, Origin, w.Clock.Now)
	w.must(err)
	w.wire()
	w.AddProvider("")
	w.Organisation = w.AddOrganisation(func(*accounts.Organisation) {})
	w.Shop = w.AddApplication(w.Organisation, "The shop")
	return w
}

// schema is a database without a row, as the migrations make it.
var schema = sync.OnceValues(func() (text []byte, err error) {
	dir, err := os.MkdirTemp("", "aye-schema-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	keys, err := secret.NewKeys(bytes.Repeat([]byte{7}, secret.KeySize))
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "aye.db")
	made, err := store.Open(context.Background(), store.Config{Path: path, Keys: keys, Now: NewClock().Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	if err = made.Close(); err != nil { // then everything is in the one file
		return nil, err
	}
	return os.ReadFile(path) //nolint:gosec // the path is made above
})

// blank puts an empty database at the path: the migrations, which are the same each time, run once for all tests.
func blank(path string) error {
	text, err := schema()
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}

// HashMemory is in KiB: next to nothing, because most tests are not about passwords.
const HashMemory = 64

// wire joins the rooms as the server does.
func (w *World) wire() {
	now := w.Clock.Now
	w.Accounts = &accounts.Service{
		Organisations: w.Store, People: w.Store, Applications: w.Store, Passwords: w.Store, Letters: w.Store, Numbers: w.Store, Imports: w.Store,
		Hasher: accounts.NewHasher(w.Keys, HashMemory), Keys: w.Keys, Outbox: w.Store, Host: "aye.example.com", Now: now,
	}
	w.Codes = &otp.Service{Store: w.Store, Now: now}
	w.Devices = &devices.Service{Store: w.Store, Keys: w.Keys, Prover: w.Codes, Origin: Origin, Now: now}
	w.Approvals = &approval.Service{
		Store: w.Store, Deliveries: w.Store, Audit: w.Store, Directory: w.Accounts, Phones: w.Devices, Codes: w.Codes,
		Pusher: w.Pusher, Broker: w.Broker, Signer: w.Signer, Keys: w.Keys, Origin: Origin, Now: now,
	}
	w.Pairings = &pairing.Service{
		Store: w.Store, Directory: w.Accounts, Phones: w.Devices, Elder: elder{w.Approvals, w.Clock}, Broker: w.Broker,
		Keys: w.Keys, Origin: Origin, Thumbprint: w.Signer.Thumbprint, Now: now,
	}
	w.Approvals.Answered, w.Approvals.Disown = w.Pairings.Answered, w.Pairings.Disown
	w.wireTexts()
	w.wireSignIn()
	w.wireSupport()
}

// For gives the same world for a part of the test.
func (w *World) For(tb testing.TB) *World {
	part := *w
	part.TB = tb
	return &part
}

// Run runs a part of a test in the same world.
func (w *World) Run(t *testing.T, name string, part func(*testing.T, *World)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { part(t, w.For(t)) })
}

func (w *World) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// elder asks the person's older phone about a new one.
type elder struct {
	approvals *approval.Service
	clock     *Clock
}

func (e elder) AskElder(ctx context.Context, p pairing.Pairing, phone devices.Device, careful bool) (string, error) {
	asked, err := e.approvals.AskNewPhone(ctx, approval.NewPhoneQuestion{
		OrganisationID: p.OrganisationID, MembershipID: p.MembershipID, Subject: p.ID, Phone: phone.Name, Careful: careful,
		Life: min(approval.DefaultLife, p.Ends.Sub(e.clock.Now())),
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
