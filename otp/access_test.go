package otp_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/otp"
	"example.com/aye/support"
)

// access checks a temporary code at the world's own organisation, each time for another request.
func access(w *ayetest.World, m accounts.Member) func(code string) error {
	requests := 0
	return func(code string) error {
		requests++
		return w.Codes.VerifyAccess(w.Context(), m.Person.ID, m.OrganisationID, "app", fmt.Sprint(m.ID, requests), code)
	}
}

func TestAccessCode(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, bea := w.AddPerson("Ada"), w.AddPerson("Bea")
	use := access(w, ada)
	ayetest.Fails(t, use("0000-0000-0000"), otp.ErrNone)
	c, sent := w.SendAccess(ada, time.Hour, 6)
	code := sent.Reveal()
	if !regexp.MustCompile(`^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){2}$`).MatchString(code) {
		t.Errorf("%q is not 60 bits in letters that cannot be mistaken", code)
	}
	ayetest.Same(t, "the same again", otp.AccessCode(w.Keys, c.ID, 1), sent)
	others := map[string]bool{code: true, otp.AccessCode(w.Keys, c.ID, 2).Reveal(): true, otp.AccessCode(w.Keys, c.ID+"1", 1).Reveal(): true}
	ayetest.Same(t, "another number, another case, another code", len(others), 3)

	_, hers := w.SendAccess(bea, time.Hour, 1)
	for _, wrong := range []string{"", "----", code[:13], code + "0", hers.Reveal(), otp.AccessCode(w.Keys, c.ID, 2).Reveal()} {
		ayetest.Fails(t, use(wrong), otp.ErrWrong)
	}
	for _, typed := range []string{
		code, strings.ToUpper(code), strings.ReplaceAll(code, "-", ""), " " + strings.ReplaceAll(code, "-", "  ") + "\n",
		strings.ReplaceAll(code, "-", "\u00a0\u2013 "), strings.NewReplacer("0", "O", "1", "l").Replace(code),
	} {
		ayetest.Fails(t, use(typed), nil)
	}
	ayetest.Fails(t, use(code), otp.ErrNone) // used up
	ayetest.Same(t, "the case", w.Case(c.ID).State, support.Done)
}

// TestThreatAccessCodeElsewhere: it works for that person at that organisation, in its time, until the case is stopped or the
// membership ends.
func TestThreatAccessCodeElsewhere(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	other := w.Join(w.AddOrganisation(func(*accounts.Organisation) {}), ada)
	_, code := w.SendAccess(ada, 8*time.Hour, 2)
	ayetest.Fails(t, access(w, other)(code.Reveal()), otp.ErrNone)
	ayetest.Fails(t, access(w, w.AddPerson("Bea"))(code.Reveal()), otp.ErrNone)
	w.Clock.Pass(8*time.Hour - time.Millisecond)
	ayetest.Fails(t, access(w, ada)(code.Reveal()), nil)
	w.Clock.Pass(time.Millisecond)
	ayetest.Fails(t, access(w, ada)(code.Reveal()), otp.ErrNone)

	stopped, left := w.AddPerson("Cleo"), w.AddPerson("Dora")
	c, code := w.SendAccess(stopped, time.Hour, 1)
	w.Stop(c)
	ayetest.Fails(t, access(w, stopped)(code.Reveal()), otp.ErrNone)
	_, code = w.SendAccess(left, time.Hour, 1)
	ayetest.Fails(t, w.Accounts.EndMembership(t.Context(), left), nil)
	ayetest.Fails(t, access(w, left)(code.Reveal()), otp.ErrNone)
}

// TestThreatOneAccessCodeAtOnce: a code that is typed several times at once works as often as it may, and each time stands in
// the organisation's log.
func TestThreatOneAccessCodeAtOnce(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	c, code := w.SendAccess(ada, time.Hour, 2)
	var used atomic.Int64
	ayetest.AtOnce(otp.PerRequest, func(int) {
		switch err := w.Codes.VerifyAccess(t.Context(), ada.Person.ID, ada.OrganisationID, "app", "one", code.Reveal()); {
		case err == nil:
			used.Add(1)
		case !errors.Is(err, otp.ErrWrong) && !errors.Is(err, otp.ErrNone):
			t.Error(err)
		}
	})
	ayetest.Same(t, "used", used.Load(), 2)
	rows, err := w.Store.AuditRows(t.Context(), ada.OrganisationID, 0, 1000)
	ayetest.Fails(t, err, nil)
	var told []string
	for _, row := range rows {
		if row.Action == "access-code.used" {
			told = append(told, fmt.Sprint(row.Actor, row.Subject, row.Data["user"], row.Data["request"]))
		}
	}
	ayetest.Same(t, "told", told, []string{fmt.Sprint(ada.ID, c.ID, ada.ID, "one"), fmt.Sprint(ada.ID, c.ID, ada.ID, "one")})

	// Whoever found it in time loses it to who was first.
	stale := *w.Codes
	stale.Store = foundAccess{stale.Store, c.ID}
	ayetest.Fails(t, stale.VerifyAccess(t.Context(), ada.Person.ID, ada.OrganisationID, "app", "two", code.Reveal()), otp.ErrWrong)
}

