package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
	"example.com/aye/privacy"
	"example.com/aye/signin"
	"example.com/aye/sms"
	"example.com/aye/support"
)

// traces are what somebody left behind who lived here.
type traces struct {
	belongings
	helped  support.Case
	message sms.Message
	// signed are the requests by which others approved the case.
	signed []string
}

// lives leaves a trace of every kind, with words that are found again.
func (d desk) lives(t *testing.T) traces {
	t.Helper()
	m := d.member
	ctx := audit.WithOrigin(t.Context(), audit.Origin{IP: "203.0.113.99", UserAgent: "their browser"})
	must(t, d.SetDisplay(ctx, m.Person.ID, "Ada Lovelace", audit.Entry{Actor: m.Person.ID, Action: "person.name-changed", Subject: m.Person.ID, At: d.Clock.Now()}))
	must(t, d.SetPassword(ctx, m.Person.ID, "HASHOFPASSWORD", d.Clock.Now(), d.entry("", "person.password-changed")))
	must(t, d.KnowBrowser(ctx, m.Person.ID, "HASHOFBROWSER", d.Clock.Now()))
	left := traces{belongings: d.furnish(t)}
	left.signed = []string{d.signature(t, d.approver, d.phone), d.signature(t, d.opener, d.AddPhone(t, d.opener, pairing.Paired))}
	left.message = d.House.sent(t, m, func(m *sms.Message) {
		m.Number, m.Index, m.Masked = "+31612345678", "index of +31612345678", "+31 *** 678"
	})
	left.helped = d.opens(t, escalated)
	d.goes(t, support.Move{
		CaseID: left.helped.ID, From: []support.State{support.Open}, To: support.Open, Now: d.Clock.Now(), ApprovalID: left.signed[0], OperatorApprovalID: left.signed[1],
	})
	left.sessions = append(left.sessions, tenancy{d.House, m, left.phones[0]}.begin(t, signin.Full, nil))
	return left
}

// words are all that is in the sections.
func words(sections []privacy.Section) string {
	var all strings.Builder
	for _, section := range sections {
		fmt.Fprintln(&all, section.Name, section.Why, section.Rows)
	}
	return all.String()
}

func testExports(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	d, other := newDesk(t, h, "exported"), newDesk(t, h, "other")
	left := d.lives(t)
	other.lives(t)
	there := d.elsewhere(t, d.member)
	h.leave(t, there)
	ctx := t.Context()
	// What somebody else did to them is told, and from where they did it is not.
	from := audit.WithOrigin(ctx, audit.Origin{IP: "198.51.100.7", UserAgent: "an administrator's browser"})
	same(t, "role", got(h.SetRole(from, d.member.ID, accounts.RoleMember, accounts.RoleSupport, false,
		audit.Entry{Organisation: h.Organisation.ID, Actor: "usr_administrator", Action: "member.role-changed", Subject: d.member.ID, At: h.Clock.Now()}))(t), true)

	must(t, h.Tell(ctx, accounts.Letter{Kind: accounts.LetterReset, PersonID: d.member.Person.ID}))
	var sections []privacy.Section
	entry := audit.Entry{Actor: accounts.Operator, Action: "person.exported", Subject: d.member.Person.ID, At: h.Clock.Now()}
	sections = got(h.ExportPerson(ctx, d.member.Person.ID, entry))(t)
	same(t, "row", h.lastRows(t, "", 1)[0].Action, "person.exported")
	rows := map[string]int{}
	for _, section := range sections {
		rows[section.Name] = len(section.Rows)
		if section.Why == "" {
			t.Errorf("%s: why?", section.Name)
		}
	}
	if rows["log"] < 3 {
		t.Errorf("%d rows of the log", rows["log"])
	}
	delete(rows, "log")
	same(t, "rows", rows, map[string]int{
		"person": 1, "memberships": 2, "phones": 2, "authenticator apps": 1, "recovery codes": 2, "sessions": 5, "browsers": 1, "chosen organisations": 0,
		"mailed links": 2, "mails": 1, "numbers to prove": 2, "requests": 2, "pushes": 0, "decisions": 1, "push limits": 1, "linking": 3, "text messages": 1, "support cases": 1,
	})
	text := words(sections)
	for _, wanted := range []string{
		d.member.Person.Email, "Ada Lovelace", "+31612345678", "+31687654321", "new@example.com", "Pixel 9", "203.0.113.7", "Delft", "Firefox", "€ 12.50", "Laptop", "T-1",
		"Has the phone number of before.", "Elsewhere", "2026-02-03T04:05:06Z", "member.role-changed", "203.0.113.99", "their browser",
	} {
		if !strings.Contains(text, wanted) {
			t.Errorf("%q is not told", wanted)
		}
	}
	for _, hidden := range []string{
		"HASHOF", "198.51.100.7", "an administrator's browser", other.member.Person.Email, other.member.ID, d.opener.Person.Email, "index of", "challenge", "nonce",
		left.letters[0].Hash, left.sessions[0].TokenHash, left.pending.CodeHash, "whsec_",
	} {
		if strings.Contains(text, hidden) {
			t.Errorf("%q is told", hidden)
		}
	}
	_, err := h.ExportPerson(ctx, "per_none", entry)
	fails(t, err, privacy.ErrNotFound)
	must(t, h.VerifyAudit(ctx))
}

