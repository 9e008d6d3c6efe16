package portal

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
	"example.com/aye/sms"
)

// textUsers shows who logs in by text message.
func (s *Server) textUsers(c echo.Context, session signin.Session) error {
	ctx, as := c.Request().Context(), s.textsAs(session)
	since, after := s.Now().UTC().AddDate(0, 0, -usersDays), c.QueryParam("after")
	users, err := as.Users(ctx, session.OrganisationID, since)
	if err != nil {
		return err
	}
	view := page.TextUsers{Since: since, Ends: s.SMS.Config.LoginEnds, Over: s.operatorOver(), All: len(users), Address: usersAddress(after)}
	if view.Own, err = s.ownProvider(ctx, session); err != nil {
		return err
	}
	for _, u := range users {
		if !u.Other {
			view.Only++
		}
	}
	first := slices.IndexFunc(users, func(u sms.User) bool { return after == "" || u.Email > after })
	if first < 0 {
		first = len(users)
	}
	if first > 0 {
		view.First = usersAddress("")
	}
	shown := users[first:min(first+peoplePage, len(users))]
	for _, u := range shown {
		view.Users = append(view.Users, page.TextUser{
			ID: u.MembershipID, Name: u.Display, Email: u.Email, Last: u.Last, Times: u.Times, Other: u.Other, Payer: string(u.Payer),
		})
	}
	if first+len(shown) < len(users) {
		view.Next = usersAddress(shown[len(shown)-1].Email)
	}
	return s.show(c, http.StatusOK, view)
}

// usersDays is how far the list of who logs in by text message looks back.
const usersDays = 90

func usersAddress(after string) string {
	return strings.Replace(peopleAddress("", after), "/manage/people", "/manage/texts/people", 1)
}

// numberNew is when the member's phone number was changed, if it is so new that no codes would go to it without
// somebody's word, and from when they do. Where nobody logs in by text message it is nobody's business.
func (s *Server) numberNew(session signin.Session, m accounts.Member) (changed, from time.Time) {
	changed = m.Person.NumberChanged
	from = changed.Add(sms.NumberPause)
	if m.Status != accounts.Active || m.Person.Number == "" || changed.IsZero() || !session.Organisation.Allows(accounts.SMS) || !s.Now().Before(from) {
		return time.Time{}, time.Time{}
	}
	return changed, from
}

// numberWaits tells whether the member's number does not count yet.
func (s *Server) numberWaits(session signin.Session, m accounts.Member) bool {
	changed, _ := s.numberNew(session, m)
	return !changed.IsZero() && !m.Vouched
}

// showVouch says who asks for this, before a new number counts at once.
func (s *Server) showVouch(c echo.Context, session signin.Session) error {
	m, err := s.member(c, session)
	if err != nil {
		return err
	}
	if !s.numberWaits(session, m) {
		return s.goTo(c, "/manage/people/"+m.ID)
	}
	if err = s.as(session).MayChange(c.Request().Context(), m); err != nil {
		return s.refused(c, session, m, err)
	}
	address := "/manage/people/" + m.ID
	return s.show(c, http.StatusOK, page.Confirm{
		Title: page.Say("manage.person.number-title", "Name", m.Person.Display), Text: page.Say("manage.person.number-confirm", "Name", m.Person.Display),
		Button: page.Say("manage.person.number-sure"), Danger: true, Action: address + "/number", Back: address,
		Hidden: map[string]string{"changed": m.Person.NumberChanged.UTC().Format(time.RFC3339Nano)}, // the number that it is about
	})
}

// vouch is for the number that was shown: one that was put in its place meanwhile is another.
func (s *Server) vouch(c echo.Context, session signin.Session) error {
	m, err := s.member(c, session)
	if err != nil {
		return err
	}
	if !s.numberWaits(session, m) { // somebody else was quicker
		return s.goTo(c, "/manage/people/"+m.ID)
	}
	changed, _ := time.Parse(time.RFC3339Nano, form(c, "changed")) // what is none is no number's
	err = s.as(session).Vouch(c.Request().Context(), session.OrganisationID, m.ID, changed)
	if errors.Is(err, accounts.ErrOtherNumber) {
		s.say(c, page.Warn, "manage.person.said-other-number")
		return s.goTo(c, "/manage/people/"+m.ID+"/number")
	}
	if err != nil {
		return s.refused(c, session, m, err)
	}
	s.say(c, page.Good, "manage.person.said-number")
	return s.goTo(c, "/manage/people/"+m.ID)
}
