package portal

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/otp"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
	"example.com/aye/sms"
)

// The addresses of the waiting page: after the password, and in a session that proves the
// person again.
const (
	loginWait = "/login/wait"
	proveWait = "/prove/wait"
)

// asking is one of signin's ways to find out how the second factor stands.
type asking func(ctx context.Context, session signin.Session) (signin.Waiting, signin.Session, secret.Secret, error)

// waits lets the session's waiting page be looked at, and hands on what is pending. When the
// phone has approved, this is where the session goes on: without a script nobody else tells us.
func (s *Server) waits(c echo.Context, base string, session signin.Session, ask asking, pending func(page.WaitPlace, signin.Waiting) error) error {
	here, err := s.waitsHere(c, base, session)
	if err != nil {
		return err
	}
	if !here {
		return s.afterWait(c, base, session)
	}
	place := placeOf(c, base, session)
	w, next, token, err := ask(c.Request().Context(), session)
	if err != nil {
		return s.waitFailed(c, place, session, err)
	}
	s.keep(c, token)
	s.is(c, next)
	if token != "" {
		return s.afterWait(c, base, next)
	}
	if w.State == approval.Pending {
		return pending(place, w)
	}
	return s.show(c, http.StatusOK, page.WaitEnd{WaitPlace: place, State: ended(w.State), Organisation: w.Organisation})
}

// waitsHere tells whether the session waits, and for what this page is for.
func (s *Server) waitsHere(c echo.Context, base string, session signin.Session) (bool, error) {
	if base == proveWait {
		return session.Level == signin.Full && session.Purpose == signin.ToProve, nil
	}
	state, err := s.SignIn.State(c.Request().Context(), session)
	return state.Step == signin.StepSecondFactor, err
}

// afterWait goes on where the session has nothing to wait for.
func (s *Server) afterWait(c echo.Context, base string, session signin.Session) error {
	next := nextOf(c)
	switch {
	case base == loginWait:
		return s.goOn(c, session)
	case s.provenFor(session, next):
		return s.goTo(c, next)
	}
	return s.goTo(c, page.Prove{Next: next}.Self())
}

// nextOf is where a step-up leads: what the form or the address says, else the security page.
func nextOf(c echo.Context) string {
	next := local(c.QueryParam("next"))
	if c.Request().Method == http.MethodPost {
		next = local(form(c, "next"))
	}
	if next == "" {
		return "/security"
	}
	return next
}

func placeOf(c echo.Context, base string, session signin.Session) page.WaitPlace {
	p := page.WaitPlace{Base: base, Purpose: string(session.Purpose)}
	if base == proveWait {
		p.Next = nextOf(c)
	}
	if p.Purpose == "" { // over: nothing is waited for any more
		p.Purpose = string(signin.ToEnter)
	}
	return p
}

// ended names the page for what a request came to.
func ended(state approval.State) string {
	switch state {
	case approval.Denied, approval.Reported, approval.Mismatched, approval.Expired, approval.Cancelled, approval.Superseded:
		return string(state)
	case approval.Pending, approval.Approved, approval.Released, approval.Lapsed:
	}
	return string(approval.Lapsed) // approved, and too late to go on
}

// waitFailed says why nobody can be asked.
func (s *Server) waitFailed(c echo.Context, place page.WaitPlace, session signin.Session, err error) error {
	view := page.WaitEnd{WaitPlace: place, Organisation: session.Organisation.Name}
	status := http.StatusOK
	switch {
	case errors.Is(err, signin.ErrNone): // another tab of this browser was quicker
		return s.goTo(c, "/")
	case errors.Is(err, signin.ErrReported):
		view.State = string(approval.Reported)
	case errors.Is(err, signin.ErrNotWaiting):
		view.State = "over"
	case errors.Is(err, approval.ErrTooManyPending):
		view.State, status = "too-many", http.StatusTooManyRequests
	case errors.Is(err, signin.ErrMethodNotAllowed), errors.Is(err, signin.ErrWithin):
		view.State = "not-taken"
	case errors.Is(err, signin.ErrRecovering):
		view.State, view.Contact = "recovering", session.Organisation.SupportContact
	case errors.Is(err, approval.ErrNotEnrolled): // what there was has been taken away meanwhile
		if !session.Member.Person.Texts.IsZero() {
			return s.noTextsLeft(c, place, session)
		}
		view.State = "unlinked"
	default:
		return err
	}
	return s.show(c, status, view)
}

// showWait is the waiting page. Who has no phone types a code at once; who has nothing but text
// messages is sent one.
func (s *Server) showWait(base string) handler {
	return func(c echo.Context, session signin.Session) error {
		return s.waits(c, base, session, s.SignIn.Wait, func(place page.WaitPlace, w signin.Waiting) error {
			switch open := w.Methods; {
			case slices.Contains(open, approval.Push):
				return s.showWaiting(c, place, w)
			case slices.Contains(open, approval.SMS) && !slices.Contains(open, approval.TOTP):
				return s.firstText(c, place, w)
			}
			return s.showCodeOf(c, place, w, "")
		})
	}
}

