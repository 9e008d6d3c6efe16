package api_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"database/sql"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/phone"
	"example.com/aye/internal/stage"
	"example.com/aye/support"
)

// victim is a world in which something of everything waits, whose clock stands still.
type victim struct {
	*world
	dir    string
	server string
	at     time.Time
	log    *alarm
	// shop is whom the requests pretend to be, foreign the same in another organisation.
	shop, foreign *tenant
	// unlinked is a phone that was.
	unlinked *signer
	// wrong counts the failures.
	wrong atomic.Int64
}

// tenant is an organisation with one of everything.
type tenant struct {
	*shop
	id, secret string
	phone      *handset
	signer     *signer
	// pending waits for the phone; the others are at their end.
	pending, denied asked
	linking         handle
	ids             map[string]string
	provider, draft string
	caseID          string
}

// signer is what a phone signs with.
type signer struct {
	device           string
	key, approvalKey *ecdsa.PrivateKey
	challenge        string
	membership, org  string
}

func newVictim(t *testing.T) *victim {
	t.Helper()
	v := &victim{dir: t.TempDir(), at: time.Now(), log: new(alarm)}
	v.world = newWorld(t, texts, func(o *stage.Options) {
		o.Dir, o.Log = v.dir, slog.New(v.log)
		o.Now = func() time.Time { return v.at }
	})
	v.server = strings.TrimPrefix(v.Origin, "http://")
	if _, err := v.AddTextProvider(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	v.shop, v.foreign = v.tenant("+31612345601", ada, "bo@example.com"), v.tenant("+31612345602", "eve@example.com", "mallory@example.com")
	lost := v.still(v.handset(polls))
	v.member(v.shop.organisation, "former@example.com", accounts.RoleMember)
	if _, err := lost.scan(v.shop.pairing("former@example.com").URL); err != nil {
		t.Fatal(err)
	}
	v.unlinked = v.signer(lost)
	lost.call(t, http.MethodDelete, "/v1/device", "").want(http.StatusNoContent)
	v.settled()
	return v
}

// settled waits until the vendor has told what became of every text.
func (v *victim) settled() {
	v.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; {
		left := slices.DeleteFunc(v.look()["sms_messages"], func(row string) bool { return strings.Contains(row, " state=delivered ") })
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			v.t.Fatalf("no report came of %s", left)
		}
	}
}

// still lets a phone live at the time at which the server stands.
func (v *victim) still(h *handset) *handset {
	h.Now = func() time.Time { return v.at }
	return h
}

