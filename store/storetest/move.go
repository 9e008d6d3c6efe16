package storetest

import (
	"testing"
	"time"

	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/pairing"
)

func testMove(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	m, other := h.AddPerson(t, "move@example.com"), h.AddPerson(t, "other@example.com")
	phone := h.AddPhone(t, m, pairing.Paired)
	guards := []struct {
		name string
		edge func(*testing.T, approval.Request) approval.Move
	}{
		{"another state", func(t *testing.T, r approval.Request) approval.Move {
			h.moves(t, approval.Move{RequestID: r.ID, PersonID: r.PersonID, From: []approval.State{approval.Pending}, To: approval.Cancelled, Now: h.Clock.Now()})
			return h.Approve(r, phone)
		}},
		{"pending for too long", func(_ *testing.T, r approval.Request) approval.Move {
			edge := h.Approve(r, phone)
			edge.Now = r.Expires
			return edge
		}},
		{"approved for too long", func(t *testing.T, r approval.Request) approval.Move {
			edge := h.Redeem(h.moves(t, h.Approve(r, phone)))
			edge.Now = edge.Now.Add(approval.RedeemLife)
			return edge
		}},
		{"handed out for too long", func(t *testing.T, r approval.Request) approval.Move {
			edge := h.Redeem(h.moves(t, h.Approve(r, phone)))
			got(h.HandOut(t.Context(), r.ID, edge.Now, edge.Now.Add(approval.ReleaseLife)))(t)
			edge.Now = edge.Now.Add(approval.ReleaseLife)
			return edge
		}},
		{"another person", func(_ *testing.T, r approval.Request) approval.Move {
			edge := h.Approve(r, phone)
			edge.PersonID = other.Person.ID
			return edge
		}},
		{"removed phone", func(t *testing.T, r approval.Request) approval.Move {
			gone := h.AddPhone(t, m, pairing.Paired)
			got(h.RemoveDevice(t.Context(), gone.ID, h.entry(h.Organisation.ID, "x")))(t)
			return h.Approve(r, gone)
		}},
		{"phone that is not active", func(t *testing.T, r approval.Request) approval.Move {
			return h.Approve(r, h.AddPhone(t, m, pairing.AwaitingCode))
		}},
		{"another person's phone", func(t *testing.T, r approval.Request) approval.Move {
			return h.Approve(r, h.AddPhone(t, other, pairing.Paired))
		}},
		{"no phone", func(_ *testing.T, r approval.Request) approval.Move {
			return h.Approve(r, devices.Device{ID: "dev_none"})
		}},
		{"decision id used before", func(t *testing.T, r approval.Request) approval.Move {
			used := h.Approve(h.AskOne(t, h.Request(m, "used")), phone)
			h.moves(t, used)
			edge := h.Approve(r, phone)
			edge.Decision.ID = used.Decision.ID
			edge.Budget = func(approval.Budget) approval.Budget { return approval.Budget{Streak: 99} }
			return edge
		}},
	}
	for _, guard := range guards {
		t.Run(guard.name, func(t *testing.T) {
			r := h.AskOne(t, h.Request(m, "b"))
			edge := guard.edge(t, r)
			h.stays(t, edge)
			if edge.Decision != nil {
				if d, err := h.Decision(t.Context(), edge.Decision.DeviceID, edge.Decision.ID); err == nil && d.RequestID == r.ID {
					t.Fatal("the decision was kept")
				}
			}
			if h.situation(t, creation(r)).Budget.Streak == 99 {
				t.Fatal("the budget was kept")
			}
		})
	}
	t.Run("just in time", func(t *testing.T) {
		r := h.AskOne(t, h.Request(m, "b"))
		edge := h.Approve(r, phone)
		edge.Now = r.Expires.Add(-time.Millisecond)
		h.moves(t, edge)
		redeem := h.Redeem(r)
		redeem.Now = edge.Decision.RedeemBy.Add(-time.Millisecond)
		h.moves(t, redeem)
	})
}

// testAlone: one tap cannot tell two requests apart that stand side by side.
func testAlone(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	beside := []struct {
		name  string
		other func(*testing.T, approval.Request) approval.Request
		stays bool
	}{
		{"another browser", func(_ *testing.T, r approval.Request) approval.Request { r.Context.Browser = "other"; return r }, true},
		{"another application", func(t *testing.T, r approval.Request) approval.Request {
			r.ApplicationID = h.AddApplication(t, h.Organisation, "Other").ID
			return r
		}, true},
		{"a new phone", func(_ *testing.T, r approval.Request) approval.Request { return newPhone(r) }, true},
		{"the same browser", func(_ *testing.T, r approval.Request) approval.Request { return r }, false},
		{"another person", func(t *testing.T, r approval.Request) approval.Request {
			return h.Request(h.AddPerson(t, "beside@example.com"), "other")
		}, false},
		{"expired", func(_ *testing.T, r approval.Request) approval.Request {
			r.Context.Browser, r.Expires = "other", h.Clock.Now()
			return r
		}, false},
	}
	for _, test := range beside {
		t.Run(test.name, func(t *testing.T) {
			m := h.AddPerson(t, test.name+"@example.com")
			phone := h.AddPhone(t, m, pairing.Paired)
			r := h.AskOne(t, h.Request(m, "b"))
			other := h.AskOne(t, test.other(t, h.Request(m, "b")))
			edge := h.Approve(r, phone)
			edge.Alone = true
			if !test.stays {
				h.moves(t, edge)
				return
			}
			h.stays(t, edge)
			h.moves(t, approval.Move{RequestID: other.ID, PersonID: other.PersonID, From: []approval.State{approval.Pending}, To: approval.Cancelled, Now: h.Clock.Now()})
			h.moves(t, edge)
		})
	}
}

