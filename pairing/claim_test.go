package pairing_test

import (
	"errors"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
)

var operator = accounts.Application{}

func state(w *ayetest.World, id string) pairing.State {
	w.Helper()
	p, err := w.Pairings.Find(w.Context(), id)
	ayetest.Fails(w, err, nil)
	return p.State
}

func status(w *ayetest.World, p *ayetest.Phone) devices.Status {
	w.Helper()
	d, err := w.Store.Device(w.Context(), p.Device.ID)
	ayetest.Fails(w, err, nil)
	return d.Status
}

func TestAPhoneIsLinked(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, phone := w.AddPerson("Ada"), w.NewPhone()
	shown := w.Open(ada)
	ayetest.Same(t, "times", []time.Duration{shown.Expires.Sub(shown.Created), shown.Ends.Sub(shown.Created)}, []time.Duration{pairing.CodeLife, pairing.Life})
	ayetest.Same(t, "URL", shown.URL.Reveal(), ayetest.Origin+"/p#1."+ayetest.Scan(shown).Reveal()+"."+w.Signer.Thumbprint())
	hints := 0
	defer w.Broker.Subscribe(pairing.Topic(shown.ID), func() { hints++ })()
	claimed, err := w.Claim(phone, shown)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", claimed.State, pairing.Paired)
	ayetest.Same(t, "hints", hints > 0, true)
	ayetest.Same(t, "person", claimed.Member.Person, ada.Person)
	ayetest.Same(t, "organisation", claimed.Organisation.Name, "Example")
	ayetest.Same(t, "address of the codes", phone.URI.Reveal()[:len("otpauth://totp/")], "otpauth://totp/")
	ayetest.Fails(t, w.Codes.Prove(t.Context(), ada.Person.ID, phone.CodeNow().Reveal(), ""), nil)

	d := claimed.Device
	ayetest.Same(t, "device", []any{d.Status, d.PersonID, d.MembershipID, d.OrganisationID, d.Key, d.ApprovalKey}, []any{
		devices.Active, ada.Person.ID, ada.ID, w.Organisation.ID, ayetest.Public(phone.Key), ayetest.Public(phone.ApprovalKey),
	})
	ayetest.Same(t, "told", w.Announcer.Notices(ada.Person.ID), []accounts.Notice{
		{PersonID: ada.Person.ID, OrganisationID: w.Organisation.ID, Kind: accounts.PhoneLinked, Device: "Pixel 9"},
	})
	view, err := w.Pairings.View(t.Context(), operator, shown.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "view", []any{view.State, view.Device.Name}, []any{pairing.Paired, "Pixel 9"})
}

