package approval_test

import (
	"context"
	"crypto/ecdsa"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
)

// attempt is a decision on its way, to be spoiled.
type attempt struct {
	device  devices.Device
	request string
	key     *ecdsa.PrivateKey
	typ     string
	kid     string
	claims  jwt.MapClaims
	text    string // in place of what is signed
}

func (a attempt) send(w *ayetest.World) (approval.Decided, error) {
	text := a.text
	if text == "" {
		text = ayetest.Sign(a.key, a.typ, a.kid, a.claims)
	}
	return w.Approvals.Decide(w.Context(), a.device, a.request, text)
}

// spoil is one thing that can be wrong with a decision.
type spoil struct {
	name string
	want error
	do   func(*attempt)
}

func claim(name string, value any) func(*attempt) {
	return func(a *attempt) { a.claims[name] = value }
}

// inOrder are the faults in the order in which they must be noticed: whoever makes several
// learns of the first, and so nobody learns anything of a request before having proven who they are.
func inOrder(w *ayetest.World, phone, stranger *ayetest.Phone) []spoil {
	return []spoil{
		{"no JWS", approval.ErrDecision, func(a *attempt) { a.text = "no.jws.here" }},
		{"too long", approval.ErrDecision, func(a *attempt) { a.claims["more"] = strings.Repeat("x", 4096) }},
		{"another typ", approval.ErrDecision, func(a *attempt) { a.typ = devices.ProofType }},
		{"phone not active", devices.ErrNotActive, func(a *attempt) { a.device.Status = devices.Pending }},
		{"no such request", approval.ErrNotFound, func(a *attempt) { a.request = secret.NewID("apr") }},
		{"another person's phone", approval.ErrNotFound, func(a *attempt) { a.device = stranger.Device }},
		{"unknown verdict", approval.ErrDecision, claim("dec", "maybe")},
		{"device key", approval.ErrApprovalKey, func(a *attempt) { a.key, a.kid = phone.Key, ayetest.Thumbprint(phone.Key) }},
		{"a key of nobody", approval.ErrKey, func(a *attempt) { a.kid = "nobody" }},
		{"another's signature", approval.ErrDecision, func(a *attempt) { a.key = stranger.ApprovalKey }},
		{"device key under the other's name", approval.ErrDecision, func(a *attempt) { a.key = phone.Key }},
		{"uv", approval.ErrDecision, claim("uv", "face")},
		{"no uv", approval.ErrDecision, func(a *attempt) { delete(a.claims, "uv") }},
		{"no iat", approval.ErrDecision, func(a *attempt) { delete(a.claims, "iat") }},
		{"no exp", approval.ErrDecision, func(a *attempt) { delete(a.claims, "exp") }},
		{"short jti", approval.ErrDecision, claim("jti", strings.Repeat("j", 15))},
		{"long jti", approval.ErrDecision, claim("jti", strings.Repeat("j", 65))},
		{"iss", approval.ErrDecision, claim("iss", stranger.Device.ID)},
		{"sub", approval.ErrDecision, claim("sub", secret.NewID("usr"))},
		{"org", approval.ErrDecision, claim("org", secret.NewID("org"))},
		{"aud", approval.ErrDecision, claim("aud", "https://evil.example.com")},
		{"aid", approval.ErrDecision, claim("aid", secret.NewID("apr"))},
		{"cn", approval.ErrChallenge, claim("cn", secret.NewToken().Reveal())},
		{"ctxh", approval.ErrChallenge, claim("ctxh", ayetest.Hash("another challenge"))},
		{"no number", approval.ErrNumberMissing, claim("num", "")},
	}
}

func TestDecisionChecks(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, eve := w.AddPerson("Ada"), w.AddPerson("Eve")
	phone, stranger := w.Pair(ada), w.Pair(eve)
	asked := w.Ask(ada)
	honest := func() attempt {
		claims := phone.DecisionClaims(asked.Request, approval.Approve)
		claims["num"] = asked.Number.Reveal()
		return attempt{
			device: phone.Device, request: asked.ID, key: phone.ApprovalKey, typ: approval.DecisionType,
			kid: ayetest.Thumbprint(phone.ApprovalKey), claims: claims,
		}
	}
	faults := inOrder(w, phone, stranger)
	for i, fault := range faults {
		w.Run(t, fault.name, func(t *testing.T, w *ayetest.World) {
			alone := honest()
			fault.do(&alone)
			_, err := alone.send(w)
			ayetest.Fails(t, err, fault.want)

			// With all that are looked at later wrong as well, it is still this one.
			together := honest()
			for _, later := range slices.Backward(faults[i:]) {
				together.claims = maps.Clone(together.claims)
				later.do(&together)
			}
			fault.do(&together)
			_, err = together.send(w)
			ayetest.Fails(t, err, fault.want)
			ayetest.Same(t, "state", w.State(asked.ID), approval.Pending)
		})
	}
	decided, err := honest().send(w)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "answer", decided, approval.Decided{RequestID: asked.ID, State: approval.Approved, At: w.Clock.Now()})
	for _, fault := range faults { // nothing more is told once it is decided
		late := honest()
		fault.do(&late)
		_, err := late.send(w)
		ayetest.Fails(t, err, fault.want)
	}
}

