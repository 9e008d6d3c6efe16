package phone

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Details is what a phone tells about itself when it is linked.
type Details struct {
	Model      string
	Platform   string // ios, android or web
	OSVersion  string
	AppVersion string
	Locale     string
	Push       Push
}

// Push is where the phone can be woken. The zero value means that it polls.
type Push struct {
	Provider    string // fcm, apns or none
	App         string
	Kind        string // token, or with FCM fid
	Address     Secret
	Environment string // with APNs production or sandbox
}

func (p Push) wire() map[string]string {
	if p.Provider == "" || p.Provider == "none" {
		return map[string]string{"provider": "none"}
	}
	fields := map[string]string{"provider": p.Provider, "app": p.App, "kind": p.Kind, "address": p.Address.Reveal()}
	if p.Environment != "" {
		fields["environment"] = p.Environment
	}
	return fields
}

// Pair links the phone to the account of the link. Calling it again with the same link,
// also after a crash, uses the same keys, so that a lost answer does not burn the code.
func (p *Phone) Pair(ctx context.Context, url string, d Details) (Pairing, error) {
	target, err := parseLink(url)
	if err != nil {
		return Pairing{}, err
	}
	r, err := p.prepare(target, d)
	if err != nil {
		return Pairing{}, err
	}
	if r.Status == "active" {
		return r.pairing(), nil
	}
	claim, err := claimOf(r, d, p.Now())
	if err != nil {
		return Pairing{}, err
	}
	body, err := encodeBody(map[string]string{"code": target.code.Reveal(), "claim": claim})
	if err != nil {
		return Pairing{}, err
	}
	var answer paired
	err = p.insist(ctx, func() error {
		_, failed := p.send(ctx, http.MethodPost, target.origin+"/v1/devices", "", body, &answer)
		return failed
	})
	if err != nil {
		return Pairing{}, p.forget(r, err)
	}
	return p.remember(r, answer)
}

// prepare makes the keys and stores them, or finds those of an earlier try.
func (p *Phone) prepare(target link, d Details) (row, error) {
	fresh := row{Origin: target.origin, Pinned: target.pinned, CodeHash: hash(target.code.Reveal()), Code: hidden{target.code}}
	fresh.PushAddress = hidden{d.Push.Address}
	var err error
	if fresh.DeviceKey.Secret, err = newKey(); err != nil {
		return row{}, err
	}
	if fresh.ApprovalKey.Secret, err = newKey(); err != nil {
		return row{}, err
	}
	r := fresh
	err = p.book.update(func(all []row) []row {
		for _, old := range all {
			if old.CodeHash == fresh.CodeHash && old.Origin == fresh.Origin {
				r = old
				return all
			}
		}
		return append(all, fresh)
	})
	return r, err
}

// forget drops keys that the server refused for good; after anything else, a lost answer
// above all, they are still needed.
func (p *Phone) forget(r row, err error) error {
	var problem *Problem
	if r.Device == "" && errors.As(err, &problem) && problem.Status < 500 && problem.Status != http.StatusTooManyRequests {
		return errors.Join(err, p.book.remove(r.CodeHash))
	}
	return err
}

type paired struct {
	Device       string `json:"device_id"`
	Status       string `json:"status"`
	User         named  `json:"user"`
	Organisation named  `json:"organisation"`
	Server       struct {
		Origin string `json:"origin"`
		JWKS   struct {
			Keys []json.RawMessage `json:"keys"`
		} `json:"jwks"`
	} `json:"server"`
	TOTP struct {
		URI string `json:"uri"`
	} `json:"totp"`
}

type named struct {
	ID      string `json:"id"`
	Account string `json:"account"`
	Display string `json:"display"`
	Name    string `json:"name"`
}

