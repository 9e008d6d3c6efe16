package portal

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/notify"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
	"example.com/aye/sms"
)

// security shows how the person logs in, and what is missing.
func (s *Server) security(c echo.Context, session signin.Session) error {
	ctx := c.Request().Context()
	state, err := s.SignIn.State(ctx, session)
	if err != nil {
		return err
	}
	phones, err := s.phonesOf(c, session)
	if err != nil {
		return err
	}
	apps, err := s.appsOf(c, session)
	if err != nil {
		return err
	}
	sends, err := s.Accounts.Texts(ctx)
	if err != nil {
		return err
	}
	texts, err := s.textFactor(c, session)
	if err != nil {
		return err
	}
	live, err := s.liveCase(c, session)
	if err != nil {
		return err
	}
	o, p := session.Organisation, session.Member.Person
	return s.show(c, http.StatusOK, page.Security{
		Phones: phones, Apps: apps, RecoveryCodes: p.RecoveryCodes,
		TakesCodes: o.Allows(accounts.TOTP), TakesRecovery: o.Allows(accounts.Recovery), Organisation: o.Name, From: state.NoticeFrom,
		Display: p.Display, Email: p.Email, Number: p.Number, Texts: sends, SMS: texts, Ending: c.Get(textsEndKey) != nil,
		Case: live,
	})
}

// phonesOf gives the person's phones as pages show them.
func (s *Server) phonesOf(c echo.Context, session signin.Session) ([]page.Phone, error) {
	ctx := c.Request().Context()
	all, err := s.Devices.Of(ctx, session.PersonID)
	if err != nil {
		return nil, err
	}
	phones := make([]page.Phone, 0, len(all))
	for _, d := range all {
		phone := page.Phone{
			ID: d.ID, Name: d.Name, Model: d.Model, System: systemOf(d), Linked: d.Created, Used: d.Seen,
			Silent: d.Push.Provider != notify.ProviderNone && !d.Reachable(),
		}
		if d.Local {
			o, err := s.Accounts.Organisation(ctx, d.OrganisationID)
			if err != nil {
				return nil, err
			}
			phone.Only = o.Name
		}
		phones = append(phones, phone)
	}
	return phones, nil
}

// systemOf says what runs on a phone, in its maker's words.
func systemOf(d devices.Device) string {
	switch d.Platform {
	case devices.IOS:
		return "iOS " + d.OSVersion
	case devices.Android:
		return "Android " + d.OSVersion
	case devices.Web:
	}
	return d.OSVersion
}

// appsOf gives the person's authenticator apps as pages show them.
func (s *Server) appsOf(c echo.Context, session signin.Session) ([]page.CodeApp, error) {
	all, err := s.Codes.Apps(c.Request().Context(), session.PersonID)
	apps := make([]page.CodeApp, 0, len(all))
	for _, a := range all {
		apps = append(apps, page.CodeApp{ID: a.ID, Name: a.Name, Added: a.Created, Used: a.Used})
	}
	return apps, err
}

// textFactor is how the person stands with codes in text messages.
func (s *Server) textFactor(c echo.Context, session signin.Session) (page.TextFactor, error) {
	f := page.TextFactor{Chosen: !session.Member.Person.Texts.IsZero()}
	if f.Shown = f.Chosen || session.Organisation.Allows(accounts.SMS); !f.Shown {
		return f, nil
	}
	open, err := s.textsOpen(c.Request().Context(), session, accounts.TextLogin)
	if f.Why = whyNoText(open, accounts.TextLogin); f.Why.ID == "" {
		f.Number = unbroken(open.Masked)
	}
	if open.Reason == sms.NoNumber { // the page itself is where to fill it in
		f.Why = page.Say("security.list.none")
	}
	return f, err
}

// notTaken is the name of the organisation where it does not take the second factor, else empty.
func notTaken(session signin.Session, f accounts.SecondFactor) string {
	if session.Organisation.Allows(f) {
		return ""
	}
	return session.Organisation.Name
}

// lastFactor says why the only second factor stays.
func (s *Server) lastFactor(c echo.Context) error {
	return s.show(c, http.StatusConflict, page.Message{
		Tone: page.Warn, Icon: "shield", Title: page.Say("security.last.title"), Text: page.Say("security.last.text"),
		Button: page.Say("security.last.button"), To: "/security/push", Other: page.Say("security.back"), OtherTo: "/security",
	})
}