func testErasures(t *testing.T, open Opener) {
	t.Run("everything", func(t *testing.T) { testErased(t, NewHouse(t, open)) })
	h := NewHouse(t, open)
	erase := func(m accounts.Member) error {
		return h.ErasePerson(t.Context(), privacy.Erasure{PersonID: m.Person.ID, Now: h.Clock.Now()}, h.entry(h.Organisation.ID, "person.erased"))
	}
	refused := func(t *testing.T, m accounts.Member, want error) {
		t.Helper()
		h.written(t, 0, func() { fails(t, erase(m), want) })
		if !errors.Is(want, privacy.ErrNotFound) {
			same(t, "address", got(h.Person(t.Context(), m.Person.ID))(t).Email, m.Person.Email)
		}
	}
	t.Run("nobody", func(t *testing.T) {
		refused(t, accounts.Member{Person: accounts.Person{ID: "per_none"}}, privacy.ErrNotFound)
		m := h.AddPerson(t, "twice@example.com")
		must(t, erase(m))
		refused(t, m, privacy.ErrNotFound)
		_, err := h.ExportPerson(t.Context(), m.Person.ID, h.entry("", "x"))
		fails(t, err, privacy.ErrNotFound)
	})
	t.Run("the last owner", func(t *testing.T) {
		m, next := h.AddPerson(t, "owner@example.com"), h.AddPerson(t, "next@example.com")
		owns := func(m accounts.Member) {
			same(t, "role", got(h.SetRole(t.Context(), m.ID, accounts.RoleMember, accounts.RoleOwner, false, h.entry(h.Organisation.ID, "member.role-changed")))(t), true)
		}
		owns(m)
		refused(t, m, privacy.ErrLastOwner)
		owns(next)
		must(t, erase(m))
		refused(t, next, privacy.ErrLastOwner)
	})
	t.Run("of a member", func(t *testing.T) { testEraseMember(t, h) })
	t.Run("at once", func(t *testing.T) {
		m := h.AddPerson(t, "raced@example.com")
		same(t, "erased", race(t, func(int) (bool, error) {
			err := erase(m)
			if err == privacy.ErrNotFound { //nolint:errorlint // as it is
				return false, nil
			}
			return err == nil, err
		}), 1)
	})
	must(t, h.VerifyAudit(t.Context()))
}

