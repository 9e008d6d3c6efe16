package app

import (
	"slices"
	"strings"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/support"
)

// TestManagersAreTold: what is about a member, or an agent, is for those who look after the organisation, and not for whom it is about.
func TestManagersAreTold(t *testing.T) {
	t.Parallel()
	a, p, o, ada := quietApp(t)
	ctx := t.Context()
	people, members := map[string]accounts.Person{}, map[string]string{}
	for email, role := range map[string]accounts.Role{
		"chief@example.com": accounts.RoleAdministrator, "owner@example.com": accounts.RoleOwner, "desk@example.com": accounts.RoleSupport, "eve@example.com": accounts.RoleMember,
	} {
		m, _, failed := a.Accounts.AddMember(ctx, o.ID, accounts.Person{Email: email, Display: email, Locale: "en"}, role)
		if failed != nil {
			t.Fatal(failed)
		}
		people[email], members[email] = m.Person, m.ID
	}
	elsewhere, err := a.Accounts.CreateOrganisation(ctx, accounts.Organisation{Name: "Rose", Profile: accounts.Standard, Locale: "en"})
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := a.Accounts.AddMember(ctx, elsewhere.ID, people["desk@example.com"], accounts.RoleSupport)
	if err != nil {
		t.Fatal(err)
	}
	there, err := a.Accounts.AcceptInvitation(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	p.next(t) // the role that was accepted; nobody else is there to hear of it
	agents := []string{"chief@example.com", "desk@example.com", "owner@example.com"}
	both := []string{"chief@example.com", "owner@example.com"}
	for _, c := range []struct {
		notice accounts.Notice
		to     []string
		want   string
	}{
		{accounts.Notice{Kind: accounts.MemberCaseStopped, PersonID: ada.ID, Agent: "Hal"}, both, "in the name of Ada of Tulip that somebody else had asked support for help. The case was opened by Hal."},
		{accounts.Notice{Kind: accounts.MemberCaseStopped, PersonID: people["chief@example.com"].ID}, both[1:], "in the name of chief@example.com of Tulip"},
		{accounts.Notice{Kind: accounts.MemberBreakGlass, PersonID: ada.ID}, both, "recovery codes of Ada of Tulip, on the server itself"},
		{accounts.Notice{Kind: accounts.SupportFrozen, Agent: "Hal", Reason: "agent"}, both, "Hal wanted to open more support cases at Tulip"},
		{accounts.Notice{Kind: accounts.SupportFrozen, Reason: "organisation"}, both, "Nobody can open another one until the operator"},
		{accounts.Notice{Kind: accounts.CaseToApprove, PersonID: ada.ID, Agent: "Hal", By: accounts.Operator, Link: stop}, agents, "younger than a week.\n\nLook at the case:\n" + stop.Reveal()},
		{accounts.Notice{Kind: accounts.CaseToApprove, PersonID: ada.ID, By: members["desk@example.com"], Link: stop}, both, "goes on only if a second person approves it"},
		{accounts.Notice{Kind: accounts.CaseToApprove, PersonID: ada.ID, By: there.ID, Link: stop}, both, "goes on only if a second person approves it"},
		{accounts.Notice{Kind: accounts.CaseToApprove, PersonID: people["desk@example.com"].ID, By: members["chief@example.com"], Link: stop}, both[1:], "goes on only if a second person approves it"},
		{accounts.Notice{Kind: accounts.MemberCaseOpened, PersonID: ada.ID, Agent: "Hal", By: members["desk@example.com"], Reason: "lost"}, both, "Hal opened a support case at Tulip for Ada, who is said to have lost the phone."},
		{accounts.Notice{Kind: accounts.MemberCaseOpened, PersonID: people["desk@example.com"].ID, Agent: "Chief", By: members["chief@example.com"]}, both[1:], "for desk@example.com, who is said not to have the phone at hand."},
		{accounts.Notice{Kind: accounts.MemberCaseOpened, PersonID: people["chief@example.com"].ID, By: there.ID}, both[1:], "for chief@example.com"},
		{accounts.Notice{Kind: accounts.MemberPhoneReplaced, PersonID: ada.ID, Agent: "Chief", By: members["chief@example.com"]}, both[1:], "linked to the account of Ada of Tulip"},
		{accounts.Notice{Kind: accounts.MemberRoleChanged, PersonID: ada.ID, Role: accounts.RoleOwner, Before: accounts.RoleMember, By: members["chief@example.com"]}, both, "Ada became an owner of Tulip; until then Ada was a member. chief@example.com gave this role."},
		{accounts.Notice{Kind: accounts.MemberRoleChanged, PersonID: people["owner@example.com"].ID, Role: accounts.RoleMember, Before: accounts.RoleOwner, By: accounts.Operator}, both[:1], "until then owner@example.com was an owner. The operator of"},
		{accounts.Notice{Kind: accounts.RoleGiven, PersonID: people["eve@example.com"].ID, Role: accounts.RoleSupport, Before: accounts.RoleMember, By: members["chief@example.com"]}, []string{"eve@example.com"}, "you became a support agent of Tulip; until then you were a member. chief@example.com gave you this role."},
		{accounts.Notice{Kind: accounts.RoleGiven, PersonID: people["eve@example.com"].ID, Role: accounts.RoleSupport, By: "usr_none"}, []string{"eve@example.com"}, "you became a support agent of Tulip."},
		{accounts.Notice{Kind: accounts.MemberAlertsChanged, Reason: "removed", By: members["chief@example.com"]}, both, "chief@example.com removed the address for alerts of Tulip."},
	} {
		c.notice.OrganisationID = o.ID
		tells(t, a, c.notice)
		var to []string
		for range c.to {
			m := p.next(t)
			to = append(to, m.To)
			if !strings.Contains(m.Text, c.want) {
				t.Errorf("%s: %s", c.notice.Kind, m.Text)
			}
		}
		if slices.Sort(to); !slices.Equal(to, c.to) {
			t.Errorf("%s went to %q, want %q", c.notice.Kind, to, c.to)
		}
	}
	if err := a.Close(ctx); err != nil || len(p.taken) > 0 {
		t.Errorf("%v, and %d more mails", err, len(p.taken))
	}
}

// TestColleaguesAreCalled: of a case that support opened, those hear who could be the second one. Who is helped gets a way to stop it,
// and neither that person nor the opener gets the other mail.
func TestColleaguesAreCalled(t *testing.T) {
	t.Parallel()
	a, p, o, ada := quietApp(t)
	ctx := t.Context()
	if err := a.Accounts.SetPassword(ctx, ada.ID, "correct horse battery staple"); err != nil {
		t.Fatal(err)
	}
	helped, err := a.Accounts.Memberships(ctx, ada.ID)
	if err != nil {
		t.Fatal(err)
	}
	var hal accounts.Member
	for email, role := range map[string]accounts.Role{
		"hal@example.com": accounts.RoleSupport, "desk@example.com": accounts.RoleSupport, "chief@example.com": accounts.RoleAdministrator, "owner@example.com": accounts.RoleOwner, "eve@example.com": accounts.RoleMember,
	} {
		m, _, failed := a.Accounts.AddMember(ctx, o.ID, accounts.Person{Email: email, Display: email, Locale: "en"}, role)
		if failed != nil {
			t.Fatal(failed)
		}
		if email == "hal@example.com" {
			hal = m
		}
	}
	desk := a.Support.As(support.Agent{OrganisationID: o.ID, MembershipID: hal.ID, Method: approval.Push, IP: "203.0.113.9", Browser: "b-1"})
	c, err := desk.Open(ctx, support.Opening{MembershipID: helped[0].ID, Kind: support.Lost, Identified: support.CalledBack, Ticket: "T-1"})
	if err != nil {
		t.Fatal(err)
	}
	if err = a.Close(ctx); err != nil {
		t.Fatal(err)
	}
	called, link := []string{}, a.Config.Origin+"/support/cases/"+c.ID
	for len(p.taken) > 0 {
		m := p.next(t)
		switch {
		case m.To == "hal@example.com" || m.To == "eve@example.com":
			t.Errorf("%s is told: %s", m.To, m.Subject)
		case m.To == ada.Email && (strings.Contains(m.Text, link) || !strings.Contains(m.Text, a.Config.Origin+"/stop/")):
			t.Errorf("who is helped is told: %s", m.Text)
		case strings.Contains(m.Text, link):
			called = append(called, m.To)
		}
	}
	if slices.Sort(called); !slices.Equal(called, []string{"chief@example.com", "desk@example.com", "owner@example.com"}) {
		t.Errorf("%q were called", called)
	}
}
