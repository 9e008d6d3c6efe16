package storetest

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/pairing"
)

// testHistories walks at random through the life of requests, beside a model that says in a
// few lines what each step may do.
func testHistories(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	rapid.Check(t, func(r *rapid.T) {
		m := h.AddPerson(t, "history-"+rapid.StringMatching("[a-z]{20}").Draw(r, "name")+"@example.com")
		life := history{House: h, t: t, member: m, phone: h.AddPhone(t, m, pairing.Paired)}
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			life.step(r)
			life.check(r)
		}
	})
	must(t, h.VerifyAudit(t.Context()))
}

// history is the model of one person's requests.
type history struct {
	*House
	t        *testing.T
	member   accounts.Member
	phone    devices.Device
	removed  bool
	requests []approval.Request
}

func (l *history) step(r *rapid.T) {
	l.Clock.Pass(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 40, 120}).Draw(r, "seconds")) * time.Second)
	kinds := []string{"ask", "move", "move", "move", "hand out"}
	if len(l.requests) == 0 {
		kinds = kinds[:1]
	} else if !l.removed {
		kinds = append(kinds, "remove")
	}
	switch rapid.SampledFrom(kinds).Draw(r, "kind") {
	case "ask":
		l.requests = append(l.requests, l.AskOne(l.t, l.Request(l.member, rapid.SampledFrom([]string{"a", "b"}).Draw(r, "browser"))))
	case "move":
		l.move(r)
	case "hand out":
		l.handOut(r)
	case "remove":
		got(l.RemoveDevice(l.t.Context(), l.phone.ID, l.entry(l.Organisation.ID, "device.removed")))(l.t)
		l.removed = true
	}
}

func (l *history) any(r *rapid.T) *approval.Request {
	return &l.requests[rapid.IntRange(0, len(l.requests)-1).Draw(r, "request")]
}

func (l *history) handOut(r *rapid.T) {
	want := l.any(r)
	at := l.Clock.Now()
	by := at.Add(approval.ReleaseLife)
	open := want.State == approval.Approved && want.Delivered.IsZero()
	if have := got(l.HandOut(l.t.Context(), want.ID, at, by))(l.t); have != open {
		r.Fatalf("handed out %v, the model says %v", have, open)
	}
	if open {
		want.Delivered, want.RedeemBy = at, by
	}
}

func (l *history) move(r *rapid.T) {
	want := l.any(r)
	var m approval.Move
	switch rapid.SampledFrom([]string{"approve", "tap", "deny", "report", "redeem", "expire", "lapse", "cancel"}).Draw(r, "edge") {
	case "approve":
		m = l.Approve(*want, l.phone)
	case "tap":
		m = l.Approve(*want, l.phone)
		m.Alone = true
	case "deny":
		m = l.Approve(*want, l.phone)
		m.To, m.Decision.State, m.Decision.Verdict = approval.Denied, approval.Denied, approval.Deny
	case "report":
		m = l.Report(*want, l.phone)
	case "redeem":
		m = l.Redeem(*want)
	case "expire":
		m = approval.Move{From: []approval.State{approval.Pending}, To: approval.Expired}
	case "lapse":
		m = approval.Move{From: []approval.State{approval.Approved}, To: approval.Lapsed}
	case "cancel":
		m = approval.Move{From: []approval.State{approval.Pending}, To: approval.Cancelled}
	}
	m.RequestID, m.PersonID, m.Now = want.ID, want.PersonID, l.Clock.Now()
	open := l.open(*want, m)
	if have := l.try(l.t, m); have != open {
		r.Fatalf("%s to %s: moved %v, the model says %v", want.State, m.To, have, open)
	}
	if open {
		l.follow(want, m)
	}
}

// open says whether the edge can be gone along.
func (l *history) open(r approval.Request, m approval.Move) bool {
	if !slices.Contains(m.From, r.State) || (m.Decision != nil && l.removed) {
		return false
	}
	if m.InTime && r.State == approval.Pending && !m.Now.Before(r.Expires) {
		return false
	}
	if m.InTime && r.State == approval.Approved && !m.Now.Before(r.RedeemBy) {
		return false
	}
	return !m.Alone || !slices.ContainsFunc(l.requests, func(o approval.Request) bool {
		return o.State == approval.Pending && m.Now.Before(o.Expires) && o.Context.Browser != r.Context.Browser
	})
}

// follow says what the request then is.
func (l *history) follow(r *approval.Request, m approval.Move) {
	before := r.State
	r.State = m.To
	if d := m.Decision; d != nil && r.Decided.IsZero() {
		r.Decided, r.DecidedBy, r.Method, r.Verified = d.At, d.DeviceID, d.Method, d.Verified
	}
	switch m.To {
	case approval.Approved:
		r.RedeemBy = m.Decision.RedeemBy
	case approval.Released:
		r.Released, r.RedeemKey, r.AssertionID = m.Now, m.Redeemed.Key, m.Redeemed.AssertionID
	case approval.Reported:
		r.Reported, r.Previous = m.Now, before
	case approval.Pending, approval.Denied, approval.Mismatched, approval.Expired, approval.Cancelled, approval.Superseded, approval.Lapsed:
	}
}

func (l *history) check(r *rapid.T) {
	for _, want := range l.requests {
		have := got(l.Backend.Request(l.t.Context(), want.ID))(l.t)
		if have.State != want.State || !have.RedeemBy.Equal(want.RedeemBy) || !have.Released.Equal(want.Released) ||
			!have.Decided.Equal(want.Decided) || have.DecidedBy != want.DecidedBy || have.Previous != want.Previous ||
			!have.Delivered.Equal(want.Delivered) || have.Verified != want.Verified || have.AssertionID != want.AssertionID {
			r.Fatalf("\n have %+v\n want %+v", have, want)
		}
	}
}
