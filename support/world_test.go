package support_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
	"example.com/aye/support"
)

// desk is a world with a person to help, and two agents.
type desk struct {
	*ayetest.World
	texts *texter
	// ada has a password and a phone, bo and cy are agents.
	ada    accounts.Member
	phone  *ayetest.Phone
	bo, cy ayetest.Agent
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{World: ayetest.New(t), texts: &texter{}}
	d.Support.Texts = d.texts
	d.Approvals.Reported = func(ctx context.Context, r approval.Request) error {
		return errors.Join(d.SignIn.Reported(ctx, r), d.Support.Reported(ctx, r))
	}
	d.ada = d.helped("Ada")
	d.phone = d.Pair(d.ada)
	d.bo, d.cy = d.Agent(accounts.RoleSupport), d.Agent(accounts.RoleSupport)
	return d
}

// helped makes a person with a password.
func (d *desk) helped(name string) accounts.Member {
	m := d.AddPerson(name)
	d.SetPassword(m)
	m, err := d.Accounts.Member(d.Context(), m.OrganisationID, ayetest.Named(m))
	ayetest.Fails(d, err, nil)
	return m
}

// as is the agent at the desk.
func (d *desk) as(a ayetest.Agent) *support.Desk { return d.Desk(a) }

// opens opens a case, and gives the error.
func (d *desk) opens(a ayetest.Agent, m accounts.Member, kind support.Kind, change ...func(*support.Opening)) (support.Case, error) {
	o := support.Opening{MembershipID: m.ID, Kind: kind, Identified: support.CalledBack, Ticket: "T-1"}
	for _, c := range change {
		c(&o)
	}
	return d.as(a).Open(d.Context(), o)
}

// signs lets the agent approve with the given way of answering, and gives what the desk says then.
func (d *desk) signs(a ayetest.Agent, caseID string, answer func(approval.Asked)) (support.Signing, error) {
	d.Helper()
	signing, err := d.as(a).Approve(d.Context(), caseID)
	if err != nil {
		return signing, err
	}
	answer(signing.Asked)
	return d.as(a).Signing(d.Context(), caseID)
}

func (d *desk) yes(a ayetest.Agent) func(approval.Asked) {
	return func(asked approval.Asked) {
		_, err := d.Approve(a.Phone, asked)
		ayetest.Fails(d, err, nil)
	}
}

func (d *desk) sweep() {
	d.Helper()
	ayetest.Fails(d, d.Support.Sweep(d.Context()), nil)
}

// state checks how far a case is.
func (d *desk) state(caseID string, want support.State) {
	d.Helper()
	ayetest.Same(d, "state", d.Case(caseID).State, want)
}

// lost takes a lost phone's case up to the state.
func (d *desk) lost(until support.State) support.Case {
	d.Helper()
	c, err := d.opens(d.bo, d.ada, support.Lost)
	ayetest.Fails(d, err, nil)
	if until == support.Open {
		return c
	}
	d.Signs(d.cy, c.ID)
	if until != support.Waiting {
		d.Clock.Pass(support.DefaultWait)
		d.sweep()
	}
	if until == support.Done {
		d.linksPhone(c.ID)
	}
	d.state(c.ID, until)
	return d.Case(c.ID)
}

// linksPhone lets the person use the mailed link, and link a new phone.
func (d *desk) linksPhone(caseID string) *ayetest.Phone {
	d.Helper()
	phone, c := d.NewPhone(), d.Case(caseID)
	session, _, err := d.SignIn.Recover(d.Context(), ayetest.Visit(), d.Announcer.LastLetter(accounts.LetterNewPhone, c.PersonID), ayetest.Password)
	ayetest.Fails(d, err, nil)
	shown, err := d.Pairings.Open(d.Context(), pairing.Opening{
		OrganisationID: c.OrganisationID, By: c.MembershipID, Session: session.ID, User: accounts.UserReference{ID: c.MembershipID},
	})
	ayetest.Fails(d, err, nil)
	claimed, err := d.Claim(phone, shown)
	ayetest.Fails(d, err, nil)
	if claimed.State == pairing.AwaitingCode {
		digits := pairing.ConfirmationDigits(ayetest.Scan(shown), ayetest.Public(phone.Key), ayetest.Public(phone.ApprovalKey))
		ayetest.Fails(d, d.Pairings.Confirm(d.Context(), accounts.Application{}, shown.ID, digits), nil)
	}
	return phone
}

// stopToken is that of the newest mail to the person that can stop a case.
func (d *desk) stopToken(m accounts.Member) secret.Secret {
	d.Helper()
	notices := d.Announcer.Notices(m.Person.ID)
	slices.Reverse(notices)
	for _, n := range notices {
		if token, ok := cutPrefix(n.Link, ayetest.Origin+"/stop/"); ok {
			return token
		}
	}
	d.Fatal("nobody was told how to stop it")
	return ""
}

func cutPrefix(link secret.Secret, prefix string) (secret.Secret, bool) {
	text := link.Reveal()
	if len(text) <= len(prefix) || text[:len(prefix)] != prefix {
		return "", false
	}
	return secret.Secret(text[len(prefix):]), true
}

// works tells whether the person has a phone that works.
func (d *desk) works(m accounts.Member) bool {
	d.Helper()
	phones, err := d.Devices.Of(d.Context(), m.Person.ID)
	ayetest.Fails(d, err, nil)
	return len(phones) > 0
}

// rows gives the actions of a chain that are about support, oldest first.
func (d *desk) rows(organisationID string) []audit.Row {
	d.Helper()
	rows, err := d.Store.AuditRows(d.Context(), organisationID, 0, 10_000)
	ayetest.Fails(d, err, nil)
	return rows
}

// row gives the newest of an action, and fails where there is none.
func (d *desk) row(organisationID, action string) audit.Row {
	d.Helper()
	rows := d.rows(organisationID)
	slices.Reverse(rows)
	for _, r := range rows {
		if r.Action == action {
			return r
		}
	}
	d.Fatalf("there is no row %s", action)
	return audit.Row{}
}

// another makes an organisation with an agent of the role.
func (d *desk) another(role accounts.Role) (accounts.Organisation, ayetest.Agent) {
	o := d.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Another" })
	return o, d.AgentOf(o, role)
}

// joins makes a person a member of another organisation in a role.
func (d *desk) joins(o accounts.Organisation, m accounts.Member, role accounts.Role) accounts.Member {
	d.Helper()
	_, token, err := d.Accounts.AddMember(d.Context(), o.ID, m.Person, role)
	ayetest.Fails(d, err, nil)
	joined, err := d.Accounts.AcceptInvitation(d.Context(), token)
	ayetest.Fails(d, err, nil)
	return joined
}

// texter is who sends text messages: it reaches everybody with a number.
type texter struct {
	mu     sync.Mutex
	sent   []support.Text
	refuse error
	// young says that no code goes to the number yet.
	young bool
}

func (x *texter) Inform(_ context.Context, t support.Text) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.refuse == nil {
		x.sent = append(x.sent, t)
	}
	return x.refuse
}

func (x *texter) Reaches(_ context.Context, p accounts.Person) bool {
	return p.Number != "" && !x.young
}

// last gives the newest of a kind.
func (x *texter) last(kind support.TextKind) (support.Text, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := len(x.sent) - 1; i >= 0; i-- {
		if x.sent[i].Kind == kind {
			return x.sent[i], true
		}
	}
	return support.Text{}, false
}

const (
	adasNumber = "+31612345678"
	minute     = time.Minute
)
