package portal

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
	"example.com/aye/sms"
)

// providerForm is the form of a provider, or of a new one, as it is stored.
func (s *Server) providerForm(session signin.Session, p sms.Provider) page.TextProviderForm {
	view := page.TextProviderForm{
		ID: p.ID, Title: p.Description, Description: p.Description, Sender: p.Sender, KeyEnd: p.KeyEnd, Signed: p.Signed,
		To: accounts.MaskedNumber(session.Member.Person.Number),
	}
	if p.ID != "" {
		view.Report = s.SMS.ReportAddress(p.ID)
	}
	return view
}

func (s *Server) showNewProvider(c echo.Context, session signin.Session) error {
	return s.show(c, http.StatusOK, s.providerForm(session, sms.Provider{}))
}

func (s *Server) newProvider(c echo.Context, session signin.Session) error {
	return s.beginProvider(c, session, sms.Provider{})
}

func (s *Server) showChangeProvider(c echo.Context, session signin.Session) error {
	p, err := s.provider(c, session)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, s.providerForm(session, p))
}

func (s *Server) changeProvider(c echo.Context, session signin.Session) error {
	p, err := s.provider(c, session)
	if err != nil {
		return err
	}
	return s.beginProvider(c, session, p)
}

// beginProvider sends a code by the account that was filled in. Nothing is in use by that.
func (s *Server) beginProvider(c echo.Context, session signin.Session, before sms.Provider) error {
	in := s.filledProvider(c, session, before)
	d, err := s.textsAs(session).Begin(c.Request().Context(), in)
	if err == nil || (errors.Is(err, sms.ErrNoAnswer) && d.ID != "") { // the code page says which
		return s.goTo(c, "/manage/texts/drafts/"+d.ID)
	}
	view, kind := s.providerForm(session, before), before.Kind
	view.Description, view.Sender, view.NoSigning = in.Description, in.Sender, in.NoSigning
	view.Again = in.Key != "" || in.Signing != ""
	if view.To == "" {
		view.Number = in.By.Number
	}
	if in.Key != "" {
		kind, _ = sms.KindOf(secret.Secret(strings.TrimSpace(in.Key.Reveal()))) // a key that is none's has its own fault
	}
	var invalid *sms.InvalidError
	if errors.As(err, &invalid) {
		field, text := providerFault(invalid)
		if field == "" {
			return err
		}
		view.Faults = page.Faults{field: text}
		return s.show(c, http.StatusUnprocessableEntity, view)
	}
	failed, status, known := s.textFailure(err, kind)
	if !known {
		return err
	}
	view.Failure = failed
	return s.show(c, status, view)
}

// filledProvider is what the form says. The code goes to the number that the administrator has proven;
// who has none says where it goes.
func (s *Server) filledProvider(c echo.Context, session signin.Session, before sms.Provider) sms.Setup {
	number := session.Member.Person.Number
	if number == "" {
		number = form(c, "number")
	}
	return sms.Setup{
		OrganisationID: session.OrganisationID, ProviderID: before.ID, Description: form(c, "description"), Sender: form(c, "sender"),
		Key: secret.Secret(form(c, "key")), Signing: secret.Secret(form(c, "signing")), NoSigning: form(c, "nosigning") == "yes",
		By: sms.Administrator{ID: session.Member.ID, PersonID: session.PersonID, Number: number, Locale: s.locale(c)},
	}
}

// providerFault is the field of the form that is wrong, and what is said beside it.
func providerFault(e *sms.InvalidError) (field string, text page.Text) {
	switch e.Field {
	case "description":
		return "description", page.Say("manage.texts.problem.called")
	case "sender":
		switch e.Problem {
		case "missing":
			return "sender", page.Say("manage.texts.problem.sender-missing")
		case "country":
			return "sender", page.Say("manage.texts.problem.closed-sender")
		}
		return "sender", page.Say("manage.texts.problem.sender-form")
	case "key":
		switch e.Problem {
		case "missing":
			return "key", page.Say("manage.texts.problem.key-missing")
		case "test":
			return "key", page.Say("manage.texts.problem.key-test")
		}
		return "key", page.Say("manage.texts.problem.key-form")
	case "signing_key":
		return "signing", page.Say("manage.texts.problem.signing-form")
	case "number":
		if e.Problem == "missing" {
			return "number", page.Say("manage.texts.problem.number-missing")
		}
		return "number", page.Say("manage.texts.problem.number-form")
	}
	return "", page.Text{}
}

