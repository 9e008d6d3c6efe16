package devices_test

import (
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
)

func TestProofs(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	phone, other := w.Pair(w.AddPerson("Ada")), w.Pair(w.AddPerson("Bea"))
	set := func(name string, value any) func(jwt.MapClaims) { return func(c jwt.MapClaims) { c[name] = value } }
	without := func(name string) func(jwt.MapClaims) { return func(c jwt.MapClaims) { delete(c, name) } }
	off := func(d time.Duration) func(jwt.MapClaims) { return set("iat", w.Clock.Now().Add(d).Unix()) }
	body := []byte(`{"locale":"nl"}`)
	tests := []struct {
		name   string
		body   []byte
		change func(jwt.MapClaims)
		want   error
	}{
		{"honest", nil, nil, nil},
		{"with a body", body, nil, nil},
		{"iss", nil, set("iss", other.Device.ID), devices.ErrProof},
		{"aud", nil, set("aud", "https://evil.example.com"), devices.ErrProof},
		{"htm", nil, set("htm", "POST"), devices.ErrProof},
		{"htm in small letters", nil, set("htm", "get"), devices.ErrProof},
		{"htu", nil, set("htu", ayetest.Origin+"/v1/device/history"), devices.ErrProof},
		{"htu with a query", nil, set("htu", ayetest.Origin+"/v1/device?a=b"), devices.ErrProof},
		{"no jti", nil, without("jti"), devices.ErrProof},
		{"short jti", nil, set("jti", strings.Repeat("j", 15)), devices.ErrProof},
		{"shortest jti", nil, set("jti", strings.Repeat("j", 16)), nil},
		{"longest jti", nil, set("jti", strings.Repeat("j", 64)), nil},
		{"long jti", nil, set("jti", strings.Repeat("j", 65)), devices.ErrProof},
		{"jti with a space", nil, set("jti", "0123456789 abcdef"), devices.ErrProof},
		{"jti beyond ASCII", nil, set("jti", "0123456789abcdefé"), devices.ErrProof},
		{"no body hash", body, without("bh"), devices.ErrProof},
		{"another body's hash", body, set("bh", ayetest.Hash("{}")), devices.ErrProof},
		{"a body hash without a body", nil, set("bh", ayetest.Hash("")), devices.ErrProof},
		{"120 s ahead", nil, off(120 * time.Second), nil},
		{"121 s ahead", nil, off(121 * time.Second), devices.ErrUseNonce},
		{"120 s behind", nil, off(-120 * time.Second), nil},
		{"121 s behind", nil, off(-121 * time.Second), devices.ErrUseNonce},
		{"no iat", nil, without("iat"), devices.ErrUseNonce},
		{"greatest iat", nil, set("iat", int64(1)<<62), devices.ErrUseNonce},
		{"iat as text", nil, set("iat", "now"), devices.ErrProof},
		{"wrong, and the clock is off", nil, func(c jwt.MapClaims) { off(time.Hour)(c); c["aud"] = "x" }, devices.ErrProof},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			device, err := w.Devices.Authenticate(t.Context(), phone.Call("GET", "/v1/device", test.body, test.change))
			ayetest.Fails(t, err, test.want)
			if test.want == nil {
				ayetest.Same(t, "device", device.ID, phone.Device.ID)
			}
		})
	}
}

func TestWhoSignedAProof(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	phone, other := w.Pair(w.AddPerson("Ada")), w.Pair(w.AddPerson("Bea"))
	honest := phone.Call("GET", "/v1/device", nil, nil)
	claims := jwt.MapClaims{
		"iss": phone.Device.ID, "aud": ayetest.Origin, "htm": "GET", "htu": ayetest.Origin + "/v1/device",
		"iat": w.Clock.Now().Unix(), "jti": secret.NewID("jti"),
	}
	unknown := secret.NewID("dev")
	for name, test := range map[string]struct {
		proof string
		want  error
	}{
		"itself":             {honest.Proof, nil},
		"nobody":             {"", devices.ErrProof},
		"another typ":        {ayetest.Sign(phone.Key, "aye-decision+jwt", phone.Device.ID, claims), devices.ErrProof},
		"another phone":      {ayetest.Sign(other.Key, devices.ProofType, phone.Device.ID, claims), devices.ErrProof},
		"the approval key":   {ayetest.Sign(phone.ApprovalKey, devices.ProofType, phone.Device.ID, claims), devices.ErrProof},
		"named by its key":   {ayetest.Sign(phone.Key, devices.ProofType, ayetest.Thumbprint(phone.Key), claims), devices.ErrProof},
		"a phone not paired": {ayetest.Sign(phone.Key, devices.ProofType, unknown, claims), devices.ErrUnknown},
		"another's name":     {ayetest.Sign(phone.Key, devices.ProofType, other.Device.ID, claims), devices.ErrProof},
	} {
		call := honest
		call.Proof = test.proof
		_, err := w.Devices.Authenticate(t.Context(), call)
		if ayetest.Fails(t, err, test.want); t.Failed() {
			t.Fatal(name)
		}
	}
}

