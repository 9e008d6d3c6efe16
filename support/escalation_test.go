package support_test

import (
	"strings"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/support"
)

// A person of several organisations is reset only after the operator's support has signed too, on its own phone or on the
// command line; and the organisation sees nothing of it.
func TestThreatSupportEscalation(t *testing.T) {
	t.Parallel()
	signs := map[string]func(*desk, ayetest.Agent, support.Case){
		"on the phone": func(d *desk, operator ayetest.Agent, c support.Case) {
			_, err := d.signs(operator, c.ID, d.yes(operator))
			ayetest.Fails(d, err, nil)
			ayetest.Same(d, "operator", d.Case(c.ID).OperatorID, operator.ID)
			if d.row("", "case.operator-signed").Data["signature"] == "" {
				d.Error("no signature")
			}
		},
		"on the command line": func(d *desk, _ ayetest.Agent, c support.Case) {
			ayetest.Fails(d, d.Support.SignAsOperator(d.Context(), c.ID, "called back"), nil)
			ayetest.Fails(d, d.Support.SignAsOperator(d.Context(), c.ID, "called back"), support.ErrClosed)
		},
	}
	for name, sign := range signs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			operator := d.AgentOf(d.OperatorSupport(), accounts.RoleSupport)
			other, _ := d.another(accounts.RoleOwner)
			d.joins(other, d.ada, accounts.RoleMember)
			alone := d.helped("Alone")

			c := d.lost(support.Waiting)
			plain, err := d.opens(d.bo, alone, support.Lost)
			ayetest.Fails(t, err, nil)
			d.Signs(d.cy, plain.ID)
			for _, agent := range []ayetest.Agent{d.bo, d.cy, d.Agent(accounts.RoleOwner)} {
				view, failed := d.as(agent).Case(t.Context(), c.ID)
				ayetest.Fails(t, failed, nil)
				same, failed := d.as(agent).Case(t.Context(), plain.ID)
				ayetest.Fails(t, failed, nil)
				if view.Escalated || view.OperatorID != "" || view.State != same.State || view.Due != same.Due ||
					view.MayApprove != same.MayApprove || view.MayCancel != same.MayCancel {
					t.Errorf("%+v is not told from %+v", view.Case, same.Case)
				}
				_, err = d.as(agent).Approve(t.Context(), c.ID)
				if err == nil {
					t.Error("an agent of the organisation signed for the operator")
				}
			}
			d.Clock.Pass(support.DefaultWait)
			d.sweep()
			d.state(plain.ID, support.Revoked)
			d.state(c.ID, support.Waiting)
			if !d.works(d.ada) {
				t.Fatal("carried out without the operator")
			}
			cases, err := d.as(operator).Cases(t.Context(), true)
			ayetest.Fails(t, err, nil)
			listed := false
			for _, v := range cases {
				listed = listed || (v.ID == c.ID && v.Escalated && v.MayApprove)
			}
			if !listed {
				t.Error("the operator's support does not see it")
			}
			sign(d, operator, c)
			for _, row := range d.rows(d.Organisation.ID) {
				if strings.Contains(row.Action, "operator") || strings.Contains(row.Action, "escalated") || row.Actor == operator.ID {
					t.Errorf("the organisation's log tells of it: %+v", row)
				}
			}
			view, err := d.as(d.bo).Case(t.Context(), c.ID)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "the operator", view.OperatorID+view.OperatorApprovalID, "")
			d.Clock.Pass(support.LateWait)
			d.sweep()
			d.state(c.ID, support.Revoked)
		})
	}
}

// Who became a member elsewhere while the case waited needs the operator too.
func TestThreatSupportEscalatesLater(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	operator := d.AgentOf(d.OperatorSupport(), accounts.RoleSupport)
	c := d.lost(support.Waiting)
	other, _ := d.another(accounts.RoleOwner)
	d.joins(other, d.ada, accounts.RoleMember)
	d.Clock.Pass(support.DefaultWait)
	d.sweep()
	d.sweep()
	d.state(c.ID, support.Waiting)
	_, err := d.signs(operator, c.ID, d.yes(operator))
	ayetest.Fails(t, err, nil)
	d.Clock.Pass(support.LateWait)
	d.sweep()
	d.state(c.ID, support.Revoked)
}

// A second approver of the operator's support signs both at once; a code of a forgotten phone needs nobody of the operator.
func TestOperatorApproves(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	operators := d.OperatorSupport()
	operator := d.AgentOf(operators, accounts.RoleSupport)
	other, _ := d.another(accounts.RoleOwner)
	d.joins(other, d.ada, accounts.RoleMember)
	c := d.lost(support.Open)
	signing, err := d.signs(operator, c.ID, d.yes(operator))
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", signing.State, approval.Released)
	d.Clock.Pass(support.DefaultWait)
	d.sweep()
	d.state(c.ID, support.Revoked)

	d = newDesk(t)
	d.joins(d.AddOrganisation(func(*accounts.Organisation) {}), d.ada, accounts.RoleMember)
	forgotten, err := d.opens(d.Agent(accounts.RoleAdministrator), d.ada, support.Forgotten)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", forgotten.State, support.Sent)
}