// Whatever is wrong with a claim, the code still works afterwards.
func TestClaims(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, phone, thief := w.AddPerson("Ada"), w.NewPhone(), w.NewPhone()
	shown := w.Open(ada)
	code := ayetest.Scan(shown)
	push := func(change map[string]string) func(jwt.MapClaims) {
		return func(c jwt.MapClaims) {
			p := map[string]string{"provider": "apns", "app": "com.example.aye", "kind": "token", "address": "00ff", "environment": "production"}
			maps.Copy(p, change)
			c["push"] = p
		}
	}
	set := func(name string, value any) func(jwt.MapClaims) { return func(c jwt.MapClaims) { c[name] = value } }
	proof := func(key, by *ayetest.Phone, claims jwt.MapClaims) func(jwt.MapClaims) {
		return set("approval_proof", ayetest.Sign(by.ApprovalKey, devices.PossessionType, ayetest.Thumbprint(key.ApprovalKey), claims))
	}
	honest := func() jwt.MapClaims {
		return jwt.MapClaims{"aud": ayetest.Origin, "code_hash": ayetest.Hash(code.Reveal()), "device_key": ayetest.Thumbprint(phone.Key)}
	}
	with := func(name, value string) jwt.MapClaims { c := honest(); c[name] = value; return c }
	tests := []struct {
		name   string
		change func(jwt.MapClaims)
		want   error
	}{
		{"aud", set("aud", "https://evil.example.com"), pairing.ErrClaim},
		{"code_hash", set("code_hash", ayetest.Hash("another")), pairing.ErrClaim},
		{"another's device key", set("device_key", ayetest.Public(thief.Key)), pairing.ErrClaim},
		{"no point", set("device_key", map[string]string{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}), pairing.ErrClaim},
		{"another's approval key", set("approval_key", ayetest.Public(thief.ApprovalKey)), pairing.ErrClaim},
		{"no approval proof", set("approval_proof", ""), pairing.ErrClaim},
		{"proof by another", proof(phone, thief, honest()), pairing.ErrClaim},
		{"proof for another origin", proof(phone, phone, with("aud", "https://evil.example.com")), pairing.ErrClaim},
		{"proof for another code", proof(phone, phone, with("code_hash", ayetest.Hash("another"))), pairing.ErrClaim},
		{"proof for another phone", proof(phone, phone, with("device_key", ayetest.Thumbprint(thief.Key))), pairing.ErrClaim},
		{"platform", set("platform", "symbian"), devices.ErrInvalid},
		{"model", set("model", ""), devices.ErrInvalid},
		{"model that turns around", set("model", "Pixel \u202e9"), devices.ErrInvalid},
		{"os_version", set("os_version", "1\n2"), devices.ErrInvalid},
		{"app_version", set("app_version", "one"), devices.ErrInvalid},
		{"locale", set("locale", "english!"), devices.ErrInvalid},
		{"provider", push(map[string]string{"provider": "pigeon"}), devices.ErrInvalid},
		{"environment", push(map[string]string{"environment": "test"}), devices.ErrInvalid},
		{"kind", push(map[string]string{"kind": "fid"}), devices.ErrInvalid},
		{"address", push(map[string]string{"address": "not hex"}), devices.ErrInvalid},
		{"a claim of no JSON type", set("model", 7), pairing.ErrClaim},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := w.Pairings.Claim(t.Context(), code, phone.Claim(code, test.change))
			ayetest.Fails(t, err, test.want)
			ayetest.Same(t, "state", state(w.For(t), shown.ID), pairing.Open)
		})
	}
	var honestClaims jwt.MapClaims
	phone.Claim(code, func(c jwt.MapClaims) { honestClaims = maps.Clone(c) })
	same := w.NewPhone()
	same.ApprovalKey = same.Key
	for name, sent := range map[string]string{
		"no JWS":                "x",
		"one key for both":      same.Claim(code, nil),
		"another typ":           ayetest.Sign(phone.Key, devices.ProofType, ayetest.Thumbprint(phone.Key), jwt.MapClaims{}),
		"another's signature":   ayetest.Sign(thief.Key, pairing.ClaimType, ayetest.Thumbprint(phone.Key), honestClaims),
		"another kid":           ayetest.Sign(phone.Key, pairing.ClaimType, "kid", honestClaims),
		"claims are not object": ayetest.Sign(phone.Key, pairing.ClaimType, "kid", jwt.MapClaims{"device_key": 1}),
	} {
		if _, err := w.Pairings.Claim(t.Context(), code, sent); !errors.Is(err, pairing.ErrClaim) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, unknown := range []secret.Secret{"", secret.NewToken(), ayetest.Wrong(code)} {
		_, err := w.Pairings.Claim(t.Context(), unknown, phone.Claim(unknown, nil))
		ayetest.Fails(t, err, pairing.ErrUnknownCode)
	}
	_, err := w.Claim(phone, shown)
	ayetest.Fails(t, err, nil)
}

func TestKeysOfAnotherPhone(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	elder := w.Pair(w.AddPerson("Ada"))
	copied := w.NewPhone()
	copied.Key = elder.Key
	_, err := w.Claim(copied, w.Open(w.AddPerson("Bea")))
	ayetest.Fails(t, err, pairing.ErrKeyReused)
}

// The phone repeats a claim whose answer was lost, and gets it.
func TestALostAnswer(t *testing.T) {
	t.Parallel()
	for _, profile := range []accounts.Profile{accounts.Standard, accounts.Strict} {
		t.Run(string(profile), func(t *testing.T) {
			t.Parallel()
			w := ayetest.New(t)
			w.Change(func(o *accounts.Organisation) { o.Profile = profile })
			ada, phone := w.AddPerson("Ada"), w.NewPhone()
			shown := w.Open(ada)
			first, err := w.Claim(phone, shown)
			ayetest.Fails(t, err, nil)
			w.Clock.Pass(5 * time.Minute)
			again, err := w.Claim(phone, shown)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "answer", []any{again.Device.ID, again.State, again.TOTP.Reveal()}, []any{first.Device.ID, first.State, first.TOTP.Reveal()})
			removed, err := w.Devices.Remove(t.Context(), phone.Device, "operator")
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "removed", removed, true)
			_, err = w.Claim(phone, shown)
			ayetest.Fails(t, err, pairing.ErrExpired) // a removed phone does not come back by its old code
		})
	}
}

