package portal

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// peoplePage is how many people stand on a page.
const peoplePage = 50

func (s *Server) people(c echo.Context, session signin.Session) error {
	ctx, as := c.Request().Context(), s.as(session)
	search, after := strings.TrimSpace(c.QueryParam("q")), c.QueryParam("after")
	members, more, err := as.Members(ctx, session.OrganisationID, search, after, peoplePage)
	if err != nil {
		return err
	}
	standings, err := as.Standings(ctx, session.OrganisationID)
	if err != nil {
		return err
	}
	view := page.People{Search: search, Address: peopleAddress(search, after)}
	for _, m := range members {
		view.People = append(view.People, managedPerson(m, standings[m.ID], session))
	}
	if more {
		view.Next = peopleAddress(search, members[len(members)-1].Person.Email)
	}
	if after != "" {
		view.First = peopleAddress(search, "")
	}
	return s.show(c, http.StatusOK, view)
}

func peopleAddress(search, after string) string {
	query := url.Values{}
	for name, value := range map[string]string{"q": search, "after": after} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if len(query) == 0 {
		return "/manage/people"
	}
	return "/manage/people?" + query.Encode()
}

func managedPerson(m accounts.Member, standing accounts.Standing, session signin.Session) page.ManagedPerson {
	return page.ManagedPerson{
		ID: m.ID, Name: m.Person.Display, Email: m.Person.Email, Role: string(m.Role), Status: string(m.Status),
		Enrolled: standing.Enrolled(), Since: m.Created, Self: m.ID == session.Member.ID,
	}
}

// member is the one of the address, else accounts.ErrNotFound.
func (s *Server) member(c echo.Context, session signin.Session) (accounts.Member, error) {
	return s.as(session).MemberByID(c.Request().Context(), session.OrganisationID, c.Param("person"))
}

func (s *Server) showPerson(c echo.Context, session signin.Session) error {
	m, err := s.member(c, session)
	if err != nil {
		return err
	}
	return s.person(c, http.StatusOK, session, m, page.OnePerson{Role: string(m.Role)})
}

// person shows a member; the view has what the form says.
func (s *Server) person(c echo.Context, status int, session signin.Session, m accounts.Member, view page.OnePerson) error {
	ctx, as := c.Request().Context(), s.as(session)
	standings, err := as.Standings(ctx, session.OrganisationID)
	if err != nil {
		return err
	}
	view.Person = managedPerson(m, standings[m.ID], session)
	view.Roles = page.RoleChoices(session.Member.Role == accounts.RoleOwner)
	view.NumberChanged, view.NumberFrom = s.numberNew(session, m)
	view.Vouched = m.Vouched
	if err = as.MayChange(ctx, m); errors.Is(err, accounts.ErrForbidden) {
		view.Why, view.Problem, err = forbidden(err), page.Notice{}, nil
	}
	if err != nil {
		return err
	}
	return s.show(c, status, view)
}

// refused shows the member again, and why it did not go.
func (s *Server) refused(c echo.Context, session signin.Session, m accounts.Member, err error) error {
	if !errors.Is(err, accounts.ErrForbidden) {
		return err
	}
	return s.person(c, http.StatusForbidden, session, m, page.OnePerson{Role: string(m.Role), Problem: page.Notice{Tone: page.Bad, Text: forbidden(err)}})
}

func (s *Server) changeRole(c echo.Context, session signin.Session) error {
	m, err := s.member(c, session)
	if err != nil {
		return err
	}
	err = s.as(session).SetRole(c.Request().Context(), m, accounts.Role(form(c, "role")))
	switch {
	case errors.Is(err, accounts.ErrInvalid):
		faults := page.Faults{"role": page.Say("manage.person.role-missing")}
		return s.person(c, http.StatusUnprocessableEntity, session, m, page.OnePerson{Faults: faults})
	case err != nil:
		return s.refused(c, session, m, err)
	}
	s.say(c, page.Good, "manage.people.said-role")
	return s.goTo(c, "/manage/people/"+m.ID)
}

func (s *Server) showEnd(c echo.Context, session signin.Session) error {
	m, err := s.member(c, session)
	if err != nil {
		return err
	}
	if err = s.as(session).MayChange(c.Request().Context(), m); err != nil {
		return s.refused(c, session, m, err)
	}
	view := page.Confirm{
		Title: page.Say("manage.person.end-title", "Name", m.Person.Display), Text: page.Say("manage.person.end-confirm", "Name", m.Person.Display),
		Button: page.Say("manage.person.end-sure"), Danger: true, Action: "/manage/people/" + m.ID + "/end", Back: "/manage/people/" + m.ID,
	}
	if m.Status == accounts.Invited {
		view.Title = page.Say("manage.person.withdraw-title", "Name", m.Person.Display)
		view.Text = page.Say("manage.person.withdraw-confirm", "Email", m.Person.Email)
		view.Button = page.Say("manage.person.withdraw")
	}
	return s.show(c, http.StatusOK, view)
}

func (s *Server) end(c echo.Context, session signin.Session) error {
	m, err := s.member(c, session)
	if err != nil {
		return err
	}
	if err = s.as(session).EndMembership(c.Request().Context(), m); err != nil {
		return s.refused(c, session, m, err)
	}
	said := "manage.people.said-ended"
	if m.Status == accounts.Invited {
		said = "manage.people.said-withdrawn"
	}
	s.say(c, page.Good, said)
	return s.goTo(c, "/manage/people")
}
