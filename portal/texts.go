package portal

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
	"example.com/aye/sms"
)

// sendText sends a code in a text message.
func (s *Server) sendText(base string) handler {
	return func(c echo.Context, session signin.Session) error {
		here, err := s.waitsHere(c, base, session)
		if err != nil {
			return err
		}
		if !here {
			return s.afterWait(c, base, session)
		}
		place := placeOf(c, base, session)
		_, err = s.SignIn.SendCode(c.Request().Context(), session)
		switch {
		case onItsWay(err):
			return s.goTo(c, place.CodeAddress(string(approval.SMS)))
		case errors.Is(err, approval.ErrDecided), errors.Is(err, signin.ErrNotWaiting), errors.Is(err, approval.ErrMethod): // the page says how
			return s.goTo(c, place.Self())
		case !notSent(err):
			return s.waitFailed(c, place, session, err)
		}
		return s.waits(c, base, session, s.SignIn.Wait, func(place page.WaitPlace, w signin.Waiting) error {
			return s.textFailed(c, place, w, err)
		})
	}
}

// onItsWay tells whether a message went out, or may have.
func onItsWay(err error) bool { return err == nil || errors.Is(err, sms.ErrNoAnswer) }

// notSent tells whether the error says why no message went out.
func notSent(err error) bool {
	return errors.Is(err, sms.ErrNotOpen) || errors.Is(err, sms.ErrDelayed) || errors.Is(err, sms.ErrVendor)
}

// firstText sends the first code of a request to who has no other way. Looking again sends nothing.
func (s *Server) firstText(c echo.Context, place page.WaitPlace, w signin.Waiting) error {
	ctx := c.Request().Context()
	_, err := s.SMS.LastCode(ctx, w.RequestID)
	if err == nil || inPart(c) {
		return s.showCodeOf(c, place, w, approval.SMS)
	}
	if !errors.Is(err, sms.ErrNotFound) {
		return err
	}
	session, err := s.session(c)
	if err != nil {
		return err
	}
	if _, err = s.SignIn.SendCode(ctx, session); notSent(err) {
		return s.textFailed(c, place, w, err)
	}
	if onItsWay(err) || errors.Is(err, approval.ErrDecided) {
		return s.goTo(c, place.CodeAddress(string(approval.SMS)))
	}
	return err
}

// textFailed says why no code was sent, beside what else there is.
func (s *Server) textFailed(c echo.Context, place page.WaitPlace, w signin.Waiting, failed error) error {
	session, err := s.session(c)
	if err != nil {
		return err
	}
	view, ok, err := s.codeView(c, place, w, approval.SMS)
	if err != nil {
		return err
	}
	if !ok {
		return s.goTo(c, place.Self())
	}
	others := view.Push || view.Codes || view.Recovery || view.Text.Typed()
	if errors.Is(failed, sms.ErrNotOpen) && !others {
		return s.noTextsLeft(c, place, session)
	}
	status := http.StatusConflict
	if errors.Is(failed, sms.ErrDelayed) {
		status = http.StatusTooManyRequests
	} else if errors.Is(failed, sms.ErrVendor) {
		status = http.StatusBadGateway
	}
	if view.Text.Why.ID == "" {
		view.Problem = page.Notice{Tone: page.Warn, Text: s.notSentText(failed, session, w.Organisation)}
	}
	return s.show(c, status, view)
}

// notSentText says why no code was sent.
func (s *Server) notSentText(failed error, session signin.Session, organisation string) page.Text {
	var delay *sms.DelayError
	var vendor *sms.VendorError
	switch {
	case errors.As(failed, &delay):
		wait := max(delay.Until.Sub(s.Now()), time.Second)
		switch delay.Limit {
		case sms.NumberLimit:
			return page.Say("code.sms.often-number", "Wait", wait)
		case sms.OrganisationLimit:
			return page.Say("code.sms.often-organisation", "Wait", wait)
		case sms.Pause:
		}
		return page.Say("code.sms.too-soon", "Wait", wait)
	case errors.As(failed, &vendor):
		switch vendor.Class {
		case sms.Busy, sms.Down:
			return page.Say("code.sms.failed.down")
		case sms.BadNumber:
			return page.Say("code.sms.failed.number", "Organisation", organisation)
		case sms.BadKey, sms.TestKey, sms.NoBalance, sms.BadSender, sms.NotPermitted, sms.Missing, sms.Other:
		}
		return page.Say("code.sms.failed.setup", "Organisation", organisation)
	}
	return closedText(failed, session.TextPurpose())
}

