package phone

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238 and every authenticator app use HMAC-SHA-1, which is not broken as a MAC
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

const codePeriod = 30 * time.Second

// Code is the time-based code at that moment, for when the phone has no network.
func (p *Phone) Code(now time.Time) (string, error) {
	r, err := p.one()
	if err != nil {
		return "", err
	}
	key, err := codeKey(r.TOTP.Secret)
	if err != nil {
		return "", err
	}
	return codeAt(key, now), nil
}

// codeKey takes the shared key out of an otpauth link.
func codeKey(link Secret) ([]byte, error) {
	parsed, err := url.Parse(link.Reveal())
	if err != nil || parsed.Scheme != "otpauth" || parsed.Host != "totp" {
		return nil, fmt.Errorf("phone: the server gave no time-based code")
	}
	text := strings.ToUpper(strings.TrimRight(parsed.Query().Get("secret"), "="))
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil || len(key) == 0 {
		return nil, fmt.Errorf("phone: the key of the time-based code is not base32")
	}
	return key, nil
}

// codeAt is RFC 6238 section 4.2 over RFC 4226 section 5.3.
func codeAt(key []byte, now time.Time) string {
	mac := hmac.New(sha1.New, key)
	step := now.Unix() / int64(codePeriod/time.Second)
	_ = binary.Write(mac, binary.BigEndian, step)
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0x0f
	value := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%06d", value%1_000_000)
}
