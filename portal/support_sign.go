package portal

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
	"example.com/aye/support"
)

// showApprove shows what the second approver signs, in full, before the phone is asked.
func (s *Server) showApprove(c echo.Context, session signin.Session) error {
	return s.approveView(c, http.StatusOK, session, page.Notice{})
}

func (s *Server) approveView(c echo.Context, status int, session signin.Session, problem page.Notice) error {
	view, v, err := s.helpCase(c, session)
	if err != nil {
		return err
	}
	if !v.MayApprove {
		return s.movedOn(c, v.ID)
	}
	address, steps := masked(v.Member.Person.Email), []page.Text{page.Say("desk.step.code"), page.Say("desk.step.code-use"), page.Say("desk.step.stop")}
	if v.Kind == support.Lost {
		steps = lostSteps(v.Organisation, v.Shown, address, true)
	}
	return s.show(c, status, page.CaseApprove{HelpCase: view, Steps: steps, Problem: problem})
}

// approve asks the approver on their own phone.
func (s *Server) approve(c echo.Context, session signin.Session) error {
	id := c.Param("case")
	_, err := s.desk(c, session).Approve(c.Request().Context(), id)
	var problem page.Text
	switch {
	case err == nil:
		return s.goTo(c, "/support/cases/"+id+"/approve/wait")
	case errors.Is(err, approval.ErrNotEnrolled):
		problem = page.Say("desk.approve.no-phone")
	case errors.Is(err, approval.ErrTooManyPending):
		problem = page.Say("desk.approve.too-many")
	case errors.Is(err, support.ErrClosed):
		return s.movedOn(c, id)
	default:
		return err
	}
	return s.approveView(c, http.StatusConflict, session, page.Notice{Tone: page.Bad, Text: problem})
}

// waitApprove waits for that phone. Each look takes the case on, once it was signed.
func (s *Server) waitApprove(c echo.Context, session signin.Session) error {
	id := c.Param("case")
	signing, err := s.desk(c, session).Signing(c.Request().Context(), id)
	view := page.CaseSigning{CaseID: id, Kind: string(signing.Kind), Name: signing.Member.Person.Display, State: string(signing.State)}
	switch {
	case errors.Is(err, support.ErrUnsigned):
		v, failed := s.desk(c, session).Case(c.Request().Context(), id)
		if failed != nil {
			return failed
		}
		view.State, view.Kind, view.Name = "unsigned", string(v.Kind), v.Member.Person.Display
		return s.show(c, http.StatusForbidden, view)
	case errors.Is(err, support.ErrClosed):
		return s.movedOn(c, id)
	case errors.Is(err, support.ErrChannel): // signed it is
		return s.notSent(c, id)
	case err != nil:
		return err
	}
	switch signing.State {
	case "":
		return s.goTo(c, "/support/cases/"+id+"/approve")
	case approval.Released:
		s.say(c, page.Good, "desk.said.approved")
		return s.goTo(c, "/support/cases/"+id)
	case approval.Pending, approval.Approved:
		view.State, view.Number = string(approval.Pending), signing.Asked.Number.Reveal()
		for _, d := range signing.Asked.Deliveries {
			view.Phones = append(view.Phones, told(d))
		}
		view.Wait = page.Waiting{
			State: view.State, Events: s.socket("/v1/approvals/" + signing.Asked.ID + "/events"), Ticket: signing.Asked.Ticket.Reveal(), Left: signing.Asked.Expires.Sub(s.Now()),
		}
	case approval.Denied, approval.Reported, approval.Mismatched, approval.Expired, approval.Cancelled, approval.Superseded, approval.Lapsed:
	}
	return s.show(c, http.StatusOK, view)
}

// toCase leads from an address that is only posted to.
func (s *Server) toCase(c echo.Context, _ signin.Session) error {
	return s.goTo(c, "/support/cases/"+c.Param("case"))
}

// verify asks the caller whether it is them who talks to this agent.
func (s *Server) verify(c echo.Context, session signin.Session) error {
	id := c.Param("case")
	checking, err := s.desk(c, session).Verify(c.Request().Context(), id, support.Channel(form(c, "channel")))
	switch {
	case err == nil:
		return s.goTo(c, "/support/cases/"+id+"/checks/"+checking.ID)
	case errors.Is(err, support.ErrClosed):
		return s.movedOn(c, id)
	case errors.Is(err, support.ErrChannel):
		s.say(c, page.Bad, "desk.said.no-channel")
		return s.goTo(c, "/support/cases/"+id)
	case errors.Is(err, support.ErrTooMany):
		s.say(c, page.Bad, "desk.said.asked-enough")
		return s.goTo(c, "/support/cases/"+id)
	}
	return err
}

// showCheck waits for the caller's answer, with the number that is read out.
func (s *Server) showCheck(c echo.Context, session signin.Session) error {
	ctx, desk := c.Request().Context(), s.desk(c, session)
	checking, err := desk.Checking(ctx, c.Param("case"), c.Param("check"))
	if err != nil {
		return err
	}
	v, err := desk.Case(ctx, c.Param("case"))
	if err != nil {
		return err
	}
	view := page.CaseCheck{
		CaseID: v.ID, ID: checking.ID, Kind: string(v.Kind), Name: v.Member.Person.Display, Channel: string(checking.Channel), State: string(checking.State),
		Agent: session.Member.Person.Display, Where: whereOf(checking.Channel, v), Shortens: shortens(v.Case, v.Organisation),
	}
	if left := checking.Expires.Sub(s.Now()); checking.State == support.Asked && left <= 0 {
		view.State = string(support.Unheard)
	} else if checking.State == support.Asked {
		view.Number, view.Wait = checking.Number.Reveal(), page.Waiting{State: string(checking.State), Left: left}
		if checking.Ticket != "" {
			view.Wait.Events, view.Wait.Ticket = s.socket("/v1/approvals/"+checking.ApprovalID+"/events"), checking.Ticket.Reveal()
		}
	}
	return s.show(c, http.StatusOK, view)
}

// shortens is how long a lost phone's case waits with what the caller has shown; negative where that says nothing.
func shortens(c support.Case, o accounts.Organisation) time.Duration {
	if c.Kind != support.Lost || (c.State != support.Open && c.State != support.Waiting) {
		return -1
	}
	return support.Wait(c.Shown, o)
}