// remember keeps the account, if the server is the one whose key stands in the QR code.
func (p *Phone) remember(r row, answer paired) (Pairing, error) {
	if answer.Server.Origin != r.Origin {
		return Pairing{}, fmt.Errorf("%w: it calls itself %q", ErrUntrusted, answer.Server.Origin)
	}
	pinned, err := pick(answer.Server.JWKS.Keys, r.Pinned)
	if err != nil {
		return Pairing{}, err
	}
	var after row
	err = p.book.amend(r.CodeHash, func(r *row) {
		r.Device, r.Status = answer.Device, answer.Status
		r.User, r.Account, r.Person = answer.User.ID, answer.User.Account, answer.User.Display
		r.OrganisationID, r.Organisation = answer.Organisation.ID, answer.Organisation.Name
		r.ServerKeys = []jwk{pinned}
		r.TOTP.Secret = Secret(answer.TOTP.URI)
		r.settle()
		after = *r
	})
	return after.pairing(), err
}

// settle drops the pairing code once nobody needs it any more.
func (r *row) settle() {
	if r.Status == "active" {
		r.Code = hidden{}
	}
}

func pick(keys []json.RawMessage, pinned string) (jwk, error) {
	for _, raw := range keys {
		var k jwk
		if json.Unmarshal(raw, &k) != nil {
			continue
		}
		if _, err := k.key(); err == nil && k.thumbprint() == pinned {
			return k, nil
		}
	}
	return jwk{}, fmt.Errorf("%w: it does not have the key of the QR code", ErrUntrusted)
}

// claimOf signs the claim with the device key, and inside it the proof that the phone
// holds the approval key too: neither key can be swapped for somebody else's.
func claimOf(r row, d Details, now time.Time) (string, error) {
	deviceKey, err := parseKey(r.DeviceKey.Secret)
	if err != nil {
		return "", err
	}
	device, err := publicJWK(deviceKey)
	if err != nil {
		return "", err
	}
	approval, proof, err := proveApproval(r.ApprovalKey.Secret, jwt.MapClaims{
		"aud": r.Origin, "code_hash": r.CodeHash, "device_key": device.thumbprint(),
	})
	if err != nil {
		return "", err
	}
	return sign(deviceKey, typeClaim, device.thumbprint(), claimClaims(r, d, device, approval, proof, now))
}

func claimClaims(r row, d Details, device, approval jwk, proof string, now time.Time) jwt.MapClaims {
	return jwt.MapClaims{
		"aud": r.Origin, "code_hash": r.CodeHash, "iat": now.Unix(),
		"device_key": device, "approval_key": approval, "approval_proof": proof,
		"platform": d.Platform, "model": d.Model, "os_version": d.OSVersion, "app_version": d.AppVersion,
		"locale": d.Locale, "push": d.Push.wire(),
	}
}

func proveApproval(text Secret, claims jwt.MapClaims) (jwk, string, error) {
	key, err := parseKey(text)
	if err != nil {
		return jwk{}, "", err
	}
	public, err := publicJWK(key)
	if err != nil {
		return jwk{}, "", err
	}
	proof, err := sign(key, typeApprovalProof, public.thumbprint(), claims)
	return public, proof, err
}

// ConfirmationDigits are the six digits to type into the login page, while the pairing
// awaits them. They are made of the code and both keys, so a page that let another phone
// in shows a difference.
func (p *Phone) ConfirmationDigits() (string, error) {
	waiting := slices.DeleteFunc(p.answered(), func(r row) bool { return r.Status != "awaiting-code" })
	if len(waiting) != 1 {
		return "", ErrNoPairing
	}
	device, err := thumbprintOf(waiting[0].DeviceKey.Secret)
	if err != nil {
		return "", err
	}
	approval, err := thumbprintOf(waiting[0].ApprovalKey.Secret)
	if err != nil {
		return "", err
	}
	return confirmationDigits(waiting[0].Code.Secret, device, approval), nil
}

func confirmationDigits(code Secret, device, approval string) string {
	sum := sha256.Sum256([]byte("aye-confirm-v1\n" + code.Reveal() + "\n" + device + "\n" + approval))
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(sum[:8])%1_000_000)
}

func thumbprintOf(text Secret) (string, error) {
	key, err := parseKey(text)
	if err != nil {
		return "", err
	}
	public, err := publicJWK(key)
	if err != nil {
		return "", err
	}
	return public.thumbprint(), nil
}
