package devices_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/devices"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/jws"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/otp"
)

func get(w *ayetest.World, p *ayetest.Phone) devices.Device {
	w.Helper()
	d, err := w.Devices.Device(w.Context(), p.Device.ID)
	ayetest.Fails(w, err, nil)
	return d
}

// What Apple and Google say of an address: only a retired one is forgotten, and only if it is
// still the phone's.
func TestTold(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	tests := []struct {
		name    string
		outcome notify.Outcome
		since   time.Duration // of the outcome, from the registration; 0 for none
		moved   bool          // the phone has told another address meanwhile
		before  devices.PushState
		want    devices.PushState
		kept    bool
	}{
		{"accepted", notify.Outcome{Class: notify.Accepted}, 0, false, devices.PushOK, devices.PushOK, true},
		{"accepted again", notify.Outcome{Class: notify.Accepted}, 0, false, devices.PushSuspect, devices.PushOK, true},
		{"suspect", notify.Outcome{Class: notify.Suspect}, 0, false, devices.PushOK, devices.PushSuspect, true},
		{"suspect twice", notify.Outcome{Class: notify.Suspect}, 0, false, devices.PushSuspect, devices.PushSuspect, true},
		{"retry", notify.Outcome{Class: notify.Retry}, 0, false, devices.PushOK, devices.PushOK, true},
		{"misconfigured", notify.Outcome{Class: notify.Misconfigured}, 0, false, devices.PushOK, devices.PushOK, true},
		{"rejected", notify.Outcome{Class: notify.Rejected}, 0, false, devices.PushSuspect, devices.PushSuspect, true},
		{"dead", notify.Outcome{Class: notify.Dead}, 0, false, devices.PushOK, devices.PushDead, false},
		{"dead after suspect", notify.Outcome{Class: notify.Dead}, 0, false, devices.PushSuspect, devices.PushDead, false},
		{"dead since later", notify.Outcome{Class: notify.Dead}, time.Second, false, devices.PushOK, devices.PushDead, false},
		{"dead before it was told", notify.Outcome{Class: notify.Dead}, -time.Second, false, devices.PushOK, devices.PushOK, true},
		{"an older address is dead", notify.Outcome{Class: notify.Dead}, 0, true, devices.PushOK, devices.PushOK, true},
		{"an older address is suspect", notify.Outcome{Class: notify.Suspect}, 0, true, devices.PushOK, devices.PushOK, true},
	}
	for _, test := range tests {
		w.Run(t, test.name, func(t *testing.T, w *ayetest.World) {
			phone := w.Pair(w.AddPerson("Ada"))
			target := get(w, phone).Target()
			if test.before == devices.PushSuspect {
				ayetest.Fails(t, w.Devices.Told(t.Context(), target, notify.Outcome{Class: notify.Suspect}), nil)
				target = get(w, phone).Target() // of the next push
			}
			if test.moved {
				details := get(w, phone).Details
				details.Push.Address = "another"
				_, err := w.Devices.Update(t.Context(), get(w, phone), details)
				ayetest.Fails(t, err, nil)
			}
			if test.since != 0 {
				test.outcome.Since = target.Registered.Add(test.since)
			}
			ayetest.Fails(t, w.Devices.Told(t.Context(), target, test.outcome), nil)
			d := get(w, phone)
			ayetest.Same(t, "state", d.PushState, test.want)
			ayetest.Same(t, "address kept", d.Push.Address != "", test.kept)
			ayetest.Same(t, "reachable", d.Reachable(), test.kept)
		})
	}
	ayetest.Fails(t, w.Devices.Told(t.Context(), notify.Target{Device: secret.NewID("dev")}, notify.Outcome{Class: notify.Dead}), devices.ErrUnknown)
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	phone := w.Pair(w.AddPerson("Ada"))
	first := get(w, phone)
	w.Clock.Pass(time.Minute)
	details := first.Details
	details.Name, details.Locale, details.OSVersion, details.AppVersion = "Ada's", "en-GB", "17", "2.0.0"
	d, err := w.Devices.Update(t.Context(), first, details)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "details", d.Details, details) // and the address is as old as before

	details.Push.Address = "another"
	d, err = w.Devices.Update(t.Context(), d, details)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "registered", d.Push.Registered, w.Clock.Now())

	ayetest.Fails(t, w.Devices.Told(t.Context(), d.Target(), notify.Outcome{Class: notify.Suspect}), nil)
	w.Clock.Pass(time.Minute)
	d = get(w, phone)
	again := d.Details
	again.Push.Registered = time.Time{} // as the phone tells it
	d, err = w.Devices.Update(t.Context(), d, again)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "an address that is told again in doubt is new", d.Push.Registered, w.Clock.Now())

	details.Platform = "symbian"
	_, err = w.Devices.Update(t.Context(), d, details)
	ayetest.Fails(t, err, devices.ErrInvalid)
}

