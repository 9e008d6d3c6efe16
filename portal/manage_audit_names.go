package portal

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// auditNames says who the ids of the log are, to somebody who manages the organisation.
type auditNames struct {
	server  *Server
	session signin.Session
	// members and applications are those that were looked up.
	members      map[string]accounts.Member
	applications map[string]accounts.Application
}

func (s *Server) namesOf(session signin.Session) *auditNames {
	return &auditNames{server: s, session: session, members: map[string]accounts.Member{}, applications: map[string]accounts.Application{}}
}

// find gives the ids that a name or an address fits: those of members, and of their phones. An id is itself.
func (n *auditNames) find(ctx context.Context, text string) ([]string, error) {
	if kind, rest, isID := strings.Cut(text, "_"); isID && len(kind) == 3 && len(rest) == 32 {
		return []string{text}, nil
	}
	if text == accounts.Operator || text == "system" {
		return []string{text}, nil
	}
	found, _, err := n.server.as(n.session).Members(ctx, n.session.OrganisationID, text, "", peopleFound)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, m := range found {
		ids = append(ids, m.ID)
		if m.Status != accounts.Active {
			continue
		}
		phones, err := n.server.Devices.Of(ctx, m.Person.ID)
		if err != nil {
			return nil, err
		}
		for _, phone := range phones {
			ids = append(ids, phone.ID)
		}
	}
	return ids, nil
}

// member is who has the membership; one without a name for who is gone.
func (n *auditNames) member(ctx context.Context, id string) (accounts.Member, error) {
	if kept, ok := n.members[id]; ok {
		return kept, nil
	}
	m, err := n.server.as(n.session).MemberByID(ctx, n.session.OrganisationID, id)
	if errors.Is(err, accounts.ErrNotFound) {
		err = nil
	}
	n.members[id] = m
	return m, err
}

// application is the organisation's with the id; one without a name for who is gone.
func (n *auditNames) application(ctx context.Context, id string) (accounts.Application, error) {
	if kept, ok := n.applications[id]; ok {
		return kept, nil
	}
	a, err := n.server.Accounts.Application(ctx, id)
	if errors.Is(err, accounts.ErrNotFound) {
		err = nil
	}
	if a.OrganisationID != n.session.OrganisationID {
		a = accounts.Application{}
	}
	n.applications[id] = a
	return a, err
}

// who says who did it, at the beginning of a sentence.
func (n *auditNames) who(ctx context.Context, row audit.Row) (page.Text, error) {
	switch kind, _, _ := strings.Cut(row.Actor, "_"); {
	case row.Actor == accounts.Operator:
		return page.Say("log.who.operator"), nil
	case row.Actor == "system":
		return page.Say("log.who.system"), nil
	case row.Actor == "person":
		return page.Say("log.who.person"), nil
	case kind == "dev":
		owner, err := n.member(ctx, row.Data["user"])
		if name := owner.Person.Display; name != "" {
			return page.Say("log.who.phone-of", "Name", name), err
		}
		return page.Say("log.who.phone"), err
	case kind == "app":
		a, err := n.application(ctx, row.Actor)
		switch {
		case a.Kind == accounts.KindPortal:
			return page.Say("log.who.portal"), err
		case a.Name != "":
			return page.Say("log.who.application", "Name", a.Name), err
		}
		return page.Say("log.who.application-gone"), err
	case row.Actor == n.session.Member.ID:
		return page.Say("log.who.you", "Name", n.session.Member.Person.Display), nil
	}
	m, err := n.member(ctx, row.Actor)
	if m.Person.Display == "" {
		return n.stranger(ctx, row.Actor, err)
	}
	return page.Say("log.who.member", "Name", m.Person.Display, "Role", page.Say("manage.role."+string(m.Role))), err
}

// stranger is who did something and is no member: somebody of the operator's support, without a name, or who is gone.
func (n *auditNames) stranger(ctx context.Context, id string, err error) (page.Text, error) {
	home := n.server.Support.OperatorOrganisation
	if err != nil || home == "" {
		return page.Say("log.who.gone"), err
	}
	m, err := n.server.Accounts.Membership(ctx, id)
	if errors.Is(err, accounts.ErrNotFound) {
		err = nil
	}
	if m.OrganisationID == home {
		return page.Say("log.who.operator-support"), err
	}
	return page.Say("log.who.gone"), err
}

// whom says to whom, or to what, it was done, within a sentence.
func (n *auditNames) whom(ctx context.Context, row audit.Row) (page.Text, error) {
	id := row.Data["user"]
	switch kind, _, _ := strings.Cut(row.Subject, "_"); {
	case id != "":
	case kind == "app":
		a, err := n.application(ctx, row.Subject)
		if a.Name == "" {
			return page.Say("log.whom.application-gone"), err
		}
		return page.Say("log.whom.name", "Name", a.Name), err
	default:
		id = row.Subject
	}
	m, err := n.member(ctx, id)
	if m.Person.Display == "" {
		return page.Say("log.whom.gone"), err
	}
	return page.Say("log.whom.name", "Name", m.Person.Display), err
}

// row is a row of the log in words.
func (n *auditNames) row(ctx context.Context, row audit.Row) (page.LoggedRow, error) {
	who, err := n.who(ctx, row)
	if err != nil {
		return page.LoggedRow{}, err
	}
	whom, err := n.whom(ctx, row)
	logged := page.LoggedRow{
		Sequence: row.Sequence, At: row.At, Action: row.Action, Actor: row.Actor, Subject: row.Subject, Hash: row.Hash, IP: row.Personal[audit.PersonalIP],
		What: page.Say("log.unworded", "Who", who, "Action", row.Action), Signed: row.Data["signature"] != "",
	}
	if worded(row.Action) {
		logged.What = page.Say("log.is."+row.Action, "Who", who, "Whom", whom)
	}
	if agent := row.Personal[audit.PersonalBrowser]; agent != "" {
		logged.Browser = browserText(agent)
	}
	for name := range row.Commitments {
		if _, kept := row.Personal[name]; !kept {
			logged.Erased = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(row.Data)) {
		logged.Data = append(logged.Data, page.LoggedValue{Name: name, Value: row.Data[name]})
	}
	return logged, err
}