// Only who holds the key learns that a phone was removed.
func TestARemovedPhone(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	phone := w.Pair(w.AddPerson("Ada"))
	for i := range 2 {
		removed, err := w.Devices.Remove(t.Context(), phone.Device, "operator")
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "removed", removed, i == 0)
	}
	_, err := w.Devices.Authenticate(t.Context(), phone.Call("GET", "/v1/device", nil, nil))
	ayetest.Fails(t, err, devices.ErrUnknown)
	call := phone.Call("GET", "/v1/device", nil, nil)
	call.Proof = ayetest.Sign(ayetest.NewKey(t), devices.ProofType, phone.Device.ID, jwt.MapClaims{})
	_, err = w.Devices.Authenticate(t.Context(), call)
	ayetest.Fails(t, err, devices.ErrProof)
	_, err = w.Devices.Device(t.Context(), phone.Device.ID)
	ayetest.Fails(t, err, devices.ErrUnknown)
	_, err = w.Devices.Update(t.Context(), phone.Device, phone.Device.Details)
	ayetest.Fails(t, err, devices.ErrUnknown)
}

// A phone that waits for its pairing is known, and is not active.
func TestAPendingPhone(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.Change(func(o *accounts.Organisation) { o.Profile = accounts.Strict })
	ada, phone := w.AddPerson("Ada"), w.NewPhone()
	_, err := w.Claim(phone, w.Open(ada))
	ayetest.Fails(t, err, nil)
	device, err := w.Devices.Authenticate(t.Context(), phone.Call("GET", "/v1/device", nil, nil))
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "status", device.Status, devices.Pending)
	active, err := w.Devices.Of(t.Context(), ada.Person.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "active", len(active), 0)
}

func TestNonces(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	phone := w.Pair(w.AddPerson("Ada"))
	with := func(nonce string) error {
		_, err := w.Devices.Authenticate(t.Context(), phone.Call("GET", "/v1/device", nil, func(c jwt.MapClaims) { c["iat"], c["nonce"] = 0, nonce }))
		return err
	}
	nonce := w.Devices.Nonce()
	number, code, _ := strings.Cut(nonce, ".")
	step, err := strconv.ParseInt(number, 10, 64)
	ayetest.Fails(t, err, nil)
	later := strconv.FormatInt(step+1, 10)
	for name, forged := range map[string]string{
		"no step": "." + code, "another code": number + "." + ayetest.Hash("x"), "another step": later + "." + code, "no code": number,
		"from the future": later + "." + w.Keys.Code("proof nonce", later).Reveal(), "more behind": nonce + ".x",
	} {
		if ayetest.Fails(t, with(forged), devices.ErrUseNonce); t.Failed() {
			t.Fatal(name)
		}
	}
	ayetest.Fails(t, with(nonce), nil)
	w.Clock.Pass(devices.NonceLife - time.Minute - 6*time.Second) // it was made 6 s into its minute
	ayetest.Fails(t, with(nonce), nil)
	w.Clock.Pass(time.Minute - time.Second)
	ayetest.Fails(t, with(nonce), nil)
	w.Clock.Pass(time.Second)
	ayetest.Fails(t, with(nonce), devices.ErrUseNonce)
}