func TestDetails(t *testing.T) {
	t.Parallel()
	good := devices.Details{
		Platform: devices.IOS, Name: "Ada's", Model: "iPhone 17", OSVersion: "26.1", AppVersion: "1.2.3", Locale: "nl-BE",
		Push: devices.Address{Provider: notify.ProviderAPNs, App: "com.example.aye", Kind: "token", Environment: "sandbox", Address: "00FFaa"},
	}
	tests := []struct {
		name   string
		change func(*devices.Details)
		ok     bool
	}{
		{"good", func(*devices.Details) {}, true},
		{"web", func(d *devices.Details) { d.Platform = devices.Web }, true},
		{"android", func(d *devices.Details) { d.Platform = devices.Android }, true},
		{"platform", func(d *devices.Details) { d.Platform = "IOS" }, false},
		{"no name", func(d *devices.Details) { d.Name = " " }, false},
		{"64", func(d *devices.Details) { d.Model = strings.Repeat("é", 64) }, true},
		{"65", func(d *devices.Details) { d.Model = strings.Repeat("é", 65) }, false},
		{"control", func(d *devices.Details) { d.Name = "a\x7f" }, false},
		{"C1", func(d *devices.Details) { d.Name = "a\u0090" }, false},
		{"line separator", func(d *devices.Details) { d.OSVersion = "a\u2029" }, false},
		{"turned around", func(d *devices.Details) { d.Model = "\u202e9 lexiP" }, false},
		{"isolated", func(d *devices.Details) { d.Model = "\u2067x" }, false},
		{"not UTF-8", func(d *devices.Details) { d.Model = "\xff" }, false},
		{"version", func(d *devices.Details) { d.AppVersion = "1.x" }, false},
		{"locale", func(d *devices.Details) { d.Locale = "nl_BE" }, false},
		{"no locale", func(d *devices.Details) { d.Locale = "" }, false},
		{"none", func(d *devices.Details) { d.Push = devices.Address{Provider: notify.ProviderNone} }, true},
		{"no provider", func(d *devices.Details) { d.Push = devices.Address{} }, false},
		{"app", func(d *devices.Details) { d.Push.App = "" }, false},
		{"environment", func(d *devices.Details) { d.Push.Environment = "" }, false},
		{"kind", func(d *devices.Details) { d.Push.Kind = "fid" }, false},
		{"hexadecimal", func(d *devices.Details) { d.Push.Address = "00xx00" }, false},
		{"no address", func(d *devices.Details) { d.Push.Address = "" }, false},
		{"fid", func(d *devices.Details) {
			d.Push = devices.Address{Provider: notify.ProviderFCM, App: "a", Kind: "fid", Address: "an installation"}
		}, true},
		{"another kind of Google", func(d *devices.Details) {
			d.Push = devices.Address{Provider: notify.ProviderFCM, App: "a", Kind: "topic", Address: "all"}
		}, false},
		{"long address", func(d *devices.Details) {
			d.Push = devices.Address{Provider: notify.ProviderFCM, App: "a", Kind: "token", Address: secret.Secret(strings.Repeat("x", 1025))}
		}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			details := good
			test.change(&details)
			var want error
			if !test.ok {
				want = devices.ErrInvalid
			}
			ayetest.Fails(t, details.Validate(), want)
		})
	}
}

func TestReachable(t *testing.T) {
	t.Parallel()
	at := func(provider notify.Provider, address secret.Secret, state devices.PushState) devices.Device {
		return devices.Device{PushState: state, Details: devices.Details{Push: devices.Address{Provider: provider, Address: address}}}
	}
	ayetest.Same(t, "ok", at(notify.ProviderFCM, "a", devices.PushOK).Reachable(), true)
	ayetest.Same(t, "suspect", at(notify.ProviderFCM, "a", devices.PushSuspect).Reachable(), true)
	ayetest.Same(t, "dead", at(notify.ProviderFCM, "a", devices.PushDead).Reachable(), false)
	ayetest.Same(t, "no address", at(notify.ProviderFCM, "", devices.PushOK).Reachable(), false)
	ayetest.Same(t, "none", at(notify.ProviderNone, "a", devices.PushOK).Reachable(), false)
}