// numberNotTexted says why no code went to a number that is to be proven: beside the field where
// another number would do. wrong and failed are the texts where there is nothing better to say.
func (s *Server) numberNotTexted(err error, session signin.Session, wrong, failed string) (status int, faults page.Faults, problem page.Notice) {
	var closed *sms.ClosedError
	var vendor *sms.VendorError
	above := func(text page.Text) page.Notice { return page.Notice{Tone: page.Warn, Text: text} }
	switch {
	case errors.As(err, &closed) && (closed.Reason == sms.Country || closed.Reason == sms.WrongSender):
		return http.StatusUnprocessableEntity, page.Faults{"number": closedText(err, accounts.TextNewNumber)}, page.Notice{}
	case errors.As(err, &closed):
		return http.StatusConflict, nil, above(closedText(err, accounts.TextNewNumber))
	case errors.Is(err, sms.ErrDelayed):
		return http.StatusTooManyRequests, nil, above(s.notSentText(err, session, session.Organisation.Name))
	case errors.As(err, &vendor) && vendor.Class == sms.BadNumber:
		return http.StatusUnprocessableEntity, page.Faults{"number": page.Say(wrong)}, page.Notice{}
	}
	return http.StatusBadGateway, nil, above(page.Say(failed))
}

// closedText says why codes are not open to a person.
func closedText(err error, purpose accounts.TextPurpose) page.Text {
	var closed *sms.ClosedError
	if !errors.As(err, &closed) {
		return page.Say("wait.sms.why.nobody")
	}
	return whyNoText(closed.Openness, purpose)
}

// unbroken is a number as it is shown, which stays on one line.
func unbroken(masked string) string { return strings.ReplaceAll(masked, " ", "\u00a0") }

// whyNoText says why no code can be sent; empty where one can.
func whyNoText(open sms.Openness, purpose accounts.TextPurpose) page.Text {
	switch open.Reason {
	case sms.Open:
		return page.Text{}
	case sms.NumberNew:
		return page.Say("wait.sms.why.number-new", "From", open.From)
	case sms.CapReached:
		if open.Payer == sms.PaidByOperator {
			return page.Say("wait.sms.why.operator-cap")
		}
	case sms.NoProvider:
		if purpose != accounts.TextLogin { // which is the operator's, and nobody's here to mend
			return page.Say("wait.sms.why.nobody")
		}
	case sms.NotAllowed, sms.SeveralOrganisations, sms.NoNumber, sms.Country, sms.Over, sms.WrongSender, sms.Halted:
	}
	return page.Say("wait.sms.why." + string(open.Reason))
}

// textsOpen tells how codes in text messages stand for the person. An organisation that does not
// use them costs no look.
func (s *Server) textsOpen(ctx context.Context, session signin.Session, purpose accounts.TextPurpose) (sms.Openness, error) {
	if !session.Organisation.Allows(accounts.SMS) {
		return sms.Openness{Reason: sms.NotAllowed}, nil
	}
	return s.SMS.Open(ctx, session.Organisation, session.Member, purpose)
}

// textWay is what the waiting page says of text messages.
func (s *Server) textWay(c echo.Context, w signin.Waiting) (page.TextWay, error) {
	ctx, way := c.Request().Context(), page.TextWay{Instead: page.Say("wait.sms.instead.phone")}
	if slices.Contains(w.Methods, approval.TOTP) {
		way.Instead = page.Say("wait.sms.instead.codes")
	}
	session, err := s.session(c)
	if err != nil {
		return way, err
	}
	purpose := session.TextPurpose()
	open, err := s.textsOpen(ctx, session, purpose)
	if err != nil {
		return way, err
	}
	if way.Why = whyNoText(open, purpose); way.Why.ID == "" && !slices.Contains(w.Methods, approval.SMS) {
		way.Why = page.Say("wait.sms.why.later") // it was not open when this was asked
	}
	if open.Reason == sms.NoNumber {
		sends, failed := s.Accounts.Texts(ctx)
		if failed != nil {
			return way, failed
		}
		if !sends { // then none can be proven either
			way.Why = page.Say("wait.sms.why.nobody")
		}
	}
	if way.Why.ID != "" {
		return way, nil
	}
	way.Number = unbroken(open.Masked)
	way.Sent, err = s.wasTexted(ctx, w)
	return way, err
}

