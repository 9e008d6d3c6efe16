package portal

import (
	"errors"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"example.com/aye/approval"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
	"example.com/aye/support"
)

// supportCases lists those that go on, or those that have ended.
func (s *Server) supportCases(c echo.Context, session signin.Session) error {
	ctx, desk, ended := c.Request().Context(), s.desk(c, session), c.QueryParams().Has("ended")
	standing, err := desk.Standing(ctx)
	if err != nil {
		return err
	}
	cases, err := desk.Cases(ctx, !ended)
	if err != nil {
		return err
	}
	view := page.SupportCases{Ended: ended, Operator: standing.Operator}
	for _, v := range cases {
		view.Cases = append(view.Cases, s.caseLine(v, standing.Operator))
	}
	return s.show(c, http.StatusOK, view)
}

// caseLine is a case in a list, with what it waits for.
func (s *Server) caseLine(v support.View, operator bool) page.CaseLine {
	line := page.CaseLine{ID: v.ID, Name: v.Member.Person.Display, Kind: string(v.Kind), State: string(v.State), Opener: v.Opener, Opened: v.Opened}
	if operator {
		line.Organisation = v.Organisation.Name
	}
	switch v.State {
	case support.Open:
		line.Next = page.Stance{Word: "open", At: v.Expires}
	case support.Waiting:
		line.Next = page.Stance{Word: "due", At: v.Due}
		if s.overdue(v.Case) {
			line.Next = page.Stance{Word: "overdue"}
		}
	case support.Sent:
		line.Next = page.Stance{Word: "sent", At: v.LinkUntil}
	case support.Revoked:
		line.Next = page.Stance{Word: "revoked"}
	case support.Done, support.Refused, support.Cancelled, support.Expired, support.Stopped:
	}
	return line
}

// overdue tells whether the time of a case has come, and it has not been carried out yet.
func (s *Server) overdue(c support.Case) bool {
	return c.State == support.Waiting && !s.Now().Before(c.Due)
}

func (s *Server) showCase(c echo.Context, session signin.Session) error {
	view, _, err := s.helpCase(c, session)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, view)
}

// helpCase is the case of the address, in words.
func (s *Server) helpCase(c echo.Context, session signin.Session) (page.HelpCase, support.View, error) {
	ctx, desk := c.Request().Context(), s.desk(c, session)
	v, err := desk.Case(ctx, c.Param("case"))
	if err != nil {
		return page.HelpCase{}, v, err
	}
	standing, err := desk.Standing(ctx)
	if err != nil {
		return page.HelpCase{}, v, err
	}
	view := page.HelpCase{
		ID: v.ID, Person: helped(v.Member, v.Organisation, standing.Operator), Kind: string(v.Kind), State: string(v.State),
		Identified: string(v.Identified), Ticket: v.Ticket, Note: v.Note, Shown: shownWord(v.Shown), Opener: v.Opener, Approver: v.Approver,
		Now: s.caseNow(v.Case), Past: s.casePast(v), Coming: s.caseComing(v), MayApprove: v.MayApprove, MayCancel: v.MayCancel, MaySend: v.MaySend, SignsFor: "second",
	}
	if v.State == support.Waiting {
		view.SignsFor = "operator"
	}
	if v.MayVerify {
		for _, by := range v.Channels {
			view.Ways = append(view.Ways, page.CallerWay{Channel: string(by), Where: whereOf(by, v)})
		}
	}
	if at := slices.IndexFunc(v.Checks, func(k support.Check) bool { return k.State == support.Asked && s.Now().Before(k.Expires) }); at >= 0 {
		view.Asked = &page.CallerAsked{ID: v.Checks[at].ID, Channel: string(v.Checks[at].Channel)}
	}
	if view.MayApprove {
		signing, err := desk.Signing(ctx, v.ID)
		if err != nil && !errors.Is(err, support.ErrUnsigned) {
			return view, v, err
		}
		view.Waits = signing.State == approval.Pending
	}
	return view, v, nil
}

func shownWord(shown support.Shown) string {
	if shown == support.Nothing {
		return "nothing"
	}
	return string(shown)
}

// whereOf is where the caller is asked, as much of it as is shown.
func whereOf(by support.Channel, v support.View) string {
	if by == support.ByMail {
		return masked(v.Member.Person.Email)
	}
	return ""
}

// caseConfirm asks before a case ends, or a link stops to work; see [Server.caseAct].
func (s *Server) caseConfirm(what string) handler {
	return func(c echo.Context, session signin.Session) error {
		v, err := s.desk(c, session).Case(c.Request().Context(), c.Param("case"))
		if err != nil {
			return err
		}
		if !mayCase(v, what) {
			return s.movedOn(c, v.ID)
		}
		name, text := v.Member.Person.Display, "desk."+what+".text"
		if what == "send" {
			text = "desk.send.text." + string(v.Kind)
		}
		return s.show(c, http.StatusOK, page.Confirm{
			Title: page.Say("desk."+what+".title", "Name", name), Text: page.Say(text, "Name", name), Button: page.Say("desk." + what + ".button"),
			Danger: what != "send", Action: "/support/cases/" + v.ID + "/" + what, Back: "/support/cases/" + v.ID,
		})
	}
}

func mayCase(v support.View, what string) bool {
	switch what {
	case "refuse":
		return v.MayApprove
	case "cancel":
		return v.MayCancel
	}
	return v.MaySend
}

// caseAct refuses a case, takes it back, or sends its link or code again.
func (s *Server) caseAct(what string) handler {
	return func(c echo.Context, session signin.Session) error {
		ctx, desk, id := c.Request().Context(), s.desk(c, session), c.Param("case")
		act := map[string]func() error{
			"refuse": func() error { return desk.Refuse(ctx, id) },
			"cancel": func() error { return desk.Cancel(ctx, id) },
			"send":   func() error { return desk.SendAgain(ctx, id) },
		}[what]
		if err := act(); errors.Is(err, support.ErrClosed) {
			return s.movedOn(c, id)
		} else if errors.Is(err, support.ErrChannel) {
			return s.notSent(c, id)
		} else if err != nil {
			return err
		}
		s.say(c, page.Good, "desk.said."+what)
		return s.goTo(c, "/support/cases/"+id)
	}
}

// notSent shows the case whose code did not go out, and says what to do.
func (s *Server) notSent(c echo.Context, id string) error {
	s.say(c, page.Bad, "desk.said.not-sent")
	return s.goTo(c, "/support/cases/"+id)
}

// movedOn shows the case as it is now, because it does not wait for what was asked any more.
func (s *Server) movedOn(c echo.Context, id string) error {
	s.say(c, page.Warn, "problem.closed.text")
	return s.goTo(c, "/support/cases/"+id)
}
