package devices

import (
	"context"
	"slices"
	"strings"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/jws"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
)

// seenEvery is how coarse the time of a phone's last call is kept.
const seenEvery = time.Hour

// Prover checks a second factor that is not the phone itself.
type Prover interface {
	// Prove fails unless the code is right and comes from a factor that the device does not hold.
	Prove(ctx context.Context, personID, code, exceptDevice string) error
	// VerifyRecovery takes a recovery code; no application asks for it here.
	VerifyRecovery(ctx context.Context, personID, applicationID, requestID, code string) error
}

// Service looks after phones.
type Service struct {
	Store  Store
	Keys   *secret.Keys
	Prover Prover
	// Origin is what proofs are made for.
	Origin string
	// Restored is when the database was restored from a backup last, which forgot the proofs that were used since; zero
	// for never.
	Restored time.Time
	Now      func() time.Time
}

// Of gives the person's active phones, oldest first.
func (s *Service) Of(ctx context.Context, personID string) ([]Device, error) {
	all, err := s.Store.DevicesOf(ctx, personID)
	return slices.DeleteFunc(all, notActive), err
}

// Beside is [Service.Of] without one of them.
func (s *Service) Beside(ctx context.Context, personID, deviceID string) ([]Device, error) {
	all, err := s.Store.DevicesBeside(ctx, personID, deviceID)
	return slices.DeleteFunc(all, notActive), err
}

func notActive(d Device) bool { return d.Status != Active }

// Device gives a phone that is not removed.
func (s *Service) Device(ctx context.Context, id string) (Device, error) {
	device, err := s.Store.Device(ctx, id)
	if err == nil && device.Status == Removed {
		return Device{}, ErrUnknown
	}
	return device, err
}

// Known gives the id, name and platform of a phone, also of one that was removed, to say what it did.
func (s *Service) Known(ctx context.Context, id string) (Device, error) {
	return s.Store.Label(ctx, id)
}

// Update stores what the phone tells of itself. An address that is told again stays
// registered since it was first told, else it is new from now on.
func (s *Service) Update(ctx context.Context, device Device, details Details) (Device, error) {
	told := details.Push != device.Push // one that is told comes without a time
	if err := details.validate(told); err != nil {
		return Device{}, err
	}
	if told {
		details.Push.Registered = device.Push.Registered
		if details.Push != device.Push || device.PushState != PushOK {
			details.Push.Registered = s.Now().UTC()
		}
	}
	if err := s.Store.UpdateDevice(ctx, device.ID, device.Details, details, s.entry(device, device.ID, "device.updated")); err != nil {
		return Device{}, err
	}
	return s.Store.Device(ctx, device.ID)
}

// Rename gives the phone the name that the person wants to see, on behalf of the actor.
func (s *Service) Rename(ctx context.Context, device Device, name, actor string) error {
	details := device.Details
	details.Name = strings.TrimSpace(name)
	if err := details.validate(false); err != nil {
		return err
	}
	return s.Store.UpdateDevice(ctx, device.ID, device.Details, details, s.entry(device, actor, "device.renamed"))
}

// Remove ends the phone's life, on behalf of the actor, and tells the person.
func (s *Service) Remove(ctx context.Context, device Device, actor string) (bool, error) {
	return s.Store.RemoveDevice(ctx, device.ID, s.removed(device, actor))
}

// RemoveSpare is [Service.Remove] for a person who must keep a second factor: [ErrLastFactor]
// where neither an active phone nor an activated authenticator app would be left.
func (s *Service) RemoveSpare(ctx context.Context, device Device, actor string) (bool, error) {
	return s.Store.RemoveSpare(ctx, device.ID, s.removed(device, actor))
}

func (s *Service) removed(device Device, actor string) audit.Entry {
	entry := s.entry(device, actor, "device.removed")
	entry.Tell = []any{accounts.Notice{
		PersonID: device.PersonID, OrganisationID: device.OrganisationID, Kind: accounts.PhoneRemoved, Device: device.Name,
	}}
	return entry
}