// wasTexted tells whether a code was sent for the request that can be typed.
func (s *Server) wasTexted(ctx context.Context, w signin.Waiting) (bool, error) {
	posted, err := s.SMS.LastCode(ctx, w.RequestID)
	if errors.Is(err, sms.ErrNotFound) {
		return false, nil
	}
	return err == nil && (posted.State != sms.Refused || posted.Count > 1), err
}

// texted fills in what the page to type a code says of text messages.
func (s *Server) texted(c echo.Context, view *page.Code, w signin.Waiting) (err error) {
	ctx := c.Request().Context()
	session, err := s.session(c)
	if err != nil {
		return err
	}
	shown := view.Method == string(approval.SMS)
	if view.SMS && !shown {
		view.Texted, err = s.wasTexted(ctx, w)
		return err
	}
	if !shown && (view.Push || view.Codes || session.Member.Person.Texts.IsZero()) {
		return nil // else who has chosen text messages hears why there are none
	}
	purpose := session.TextPurpose()
	open, err := s.textsOpen(ctx, session, purpose)
	if err != nil {
		return err
	}
	view.Text = page.TextMessage{Number: unbroken(open.Masked), Why: whyNoText(open, purpose)}
	if !view.Push && purpose == accounts.TextLogin {
		view.Text.Ends = open.Ends
	}
	posted, err := s.SMS.LastCode(ctx, w.RequestID)
	if err != nil && !errors.Is(err, sms.ErrNotFound) {
		return err
	}
	if err == nil {
		view.Text.Number, view.Text.State, view.Text.Earlier = unbroken(posted.Masked), string(posted.State), posted.Count > 1
		view.Text.Pause = max(posted.Next.Sub(s.Now()), 0)
	}
	if !view.Text.Typed() {
		view.Problem = page.Notice{Tone: page.Warn, Text: view.Text.Why}
	}
	return nil
}

// noTextsLeft says why somebody cannot get in who has nothing but text messages.
func (s *Server) noTextsLeft(c echo.Context, place page.WaitPlace, session signin.Session) error {
	ctx, purpose := c.Request().Context(), session.TextPurpose()
	open, err := s.textsOpen(ctx, session, purpose)
	if err != nil {
		return err
	}
	view := page.WaitEnd{WaitPlace: place, State: "texts", Organisation: session.Organisation.Name, Why: whyNoText(open, purpose)}
	if view.Why.ID == "" { // it has just opened
		view.Why = page.Say("wait.sms.why.later")
	}
	if purpose != accounts.TextLogin { // logging in is proof too, and may be somebody else's to pay
		login, err := s.textsOpen(ctx, session, accounts.TextLogin)
		if err != nil {
			return err
		}
		view.Anew = login.Reason == sms.Open
	}
	return s.show(c, http.StatusOK, view)
}

// textsEndKey is when logging in by text message stops, for who does so.
const textsEndKey = "textsEnd"

// textsEnding tells who logs in by text message, and has nothing better, when that stops.
func (s *Server) textsEnding(next handler) handler {
	return func(c echo.Context, session signin.Session) error {
		if session.Method != approval.SMS && session.Member.Person.Texts.IsZero() {
			return next(c, session)
		}
		ctx := c.Request().Context()
		phones, err := s.Devices.Of(ctx, session.PersonID)
		if err != nil {
			return err
		}
		if len(phones) == 0 {
			open, err := s.textsOpen(ctx, session, accounts.TextLogin)
			if err != nil {
				return err
			}
			if !open.Ends.IsZero() {
				c.Set(textsEndKey, open.Ends)
			}
		}
		return next(c, session)
	}
}
