package sms_test

import (
	"slices"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/sms"
)

// TestThreatAProviderOfSomebodysOwn: whoever may manage providers can put one in use whose messages they
// can read. All who look after the organisation are told of each that comes, changes or goes, and who did it.
func TestThreatAProviderOfSomebodysOwn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, id := t.Context(), d.Organisation.ID
	var want []accounts.Notice
	told := func(provider, what, by string) {
		t.Helper()
		if what != "" {
			want = append(want, accounts.Notice{OrganisationID: id, Kind: accounts.TextsProvider, Provider: provider, Reason: what, By: by})
		}
		all := slices.DeleteFunc(d.Announcer.Notices(""), func(n accounts.Notice) bool { return n.Kind != accounts.TextsProvider })
		ayetest.Same(t, provider+" "+what, all, slices.Clone(want))
	}
	draft := d.begin()
	told("nothing yet", "", "")
	_, err := d.save(draft, "000")
	ayetest.Fails(t, err, sms.ErrWrongCode)
	told("nothing yet", "", "")
	p, err := d.save(draft, d.Texts.LastCode(other))
	ayetest.Fails(t, err, nil)
	told("Our account", "added", d.Admin.ID)
	d.Clock.Pass(time.Hour)
	d.made(func(s *sms.Setup) { s.ProviderID, s.Description, s.Key, s.Signing = p.ID, "Renamed", "", "" })
	told("Renamed", "changed", d.Admin.ID)
	for range 2 { // the second time nothing changes
		ayetest.Fails(t, d.SMS.Activate(ctx, id, p.ID, false), nil)
		if len(want) == 2 {
			told("Renamed", "deactivated", d.Admin.ID)
		}
		told("nothing changed", "", "")
	}
	ayetest.Fails(t, d.World.SMS.Activate(ctx, id, p.ID, true), nil)
	told("Renamed", "activated", accounts.Operator)
	ayetest.Fails(t, d.SMS.Remove(ctx, id, p.ID), nil)
	told("Renamed", "removed", d.Admin.ID)
	ayetest.Fails(t, d.SMS.Remove(ctx, id, p.ID), sms.ErrNotFound)
	ayetest.Fails(t, d.SMS.Activate(ctx, id, p.ID, true), sms.ErrNotFound)
	own, err := d.World.SMS.List(ctx, "")
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, d.World.SMS.Activate(ctx, "", own[0].ID, false), nil)
	ayetest.Fails(t, d.World.SMS.Remove(ctx, "", own[0].ID), nil)
	told("the operator's own is nobody else's", "", "")
}