// The operator's support finds somebody by the whole address or number alone, and looks at everybody; its own owners are
// guarded by rank, by whatever membership.
func TestThreatSupportOperator(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	operators := d.OperatorSupport()
	operator := d.AgentOf(operators, accounts.RoleSupport)
	d.ada = d.WithNumber(d.ada, adasNumber)
	for text, want := range map[string]int{
		d.ada.Person.Email: 1, adasNumber: 1, "06 12345678": 1, "Ada": 0, d.ada.Person.Email[1:]: 0, "@example.com": 0, "1234567": 0, "example.com": 0,
	} {
		found, err := d.as(operator).Find(t.Context(), text)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, text, len(found), want)
	}
	for text, want := range map[string]int{"ada": 1, d.ada.Person.Email: 1, adasNumber: 1, "1234567": 0, "%%%": 0} {
		found, err := d.as(d.bo).Find(t.Context(), text)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, text, len(found), want)
	}
	card, err := d.as(operator).Look(t.Context(), d.ada.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, card.Refused, nil)
	owner := d.AgentOf(operators, accounts.RoleOwner)
	elsewhere := d.joins(d.Organisation, owner.Member, accounts.RoleMember)
	_, err = d.opens(operator, elsewhere, support.Lost)
	ayetest.Fails(t, err, support.ErrRank)
	// An administrator of the operator's is none of the organisation: the code needs a second approver.
	c, err := d.opens(d.AgentOf(operators, accounts.RoleAdministrator), d.ada, support.Forgotten)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", c.State, support.Open)
	d.Signs(d.bo, c.ID)
	d.state(c.ID, support.Sent)
}

// A case that was stopped elsewhere keeps the person from being reset, and the other organisation does not learn of it.
func TestThreatSupportStoppedElsewhere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	other, eve := d.another(accounts.RoleAdministrator)
	second := d.AgentOf(other, accounts.RoleSupport)
	there := d.joins(other, d.ada, accounts.RoleMember)
	c := d.lost(support.Waiting)
	_, err := d.Support.Stop(t.Context(), d.stopToken(d.ada))
	ayetest.Fails(t, err, nil)
	card, err := d.as(eve).Look(t.Context(), there.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, card.Refused, nil)
	ayetest.Same(t, "cases and freezes", len(card.Cases)+len(card.Frozen), 0)
	for _, phone := range card.Phones {
		if phone.OrganisationID != "" || phone.MembershipID != "" || phone.Push.Address != "" {
			t.Errorf("%+v", phone)
		}
	}
	mine, err := d.opens(eve, there, support.Lost)
	ayetest.Fails(t, err, nil)
	d.Signs(second, mine.ID)
	ayetest.Fails(t, d.Support.SignAsOperator(t.Context(), mine.ID, "why"), nil)
	d.Clock.Pass(support.DefaultWait)
	d.sweep()
	d.state(mine.ID, support.Waiting)
	d.state(c.ID, support.Stopped)
	if !d.works(d.ada) {
		t.Error("carried out")
	}
}

// The operator's signature is that of a third person: not of who opened the case or approved it, by another membership.
func TestThreatSupportOperatorIsAnother(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	operators := d.OperatorSupport()
	d.joins(d.AddOrganisation(func(*accounts.Organisation) {}), d.ada, accounts.RoleMember)
	c := d.lost(support.Waiting)
	for _, agent := range []ayetest.Agent{d.bo, d.cy} {
		second := ayetest.Agent{Member: d.joins(operators, agent.Member, accounts.RoleSupport), Phone: agent.Phone}
		_, err := d.as(second).Approve(t.Context(), c.ID)
		ayetest.Fails(t, err, support.ErrSame)
	}
	d.Clock.Pass(support.DefaultWait)
	d.sweep()
	d.state(c.ID, support.Waiting)
}

// Who was reset by another organisation's case since gets in by the newest link alone.
func TestLinkOfTheNewestCase(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	other, eve := d.another(accounts.RoleSupport)
	second := d.AgentOf(other, accounts.RoleSupport)
	there := d.joins(other, d.ada, accounts.RoleMember)
	waits := d.lost(support.Waiting)
	theirs, err := d.opens(eve, there, support.Lost)
	ayetest.Fails(t, err, nil)
	d.Signs(second, theirs.ID)
	d.Clock.Pass(support.DefaultWait)
	var links []secret.Secret
	for _, id := range []string{waits.ID, theirs.ID} {
		ayetest.Fails(t, d.Support.SignAsOperator(t.Context(), id, "why"), nil)
		d.Clock.Pass(support.LateWait)
		d.sweep()
		d.state(id, support.Revoked)
		links = append(links, d.Announcer.LastLetter(accounts.LetterNewPhone, d.ada.Person.ID))
	}
	_, _, err = d.Support.Link(t.Context(), links[0])
	ayetest.Fails(t, err, support.ErrLink)
	_, _, err = d.Support.Link(t.Context(), links[1])
	ayetest.Fails(t, err, nil)
}
