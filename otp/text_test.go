package otp_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/otp"
	"example.com/aye/sms"
)

const number, otherNumber = "+31612345678", "+31687654321"

// texting is a world with somebody in it who gets codes in text messages.
func texting(t *testing.T) (*ayetest.World, accounts.Member) {
	t.Helper()
	w := ayetest.New(t)
	w.OwnProvider(w.AllowSMS(w.Organisation))
	return w, w.WithNumber(w.AddPerson("Ada"), number)
}

// text sends a code about the request, and gives it.
func text(w *ayetest.World, m accounts.Member, request string) string {
	w.Helper()
	_, err := w.SMS.SendCode(w.Context(), sms.Ask{Organisation: w.Organisation, Member: m, Purpose: accounts.TextLogin, RequestID: request})
	ayetest.Fails(w, err, nil)
	return w.Texts.LastCode(m.Person.Number)
}

func wrongOf(code string) string { return ayetest.Wrong(secret.Secret(code)).Reveal() }

// TestTextCode: the code of the newest message about that very request, of that person, to that number.
func TestTextCode(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	bea := w.WithNumber(w.AddPerson("Bea"), otherNumber)
	use := func(m accounts.Member, request, code string) error {
		return w.Codes.VerifyText(t.Context(), m.Person.ID, "app", request, code)
	}
	ayetest.Fails(t, use(ada, "one", "123456"), otp.ErrNone)
	code := text(w, ada, "one")
	ayetest.Same(t, "the code is derived from the message", code, otp.TextCode(w.Keys, lastMessage(w, "one")).Reveal())
	for _, wrong := range []string{wrongOf(code), "", code[:5], code + "0"} {
		ayetest.Fails(t, use(ada, "one", wrong), otp.ErrWrong)
	}
	ayetest.Fails(t, use(bea, "one", code), otp.ErrNone) // another person
	ayetest.Fails(t, use(ada, "two", code), otp.ErrNone) // another request
	ayetest.Fails(t, use(ada, "one", " "+code[:3]+" "+code[3:]), nil)
	ayetest.Fails(t, use(ada, "one", code), otp.ErrNone) // used up

	older := text(w, ada, "three")
	w.Clock.Pass(sms.FirstPause)
	newer := text(w, ada, "three")
	ayetest.Fails(t, use(ada, "three", older), otp.ErrWrong)
	ayetest.Fails(t, use(ada, "three", newer), nil)
	ayetest.Fails(t, use(ada, "three", older), otp.ErrNone) // nor after it

	w.Clock.Pass(time.Hour)
	late := text(w, ada, "four")
	w.Clock.Pass(otp.TextLife)
	ayetest.Fails(t, use(ada, "four", late), otp.ErrNone)
	intime := text(w, ada, "five")
	w.Clock.Pass(otp.TextLife - time.Millisecond)
	ayetest.Fails(t, use(ada, "five", intime), nil)
	ayetest.Same(t, "it counts as long as the vendor tries", sms.CodeLife, otp.TextLife)
	ayetest.Same(t, "digits", []int{sms.CodeDigits, len(intime)}, []int{otp.TextDigits, otp.TextDigits})

	w.Clock.Pass(time.Hour)
	moved := text(w, ada, "six")
	ada = w.WithNumber(ada, otherNumber)
	ayetest.Fails(t, use(ada, "six", moved), otp.ErrNone) // the number is not theirs any more
	w.Clock.Pass(sms.NumberPause)
	w.Texts.Fail(sms.BadNumber)
	_, err := w.SMS.SendCode(t.Context(), sms.Ask{Organisation: w.Organisation, Member: ada, Purpose: accounts.TextLogin, RequestID: "seven"})
	ayetest.Fails(t, err, sms.ErrVendor)
	ayetest.Fails(t, use(ada, "seven", otp.TextCode(w.Keys, lastMessage(w, "seven")).Reveal()), otp.ErrNone) // it never went out
	w.Texts.Silent(true)
	w.Texts.Refuse(nil)
	_, err = w.SMS.SendCode(t.Context(), sms.Ask{Organisation: w.Organisation, Member: ada, Purpose: accounts.TextLogin, RequestID: "eight"})
	ayetest.Fails(t, err, sms.ErrNoAnswer)
	ayetest.Fails(t, use(ada, "eight", w.Texts.LastCode(otherNumber)), nil) // it came all the same
}

func lastMessage(w *ayetest.World, request string) string {
	w.Helper()
	posted, err := w.SMS.LastCode(w.Context(), request)
	ayetest.Fails(w, err, nil)
	return posted.ID
}

// TestThreatOneTextCodeAtOnce: a code that is typed several times at once works once.
func TestThreatOneTextCodeAtOnce(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	code := text(w, ada, "one")
	var used atomic.Int64
	ayetest.AtOnce(otp.PerRequest, func(int) {
		switch err := w.Codes.VerifyText(t.Context(), ada.Person.ID, "app", "one", code); {
		case err == nil:
			used.Add(1)
		case !errors.Is(err, otp.ErrWrong) && !errors.Is(err, otp.ErrNone):
			t.Error(err)
		}
	})
	ayetest.Same(t, "used", used.Load(), 1)
	// Whoever found it in time loses it to who was first.
	w.Clock.Pass(time.Hour)
	code, message := text(w, ada, "two"), lastMessage(w, "two")
	first, err := w.Store.UseTextCode(t.Context(), message, w.Clock.Now())
	ayetest.Fails(t, err, nil)
	second, err := w.Store.UseTextCode(t.Context(), message, w.Clock.Now())
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "one of two", []bool{first, second}, []bool{true, false})
	stale := *w.Codes
	stale.Store = found{stale.Store, message}
	ayetest.Fails(t, stale.VerifyText(t.Context(), ada.Person.ID, "app", "two", code), otp.ErrWrong)
}

