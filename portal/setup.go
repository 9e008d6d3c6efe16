package portal

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/pairing"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
	"example.com/aye/sms"
)

// Where the wizard links.
var (
	setupPhone = link{base: "/setup/link", intent: page.LinkFirst, at: page.StepPhone, back: "/setup/method", after: "/setup/done", through: true}
	setupApp   = link{base: "/setup/app", intent: page.LinkFirst, at: page.StepApp, back: "/setup/method", after: "/setup/done"}
)

// setsUp lets through who has no second factor yet and may set one up: who can do nothing else,
// and who is in without one and was proven just now.
func (s *Server) setsUp(next handler) echo.HandlerFunc {
	return s.begun(func(c echo.Context, session signin.Session) error {
		state, err := s.SignIn.State(c.Request().Context(), session)
		if err != nil {
			return err
		}
		switch {
		case state.Step == signin.StepSetup:
			return next(c, session)
		case state.Step == signin.StepSignIn:
			return s.goTo(c, "/setup/done"+query(c))
		case session.Level != signin.Full:
			return s.goOn(c, session)
		}
		has, err := s.hasFactor(c, session)
		if err != nil {
			return err
		}
		if has {
			return s.goTo(c, "/setup/done"+query(c))
		}
		return s.proven(next)(c, session)
	})
}

// query is that of the address, with its question mark.
func query(c echo.Context) string {
	if raw := c.Request().URL.RawQuery; raw != "" {
		return "?" + raw
	}
	return ""
}

func (s *Server) hasFactor(c echo.Context, session signin.Session) (bool, error) {
	phones, err := s.Devices.Of(c.Request().Context(), session.PersonID)
	p := session.Member.Person
	return len(phones) > 0 || p.Apps > 0 || !p.Texts.IsZero(), err
}

// startSetup goes to the step where the wizard was left.
func (s *Server) startSetup(c echo.Context, session signin.Session) error {
	if recovers(session) {
		return s.goTo(c, "/setup/method")
	}
	sends, err := s.Accounts.Texts(c.Request().Context())
	if err != nil {
		return err
	}
	if sends && !session.Member.Person.FreshNumber(s.Now()) {
		return s.goTo(c, "/setup/number")
	}
	return s.goTo(c, "/setup/method")
}

// showSetupNumber asks for the phone number, where somebody can send to it.
func (s *Server) showSetupNumber(c echo.Context, session signin.Session) error {
	sends, err := s.Accounts.Texts(c.Request().Context())
	if err != nil {
		return err
	}
	if !sends {
		return s.goTo(c, "/setup/method")
	}
	view := page.SetupNumber{}
	if p := session.Member.Person; p.FreshNumber(s.Now()) { // else it may be somebody's who was here before
		view.Number = p.Number
	}
	return s.show(c, http.StatusOK, view)
}

// askSetupNumber sends a code to it.
func (s *Server) askSetupNumber(c echo.Context, session signin.Session) error {
	view := page.SetupNumber{Number: form(c, "number")}
	if view.Faults = missing(c, "number", "setup.number.missing"); view.Failed() {
		return s.show(c, http.StatusUnprocessableEntity, view)
	}
	status, err := http.StatusUnprocessableEntity, s.Accounts.AskNumber(c.Request().Context(), session.PersonID, session.Organisation.ID, view.Number, accounts.TextRegistration)
	switch {
	case err == nil:
		return s.goTo(c, "/setup/number/code")
	case errors.Is(err, accounts.ErrNoTexts):
		return s.goTo(c, "/setup/method")
	case errors.Is(err, accounts.ErrInvalid):
		view.Faults = page.Faults{"number": page.Say("setup.number.wrong")}
	case errors.Is(err, accounts.ErrDelayed):
		status = http.StatusTooManyRequests
		view.Faults = page.Faults{"number": page.Say("setup.number.wait", "Wait", s.wait(err))}
	case errors.Is(err, sms.ErrNoAnswer):
		s.say(c, page.Warn, "code.sms.told.unknown")
		return s.goTo(c, "/setup/number/code")
	case errors.Is(err, accounts.ErrTextFailed): // and the step can be skipped
		s.Log.ErrorContext(c.Request().Context(), "a code was not sent", slog.String("error", err.Error()))
		status, view.Faults, view.Problem = s.numberNotTexted(err, session, "setup.number.wrong", "setup.number.failed")
	default:
		return err
	}
	return s.show(c, status, view)
}