// Told takes note of what Apple or Google said of an address. Only a retired one is
// forgotten; whatever else could be a fault of ours makes it suspect, and it is tried again.
func (s *Service) Told(ctx context.Context, target notify.Target, outcome notify.Outcome) error {
	state := PushOK
	switch outcome.Class {
	case notify.Dead:
		state = PushDead
	case notify.Suspect:
		state = PushSuspect
	case notify.Accepted:
		if !target.Doubtful { // as ever: not worth a look
			return nil
		}
	case notify.Retry, notify.Misconfigured, notify.Rejected:
		return nil // says nothing of the address
	}
	device, err := s.Store.Device(ctx, target.Device)
	if err != nil || device.PushState == state {
		return err
	}
	entry := s.entry(device, "system", "device.push-"+string(state))
	entry.Data = map[string]string{"provider": string(target.Provider), "reason": outcome.Reason}
	_, err = s.Store.MarkPush(ctx, device.ID, target.Address, outcome.Since, state, entry)
	return err
}

// ApprovalKeyChange is a phone's wish for another approval key.
type ApprovalKeyChange struct {
	// Claim is a JWS of typ [ApprovalKeyType], signed by the device key.
	Claim string
	// Code is of another factor of the person: a one-time code, or with Recovery a recovery code.
	Code     string
	Recovery bool
}

// ApprovalKeyType is the typ of the claim that replaces an approval key.
const ApprovalKeyType = "aye-approval-key+jwt"

// ReplaceApprovalKey takes a new approval key, after changed biometrics made the old one
// unusable. The device key alone is not enough: it is what a stolen, unlocked phone has.
func (s *Service) ReplaceApprovalKey(ctx context.Context, device Device, change ApprovalKeyChange) (Device, error) {
	message, err := jws.Parse(ApprovalKeyType, change.Claim)
	if err != nil || message.KeyID != device.ID {
		return Device{}, ErrProof
	}
	key, err := device.Key.Public()
	if err != nil {
		return Device{}, ErrProof
	}
	var claims struct {
		Audience string  `json:"aud"`
		Key      jws.Key `json:"approval_key"`
		Proof    string  `json:"approval_proof"`
		ID       string  `json:"jti"`
	}
	if err = message.Verify(key, &claims); err != nil || claims.Audience != s.Origin || !ValidProofID(claims.ID) {
		return Device{}, ErrProof
	}
	if err = Possession(claims.Proof, claims.Key, device.Key, s.Origin, ""); err != nil {
		return Device{}, ErrProof
	}
	// The claim's own id works once too, so that an old claim cannot bring an old key back.
	fresh, err := s.Store.UseProof(ctx, device.ID, claims.ID, s.Now().AddDate(1, 0, 0))
	if err != nil {
		return Device{}, err
	}
	if !fresh {
		return Device{}, ErrProofUsed
	}
	if change.Recovery {
		err = s.Prover.VerifyRecovery(ctx, device.PersonID, "", device.ID, change.Code)
	} else {
		err = s.Prover.Prove(ctx, device.PersonID, change.Code, device.ID)
	}
	if err != nil {
		return Device{}, err
	}
	replaced, err := s.Store.ReplaceApprovalKey(ctx, device.ID, device.ApprovalKey, claims.Key, s.entry(device, device.ID, "device.approval-key-replaced"))
	if err != nil {
		return Device{}, err
	}
	if !replaced {
		return Device{}, ErrUnknown
	}
	return s.Store.Device(ctx, device.ID)
}

// PossessionType is the typ of the message by which an approval key shows itself.
const PossessionType = "aye-pair-approval+jwt"

// Possession checks that the approval key signed a statement for this device key, origin
// and, when pairing, code. The two keys must differ, or biometrics would guard nothing.
func Possession(proof string, approvalKey, deviceKey jws.Key, origin, codeHash string) error {
	message, err := jws.Parse(PossessionType, proof)
	if err != nil || message.KeyID != approvalKey.Thumbprint() || approvalKey == deviceKey {
		return jws.ErrInvalid
	}
	key, err := approvalKey.Public()
	if err != nil {
		return err
	}
	var claims struct {
		Audience  string `json:"aud"`
		CodeHash  string `json:"code_hash"`
		DeviceKey string `json:"device_key"`
	}
	if err := message.Verify(key, &claims); err != nil {
		return err
	}
	if claims.Audience != origin || claims.CodeHash != codeHash || claims.DeviceKey != deviceKey.Thumbprint() {
		return jws.ErrInvalid
	}
	return nil
}

func (s *Service) entry(device Device, actor, action string) audit.Entry {
	return audit.Entry{Organisation: device.OrganisationID, Actor: actor, Action: action, Subject: device.ID, At: s.Now().UTC()}
}
