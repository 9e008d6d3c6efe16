package pairing_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/devices"
	"example.com/aye/internal/ayetest"
	"example.com/aye/pairing"
)

// rawClaims are claims as they stand, however they are spelt.
type rawClaims struct {
	jwt.MapClaims
	text []byte
}

// MarshalJSON gives the text.
func (r rawClaims) MarshalJSON() ([]byte, error) { return r.text, nil }

// FuzzClaim: whatever a new phone signs, it is linked only if a reader who knows nothing of Aye finds in it this server, this
// code and both keys; and what it says of itself can be shown.
func FuzzClaim(f *testing.F) {
	key, approvalKey := ayetest.NewKey(f), ayetest.NewKey(f)
	const origin = "https://aye.example.com"
	hash := ayetest.Hash("code")
	written := func(value any) string { raw, _ := json.Marshal(value); return string(raw) }
	proof := ayetest.Sign(approvalKey, devices.PossessionType, ayetest.Thumbprint(approvalKey), jwt.MapClaims{"aud": origin, "code_hash": hash, "device_key": ayetest.Thumbprint(key)})
	fill := strings.NewReplacer(`"KEY"`, written(ayetest.Public(key)), `"APPROVAL"`, written(ayetest.Public(approvalKey)), "PROOF", proof, "HASH", hash, "ORIGIN", origin)
	f.Fuzz(func(t *testing.T, template string) {
		text := fill.Replace(template)
		if !json.Valid([]byte(text)) || !utf8.ValidString(text) {
			return // such a one cannot be signed by the library of the tests
		}
		device, err := pairing.ReadClaim(ayetest.Sign(key, pairing.ClaimType, ayetest.Thumbprint(key), rawClaims{text: []byte(text)}), origin, hash)
		if err != nil {
			if !errors.Is(err, pairing.ErrClaim) && !errors.Is(err, devices.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		var read map[string]any
		if err = json.Unmarshal([]byte(text), &read); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"aud": origin, "code_hash": hash, "approval_proof": proof, "model": device.Model, "platform": string(device.Platform)} {
			if read[name] != want {
				t.Errorf("%s is %v: %s", name, read[name], text)
			}
		}
		for name, want := range map[string]string{"device_key": ayetest.Public(key).X, "approval_key": ayetest.Public(approvalKey).X} {
			if jwk, _ := read[name].(map[string]any); jwk["x"] != want {
				t.Errorf("%s is %v", name, read[name])
			}
		}
		if device.Key != ayetest.Public(key) || device.ApprovalKey != ayetest.Public(approvalKey) || device.Validate() != nil {
			t.Errorf("%+v", device)
		}
	})
}
