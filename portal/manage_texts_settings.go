package portal

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/aye/portal/locales"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
	"example.com/aye/sms"
)

func (s *Server) showTextSettings(c echo.Context, session signin.Session) error {
	settings, err := s.textsAs(session).Settings(c.Request().Context(), session.OrganisationID)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, s.textSettings(settings.Countries, written(settings.Cap, s.locale(c)), nil))
}

// textSettings is the form with these countries and this amount.
func (s *Server) textSettings(chosen []string, limit string, faults page.Faults) page.TextSettings {
	view := page.TextSettings{
		Cap: limit, Currency: s.SMS.Config.Prices.Currency, Usual: s.money(sms.DefaultCap), Rules: map[page.Country]page.Text{}, Faults: faults,
	}
	for _, code := range sms.Countries() {
		country := page.Country(code)
		if slices.Contains(chosen, code) {
			view.Chosen = append(view.Chosen, country)
		} else {
			view.Others = append(view.Others, country)
		}
		if rule, known := sms.CountryRule(code); known {
			view.Rules[country] = demands(rule)
		}
	}
	return view
}

// demands are what a country asks of a sender, in one text.
func demands(r sms.Rule) page.Text {
	numeric, registered := slices.Contains(r.Demands, sms.NumericOnly), slices.Contains(r.Demands, sms.Registration)
	switch {
	case numeric && registered && slices.Contains(r.Demands, sms.Permission):
		return page.Say("manage.texts.demand.permission")
	case numeric && registered:
		return page.Say("manage.texts.demand.numeric-registered")
	case numeric:
		return page.Say("manage.texts.demand.numeric-only")
	case registered:
		return page.Say("manage.texts.demand.registration")
	}
	return page.Text{}
}

// written is an amount as people of the language write it, and amountOf reads it. A comma and a point are
// both the decimals: nobody writes thousands of this size with a mark.
func written(a sms.Amount, locale string) string {
	if locale == locales.Dutch {
		return strings.Replace(a.String(), ".", ",", 1)
	}
	return a.String()
}

func amountOf(text string) (sms.Amount, error) {
	return sms.ParseAmount(strings.Replace(strings.TrimSpace(text), ",", ".", 1))
}

func (s *Server) changeTextSettings(c echo.Context, session signin.Session) error {
	countries, limit, faults := c.Request().PostForm["country"], form(c, "cap"), page.Faults{}
	most, err := amountOf(limit)
	if err != nil || most < sms.MinimumCap {
		faults["cap"] = s.badCap()
	}
	if len(countries) == 0 {
		faults["countries"] = page.Say("manage.texts.settings.countries-none")
	}
	if !faults.Failed() {
		err = s.textsAs(session).ChangeSettings(c.Request().Context(), sms.Settings{OrganisationID: session.OrganisationID, Countries: countries, Cap: most})
		var invalid *sms.InvalidError
		switch {
		case err == nil:
			s.say(c, page.Good, "manage.texts.settings.said-saved")
			return s.goTo(c, "/manage/texts/settings")
		case !errors.As(err, &invalid):
			return err
		case invalid.Field == "countries":
			faults["countries"] = page.Say("manage.texts.settings.countries-bad")
		default:
			faults["cap"] = s.badCap()
		}
	}
	return s.show(c, http.StatusUnprocessableEntity, s.textSettings(countries, limit, faults))
}

func (s *Server) badCap() page.Text {
	return page.Say("manage.texts.settings.cap-bad", "Least", s.money(sms.MinimumCap), "Most", s.money(sms.MaximumCap))
}
