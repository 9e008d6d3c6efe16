package app

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"example.com/aye/accounts"
)

// aboutNobody tells whether a notice is about no person, but about an organisation's text messages, its alerts or its support.
func aboutNobody(kind accounts.NoticeKind) bool {
	return slices.Contains([]accounts.NoticeKind{
		accounts.TextsStopped, accounts.TextsSpent, accounts.TextsTrouble, accounts.TextsProvider, accounts.SupportFrozen, accounts.MemberAlertsChanged,
	}, kind)
}

// aboutMember tells whether a notice about a person is for those who look after the organisation.
func aboutMember(kind accounts.NoticeKind) bool {
	return slices.Contains([]accounts.NoticeKind{
		accounts.MemberReported, accounts.MemberCaseOpened, accounts.MemberCaseStopped, accounts.MemberPhoneReplaced, accounts.MemberBreakGlass,
		accounts.MemberRoleChanged,
	}, kind)
}

// readers are who a notice about a person is for: the person, or others of the organisation. Of a case none of these is who opened
// it: that person knows, and could not be the second one.
func (a *announcer) readers(ctx context.Context, n accounts.Notice, o accounts.Organisation, about accounts.Person) []accounts.Person {
	switch {
	case n.Kind == accounts.CaseToApprove:
		return a.staff(ctx, o.ID, accounts.Role.Privileged, about.ID, a.opener(ctx, n))
	case n.Kind == accounts.MemberCaseOpened || n.Kind == accounts.MemberPhoneReplaced:
		return a.staff(ctx, o.ID, manages, about.ID, a.opener(ctx, n))
	case aboutMember(n.Kind):
		return a.staff(ctx, o.ID, manages, about.ID)
	}
	return []accounts.Person{about}
}

// opener is the person who opened the case, by whatever membership; empty for the operator, and for who is no member any more.
func (a *announcer) opener(ctx context.Context, n accounts.Notice) string {
	if n.By == "" || n.By == accounts.Operator {
		return ""
	}
	m, err := a.accounts.People.Membership(ctx, n.By)
	if err != nil && !errors.Is(err, accounts.ErrNotFound) {
		a.log.ErrorContext(ctx, "an announcement does not know who did it", slog.String("kind", string(n.Kind)), slog.String("error", err.Error()))
	}
	return m.Person.ID
}

// manages tells whether the role looks after an organisation.
func manages(r accounts.Role) bool { return r == accounts.RoleAdministrator || r == accounts.RoleOwner }

// staff are the active members of those roles, but for some people.
func (a *announcer) staff(ctx context.Context, organisationID string, of func(accounts.Role) bool, except ...string) []accounts.Person {
	members, err := a.accounts.People.MemberList(ctx, organisationID)
	if err != nil {
		a.log.ErrorContext(ctx, "those who look after an organisation were not told", slog.String("organisation", organisationID), slog.String("error", err.Error()))
	}
	var people []accounts.Person
	for _, m := range members {
		if m.Status == accounts.Active && of(m.Role) && !slices.Contains(except, m.Person.ID) {
			people = append(people, m.Person)
		}
	}
	return people
}