func testAnswers(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	m := h.AddPerson(t, "answers@example.com")
	phone, second := h.AddPhone(t, m, pairing.Paired), h.AddPhone(t, m, pairing.Paired)
	t.Run("approved, handed out, released, reported", func(t *testing.T) {
		ctx, want := t.Context(), h.AskOne(t, h.Request(m, "b"))
		approve := h.Approve(want, phone)
		approve.Budget = func(b approval.Budget) approval.Budget { b.Streak += 2; return b }
		h.written(t, 1, func() {
			want.State, want.Decided, want.DecidedBy = approval.Approved, approve.Decision.At, phone.ID
			want.Method, want.Verified, want.RedeemBy = approval.Push, approval.PIN, approve.Decision.RedeemBy
			same(t, "approved", h.moves(t, approve), want)
		})
		same(t, "decision", got(h.Decision(ctx, phone.ID, approve.Decision.ID))(t), *approve.Decision)
		same(t, "budget", h.situation(t, creation(want)).Budget.Streak, 2)

		h.Clock.Pass(time.Second)
		want.Delivered, want.RedeemBy = h.Clock.Now(), h.Clock.Now().Add(approval.ReleaseLife)
		same(t, "handed out", got(h.HandOut(ctx, want.ID, want.Delivered, want.RedeemBy))(t), true)
		same(t, "handed out again", got(h.HandOut(ctx, want.ID, h.Clock.Now(), want.RedeemBy.Add(time.Hour)))(t), false)
		same(t, "request", got(h.Backend.Request(ctx, want.ID))(t), want)

		h.Clock.Pass(time.Second)
		want.State, want.Released, want.RedeemKey, want.AssertionID = approval.Released, h.Clock.Now(), "key", "assertion"
		same(t, "released", h.moves(t, h.Redeem(want)), want)
		same(t, "handed out after the release", got(h.HandOut(ctx, want.ID, h.Clock.Now(), want.RedeemBy))(t), false)

		h.Clock.Pass(time.Second)
		want.State, want.Previous, want.Reported = approval.Reported, approval.Released, h.Clock.Now()
		same(t, "reported", h.moves(t, h.Report(want, second)), want)
		h.stays(t, h.Report(want, second))
	})
	t.Run("reported at once", func(t *testing.T) {
		want := h.AskOne(t, h.Request(m, "b"))
		report := h.Report(want, second)
		want.State, want.Previous, want.Reported, want.Decided = approval.Reported, approval.Pending, h.Clock.Now(), h.Clock.Now()
		want.DecidedBy, want.Method, want.Verified = second.ID, approval.Push, approval.Unverified
		same(t, "reported", h.moves(t, report), want)
	})
	t.Run("approved with a code", func(t *testing.T) {
		want := h.AskOne(t, h.Request(m, "b"))
		edge := h.Approve(want, devices.Device{})
		edge.Decision.ID, edge.Decision.Evidence, edge.Decision.Method, edge.Decision.Verified = "", "", approval.TOTP, approval.Unverified
		edge.Decision.Local, want.Local = true, true
		want.State, want.Decided, want.Method, want.Verified = approval.Approved, edge.Now, approval.TOTP, approval.Unverified
		want.RedeemBy = edge.Decision.RedeemBy
		same(t, "approved", h.moves(t, edge), want)
		_, err := h.Decision(t.Context(), "", "")
		fails(t, err, approval.ErrNotFound)
	})
	t.Run("a pending request has nothing to hand out", func(t *testing.T) {
		r := h.AskOne(t, h.Request(m, "b"))
		same(t, "handed out", got(h.HandOut(t.Context(), r.ID, h.Clock.Now(), h.Clock.Now()))(t), false)
	})
	t.Run("two phones may use one id", func(t *testing.T) {
		for _, device := range []devices.Device{phone, second} {
			edge := h.Approve(h.AskOne(t, h.Request(m, "b")), device)
			edge.Decision.ID = "the-same-for-both"
			h.moves(t, edge)
		}
	})
}