func (s *Server) showSetupNumberCode(c echo.Context, _ signin.Session) error {
	return s.show(c, http.StatusOK, page.SetupNumber{Sent: true})
}

// confirmSetupNumber takes the code from the message.
func (s *Server) confirmSetupNumber(c echo.Context, session signin.Session) error {
	view := page.SetupNumber{Sent: true}
	if view.Faults = missing(c, "code", "setup.number.code-missing"); view.Failed() {
		return s.show(c, http.StatusUnprocessableEntity, view)
	}
	status, err := http.StatusUnprocessableEntity, s.Accounts.ConfirmNumber(c.Request().Context(), session.PersonID, form(c, "code"))
	switch {
	case err == nil:
		s.say(c, page.Good, "setup.number.proven")
		return s.goTo(c, "/setup/method")
	case errors.Is(err, accounts.ErrWrongCode):
		view.Faults = page.Faults{"code": page.Say("setup.number.code-wrong")}
	case errors.Is(err, accounts.ErrDelayed):
		status, view.Faults = http.StatusTooManyRequests, page.Faults{"code": s.tooManyCodes(err, "setup.number.code-wait", "setup.number.code-many")}
	default:
		return err
	}
	return s.show(c, status, view)
}

// showSetupMethod lets the person choose the second factor.
func (s *Server) showSetupMethod(c echo.Context, session signin.Session) error {
	return s.methodAgain(c, session, http.StatusOK, nil)
}

func (s *Server) methodAgain(c echo.Context, session signin.Session, status int, faults page.Faults) error {
	codes := page.Choice{Value: "totp", Label: page.Say("setup.choice.totp"), Hint: page.Say("setup.choice.totp-hint")}
	if !session.Organisation.Allows(accounts.TOTP) {
		codes.Disabled, codes.Hint = true, page.Say("setup.choice.totp-off")
	}
	view := page.SetupMethod{Chosen: "push", Required: session.Level != signin.Full, Faults: faults, Choices: []page.Choice{
		{Value: "push", Label: page.Say("setup.choice.push"), Hint: page.Say("setup.choice.push-hint")}, codes,
	}}
	if !recovers(session) { // a number could be taken over by the one who was after the phone
		texts, number, err := s.textsChoice(c, session)
		if err != nil {
			return err
		}
		view.Number, view.Choices = number, append(view.Choices, texts)
	}
	if !view.Required {
		state, err := s.SignIn.State(c.Request().Context(), session)
		if err != nil {
			return err
		}
		view.From = state.NoticeFrom
	}
	return s.show(c, status, view)
}

// textsChoice offers codes in text messages where they can be sent now, and else says why not;
// number tells that the phone number is all that is missing. One that was proven long ago is none here:
// who knows nothing but the password may have laid it aside.
func (s *Server) textsChoice(c echo.Context, session signin.Session) (choice page.Choice, number bool, err error) {
	ctx := c.Request().Context()
	choice = page.Choice{Value: "sms", Label: page.Say("setup.choice.sms")}
	open, err := s.setupTexts(ctx, session)
	if err != nil {
		return choice, false, err
	}
	switch why := whyNoText(open, accounts.TextLogin); {
	case open.Reason == sms.NoNumber:
		number, err = s.Accounts.Texts(ctx)
		choice.Disabled, choice.Hint = true, page.Say("setup.choice.sms-nobody")
		if number {
			choice.Hint = page.Say("setup.choice.sms-number")
		}
	case why.ID != "":
		choice.Disabled, choice.Hint = true, why
	case !open.Ends.IsZero():
		choice.Hint = page.Say("setup.choice.sms-ends", "Date", page.Day(open.Ends), "Number", unbroken(open.Masked))
	default:
		choice.Hint = page.Say("setup.choice.sms-hint", "Number", unbroken(open.Masked))
	}
	return choice, number, err
}

