package portal

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
	"example.com/aye/support"
)

// showOpen asks what a case needs, and says what comes of it.
func (s *Server) showOpen(kind support.Kind) handler {
	return func(c echo.Context, session signin.Session) error {
		card, standing, err := s.opens(c, session)
		if err != nil {
			return err
		}
		if card.Refused != nil {
			return s.goTo(c, "/support/people/"+card.Member.ID)
		}
		return s.show(c, http.StatusOK, openView(kind, card, standing))
	}
}

func (s *Server) opens(c echo.Context, session signin.Session) (support.Card, support.Standing, error) {
	ctx, desk := c.Request().Context(), s.desk(c, session)
	card, err := desk.Look(ctx, c.Param("person"))
	if err != nil {
		return card, support.Standing{}, err
	}
	standing, err := desk.Standing(ctx)
	return card, standing, err
}

// open begins a case.
func (s *Server) open(kind support.Kind) handler {
	return func(c echo.Context, session signin.Session) error {
		ctx := c.Request().Context()
		opening := support.Opening{
			MembershipID: c.Param("person"), Kind: kind, Identified: support.Identified(form(c, "identified")),
			Ticket: strings.TrimSpace(form(c, "ticket")), Note: strings.TrimSpace(form(c, "note")),
		}
		if kind == support.Forgotten {
			opening.Channel, opening.Life, opening.Uses = support.Channel(form(c, "channel")), time.Duration(count(form(c, "life")))*time.Minute, count(form(c, "uses"))
		}
		opened, err := s.desk(c, session).Open(ctx, opening)
		if err != nil {
			return s.openFailed(c, session, kind, err)
		}
		s.say(c, page.Good, "desk.said.opened."+string(kind))
		return s.goTo(c, "/support/cases/"+opened.ID)
	}
}

// count reads a choice; what is none is negative, which nothing takes.
func count(chosen string) int {
	n, err := strconv.Atoi(chosen)
	if err != nil {
		return -1
	}
	return n
}

// openFailed shows the form again, and why the case was not opened.
func (s *Server) openFailed(c echo.Context, session signin.Session, kind support.Kind, failed error) error {
	var invalid *support.InvalidError
	status, problem, faults := http.StatusConflict, page.Text{}, page.Faults{}
	switch {
	case errors.As(failed, &invalid):
		status = http.StatusUnprocessableEntity
		if invalid.Field == support.FieldPassword {
			problem = page.Say("desk.open.password-bad")
		} else {
			faults[string(invalid.Field)] = page.Say("desk.open." + string(invalid.Field) + "-bad")
		}
	case errors.Is(failed, support.ErrChannel):
		status = http.StatusUnprocessableEntity
		faults["channel"] = page.Say("desk.open.channel-bad")
	case errors.Is(failed, support.ErrFrozen):
		status, problem = http.StatusForbidden, frozenText(failed)
	case errors.Is(failed, support.ErrLive):
		problem = page.Say("desk.refused.live")
	default:
		return failed
	}
	card, standing, err := s.opens(c, session)
	if err != nil {
		return err
	}
	view := openView(kind, card, standing)
	view.Identified, view.Ticket, view.Note, view.Channel = form(c, "identified"), form(c, "ticket"), form(c, "note"), form(c, "channel")
	view.Life, view.Uses, view.Faults = form(c, "life"), form(c, "uses"), faults
	if problem.ID != "" {
		view.Problem = page.Notice{Tone: page.Bad, Text: problem}
	}
	return s.show(c, status, view)
}

func openView(kind support.Kind, card support.Card, standing support.Standing) page.SupportOpen {
	person := card.Member.Person
	view := page.SupportOpen{Kind: string(kind), Person: helped(card.Member, card.Organisation, standing.Operator), Ways: page.IdentifiedChoices()}
	view.Told = append(view.Told, page.Say("desk.told.mail", "Address", masked(person.Email)))
	if card.Number != "" {
		view.Told = append(view.Told, page.Say("desk.told.text", "Number", card.Number))
	}
	if len(ownPhones(card)) > 0 {
		view.Told = append(view.Told, page.Say("desk.told.push"))
	}
	if kind == support.Lost {
		view.Steps = lostSteps(card.Organisation, support.Nothing, masked(person.Email), false)
		return view
	}
	longest := support.LongestAccess(card.Organisation)
	view.Channel, view.Uses = string(support.ByMail), "1"
	view.Life = minutes(min(support.AccessLife, longest))
	view.Channels, view.Lives, view.Times = page.CodeChannels(masked(person.Email), card.Number), page.CodeLives(longest), page.CodeUses(support.MaximumUses)
	view.Steps = forgottenSteps(atOnce(card, standing))
	return view
}

// atOnce tells whether the agent's own judgement is enough to send a code.
func atOnce(card support.Card, standing support.Standing) bool {
	return standing.Manages && standing.Organisation.ID == card.Organisation.ID
}

// lostSteps are what happens to a lost phone's case, from its opening or, where that has been, from its approval.
func lostSteps(o accounts.Organisation, shown support.Shown, address string, opened bool) []page.Text {
	wait := support.Wait(shown, o)
	var steps []page.Text
	if !opened {
		steps = append(steps, page.Say("desk.step.told"), page.Say("desk.step.second", "Life", support.ApprovalLife))
	}
	if wait > 0 {
		steps = append(steps, page.Say("desk.step.wait", "Wait", wait))
		if shown != support.Verified && !opened {
			steps = append(steps, page.Say("desk.step.shorter"))
		}
	} else {
		steps = append(steps, page.Say("desk.step.no-wait"))
	}
	return append(steps, page.Say("desk.step.revoked"), page.Say("desk.step.link", "Address", address, "Life", support.LinkLife), page.Say("desk.step.stop"))
}

func forgottenSteps(direct bool) []page.Text {
	steps := []page.Text{page.Say("desk.step.told")}
	if !direct {
		steps = append(steps, page.Say("desk.step.second", "Life", support.ApprovalLife))
	}
	return append(steps, page.Say("desk.step.code"), page.Say("desk.step.code-use"), page.Say("desk.step.keeps"), page.Say("desk.step.stop"))
}

// masked leaves of an address what its owner recognises. It has no place where a line may break.
func masked(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at <= 0 {
		return "••••"
	}
	_, size := utf8.DecodeRuneInString(address)
	return address[:size] + "••••" + address[at:]
}
