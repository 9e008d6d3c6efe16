package otp_test

import (
	"context"
	"encoding/base32"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	reader "github.com/pquerna/otp"

	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/otp"
)

// one is a store with a single authenticator, for the vectors.
type one struct {
	otp.Store
	mu sync.Mutex
	otp.Authenticator
}

func (o *one) Authenticators(context.Context, string) ([]otp.Authenticator, error) {
	return []otp.Authenticator{o.Authenticator}, nil
}

func (o *one) UseStep(_ context.Context, _ string, step int64, _ time.Time) (bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if step <= o.LastStep {
		return false, nil
	}
	o.LastStep = step
	return true, nil
}

func (*one) Spend(context.Context, []otp.Limit, time.Time) (bool, time.Time, error) {
	return true, time.Time{}, nil
}
func (*one) Forget(context.Context, ...string) error { return nil }

// TestVectors are those of RFC 6238 appendix B for SHA-1, of which six digits are the last six.
func TestVectors(t *testing.T) {
	t.Parallel()
	key := secret.Secret(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte("12345678901234567890")))
	for at, code := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		s := &otp.Service{Store: &one{Authenticator: otp.Authenticator{Secret: key}}, Now: func() time.Time { return time.Unix(at, 0) }}
		ayetest.Fails(t, s.Prove(t.Context(), "", code, ""), nil)
		ayetest.Fails(t, s.Prove(t.Context(), "", code, ""), otp.ErrWrong)
	}
}

func TestTheWindow(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	for steps, want := range map[int]error{-2: otp.ErrWrong, -1: nil, 0: nil, 1: nil, 2: otp.ErrWrong} {
		ada := w.AddPerson("Ada")
		phone := w.Pair(ada)
		code := phone.Code(w.Clock.Now().Add(time.Duration(steps) * otp.Step))
		if err := w.Codes.Prove(t.Context(), ada.Person.ID, code.Reveal(), ""); !errors.Is(err, want) {
			t.Errorf("%d steps: %v", steps, err)
		}
	}
}

// A code works once, and none works after a newer one did.
func TestTheStepMustRise(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	try := func(steps int) error {
		return w.Codes.Prove(t.Context(), ada.Person.ID, phone.Code(w.Clock.Now().Add(time.Duration(steps)*otp.Step)).Reveal(), "")
	}
	for _, test := range []struct {
		steps int
		want  error
	}{{0, nil}, {0, otp.ErrWrong}, {-1, otp.ErrWrong}, {1, nil}, {0, otp.ErrWrong}, {1, otp.ErrWrong}} {
		ayetest.Fails(t, try(test.steps), test.want)
	}
	w.Clock.Pass(2 * otp.Step)
	ayetest.Fails(t, try(0), nil)
}

func TestCodesThatAreNone(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	for _, code := range []string{"", "12345", "1234567", "abcdef", "１２３４５６", strings.Repeat("1", 10_000)} {
		ada := w.AddPerson("Ada")
		w.Pair(ada)
		ayetest.Fails(t, w.Codes.Prove(t.Context(), ada.Person.ID, code, ""), otp.ErrWrong)
	}
	ayetest.Fails(t, w.Codes.Prove(t.Context(), w.AddPerson("Bea").Person.ID, "123456", ""), otp.ErrNone)
}

func TestWhoseCode(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone, second, other := w.Pair(ada), w.Pair(ada), w.Pair(w.AddPerson("Bea"))
	prove := func(p *ayetest.Phone, except string) error {
		return w.Codes.Prove(t.Context(), ada.Person.ID, p.CodeNow().Reveal(), except)
	}
	ayetest.Fails(t, prove(other, ""), otp.ErrWrong)
	ayetest.Fails(t, prove(phone, phone.Device.ID), otp.ErrWrong)
	ayetest.Fails(t, prove(second, phone.Device.ID), nil)
	_, err := w.Devices.Remove(t.Context(), second.Device, "operator")
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, prove(phone, phone.Device.ID), otp.ErrNone)
	ayetest.Fails(t, prove(phone, ""), nil)
}

// TestThreatGuessingCodesInParallel: of a thousand wrong codes at once five are looked at.
func TestThreatGuessingCodesInParallel(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	wrong := ayetest.Wrong(w.Pair(ada).CodeNow()).Reveal()
	guess := func(request string, times int) int64 {
		var count atomic.Int64
		ayetest.AtOnce(times, func(int) {
			switch _, err := w.Codes.Verify(t.Context(), ada.Person.ID, ada.OrganisationID, "app", request, wrong); {
			case errors.Is(err, otp.ErrWrong):
				count.Add(1)
			case !errors.Is(err, otp.ErrTooMany):
				t.Error(err)
			}
		})
		return count.Load()
	}
	ayetest.Same(t, "first request", guess("one", 1000), otp.PerRequest)
	ayetest.Same(t, "second request", guess("two", 100), otp.PerHour-otp.PerRequest)
	ayetest.Same(t, "third request", guess("three", 100), 0)
}

