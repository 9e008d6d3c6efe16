package secret_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"testing"

	"example.com/aye/internal/secret"
)

const (
	benchmarkID = "apr_01890a5d4f6c7b3e8a1d2c3b4a596877"
	// address is as long as one of Google's.
	address = "cGhvbmUtYWRkcmVzcw:APA91bE2mN8rT5vXyZ0aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789-abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefgh"
)

// step is one way to do a thing, or the bare one beside it.
type step struct {
	name string
	most float64 // allocations; what a test allows
	work func() error
}

func codes(tb testing.TB) []step {
	tb.Helper()
	k, err := secret.NewKeys(bytes.Repeat([]byte{1}, secret.KeySize))
	if err != nil {
		tb.Fatal(err)
	}
	return []step{
		{"of=code/way=aye", 11, func() error { _ = k.Code("approval ticket", benchmarkID); return nil }},
		{"of=number/way=aye", 12, func() error { _ = k.Digits(3, "number", benchmarkID, "0"); return nil }},
	}
}

// BenchmarkCode is what is derived in each login, beside a bare HMAC with a key that is ready.
func BenchmarkCode(b *testing.B) {
	mac := hmac.New(sha256.New, bytes.Repeat([]byte{1}, sha256.Size))
	text, sum := []byte("12345678"+benchmarkID), make([]byte, 0, sha256.Size)
	steps := append(codes(b), step{"of=code/way=bare", 0, func() error {
		mac.Reset()
		mac.Write(text)
		sum = mac.Sum(sum[:0])
		return nil
	}})
	run(b, steps)
}

func vaults(tb testing.TB) []step {
	tb.Helper()
	k, err := secret.NewKeys(bytes.Repeat([]byte{1}, secret.KeySize))
	if err != nil {
		tb.Fatal(err)
	}
	v, err := secret.NewVault(k, &stored{keys: map[string][]byte{}})
	if err != nil {
		tb.Fatal(err)
	}
	ctx := tb.Context()
	sealed, err := v.Seal(ctx, place, address)
	if err != nil {
		tb.Fatal(err)
	}
	return []step{
		{"of=seal/way=aye", 7, func() error { _, failure := v.Seal(ctx, place, address); return failure }},
		{"of=open/way=aye", 6, func() error { _, failure := v.Open(ctx, place, sealed); return failure }},
	}
}

// BenchmarkVault is a push address that is sealed and opened, beside bare AES-256-GCM.
func BenchmarkVault(b *testing.B) {
	block, err := aes.NewCipher(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		b.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		b.Fatal(err)
	}
	nonce, extra, opened := make([]byte, gcm.NonceSize()), []byte("devices|push_address|org_1|dev_1"), make([]byte, 0, len(address))
	sealed := gcm.Seal(nil, nonce, []byte(address), extra)
	again := make([]byte, 0, len(sealed))
	run(b, append(vaults(b),
		step{"of=seal/way=bare", 0, func() error {
			_, _ = rand.Read(nonce)
			again = gcm.Seal(again[:0], nonce, []byte(address), extra)
			return nil
		}},
		step{"of=open/way=bare", 0, func() error {
			clear(nonce) // the one that it was sealed with
			opened, err = gcm.Open(opened[:0], nonce, sealed, extra)
			return err
		}},
	))
}

func run(b *testing.B, steps []step) {
	b.Helper()
	for _, s := range steps {
		b.Run(s.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := s.work(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What is derived is kept nowhere, so it is derived often.
func TestAllocations(t *testing.T) {
	for _, s := range append(codes(t), vaults(t)...) {
		got := testing.AllocsPerRun(200, func() {
			if err := s.work(); err != nil {
				t.Fatal(err)
			}
		})
		if got > s.most {
			t.Errorf("%s: %v allocations, %v at most", s.name, got, s.most)
		}
	}
}
