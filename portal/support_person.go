package portal

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/notify"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
	"example.com/aye/support"
)

// supportCard shows who calls, what there is, and what to say. Looking is counted and written down.
func (s *Server) supportCard(c echo.Context, session signin.Session) error {
	ctx, desk := c.Request().Context(), s.desk(c, session)
	card, err := desk.Look(ctx, c.Param("person"))
	if err != nil {
		return err
	}
	standing, err := desk.Standing(ctx)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, s.cardView(card, standing))
}

func (s *Server) cardView(card support.Card, standing support.Standing) page.SupportCard {
	view := page.SupportCard{
		Person: helped(card.Member, card.Organisation, standing.Operator), Advice: s.advised(card), Apps: card.Apps, RecoveryCodes: card.RecoveryCodes,
		Number: card.Number, Texts: !card.Member.Person.Texts.IsZero(), Refused: refusedText(card.Refused),
	}
	for _, d := range ownPhones(card) {
		view.Phones = append(view.Phones, page.HelpedPhone{
			Name: d.Name, Model: d.Model, System: systemOf(d), Linked: d.Created, Seen: d.Seen, Silent: silent(d), Local: d.Local,
		})
	}
	for _, one := range card.Recent {
		view.Recent = append(view.Recent, s.askedFor(one))
	}
	for _, one := range card.Cases {
		view.Cases = append(view.Cases, s.caseLine(support.View{Case: one, Member: card.Member, Organisation: card.Organisation}, false))
	}
	if card.Live != nil {
		line := s.caseLine(support.View{Case: *card.Live, Member: card.Member, Organisation: card.Organisation}, false)
		view.Live = &line
	}
	for _, f := range card.Frozen {
		view.Frozen = append(view.Frozen, freezeLine(support.Held{Freeze: f, Name: card.Member.Person.Display}, false))
	}
	return view
}

// ownPhones are those that count in the organisation: one that an application elsewhere linked tells of a membership there.
func ownPhones(card support.Card) []devices.Device {
	var own []devices.Device
	for _, d := range card.Phones {
		if d.AnswersFor(card.Organisation.ID) {
			own = append(own, d)
		}
	}
	return own
}

// silent tells whether no push can come to the phone; of what agents get the address is left out.
func silent(d devices.Device) bool {
	return d.PushState == devices.PushDead || d.Push.Provider == notify.ProviderNone
}

// refusedText says why no case can be opened; empty where one can.
func refusedText(err error) page.Text {
	if text := frozenText(err); text.ID != "" {
		return text
	}
	switch {
	case err == nil:
		return page.Text{}
	case errors.Is(err, support.ErrRank):
		return page.Say("desk.refused.rank")
	case errors.Is(err, support.ErrLive):
		return page.Say("desk.refused.live")
	}
	return page.Say("desk.refused.now")
}

// askedFor is a request in words, with what became of its pushes.
func (s *Server) askedFor(one approval.View) page.AskedFor {
	view := page.AskedFor{
		At: one.Created, Asker: one.Asker, What: one.Message, State: string(one.State), Place: one.Place, Browser: browserText(one.Context.UserAgent),
	}
	for _, d := range one.Deliveries {
		view.Deliveries = append(view.Deliveries, s.deliveryText(one, d))
	}
	return view
}

// deliveryText says what became of a push, as somebody at a telephone can say it.
func (s *Server) deliveryText(one approval.View, d approval.Delivery) page.Text {
	asked, after := told(d), max(d.Updated.Sub(one.Created), 0)
	switch asked.State {
	case string(approval.Accepted):
		id := "desk.delivery.accepted"
		if one.State.Final() {
			id = "desk.delivery.never-fetched"
		}
		return page.Say(id, "Phone", d.Device, "Channel", channelName(asked), "After", after)
	case string(approval.Fetched):
		return page.Say("desk.delivery.fetched", "Phone", d.Device, "After", after)
	case string(approval.Failed):
		return page.Say("desk.delivery.failed", "Phone", d.Device, "Why", deliveryReason(asked))
	case string(approval.Withheld):
		return page.Say("desk.delivery.withheld", "Phone", d.Device)
	case string(approval.Queued):
		return page.Say("desk.delivery.queued", "Phone", d.Device)
	}
	return page.Say("desk.delivery.silent", "Phone", d.Device)
}

// deliveryReason is the reason of the waiting page, said about somebody else.
func deliveryReason(asked page.Asked) page.Text {
	return page.Say("desk.reason." + strings.TrimPrefix(asked.Reason.ID, "wait.reason."))
}

// channelName is who brings notifications to the phone.
func channelName(asked page.Asked) string {
	if asked.Channel == "" {
		return "Aye"
	}
	return asked.Channel
}
