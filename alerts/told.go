package alerts

import (
	"maps"
	"strings"

	"example.com/aye/accounts"
)

// kindOf are the notices that are about something to look at. Support raises its own.
var kindOf = map[accounts.NoticeKind]Kind{
	accounts.MemberReported: NotMe,
	accounts.PhoneLinked:    PhoneReplaced,
	accounts.TextsSpent:     BudgetPassed,
	accounts.TextsStopped:   BudgetPassed,
	accounts.TextsTrouble:   ProviderFailing,
}

// budgets say what was passed.
var budgets = map[accounts.NoticeKind]string{accounts.TextsSpent: "spent", accounts.TextsStopped: "stopped"}

// Of is the alert that a notice is too, if it is one. Who the person is to the organisation, "user", is not in it.
func Of(n accounts.Notice) (Alert, bool) {
	kind, found := kindOf[n.Kind]
	if !found || (n.Kind == accounts.PhoneLinked && n.Reason != accounts.Replacing) {
		return Alert{}, false
	}
	a := Alert{Kind: kind, OrganisationID: n.OrganisationID, Data: map[string]string{}}
	switch {
	case n.PersonID != "":
		a.Data["application"] = n.Application
	case kind == ProviderFailing:
		a.Data["channel"], a.Data["provider"], a.Data["reason"] = "text", n.Provider, n.Reason
	default:
		a.Data["reason"] = budgets[n.Kind]
	}
	return a, true
}

// Outgoing is what goes out: ids and words, with the organisation that it is about. An address, or what is too long for a
// word, stays here whoever put it in: left names it.
func (a Alert) Outgoing() (out Alert, left []string) {
	data := maps.Clone(a.Data)
	if data == nil {
		data = map[string]string{}
	}
	for name, value := range data {
		if strings.ContainsAny(value, "@\r\n") || strings.Contains(value, "://") || len(value) > maximumWord {
			left = append(left, name)
			delete(data, name)
		}
		if value == "" {
			delete(data, name)
		}
	}
	if a.OrganisationID != "" {
		data["organisation"] = a.OrganisationID
	}
	a.At, a.Data = a.At.UTC(), data
	return a, left
}
