package portal

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/aye/alerts"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// alertsAs are the alerts as the person of the session may manage them.
func (s *Server) alertsAs(session signin.Session) *alerts.Service {
	return s.Alerts.As(s.as(session))
}

func (s *Server) showAlerts(c echo.Context, session signin.Session) error {
	view, err := s.alertHook(c, session)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, view)
}

// alertHook is how the organisation hears of alerts now; with an empty address where it does not.
func (s *Server) alertHook(c echo.Context, session signin.Session) (page.AlertHook, error) {
	hook, err := s.alertsAs(session).Hook(c.Request().Context(), session.OrganisationID)
	if errors.Is(err, alerts.ErrNoHook) {
		return page.AlertHook{Kinds: alertKinds(nil)}, nil
	}
	view := page.AlertHook{URL: hook.URL, Kinds: alertKinds(hook.Kinds), Set: true, Last: hook.LastAt}
	if hook.LastError != "" {
		view.Why = alertFailed(hook.LastError)
	}
	return view, err
}

func alertKinds(chosen []alerts.Kind) []page.AlertKind {
	var all []page.AlertKind
	for _, kind := range alerts.All {
		all = append(all, page.AlertKind{Kind: string(kind), On: len(chosen) == 0 || slices.Contains(chosen, kind)})
	}
	return all
}

// alertFailed says why an alert was not taken.
func alertFailed(said string) page.Text {
	word, status, _ := strings.Cut(said, " ")
	switch why := alerts.Why(word); why {
	case alerts.WhyStatus, alerts.WhyRedirect:
		return page.Say("manage.alerts.why."+word, "Status", status)
	case alerts.WhyTimeout, alerts.WhyUnreachable, alerts.WhyCertificate, alerts.WhyName, alerts.WhyPrivate:
		return page.Say("manage.alerts.why." + word)
	case alerts.WhyOther:
	}
	return page.Say("manage.alerts.why.unknown")
}

// changeAlerts sets the address and the kinds. The secret is shown when there is a new one.
func (s *Server) changeAlerts(c echo.Context, session signin.Session) error {
	return s.setAlerts(c, session, strings.TrimSpace(form(c, "url")), chosenKinds(c), false)
}

func chosenKinds(c echo.Context) []alerts.Kind {
	var kinds []alerts.Kind
	for _, kind := range c.Request().PostForm["kind"] {
		kinds = append(kinds, alerts.Kind(kind))
	}
	return kinds
}

func (s *Server) setAlerts(c echo.Context, session signin.Session, url string, kinds []alerts.Kind, renew bool) error {
	faults := page.Faults{}
	if len(kinds) == 0 && !renew {
		faults["kind"] = page.Say("manage.alerts.kinds-none")
	}
	if url == "" {
		faults["url"] = page.Say("manage.alerts.url-bad")
	}
	if len(kinds) == len(alerts.All) { // what is added later is sent too
		kinds = nil
	}
	if !faults.Failed() {
		_, shown, err := s.alertsAs(session).Set(c.Request().Context(), session.OrganisationID, url, kinds, renew)
		switch {
		case err == nil && shown != "":
			return s.show(c, http.StatusOK, page.AlertSecret{Secret: shown.Reveal()})
		case err == nil:
			s.say(c, page.Good, "manage.alerts.said-saved")
			return s.goTo(c, "/manage/alerts")
		case errors.Is(err, alerts.ErrURL):
			faults["url"] = page.Say("manage.alerts.url-bad")
		case errors.Is(err, alerts.ErrKind):
			faults["kind"] = page.Say("manage.rules.choose")
		default:
			return err
		}
	}
	view, err := s.alertHook(c, session)
	if err != nil {
		return err
	}
	view.URL, view.Faults = url, faults
	for i, one := range view.Kinds {
		view.Kinds[i].On = slices.Contains(c.Request().PostForm["kind"], one.Kind)
	}
	return s.show(c, http.StatusUnprocessableEntity, view)
}

func (s *Server) showAlertsConfirm(what string) handler {
	return func(c echo.Context, session signin.Session) error {
		hook, err := s.alertsAs(session).Hook(c.Request().Context(), session.OrganisationID)
		if err != nil {
			return err
		}
		return s.show(c, http.StatusOK, page.Confirm{
			Title: page.Say("manage.alerts." + what + "-title"), Text: page.Say("manage.alerts."+what+"-confirm", "URL", hook.URL),
			Action: "/manage/alerts/" + what, Button: page.Say("manage.alerts." + what), Danger: true, Back: "/manage/alerts",
		})
	}
}

// renewAlerts makes a new secret; the one before signs nothing any more.
func (s *Server) renewAlerts(c echo.Context, session signin.Session) error {
	hook, err := s.alertsAs(session).Hook(c.Request().Context(), session.OrganisationID)
	if err != nil {
		return err
	}
	return s.setAlerts(c, session, hook.URL, hook.Kinds, true)
}

// toAlerts is where one comes back to who was proven before a test: the button is there.
func (s *Server) toAlerts(c echo.Context, _ signin.Session) error { return s.goTo(c, "/manage/alerts") }

// tryAlerts sends a test, and says what became of it.
func (s *Server) tryAlerts(c echo.Context, session signin.Session) error {
	err := s.alertsAs(session).Try(c.Request().Context(), session.OrganisationID)
	tried := page.Notice{Tone: page.Good, Text: page.Say("manage.alerts.taken")}
	var failed *alerts.FailedError
	if errors.As(err, &failed) {
		tried, err = page.Notice{Tone: page.Bad, Text: page.Say("manage.alerts.not-taken", "Why", alertFailed(failed.Error()))}, nil
	}
	if err != nil {
		return err
	}
	view, err := s.alertHook(c, session)
	if err != nil {
		return err
	}
	view.Tried = tried
	return s.show(c, http.StatusOK, view)
}

func (s *Server) removeAlerts(c echo.Context, session signin.Session) error {
	err := s.alertsAs(session).Remove(c.Request().Context(), session.OrganisationID)
	if err != nil && !errors.Is(err, alerts.ErrNoHook) {
		return err
	}
	s.say(c, page.Good, "manage.alerts.said-removed")
	return s.goTo(c, "/manage/alerts")
}
