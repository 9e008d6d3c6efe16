// Package storetest holds what every database behind Aye must do. Each guard of a change has
// a subtest of its own that fails without it.
package storetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
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

// Backend is all that the rooms ask of a database.
type Backend interface {
	accounts.Organisations
	accounts.People
	accounts.Applications
	accounts.Passwords
	accounts.Letters
	accounts.Numbers
	accounts.Imports
	devices.Store
	pairing.Store
	signin.Store
	otp.Store
	approval.Store
	approval.Deliveries
	approval.Audit
	signing.Store
	audit.Reader
	audit.Searcher
	secret.DataKeys
	sms.Providers
	sms.Ledger
	support.Store
	alerts.Store
	privacy.Store
	Webhooks
	Posts
	Ping(ctx context.Context) error
	VerifyAudit(ctx context.Context) error
	Erase(ctx context.Context, before time.Time) (more bool, err error)
	BreakGlass(ctx context.Context, c support.Case, r support.Revocation, opened, revoked audit.Entry) error
	EraseMember(ctx context.Context, e privacy.Erasure, entry audit.Entry) (whole bool, err error)
}

// Webhooks is what the teller of reports asks of a database.
type Webhooks interface {
	DueWebhooks(ctx context.Context, now time.Time, limit int) ([]store.WebhookDelivery, error)
	WebhookDone(ctx context.Context, id string) error
	WebhookRetry(ctx context.Context, id string, next time.Time) error
}

// Posts is what the teller of mails asks of a database.
type Posts interface {
	TakePosts(ctx context.Context, lane store.Lane, now time.Time, limit int) ([]store.Post, error)
	TakePost(ctx context.Context, id string, now time.Time) ([]store.Post, error)
	PostTold(ctx context.Context, p store.Post, told []string, now time.Time) (bool, error)
	PostLater(ctx context.Context, p store.Post, next time.Time) (bool, error)
	PostDone(ctx context.Context, p store.Post) (bool, error)
	OwnPosts() []string
	PostsWoken() <-chan struct{}
	PostsWaiting() int64
	CountPosts(ctx context.Context) error
}

// Opener gives an empty database that lives as long as the test and takes its time from now.
type Opener func(t *testing.T, now func() time.Time) Backend

// Run tries a database.
func Run(t *testing.T, open Opener) {
	t.Helper()
	rooms := []struct {
		name string
		run  func(*testing.T, Opener)
	}{
		{"accounts", testAccounts},
		{"applications", testApplications},
		{"inviting", testInviting},
		{"invited as", testInvitedAs},
		{"roles", testRoles},
		{"roles that settle", testRolesSettle},
		{"rules", testRules},
		{"standings", testStandings},
		{"passwords", testPasswords},
		{"letters", testLetters},
		{"texts", testTexts},
		{"imports", testImports},
		{"devices", testDevices},
		{"push", testPush},
		{"pairing", testPairing},
		{"claim", testClaim},
		{"pairing moves", testPairingMoves},
		{"otp", testOTP},
		{"factors", testFactors},
		{"ask", testAsk},
		{"move", testMove},
		{"alone", testAlone},
		{"answers", testAnswers},
		{"lists", testLists},
		{"sessions", testSessions},
		{"providers of text messages", testProviders},
		{"ledger", testLedger},
		{"cases", testCases},
		{"moves of cases", testCaseMoves},
		{"revocations", testRevocations},
		{"break-glass", testBreakGlass},
		{"stops", testStops},
		{"recovering", testRecovering},
		{"access codes", testAccessCodes},
		{"checks of callers", testCaseChecks},
		{"freezes", testFreezes},
		{"finding people", testFindPeople},
		{"alerts", testAlerts},
		{"outbox", testOutbox},
		{"exports", testExports},
		{"erasures", testErasures},
		{"deliveries", testDeliveries},
		{"webhooks", testWebhooks},
		{"signing", testSigning},
		{"audit", testAudit},
		{"data keys", testDataKeys},
		{"races", testRaces},
		{"histories", testHistories},
	}
	for _, room := range rooms {
		t.Run(room.name, func(t *testing.T) {
			t.Parallel()
			room.run(t, open)
		})
	}
}

// Clock is a time that stands still until it is moved.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock stands at a moment in 2026.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)} }

// Now gives the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Pass moves the time on.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
