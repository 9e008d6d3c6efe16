package sms_test

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/sms"
)

// TestThreatNumberLaidAside: who knows the password of somebody without a second factor proves a number of
// their own for them, and waits. Whatever becomes the person's first second factor later, no code goes to
// that number: not at once, and not when a changed number would count.
func TestThreatNumberLaidAside(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		first func(h *house, m accounts.Member)
		after time.Duration
		stays bool
	}{
		{"a phone, later", func(h *house, m accounts.Member) { h.Pair(m) }, accounts.NumberFresh + time.Second, false},
		{"a phone in the same go", func(h *house, m accounts.Member) { h.Pair(m) }, accounts.NumberFresh, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			bea := h.WithNumber(h.AddPerson("Bea"), other)
			h.Clock.Pass(test.after)
			test.first(h, bea)
			for range 2 {
				before := len(h.Texts.Sent())
				_, err := h.SMS.SendCode(t.Context(), h.ask(h.member(bea)))
				want := sms.NoNumber
				if test.stays {
					want = sms.Open
				}
				ayetest.Same(t, "sent", []any{reason(err), len(h.Texts.Sent())-before == 1}, []any{want, test.stays})
				h.Clock.Pass(sms.NumberPause)
			}
		})
	}
	t.Run("text messages", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		bea := h.WithNumber(h.AddPerson("Bea"), other)
		h.Clock.Pass(accounts.NumberFresh + time.Second)
		ayetest.Fails(t, h.Accounts.ChooseTexts(t.Context(), bea.Person.ID), accounts.ErrNotFound)
		ayetest.Same(t, "chosen", h.member(bea).Person.Texts.IsZero(), true)
		bea = h.WithNumber(bea, other)
		ayetest.Fails(t, h.Accounts.ChooseTexts(t.Context(), bea.Person.ID), nil)
		// What was chosen stays, however old the number is by then.
		h.Clock.Pass(10 * accounts.NumberFresh)
		h.Pair(bea)
		h.send(h.member(bea))
	})
}
