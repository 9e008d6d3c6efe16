package page

import (
	"strconv"
	"time"
)

// RoleChoices are the roles with what each may do; whoever is no owner cannot choose that one.
func RoleChoices(owner bool) []Choice {
	all := []Choice{
		{Value: "member", Label: Say("manage.role.member"), Hint: Say("manage.role-hint.member")},
		{Value: "support", Label: Say("manage.role.support"), Hint: Say("manage.role-hint.support")},
		{Value: "administrator", Label: Say("manage.role.administrator"), Hint: Say("manage.role-hint.administrator")},
		{Value: "owner", Label: Say("manage.role.owner"), Hint: Say("manage.role-hint.owner")},
	}
	if last := &all[len(all)-1]; !owner {
		last.Disabled, last.Hint = true, Say("manage.person.why-role")
	}
	return all
}

// LanguageChoices are the languages; none is that of the organisation.
func LanguageChoices(none bool) []Choice {
	all := []Choice{{Value: "en", Label: Say("manage.language.en")}, {Value: "nl", Label: Say("manage.language.nl")}}
	if none {
		all = append([]Choice{{Value: "", Label: Say("manage.language.organisation")}}, all...)
	}
	return all
}

// TimeChoices are durations by their minutes, of which "0" is the usual one.
func TimeChoices(usual time.Duration, minutes ...int) []Choice {
	all := []Choice{{Value: "0", Label: Say("manage.rules.usual", "Time", usual)}}
	for _, m := range minutes {
		all = append(all, Choice{Value: strconv.Itoa(m), Label: Say("manage.rules.time", "Time", time.Duration(m)*time.Minute)})
	}
	return all
}
