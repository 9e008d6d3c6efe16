package storetest

import (
	"slices"
	"testing"
	"time"

	"example.com/aye/otp"
	"example.com/aye/pairing"
)

func testOTP(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	t.Run("codes of active phones count", func(t *testing.T) {
		m := h.AddPerson(t, "codes@example.com")
		first := h.AddPhone(t, m, pairing.Paired)
		h.Clock.Pass(time.Second)
		second := h.AddPhone(t, m, pairing.Paired)
		// Who claimed a code has a secret before anybody trusts the phone.
		h.AddPhone(t, m, pairing.AwaitingApproval)
		all := got(h.Authenticators(t.Context(), m.Person.ID))(t)
		if len(all) != 2 || all[0].DeviceID != first.ID || all[1].DeviceID != second.ID || all[0].PersonID != m.Person.ID {
			t.Fatalf("%+v", all)
		}
		same(t, "secret", all[0].Secret.Reveal(), got(h.TOTPSecret(t.Context(), first.ID))(t).Reveal())
	})
	t.Run("a step works once, and none before it", func(t *testing.T) {
		m := h.AddPerson(t, "step@example.com")
		h.AddPhone(t, m, pairing.Paired)
		id := got(h.Authenticators(t.Context(), m.Person.ID))(t)[0].ID
		for _, try := range []struct {
			step int64
			want bool
		}{{5, true}, {5, false}, {4, false}, {6, true}} {
			same(t, "used", got(h.UseStep(t.Context(), id, try.step, h.Clock.Now()))(t), try.want)
		}
		same(t, "last", got(h.Authenticators(t.Context(), m.Person.ID))(t)[0].LastStep, 6)
		same(t, "unknown", got(h.UseStep(t.Context(), "aut_none", 1, h.Clock.Now()))(t), false)
	})
	t.Run("limits", func(t *testing.T) { testLimits(t, h) })
}

func testLimits(t *testing.T, h *House) {
	begin := h.Clock.Now()
	spend := func(at time.Duration, wantOK bool, wantUntil time.Time, limits ...otp.Limit) {
		t.Helper()
		ok, until, err := h.Spend(t.Context(), limits, begin.Add(at))
		must(t, err)
		same(t, "ok", ok, wantOK)
		same(t, "until", until, wantUntil)
	}
	hour := otp.Limit{Scope: "hour", Most: 2, Window: time.Hour}
	streak := otp.Limit{Scope: "streak", Most: 3}
	spend(0, true, time.Time{}, hour, streak)
	spend(20*time.Minute, true, time.Time{}, hour, streak)
	spend(30*time.Minute, false, begin.Add(time.Hour), hour, streak)
	spend(59*time.Minute, false, begin.Add(time.Hour), hour, streak)
	// Of those refusals none was counted, so this is the third in a row and not the fifth.
	spend(time.Hour, true, time.Time{}, hour, streak)
	// In no hour are there three: the one of 0:20 still counts.
	spend(61*time.Minute, false, begin.Add(80*time.Minute), hour)
	spend(80*time.Minute, false, time.Time{}, hour, streak)
	spend(80*time.Minute, true, time.Time{}, hour)
	// What ends and what does not: for good.
	spend(81*time.Minute, false, time.Time{}, hour, streak)
	must(t, h.Forget(t.Context(), "hour", "streak", "never was"))
	must(t, h.Forget(t.Context()))
	spend(81*time.Minute, true, time.Time{}, hour, streak)
	// All that begin with a scope that ends in a colon, and nothing else.
	once := func(scope string) otp.Limit { return otp.Limit{Scope: scope, Most: 1} }
	scopes := []string{"row:1:a", "row:1:b", "row:1", "row:10:a", "row:2:a", "row"}
	for _, scope := range scopes {
		spend(0, true, time.Time{}, once(scope))
	}
	must(t, h.Forget(t.Context(), "row:1:", "row", "row:1:b"))
	for _, scope := range scopes {
		spend(0, slices.Contains([]string{"row:1:a", "row:1:b", "row"}, scope), time.Time{}, once(scope))
	}
	spend(0, true, time.Time{})
	spend(0, false, time.Time{}, otp.Limit{Scope: "nothing", Most: 0, Window: time.Hour})
}
