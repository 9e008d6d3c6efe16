package portal

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/otp"
	"example.com/aye/pairing"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// link is a place where a phone or an authenticator app is linked: in the wizard, or among the
// security settings.
type link struct {
	// base is the address of the page.
	base   string
	intent page.LinkIntent
	at     page.Step
	// back is where one goes who does not want it, after where one goes on once it is linked.
	back, after string
	// through goes on at once, without a page of its own that says so.
	through bool
	// naming lets the person say what the app is called.
	naming bool
}

// linkCookie keeps which pairing the browser has begun, so that who comes back goes on with it.
const linkCookie = "aye_link"

// startLink opens a pairing, or goes on with the one that this browser has begun.
func (s *Server) startLink(l link) handler {
	return func(c echo.Context, session signin.Session) error {
		p, err := s.Pairings.Own(c.Request().Context(), session.PersonID, s.cookie(c, linkCookie))
		if err == nil && p.Session == session.ID && !p.Final(s.Now()) {
			return s.goTo(c, l.of(p.ID))
		}
		if err != nil && !errors.Is(err, pairing.ErrNotFound) {
			return err
		}
		return s.openLink(c, l, session)
	}
}

func (l link) of(pairingID string) string { return l.base + "?pairing=" + url.QueryEscape(pairingID) }

func (s *Server) openLink(c echo.Context, l link, session signin.Session) error {
	shown, err := s.Pairings.Open(c.Request().Context(), pairing.Opening{
		OrganisationID: session.Organisation.ID, By: session.Member.ID, Session: session.ID, User: accounts.UserReference{ID: session.Member.ID},
	})
	view := s.linkView(l, session)
	switch {
	case errors.Is(err, pairing.ErrTooMany):
		view.State = page.LinkTooMany
		return s.show(c, http.StatusTooManyRequests, view)
	case errors.Is(err, pairing.ErrTooManyPhones):
		view.State = page.LinkFull
		return s.show(c, http.StatusConflict, view)
	case err != nil:
		return err
	}
	s.setCookie(c, linkCookie, shown.ID, pairing.Life)
	return s.goTo(c, l.of(shown.ID))
}

// showLink shows how the pairing stands that the address names, and without one where to get the app.
func (s *Server) showLink(l link) handler {
	return func(c echo.Context, session signin.Session) error {
		id := c.QueryParam("pairing")
		if id == "" {
			return s.show(c, http.StatusOK, s.linkView(l, session))
		}
		view, state, err := s.linkState(c, l, session, id)
		if errors.Is(err, pairing.ErrNotFound) {
			return s.goTo(c, l.base)
		}
		if err != nil {
			return err
		}
		if state == pairing.Paired && l.through {
			return s.goTo(c, l.after+"?pairing="+url.QueryEscape(id))
		}
		return s.show(c, http.StatusOK, view)
	}
}

// linking is [Server.signedIn], but who has linked the first factor is told so: the next thing is
// to log in with it.
func (s *Server) linking(next handler) echo.HandlerFunc {
	return s.begun(func(c echo.Context, session signin.Session) error {
		if session.Overtaken {
			return s.goTo(c, "/setup/done"+query(c))
		}
		return s.signedIn(next)(c)
	})
}

func (s *Server) linkView(l link, session signin.Session) page.LinkPhone {
	return page.LinkPhone{
		Base: l.base, Intent: l.intent, At: l.at, State: page.LinkInstall, AppStore: s.AppStore, PlayStore: s.PlayStore,
		Minimum: session.Organisation.MinimumAppVersion, Back: l.back, After: l.after,
	}
}

// linkState is the page of a pairing of the person, as it stands now.
func (s *Server) linkState(c echo.Context, l link, session signin.Session, id string) (page.LinkPhone, pairing.State, error) {
	ctx, view := c.Request().Context(), s.linkView(l, session)
	shown, err := s.Pairings.Showing(ctx, session.PersonID, id)
	if err != nil {
		return view, "", err
	}
	now, err := s.Pairings.View(ctx, accounts.Application{}, id)
	if err != nil {
		return view, "", err
	}
	view.Pairing, view.State, view.Phone, view.Number = id, string(now.State), now.Device.Name, now.Number.Reveal()
	view.Wait = page.Waiting{State: view.State, Events: s.socket("/v1/pairings/" + id + "/events"), Ticket: shown.Ticket.Reveal()}
	switch now.State {
	case pairing.Open:
		view.URL, view.Wait.Left = shown.URL.Reveal(), now.Expires.Sub(s.Now())
	case pairing.AwaitingCode:
		view.Wait.Still = true
	case pairing.AwaitingApproval:
		view.Codes = slices.Contains(now.Instead, accounts.TOTP)
		view.Recovery = slices.Contains(now.Instead, accounts.Recovery) && session.Member.Person.RecoveryCodes > 0
		view.Wait.Still = c.QueryParams().Has("typing")
		if view.Number == "" { // the older phone is asked in a moment, and then the page is another one
			view.Wait.State = "claimed"
		}
	case pairing.Cancelled:
		view.State, view.Wait = page.LinkEnded, page.Waiting{}
	case pairing.Paired, pairing.Burned, pairing.Expired:
		view.Wait = page.Waiting{}
	}
	return view, now.State, nil
}

// socket is the address of a WebSocket of the API.
func (s *Server) socket(path string) string {
	return "ws" + strings.TrimPrefix(s.Origin, "http") + path
}

