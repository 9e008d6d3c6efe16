package otp_test

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/otp"
)

func newCodes(w *ayetest.World, m accounts.Member) []string {
	w.Helper()
	codes, err := w.Codes.NewRecoveryCodes(w.Context(), m.Person.ID)
	ayetest.Fails(w, err, nil)
	plain := make([]string, 0, len(codes))
	for _, code := range codes {
		plain = append(plain, code.Reveal())
	}
	return plain
}

func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, bea := w.AddPerson("Ada"), w.AddPerson("Bea")
	w.Pair(ada)
	w.Pair(bea)
	requests := 0
	use := func(m accounts.Member, code string) error {
		requests++
		return w.Codes.VerifyRecovery(t.Context(), m.Person.ID, "app", strings.Repeat("r", requests), code)
	}
	ayetest.Fails(t, use(ada, "0000-0000-0000-0000"), otp.ErrNone)
	codes := newCodes(w, ada)
	seen := map[string]bool{}
	for _, code := range codes {
		if !regexp.MustCompile(`^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$`).MatchString(code) {
			t.Errorf("%q is not 80 bits in letters that cannot be mistaken", code)
		}
		seen[code] = true
	}
	ayetest.Same(t, "different ones", len(seen), otp.RecoveryCodes)
	ayetest.Same(t, "counted", counted(w, ada), [2]int{0, 10})
	left, made, err := w.Codes.Recovery(t.Context(), ada.Person.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "left", []any{left, made}, []any{10, w.Clock.Now()})

	newCodes(w, bea)
	ayetest.Fails(t, use(bea, codes[0]), otp.ErrWrong) // another person's
	ayetest.Fails(t, use(ada, codes[0]), nil)
	ayetest.Fails(t, use(ada, codes[0]), otp.ErrWrong) // once
	ayetest.Fails(t, use(ada, strings.ToUpper(codes[1])), nil)
	ayetest.Fails(t, use(ada, strings.ReplaceAll(codes[2], "-", "")), nil)
	ayetest.Fails(t, use(ada, " "+strings.ReplaceAll(codes[3], "-", " ")+" "), nil)
	ayetest.Fails(t, use(ada, strings.NewReplacer("0", "O", "1", "l").Replace(codes[4])), nil)
	for _, code := range []string{"", "----", codes[5][:18], codes[5] + "0"} {
		ayetest.Fails(t, use(ada, code), otp.ErrWrong)
	}
	ayetest.Same(t, "counted", counted(w, ada), [2]int{0, 5})

	fresh := newCodes(w, ada)
	ayetest.Fails(t, use(ada, codes[5]), otp.ErrWrong) // the new ones took its place
	for _, code := range fresh {
		ayetest.Fails(t, use(ada, code), nil)
	}
	ayetest.Fails(t, use(ada, fresh[0]), otp.ErrNone)
	ayetest.Same(t, "counted", counted(w, ada), [2]int{0, 0})
	told := map[accounts.NoticeKind]int{}
	for _, kind := range w.Announcer.Told(ada.Person.ID) {
		told[kind]++
	}
	ayetest.Same(t, "told", told, map[accounts.NoticeKind]int{accounts.PhoneLinked: 1, accounts.RecoveryCodesMade: 2, accounts.RecoveryCodeUsed: 15})
}

// TestThreatOneRecoveryCodeAtOnce: a code that is typed a hundred times at once works once.
func TestThreatOneRecoveryCodeAtOnce(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.Pair(ada)
	code := newCodes(w, ada)[0]
	var used atomic.Int64
	ayetest.AtOnce(otp.PerRequest, func(int) {
		switch err := w.Codes.VerifyRecovery(t.Context(), ada.Person.ID, "app", "one", code); {
		case err == nil:
			used.Add(1)
		case !errors.Is(err, otp.ErrWrong):
			t.Error(err)
		}
	})
	ayetest.Same(t, "used", used.Load(), 1)
	ayetest.Same(t, "counted", counted(w, ada), [2]int{0, 9})
}

// Who has the database and not the key cannot try codes against it.
func TestRecoveryCodesAreKeyed(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.Pair(ada)
	code := newCodes(w, ada)[0]
	other := *w.Codes
	var err error
	other.Keys, err = secret.NewKeys(bytes.Repeat([]byte{8}, secret.KeySize))
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, other.VerifyRecovery(t.Context(), ada.Person.ID, "app", "request", code), otp.ErrWrong)
	ayetest.Fails(t, w.Codes.VerifyRecovery(t.Context(), ada.Person.ID, "app", "request", code), nil)
}

