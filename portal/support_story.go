package portal

import (
	"slices"

	"example.com/aye/portal/page"
	"example.com/aye/support"
)

// caseNow says how a case stands.
func (s *Server) caseNow(c support.Case) page.Stance {
	switch c.State {
	case support.Open:
		return page.Stance{Word: "open", At: c.Expires}
	case support.Waiting:
		if s.overdue(c) {
			return page.Stance{Word: "overdue"}
		}
		return page.Stance{Word: "waiting", At: c.Due}
	case support.Sent:
		return page.Stance{Word: "sent", At: c.LinkUntil}
	case support.Revoked:
		if !c.LinkUsed.IsZero() {
			return page.Stance{Word: "linking"}
		}
		if s.Now().Before(c.LinkUntil) {
			return page.Stance{Word: "revoked", At: c.LinkUntil}
		}
		return page.Stance{Word: "revoked-over"}
	case support.Done:
		return page.Stance{Word: "done." + string(c.Kind)}
	case support.Refused, support.Cancelled, support.Expired, support.Stopped:
	}
	return page.Stance{Word: string(c.State)}
}

// casePast says what happened, in the order in which it did.
func (s *Server) casePast(v support.View) []page.CaseMoment {
	opened := page.Say("desk.past.opened", "Name", v.Opener)
	if v.Opener == "" {
		opened = page.Say("desk.past.opened-operator")
	}
	past := []page.CaseMoment{{At: v.Opened, Icon: "plus", Text: opened}}
	for _, k := range v.Checks {
		past = append(past, page.CaseMoment{At: k.Asked, Icon: "message", Text: page.Say("desk.past.asked." + string(k.Channel))})
		if at := k.Answered; !at.IsZero() {
			past = append(past, page.CaseMoment{At: at, Icon: checkIcon(k.State), Text: page.Say("desk.past.check." + string(k.State))})
		} else if k.State == support.Unheard || (k.State == support.Asked && !s.Now().Before(k.Expires)) {
			past = append(past, page.CaseMoment{At: k.Expires, Icon: "clock", Text: page.Say("desk.past.check.expired")})
		}
	}
	if !v.Approved.IsZero() {
		past = append(past, page.CaseMoment{At: v.Approved, Icon: "check", Text: approvedText(v)})
	}
	if !v.LinkUsed.IsZero() {
		past = append(past, page.CaseMoment{At: v.LinkUsed, Icon: "key", Text: page.Say("desk.past.link-used")})
	}
	if !v.Closed.IsZero() {
		past = append(past, closedMoments(v)...)
	}
	slices.SortStableFunc(past, func(a, b page.CaseMoment) int { return a.At.Compare(b.At) })
	return past
}

// approvedText says by whose judgement the case went on.
func approvedText(v support.View) page.Text {
	switch {
	case v.Approver != "":
		return page.Say("desk.past.approved", "Name", v.Approver)
	case v.Opener == "":
		return page.Say("desk.past.direct-operator")
	}
	return page.Say("desk.past.direct", "Name", v.Opener)
}

// closedMoments say how it ended, or that it was carried out.
func closedMoments(v support.View) []page.CaseMoment {
	switch v.State {
	case support.Revoked:
		return []page.CaseMoment{{At: v.Closed, Icon: "lock", Text: page.Say("desk.past.revoked")}}
	case support.Stopped:
		by := "page"
		if slices.Contains([]string{"mail", "text", "phone", "report"}, v.StoppedBy) {
			by = v.StoppedBy
		}
		return []page.CaseMoment{{At: v.Closed, Icon: "alert", Text: page.Say("desk.past.stopped." + by)}}
	case support.Done, support.Refused, support.Cancelled, support.Expired:
		return []page.CaseMoment{{At: v.Closed, Icon: closedIcon(v.State), Text: page.Say("desk.past." + string(v.State))}}
	case support.Open, support.Waiting, support.Sent:
	}
	return nil
}

func closedIcon(state support.State) string {
	if state == support.Done {
		return "check"
	}
	return "cross"
}

func checkIcon(state support.CheckState) string {
	switch state {
	case support.Right:
		return "check"
	case support.Unheard:
		return "clock"
	case support.Asked, support.Wrong, support.NotMe, support.NotAsked:
	}
	return "alert"
}

// caseComing says what comes, with its time where that is known.
func (s *Server) caseComing(v support.View) []page.CaseMoment {
	coming := func(icon, id string, pairs ...any) page.CaseMoment {
		return page.CaseMoment{Icon: icon, Text: page.Say(id, pairs...)}
	}
	address := masked(v.Member.Person.Email)
	switch v.State {
	case support.Open:
		all := []page.CaseMoment{{At: v.Expires, Icon: "people", Text: page.Say("desk.coming.second")}}
		if v.Kind == support.Forgotten {
			return append(all, coming("mail", "desk.coming.code"))
		}
		if wait := support.Wait(v.Shown, v.Organisation); wait > 0 {
			all = append(all, coming("clock", "desk.coming.wait", "Wait", wait))
		}
		return append(all, coming("lock", "desk.coming.revoke"), coming("mail", "desk.coming.link", "Address", address, "Life", support.LinkLife))
	case support.Waiting:
		return []page.CaseMoment{{At: v.Due, Icon: "lock", Text: page.Say("desk.coming.revoke")}, coming("mail", "desk.coming.link", "Address", address, "Life", support.LinkLife)}
	case support.Sent:
		return []page.CaseMoment{{At: v.LinkUntil, Icon: "clock", Text: page.Say("desk.coming.code-ends")}}
	case support.Revoked:
		all := []page.CaseMoment{coming("phone", "desk.coming.phone")}
		if v.LinkUsed.IsZero() && s.Now().Before(v.LinkUntil) {
			all = append([]page.CaseMoment{{At: v.LinkUntil, Icon: "clock", Text: page.Say("desk.coming.link-ends")}}, all...)
		}
		return all
	case support.Done, support.Refused, support.Cancelled, support.Expired, support.Stopped:
	}
	return nil
}