// ownLink finds the pairing that a form names, and hands it on.
func (s *Server) ownLink(c echo.Context, l link, session signin.Session, act func(p pairing.Pairing) error) error {
	p, err := s.Pairings.Own(c.Request().Context(), session.PersonID, form(c, "pairing"))
	if errors.Is(err, pairing.ErrNotFound) {
		return s.goTo(c, l.base)
	}
	if err != nil {
		return err
	}
	return act(p)
}

// renewLink shows a new code: of the same pairing, or of another when that took too long.
func (s *Server) renewLink(l link) handler {
	return func(c echo.Context, session signin.Session) error {
		return s.ownLink(c, l, session, func(p pairing.Pairing) error {
			_, err := s.Pairings.Renew(c.Request().Context(), accounts.Application{}, p.ID)
			if errors.Is(err, pairing.ErrExpired) {
				return s.openLink(c, l, session)
			}
			if err != nil && !errors.Is(err, pairing.ErrClosed) { // closed: it was scanned that very moment
				return err
			}
			return s.goTo(c, l.of(p.ID))
		})
	}
}

// confirmLink takes the six digits that the phone shows.
func (s *Server) confirmLink(l link) handler {
	return func(c echo.Context, session signin.Session) error {
		return s.ownLink(c, l, session, func(p pairing.Pairing) error {
			faults := missing(c, "code", "link.digits.missing")
			if !faults.Failed() {
				err := s.Pairings.Confirm(c.Request().Context(), accounts.Application{}, p.ID, secret.Secret(withoutSpaces(form(c, "code"))))
				switch {
				case errors.Is(err, pairing.ErrWrongCode):
					faults["code"] = page.Say("link.digits.wrong")
				case errors.Is(err, pairing.ErrBurned), errors.Is(err, pairing.ErrClosed), err == nil: // the page says which
					return s.goTo(c, l.of(p.ID))
				default:
					return err
				}
			}
			return s.linkAgain(c, l, session, p.ID, faults)
		})
	}
}

// insteadLink takes a code in the place of the older phone's answer.
func (s *Server) insteadLink(l link) handler {
	return func(c echo.Context, session signin.Session) error {
		return s.ownLink(c, l, session, func(p pairing.Pairing) error {
			field, method, wrong := "code", pairing.ByTOTP, "link.elder.wrong"
			if form(c, "method") == pairing.ByRecovery {
				field, method, wrong = "recovery", pairing.ByRecovery, "link.elder.recovery-wrong"
			}
			faults := missing(c, field, "link.elder.missing")
			if !faults.Failed() {
				err := s.Pairings.ProveInstead(c.Request().Context(), p.ID, method, form(c, field))
				switch {
				case errors.Is(err, otp.ErrWrong), errors.Is(err, otp.ErrNone), errors.Is(err, pairing.ErrMethod):
					faults[field] = page.Say(wrong)
				case errors.Is(err, otp.ErrTooMany):
					faults[field] = s.tooManyCodes(err, "link.elder.often", "link.elder.locked")
				case errors.Is(err, pairing.ErrClosed), err == nil:
					return s.goTo(c, l.of(p.ID))
				default:
					return err
				}
			}
			return s.linkAgain(c, l, session, p.ID, faults)
		})
	}
}

// tooManyCodes says how long codes are not looked at, where that ends at all.
func (s *Server) tooManyCodes(err error, wait, locked string) page.Text {
	if left := s.wait(err); left > 0 {
		return page.Say(wait, "Wait", left)
	}
	return page.Say(locked)
}

// linkAgain shows the page once more with what is wrong; it may have become another meanwhile.
func (s *Server) linkAgain(c echo.Context, l link, session signin.Session, id string, faults page.Faults) error {
	view, state, err := s.linkState(c, l, session, id)
	if err != nil {
		return err
	}
	if state != pairing.AwaitingCode && state != pairing.AwaitingApproval {
		return s.goTo(c, l.of(id))
	}
	view.Faults, view.Wait.Still = faults, true
	return s.show(c, http.StatusUnprocessableEntity, view)
}

// cancelLink stops it; where a phone has scanned already it means "not my phone". Once the phone
// is linked that takes a second factor away, so it is for the session that opened it, and for who
// was proven lately.
func (s *Server) cancelLink(l link) handler {
	return func(c echo.Context, session signin.Session) error {
		return s.ownLink(c, l, session, func(p pairing.Pairing) error {
			cancel := func(c echo.Context, _ signin.Session) error { return s.cancelPairing(c, l, p) }
			if p.State == pairing.Paired && p.Session != session.ID {
				cancel = s.proven(cancel)
			}
			return cancel(c, session)
		})
	}
}

func (s *Server) cancelPairing(c echo.Context, l link, p pairing.Pairing) error {
	err := s.Pairings.Cancel(c.Request().Context(), accounts.Application{}, p.ID)
	if err != nil && !errors.Is(err, pairing.ErrClosed) {
		return err
	}
	if p.DeviceID == "" {
		return s.goTo(c, l.back)
	}
	if err == nil {
		s.say(c, page.Good, "link.not-mine-done")
	}
	return s.goTo(c, l.of(p.ID))
}

// withoutSpaces is a code as it was meant: phones show them in groups.
func withoutSpaces(code string) string { return strings.Join(strings.Fields(code), "") }
