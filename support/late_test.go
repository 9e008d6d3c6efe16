package support_test

import (
	"slices"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/support"
)

// freezes keeps something frozen.
func (d *desk) freezes(what support.Frozen, subjectID string) string {
	d.Helper()
	f := support.Freeze{ID: secret.NewID("frz"), What: what, OrganisationID: d.Organisation.ID, SubjectID: subjectID, At: d.Clock.Now()}
	ayetest.Fails(d, d.Store.AddFreeze(d.Context(), f, audit.Entry{
		Organisation: d.Organisation.ID, Actor: "system", Action: "support.frozen", Subject: subjectID, At: d.Clock.Now(),
	}), nil)
	return f.ID
}

// A case that nobody could carry out ends: it is not carried out months later, when nobody thinks of it.
func TestThreatSupportWaitsNotForEver(t *testing.T) {
	t.Parallel()
	for name, hold := range map[string]func(*desk) string{
		"the operator does not sign": func(d *desk) string {
			other, _ := d.another(accounts.RoleOwner)
			d.joins(other, d.ada, accounts.RoleMember)
			return d.lost(support.Waiting).ID
		},
		"frozen": func(d *desk) string {
			c := d.lost(support.Waiting)
			d.freezes(support.FrozenOrganisation, d.Organisation.ID)
			return c.ID
		},
		"the server was away": func(d *desk) string { return d.lost(support.Waiting).ID },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			id := hold(d)
			d.Clock.Pass(support.DefaultWait + support.WaitingLife - minute)
			if name != "the server was away" {
				d.sweep()
				d.state(id, support.Waiting)
			}
			d.Clock.Pass(minute)
			d.sweep()
			d.state(id, support.Expired)
			if !d.works(d.ada) {
				t.Error("carried out")
			}
			ayetest.Fails(t, d.Support.SignAsOperator(t.Context(), id, "why"), support.ErrClosed)
		})
	}
}

// What the operator signs after its time waits an hour more, and the person hears of it; what is signed in time waits no longer.
func TestThreatSupportSignedLate(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		d := newDesk(t)
		d.ada = d.WithNumber(d.ada, adasNumber)
		other, _ := d.another(accounts.RoleOwner)
		d.joins(other, d.ada, accounts.RoleMember)
		c := d.lost(support.Waiting)
		want := c.Due
		if late {
			d.Clock.Pass(support.DefaultWait + 10*time.Hour)
			want = d.Clock.Now().Add(support.LateWait)
		}
		told, texts := len(d.Announcer.Notices(d.ada.Person.ID)), len(d.texts.sent)
		ayetest.Fails(t, d.Support.SignAsOperator(t.Context(), c.ID, "why"), nil)
		ayetest.Same(t, "due", d.Case(c.ID).Due, want)
		heard := d.Announcer.Notices(d.ada.Person.ID)[told:]
		ayetest.Same(t, "told", len(heard) > 0 && heard[0].Kind == accounts.CaseOpened && heard[0].Date.Equal(want), late)
		ayetest.Same(t, "by text", len(d.texts.sent) > texts, late)
		d.sweep()
		d.state(c.ID, support.Waiting)
		d.Clock.Pass(want.Sub(d.Clock.Now()))
		d.sweep()
		d.state(c.ID, support.Revoked)
	}
}

// The same where a freeze is lifted after the time: of the organisation, of who opened the case, and of who approved it.
func TestThreatSupportLiftedLate(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"organisation", "opener", "approver", "person"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			c := d.lost(support.Waiting)
			var id string
			switch what {
			case "organisation":
				id = d.freezes(support.FrozenOrganisation, d.Organisation.ID)
			case "opener":
				id = d.freezes(support.FrozenAgent, d.bo.ID)
			case "approver":
				id = d.freezes(support.FrozenAgent, d.cy.ID)
			case "person":
				id = d.freezes(support.FrozenPerson, d.ada.Person.ID)
			}
			d.Clock.Pass(support.DefaultWait + time.Hour)
			d.sweep()
			d.state(c.ID, support.Waiting)
			told := len(d.Announcer.Notices(d.ada.Person.ID))
			ayetest.Fails(t, d.Support.LiftAsOperator(t.Context(), id, "looked"), nil)
			want := d.Clock.Now().Add(support.LateWait)
			ayetest.Same(t, "due", d.Case(c.ID).Due, want)
			heard := d.Announcer.Notices(d.ada.Person.ID)[told:]
			if len(heard) != 1 || !heard[0].Date.Equal(want) {
				t.Errorf("told %+v", heard)
			}
			d.sweep()
			d.state(c.ID, support.Waiting)
			d.Clock.Pass(support.LateWait)
			d.sweep()
			d.state(c.ID, support.Revoked)
		})
	}
}

