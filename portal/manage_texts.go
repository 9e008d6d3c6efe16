package portal

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
	"example.com/aye/sms"
)

// textsAs are the text messages as the person of the session may manage them.
func (s *Server) textsAs(session signin.Session) *sms.Service { return s.SMS.As(s.as(session)) }

// manageTexts shows what the organisation has for sending text messages.
func (s *Server) manageTexts(c echo.Context, session signin.Session) error {
	ctx, as := c.Request().Context(), s.textsAs(session)
	all, err := as.List(ctx, session.OrganisationID)
	if err != nil {
		return err
	}
	settings, err := as.Settings(ctx, session.OrganisationID)
	if err != nil {
		return err
	}
	view := page.Texts{
		Allowed: session.Organisation.Allows(accounts.SMS), Stopped: settings.Stopped, Ends: s.SMS.Config.LoginEnds, Over: s.operatorOver(),
		Full: len(all) >= sms.MaximumProviders, Cap: s.money(settings.Cap),
	}
	if view.Operator, err = s.SMS.Texts(ctx); err != nil {
		return err
	}
	for _, p := range all {
		view.Providers = append(view.Providers, s.textProvider(p))
	}
	for _, country := range settings.Countries {
		view.Countries = append(view.Countries, page.Country(country))
	}
	return s.show(c, http.StatusOK, view)
}

// money is an amount in the currency of the installation's prices.
func (s *Server) money(a sms.Amount) page.Money { return moneyOf(a, s.SMS.Config.Prices.Currency) }

func moneyOf(a sms.Amount, currency string) page.Money {
	return page.Money{Amount: int64(a), Currency: currency}
}

// classicEnds is when MessageBird ends its older interface: nothing is taken from that moment on.
var classicEnds = time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC)

func (s *Server) textProvider(p sms.Provider) page.TextProvider {
	return page.TextProvider{
		ID: p.ID, Description: p.Description, Sender: p.Sender, Kind: string(p.Kind), KeyEnd: p.KeyEnd, Active: p.Active, Signed: p.Signed,
		Trouble: string(p.Trouble), TroubleAt: p.TroubleAt, Proven: p.Proven,
		Ended: p.Kind == sms.MessageBird && !s.Now().Before(classicEnds),
	}
}

// operatorOver tells whether the operator has stopped to pay for logging in.
func (s *Server) operatorOver() bool {
	ends := s.SMS.Config.LoginEnds
	return !ends.IsZero() && !s.Now().Before(ends)
}

// operatorStands tells whether the operator's provider carries logins now where an organisation has none.
func (s *Server) operatorStands(ctx context.Context) (bool, error) {
	if s.SMS.Config.LoginEnds.IsZero() || s.operatorOver() {
		return false, nil
	}
	return s.SMS.Texts(ctx)
}

// textsCarried tells whether anybody's provider carries logins by text message now.
func (s *Server) textsCarried(ctx context.Context, session signin.Session) (bool, error) {
	own, err := s.ownProvider(ctx, session)
	if err != nil || own {
		return own, err
	}
	return s.operatorStands(ctx)
}

// ownProvider tells whether the organisation has an active provider.
func (s *Server) ownProvider(ctx context.Context, session signin.Session) (bool, error) {
	all, err := s.textsAs(session).List(ctx, session.OrganisationID)
	return slices.ContainsFunc(all, active), err
}

func active(p sms.Provider) bool { return p.Active }

// provider is the one of the address, else sms.ErrNotFound.
func (s *Server) provider(c echo.Context, session signin.Session) (sms.Provider, error) {
	return s.textsAs(session).Provider(c.Request().Context(), session.OrganisationID, c.Param("provider"))
}

func (s *Server) showProvider(c echo.Context, session signin.Session) error {
	p, err := s.provider(c, session)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, page.OneTextProvider{TextProvider: s.textProvider(p), Report: s.SMS.ReportAddress(p.ID)})
}

// showProviderConfirm asks before a provider is used, is used no longer, or goes, and says what that means.
func (s *Server) showProviderConfirm(what string) handler {
	return func(c echo.Context, session signin.Session) error {
		p, err := s.provider(c, session)
		if err != nil {
			return err
		}
		ctx := c.Request().Context()
		view := page.TextsConfirm{What: what, ID: p.ID, Description: p.Description, Active: p.Active, KeyEnd: p.KeyEnd, Kind: string(p.Kind)}
		all, err := s.textsAs(session).List(ctx, session.OrganisationID)
		if err != nil {
			return err
		}
		if at := slices.IndexFunc(all, active); at >= 0 && all[at].ID != p.ID {
			view.Instead = all[at].Description
		}
		view.Others = len(all) - 1
		if what == "activate" {
			view.Expected, err = s.expected(ctx, session)
		} else {
			err = s.consequences(ctx, session, &view)
		}
		if err != nil {
			return err
		}
		return s.show(c, http.StatusOK, view)
	}
}

// consequences are what it means that no provider is active any more.
func (s *Server) consequences(ctx context.Context, session signin.Session, view *page.TextsConfirm) error {
	stands, err := s.operatorStands(ctx)
	if err != nil {
		return err
	}
	if stands {
		view.Stands = s.SMS.Config.LoginEnds
	}
	standings, err := s.as(session).Standings(ctx, session.OrganisationID)
	for _, one := range standings {
		if one.Texts && !one.Phone && (!one.App || !session.Organisation.Allows(accounts.TOTP)) {
			view.Lost++
		}
	}
	return err
}