func TestReplays(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	phone, other := w.Pair(w.AddPerson("Ada")), w.Pair(w.AddPerson("Bea"))
	try := func(call devices.Call) error { _, err := w.Devices.Authenticate(t.Context(), call); return err }
	look := phone.Call("GET", "/v1/device", nil, nil)
	for range 3 {
		ayetest.Fails(t, try(look), nil)
	}
	change := phone.Call("DELETE", "/v1/device", nil, nil)
	ayetest.Fails(t, try(change), nil)
	ayetest.Fails(t, try(change), devices.ErrProofUsed)
	w.Clock.Pass(devices.ProofWindow)
	ayetest.Fails(t, try(change), devices.ErrProofUsed)

	same := func(c jwt.MapClaims) { c["jti"] = "the-same-for-both-phones" }
	ayetest.Fails(t, try(phone.Call("DELETE", "/v1/device", nil, same)), nil)
	ayetest.Fails(t, try(other.Call("DELETE", "/v1/device", nil, same)), nil)

	// A proof for a time to come is remembered until it is over.
	ahead := phone.Call("DELETE", "/v1/device", nil, func(c jwt.MapClaims) { c["iat"] = w.Clock.Now().Add(devices.ProofWindow).Unix() })
	ayetest.Fails(t, try(ahead), nil)
	w.Clock.Pass(2 * devices.ProofWindow)
	for range 20 { // each call lets go of some that are old
		ayetest.Fails(t, try(phone.Call("DELETE", "/v1/device", nil, nil)), nil)
	}
	ayetest.Fails(t, try(ahead), devices.ErrProofUsed)

	raced := phone.Call("DELETE", "/v1/device", nil, nil)
	var won atomic.Int64
	ayetest.AtOnce(100, func(int) {
		if try(raced) == nil {
			won.Add(1)
		}
	})
	ayetest.Same(t, "of a hundred at once", won.Load(), 1)
}

func TestSeen(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	phone := w.Pair(w.AddPerson("Ada"))
	first := w.Clock.Now()
	seen := func() time.Time {
		_, err := w.Devices.Authenticate(t.Context(), phone.Call("GET", "/v1/device", nil, nil))
		ayetest.Fails(t, err, nil)
		d, err := w.Devices.Device(t.Context(), phone.Device.ID)
		ayetest.Fails(t, err, nil)
		return d.Seen
	}
	w.Clock.Pass(59 * time.Minute)
	ayetest.Same(t, "within the hour", seen(), first)
	w.Clock.Pass(time.Minute)
	ayetest.Same(t, "after an hour", seen(), w.Clock.Now())
}

// TestThreatProofsOfBeforeARestore shows a proof again whose use a restore has forgotten, also one of a clock that is ahead,
// and a nonce of before. The phone goes on with a nonce of since.
func TestThreatProofsOfBeforeARestore(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	phone := w.Pair(w.AddPerson("ada@example.com"))
	change := func(at time.Time, nonce string) devices.Call {
		call := phone.Call("POST", "/v1/device", []byte("{}"), func(c jwt.MapClaims) {
			c["iat"] = at.Unix()
			if nonce != "" {
				c["nonce"] = nonce
			}
		})
		call.Changes = true
		return call
	}
	try := func(call devices.Call) error {
		_, err := w.Devices.Authenticate(t.Context(), call)
		return err
	}
	now := w.Clock.Now()
	before := []devices.Call{change(now, ""), change(now.Add(devices.ProofWindow), ""), change(now, w.Devices.Nonce())}
	w.Clock.Pass(time.Second)
	w.Devices.Restored = w.Clock.Now() // none of them is remembered
	for i := range 2 {
		for _, call := range before {
			ayetest.Fails(t, try(call), devices.ErrUseNonce)
		}
		ayetest.Fails(t, try(change(w.Clock.Now(), w.Devices.Nonce())), nil)
		if i == 0 { // to the last moment in which one of them would do
			w.Clock.Pass(2*devices.ProofWindow - time.Second)
		}
	}
	w.Clock.Pass(2 * time.Second)
	for _, call := range before {
		ayetest.Fails(t, try(call), devices.ErrUseNonce)
	}
	ayetest.Fails(t, try(change(w.Clock.Now(), "")), nil)
}

// TestThreatProofsAtAClockBehind: a call that was caught at a node whose clock is 10 minutes ahead is sent again to one whose
// clock is as far behind, for which it is fresh once more. Meanwhile the phone goes on calling, which lets old ids go.
func TestThreatProofsAtAClockBehind(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	phone := w.Pair(w.AddPerson("Ada"))
	ahead, behind := *w.Devices, *w.Devices
	behind.Now = func() time.Time { return w.Clock.Now().Add(-20 * time.Minute) }
	caught := phone.Call("POST", "/v1/device", nil, nil)
	caught.Changes = true
	_, err := ahead.Authenticate(t.Context(), caught)
	ayetest.Fails(t, err, nil)
	for range 22 {
		w.Clock.Pass(time.Minute)
		other := phone.Call("POST", "/v1/device", nil, nil)
		other.Changes = true
		_, err = ahead.Authenticate(t.Context(), other)
		ayetest.Fails(t, err, nil)
		if _, err = behind.Authenticate(t.Context(), caught); err == nil {
			t.Fatal("the call was taken twice")
		}
	}
}