func TestLimits(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	person, request := ada.Person.ID, 0
	wrong := func() error {
		return w.Codes.Prove(t.Context(), person, ayetest.Wrong(phone.CodeNow()).Reveal(), "")
	}
	right := func() error {
		request++
		_, err := w.Codes.Verify(t.Context(), person, ada.OrganisationID, "", strings.Repeat("r", request), phone.CodeNow().Reveal())
		return err
	}
	until := func(err error) time.Time {
		t.Helper()
		var tooMany *otp.TooManyError
		ayetest.Same(t, "too many", errors.As(err, &tooMany), true)
		ayetest.Same(t, "text", tooMany.Error(), otp.ErrTooMany.Error())
		return tooMany.Until
	}
	for range otp.PerHour - 1 {
		ayetest.Fails(t, wrong(), otp.ErrWrong)
	}
	ayetest.Fails(t, right(), nil) // a right code forgets the wrong ones
	w.Clock.Pass(otp.Step)
	begin := w.Clock.Now()
	for range otp.PerHour {
		ayetest.Fails(t, wrong(), otp.ErrWrong)
	}
	ayetest.Same(t, "until", until(right()), begin.Add(time.Hour))
	w.Clock.Pass(time.Hour)
	for range otp.Streak - otp.PerHour {
		ayetest.Fails(t, wrong(), otp.ErrWrong)
	}
	w.Clock.Pass(365 * 24 * time.Hour)
	ayetest.Same(t, "for good", until(right()), time.Time{})
	ayetest.Fails(t, w.Codes.Unlock(t.Context(), person), nil)
	ayetest.Fails(t, right(), nil)
}

// Another factor ends the lock, and not what an hour allows.
func TestUnlockingLeavesTheHour(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	for range otp.PerHour {
		ayetest.Fails(t, w.Codes.Prove(t.Context(), ada.Person.ID, ayetest.Wrong(phone.CodeNow()).Reveal(), ""), otp.ErrWrong)
	}
	ayetest.Fails(t, w.Codes.Unlock(t.Context(), ada.Person.ID), nil)
	ayetest.Fails(t, w.Codes.Prove(t.Context(), ada.Person.ID, phone.CodeNow().Reveal(), ""), otp.ErrTooMany)
}

// The address in the form that the apps document, letter by letter: some look for it with a pattern.
func TestURI(t *testing.T) {
	t.Parallel()
	const rest = "&algorithm=SHA1&digits=6&period=30"
	for _, test := range []struct{ issuer, account, want string }{
		{"Example", "ada@example.com", "Example:ada@example.com?secret=SECRET&issuer=Example"},
		{"Tulp & Zoon", "ada+x@example.com", "Tulp%20%26%20Zoon:ada%2Bx@example.com?secret=SECRET&issuer=Tulp%20%26%20Zoon"},
		{"Caf\u00e9 50%", "ada@example.com", "Caf%C3%A9%2050%25:ada@example.com?secret=SECRET&issuer=Caf%C3%A9%2050%25"},
		// A colon would end the name of the issuer, which must be the same in both places.
		{"Example: the shop", "a:b@example.com", "Example%20the%20shop:a%20b@example.com?secret=SECRET&issuer=Example%20the%20shop"},
		{"A/B?c#d", "ada@example.com", "A%2FB%3Fc%23d:ada@example.com?secret=SECRET&issuer=A%2FB%3Fc%23d"},
	} {
		uri := otp.URI(test.issuer, test.account, "SECRET").Reveal()
		ayetest.Same(t, "uri", uri, "otpauth://totp/"+test.want+rest)
		key, err := reader.NewKeyFromURL(uri)
		ayetest.Fails(t, err, nil)
		plain := strings.NewReplacer(":", "").Replace
		ayetest.Same(t, "read", []string{key.Issuer(), key.Secret(), key.Type()}, []string{plain(test.issuer), "SECRET", "totp"})
	}
	one, other := otp.NewSecret(), otp.NewSecret()
	ayetest.Same(t, "160 bits, without padding", len(one), 32)
	ayetest.Same(t, "no padding", strings.Contains(one.Reveal(), "="), false)
	ayetest.Same(t, "differ", one != other, true)
}