func testErased(t *testing.T, h *House) {
	ctx := t.Context()
	d, beside := newDesk(t, h, "erased"), newDesk(t, h, "beside")
	left, stays := d.lives(t), beside.lives(t)
	there := d.elsewhere(t, d.member)
	m := d.member
	entry := audit.Entry{Actor: m.Person.ID, Action: "person.erased", Subject: m.Person.ID, At: h.Clock.Now(), Personal: map[string]string{"email": m.Person.Email}}
	h.Clock.Pass(time.Second)
	same(t, "values before", len(toldOf(t, h, "", m.Person.ID)), 2)
	must(t, h.ErasePerson(audit.WithOrigin(ctx, audit.Origin{IP: "203.0.113.99", UserAgent: "their browser"}), privacy.Erasure{PersonID: m.Person.ID, Now: h.Clock.Now()}, entry))

	d.gone(t, left.belongings)
	p := got(h.Person(ctx, m.Person.ID))(t)
	same(t, "person", p, accounts.Person{ID: p.ID, Email: p.Email, Display: "—", Locale: "en", Created: p.Created})
	if !strings.HasSuffix(p.Email, ".invalid") || strings.Contains(p.Email, "example") {
		t.Errorf("the address is %s", p.Email)
	}
	for _, email := range []string{m.Person.Email, p.Email} {
		kept := got(h.PasswordOf(ctx, email, "HASHOFBROWSER"))(t)
		same(t, "password", []any{kept.Hash, kept.KnownBrowser}, []any{"", false})
	}
	fails(t, h.SetPassword(ctx, p.ID, "hash", h.Clock.Now(), h.entry("", "x")), accounts.ErrNotFound)
	fails(t, h.SetDisplay(ctx, p.ID, "Ada", h.entry("", "x")), accounts.ErrNotFound)
	same(t, "memberships", len(got(h.Memberships(ctx, p.ID))(t)), 0)
	_, err := h.MemberByID(ctx, there.OrganisationID, there.ID)
	fails(t, err, accounts.ErrNotFound)
	for _, r := range []approval.Request{left.asked, left.approved} {
		erased := got(h.Backend.Request(ctx, r.ID))(t)
		same(t, "request", []any{erased.Context, erased.Place, erased.Message, erased.Challenge, len(erased.Details)}, []any{approval.Context{}, "", "", "", 0})
	}
	for _, id := range left.signed {
		read := got(h.Backend.Request(ctx, id))(t)
		same(t, "what others read", []any{read.Message, len(read.Details), read.Context.IP}, []any{"", 0, "203.0.113.7"})
	}
	for _, id := range stays.signed {
		if read := got(h.Backend.Request(ctx, id))(t); read.Message == "" || len(read.Details) == 0 {
			t.Errorf("of somebody else: %+v", read)
		}
	}
	d.written(t, 0, func() { same(t, "stopped by who is nobody any more", d.stop(t, left.helped), false) })
	same(t, "frozen", len(got(h.Frozen(ctx, m.Person.ID, "", h.Organisation.ID))(t)), 0)
	c := d.now(t, left.helped)
	same(t, "case", []string{string(c.State), c.Ticket, c.Note}, []string{string(support.Cancelled), "", ""})
	same(t, "phone", got(h.Device(ctx, left.phones[0].ID))(t).Name, "")
	message := h.last(t, left.message.About)
	same(t, "message", []string{message.Number, message.Index, message.Masked}, []string{"", "", ""})
	_, err = h.openPairing(t, h.Pairing(m), 9)
	if err == nil {
		t.Error("a phone can be linked")
	}
	testErasedLog(t, h, m, there)

	// Nobody else misses anything.
	same(t, "other person", got(h.Person(ctx, beside.member.Person.ID))(t).Display, "Ada Lovelace")
	same(t, "other case", beside.now(t, stays.helped).Ticket, "T-1")
	same(t, "other request", got(h.Backend.Request(ctx, stays.asked.ID))(t).Context.IP, "203.0.113.7")
	got(h.Session(ctx, stays.sessions[3].TokenHash))(t)
	// The address is free again.
	if again := h.AddPerson(t, m.Person.Email); again.Person.ID == p.ID || again.Status != accounts.Active {
		t.Errorf("%+v", again)
	}
	must(t, h.VerifyAudit(ctx))
}

// toldOf are the personal values of the rows of what somebody did.
func toldOf(t *testing.T, h *House, chain, actor string) (values []string) {
	t.Helper()
	for _, row := range got(h.SearchAudit(t.Context(), audit.Query{OrganisationID: chain, Actors: []string{actor}, Limit: 999}))(t) {
		for _, value := range row.Personal {
			values = append(values, value)
		}
	}
	return values
}

// testErasedLog: the rows stay, and what they said of the person does not.
func testErasedLog(t *testing.T, h *House, m, there accounts.Member) {
	t.Helper()
	last := h.lastRows(t, "", 1)[0]
	same(t, "row", []any{last.Action, last.Subject, len(last.Commitments) > 0}, []any{"person.erased", m.Person.ID, true})
	for chain, want := range map[string][]string{"": nil, m.OrganisationID: {"203.0.113.99", "their browser"}, there.OrganisationID: {"203.0.113.99", "their browser"}} {
		told := toldOf(t, h, chain, m.Person.ID)
		slices.Sort(told)
		same(t, "what the log still tells: from where a membership was ended", told, want)
	}
	rows := got(h.AuditRows(t.Context(), m.OrganisationID, 0, 999))(t)
	if !slices.ContainsFunc(rows, func(r audit.Row) bool { return r.Action == "member.ended" && r.Subject == m.ID }) {
		t.Error("the organisation does not hear that the member left")
	}
}

