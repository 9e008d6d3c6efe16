package support_test

import (
	"sync/atomic"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/notify"
	"example.com/aye/support"
)

// Of two approvers who sign at once one wins, and the case goes on once.
func TestTwoApprovers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	di := d.Agent(accounts.RoleSupport)
	c := d.lost(support.Open)
	signing, err := d.as(d.cy).Approve(t.Context(), c.ID)
	ayetest.Fails(t, err, nil)
	d.yes(d.cy)(signing.Asked)
	var asked atomic.Int32
	ayetest.AtOnce(100, func(i int) {
		agent := d.cy
		if i%2 == 1 {
			agent = di
		}
		if i == 1 {
			if _, failed := d.as(di).Approve(t.Context(), c.ID); failed == nil {
				asked.Add(1)
			}
			return
		}
		_, _ = d.as(agent).Signing(t.Context(), c.ID)
	})
	now := d.Case(c.ID)
	if asked.Load() == 1 && now.State == support.Open { // the other one was asked in their place
		signing, err = d.as(di).Approve(t.Context(), c.ID)
		ayetest.Fails(t, err, nil)
		d.yes(di)(signing.Asked)
		_, err = d.as(di).Signing(t.Context(), c.ID)
		ayetest.Fails(t, err, nil)
		now = d.Case(c.ID)
	}
	ayetest.Same(t, "state", now.State, support.Waiting)
	signed := 0
	for _, row := range d.rows(d.Organisation.ID) {
		if row.Action == "case.approved" {
			signed++
		}
	}
	ayetest.Same(t, "signatures", signed, 1)
}

// A hundred pages of the approver are one signature; a code of a forgotten phone is sent once.
func TestThreatSupportSignsOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c, err := d.opens(d.bo, d.ada, support.Forgotten)
	ayetest.Fails(t, err, nil)
	signing, err := d.as(d.cy).Approve(t.Context(), c.ID)
	ayetest.Fails(t, err, nil)
	d.yes(d.cy)(signing.Asked)
	var failed atomic.Int32
	ayetest.AtOnce(100, func(int) {
		if got, err := d.as(d.cy).Signing(t.Context(), c.ID); err != nil || got.State != approval.Released {
			failed.Add(1)
		}
	})
	ayetest.Same(t, "pages that did not hear of it", failed.Load(), 0)
	ayetest.Same(t, "letters", len(d.Announcer.Letters(accounts.LetterAccess, d.ada.Person.ID)), 1)
	ayetest.Same(t, "number", d.Case(c.ID).Link, 1)
}

// Of a stop and the revocation at the same moment one comes first; the end is the same: stopped, and nobody gets in by the link.
func TestThreatSupportStopAgainstRevoke(t *testing.T) {
	t.Parallel()
	for range 3 {
		d := newDesk(t)
		c := d.lost(support.Waiting)
		d.Pusher.Taken(notify.MessageCase)
		d.Clock.Pass(support.DefaultWait)
		token := d.stopToken(d.ada)
		ayetest.AtOnce(40, func(i int) {
			if i%2 == 0 {
				_ = d.Support.Sweep(t.Context())
			} else if _, err := d.Support.Stop(t.Context(), token); err != nil {
				t.Error(err)
			}
		})
		d.state(c.ID, support.Stopped)
		if link := d.Announcer.LastLetter(accounts.LetterNewPhone, d.ada.Person.ID); link != "" {
			_, _, err := d.Support.Link(t.Context(), link)
			ayetest.Fails(t, err, support.ErrLink)
		}
		stops, freezes := 0, 0
		for _, row := range d.rows(d.Organisation.ID) {
			if row.Action == "case.stopped" {
				stops++
			}
			if row.Action == "support.frozen" {
				freezes++
			}
		}
		ayetest.Same(t, "stops and freezes", [2]int{stops, freezes}, [2]int{1, 1})
	}
}

// Many who open a case for one person at once: one does.
func TestOpensOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var opened atomic.Int32
	ayetest.AtOnce(8, func(i int) {
		agent := d.bo
		if i%2 == 0 {
			agent = d.cy
		}
		if _, err := d.opens(agent, d.ada, support.Lost); err == nil {
			opened.Add(1)
		}
	})
	ayetest.Same(t, "opened", opened.Load(), 1)
}