// change is a wish for another approval key.
type change struct {
	phone  *ayetest.Phone
	next   *ayetest.Phone // whose approval key it is to be
	claims jwt.MapClaims
	proof  jwt.MapClaims
	kid    string
	code   string
}

func (c change) sign() devices.ApprovalKeyChange {
	if _, there := c.claims["approval_proof"]; !there {
		c.claims["approval_proof"] = ayetest.Sign(c.next.ApprovalKey, devices.PossessionType, ayetest.Thumbprint(c.next.ApprovalKey), c.proof)
	}
	return devices.ApprovalKeyChange{Claim: ayetest.Sign(c.phone.Key, devices.ApprovalKeyType, c.kid, c.claims), Code: c.code}
}

func TestReplaceApprovalKey(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone, second, stranger := w.Pair(ada), w.Pair(ada), w.Pair(w.AddPerson("Eve"))
	honest := func() change {
		w.Clock.Pass(2 * time.Hour) // another code, and the wrong ones of before are forgotten
		next := w.NewPhone()
		return change{
			phone: phone, next: next, kid: phone.Device.ID, code: second.CodeNow().Reveal(),
			claims: jwt.MapClaims{"aud": ayetest.Origin, "approval_key": ayetest.Public(next.ApprovalKey), "jti": secret.NewID("jti")},
			proof:  jwt.MapClaims{"aud": ayetest.Origin, "device_key": ayetest.Thumbprint(phone.Key)},
		}
	}
	tests := []struct {
		name  string
		spoil func(*change)
		want  error
	}{
		{"another kid", func(c *change) { c.kid = ayetest.Thumbprint(phone.Key) }, devices.ErrProof},
		{"another phone's key", func(c *change) { c.phone = second }, devices.ErrProof},
		{"aud", func(c *change) { c.claims["aud"] = "x" }, devices.ErrProof},
		{"jti", func(c *change) { c.claims["jti"] = "short" }, devices.ErrProof},
		{"no proof", func(c *change) { c.claims["approval_proof"] = "" }, devices.ErrProof},
		{"proof of another key", func(c *change) { c.next = w.NewPhone() }, devices.ErrProof},
		{"proof for another phone", func(c *change) { c.proof["device_key"] = ayetest.Thumbprint(second.Key) }, devices.ErrProof},
		{"proof for another origin", func(c *change) { c.proof["aud"] = "x" }, devices.ErrProof},
		{"proof of a pairing", func(c *change) { c.proof["code_hash"] = ayetest.Hash("code") }, devices.ErrProof},
		{"the device key", func(c *change) { c.next.ApprovalKey = phone.Key; c.claims["approval_key"] = ayetest.Public(phone.Key) }, devices.ErrProof},
		{"its own code", func(c *change) { c.code = phone.CodeNow().Reveal() }, otp.ErrWrong},
		{"another person's code", func(c *change) { c.code = stranger.CodeNow().Reveal() }, otp.ErrWrong},
		{"a wrong code", func(c *change) { c.code = ayetest.Wrong(secret.Secret(c.code)).Reveal() }, otp.ErrWrong},
		{"another phone's approval key", func(c *change) {
			c.next = second
			c.claims["approval_key"] = ayetest.Public(second.ApprovalKey)
		}, devices.ErrUnknown},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := honest()
			test.spoil(&c)
			_, err := w.Devices.ReplaceApprovalKey(t.Context(), phone.Device, c.sign())
			ayetest.Fails(t, err, test.want)
			ayetest.Same(t, "key", get(w.For(t), phone).ApprovalKey, ayetest.Public(phone.ApprovalKey))
		})
	}
	_, err := w.Devices.ReplaceApprovalKey(t.Context(), phone.Device, devices.ApprovalKeyChange{Claim: "x"})
	ayetest.Fails(t, err, devices.ErrProof)
}