// draft is the one of the address, for who began it; else sms.ErrNotFound.
func (s *Server) draft(c echo.Context, session signin.Session) (sms.Draft, error) {
	return s.textsAs(session).Draft(c.Request().Context(), session.OrganisationID, c.Param("draft"), session.Member.ID)
}

func (s *Server) showDraft(c echo.Context, session signin.Session) error {
	d, err := s.draft(c, session)
	if err != nil {
		return err
	}
	return s.draftForm(c, http.StatusOK, session, d, page.TextCode{})
}

// draftForm asks for the code, and says what it will cost once it is typed.
func (s *Server) draftForm(c echo.Context, status int, session signin.Session, d sms.Draft, view page.TextCode) error {
	ctx := c.Request().Context()
	view.ID, view.Provider, view.Description, view.Sender, view.Kind = d.ID, d.ProviderID, d.Description, d.Sender, string(d.Kind)
	view.To, view.Pays = accounts.MaskedNumber(d.To), true
	posted, err := s.SMS.LastCode(ctx, d.ID)
	if err != nil && !errors.Is(err, sms.ErrNotFound) {
		return err
	}
	view.Uncertain, view.Pause = posted.State == sms.Unknown, max(posted.Next.Sub(s.Now()), 0)
	if d.ProviderID != "" {
		var p sms.Provider
		if p, err = s.textsAs(session).Provider(ctx, session.OrganisationID, d.ProviderID); err != nil {
			return err
		}
		view.Pays = p.Active
	}
	if view.Pays {
		if view.Already, err = s.ownProvider(ctx, session); err != nil {
			return err
		}
		if view.Expected, err = s.expected(ctx, session); err != nil {
			return err
		}
	}
	return s.show(c, status, view)
}

// saveDraft makes the draft the provider, if the code is the one that was sent.
func (s *Server) saveDraft(c echo.Context, session signin.Session) error {
	d, err := s.draft(c, session)
	if err != nil {
		return err
	}
	view := page.TextCode{Faults: missing(c, "code", "manage.texts.code.missing")}
	if view.Failed() {
		return s.draftForm(c, http.StatusUnprocessableEntity, session, d, view)
	}
	p, err := s.textsAs(session).Save(c.Request().Context(), session.OrganisationID, d.ID, session.Member.ID, form(c, "code"))
	if errors.Is(err, sms.ErrWrongCode) {
		view.Faults = page.Faults{"code": page.Say("manage.texts.code.wrong")}
		if !s.Now().Before(d.Until) {
			view.Faults = page.Faults{"code": page.Say("manage.texts.code.old")}
		}
		return s.draftForm(c, http.StatusUnprocessableEntity, session, d, view)
	}
	if err != nil {
		return s.draftFailed(c, session, d, err)
	}
	if d.ProviderID != "" {
		s.say(c, page.Good, "manage.texts.said-changed")
		return s.goTo(c, "/manage/texts/"+p.ID)
	}
	s.say(c, page.Good, "manage.texts.said-saved")
	return s.goTo(c, "/manage/texts")
}

// draftFailed shows the page of the code again, and why it did not go.
func (s *Server) draftFailed(c echo.Context, session signin.Session, d sms.Draft, err error) error {
	failed, status, known := s.textFailure(err, d.Kind)
	if !known {
		return err
	}
	return s.draftForm(c, status, session, d, page.TextCode{Failure: failed})
}

// showSendAgain is where who proves themself again comes back to.
func (s *Server) showSendAgain(c echo.Context, session signin.Session) error {
	d, err := s.draft(c, session)
	if err != nil {
		return err
	}
	return s.goTo(c, "/manage/texts/drafts/"+d.ID)
}

func (s *Server) sendAgain(c echo.Context, session signin.Session) error {
	d, err := s.draft(c, session)
	if err != nil {
		return err
	}
	_, err = s.textsAs(session).SendAgain(c.Request().Context(), session.OrganisationID, d.ID, session.Member.ID)
	// The vendor may have taken longer than a page has. Looking at the draft again is quick.
	c.SetRequest(c.Request().WithContext(context.WithoutCancel(c.Request().Context())))
	if err != nil && !errors.Is(err, sms.ErrNoAnswer) {
		return s.draftFailed(c, session, d, err)
	}
	if err == nil {
		s.say(c, page.Good, "manage.texts.code.said-again")
	}
	return s.goTo(c, "/manage/texts/drafts/"+d.ID)
}
