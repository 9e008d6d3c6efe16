package portal

import (
	"slices"

	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/portal/page"
	"example.com/aye/support"
)

// advised says each advice in words: what stands here, what can be read out to who calls, and where it is done.
func (s *Server) advised(card support.Card) []page.Advised {
	all := make([]page.Advised, 0, len(card.Advice))
	for _, one := range card.Advice {
		all = append(all, s.oneAdvice(card, one))
	}
	return all
}

func (s *Server) oneAdvice(card support.Card, one support.Advice) page.Advised {
	a := page.Advised{Fact: page.Say("desk.advice." + string(one) + ".fact"), Say: page.Say("desk.advice." + string(one) + ".say")}
	name, address := card.Member.Person.Display, "/support/people/"+card.Member.ID
	switch one {
	case support.AdviceFrozen:
		a.Stop = true
		a.Fact = page.Say("desk.advice.frozen.fact", "Name", name)
	case support.AdviceLive:
		a.Stop = true
		if card.Live != nil {
			a.Fact = page.Say("desk.advice.live.fact", "Kind", page.Say("desk.kind."+string(card.Live.Kind)))
			a.To, a.Button = "/support/cases/"+card.Live.ID, page.Say("desk.advice.live.button")
		}
	case support.AdviceNotFetched, support.AdviceFailed:
		if push, text := s.newest(card, one); push {
			a.Fact = text
		}
	case support.AdviceOtherPhone:
		if d, ok := otherPhone(card); ok {
			a.Fact = page.Say("desk.advice.other-phone.named", "Phone", d.Name)
			a.Say = page.Say("desk.advice.other-phone.say-named", "Phone", d.Name)
		}
	case support.AdviceRecovery:
		a.Fact = page.Say("desk.advice.recovery.fact", "Count", card.RecoveryCodes)
	case support.AdviceText:
		a.Fact = page.Say("desk.advice.text.fact", "Number", card.Number)
	case support.AdviceForgotten, support.AdviceLost:
		if card.Refused == nil {
			a.To, a.Button = address+"/"+string(one), page.Say("desk.card."+string(one))
		}
	case support.AdviceMuted, support.AdviceApp:
	}
	return a
}

// newest says what became of the newest push that is what the advice is about.
func (s *Server) newest(card support.Card, one support.Advice) (bool, page.Text) {
	want := approval.Accepted
	if one == support.AdviceFailed {
		want = approval.Failed
	}
	for _, request := range card.Recent {
		for _, d := range request.Deliveries {
			if d.State == want {
				return true, s.deliveryText(request, d)
			}
		}
	}
	return false, page.Text{}
}

// otherPhone is the phone that was seen last, but for those that the newest push did not come to.
func otherPhone(card support.Card) (devices.Device, bool) {
	missed := map[string]bool{}
	if len(card.Recent) > 0 {
		for _, d := range card.Recent[0].Deliveries {
			missed[d.DeviceID] = d.State != approval.Fetched
		}
	}
	phones := slices.DeleteFunc(ownPhones(card), func(d devices.Device) bool { return missed[d.ID] })
	if len(phones) == 0 {
		return devices.Device{}, false
	}
	return slices.MaxFunc(phones, func(a, b devices.Device) int { return a.Seen.Compare(b.Seen) }), true
}
