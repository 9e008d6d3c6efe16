package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"strings"
	"testing"

	"example.com/aye/internal/secret"
)

// FuzzSign: with a secret of Standard Webhooks a receiver that knows only that document verifies what is sent; with another
// text nothing is signed, and the error does not tell it.
func FuzzSign(f *testing.F) {
	f.Fuzz(func(t *testing.T, key, id string, body []byte) {
		const at = "1795253400"
		signature, err := Sign(secret.Secret(key), id, at, body)
		if err != nil {
			if signature != "" || (len(key) > 8 && strings.Contains(err.Error(), key)) {
				t.Fatalf("%q %v", signature, err)
			}
			return
		}
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "whsec_"))
		if err != nil || len(raw) < 24 || len(raw) > 64 {
			t.Fatalf("signed with %d bytes, %v", len(raw), err)
		}
		mac := hmac.New(sha256.New, raw)
		mac.Write(bytes.Join([][]byte{[]byte(id), []byte(at), body}, []byte(".")))
		if signature != "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
			t.Errorf("%q", signature)
		}
	})
}

// FuzzPublic: nothing is called that is in this house, whatever form its address has.
func FuzzPublic(f *testing.F) {
	f.Fuzz(func(t *testing.T, address string) {
		if public(address) != nil {
			return
		}
		parsed, err := netip.ParseAddrPort(address)
		ip := parsed.Addr().Unmap()
		if err != nil || ip.IsLoopback() || ip.IsPrivate() || ip.IsUnspecified() || ip.IsMulticast() || ip.IsLinkLocalUnicast() || ip.Zone() != "" {
			t.Errorf("%q is called, %v", address, err)
		}
		if ip.Is4() {
			for _, same := range []string{"[::ffff:" + ip.String() + "]:443"} {
				if public(same) != nil {
					t.Errorf("%q is called, %q is not", address, same)
				}
			}
		}
	})
}
