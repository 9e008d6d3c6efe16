package approval_test

import (
	"context"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
)

// claimsOf verifies what the server signed, with another library's eyes.
func claimsOf(w *ayetest.World, typ, text string) jwt.MapClaims {
	w.Helper()
	published, err := w.Signer.Published()
	ayetest.Fails(w, err, nil)
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithoutClaimsValidation(), jwt.WithStrictDecoding())
	_, err = parser.ParseWithClaims(text, claims, func(token *jwt.Token) (any, error) {
		ayetest.Same[any](w, "typ", token.Header["typ"], typ)
		ayetest.Same[any](w, "kid", token.Header["kid"], published[0].ID)
		return published[0].Key.Public()
	})
	ayetest.Fails(w, err, nil)
	return claims
}

func number(t time.Time) float64 { return float64(t.Unix()) }

func TestAssertion(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		tap    bool
		answer func(stand, approval.Asked) error
		means  []any
		acr    string
		method approval.Method
	}{
		{"number", false, func(s stand, a approval.Asked) error { _, err := s.Approve(s.phone, a); return err }, []any{"pop", "user"}, "aye:number", approval.Push},
		{"tap with a PIN", true, func(s stand, a approval.Asked) error {
			_, err := s.Decide(s.phone, a.Request, func(c jwt.MapClaims) { c["uv"] = "pin" })
			return err
		}, []any{"pop", "user", "pin"}, "aye:tap", approval.Push},
		{"code", false, func(s stand, a approval.Asked) error {
			_, err := s.Approvals.Verify(s.Context(), s.Shop, a.ID, approval.TOTP, s.phone.CodeNow())
			return err
		}, []any{"otp"}, "aye:code", approval.TOTP},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := ayetest.New(t)
			w.Change(func(o *accounts.Organisation) { o.AllowTap = true })
			s := newStand(w)
			asked := w.Ask(s.member, func(q *approval.Question) {
				if test.tap {
					q.Confirm = approval.Tap
				}
			})
			ayetest.Fails(t, test.answer(s, asked), nil)
			decided := w.Clock.Now()
			w.Clock.Pass(7 * time.Second)
			redeemed, err := w.Redeem(asked, w.ReleaseCode(asked), "key")
			ayetest.Fails(t, err, nil)
			claims := claimsOf(w, approval.AssertionType, redeemed.Assertion.Reveal())
			ayetest.Same(t, "jti", claims["jti"] != nil && claims["jti"] == redeemed.AssertionID, true)
			delete(claims, "jti")
			ayetest.Same(t, "claims", claims, jwt.MapClaims{
				"iss": ayetest.Origin, "sub": s.member.ID, "aud": w.Shop.ID, "org": w.Organisation.ID, "aid": asked.ID,
				"iat": number(w.Clock.Now()), "exp": number(w.Clock.Now().Add(time.Minute)), "auth_time": number(decided), "amr": test.means, "acr": test.acr,
			})
			ayetest.Same(t, "method", redeemed.Method, test.method)
			ayetest.Same(t, "member", redeemed.Member.Person.ID, s.member.Person.ID)
			device := ""
			if test.method == approval.Push {
				device = s.phone.Device.ID
			}
			ayetest.Same(t, "device", redeemed.Device.ID, device)
		})
	}
}

// The same idempotency key gets the same bytes, as long as anybody could ask for them.
func TestARepeatedRedeem(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	asked := s.in(approval.Approved)
	code := w.ReleaseCode(asked)
	first, err := w.Redeem(asked, code, "key")
	ayetest.Fails(t, err, nil)
	w.Clock.Pass(10 * time.Minute)
	again, err := w.Redeem(asked, code, "key")
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "answer", again, first)

	for name, key := range map[string]string{"another key": "other", "no key": ""} {
		_, err = w.Redeem(asked, code, key)
		if ayetest.Fails(t, err, approval.ErrRedeemed); refusals(w, asked.ID, "redeemed") == 0 {
			t.Errorf("%s: not audited", name)
		}
	}
	_, err = w.Redeem(asked, ayetest.Wrong(code), "key")
	ayetest.Fails(t, err, approval.ErrReleaseCode)

	removed, err := w.Devices.Remove(t.Context(), s.phone.Device, "operator")
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "removed", removed, true)
	later, err := w.Redeem(asked, code, "key")
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "assertion", later.Assertion.Reveal(), first.Assertion.Reveal())
	ayetest.Same(t, "device", []string{later.Device.ID, later.Device.Name}, []string{first.Device.ID, first.Device.Name})
}

func refusals(w *ayetest.World, id, why string) int {
	w.Helper()
	rows, err := w.Store.AuditRows(w.Context(), w.Organisation.ID, 0, 10_000)
	ayetest.Fails(w, err, nil)
	count := 0
	for _, row := range rows {
		if row.Action == "approval.redeem-refused" && row.Subject == id && row.Data["why"] == why {
			count++
		}
	}
	return count
}