func (s *Server) showWaiting(c echo.Context, place page.WaitPlace, w signin.Waiting) error {
	view := page.Wait{
		WaitPlace: place, Organisation: w.Organisation, Number: w.Number.Reveal(), Withheld: withheld(w),
		Codes: slices.Contains(w.Methods, approval.TOTP), Recovery: slices.Contains(w.Methods, approval.Recovery),
		Temporary: slices.Contains(w.Methods, approval.Temporary), Help: c.QueryParams().Has("help"), Wait: s.waitingFor(w),
	}
	view.Wait.Still = view.Help
	for _, d := range w.Deliveries {
		view.Phones = append(view.Phones, told(d))
	}
	var err error
	if view.SMS, err = s.textWay(c, w); err != nil {
		return err
	}
	return s.show(c, http.StatusOK, view)
}

func (s *Server) waitingFor(w signin.Waiting) page.Waiting {
	return page.Waiting{
		State: string(w.State), Events: s.socket("/v1/approvals/" + w.RequestID + "/events"), Ticket: w.Ticket.Reveal(), Left: w.Expires.Sub(s.Now()),
	}
}

// told is what became of the push to a phone.
func told(d approval.Delivery) page.Asked {
	asked := page.Asked{Name: d.Device, State: string(d.State)}
	switch notify.Provider(d.Channel) {
	case notify.ProviderFCM:
		asked.Channel = "Google"
	case notify.ProviderAPNs:
		asked.Channel = "Apple"
	case notify.ProviderNone:
		if d.State == approval.Queued {
			asked.State = "silent" // it asks by itself while it is open
		}
	}
	if d.State == approval.Failed {
		asked.Reason = reason(d.Reason)
	}
	return asked
}

// reasons are what the words of a failed push say to the person who waits; the first that fits
// counts. The words themselves are for the log and for administrators.
var reasons = []struct{ id, words string }{
	{"wait.reason.off", "cannot be notified"},
	{"wait.reason.gone", "app was removed"},
	{"wait.reason.trouble", "in trouble"},
	{"wait.reason.trouble", "did not answer"},
	{"wait.reason.trouble", "does not answer"},
	{"wait.reason.trouble", "no connection"},
	{"wait.reason.trouble", "send less"},
	{"wait.reason.setup", "credentials"},
	{"wait.reason.setup", "our key"},
	{"wait.reason.setup", "service account"},
	{"wait.reason.setup", "No sender"},
}

func reason(words string) page.Text {
	for _, one := range reasons {
		if strings.Contains(words, one.words) {
			return page.Say(one.id)
		}
	}
	return page.Say("wait.reason.unknown")
}

// askAgain puts a new question in the place of one that came to an end.
func (s *Server) askAgain(base string) handler {
	return func(c echo.Context, session signin.Session) error {
		return s.waits(c, base, session, s.SignIn.Again, func(place page.WaitPlace, _ signin.Waiting) error {
			return s.goTo(c, place.Self())
		})
	}
}

// resend notifies the phones once more.
func (s *Server) resend(base string) handler {
	return func(c echo.Context, session signin.Session) error {
		again := func(ctx context.Context, session signin.Session) (signin.Waiting, signin.Session, secret.Secret, error) {
			err := s.SignIn.Resend(ctx, session)
			if err != nil && !errors.Is(err, approval.ErrDecided) && !errors.Is(err, signin.ErrNotWaiting) { // the page says how
				return signin.Waiting{}, session, "", err
			}
			return s.SignIn.Wait(ctx, session)
		}
		return s.waits(c, base, session, again, func(place page.WaitPlace, w signin.Waiting) error {
			if !withheld(w) {
				s.say(c, page.Info, "wait.resent")
			}
			return s.goTo(c, place.Self())
		})
	}
}

// withheld tells whether the person is not notified because that happened too often.
func withheld(w signin.Waiting) bool {
	return w.Withheld || slices.ContainsFunc(w.Deliveries, func(d approval.Delivery) bool { return d.State == approval.Withheld })
}

// cancelWait takes the request back.
func (s *Server) cancelWait(base string) handler {
	return func(c echo.Context, session signin.Session) error {
		if base == loginWait && session.Level == signin.Full { // it is in: an old page says this
			return s.goOn(c, session)
		}
		if err := s.SignIn.CancelWait(c.Request().Context(), session); err != nil && !errors.Is(err, signin.ErrNone) {
			return err
		}
		if base == proveWait {
			return s.goTo(c, "/apps")
		}
		s.forget(c)
		s.say(c, page.Info, "wait.cancelled")
		return s.goTo(c, "/login")
	}
}

