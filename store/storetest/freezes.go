package storetest

import (
	"testing"
	"time"

	"example.com/aye/support"
)

func testFreezes(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	d := newDesk(t, h, "freezes")
	ctx := t.Context()
	person, agent, organisation := d.freeze(support.FrozenPerson, d.member.Person.ID, "case_1"), d.freeze(support.FrozenAgent, d.opener.ID, ""), d.freeze(support.FrozenOrganisation, h.Organisation.ID, "")
	for _, f := range []*support.Freeze{&person, &agent, &organisation} {
		h.Clock.Pass(time.Second)
		f.At = h.Clock.Now()
		d.written(t, 1, func() { must(t, h.AddFreeze(ctx, *f, h.entry(h.Organisation.ID, "support.frozen"))) })
		same(t, "by id", got(h.FreezeByID(ctx, f.ID))(t), *f)
	}
	d.written(t, 0, func() { // once
		must(t, h.AddFreeze(ctx, d.freeze(support.FrozenAgent, d.opener.ID, ""), h.entry(h.Organisation.ID, "x")))
	})
	elsewhere := d.freeze(support.FrozenPerson, d.member.Person.ID, "")
	elsewhere.OrganisationID = h.AddOrganisation(t, "Elsewhere").ID
	must(t, h.AddFreeze(ctx, elsewhere, h.entry(elsewhere.OrganisationID, "support.frozen")))
	same(t, "of the organisation", got(h.Freezes(ctx, h.Organisation.ID))(t), []support.Freeze{organisation, agent, person})
	same(t, "of the other", got(h.Freezes(ctx, elsewhere.OrganisationID))(t), []support.Freeze{elsewhere})
	same(t, "of all", len(got(h.Freezes(ctx, ""))(t)), 4)
	_, err := h.FreezeByID(ctx, "frz_none")
	fails(t, err, support.ErrNotFound)

	frozen := func(personID, agentID, organisationID string) (all []support.Frozen) {
		t.Helper()
		for _, f := range got(h.Frozen(ctx, personID, agentID, organisationID))(t) {
			all = append(all, f.What)
		}
		return all
	}
	same(t, "person", frozen(d.member.Person.ID, "usr_x", elsewhere.OrganisationID), []support.Frozen{support.FrozenPerson})
	same(t, "agent, wherever", frozen("per_x", d.opener.ID, "org_x"), []support.Frozen{support.FrozenAgent})
	same(t, "organisation", frozen("per_x", "usr_x", h.Organisation.ID), []support.Frozen{support.FrozenOrganisation})
	same(t, "none", len(frozen("per_x", "usr_x", "org_x")), 0)
	same(t, "person, where it is not", len(frozen(d.member.Person.ID, "usr_x", "org_x")), 0)

	same(t, "lifted", race(t, func(int) (bool, error) {
		return h.LiftFreeze(ctx, agent.ID, "usr_l", h.Clock.Now(), h.entry(h.Organisation.ID, "support.lifted"), nil)
	}), 1)
	agent.Lifted, agent.LiftedBy = h.Clock.Now(), "usr_l"
	same(t, "by id", got(h.FreezeByID(ctx, agent.ID))(t), agent)
	same(t, "gone", len(frozen("per_x", d.opener.ID, "org_x")), 0)
	same(t, "left", got(h.Freezes(ctx, h.Organisation.ID))(t), []support.Freeze{organisation, person})
	must(t, h.AddFreeze(ctx, d.freeze(support.FrozenAgent, d.opener.ID, ""), h.entry(h.Organisation.ID, "support.frozen")))
	same(t, "again", len(frozen("per_x", d.opener.ID, "org_x")), 1)
	must(t, h.VerifyAudit(ctx))
}