// testEraseMember: the membership ends; the account goes where nobody else knows it or made it, and the organisation's chain is the same.
func testEraseMember(t *testing.T, h *House) {
	here := h.Organisation.ID
	erase := func(m accounts.Member, only string) (bool, error) {
		return h.EraseMember(t.Context(), privacy.Erasure{PersonID: m.Person.ID, Only: only, Now: h.Clock.Now()},
			audit.Entry{Organisation: only, Actor: "usr_administrator", Action: "person.erased", Subject: m.ID, At: h.Clock.Now()})
	}
	agent := h.AddPerson(t, "one-agent@example.com")
	names := func(chain, id string) (all []string) {
		for _, row := range got(h.SearchAudit(t.Context(), audit.Query{OrganisationID: chain, Subjects: []string{id}, Limit: 9}))(t) {
			if name, there := row.Personal["name"]; there {
				all = append(all, name)
			}
		}
		return all
	}
	actions := func(chain string, count int) (all []string) {
		for _, row := range h.lastRows(t, chain, count) {
			all = append(all, row.Action)
		}
		return all
	}
	for name, known := range map[string]func(m accounts.Member){
		"":       func(accounts.Member) {},
		"active": func(m accounts.Member) { desk{House: h}.elsewhere(t, m) },
		"left":   func(m accounts.Member) { h.leave(t, desk{House: h}.elsewhere(t, m)) },
		"invited": func(m accounts.Member) {
			o := h.AddOrganisation(t, "Other")
			got(h.AddMember(t.Context(), h.member(o, m.Person.Email), secret.Hash(secret.NewToken()), h.entry(o.ID, "member.invited")))(t)
		},
	} {
		t.Log(name)
		m := h.AddPerson(t, "one"+name+"@example.com")
		known(m)
		for _, chain := range []string{here, ""} {
			must(t, h.Write(t.Context(), audit.Entry{Organisation: chain, Actor: "usr_agent", Action: "case.opened", Subject: m.ID, At: h.Clock.Now(), Personal: map[string]string{"name": "Ada"}}))
		}
		helped := desk{House: h, member: m, opener: agent}.opens(t)
		same(t, "whole", got(erase(m, here))(t), name == "")
		same(t, "erased", got(h.Person(t.Context(), m.Person.ID))(t).Email != m.Person.Email, name == "")
		same(t, "the organisation's chain", actions(here, 3), []string{"member.ended", "case.cancelled", "person.erased"})
		if name == "" {
			same(t, "the installation's chain", actions("", 1), []string{"person.erased"})
		}
		same(t, "the names in the organisation's chain", names(here, m.ID), []string(nil))
		same(t, "in the installation's", len(names("", m.ID)) > 0, name != "")
		c := got(h.Case(t.Context(), helped.ID))(t)
		same(t, "case", c.Ticket+c.Note, "")
		_, err := h.MemberByID(t.Context(), here, m.ID)
		fails(t, err, accounts.ErrNotFound)
		h.written(t, 0, func() {
			_, err = erase(m, here)
			fails(t, err, privacy.ErrNotFound)
		})
	}
	made := h.AddPerson(t, "onemade@example.com")
	h.Clock.Pass(time.Second)
	there := desk{House: h}.elsewhere(t, made)
	h.leave(t, made)
	h.written(t, 0, func() {
		_, err := erase(made, h.AddOrganisation(t, "Unknown").ID)
		fails(t, err, privacy.ErrNotFound)
	})
	owned := got(h.SetRole(t.Context(), there.ID, accounts.RoleMember, accounts.RoleOwner, false, h.entry(there.OrganisationID, "member.role-changed")))(t)
	same(t, "owns", owned, true)
	_, err := erase(made, there.OrganisationID)
	fails(t, err, privacy.ErrLastOwner)
	same(t, "role", got(h.SetRole(t.Context(), there.ID, accounts.RoleOwner, accounts.RoleMember, false, h.entry(there.OrganisationID, "member.role-changed")))(t), true)
	same(t, "another one made them", got(erase(made, there.OrganisationID))(t), false)
}