// showCode is the page to type a code.
func (s *Server) showCode(base string) handler {
	return func(c echo.Context, session signin.Session) error {
		return s.waits(c, base, session, s.SignIn.Wait, func(place page.WaitPlace, w signin.Waiting) error {
			return s.showCodeOf(c, place, w, approval.Method(c.QueryParam("method")))
		})
	}
}

// showText is that page for a text message, at the address where one is asked for: a page that
// waits looks there again.
func (s *Server) showText(base string) handler {
	return func(c echo.Context, session signin.Session) error {
		return s.waits(c, base, session, s.SignIn.Wait, func(place page.WaitPlace, w signin.Waiting) error {
			return s.showCodeOf(c, place, w, approval.SMS)
		})
	}
}

// showCodeOf shows it for the method, if that is open here, else for the first that is.
func (s *Server) showCodeOf(c echo.Context, place page.WaitPlace, w signin.Waiting, method approval.Method) error {
	view, ok, err := s.codeView(c, place, w, method)
	if err != nil {
		return err
	}
	if !ok {
		if view.Push {
			return s.goTo(c, place.Self())
		}
		return s.show(c, http.StatusOK, page.WaitEnd{WaitPlace: place, State: "nothing", Organisation: w.Organisation})
	}
	return s.show(c, http.StatusOK, view)
}

func (s *Server) codeView(c echo.Context, place page.WaitPlace, w signin.Waiting, method approval.Method) (page.Code, bool, error) {
	open := func(m approval.Method) bool { return slices.Contains(w.Methods, m) }
	view := page.Code{
		WaitPlace: place, Organisation: w.Organisation,
		Push: open(approval.Push), Codes: open(approval.TOTP), SMS: open(approval.SMS), Recovery: open(approval.Recovery), Temporary: open(approval.Temporary),
	}
	best := []approval.Method{method, approval.TOTP, approval.SMS, approval.Temporary, approval.Recovery}
	at := slices.IndexFunc(best, func(m approval.Method) bool { return m != approval.Push && open(m) })
	if at < 0 {
		return view, false, nil
	}
	view.Method = string(best[at])
	if view.Push || view.Method == string(approval.SMS) { // it may be answered there, or the message arrive, meanwhile
		view.Wait = s.waitingFor(w)
		view.Wait.State, view.Wait.Still = "code", true
	}
	return view, true, s.texted(c, &view, w)
}

// typeCode answers with a code. Every try is counted before it is looked at.
func (s *Server) typeCode(base string) handler {
	return func(c echo.Context, session signin.Session) error {
		method, faults := approval.Method(form(c, "method")), missing(c, "code", "code.missing")
		answer := func(ctx context.Context, session signin.Session) (signin.Waiting, signin.Session, secret.Secret, error) {
			if faults.Failed() {
				return s.SignIn.Wait(ctx, session)
			}
			w, next, token, err := s.SignIn.Code(ctx, session, method, secret.Secret(form(c, "code")))
			if fault := s.codeFault(method, err); fault.ID != "" {
				faults["code"] = fault
				return s.SignIn.Wait(ctx, session)
			}
			if errors.Is(err, approval.ErrDecided) || errors.Is(err, signin.ErrNotWaiting) { // the page says how
				return s.SignIn.Wait(ctx, session)
			}
			return w, next, token, err
		}
		return s.waits(c, base, session, answer, func(place page.WaitPlace, w signin.Waiting) error {
			view, ok, err := s.codeView(c, place, w, method)
			if err != nil {
				return err
			}
			if !ok {
				return s.goTo(c, place.Self())
			}
			if faults["code"].ID == "code.locked" && view.Method == string(approval.SMS) && !view.Push && !view.Codes { // there is nothing else to take
				faults["code"] = page.Say("code.locked-texts", "Organisation", w.Organisation)
			}
			view.Faults = faults
			return s.show(c, http.StatusUnprocessableEntity, view)
		})
	}
}

// codeFault is what is said beside the field, empty for what has a page of its own.
func (s *Server) codeFault(method approval.Method, err error) page.Text {
	switch {
	case errors.Is(err, otp.ErrTooMany):
		return s.tooManyCodes(err, "code.often", "code.locked")
	case errors.Is(err, approval.ErrMethod):
		return page.Say("code.method")
	case errors.Is(err, sms.ErrNotOpen): // it was open when the code was sent
		return closedText(err, accounts.TextLogin)
	case errors.Is(err, otp.ErrWrong), errors.Is(err, otp.ErrNone):
		switch method {
		case approval.Recovery:
			return page.Say("code.wrong.recovery")
		case approval.SMS:
			return page.Say("code.wrong.sms")
		case approval.Temporary:
			return page.Say("code.wrong.temporary")
		case approval.TOTP, approval.Push:
		}
		return page.Say("code.wrong.totp")
	}
	return page.Text{}
}
