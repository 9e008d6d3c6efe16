package storetest

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/jws"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/otp"
	"example.com/aye/pairing"
)

// House is a database with an organisation, an application and people in it.
type House struct {
	Backend
	Clock        *Clock
	Organisation accounts.Organisation
	Application  accounts.Application
	// nodes are the database's, where there are several.
	nodes []Backend
}

// NewHouse furnishes an empty database.
func NewHouse(t *testing.T, open Opener) *House {
	t.Helper()
	clock := NewClock()
	h := &House{Backend: open(t, clock.Now), Clock: clock}
	h.Organisation = h.AddOrganisation(t, "Example")
	h.Application = h.AddApplication(t, h.Organisation, "Shop")
	return h
}

// AddOrganisation adds a tenant.
func (h *House) AddOrganisation(t *testing.T, name string) accounts.Organisation {
	t.Helper()
	o := accounts.Organisation{ID: secret.NewID("org"), Name: name, Profile: accounts.Standard, Locale: "nl", Created: h.Clock.Now()}
	must(t, h.CreateOrganisation(t.Context(), o, h.entry(o.ID, "organisation.created")))
	return o
}

// AddApplication adds a relying party.
func (h *House) AddApplication(t *testing.T, o accounts.Organisation, name string) accounts.Application {
	t.Helper()
	a := accounts.Application{
		ID: secret.NewID("app"), OrganisationID: o.ID, Kind: accounts.KindClient, Name: name, Origins: []string{"https://shop.example.com"},
		WebhookURL: "https://shop.example.com/hook", WebhookSecret: "whsec_" + secret.NewToken(),
		Secrets: []accounts.ClientSecret{{ID: "first", Hash: secret.Hash(secret.NewToken()), Created: h.Clock.Now()}},
		Created: h.Clock.Now(),
	}
	must(t, h.CreateApplication(t.Context(), a, h.entry(o.ID, "application.created")))
	return a
}

// AddPerson adds somebody new to the organisation.
func (h *House) AddPerson(t *testing.T, email string) accounts.Member {
	t.Helper()
	return got(h.AddMember(t.Context(), h.member(h.Organisation, email), secret.Hash(secret.NewToken()), h.entry(h.Organisation.ID, "member.added")))(t)
}

func (h *House) member(o accounts.Organisation, email string) accounts.Member {
	now := h.Clock.Now()
	return accounts.Member{
		ID: secret.NewID("usr"), OrganisationID: o.ID, Role: accounts.RoleMember, Created: now,
		Person: accounts.Person{ID: secret.NewID("per"), Email: email, Display: "Ada", Locale: "nl", Created: now},
	}
}

func (h *House) entry(organisationID, action string) audit.Entry {
	return audit.Entry{
		Organisation: organisationID, Actor: "operator", Action: action, Subject: "subject", At: h.Clock.Now(),
		Data: map[string]string{"b": "2", "a": "1"},
	}
}

// Pairing gives an open pairing that is not stored.
func (h *House) Pairing(member accounts.Member) pairing.Pairing {
	now := h.Clock.Now()
	return pairing.Pairing{
		ID: secret.NewID("pair"), OrganisationID: member.OrganisationID, ApplicationID: h.Application.ID, MembershipID: member.ID,
		PersonID: member.Person.ID, State: pairing.Open, Generation: 1, CodeHash: secret.Hash(secret.NewToken()),
		Created: now, Expires: now.Add(pairing.CodeLife), Ends: now.Add(pairing.Life),
	}
}

// OpenOne stores an open pairing.
func (h *House) OpenOne(t *testing.T, member accounts.Member) pairing.Pairing {
	t.Helper()
	return got(h.OpenPairing(t.Context(), h.Pairing(member), h.Clock.Now().Add(-time.Hour), 1000, h.entry(member.OrganisationID, "pairing.opened")))(t)
}

// ClaimOf gives the claim of a new phone.
func (h *House) ClaimOf(p pairing.Pairing) pairing.Claim {
	now := h.Clock.Now()
	id := secret.NewID("dev")
	return pairing.Claim{
		PairingID: p.ID, CodeHash: p.CodeHash, To: pairing.Paired, Now: now, MaxPhones: devices.MaxActive, TOTP: otp.NewSecret(),
		Device: devices.Device{
			ID: id, PersonID: p.PersonID, OrganisationID: p.OrganisationID, MembershipID: p.MembershipID, Status: devices.Active,
			Details: devices.Details{
				Platform: devices.Android, Name: "Pixel", Model: "Pixel 9", OSVersion: "16", AppVersion: "1.2.3", Locale: "nl",
				Push: devices.Address{Provider: notify.ProviderFCM, App: "com.example.aye", Kind: "token", Address: secret.NewToken(), Registered: now},
			},
			Key: key(id + "device"), ApprovalKey: key(id + "approval"), PushState: devices.PushOK, Created: now, Seen: now,
		},
	}
}

// key is a name in the form of a key: no database looks at the point.
func key(name string) jws.Key { return jws.Key{KTY: "EC", CRV: "P-256", X: name, Y: name} }