func TestEveryVerificationIsTaken(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	for _, uv := range []approval.Verification{approval.Biometric, approval.PIN, approval.Unverified} {
		asked := w.Ask(ada)
		_, err := w.Decide(phone, asked.Request, func(c jwt.MapClaims) { c["num"], c["uv"] = asked.Number.Reveal(), string(uv) })
		ayetest.Fails(t, err, nil)
		r, err := w.Approvals.Find(t.Context(), asked.ID)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "verified", r.Verified, uv)
		ayetest.Same(t, "decided by", r.DecidedBy, phone.Device.ID)
	}
}

// A button of the notification works on a locked phone, and only to refuse.
func TestTheDeviceKeyRefuses(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	for verdict, want := range map[approval.Verdict]approval.State{approval.Deny: approval.Denied, approval.Report: approval.Reported} {
		for _, key := range []*ecdsa.PrivateKey{phone.Key, phone.ApprovalKey} {
			asked := w.Ask(ada)
			decided, err := w.Send(phone, asked.Request, phone.SignDecision(key, phone.DecisionClaims(asked.Request, verdict)))
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "state", decided.State, want)
		}
	}
	asked := w.Ask(ada)
	claims := phone.DecisionClaims(asked.Request, approval.Deny)
	_, err := w.Send(phone, asked.Request, ayetest.Sign(phone.Key, approval.DecisionType, "nobody", claims))
	ayetest.Fails(t, err, approval.ErrKey)
}

func TestAWrongNumberEndsIt(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	asked := w.Ask(ada)
	guess := phone.DecisionClaims(asked.Request, approval.Approve)
	guess["num"] = ayetest.Wrong(asked.Number).Reveal()
	sent := phone.SignDecision(phone.ApprovalKey, guess)
	for range 2 { // the same guess again gets the same answer
		decided, err := w.Send(phone, asked.Request, sent)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "state", decided.State, approval.Mismatched)
	}
	_, err := w.Approve(phone, asked)
	ayetest.Same[error](t, "a second guess", err, &approval.DecidedError{State: approval.Mismatched})
	_, err = w.Redeem(asked, w.Keys.Code("release code", asked.ID), "")
	ayetest.Fails(t, err, approval.ErrNotApproved)
}

// The answer that was lost on its way is given again, whatever came after it.
func TestAKnownDecisionGetsItsAnswer(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	asked := w.Ask(ada)
	claims := phone.DecisionClaims(asked.Request, approval.Approve)
	claims["num"] = asked.Number.Reveal()
	sent := phone.SignDecision(phone.ApprovalKey, claims)
	first, err := w.Send(phone, asked.Request, sent)
	ayetest.Fails(t, err, nil)
	after := []func(){
		func() {},
		func() { _, err = w.Redeem(asked, w.ReleaseCode(asked), ""); ayetest.Fails(t, err, nil) },
		func() { _, err = w.Report(phone, asked); ayetest.Fails(t, err, nil) },
		func() { w.Clock.Pass(48 * time.Hour) },
	}
	for _, then := range after {
		then()
		state := w.State(asked.ID)
		again, failure := w.Send(phone, asked.Request, sent)
		ayetest.Fails(t, failure, nil)
		ayetest.Same(t, "answer", again, first)
		ayetest.Same(t, "state", w.State(asked.ID), state)
	}
	other := w.Ask(ada)
	_, err = w.Decide(phone, other.Request, func(c jwt.MapClaims) { c["num"], c["jti"] = other.Number.Reveal(), claims["jti"] })
	ayetest.Fails(t, err, approval.ErrDecision)
	ayetest.Same(t, "the other request", w.State(other.ID), approval.Pending)
}

func TestARemovedPhoneDecidesNothing(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.Pair(ada)
	for _, verdict := range []string{"approve", "deny", "report"} {
		gone := w.Pair(ada)
		asked := w.Ask(ada)
		claims := gone.DecisionClaims(asked.Request, approval.Verdict(verdict))
		claims["num"] = asked.Number.Reveal()
		removed, err := w.Devices.Remove(t.Context(), gone.Device, "operator")
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "removed", removed, true)
		// The call was let in just before the removal: the device is the one of then.
		_, err = w.Approvals.Decide(t.Context(), gone.Device, asked.ID, gone.SignDecision(gone.ApprovalKey, claims))
		ayetest.Fails(t, err, devices.ErrUnknown)
		ayetest.Same(t, "state", w.State(asked.ID), approval.Pending)
		_, err = w.Send(gone, asked.Request, gone.SignDecision(gone.ApprovalKey, claims))
		ayetest.Fails(t, err, devices.ErrNotActive)
	}
}

