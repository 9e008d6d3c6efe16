package devices_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
)

// rawClaims are claims as they stand, however they are spelt.
type rawClaims struct {
	jwt.MapClaims
	text []byte
}

// MarshalJSON gives the text.
func (r rawClaims) MarshalJSON() ([]byte, error) { return r.text, nil }

// FuzzProof: whatever a phone signs, a call is taken only if a reader who knows nothing of Aye finds in it this phone, this
// server, this method, this address and this body.
func FuzzProof(f *testing.F) {
	w := ayetest.New(f)
	phone := w.Pair(w.AddPerson("Ada"))
	const path, body = "/v1/device/approvals", `{"a":1}`
	// A seed cannot know the id of the phone, nor the nonce of the moment.
	fill := strings.NewReplacer("DEVICE", phone.Device.ID, "ORIGIN", ayetest.Origin, "HASH", ayetest.Hash(body), "NONCE", w.Devices.Nonce(), "1795253400", strconv.FormatInt(w.Clock.Now().Unix(), 10))
	f.Fuzz(func(t *testing.T, template string) {
		text := fill.Replace(template)
		if !json.Valid([]byte(text)) || !utf8.ValidString(text) {
			return // such a one cannot be signed by the library of the tests
		}
		proof := ayetest.Sign(phone.Key, devices.ProofType, phone.Device.ID, rawClaims{text: []byte(text)})
		_, err := w.Devices.Authenticate(t.Context(), devices.Call{Proof: proof, Method: http.MethodGet, URL: ayetest.Origin + path, Body: []byte(body)})
		if err != nil {
			if !errors.Is(err, devices.ErrProof) && !errors.Is(err, devices.ErrUseNonce) {
				t.Fatal(err)
			}
			return
		}
		var read map[string]any
		if err = json.Unmarshal([]byte(text), &read); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"iss": phone.Device.ID, "aud": ayetest.Origin, "htm": http.MethodGet, "htu": ayetest.Origin + path, "bh": ayetest.Hash(body)} {
			if read[name] != want {
				t.Errorf("%s is %v: %s", name, read[name], text)
			}
		}
		if id, _ := read["jti"].(string); len(id) < 16 || len(id) > 64 {
			t.Errorf("jti is %v", read["jti"])
		}
	})
}

// FuzzDetails: what a phone says of itself and is taken can be shown on one line, and be pushed to.
func FuzzDetails(f *testing.F) {
	f.Fuzz(func(t *testing.T, model, os, app, locale, provider, address string) {
		d := devices.Details{
			Platform: devices.Android, Name: model, Model: model, OSVersion: os, AppVersion: app, Locale: locale,
			Push: devices.Address{Provider: notify.Provider(provider), App: "com.example.aye", Kind: "token", Environment: "production", Address: secret.Secret(address)},
		}
		if err := d.Validate(); err != nil {
			if !errors.Is(err, devices.ErrInvalid) || (len(address) > 20 && strings.Contains(err.Error(), address)) {
				t.Fatal(err)
			}
			return
		}
		for _, text := range []string{model, os} {
			if !utf8.ValidString(text) || utf8.RuneCountInString(text) > 64 || strings.TrimSpace(text) == "" || strings.ContainsAny(text, "\x00\r\n\u2028\u202e") {
				t.Errorf("%q", text)
			}
		}
		if strings.Count(app, ".") != 2 || strings.Trim(app, "0123456789.") != "" || !accounts.ValidVersion(app) {
			t.Errorf("the version %q", app)
		}
		if len(locale) < 2 || len(locale) > 35 || strings.ContainsAny(locale, "_ ,;") {
			t.Errorf("the language %q", locale)
		}
		if provider == "apns" && strings.Trim(address, "0123456789abcdefABCDEF") != "" {
			t.Errorf("the address %q", address)
		}
	})
}
