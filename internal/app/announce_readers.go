package app

import (
	"context"
	"errors"
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
func (d *delivery) readers(ctx context.Context, n accounts.Notice, o accounts.Organisation, about accounts.Person) []accounts.Person {
	switch {
	case n.Kind == accounts.CaseToApprove:
		return d.beside(ctx, n, o, accounts.Role.Privileged, about)
	case n.Kind == accounts.MemberCaseOpened || n.Kind == accounts.MemberPhoneReplaced:
		return d.beside(ctx, n, o, manages, about)
	case aboutMember(n.Kind):
		return d.staff(ctx, o.ID, manages, about.ID)
	}
	return []accounts.Person{about}
}

// beside are those of the roles but for the person, and for who opened the case, by whatever membership: that is nobody where it is the
// operator, or no member any more.
func (d *delivery) beside(ctx context.Context, n accounts.Notice, o accounts.Organisation, of func(accounts.Role) bool, about accounts.Person) []accounts.Person {
	var opener accounts.Member
	if n.By != "" && n.By != accounts.Operator {
		var err error
		if opener, err = d.accounts.People.Membership(ctx, n.By); err != nil && !errors.Is(err, accounts.ErrNotFound) {
			d.failed(ctx, err, "")
			return nil
		}
	}
	return d.staff(ctx, o.ID, of, about.ID, opener.Person.ID)
}

// manages tells whether the role looks after an organisation.
func manages(r accounts.Role) bool { return r == accounts.RoleAdministrator || r == accounts.RoleOwner }

// staff are the active members of those roles, but for some people.
func (d *delivery) staff(ctx context.Context, organisationID string, of func(accounts.Role) bool, except ...string) []accounts.Person {
	members, err := d.accounts.People.MemberList(ctx, organisationID)
	if err != nil {
		d.failed(ctx, err, "those who look after an organisation are not there")
	}
	var people []accounts.Person
	for _, m := range members {
		if m.Status == accounts.Active && of(m.Role) && !slices.Contains(except, m.Person.ID) {
			people = append(people, m.Person)
		}
	}
	return people
}