// setupTexts tells how codes in text messages would stand for the person, with a number that was proven
// just now.
func (s *Server) setupTexts(ctx context.Context, session signin.Session) (sms.Openness, error) {
	open, err := s.textsOpen(ctx, session, accounts.TextLogin)
	if session.Member.Person.FreshNumber(s.Now()) || open.Reason == sms.NotAllowed || open.Reason == sms.SeveralOrganisations {
		return open, err
	}
	return sms.Openness{Reason: sms.NoNumber}, err
}

// chooseTexts makes codes in text messages the second factor, if they are open at this moment.
func (s *Server) chooseTexts(c echo.Context, session signin.Session) error {
	ctx := c.Request().Context()
	open, err := s.setupTexts(ctx, session)
	if err == nil && open.Reason == sms.Open && !recovers(session) {
		if err = s.Accounts.ChooseTexts(ctx, session.PersonID); err == nil {
			return s.goTo(c, "/setup/done")
		}
	}
	if err != nil && !errors.Is(err, accounts.ErrNotFound) {
		return err
	}
	return s.methodAgain(c, session, http.StatusUnprocessableEntity, page.Faults{"method": page.Say("setup.choice.missing")})
}

// chooseSetupMethod goes on to link what was chosen.
func (s *Server) chooseSetupMethod(c echo.Context, session signin.Session) error {
	switch form(c, "method") {
	case "push":
		return s.goTo(c, setupPhone.base)
	case "totp":
		return s.goTo(c, setupApp.base)
	case "sms":
		return s.chooseTexts(c, session)
	}
	return s.methodAgain(c, session, http.StatusUnprocessableEntity, page.Faults{"method": page.Say("setup.choice.missing")})
}

// setUp lets through who has just set up the first factor, or is about to.
func (s *Server) setUp(next handler) echo.HandlerFunc {
	return s.begun(func(c echo.Context, session signin.Session) error {
		if session.Level != signin.Setup && session.Level != signin.Full {
			return s.goOn(c, session)
		}
		return next(c, session)
	})
}

// showSetupDone is the end of the wizard. Without a factor it is not the end.
func (s *Server) showSetupDone(c echo.Context, session signin.Session) error {
	has, err := s.hasFactor(c, session)
	if err != nil {
		return err
	}
	if !has {
		return s.goTo(c, "/setup/method")
	}
	view := page.SetupDone{Organisation: session.Organisation.Name, In: session.In(), Recovered: recovers(session)}
	linked, err := s.linkedBy(c, session, c.QueryParam("pairing"))
	if err != nil {
		return err
	}
	if linked.State == pairing.Paired {
		view.Phone, view.Pairing = linked.Device.Name, linked.ID
	}
	if p := session.Member.Person; p.Apps == 0 && !p.Texts.IsZero() {
		view.Texts = unbroken(accounts.MaskedNumber(p.Number))
	}
	return s.show(c, http.StatusOK, view)
}

// linkedBy is the person's pairing with the id, the zero one where there is none.
func (s *Server) linkedBy(c echo.Context, session signin.Session, id string) (pairing.View, error) {
	_, err := s.Pairings.Own(c.Request().Context(), session.PersonID, id)
	if errors.Is(err, pairing.ErrNotFound) {
		return pairing.View{}, nil
	}
	if err != nil {
		return pairing.View{}, err
	}
	return s.Pairings.View(c.Request().Context(), accounts.Application{}, id)
}

// finishSetup leaves the wizard: to log in, with what was set up, or on for who is in.
func (s *Server) finishSetup(c echo.Context, session signin.Session) error { return s.goOn(c, session) }
