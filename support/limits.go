package support

import (
	"context"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/otp"
)

func looks(agentID string) otp.Limit {
	return otp.Limit{Scope: "support looks:" + agentID, Most: LooksPerAgent, Window: time.Hour}
}

func casesOf(agentID string) otp.Limit {
	return otp.Limit{Scope: "support cases:" + agentID, Most: CasesPerAgent, Window: time.Hour}
}

// casesOfIn keeps one agent alone from using up what the organisation has.
func casesOfIn(agentID, organisationID string) otp.Limit {
	return otp.Limit{Scope: "support cases of:" + agentID + ":" + organisationID, Most: CasesPerAgentDay, Window: 24 * time.Hour}
}

func casesIn(organisationID string) otp.Limit {
	return otp.Limit{Scope: "support cases in:" + organisationID, Most: CasesPerOrganisation, Window: 24 * time.Hour}
}

// look counts somebody who is searched or looked at, before anything is told.
func (s *Service) look(ctx context.Context, st Standing) error {
	ok, until, err := s.Store.Spend(ctx, []otp.Limit{looks(st.Member.ID)}, s.now())
	if err == nil && !ok {
		err = &TooManyError{Until: until}
	}
	return err
}

// countCase counts a case that is about to be opened, after all that could keep it from being opened was looked at. One too many
// freezes who opens it, or the support of the organisation.
func (s *Service) countCase(ctx context.Context, st Standing, organisationID string) error {
	for _, one := range []struct {
		limit  otp.Limit
		freeze Freeze
	}{
		{casesOf(st.Member.ID), Freeze{What: FrozenAgent, OrganisationID: st.Organisation.ID, SubjectID: st.Member.ID}},
		{casesOfIn(st.Member.ID, organisationID), Freeze{What: FrozenAgent, OrganisationID: st.Organisation.ID, SubjectID: st.Member.ID}},
		{casesIn(organisationID), Freeze{What: FrozenOrganisation, OrganisationID: organisationID, SubjectID: organisationID}},
	} {
		ok, _, err := s.Store.Spend(ctx, []otp.Limit{one.limit}, s.now())
		if err != nil {
			return err
		}
		if !ok {
			if err = s.freeze(ctx, one.freeze, st.Member); err == nil {
				err = &FrozenError{What: one.freeze.What}
			}
			return err
		}
	}
	return nil
}

// freeze stops an agent, or an organisation's support, and tells who can lift it, once.
func (s *Service) freeze(ctx context.Context, f Freeze, agent accounts.Member) error {
	f.ID, f.At = secret.NewID("frz"), s.now()
	entry := s.frozenEntry(f, "system", "support.frozen", f.SubjectID)
	entry.Data["agent"] = agent.ID
	if f.CaseID != "" {
		entry.Data["case"] = f.CaseID
	}
	entry.Tell = []any{
		accounts.Notice{
			PersonID: agent.Person.ID, OrganisationID: f.OrganisationID, Kind: accounts.SupportFrozen, Agent: agent.Person.Display, Reason: string(f.What),
			Link: secret.Secret(s.Origin + "/support"),
		},
		s.alert(alerts.SupportFrozen, f.OrganisationID, map[string]string{"what": string(f.What), "agent": agent.ID}),
	}
	return s.Store.AddFreeze(ctx, f, entry)
}

func (s *Service) frozenEntry(f Freeze, actor, action, subject string) audit.Entry {
	return audit.Entry{
		Organisation: f.OrganisationID, Actor: actor, Action: action, Subject: subject, At: s.now(),
		Data: map[string]string{"freeze": f.ID, "what": string(f.What)},
	}
}

// stopped is the [FrozenError] of what keeps the case from being opened, approved or carried out, nil where nothing does.
func (s *Service) stopped(ctx context.Context, c Case) error {
	return s.frozen(ctx, c, func(Freeze) bool { return true })
}

// stoppedBeside is stopped without the organisation's freeze: that ends nothing that goes on, or one agent who opens too much would
// take their codes and links from all others.
func (s *Service) stoppedBeside(ctx context.Context, c Case) error {
	return s.frozen(ctx, c, func(f Freeze) bool { return f.What != FrozenOrganisation })
}

func (s *Service) frozen(ctx context.Context, c Case, counts func(Freeze) bool) error {
	all, err := s.Store.Frozen(ctx, c.PersonID, c.OpenerID, c.OrganisationID)
	if err != nil {
		return err
	}
	for _, f := range all {
		if counts(f) {
			return &FrozenError{What: f.What}
		}
	}
	return nil
}

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }
