package devices_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"

	"example.com/aye/devices"
	"example.com/aye/internal/ayetest"
)

// call is one of those that a phone makes for a login.
type call struct {
	name string
	devices.Call
}

func calls(phone *ayetest.Phone) []call {
	decision := []byte(`{"decision":"` + strings.Repeat("x", 900) + `"}`)
	decide := phone.Call("POST", "/v1/approvals/apr_01890a5d4f6c7b3e8a1d2c3b4a596877/decision", decision, nil)
	decide.Changes = false // a decision works once by itself
	return []call{{"fetch", phone.Call("GET", "/v1/device/approvals", nil, nil)}, {"decide", decide}}
}

// BenchmarkAuthenticate is the whole proof of a phone's call, with the read of the phone,
// beside the bare check of its signature.
func BenchmarkAuthenticate(b *testing.B) {
	w := ayetest.New(b)
	phone := w.Pair(w.AddPerson("Ada"))
	for _, c := range calls(phone) {
		b.Run("call="+c.name+"/way=aye", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.Devices.Authenticate(b.Context(), c.Call); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("call="+c.name+"/way=bare", func(b *testing.B) {
			digest, r, s := parts(b, c.Proof)
			b.ReportAllocs()
			for b.Loop() {
				if !ecdsa.Verify(&phone.Key.PublicKey, digest[:], r, s) {
					b.Fatal("refused")
				}
			}
		})
	}
}

// parts gives what a signature is over, and the signature.
func parts(tb testing.TB, compact string) (digest [sha256.Size]byte, r, s *big.Int) {
	tb.Helper()
	end := strings.LastIndexByte(compact, '.')
	signature, err := base64.RawURLEncoding.DecodeString(compact[end+1:])
	ayetest.Fails(tb, err, nil)
	return sha256.Sum256([]byte(compact[:end])), new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
}

// Each call of a phone begins with this.
func TestAllocations(t *testing.T) {
	w := ayetest.New(t)
	phone := w.Pair(w.AddPerson("Ada"))
	for _, c := range calls(phone) {
		const most = 170
		got := testing.AllocsPerRun(200, func() {
			if _, err := w.Devices.Authenticate(t.Context(), c.Call); err != nil {
				t.Fatal(err)
			}
		})
		if got > most {
			t.Errorf("%s: %v allocations, %v at most", c.name, got, most)
		}
	}
}
