package support

import (
	"context"
	"errors"
	"slices"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

// Open begins a case and tells the person on every way there is. A forgotten phone's case of an administrator is sent at once.
// It fails with [ErrInvalid], [ErrRank], [ErrLive], [ErrFrozen], with [ErrNew] for a lost phone, and with [ErrChannel] where its code
// could not be sent.
func (d *Desk) Open(ctx context.Context, o Opening) (Case, error) {
	ctx, st, err := d.enter(ctx)
	if err != nil {
		return Case{}, err
	}
	s := d.service
	organisation, m, err := d.member(ctx, st, o.MembershipID)
	if err != nil {
		return Case{}, err
	}
	if err = s.helps(ctx, st, m); err != nil {
		return Case{}, err
	}
	if err = s.settled(st); err != nil && o.Kind == Lost {
		return Case{}, err
	}
	if err = o.complete(organisation, m, s.Texts != nil && s.Texts.Reaches(ctx, m.Person)); err != nil {
		return Case{}, err
	}
	c := o.opened(st, m, s.now())
	if err = s.stopped(ctx, c); err != nil {
		return Case{}, err
	}
	if err = s.notLive(ctx, c); err != nil {
		return Case{}, err
	}
	if c.Escalated, err = s.elsewhere(ctx, c); err != nil {
		return Case{}, err
	}
	if err = s.countCase(ctx, st, organisation.ID); err != nil {
		return Case{}, err
	}
	// The code of a forgotten phone is the organisation's own matter: its own administrator needs nobody beside.
	alone := c.Kind == Forgotten && st.Manages && st.Organisation.ID == c.OrganisationID
	if err = s.Store.OpenCase(ctx, c, s.openedEntry(ctx, c, alone)); err != nil {
		return Case{}, err
	}
	if alone {
		sent, err := s.sendFirst(ctx, matter{Case: c, Organisation: organisation, Member: m}, Move{}, st.Member.ID)
		if errors.Is(err, ErrChannel) { // nobody heard anything: it makes room for one by mail
			err = errors.Join(err, s.over(ctx, c, Cancelled, "not-sent"))
		}
		return st.sees(sent), err
	}
	s.reach(ctx, c, stepOpened, "")
	return st.sees(c), nil
}

// openedEntry has the ticket among what can be erased: agents write names into it. Alone says that nobody must sign, and that the
// person hears of it when the code is sent.
func (s *Service) openedEntry(ctx context.Context, c Case, alone bool) audit.Entry {
	entry := s.entry(c, c.OpenerID, "case.opened")
	entry.Data["identified"] = string(c.Identified)
	entry.Personal = map[string]string{"ticket": c.Ticket}
	entry.Tell = []any{s.alert(alerts.CaseOpened, c.OrganisationID, c.words()), s.forManagers(ctx, c, accounts.MemberCaseOpened)}
	if !alone {
		entry.Tell = append(entry.Tell, s.notice(ctx, c, stepOpened), s.forApprovers(ctx, c, c.OrganisationID))
	}
	return entry
}

// notLive is [ErrLive] where the person has a case that goes on: an attempt that opens none is not counted.
func (s *Service) notLive(ctx context.Context, c Case) error {
	live, err := s.Store.Cases(ctx, Filter{OrganisationID: c.OrganisationID, PersonID: c.PersonID, Live: true}, 1)
	if err == nil && len(live) > 0 {
		err = ErrLive
	}
	return err
}

// opened is the case as it begins.
func (o Opening) opened(st Standing, m accounts.Member, now time.Time) Case {
	return Case{
		ID: secret.NewID("case"), Kind: o.Kind, State: Open, OrganisationID: m.OrganisationID, MembershipID: m.ID, PersonID: m.Person.ID,
		OpenerID: st.Member.ID, OpenerPersonID: st.Member.Person.ID, Identified: o.Identified, Ticket: o.Ticket, Note: o.Note,
		Life: o.Life, Uses: o.Uses, Channel: o.Channel, Opened: now, Expires: now.Add(ApprovalLife),
	}
}

// elsewhere tells whether the person belongs to another organisation too. A code of a forgotten phone counts in its own alone.
func (s *Service) elsewhere(ctx context.Context, c Case) (bool, error) {
	if c.Kind != Lost {
		return false, nil
	}
	all, err := s.Directory.Memberships(ctx, c.PersonID)
	return slices.ContainsFunc(all, func(m accounts.Member) bool { return m.OrganisationID != c.OrganisationID }), err
}
