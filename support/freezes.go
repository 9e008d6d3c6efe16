package support

import (
	"context"
	"errors"
	"slices"

	"example.com/aye/accounts"
)

// mostHeld is how many waiting cases are looked at when a freeze is lifted.
const mostHeld = 1000

// Freezes are those in the agent's scope.
func (d *Desk) Freezes(ctx context.Context) ([]Held, error) {
	ctx, st, err := d.enter(ctx)
	if err != nil {
		return nil, err
	}
	scope := st.Organisation.ID
	if st.Operator {
		scope = ""
	}
	all, err := d.service.Store.Freezes(ctx, scope)
	if err != nil {
		return nil, err
	}
	held := make([]Held, 0, len(all))
	for _, f := range all {
		h := Held{Freeze: f}
		if h.Organisation, err = d.service.Directory.Organisation(ctx, f.OrganisationID); err != nil {
			return nil, err
		}
		var personID string
		if personID, err = d.service.heldPerson(ctx, f); err != nil {
			return nil, err
		}
		if h.Name, err = d.service.nameOf(ctx, personID); err != nil {
			return nil, err
		}
		why := d.mayLift(ctx, st, f)
		if why != nil && !errors.Is(why, ErrForbidden) && !errors.Is(why, ErrSame) {
			return nil, why
		}
		h.MayLift = why == nil
		held = append(held, h)
	}
	return held, nil
}

// heldPerson is who is frozen: the person, or the agent as a person; empty for an organisation, and for an agent who left.
func (s *Service) heldPerson(ctx context.Context, f Freeze) (string, error) {
	switch f.What {
	case FrozenPerson:
		return f.SubjectID, nil
	case FrozenAgent:
		m, err := s.Directory.Membership(ctx, f.SubjectID)
		if errors.Is(err, accounts.ErrNotFound) {
			return "", nil
		}
		return m.Person.ID, err
	case FrozenOrganisation:
	}
	return "", nil
}

// mayLift is nil where the agent may lift the freeze: [ErrForbidden] for who manages nothing there and for whom it is about,
// [ErrSame] for who had a hand in what was stopped.
func (d *Desk) mayLift(ctx context.Context, st Standing, f Freeze) error {
	own := f.OrganisationID == st.Organisation.ID
	switch {
	case f.What == FrozenOrganisation && st.Operator && (!own || st.Manages):
		return nil
	case f.What == FrozenOrganisation || !st.Manages || (!own && !st.Operator):
		return ErrForbidden
	}
	personID, err := d.service.heldPerson(ctx, f)
	if err != nil {
		return err
	}
	if personID == st.Member.Person.ID || f.SubjectID == st.Member.ID {
		return ErrForbidden
	}
	if f.CaseID == "" {
		return nil
	}
	c, err := d.service.Store.Case(ctx, f.CaseID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err == nil && (c.OpenerPersonID == st.Member.Person.ID || c.ApproverPersonID == st.Member.Person.ID) {
		return ErrSame
	}
	return err
}

// Lift ends a freeze. It is for administrators, about somebody else; that of an organisation for the operator's support.
// It fails with [ErrNotFound], [ErrForbidden], or [ErrSame] for who opened or approved the case that was stopped.
func (d *Desk) Lift(ctx context.Context, id string) error {
	ctx, st, err := d.enter(ctx)
	if err != nil {
		return err
	}
	f, err := d.service.Store.FreezeByID(ctx, id)
	if err != nil {
		return err
	}
	if !st.Operator && f.OrganisationID != st.Organisation.ID {
		return ErrNotFound
	}
	if err = d.mayLift(ctx, st, f); err != nil {
		return err
	}
	err = d.service.lift(ctx, f, st.Member.ID, "")
	if errors.Is(err, ErrClosed) {
		return nil // somebody else has lifted it
	}
	return err
}

// lift ends the freeze, and gives the room back whose end it was. It is [ErrClosed] where it stands no longer.
func (s *Service) lift(ctx context.Context, f Freeze, by, why string) error {
	entry := s.frozenEntry(f, by, "support.lifted", f.SubjectID)
	if f.What == FrozenPerson {
		entry.Subject = f.CaseID
	}
	if why != "" {
		entry.Personal = map[string]string{"why": why}
	}
	held, err := s.heldCases(ctx, f)
	if err != nil {
		return err
	}
	tell := map[string][]any{}
	for _, c := range held {
		tell[c.ID] = []any{s.notice(ctx, c, stepApproved)}
	}
	lifted, err := s.Store.LiftFreeze(ctx, f.ID, by, s.now(), entry, tell)
	if err == nil && !lifted {
		err = ErrClosed
	}
	if err != nil {
		return err
	}
	return errors.Join(s.reachHeld(ctx, held), s.giveBack(ctx, f))
}

// giveBack sets the counts to nothing that the freeze came from.
func (s *Service) giveBack(ctx context.Context, f Freeze) error {
	switch f.What {
	case FrozenOrganisation:
		return s.Store.Forget(ctx, casesIn(f.SubjectID).Scope)
	case FrozenAgent:
		opened, err := s.Store.Cases(ctx, Filter{OpenerID: f.SubjectID}, mostCases)
		if err != nil {
			return err
		}
		scopes := []string{casesOf(f.SubjectID).Scope}
		for _, c := range opened {
			if scope := casesOfIn(f.SubjectID, c.OrganisationID).Scope; !slices.Contains(scopes, scope) {
				scopes = append(scopes, scope)
			}
		}
		return s.Store.Forget(ctx, scopes...)
	case FrozenPerson:
	}
	return nil
}

// heldCases are those whose time passed while the freeze held them.
func (s *Service) heldCases(ctx context.Context, f Freeze) ([]Case, error) {
	var filter Filter
	switch f.What {
	case FrozenPerson:
		filter.PersonID = f.SubjectID
	case FrozenAgent: // who opened, approved or signed it
	case FrozenOrganisation:
		filter.OrganisationID = f.SubjectID
	}
	filter.Live = true
	all, err := s.Store.Cases(ctx, filter, mostHeld)
	return slices.DeleteFunc(all, func(c Case) bool {
		hand := c.OpenerID == f.SubjectID || c.ApproverID == f.SubjectID || c.OperatorID == f.SubjectID
		return c.State != Waiting || s.now().Before(c.Due) || (f.What == FrozenAgent && !hand)
	}), err
}

// reachHeld tells the people of these, beside the mail, when they are carried out now: the database moved that with the freeze.
func (s *Service) reachHeld(ctx context.Context, held []Case) error {
	var failed []error
	for _, c := range held {
		now, err := s.Store.Case(ctx, c.ID)
		failed = append(failed, err)
		if err != nil || now.State != Waiting || !now.Due.After(c.Due) {
			continue
		}
		s.changed(now)
		s.reachLater(ctx, now)
	}
	return errors.Join(failed...)
}
