package storetest

import (
	"testing"
	"time"

	"example.com/aye/approval"
	"example.com/aye/pairing"
)

func testDeliveries(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	m := h.AddPerson(t, "deliveries@example.com")
	phone := h.AddPhone(t, m, pairing.Paired)
	states := []approval.DeliveryState{approval.Queued, approval.Withheld, approval.Failed, approval.Accepted, approval.Fetched}
	for _, from := range states {
		for _, to := range states {
			t.Run(string(from)+" to "+string(to), func(t *testing.T) {
				r := h.Request(m, "b")
				before := approval.Delivery{RequestID: r.ID, DeviceID: phone.ID, Device: "Pixel", Channel: "fcm", State: from, Updated: h.Clock.Now()}
				got(h.Ask(t.Context(), creation(r), func(approval.Situation) (approval.Admission, error) {
					return approval.Admission{Request: r, Deliveries: []approval.Delivery{before}}, nil
				}))(t)
				want := false
				for _, earlier := range to.Before() {
					want = want || earlier == from
				}
				next := approval.Delivery{RequestID: r.ID, DeviceID: phone.ID, State: to, Reason: "why", Updated: h.Clock.Now().Add(time.Second)}
				same(t, "changed", got(h.Deliver(t.Context(), next))(t), want)
				if want {
					before.State, before.Reason, before.Updated = to, next.Reason, next.Updated
				}
				same(t, "deliveries", got(h.Deliveries(t.Context(), r.ID))(t), []approval.Delivery{before})
			})
		}
	}
	t.Run("a phone that was not asked", func(t *testing.T) {
		r := h.AskOne(t, h.Request(m, "b"))
		d := approval.Delivery{RequestID: r.ID, DeviceID: phone.ID, State: approval.Fetched, Updated: h.Clock.Now()}
		same(t, "changed", got(h.Deliver(t.Context(), d))(t), false)
		same(t, "deliveries", len(got(h.Deliveries(t.Context(), r.ID))(t)), 0)
	})
	t.Run("asks are counted", func(t *testing.T) {
		budget := approval.Budget{Asked: []time.Time{h.Clock.Now()}, Mutes: 3}
		for _, allowed := range []bool{true, false} {
			took := got(h.TakeAsk(t.Context(), approval.Request{PersonID: m.Person.ID}, func(b approval.Budget) (approval.Budget, bool) {
				if !allowed {
					same(t, "budget", b, budget)
				}
				return budget, allowed
			}))(t)
			same(t, "took", took, allowed)
		}
		refused := approval.Budget{Streak: 9}
		got(h.TakeAsk(t.Context(), approval.Request{PersonID: m.Person.ID}, func(approval.Budget) (approval.Budget, bool) { return refused, false }))(t)
		same(t, "budget", h.situation(t, creation(h.Request(m, "b"))).Budget, budget)
	})
}

// taken is how long a job is with who took it.
const taken = 90 * time.Second

func testWebhooks(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	ctx, m := t.Context(), h.AddPerson(t, "webhooks@example.com")
	phone := h.AddPhone(t, m, pairing.Paired)
	report := func(id string, release bool) approval.Request {
		r := h.AskOne(t, h.Request(m, id))
		h.moves(t, h.Approve(r, phone))
		if release {
			h.moves(t, h.Redeem(r))
		}
		edge := h.Report(r, phone)
		edge.Webhook = &approval.Webhook{ID: id, ApplicationID: r.ApplicationID, Request: r, At: h.Clock.Now()}
		return h.moves(t, edge)
	}
	first := report("msg_1", true)
	h.Clock.Pass(time.Second)
	report("msg_2", true)
	report("msg_3", false) // nobody was let in, so there is nothing to tell
	take := func(limit int) []string {
		var ids []string
		for _, d := range got(h.DueWebhooks(ctx, h.Clock.Now(), limit))(t) {
			ids = append(ids, d.ID)
		}
		return ids
	}
	// Who takes one has it alone for a while, and if nothing is heard of it then, it is taken anew.
	same(t, "limit", take(1), []string{"msg_1"})
	same(t, "the others", take(10), []string{"msg_2"})
	same(t, "all taken", take(10), nil)
	h.Clock.Pass(taken - time.Second)
	same(t, "not over yet", take(10), nil)
	h.Clock.Pass(time.Second)
	same(t, "over", take(10), []string{"msg_1", "msg_2"})
	h.Clock.Pass(taken)
	d := got(h.DueWebhooks(ctx, h.Clock.Now(), 1))(t)[0]
	if d.ID != "msg_1" || d.ApplicationID != h.Application.ID || d.RequestID != first.ID || d.MembershipID != m.ID || d.Previous != approval.Released ||
		!d.At.Equal(h.Clock.Now().Add(-2*taken-time.Second)) || d.Attempts != 0 {
		t.Fatalf("%+v", d)
	}
	must(t, h.WebhookRetry(ctx, "msg_1", h.Clock.Now().Add(time.Minute)))
	same(t, "put off", take(10), []string{"msg_2"})
	must(t, h.WebhookDone(ctx, "msg_2"))
	h.Clock.Pass(time.Minute)
	again := got(h.DueWebhooks(ctx, h.Clock.Now(), 10))(t)
	same(t, "due again", []any{len(again), again[0].ID, again[0].Attempts}, []any{1, "msg_1", 1})

	// A report that loses its race tells nothing.
	lost := h.Report(first, phone)
	lost.Webhook = &approval.Webhook{ID: "msg_4", ApplicationID: first.ApplicationID, Request: first, At: h.Clock.Now()}
	h.stays(t, lost)
	h.Clock.Pass(taken)
	same(t, "due", take(10), []string{"msg_1"})
}
