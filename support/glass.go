package support

import (
	"context"
	"strings"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

// revokeOnly is revoke with a mail and no other word. It gives the phones that were there before.
func (s *Service) revokeOnly(ctx context.Context, about *matter) (bool, []devices.Device, error) {
	phones, r := s.phonesOf(ctx, about.Case), revocation(about.Case, s.now())
	entry, after := s.entry(about.Case, "system", "case.revoked"), *about
	after.Case = about.after(r)
	entry.Tell = append(s.linkLetter(after), s.notice(ctx, after.Case, stepRevoked))
	revoked, err := s.Store.RevokeCase(ctx, r, entry)
	if err != nil || !revoked {
		return false, nil, err
	}
	about.Case = after.Case
	s.changed(about.Case)
	return true, phones, nil
}

func revocation(c Case, now time.Time) Revocation {
	return Revocation{CaseID: c.ID, Now: now, Link: c.Link + 1, LinkUntil: now.Add(LinkLife)}
}

// after is the case when it was carried out.
func (c Case) after(r Revocation) Case {
	c.State, c.Link, c.LinkUntil, c.Closed = Revoked, r.Link, r.LinkUntil, r.Now
	return c
}

// BreakGlass is the operator's own way, on the server's command line: everything old is revoked at once, and the link is
// given back to be handed to the person. Whenever it was done it is written down, mailed to the person and the administrators, and an alert.
// It fails with [ErrNotFound], [ErrInvalid], or [ErrFrozen] for who was stopped: that is lifted first.
func (s *Service) BreakGlass(ctx context.Context, email, why string) (Case, secret.Secret, error) {
	if why = strings.TrimSpace(why); why == "" || !plain(why, maximumNote) {
		return Case{}, "", &InvalidError{Field: FieldNote}
	}
	members, err := s.byEmail(ctx, email)
	if err != nil {
		return Case{}, "", err
	}
	c := Case{
		ID: secret.NewID("case"), Kind: Lost, State: Waiting, OrganisationID: members[0].OrganisationID, MembershipID: members[0].ID,
		PersonID: members[0].Person.ID, Identified: InPerson, Note: why, Escalated: len(members) > 1, OperatorID: accounts.Operator,
		Opened: s.now(), Expires: s.now().Add(ApprovalLife), Approved: s.now(), Due: s.now(),
	}
	if err = s.makeRoom(ctx, c); err != nil {
		return Case{}, "", err
	}
	phones, r := s.phonesOf(ctx, c), revocation(c, s.now())
	// Both or neither; and behind it nothing fails: what was done is told.
	opened := s.because(c, "break-glass.used", why)
	opened.Tell = s.glassTold(c, members)
	err = s.Store.BreakGlass(ctx, c, r, opened, s.entry(c, "system", "case.revoked"))
	if err != nil {
		return Case{}, "", err
	}
	c = c.after(r)
	s.changed(c)
	s.text(ctx, c, "", stepRevoked, "")
	s.wake(c, phones)
	return c, s.linkToken(c.ID, c.Link), nil
}

// byEmail gives the active memberships of the address, else [ErrNotFound].
func (s *Service) byEmail(ctx context.Context, email string) ([]accounts.Member, error) {
	email, err := accounts.NormalEmail(email)
	if err != nil {
		return nil, ErrNotFound
	}
	found, err := s.Directory.FindPeople(ctx, "", email, mostFound)
	if err != nil {
		return nil, err
	}
	for _, m := range found {
		if m.Person.Email != email {
			continue
		}
		members, err := s.Directory.Memberships(ctx, m.Person.ID)
		if err == nil && len(members) == 0 {
			err = ErrNotFound
		}
		return members, err
	}
	return nil, ErrNotFound
}

// makeRoom takes the case back that goes on, if there is one.
func (s *Service) makeRoom(ctx context.Context, c Case) error {
	live, err := s.Store.Cases(ctx, Filter{OrganisationID: c.OrganisationID, PersonID: c.PersonID, Live: true}, mostCases)
	if err != nil {
		return err
	}
	for _, before := range live {
		if err = s.abandon(ctx, before, "break-glass"); err != nil {
			return err
		}
	}
	return nil
}

// glassTold is what the person is told, and the administrators of each organisation of theirs about their own member.
func (s *Service) glassTold(c Case, members []accounts.Member) []any {
	all := []any{accounts.Notice{
		PersonID: c.PersonID, OrganisationID: c.OrganisationID, Kind: accounts.BreakGlassUsed, Link: s.stopLink(c.ID, byMail), By: accounts.Operator,
	}}
	for _, m := range members {
		all = append(all, accounts.Notice{
			PersonID: c.PersonID, OrganisationID: m.OrganisationID, Kind: accounts.MemberBreakGlass, By: accounts.Operator,
		}, s.alert(alerts.BreakGlass, m.OrganisationID, map[string]string{"user": m.ID}))
	}
	return all
}

// because is a row of the operator with the reason.
func (s *Service) because(c Case, action, why string) audit.Entry {
	entry := s.entry(c, accounts.Operator, action)
	entry.Personal = map[string]string{"why": why}
	return entry
}
