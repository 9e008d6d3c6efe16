package pairing

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"example.com/aye/devices"
	"example.com/aye/internal/jws"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
)

// ClaimType is the typ of the message by which a phone claims a pairing.
const ClaimType = "aye-pair+jwt"

type claimClaims struct {
	Audience      string  `json:"aud"`
	CodeHash      string  `json:"code_hash"`
	DeviceKey     jws.Key `json:"device_key"`
	ApprovalKey   jws.Key `json:"approval_key"`
	ApprovalProof string  `json:"approval_proof"`
	Platform      string  `json:"platform"`
	Model         string  `json:"model"`
	OSVersion     string  `json:"os_version"`
	AppVersion    string  `json:"app_version"`
	Locale        string  `json:"locale"`
	Push          struct {
		Provider    string `json:"provider"`
		App         string `json:"app"`
		Kind        string `json:"kind"`
		Address     string `json:"address"`
		Environment string `json:"environment"`
	} `json:"push"`
}

// readClaim verifies a claim and gives the phone that it describes. It changes nothing, so
// whatever is wrong with a claim, the code can still be used.
func readClaim(compact, origin, codeHash string) (devices.Device, error) {
	message, err := jws.Parse(ClaimType, compact)
	if err != nil {
		return devices.Device{}, ErrClaim
	}
	var claims claimClaims
	if err = message.Unverified(&claims); err != nil {
		return devices.Device{}, ErrClaim
	}
	// The key comes with the message: the signature shows possession, the code shows the right.
	key, err := claims.DeviceKey.Public()
	if err != nil || message.KeyID != claims.DeviceKey.Thumbprint() || message.Verify(key, &claims) != nil {
		return devices.Device{}, ErrClaim
	}
	if claims.Audience != origin || claims.CodeHash != codeHash {
		return devices.Device{}, ErrClaim
	}
	if err := devices.Possession(claims.ApprovalProof, claims.ApprovalKey, claims.DeviceKey, origin, codeHash); err != nil {
		return devices.Device{}, ErrClaim
	}
	if claims.Push.Kind == "" {
		claims.Push.Kind = notify.AddressToken // only Google has two kinds
	}
	device := devices.Device{Key: claims.DeviceKey, ApprovalKey: claims.ApprovalKey, PushState: devices.PushOK, Details: devices.Details{
		Platform: devices.Platform(claims.Platform), Name: claims.Model, Model: claims.Model,
		OSVersion: claims.OSVersion, AppVersion: claims.AppVersion, Locale: claims.Locale,
		Push: devices.Address{
			Provider: notify.Provider(claims.Push.Provider), App: claims.Push.App, Kind: claims.Push.Kind,
			Environment: claims.Push.Environment, Address: secret.Secret(claims.Push.Address),
		},
	}}
	return device, device.Validate()
}

// ConfirmationDigits are what both sides can work out and nobody else: who sees only the
// QR code does not know the keys.
func ConfirmationDigits(code secret.Secret, deviceKey, approvalKey jws.Key) secret.Secret {
	sum := sha256.Sum256([]byte("aye-confirm-v1\n" + code.Reveal() + "\n" + deviceKey.Thumbprint() + "\n" + approvalKey.Thumbprint()))
	return secret.Secret(fmt.Sprintf("%06d", binary.BigEndian.Uint64(sum[:8])%1_000_000))
}