// One agent alone does not freeze all the others, however long they go on.
func TestThreatSupportOneAgentFreezesNobody(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	administrator := d.Agent(accounts.RoleAdministrator)
	opened := 0
	var err error
	for err == nil {
		var c support.Case
		if c, err = d.opens(d.cy, d.ada, support.Lost); err != nil {
			break
		}
		ayetest.Fails(t, d.as(d.cy).Cancel(t.Context(), c.ID), nil)
		if opened++; opened%support.CasesPerAgent == 0 {
			d.Clock.Pass(time.Hour)
		}
	}
	frozen(t, err, support.FrozenAgent)
	ayetest.Same(t, "opened", opened, support.CasesPerAgentDay)
	c, err := d.opens(d.bo, d.ada, support.Lost)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, d.as(d.bo).Cancel(t.Context(), c.ID), nil)
	// Who looked gives the room back.
	held, err := d.as(administrator).Freezes(t.Context())
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, d.as(administrator).Lift(t.Context(), held[0].ID), nil)
	_, err = d.opens(d.cy, d.ada, support.Lost)
	ayetest.Fails(t, err, nil)
}

// A freeze of the organisation takes nothing from who was helped already.
func TestThreatSupportFreezeTakesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	bea := d.helped("Bea")
	revoked := d.lost(support.Revoked)
	waits, err := d.opens(d.bo, d.helped("Di"), support.Lost)
	ayetest.Fails(t, err, nil)
	coded, err := d.opens(d.Agent(accounts.RoleAdministrator), d.helped("Ed"), support.Forgotten)
	ayetest.Fails(t, err, nil)
	d.freezes(support.FrozenOrganisation, d.Organisation.ID)

	_, err = d.opens(d.cy, bea, support.Lost)
	frozen(t, err, support.FrozenOrganisation)
	_, err = d.as(d.cy).Approve(t.Context(), waits.ID)
	frozen(t, err, support.FrozenOrganisation)
	for _, c := range []support.Case{coded, revoked} {
		ayetest.Fails(t, d.as(d.bo).SendAgain(t.Context(), c.ID), nil)
	}
	letters := d.Announcer.Letters(accounts.LetterAccess, coded.PersonID)
	ayetest.Fails(t, d.Codes.VerifyAccess(t.Context(), coded.PersonID, d.Organisation.ID, d.Shop.ID, secret.NewID("apr"), letters[len(letters)-1].Code.Reveal()), nil)
	_, err = d.as(d.cy).Verify(t.Context(), waits.ID, support.ByMail)
	ayetest.Fails(t, err, nil)
	d.linksPhone(revoked.ID)
	d.state(revoked.ID, support.Done)
}

// What the operator's support refuses or takes back stands in the organisation's log as nobody's, with no address; and with
// who did it in the installation's.
func TestThreatSupportOperatorRefuses(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"refuse", "cancel"} {
		d := newDesk(t)
		operator := d.AgentOf(d.OperatorSupport(), accounts.RoleAdministrator)
		other, _ := d.another(accounts.RoleOwner)
		d.joins(other, d.ada, accounts.RoleMember)
		c := d.lost(support.Waiting)
		end := d.as(operator).Refuse
		if verb == "cancel" {
			end = d.as(operator).Cancel
		}
		ayetest.Fails(t, end(t.Context(), c.ID), nil)
		d.state(c.ID, support.Cancelled)
		for organisationID, want := range map[string]string{d.Organisation.ID: "system", "": operator.ID} {
			query := audit.Query{OrganisationID: organisationID, Actions: []string{"case.cancelled"}, Limit: 5}
			rows, err := d.Store.SearchAudit(t.Context(), query)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "rows", len(rows), 1)
			ayetest.Same(t, "actor", rows[0].Actor, want)
			ayetest.Same(t, "an address", rows[0].Personal[audit.PersonalIP] != "", organisationID == "")
		}
	}
}