// TestThreatGuessingRecoveryCodesInParallel: of a hundred wrong codes at once five are looked at,
// and of one-time codes for the same request none after them.
func TestThreatGuessingRecoveryCodesInParallel(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	newCodes(w, ada)
	guess := func(request string) int64 {
		var count atomic.Int64
		ayetest.AtOnce(100, func(int) {
			switch err := w.Codes.VerifyRecovery(t.Context(), ada.Person.ID, "app", request, "0000-0000-0000-0000"); {
			case errors.Is(err, otp.ErrWrong):
				count.Add(1)
			case !errors.Is(err, otp.ErrTooMany):
				t.Error(err)
			}
		})
		return count.Load()
	}
	ayetest.Same(t, "first request", guess("one"), otp.PerRequest)
	_, err := w.Codes.Verify(t.Context(), ada.Person.ID, ada.OrganisationID, "app", "one", phone.CodeNow().Reveal())
	ayetest.Fails(t, err, otp.ErrTooMany)
	ayetest.Same(t, "second request", guess("two"), otp.PerHour-otp.PerRequest)
	ayetest.Same(t, "third request", guess("three"), 0)
	_, err = w.Codes.Verify(t.Context(), ada.Person.ID, ada.OrganisationID, "app", "four", phone.CodeNow().Reveal())
	ayetest.Fails(t, err, nil) // the one kind's hour is not the other's
}

// Each kind is locked by its own row of wrong codes, and freed by what else proves the person.
func TestEachKindFreesTheOther(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone, codes, requests := w.Pair(ada), newCodes(w, ada), 0
	next := func() string { requests++; return strings.Repeat("r", requests) }
	typed := func(code secret.Secret) error {
		_, err := w.Codes.Verify(t.Context(), ada.Person.ID, ada.OrganisationID, "app", next(), code.Reveal())
		return err
	}
	recovery := func(code string) error {
		return w.Codes.VerifyRecovery(t.Context(), ada.Person.ID, "app", next(), code)
	}
	lock := func(try func() error) {
		t.Helper()
		for i := range otp.Streak {
			if i%otp.PerHour == 0 {
				w.Clock.Pass(time.Hour)
			}
			ayetest.Fails(t, try(), otp.ErrWrong)
		}
		w.Clock.Pass(time.Hour)
		ayetest.Fails(t, try(), otp.ErrTooMany)
	}
	lock(func() error { return typed(ayetest.Wrong(phone.CodeNow())) })
	ayetest.Fails(t, recovery(codes[0]), nil)
	ayetest.Fails(t, typed(phone.CodeNow()), nil)

	lock(func() error { return recovery("0000-0000-0000-0000") })
	ayetest.Fails(t, recovery(codes[1]), otp.ErrTooMany)
	ayetest.Fails(t, typed(phone.CodeNow()), nil)
	ayetest.Fails(t, recovery(codes[1]), nil)

	lock(func() error { return recovery("0000-0000-0000-0000") })
	ayetest.Fails(t, w.Codes.Unlock(t.Context(), ada.Person.ID), nil) // as by an approval
	ayetest.Fails(t, recovery(codes[2]), nil)
}

// TestThreatRecoveryCodesLaidAside: who has the password alone makes no codes for the time when the
// person has a second factor.
func TestThreatRecoveryCodesLaidAside(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	refused := func() {
		t.Helper()
		_, err := w.Codes.NewRecoveryCodes(t.Context(), ada.Person.ID)
		ayetest.Fails(t, err, otp.ErrNoFactor)
		ayetest.Same(t, "counted", counted(w, ada), [2]int{0, 0})
	}
	refused()
	begin(w, ada) // is none yet
	refused()
	ayetest.Same(t, "told", w.Announcer.Told(ada.Person.ID), nil)
	app, _ := addApp(w, ada)
	codes := newCodes(w, ada)
	// What is left after the last factor does not stand beside the next first one.
	ayetest.Fails(t, w.Codes.RemoveApp(t.Context(), ada.Person.ID, app.ID, false), nil)
	addApp(w, ada)
	ayetest.Same(t, "counted", counted(w, ada), [2]int{1, 0})
	ayetest.Fails(t, w.Codes.VerifyRecovery(t.Context(), ada.Person.ID, "app", "request", codes[0]), otp.ErrNone)
	newCodes(w, ada)
	addApp(w, ada) // a second one leaves them
	ayetest.Same(t, "counted", counted(w, ada), [2]int{2, 10})
}
