package storetest

import (
	"errors"
	"testing"
	"time"

	"example.com/aye/internal/secret"
	"example.com/aye/support"
)

// check is a question to the caller that is not stored.
func (d desk) check(c support.Case) support.Check {
	now := d.Clock.Now()
	return support.Check{
		ID: secret.NewID("chk"), CaseID: c.ID, Channel: support.ByMail, AgentID: d.opener.ID, State: support.Asked, Asked: now, Expires: now.Add(support.CheckLife),
	}
}

func (d desk) asks(t *testing.T, c support.Case) support.Check {
	t.Helper()
	check := d.check(c)
	d.written(t, 1, func() {
		must(t, d.AddCaseCheck(t.Context(), check, 1000, d.entry(d.Organisation.ID, "case.caller-asked")))
	})
	return check
}

func testCaseChecks(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	t.Run("kept", func(t *testing.T) {
		d := newDesk(t, h, "kept")
		c := d.opens(t)
		first := d.asks(t, c)
		h.Clock.Pass(time.Second)
		second := d.asks(t, c)
		same(t, "check", got(h.CaseCheck(t.Context(), first.ID))(t), first)
		same(t, "checks", got(h.CaseChecks(t.Context(), c.ID))(t), []support.Check{first, second})
		_, err := h.CaseCheck(t.Context(), "chk_none")
		fails(t, err, support.ErrNotFound)
		d.written(t, 0, func() {
			fails(t, h.AddCaseCheck(t.Context(), d.check(c), 2, h.entry(h.Organisation.ID, "x")), support.ErrTooMany)
			fails(t, h.AddCaseCheck(t.Context(), d.check(support.Case{ID: "case_none"}), 2, h.entry(h.Organisation.ID, "x")), support.ErrClosed)
		})
	})
	t.Run("of a case that ended", func(t *testing.T) {
		d := newDesk(t, h, "ended")
		c := d.opens(t)
		same(t, "stopped", d.stop(t, c), true)
		fails(t, h.AddCaseCheck(t.Context(), d.check(c), 9, h.entry(h.Organisation.ID, "x")), support.ErrClosed)
	})
	t.Run("tries", func(t *testing.T) {
		d := newDesk(t, h, "tries")
		check := d.asks(t, d.opens(t))
		same(t, "counted", race(t, func(int) (bool, error) {
			err := h.TryCaseCheck(t.Context(), check.ID, support.CheckTries, h.Clock.Now())
			if errors.Is(err, support.ErrClosed) {
				return false, nil
			}
			return err == nil, err
		}), support.CheckTries)
		same(t, "tries", got(h.CaseCheck(t.Context(), check.ID))(t).Tries, support.CheckTries)
		fails(t, h.TryCaseCheck(t.Context(), "chk_none", 9, h.Clock.Now()), support.ErrClosed)
		late := d.asks(t, support.Case{ID: check.CaseID})
		fails(t, h.TryCaseCheck(t.Context(), late.ID, 9, late.Expires), support.ErrClosed)
		d.answers(t, late, support.Right, support.Nothing, true)
		fails(t, h.TryCaseCheck(t.Context(), late.ID, 9, h.Clock.Now()), support.ErrClosed)
	})
	t.Run("shown", func(t *testing.T) { testShown(t, newDesk(t, h, "shown")) })
	must(t, h.VerifyAudit(t.Context()))
}

func (d desk) answers(t *testing.T, check support.Check, to support.CheckState, shown support.Shown, want bool) {
	t.Helper()
	rows := int64(0)
	if want {
		rows = 1
	}
	d.written(t, rows, func() {
		same(t, "answered", got(d.AnswerCaseCheck(t.Context(), support.Answer{CheckID: check.ID, To: to, Shown: shown, At: d.Clock.Now()}, d.entry(d.Organisation.ID, "case.caller-answered")))(t), want)
	})
}

func testShown(t *testing.T, d desk) {
	c := d.opens(t)
	for _, step := range []struct{ answer, want support.Shown }{
		{support.Nothing, support.Nothing},
		{support.Remaining, support.Remaining},
		{support.Nothing, support.Remaining},
		{support.Verified, support.Verified},
		{support.Remaining, support.Verified},
		{support.Nothing, support.Verified},
	} {
		check := d.asks(t, c)
		to := support.Right
		if step.answer == support.Nothing {
			to = support.Wrong
		}
		d.answers(t, check, to, step.answer, true)
		check.State, check.Answered = to, d.Clock.Now()
		same(t, "check", got(d.CaseCheck(t.Context(), check.ID))(t), check)
		same(t, "shown", d.now(t, c).Shown, step.want)
		d.answers(t, check, support.Right, support.Verified, false) // once
	}
	check := d.asks(t, c)
	before := d.now(t, c)
	same(t, "answered", race(t, func(int) (bool, error) {
		return d.AnswerCaseCheck(t.Context(), support.Answer{CheckID: check.ID, To: support.Right, At: d.Clock.Now()}, d.entry(d.Organisation.ID, "case.caller-answered"))
	}), 1)
	same(t, "case", d.now(t, c), before) // an answer that shows nothing takes nothing back
	other := newDesk(t, d.House, "shown-ended")
	ended := other.opens(t)
	late := other.asks(t, ended)
	same(t, "stopped", other.stop(t, ended), true)
	other.answers(t, late, support.Right, support.Verified, true)
	same(t, "of an ended case", other.now(t, ended).Shown, support.Nothing)
}
