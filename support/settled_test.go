package support_test

import (
	"slices"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/support"
)

// by is the agent who manages accounts.
func (d *desk) by(a ayetest.Agent) *accounts.Service { return d.Accounts.As(ayetest.Actor(a.Member)) }

// invites lets an administrator make an agent, with a phone.
func (d *desk) invites(a ayetest.Agent, role accounts.Role) ayetest.Agent {
	d.Helper()
	m, err := d.by(a).Invite(d.Context(), a.OrganisationID, accounts.Person{Email: "mia@example.net", Display: "Mia", Locale: "en"}, role)
	ayetest.Fails(d, err, nil)
	m, err = d.Accounts.AcceptInvitation(d.Context(), d.Announcer.LastLetter(accounts.LetterInvitation, m.Person.ID))
	ayetest.Fails(d, err, nil)
	return ayetest.Agent{Member: m, Phone: d.Pair(m)}
}

// An administrator does not make the second person up: whose role is days old opens no lost phone's case and approves nothing.
func TestThreatSupportMadeUpApprover(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chief := d.Agent(accounts.RoleAdministrator)
	mia := d.invites(chief, accounts.RoleSupport)
	_, err := d.opens(mia, d.ada, support.Lost)
	ayetest.Fails(t, err, support.ErrNew)
	for _, kind := range []support.Kind{support.Lost, support.Forgotten} {
		c, failed := d.opens(d.bo, d.ada, kind)
		ayetest.Fails(t, failed, nil)
		_, err = d.as(mia).Approve(t.Context(), c.ID)
		ayetest.Fails(t, err, support.ErrNew)
		view, failed := d.as(mia).Case(t.Context(), c.ID)
		ayetest.Fails(t, failed, nil)
		ayetest.Same(t, "may approve", view.MayApprove, false)
		ayetest.Fails(t, d.as(mia).Refuse(t.Context(), c.ID), nil) // that helps nobody who should not be
	}
	c, err := d.opens(mia, d.ada, support.Forgotten)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, d.as(mia).Cancel(t.Context(), c.ID), nil)

	d.Clock.Pass(accounts.RoleSettles - minute)
	_, err = d.opens(mia, d.ada, support.Lost)
	ayetest.Fails(t, err, support.ErrNew)
	d.Clock.Pass(minute)
	c, err = d.opens(d.bo, d.ada, support.Lost)
	ayetest.Fails(t, err, nil)
	d.Signs(mia, c.ID)
	d.state(c.ID, support.Waiting)
}

// Who signs is looked at when the signature counts, too: a role that was taken and given meanwhile is a new one.
func TestThreatSupportRoleWhileSigning(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chief := d.Agent(accounts.RoleAdministrator)
	c := d.lost(support.Open)
	_, err := d.signs(d.cy, c.ID, func(asked approval.Asked) {
		d.yes(d.cy)(asked)
		d.again(chief, d.cy)
	})
	ayetest.Fails(t, err, support.ErrNew)
	d.state(c.ID, support.Open)
}

// again lets an administrator take a role and give it back.
func (d *desk) again(chief, a ayetest.Agent) {
	d.Helper()
	ayetest.Fails(d, d.by(chief).SetRole(d.Context(), a.Member, accounts.RoleMember), nil)
	a.Role = accounts.RoleMember
	ayetest.Fails(d, d.by(chief).SetRole(d.Context(), a.Member, accounts.RoleSupport), nil)
}

// Opener and approver are looked at again when the case is carried out.
func TestThreatSupportRoleWhileWaiting(t *testing.T) {
	t.Parallel()
	for name, agent := range map[string]func(*desk) ayetest.Agent{
		"opener": func(d *desk) ayetest.Agent { return d.bo }, "approver": func(d *desk) ayetest.Agent { return d.cy },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			chief := d.Agent(accounts.RoleAdministrator)
			c := d.lost(support.Waiting)
			d.again(chief, agent(d))
			d.Clock.Pass(support.DefaultWait)
			d.sweep()
			d.state(c.ID, support.Cancelled)
			if !d.works(d.ada) {
				t.Error("carried out")
			}
		})
	}
}

// Who was made small is still guarded by what they were: nobody makes a colleague a member first and helps them then.
func TestThreatSupportDemoteThenReset(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chief, fellow := d.Agent(accounts.RoleAdministrator), d.Agent(accounts.RoleAdministrator)
	_, err := d.opens(chief, fellow.Member, support.Lost)
	ayetest.Fails(t, err, support.ErrRank)
	ayetest.Fails(t, d.by(chief).SetRole(t.Context(), fellow.Member, accounts.RoleMember), nil)
	for _, kind := range []support.Kind{support.Lost, support.Forgotten} {
		_, err = d.opens(chief, fellow.Member, kind)
		ayetest.Fails(t, err, support.ErrRank)
	}
	card, err := d.as(chief).Look(t.Context(), fellow.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, card.Refused, support.ErrRank)
	d.Clock.Pass(accounts.RoleSettles)
	_, err = d.opens(chief, fellow.Member, support.Lost)
	ayetest.Fails(t, err, nil)
}

// The colleagues of who opens a case hear of it, and of the new phone; so does nobody by whom it was opened.
func TestThreatSupportColleaguesHear(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	heard := func(c support.Case, kind accounts.NoticeKind) int {
		n := 0
		for _, notice := range d.Announcer.Notices(c.PersonID) {
			if notice.Kind == kind && notice.By == c.OpenerID && notice.OrganisationID == c.OrganisationID && notice.Reason == string(c.Kind) && notice.Agent != "" {
				n++
			}
		}
		return n
	}
	c := d.lost(support.Done)
	ayetest.Same(t, "opened", heard(c, accounts.MemberCaseOpened), 1)
	ayetest.Same(t, "before it is told", heard(c, accounts.MemberPhoneReplaced), 0)
	d.sweep()
	d.sweep()
	ayetest.Same(t, "replaced", heard(c, accounts.MemberPhoneReplaced), 1)
	sent, err := d.opens(d.Agent(accounts.RoleAdministrator), d.ada, support.Forgotten)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "a code at once", heard(sent, accounts.MemberCaseOpened), 1)
}

// The ticket can be erased: agents write names into it.
func TestTicketIsPersonal(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.lost(support.Open)
	rows, err := d.Store.SearchAudit(t.Context(), audit.Query{OrganisationID: d.Organisation.ID, Actions: []string{"case.opened"}, Subjects: []string{c.ID}, Limit: 5})
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "the ticket", rows[0].Personal["ticket"], c.Ticket)
	for _, row := range d.rows(d.Organisation.ID) {
		for name, value := range row.Data {
			if slices.Contains([]string{c.Ticket}, value) {
				t.Errorf("%s has it as %s", row.Action, name)
			}
		}
	}
}