// An approver who says of a signature, when all is done, that it was not them takes nothing away again: they do nothing more, and
// somebody looks.
func TestThreatSupportReportedWhenDone(t *testing.T) {
	t.Parallel()
	for _, state := range []support.State{support.Revoked, support.Done} {
		d := newDesk(t)
		hook(t, d)
		c := d.lost(state)
		request, err := d.Approvals.Find(t.Context(), c.ApprovalID)
		ayetest.Fails(t, err, nil)
		_, err = d.Report(d.cy.Phone, approval.Asked{Request: request})
		ayetest.Fails(t, err, nil)
		d.state(c.ID, state)
		ayetest.Same(t, "works", d.works(d.ada), state == support.Done)
		_, err = d.as(d.cy).Look(t.Context(), d.ada.ID)
		frozen(t, err, support.FrozenAgent)
		ayetest.Fails(t, d.Alerts.Sweep(t.Context()), nil)
		if !slices.Contains(d.Alerted.Kinds(), alerts.SupportFrozen) {
			t.Error("no alert")
		}
		if state == support.Revoked { // the link works on
			d.linksPhone(c.ID)
			d.state(c.ID, support.Done)
		}
	}
}

// A phone that the case took away says stop as long as it can be said, and of no other case.
func TestThreatSupportRemovedPhone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.lost(support.Revoked)
	device, err := d.Store.Device(t.Context(), d.phone.Device.ID)
	ayetest.Fails(t, err, nil)
	listed := func(want int) {
		t.Helper()
		cases, failed := d.Support.CasesFor(t.Context(), device)
		ayetest.Fails(t, failed, nil)
		ayetest.Same(t, "cases", len(cases), want)
	}
	listed(1)
	d.Clock.Pass(support.LinkDays) // also where whoever has the link waits with it
	listed(1)
	d.sweep()
	d.state(c.ID, support.Expired)
	d.Clock.Pass(support.StopLife)
	listed(0)
	_, err = d.Support.StopByPhone(t.Context(), device, c.ID)
	ayetest.Fails(t, err, support.ErrClosed)
	next, err := d.opens(d.bo, d.ada, support.Lost)
	ayetest.Fails(t, err, nil)
	listed(0)
	_, err = d.Support.StopByPhone(t.Context(), device, next.ID)
	ayetest.Fails(t, err, support.ErrNotFound)
	d.state(next.ID, support.Open)
}

// The stop link also goes to a number to which no code goes yet.
func TestThreatSupportTellsNewNumber(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ada = d.WithNumber(d.ada, adasNumber)
	d.texts.young = true
	_, err := d.opens(d.Agent(accounts.RoleAdministrator), d.ada, support.Forgotten, func(o *support.Opening) { o.Channel = support.ByText })
	ayetest.Fails(t, err, support.ErrInvalid)
	d.lost(support.Open)
	if _, ok := d.texts.last(support.TextStop); !ok {
		t.Error("nothing was sent")
	}
}

// What cannot be carried out is not opened either: there is no row of what was not done, and nobody is told.
func TestBreakGlassIsOneStep(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	other, _ := d.another(accounts.RoleOwner)
	d.joins(other, d.ada, accounts.RoleMember)
	f := support.Freeze{ID: secret.NewID("frz"), What: support.FrozenPerson, OrganisationID: other.ID, SubjectID: d.ada.Person.ID, At: d.Clock.Now()}
	ayetest.Fails(t, d.Store.AddFreeze(t.Context(), f, audit.Entry{Organisation: other.ID, Actor: "system", Action: "support.frozen", Subject: "x", At: d.Clock.Now()}), nil)
	_, _, err := d.Support.BreakGlass(t.Context(), d.ada.Person.Email, "why")
	ayetest.Fails(t, err, support.ErrFrozen)
	cases, err := d.Store.Cases(t.Context(), support.Filter{PersonID: d.ada.Person.ID}, 5)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "cases", len(cases), 0)
	for _, row := range append(d.rows(d.Organisation.ID), d.rows(other.ID)...) {
		if row.Action == "break-glass.used" || row.Action == "case.revoked" {
			t.Errorf("%+v", row)
		}
	}
	if slices.Contains(d.Announcer.Told(d.ada.Person.ID), accounts.BreakGlassUsed) || !d.works(d.ada) {
		t.Error("it was done, or told")
	}
}