// AddPhone links a phone, an active one unless it awaits something.
func (h *House) AddPhone(t *testing.T, member accounts.Member, to pairing.State) devices.Device {
	t.Helper()
	p := h.OpenOne(t, member)
	c := h.ClaimOf(p)
	if c.To = to; to != pairing.Paired {
		c.Device.Status = devices.Pending
	}
	if !got(h.Claim(t.Context(), c, h.entry(member.OrganisationID, "pairing.claimed")))(t) {
		t.Fatal("the claim did not win")
	}
	return c.Device
}

// Request gives a question that is not stored.
func (h *House) Request(member accounts.Member, browser string) approval.Request {
	now := h.Clock.Now()
	return approval.Request{
		ID: secret.NewID("apr"), OrganisationID: member.OrganisationID, ApplicationID: h.Application.ID, MembershipID: member.ID,
		PersonID: member.Person.ID, Purpose: approval.Login, State: approval.Pending, Confirm: approval.Tap,
		Context: approval.Context{IP: "203.0.113.7", UserAgent: "Firefox", Browser: browser}, Message: "Log in",
		Details:        []approval.Detail{{Label: "Amount", Value: "€ 12.50"}},
		ChallengeNonce: "nonce", Challenge: "challenge", Created: now, Expires: now.Add(approval.DefaultLife),
	}
}

// AskOne stores a question.
func (h *House) AskOne(t *testing.T, r approval.Request, superseded ...string) approval.Request {
	t.Helper()
	return got(h.Ask(t.Context(), creation(r), func(now approval.Situation) (approval.Admission, error) {
		return approval.Admission{
			Request: r, Superseded: superseded, Budget: now.Budget,
			Entries: []audit.Entry{h.entry(r.OrganisationID, "approval.asked")},
		}, nil
	}))(t)
}

func creation(r approval.Request) approval.Creation {
	return approval.Creation{OrganisationID: r.OrganisationID, ApplicationID: r.ApplicationID, PersonID: r.PersonID, Key: r.CreationKey, Browser: r.Context.Browser}
}

// Approve is the edge by which the phone approves.
func (h *House) Approve(r approval.Request, phone devices.Device) approval.Move {
	now := h.Clock.Now()
	return approval.Move{
		RequestID: r.ID, PersonID: r.PersonID, From: []approval.State{approval.Pending}, To: approval.Approved, Now: now, InTime: true,
		Decision: &approval.Decision{
			ID: secret.NewToken().Reveal(), RequestID: r.ID, DeviceID: phone.ID, Verdict: approval.Approve, Method: approval.Push,
			Verified: approval.PIN, State: approval.Approved, Evidence: "signed", At: now, RedeemBy: now.Add(approval.RedeemLife),
		},
	}
}

// Redeem is the edge by which the application redeems.
func (h *House) Redeem(r approval.Request) approval.Move {
	return approval.Move{
		RequestID: r.ID, PersonID: r.PersonID, From: []approval.State{approval.Approved}, To: approval.Released, Now: h.Clock.Now(), InTime: true,
		Redeemed: &approval.Redeemed{Key: "key", AssertionID: "assertion"},
	}
}

// Report is the edge by which the phone reports.
func (h *House) Report(r approval.Request, phone devices.Device) approval.Move {
	m := h.Approve(r, phone)
	m.From = []approval.State{approval.Pending, approval.Approved, approval.Released, approval.Denied, approval.Expired}
	m.To, m.InTime = approval.Reported, false
	m.Decision.Verdict, m.Decision.State, m.Decision.Verified = approval.Report, approval.Reported, approval.Unverified
	return m
}

// moves goes along an edge that must be open.
func (h *House) moves(t *testing.T, m approval.Move) approval.Request {
	t.Helper()
	if !h.try(t, m) {
		t.Fatalf("the request did not become %s", m.To)
	}
	return got(h.Backend.Request(t.Context(), m.RequestID))(t)
}

// stays tries an edge that must be closed, and looks whether the try left anything behind.
func (h *House) stays(t *testing.T, m approval.Move) {
	t.Helper()
	before, sequence := got(h.Backend.Request(t.Context(), m.RequestID))(t), h.sequence(t)
	if h.try(t, m) {
		t.Fatalf("the request became %s", m.To)
	}
	same(t, "request", got(h.Backend.Request(t.Context(), m.RequestID))(t), before)
	same(t, "last audit row", h.sequence(t), sequence)
}

func (h *House) try(t *testing.T, m approval.Move) bool {
	t.Helper()
	return got(h.Move(t.Context(), m, h.entry(h.Organisation.ID, "approval."+string(m.To))))(t)
}

// sequence is how long the organisation's chain is.
func (h *House) sequence(t *testing.T) int64 {
	t.Helper()
	sequence, _, err := h.AuditHead(t.Context(), h.Organisation.ID)
	must(t, err)
	return sequence
}

// written checks how many audit rows a change wrote.
func (h *House) written(t *testing.T, rows int64, change func()) {
	t.Helper()
	before := h.sequence(t)
	change()
	same(t, "audit rows", h.sequence(t)-before, rows)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// got gives the value of a call that must not fail.
func got[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		must(t, err)
		return value
	}
}

func fails(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error is %v, not %v", err, want)
	}
}

func same[T any](t *testing.T, what string, have, want T) {
	t.Helper()
	if !reflect.DeepEqual(have, want) {
		t.Fatalf("%s:\n have %+v\n want %+v", what, have, want)
	}
}