// A recovery code stands in where there is no other phone; it works once.
func TestReplaceApprovalKeyByRecovery(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	codes, err := w.Codes.NewRecoveryCodes(t.Context(), ada.Person.ID)
	ayetest.Fails(t, err, nil)
	for _, test := range []struct {
		code string
		want error
	}{{"0000-0000-0000-0000", otp.ErrWrong}, {codes[0].Reveal(), nil}, {codes[0].Reveal(), otp.ErrWrong}} {
		next := w.NewPhone()
		signed := change{
			phone: phone, next: next, kid: phone.Device.ID, code: test.code,
			claims: jwt.MapClaims{"aud": ayetest.Origin, "approval_key": ayetest.Public(next.ApprovalKey), "jti": secret.NewID("jti")},
			proof:  jwt.MapClaims{"aud": ayetest.Origin, "device_key": ayetest.Thumbprint(phone.Key)},
		}.sign()
		signed.Recovery = true
		before := get(w, phone).ApprovalKey
		_, err := w.Devices.ReplaceApprovalKey(t.Context(), get(w, phone), signed)
		ayetest.Fails(t, err, test.want)
		ayetest.Same(t, "replaced", get(w, phone).ApprovalKey != before, test.want == nil)
	}
}

// An old claim does not bring an old key back, and the key that was replaced decides nothing.
func TestAReplacedKeyStaysReplaced(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone, second := w.Pair(ada), w.Pair(ada)
	var claims []devices.ApprovalKeyChange
	for range 2 {
		next := w.NewPhone()
		c := change{
			phone: phone, next: next, kid: phone.Device.ID, code: second.CodeNow().Reveal(),
			claims: jwt.MapClaims{"aud": ayetest.Origin, "approval_key": ayetest.Public(next.ApprovalKey), "jti": secret.NewID("jti")},
			proof:  jwt.MapClaims{"aud": ayetest.Origin, "device_key": ayetest.Thumbprint(phone.Key)},
		}
		signed := c.sign()
		claims = append(claims, signed)
		d, err := w.Devices.ReplaceApprovalKey(t.Context(), get(w, phone), signed)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "key", d.ApprovalKey, ayetest.Public(next.ApprovalKey))
		w.Clock.Pass(time.Hour)
	}
	claims[0].Code = second.CodeNow().Reveal()
	_, err := w.Devices.ReplaceApprovalKey(t.Context(), get(w, phone), claims[0])
	ayetest.Fails(t, err, devices.ErrProofUsed)
	_, err = w.Approve(phone, w.Ask(ada)) // with the first key
	ayetest.Same(t, "refused", err != nil, true)

	// A phone alone cannot: there must be another factor.
	alone := w.Pair(w.AddPerson("Bea"))
	c := change{
		phone: alone, next: w.NewPhone(), kid: alone.Device.ID, code: alone.CodeNow().Reveal(),
		claims: jwt.MapClaims{"aud": ayetest.Origin, "jti": secret.NewID("jti")},
		proof:  jwt.MapClaims{"aud": ayetest.Origin, "device_key": ayetest.Thumbprint(alone.Key)},
	}
	c.claims["approval_key"] = ayetest.Public(c.next.ApprovalKey)
	_, err = w.Devices.ReplaceApprovalKey(t.Context(), alone.Device, c.sign())
	ayetest.Fails(t, err, otp.ErrNone)
}

func TestPossession(t *testing.T) {
	t.Parallel()
	device, approval := ayetest.NewKey(t), ayetest.NewKey(t)
	good := jwt.MapClaims{"aud": ayetest.Origin, "code_hash": "c", "device_key": ayetest.Thumbprint(device)}
	sign := func(kid string) string { return ayetest.Sign(approval, devices.PossessionType, kid, good) }
	thumbprint := ayetest.Thumbprint(approval)
	ayetest.Fails(t, devices.Possession(sign(thumbprint), ayetest.Public(approval), ayetest.Public(device), ayetest.Origin, "c"), nil)
	bad := jws.Key{KTY: "EC", CRV: "P-256", X: "AA", Y: "AA"}
	for name, err := range map[string]error{
		"kid":     devices.Possession(sign("kid"), ayetest.Public(approval), ayetest.Public(device), ayetest.Origin, "c"),
		"one key": devices.Possession(sign(thumbprint), ayetest.Public(approval), ayetest.Public(approval), ayetest.Origin, "c"),
		"another's signature": devices.Possession(ayetest.Sign(device, devices.PossessionType, thumbprint, good),
			ayetest.Public(approval), ayetest.Public(device), ayetest.Origin, "c"),
		"no point": devices.Possession(sign(bad.Thumbprint()), bad, ayetest.Public(device), ayetest.Origin, "c"),
	} {
		if !errors.Is(err, jws.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