// found is a store that found the message before somebody else used it.
type found struct {
	otp.Store
	message string
}

func (f found) TextCode(context.Context, string, string, time.Time) (string, error) {
	return f.message, nil
}

// TestThreatGuessingTextCodesInParallel: of a hundred wrong codes at once five are looked at, and of
// other codes for the same request none after them.
func TestThreatGuessingTextCodesInParallel(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	phone := w.Pair(ada)
	guess := func(application, request string) int64 {
		wrong := wrongOf(text(w, ada, request))
		var count atomic.Int64
		ayetest.AtOnce(100, func(int) {
			switch err := w.Codes.VerifyText(t.Context(), ada.Person.ID, application, request, wrong); {
			case errors.Is(err, otp.ErrWrong):
				count.Add(1)
			case !errors.Is(err, otp.ErrTooMany):
				t.Error(err)
			}
		})
		return count.Load()
	}
	ayetest.Same(t, "first request", guess("app", "one"), otp.PerRequest)
	verify := func(request string) error {
		_, err := w.Codes.Verify(t.Context(), ada.Person.ID, ada.OrganisationID, "app", request, phone.CodeNow().Reveal())
		return err
	}
	ayetest.Fails(t, verify("one"), otp.ErrTooMany)
	ayetest.Same(t, "second request", guess("app", "two"), otp.PerHour-otp.PerRequest)
	ayetest.Same(t, "third request", guess("app", "three"), 0)
	ayetest.Same(t, "another application has an hour of its own", guess("other", "four"), otp.PerRequest)
	ayetest.Fails(t, verify("five"), nil) // the one kind's hour is not the other's
}

// TestTextCodesAreLockedAndFreed: twenty wrong ones in a row lock them, and what else proves the
// person frees them; so does a right one free the others.
func TestTextCodesAreLockedAndFreed(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	phone, codes, requests := w.Pair(ada), newCodes(w, ada), 0
	next := func() string { requests++; return fmt.Sprint("request ", requests) }
	right := func() error {
		w.Clock.Pass(time.Hour)
		request := next()
		return w.Codes.VerifyText(t.Context(), ada.Person.ID, "app", request, text(w, ada, request))
	}
	lock := func() {
		t.Helper()
		for i := 0; i < otp.Streak; i += otp.PerRequest {
			w.Clock.Pass(time.Hour)
			request := next()
			wrong := wrongOf(text(w, ada, request))
			for range otp.PerRequest {
				ayetest.Fails(t, w.Codes.VerifyText(t.Context(), ada.Person.ID, "app", request, wrong), otp.ErrWrong)
			}
		}
		w.Clock.Pass(24 * time.Hour)
		err := right()
		var tooMany *otp.TooManyError
		ayetest.Same(t, "for good", []bool{errors.As(err, &tooMany), tooMany != nil && tooMany.Until.IsZero()}, []bool{true, true})
	}
	for name, free := range map[string]func() error{
		"an approval": func() error { return w.Codes.Unlock(t.Context(), ada.Person.ID) },
		"a one-time code": func() error {
			_, err := w.Codes.Verify(t.Context(), ada.Person.ID, ada.OrganisationID, "app", next(), phone.CodeNow().Reveal())
			return err
		},
		"a recovery code": func() error { return w.Codes.VerifyRecovery(t.Context(), ada.Person.ID, "app", next(), codes[0]) },
	} {
		lock()
		ayetest.Fails(t, free(), nil)
		if err := right(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}

	for i := range otp.Streak {
		if i%otp.PerHour == 0 {
			w.Clock.Pass(time.Hour)
		}
		ayetest.Fails(t, w.Codes.VerifyRecovery(t.Context(), ada.Person.ID, "app", next(), "0000-0000-0000-0000"), otp.ErrWrong)
	}
	w.Clock.Pass(time.Hour)
	ayetest.Fails(t, w.Codes.VerifyRecovery(t.Context(), ada.Person.ID, "app", next(), codes[1]), otp.ErrTooMany)
	ayetest.Fails(t, right(), nil)
	ayetest.Fails(t, w.Codes.VerifyRecovery(t.Context(), ada.Person.ID, "app", next(), codes[1]), nil)
}

// A right code forgets the wrong ones before it.
func TestARightTextCodeForgetsTheWrong(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	for i := range 3 {
		request := fmt.Sprint(i)
		code := text(w, ada, request)
		for range otp.PerRequest - 1 {
			ayetest.Fails(t, w.Codes.VerifyText(t.Context(), ada.Person.ID, "app", request, wrongOf(code)), otp.ErrWrong)
		}
		ayetest.Fails(t, w.Codes.VerifyText(t.Context(), ada.Person.ID, "app", request, code), nil)
	}
}