// foundAccess is a store that found the case before somebody else used its code.
type foundAccess struct {
	otp.Store
	caseID string
}

func (f foundAccess) AccessCode(context.Context, string, string, time.Time) (string, int, error) {
	return f.caseID, 1, nil
}

// TestThreatGuessingAccessCodesInParallel: of a hundred wrong codes at once five are looked at, and ten in an hour.
func TestThreatGuessingAccessCodesInParallel(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	_, code := w.SendAccess(ada, 8*time.Hour, 1)
	guess := func(application, request string) int64 {
		var count atomic.Int64
		ayetest.AtOnce(100, func(int) {
			switch err := w.Codes.VerifyAccess(t.Context(), ada.Person.ID, ada.OrganisationID, application, request, "0000-0000-0000"); {
			case errors.Is(err, otp.ErrWrong):
				count.Add(1)
			case !errors.Is(err, otp.ErrTooMany):
				t.Error(err)
			}
		})
		return count.Load()
	}
	ayetest.Same(t, "first request", guess("app", "one"), otp.PerRequest)
	_, err := w.Codes.Verify(t.Context(), ada.Person.ID, ada.OrganisationID, "app", "one", phone.CodeNow().Reveal())
	ayetest.Fails(t, err, otp.ErrTooMany) // nor any other code for it
	ayetest.Same(t, "second request", guess("app", "two"), otp.PerHour-otp.PerRequest)
	ayetest.Same(t, "third request", guess("app", "three"), 0)
	ayetest.Fails(t, w.Codes.VerifyAccess(t.Context(), ada.Person.ID, ada.OrganisationID, "app", "four", code.Reveal()), otp.ErrTooMany)
	_, err = w.Codes.Verify(t.Context(), ada.Person.ID, ada.OrganisationID, "app", "five", phone.CodeNow().Reveal())
	ayetest.Fails(t, err, nil) // the one kind's hour is not the other's
	ayetest.Same(t, "another application has an hour of its own", guess("other", "six"), otp.PerRequest)
}

// TestAccessCodesAreLockedAndFreed: twenty wrong ones in a row lock them; what else proves the person frees them. They are
// sent by mail or text, and so free nothing else.
func TestAccessCodesAreLockedAndFreed(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	codes, use := newCodes(w, ada), access(w, ada)
	_, code := w.SendAccess(ada, 1000*time.Hour, 3)
	for name, free := range map[string]func() error{
		"an approval": func() error { return w.Codes.Unlock(t.Context(), ada.Person.ID) },
		"a one-time code": func() error {
			_, err := w.Codes.Verify(t.Context(), ada.Person.ID, ada.OrganisationID, "app", "typed", phone.CodeNow().Reveal())
			return err
		},
		"a recovery code": func() error {
			return w.Codes.VerifyRecovery(t.Context(), ada.Person.ID, "app", "printed", codes[0])
		},
	} {
		for i := range otp.Streak {
			if i%otp.PerHour == 0 {
				w.Clock.Pass(time.Hour)
			}
			ayetest.Fails(t, use("0000-0000-0000"), otp.ErrWrong)
		}
		w.Clock.Pass(24 * time.Hour)
		ayetest.Fails(t, use(code.Reveal()), otp.ErrTooMany)
		ayetest.Fails(t, free(), nil)
		if err := use(code.Reveal()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}

	_, code = w.SendAccess(ada, 1000*time.Hour, 1)
	for i := range otp.Streak {
		if i%otp.PerHour == 0 {
			w.Clock.Pass(time.Hour)
		}
		ayetest.Fails(t, w.Codes.VerifyRecovery(t.Context(), ada.Person.ID, "app", fmt.Sprint("guessed ", i), "0000-0000-0000-0000"), otp.ErrWrong)
	}
	w.Clock.Pass(time.Hour)
	ayetest.Fails(t, use(code.Reveal()), nil)
	ayetest.Fails(t, w.Codes.VerifyRecovery(t.Context(), ada.Person.ID, "app", "again", codes[1]), otp.ErrTooMany)
}

// A right code forgets the wrong ones of its kind before it.
func TestARightAccessCodeForgetsTheWrong(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	use := access(w, ada)
	_, code := w.SendAccess(ada, time.Hour, 3)
	for range 3 {
		for range otp.PerHour - 1 {
			ayetest.Fails(t, use("0000-0000-0000"), otp.ErrWrong)
		}
		ayetest.Fails(t, use(code.Reveal()), nil)
	}
}