// The older phone is asked once, also when the claim comes several times at once, and every
// call gets the same answer.
func TestAClaimThatComesTwiceAtOnce(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, phone := w.AddPerson("Ada"), w.NewPhone()
	w.Pair(ada)
	shown := w.Open(ada)
	code := ayetest.Scan(shown)
	sent := phone.Claim(code, nil)
	answers := make([]string, 5)
	ayetest.AtOnce(len(answers), func(i int) {
		claimed, err := w.Pairings.Claim(t.Context(), code, sent)
		if err != nil {
			t.Error(err)
		}
		answers[i] = claimed.ApprovalID
	})
	for _, answer := range answers {
		ayetest.Same(t, "approval", answer, answers[0])
	}
	pending, err := w.Store.PendingOf(t.Context(), ada.Person.ID, "")
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "questions on the older phone", len(pending), 1)
}

// TestThreatQRSeenByAStranger: whoever of the two scans first, neither phone stays.
func TestThreatQRSeenByAStranger(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	tests := []struct {
		name   string
		pause  time.Duration
		burned bool
	}{
		{"at once", 0, true},
		{"ten minutes after", pairing.BurnWindow, true},
		{"later", pairing.BurnWindow + time.Millisecond, false},
	}
	for _, strangerFirst := range []bool{false, true} {
		for _, test := range tests {
			w.Run(t, test.name, func(t *testing.T, w *ayetest.World) {
				ada := w.AddPerson("Ada")
				first, second := w.NewPhone(), w.NewPhone()
				if strangerFirst {
					first.Claims["model"] = "The stranger's"
				}
				shown := w.Open(ada)
				_, err := w.Claim(first, shown)
				ayetest.Fails(t, err, nil)
				w.Clock.Pass(test.pause)
				_, err = w.Claim(second, shown)
				if !test.burned {
					ayetest.Fails(t, err, pairing.ErrClosed)
					ayetest.Same(t, "status", status(w, first), devices.Active)
					return
				}
				ayetest.Fails(t, err, pairing.ErrBurned)
				ayetest.Same(t, "state", state(w, shown.ID), pairing.Burned)
				ayetest.Same(t, "status", status(w, first), devices.Removed)
				ayetest.Same(t, "told", w.Announcer.Told(ada.Person.ID), []accounts.NoticeKind{accounts.PhoneLinked, accounts.PairingBurned})
				for _, phone := range []*ayetest.Phone{first, second} {
					_, err = w.Claim(phone, shown)
					ayetest.Fails(t, err, pairing.ErrBurned)
				}
			})
		}
	}
	w.Run(t, "one of the two keys is enough to be another phone", func(t *testing.T, w *ayetest.World) {
		for _, same := range []string{"device key", "approval key"} {
			first, half := w.NewPhone(), w.NewPhone()
			if same == "device key" {
				half.Key = first.Key
			} else {
				half.ApprovalKey = first.ApprovalKey
			}
			shown := w.Open(w.AddPerson("Ada"))
			_, err := w.Claim(first, shown)
			ayetest.Fails(t, err, nil)
			_, err = w.Claim(half, shown)
			ayetest.Fails(t, err, pairing.ErrBurned)
		}
	})
}

func TestAHundredClaimsAtOnce(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	shown := w.Open(ada)
	code := ayetest.Scan(shown)
	var won, burned atomic.Int64
	claims := make([]string, 100)
	for i := range claims {
		claims[i] = w.NewPhone().Claim(code, nil)
	}
	ayetest.AtOnce(len(claims), func(i int) {
		switch _, err := w.Pairings.Claim(t.Context(), code, claims[i]); {
		case err == nil:
			won.Add(1)
		case errors.Is(err, pairing.ErrBurned):
			burned.Add(1)
		default:
			t.Error(err)
		}
	})
	if won.Load() > 1 || won.Load()+burned.Load() != 100 {
		t.Fatalf("%d won, %d burned", won.Load(), burned.Load())
	}
	ayetest.Same(t, "state", state(w, shown.ID), pairing.Burned)
	active, err := w.Devices.Of(t.Context(), ada.Person.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "phones", len(active), 0)
}

func TestAnAppThatIsTooOldLosesNothing(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.Change(func(o *accounts.Organisation) { o.MinimumAppVersion = "1.6.78" })
	phone := w.NewPhone()
	shown := w.Open(w.AddPerson("Ada"))
	_, err := w.Claim(phone, shown)
	ayetest.Fails(t, err, pairing.ErrAppTooOld)
	ayetest.Same[error](t, "says which", err, &pairing.AppTooOldError{Minimum: "1.6.78"})
	ayetest.Same(t, "text", err.Error(), "this app is too old: version 1.6.78 or newer is needed")
	ayetest.Same(t, "state", state(w, shown.ID), pairing.Open)
	phone.Claims["app_version"] = "1.6.78"
	_, err = w.Claim(phone, shown)
	ayetest.Fails(t, err, nil)
}
