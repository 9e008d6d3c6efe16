package support_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/support"
)

// history is a world in which whatever may happen in whatever order.
type history struct {
	*desk
	operator ayetest.Agent
	agents   []ayetest.Agent
	caseID   string
	// stopped is every case that was stopped.
	stopped map[string]bool
	// carried counts what was carried out, and ended what was stopped, in all histories.
	carried, ended *int
}

// TestThreatSupportHistories does at random what agents, the person and time can do, and looks after each step that no
// case was carried out that was stopped, or that nobody else signed, or before its time.
func TestThreatSupportHistories(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var carried, ended int
	base := &history{carried: &carried, ended: &ended, operator: d.AgentOf(d.OperatorSupport(), accounts.RoleSupport)}
	administrator := d.Agent(accounts.RoleAdministrator)
	base.agents = []ayetest.Agent{d.bo, d.cy, administrator}
	lifter := d.Agent(accounts.RoleOwner)
	rapid.Check(t, func(r *rapid.T) {
		h, own := *base, *d
		h.desk, h.stopped = &own, map[string]bool{}
		h.ada = d.helped("Ada")
		h.phone = d.Pair(h.ada)
		if rapid.IntRange(0, 3).Draw(r, "elsewhere") == 0 {
			d.joins(d.AddOrganisation(func(*accounts.Organisation) {}), h.ada, accounts.RoleMember)
		}
		for range rapid.IntRange(6, 20).Draw(r, "steps") {
			h.step(r)
			h.holds(r)
		}
		// Room for the next one.
		d.Clock.Pass(25 * time.Hour)
		for _, f := range must(d.Store.Freezes(d.Context(), "")) {
			_ = d.as(lifter).Lift(d.Context(), f.ID)
			_ = d.Support.LiftAsOperator(d.Context(), f.ID, "next")
		}
	})
	if carried == 0 || ended == 0 {
		t.Errorf("%d looks at what was carried out, %d stops: nothing was proven", carried, ended)
	}
}

// verbsOfHistories has what leads on more often than what ends a case.
var verbsOfHistories = []string{
	"open", "open", "open", "approve", "approve", "approve", "approve", "approve", "refuse", "cancel", "stop", "push", "mail", "pass", "pass", "pass", "again", "line",
}

// step does one thing; most of them fail at most moments.
func (h *history) step(r *rapid.T) {
	ctx := h.Context()
	agent := rapid.SampledFrom(append(h.agents, h.operator)).Draw(r, "agent")
	switch rapid.SampledFrom(verbsOfHistories).Draw(r, "verb") {
	case "open":
		if c, err := h.opens(agent, h.ada, support.Lost); err == nil {
			h.caseID = c.ID
		}
	case "approve":
		signing, err := h.as(agent).Approve(ctx, h.caseID)
		if err != nil {
			return
		}
		if _, err = h.Approve(agent.Phone, signing.Asked); err == nil {
			_, _ = h.as(agent).Signing(ctx, h.caseID)
		}
	case "refuse":
		_ = h.as(agent).Refuse(ctx, h.caseID)
	case "cancel":
		_ = h.as(agent).Cancel(ctx, h.caseID)
	case "stop":
		if _, err := h.Support.StopOwn(ctx, h.ada.Person.ID, h.caseID); err == nil {
			h.stopped[h.caseID] = true
			*h.ended++
		}
	case "push":
		if checking, err := h.as(agent).Verify(ctx, h.caseID, support.ByPush); err == nil {
			if request, err := h.Approvals.Find(ctx, checking.ApprovalID); err == nil {
				_, _ = h.Approve(h.phone, askedOf(request, checking))
				_, _ = h.as(agent).Checking(ctx, h.caseID, checking.ID)
			}
		}
	case "mail":
		if _, err := h.as(agent).Verify(ctx, h.caseID, support.ByMail); err == nil {
			letters := h.Announcer.Letters(accounts.LetterCheck, h.ada.Person.ID)
			last := letters[len(letters)-1]
			_ = h.Support.AnswerCaller(ctx, last.Token, last.Code)
		}
	case "pass":
		h.Clock.Pass(rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, 24 * time.Hour, 24 * time.Hour}).Draw(r, "time"))
		if err := h.Support.Sweep(ctx); err != nil {
			r.Fatal(err)
		}
	case "again":
		_ = h.as(agent).SendAgain(ctx, h.caseID)
	case "line":
		_ = h.Support.SignAsOperator(ctx, h.caseID, "history")
	}
}

// holds looks at all cases of the person.
func (h *history) holds(r *rapid.T) {
	ctx := h.Context()
	cases, err := h.Store.Cases(ctx, support.Filter{PersonID: h.ada.Person.ID}, 100)
	if err != nil {
		r.Fatal(err)
	}
	live, carried := 0, false
	members := must(h.Accounts.Memberships(ctx, h.ada.Person.ID))
	for _, c := range cases {
		if c.State.Live() {
			live++
		}
		if h.stopped[c.ID] && c.State != support.Stopped {
			r.Fatalf("a stopped case is %s", c.State)
		}
		if c.State == support.Waiting || c.State == support.Revoked {
			if c.ApproverPersonID == "" || c.ApproverPersonID == c.OpenerPersonID || c.ApproverPersonID == c.PersonID || c.ApprovalID == "" {
				r.Fatalf("nobody else signed %+v", c)
			}
		}
		if c.Link == 0 {
			continue
		}
		carried = true
		*h.carried++
		wait := support.Wait(c.Shown, h.Organisation)
		if c.State == support.Revoked && (c.Closed.Before(c.Due) || c.Due.Before(c.Approved.Add(wait))) {
			r.Fatalf("carried out at %s, approved %s, wait %s", c.Closed, c.Approved, wait)
		}
		if len(members) > 1 && c.OperatorID == "" {
			r.Fatalf("carried out without the operator: %+v", c)
		}
	}
	if live > 1 {
		r.Fatalf("%d cases go on at once", live)
	}
	if !carried && !h.works(h.ada) {
		r.Fatal("the phone is gone, and no case was carried out")
	}
}

func askedOf(r approval.Request, c support.Checking) approval.Asked {
	return approval.Asked{Request: r, Number: c.Number}
}