// tenant makes an organisation of a member with a phone, and of one without.
func (v *victim) tenant(number, email, without string) *tenant {
	t := v.t
	t.Helper()
	o := v.organisation(func(o *accounts.Organisation) {
		o.Methods = []accounts.SecondFactor{accounts.TOTP, accounts.SMS, accounts.Recovery}
	})
	s := v.shopOf(o, func(a *accounts.Application) { a.MayManageTexts = true }, email, without)
	n := &tenant{shop: s, id: s.ID, secret: s.secret}
	s.owner("owner-"+email, number)
	n.phone = v.still(v.handset(polls))
	if _, err := n.phone.scan(s.pairing(email).URL); err != nil {
		t.Fatal(err)
	}
	n.pending, n.denied = s.ask(email, object{"expires_in": 300}), s.ask(email, browser("b-2"))
	if _, err := n.phone.Deny(t.Context(), n.denied.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := n.phone.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.linking = s.pairing(without)
	p, err := v.AddTextProvider(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	var draft struct{ ID string }
	s.post(t, "/v1/sms-providers", object{
		"description": "Another", "sender": "Tulp", "key": v.MessageBird.Key().Reveal(), "signing_key": v.MessageBird.Signing().Reveal(), "administrator": object{"email": "owner-" + email},
	}).want(http.StatusAccepted).into(&draft)
	agent := v.agent(o, "Sam", accounts.RoleSupport)
	m, err := v.App.Accounts.Member(t.Context(), o.ID, accounts.UserReference{Email: email})
	if err != nil {
		t.Fatal(err)
	}
	v.password(m)
	c, err := v.OpenCase(t.Context(), agent, m, support.Lost)
	if err != nil {
		t.Fatal(err)
	}
	n.provider, n.draft, n.caseID = p.ID, draft.ID, c.ID
	n.signer = v.signer(n.phone)
	n.signer.membership, n.signer.org = m.ID, o.ID
	n.signer.challenge = n.phone.kept().Challenges[n.pending.ID].Challenge
	n.ids = map[string]string{
		"PairingId": n.linking.ID, "ApprovalId": n.pending.ID, "CaseId": n.caseID, "SmsProviderId": n.provider,
		"SmsDraftId": n.draft, "SmsReporterId": n.provider, "code": "lapsed",
	}
	return n
}

func (v *victim) signer(h *handset) *signer {
	k := h.kept()
	return &signer{device: k.Device, key: privateKey(v.t, k.DeviceKey), approvalKey: privateKey(v.t, k.ApprovalKey)}
}

// mayChange are the tables that a wrong request may write to, and what for.
var mayChange = map[string]string{
	"proofs":         "a proof that was right is used up, whatever came with it",
	"tries":          "a code of the wrong form is a wrong one",
	"audit_rows":     "a refusal may be written down; see wrongActions",
	"audit_heads":    "as audit_rows",
	"audit_about":    "as audit_rows",
	"audit_personal": "as audit_rows",
	// These come of the time that passes, not of what is asked.
	"audit_checkpoints": "the server signs its log now and then",
	"audit_outbox":      "as audit_checkpoints",
}

// wrongActions are those that a refusal may leave in the audit log.
var wrongActions = []string{"approval.redeem-refused", "code.refused", "pairing.wrong-digits"}

var tried = regexp.MustCompile(` tries=\d+`)

// look reads the whole database: the rows of each table, as text.
func (v *victim) look() map[string][]string {
	v.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(v.dir, "aye.db")+"?mode=ro&_busy_timeout=5000")
	if err != nil {
		v.t.Fatal(err)
	}
	defer db.Close()
	seen := map[string][]string{}
	for _, name := range v.column(db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'") {
		seen[name] = v.rows(db, name)
	}
	return seen
}

func (v *victim) column(db *sql.DB, query string) []string {
	v.t.Helper()
	rows, err := db.QueryContext(v.t.Context(), query)
	if err != nil {
		v.t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var one string
		if err = rows.Scan(&one); err != nil {
			v.t.Fatal(err)
		}
		all = append(all, one)
	}
	if err = rows.Err(); err != nil {
		v.t.Fatal(err)
	}
	return all
}

func (v *victim) rows(db *sql.DB, table string) []string {
	v.t.Helper()
	rows, err := db.QueryContext(v.t.Context(), "SELECT * FROM "+table)
	if err != nil {
		v.t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		v.t.Fatal(err)
	}
	var all []string
	for rows.Next() {
		values := make([]any, len(names))
		places := make([]any, len(names))
		for i := range values {
			places[i] = &values[i]
		}
		if err = rows.Scan(places...); err != nil {
			v.t.Fatal(err)
		}
		line := new(strings.Builder)
		for i, name := range names {
			fmt.Fprintf(line, "%s=%v ", name, values[i])
		}
		row := line.String()
		if table == "sms_drafts" { // a code of the wrong form is a wrong one
			row = tried.ReplaceAllString(row, "")
		}
		all = append(all, row)
	}
	slices.Sort(all)
	if err = rows.Err(); err != nil {
		v.t.Fatal(err)
	}
	return all
}

// unchanged wants the database to be as it was, but for what mayChange says.
func (v *victim) unchanged(before, after map[string][]string) {
	v.t.Helper()
	for _, table := range slices.Sorted(maps.Keys(after)) {
		was := map[string]bool{}
		for _, row := range before[table] {
			was[row] = true
		}
		for _, row := range after[table] {
			if was[row] {
				delete(was, row)
				continue
			}
			if table == "audit_rows" {
				if !slices.ContainsFunc(wrongActions, func(action string) bool { return strings.Contains(row, "action="+action+" ") }) {
					v.t.Errorf("a wrong request is in the audit log as what it is not: %.500s", row)
				}
				continue
			}
			if mayChange[table] == "" {
				v.t.Errorf("a wrong request changed %s: %.1000s", table, row)
			}
		}
		if mayChange[table] == "" || table == "audit_rows" {
			for row := range was {
				v.t.Errorf("a wrong request took away of %s: %.1000s", table, row)
			}
		}
	}
}

// goesOn plays an honest login after it all: what waited before still waits, and is approved and redeemed.
func (v *victim) goesOn() {
	t := v.t
	t.Helper()
	for _, n := range []*tenant{v.shop, v.foreign} {
		if now := n.state(n.pending.ID); now.Status != "pending" {
			t.Fatalf("the request that waited is %s", now.Status)
		}
		if outcome, err := n.phone.Approve(t.Context(), n.pending.ID, n.pending.Number, phone.Biometric); err != nil || outcome.Status != "approved" {
			t.Fatalf("%+v %v", outcome, err)
		}
		n.redeem(n.pending.ID, n.state(n.pending.ID).ReleaseCode).want(http.StatusOK)
		if linked, err := v.still(v.handset(polls)).scan(n.linking.URL); err != nil || linked.Device == "" {
			t.Errorf("%+v %v", linked, err)
		}
	}
}

// alarm is a log that keeps only what should not be there.
type alarm struct {
	mu  sync.Mutex
	bad bytes.Buffer
}

// Enabled lets through what the requests' own lines are beneath.
func (a *alarm) Enabled(context.Context, slog.Level) bool { return true }

// Handle keeps errors, and whatever net/http tells of a panic.
func (a *alarm) Handle(_ context.Context, r slog.Record) error {
	if r.Level < slog.LevelError && !strings.Contains(r.Message, "panic") {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	fmt.Fprintf(&a.bad, "%s %s", r.Level, r.Message)
	r.Attrs(func(attr slog.Attr) bool { fmt.Fprintf(&a.bad, " %s", attr); return true })
	a.bad.WriteString("\n")
	return nil
}

// WithAttrs and WithGroup change nothing of what is looked for.
func (a *alarm) WithAttrs([]slog.Attr) slog.Handler { return a }

// WithGroup is as WithAttrs.
func (a *alarm) WithGroup(string) slog.Handler { return a }

func (a *alarm) clean(t *testing.T) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.bad.Len() > 0 {
		t.Errorf("the log has: %.3000s", a.bad.String())
	}
}