// A redeem without a key is never repeated, also not by another one without.
func TestNoKeyIsNoKey(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	asked := s.in(approval.Approved)
	code := w.ReleaseCode(asked)
	_, err := w.Redeem(asked, code, "")
	ayetest.Fails(t, err, nil)
	_, err = w.Redeem(asked, code, "")
	ayetest.Fails(t, err, approval.ErrRedeemed)
}

func TestAWrongReleaseCode(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	other := s.in(approval.Approved)
	for _, state := range states {
		asked := s.in(state)
		for i, code := range []secret.Secret{"", asked.Ticket, w.Keys.Code("release code", other.ID), ayetest.Wrong(w.Keys.Code("release code", asked.ID))} {
			_, err := w.Redeem(asked, code, "")
			ayetest.Fails(t, err, approval.ErrReleaseCode)
			ayetest.Same(t, "audited", refusals(w, asked.ID, "wrong-code"), i+1)
		}
		ayetest.Same(t, "state", w.State(asked.ID), state)
		w.Clock.Pass(time.Hour)
	}
}

func TestReleaseTimes(t *testing.T) {
	t.Parallel()
	const before = -time.Millisecond
	tests := []struct {
		name string
		// pause is between the decision and the hand-out, which is not there when negative.
		pause, wait time.Duration
		want        error
	}{
		{"30 s after the hand-out", 0, approval.ReleaseLife + before, nil},
		{"too late after the hand-out", 0, approval.ReleaseLife, approval.ErrLapsed},
		{"handed out late", 60 * time.Second, approval.ReleaseLife + before, nil},
		{"handed out very late", 110 * time.Second, 10*time.Second + before, nil},
		{"120 s in all", 110 * time.Second, 10 * time.Second, approval.ErrLapsed},
		{"never handed out", -1, approval.RedeemLife + before, nil},
		{"never handed out, too late", -1, approval.RedeemLife, approval.ErrLapsed},
	}
	w := ayetest.New(t)
	for _, test := range tests {
		w.Run(t, test.name, func(t *testing.T, w *ayetest.World) {
			asked := newStand(w).in(approval.Approved)
			code := w.Keys.Code("release code", asked.ID)
			if test.pause >= 0 {
				w.Clock.Pass(test.pause)
				ayetest.Same(t, "code", w.ReleaseCode(asked).Reveal(), code.Reveal())
				w.Clock.Pass(time.Second)
				ayetest.Same(t, "again", w.ReleaseCode(asked).Reveal(), code.Reveal()) // which must not begin the 30 s anew
				w.Clock.Pass(test.wait - time.Second)
			} else {
				w.Clock.Pass(test.wait)
			}
			_, err := w.Redeem(asked, code, "")
			ayetest.Fails(t, err, test.want)
			if test.want != nil {
				ayetest.Same(t, "no code any more", w.ReleaseCode(asked), "")
			}
		})
	}
}

func TestTheReleaseCodeIsThereOnlyWhileApproved(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	for _, state := range states {
		asked := s.in(state)
		ayetest.Same(t, string(state), w.ReleaseCode(asked) != "", state == approval.Approved)
		w.Clock.Pass(time.Hour)
	}
}

// Somebody whose membership ended between the answer and the redeem is let in nowhere.
func TestAnEndedMembershipIsNotRedeemed(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	asked := s.in(approval.Approved)
	code := w.ReleaseCode(asked)
	ended := *w.Approvals
	ended.Directory = without{w.Accounts}
	_, err := ended.Redeem(t.Context(), approval.Redeeming{Application: w.Shop, RequestID: asked.ID, Code: code})
	ayetest.Fails(t, err, approval.ErrNotFound)
	ayetest.Same(t, "state", w.State(asked.ID), approval.Approved)
}

// without is a directory from which the members have gone.
type without struct{ *accounts.Service }

func (without) Member(context.Context, string, accounts.UserReference) (accounts.Member, error) {
	return accounts.Member{}, accounts.ErrNotFound
}

// A redeem that a report overtakes releases nobody.
func TestAReportJustBeforeARedeem(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	asked := s.in(approval.Approved)
	code := w.ReleaseCode(asked)
	raced := *w.Approvals
	raced.Store = &moment{w.Store, func() { _, err := w.Report(s.phone, asked); ayetest.Fails(t, err, nil) }}
	_, err := raced.Redeem(t.Context(), approval.Redeeming{Application: w.Shop, RequestID: asked.ID, Code: code, Key: "key"})
	refusesWith(t, err, &approval.NotApprovedError{State: approval.Reported})
	ayetest.Same(t, "webhooks", webhooks(w), 0)
}
