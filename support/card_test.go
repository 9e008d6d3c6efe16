package support_test

import (
	"slices"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/notify"
	"example.com/aye/support"
)

// What to say to the caller follows from what became of the newest request, and from what the person has.
func TestAdvice(t *testing.T) {
	t.Parallel()
	report := func(d *desk, asked approval.Asked, class notify.Class) {
		for _, push := range d.Pusher.Taken(notify.MessageApproval) {
			if push.Message.Reference == asked.ID {
				ayetest.Fails(d, d.Approvals.Pushed(d.Context(), notify.Report{Push: push, Outcome: notify.Outcome{Class: class, Detail: "x"}}), nil)
			}
		}
	}
	tests := map[string]struct {
		happens func(*desk)
		first   support.Advice
		also    []support.Advice
		not     []support.Advice
	}{
		"nothing": {func(*desk) {}, support.AdviceForgotten, []support.Advice{support.AdviceLost}, []support.Advice{support.AdviceOtherPhone, support.AdviceApp, support.AdviceText}},
		"accepted, not fetched": {func(d *desk) {
			asked := d.Ask(d.ada)
			report(d, asked, notify.Accepted)
		}, support.AdviceNotFetched, nil, nil},
		"refused": {func(d *desk) { report(d, d.Ask(d.ada), notify.Rejected) }, support.AdviceFailed, nil, nil},
		"muted": {func(d *desk) {
			for range approval.StreakBeforeMute {
				_, err := d.Deny(d.phone, d.Ask(d.ada))
				ayetest.Fails(d, err, nil)
			}
			d.Ask(d.ada)
		}, support.AdviceMuted, nil, nil},
		"another phone": {func(d *desk) { d.Pair(d.ada) }, support.AdviceOtherPhone, nil, nil},
		"a number": {func(d *desk) {
			d.AllowSMS(d.Organisation)
			d.WithNumber(d.ada, adasNumber)
		}, support.AdviceText, nil, nil},
		"a case": {func(d *desk) { d.lost(support.Open) }, support.AdviceLive, nil, []support.Advice{support.AdviceLost, support.AdviceForgotten}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			test.happens(d)
			card, err := d.as(d.bo).Look(t.Context(), d.ada.ID)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "advice", card.Advice[0], test.first)
			for _, a := range test.also {
				if !slices.Contains(card.Advice, a) {
					t.Errorf("%v lacks %s", card.Advice, a)
				}
			}
			for _, a := range test.not {
				if slices.Contains(card.Advice, a) {
					t.Errorf("%v has %s", card.Advice, a)
				}
			}
			if card.Member.Person.Number != "" || len(card.Number) > 3 {
				t.Error("the number is shown")
			}
		})
	}
}

// The card has what the person has, and why nothing can be done.
func TestCard(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ada = d.WithNumber(d.ada, adasNumber)
	_, err := d.Codes.NewRecoveryCodes(t.Context(), d.ada.Person.ID)
	ayetest.Fails(t, err, nil)
	d.Ask(d.ada)
	card, err := d.as(d.bo).Look(t.Context(), d.ada.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "number", card.Number, "678")
	ayetest.Same(t, "phones", len(card.Phones), 1)
	ayetest.Same(t, "recent", len(card.Recent), 1)
	if card.RecoveryCodes == 0 {
		t.Error("no recovery codes")
	}
	c := d.lost(support.Open)
	card, err = d.as(d.bo).Look(t.Context(), d.ada.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, card.Refused, support.ErrLive)
	ayetest.Same(t, "live", card.Live.ID, c.ID)
	_, err = d.opens(d.cy, d.ada, support.Lost)
	ayetest.Fails(t, err, support.ErrLive)
	_, err = d.Support.Stop(t.Context(), d.stopToken(d.ada))
	ayetest.Fails(t, err, nil)
	if _, err = d.as(d.bo).Look(t.Context(), d.Agent(accounts.RoleOwner).ID); err != nil {
		t.Error(err)
	}
}