// expected is what logging in will cost, to the country where most of it goes: the installation's
// own, or the first of those that the organisation chose.
func (s *Server) expected(ctx context.Context, session signin.Session) (page.TextsExpected, error) {
	as := s.textsAs(session)
	settings, err := as.Settings(ctx, session.OrganisationID)
	if err != nil {
		return page.TextsExpected{}, err
	}
	country := s.SMS.Config.Country
	if len(settings.Countries) > 0 && !slices.Contains(settings.Countries, country) {
		country = settings.Countries[0]
	}
	e, err := as.Expect(ctx, session.OrganisationID, country)
	return page.TextsExpected{
		Country: page.Country(cmp.Or(e.Country, country)), Each: moneyOf(e.Each, e.Currency), Known: e.Known, Reported: e.Reported,
		Logins: e.Logins, Month: moneyOf(e.Month, e.Currency),
	}, err
}

func (s *Server) activateProvider(c echo.Context, session signin.Session) error {
	return s.setActive(c, session, true, "manage.texts.said-activated")
}

func (s *Server) stopProvider(c echo.Context, session signin.Session) error {
	return s.setActive(c, session, false, "manage.texts.said-stopped")
}

func (s *Server) setActive(c echo.Context, session signin.Session, active bool, said string) error {
	id := c.Param("provider")
	if err := s.textsAs(session).Activate(c.Request().Context(), session.OrganisationID, id, active); err != nil {
		return err
	}
	s.say(c, page.Good, said)
	return s.goTo(c, "/manage/texts/"+id)
}

func (s *Server) removeProvider(c echo.Context, session signin.Session) error {
	if err := s.textsAs(session).Remove(c.Request().Context(), session.OrganisationID, c.Param("provider")); err != nil {
		return err
	}
	s.say(c, page.Good, "manage.texts.said-removed")
	return s.goTo(c, "/manage/texts")
}

// showResume asks before messages go out again that were stopped.
func (s *Server) showResume(c echo.Context, _ signin.Session) error {
	return s.show(c, http.StatusOK, page.Confirm{
		Title: page.Say("manage.texts.stopped.resume-title"), Text: page.Say("manage.texts.stopped.resume-lead"), Action: "/manage/texts/resume",
		Button: page.Say("manage.texts.stopped.resume"), Back: "/manage/texts",
	})
}

func (s *Server) resume(c echo.Context, session signin.Session) error {
	ctx, as := c.Request().Context(), s.textsAs(session)
	settings, err := as.Settings(ctx, session.OrganisationID)
	if err != nil {
		return err
	}
	if settings.Stopped.IsZero() {
		s.say(c, page.Info, "manage.texts.said-running")
		return s.goTo(c, "/manage/texts")
	}
	if err = as.Resume(ctx, session.OrganisationID); err != nil {
		return err
	}
	s.say(c, page.Good, "manage.texts.said-resumed")
	return s.goTo(c, "/manage/texts")
}

// textFailure is what is said of an error of package sms that a form cannot mend, and with which
// status; false for what is none.
func (s *Server) textFailure(err error, kind sms.Kind) (page.TextFailure, int, bool) {
	var vendor *sms.VendorError
	var delay *sms.DelayError
	var closed *sms.ClosedError
	failure := func(status int, text page.Text) (page.TextFailure, int, bool) {
		return page.TextFailure{Notice: page.Notice{Tone: page.Bad, Text: text}}, status, true
	}
	switch {
	case errors.As(err, &vendor):
		f, _, _ := failure(0, page.TextTrouble(string(vendor.Class), string(kind)))
		f.Vendor, f.Said = string(kind), vendorsWord(vendor)
		return f, vendorStatus(vendor.Class), true
	case errors.As(err, &delay):
		return failure(http.StatusTooManyRequests, s.delayed(delay))
	case errors.As(err, &closed):
		return failure(http.StatusConflict, closedProblem(closed.Reason))
	case errors.Is(err, sms.ErrTooMany):
		return failure(http.StatusConflict, page.Say("manage.texts.problem.too-many"))
	case errors.Is(err, sms.ErrTries):
		return failure(http.StatusTooManyRequests, page.Say("manage.texts.code.tries"))
	}
	return page.TextFailure{}, 0, false
}

// vendorsWord is what the vendor said itself, for who looks it up there.
func vendorsWord(v *sms.VendorError) string {
	switch {
	case v.Detail == "":
		return v.Code
	case v.Code == "":
		return v.Detail
	}
	return v.Detail + " (" + v.Code + ")"
}

func vendorStatus(class sms.Class) int {
	switch class {
	case sms.Busy, sms.Down, sms.Missing, sms.Other:
		return http.StatusBadGateway
	case sms.BadKey, sms.TestKey, sms.NoBalance, sms.BadSender, sms.BadNumber, sms.NotPermitted:
	}
	return http.StatusUnprocessableEntity
}

func (s *Server) delayed(d *sms.DelayError) page.Text {
	wait := max(d.Until.Sub(s.Now()), time.Second)
	switch d.Limit {
	case sms.NumberLimit:
		return page.Say("manage.texts.problem.limit-number", "Wait", wait)
	case sms.OrganisationLimit:
		return page.Say("manage.texts.problem.limit-organisation", "Wait", wait)
	case sms.Pause:
	}
	return page.Say("manage.texts.problem.pause", "Wait", wait)
}

// closedProblem says why no code goes to an administrator.
func closedProblem(reason sms.Reason) page.Text {
	switch reason {
	case sms.CapReached:
		return page.Say("manage.texts.problem.cap")
	case sms.Halted:
		return page.Say("manage.texts.problem.stopped")
	case sms.Country:
		return page.Say("manage.texts.problem.closed-country")
	case sms.WrongSender:
		return page.Say("manage.texts.problem.closed-sender")
	case sms.Open, sms.NotAllowed, sms.SeveralOrganisations, sms.NoNumber, sms.NumberNew, sms.NoProvider, sms.Over:
	}
	return page.Say("manage.texts.problem.closed")
}