func TestReportsAreTakenForADay(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	early, late := w.Ask(ada), w.Ask(ada)
	w.Clock.Pass(approval.ReportLife)
	_, err := w.Report(phone, early)
	ayetest.Fails(t, err, nil)
	w.Clock.Pass(time.Second)
	_, err = w.Report(phone, late)
	ayetest.Fails(t, err, approval.ErrTooLate)
	ayetest.Same(t, "state", w.State(late.ID), approval.Expired)
}

func TestAReportIsTold(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	before := len(w.Announcer.Told(ada.Person.ID))
	asked := w.Ask(ada)
	_, err := w.Report(phone, asked)
	ayetest.Fails(t, err, nil)
	notice := accounts.Notice{
		PersonID: ada.Person.ID, OrganisationID: w.Organisation.ID, Kind: accounts.RequestReported, Application: "The shop", IP: "203.0.113.7",
	}
	member := notice
	member.Kind = accounts.MemberReported
	ayetest.Same(t, "notices", w.Announcer.Notices(ada.Person.ID)[before:], []accounts.Notice{notice, member})
}

// moment is a store at which something happens just before a move.
type moment struct {
	approval.Store
	before func()
}

func (m *moment) Move(ctx context.Context, move approval.Move, entry audit.Entry) (bool, error) {
	if before := m.before; before != nil {
		m.before = nil
		before()
	}
	return m.Store.Move(ctx, move, entry)
}

// looks counts them: who takes a webhook has it alone for a while, so that each look is one of a later hour.
var looks atomic.Int64

// webhooks counts those that are to be told.
func webhooks(w *ayetest.World) int {
	w.Helper()
	due, err := w.Store.DueWebhooks(w.Context(), w.Clock.Now().Add(time.Duration(looks.Add(1))*time.Hour), 100)
	ayetest.Fails(w, err, nil)
	return len(due)
}

// Somebody is let in between the look of a report and the report: the application must hear it.
func TestAReleaseJustBeforeAReportIsTold(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	asked := w.Ask(ada)
	_, err := w.Approve(phone, asked)
	ayetest.Fails(t, err, nil)
	code := w.ReleaseCode(asked)
	raced := *w.Approvals
	raced.Store = &moment{w.Store, func() {
		_, err = w.Redeem(asked, code, "")
		ayetest.Fails(t, err, nil)
	}}
	decided, err := raced.Decide(t.Context(), phone.Device, asked.ID, phone.SignDecision(phone.Key, phone.DecisionClaims(asked.Request, approval.Report)))
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", decided.State, approval.Reported)
	ayetest.Same(t, "webhooks", webhooks(w), 1)
}

// A phone that asks twice at once is answered twice alike, also by the call that lost.
func TestTheSecondCopyOfADecisionGetsTheFirstsAnswer(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	asked := w.Ask(ada)
	claims := phone.DecisionClaims(asked.Request, approval.Approve)
	claims["num"] = asked.Number.Reveal()
	sent := phone.SignDecision(phone.ApprovalKey, claims)
	raced := *w.Approvals
	var first approval.Decided
	raced.Store = &moment{w.Store, func() {
		var err error
		first, err = w.Send(phone, asked.Request, sent)
		ayetest.Fails(t, err, nil)
		w.Clock.Pass(time.Second)
	}}
	second, err := raced.Decide(t.Context(), phone.Device, asked.ID, sent)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "answer", second, first)
}

func TestOthersAreWithdrawn(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone, second := w.Pair(ada), w.Pair(ada)
	told := func() []string {
		var ids []string
		for _, push := range w.Pusher.Taken(notify.MessageWithdraw) {
			ids = append(ids, push.Message.Device)
		}
		return ids
	}
	answers := []struct {
		name   string
		answer func(approval.Asked) error
		want   []string
	}{
		{"approved", func(a approval.Asked) error { _, err := w.Approve(phone, a); return err }, []string{second.Device.ID}},
		{"denied", func(a approval.Asked) error { _, err := w.Deny(second, a); return err }, []string{phone.Device.ID}},
		{"cancelled", func(a approval.Asked) error { return w.Approvals.Cancel(t.Context(), w.Shop, a.ID) }, []string{phone.Device.ID, second.Device.ID}},
		{"by code", func(a approval.Asked) error {
			_, err := w.Approvals.Verify(t.Context(), w.Shop, a.ID, approval.TOTP, phone.CodeNow())
			return err
		}, []string{phone.Device.ID, second.Device.ID}},
	}
	for _, test := range answers {
		asked := w.Ask(ada)
		told()
		ayetest.Fails(t, test.answer(asked), nil)
		ayetest.Same(t, test.name, told(), test.want)
		w.Clock.Pass(time.Hour)
	}
}
