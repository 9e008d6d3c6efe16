package pairing

import (
	"context"
	"errors"
	"slices"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/jws"
	"example.com/aye/internal/secret"
	"example.com/aye/otp"
)

// Claimed is the answer to a claim; a repeated claim gets the same.
type Claimed struct {
	Pairing
	Device       devices.Device
	Member       accounts.Member
	Organisation accounts.Organisation
	// TOTP is the otpauth address of the phone's one-time passwords.
	TOTP secret.Secret
}

// Claim links the phone that signed the claim. It fails with [ErrClaim], devices.ErrInvalid,
// [ErrUnknownCode], [ErrExpired], [ErrBurned], [ErrAppTooOld], [ErrKeyReused] or [ErrTooManyPhones].
func (s *Service) Claim(ctx context.Context, code secret.Secret, compact string) (Claimed, error) {
	p, err := s.Store.PairingByCode(ctx, secret.Hash(code))
	if err != nil {
		return Claimed{}, err
	}
	// The claim is judged first: only who has keys of their own can burn a pairing.
	device, err := readClaim(compact, s.Origin, jws.HashText(code.Reveal()))
	if err != nil {
		return Claimed{}, err
	}
	organisation, err := s.Directory.Organisation(ctx, p.OrganisationID)
	if err != nil {
		return Claimed{}, err
	}
	member, err := s.Directory.Member(ctx, p.OrganisationID, accounts.UserReference{ID: p.MembershipID})
	if errors.Is(err, accounts.ErrNotFound) {
		return Claimed{}, ErrUnknownCode // the membership has ended meanwhile
	}
	if err != nil {
		return Claimed{}, err
	}
	if p, err = s.current(ctx, p); err != nil {
		return Claimed{}, err
	}
	if p.State == Open {
		if p, err = s.claim(ctx, p, device); err != nil {
			return Claimed{}, err
		}
	}
	return s.answer(ctx, p, device, member, organisation)
}

// claim tries to be the one claim that wins, and gives the pairing as it is after that,
// whoever won.
func (s *Service) claim(ctx context.Context, p Pairing, device devices.Device) (Pairing, error) {
	r, err := s.rules(ctx, p)
	if err != nil {
		return Pairing{}, err
	}
	if !r.strictest.TakesApp(device.AppVersion) {
		return Pairing{}, &AppTooOldError{Minimum: r.strictest.MinimumAppVersion}
	}
	phones, err := s.Phones.Of(ctx, p.PersonID)
	if err != nil {
		return Pairing{}, err
	}
	elders := answering(phones, p)
	now := s.Now().UTC()
	device.ID, device.PersonID, device.OrganisationID, device.MembershipID = secret.NewID("dev"), p.PersonID, p.OrganisationID, p.MembershipID
	device.Local = p.local()
	device.Status, device.Created, device.Seen, device.Push.Registered = devices.Pending, now, now, now
	c := Claim{
		PairingID: p.ID, CodeHash: p.CodeHash, Device: device, TOTP: otp.NewSecret(), Now: now,
		MaxPhones: devices.MaxActive, First: len(phones) == 0,
	}
	switch {
	case len(elders) > 0:
		c.To = AwaitingApproval
	case r.strictest.Profile == accounts.Strict:
		c.To = AwaitingCode
	default:
		c.To, c.Device.Status = Paired, devices.Active
	}
	entry := s.entry(p, device.ID, "pairing.claimed")
	entry.Data["state"] = string(c.To)
	if c.To == Paired {
		entry.Tell = told(p, accounts.PhoneLinked, c.Device.Name)
	}
	won, err := s.Store.Claim(ctx, c, entry)
	if err != nil {
		return Pairing{}, err
	}
	if p, err = s.Store.Pairing(ctx, p.ID); err != nil {
		return p, err
	}
	if !won && p.First && p.State == Open && p.CodeHash == c.CodeHash {
		// The person has a second factor since this was opened, with the password alone.
		return p, s.burn(ctx, p, "system", "not-the-first")
	}
	if !won {
		return p, nil
	}
	s.Broker.Publish(Topic(p.ID))
	return p, nil
}

func (s *Service) askElder(ctx context.Context, p *Pairing, phone devices.Device) error {
	r, err := s.rules(ctx, *p)
	if err != nil {
		return err
	}
	approvalID, err := s.Elder.AskElder(ctx, *p, phone, r.careful)
	if err != nil {
		return err
	}
	moved, err := s.move(ctx, *p, Move{From: []State{AwaitingApproval}, To: AwaitingApproval, ApprovalID: approvalID}, phone.ID, "pairing.elder-asked")
	if err != nil {
		return err
	}
	if !moved { // the same claim came twice at once, and the other one has asked
		if err = s.Elder.DropElder(ctx, approvalID); err != nil {
			return err
		}
		if *p, err = s.Store.Pairing(ctx, p.ID); err == nil && p.ApprovalID == "" {
			return ErrClosed
		}
		return err
	}
	p.ApprovalID = approvalID
	return nil
}

// answer tells the phone that its claim won, or burns the pairing when it is another phone.
func (s *Service) answer(ctx context.Context, p Pairing, claimer devices.Device, member accounts.Member, organisation accounts.Organisation) (Claimed, error) {
	switch p.State {
	case Burned:
		return Claimed{}, ErrBurned
	case Cancelled:
		return Claimed{}, ErrUnknownCode
	case Open, Expired:
		// Nobody won: the code ended or was renewed while this claim was under way.
		return Claimed{}, ErrExpired
	case AwaitingCode, AwaitingApproval, Paired:
	}
	holder, err := s.Phones.Device(ctx, p.DeviceID)
	if errors.Is(err, devices.ErrUnknown) {
		return Claimed{}, s.gone(ctx, p)
	}
	if err != nil {
		return Claimed{}, err
	}
	if holder.Key != claimer.Key || holder.ApprovalKey != claimer.ApprovalKey {
		return Claimed{}, s.burn(ctx, p, "system", "other-keys")
	}
	if p.State == AwaitingApproval && p.ApprovalID == "" {
		// The server ended between the claim and the question to the older phone.
		if err = s.askElder(ctx, &p, holder); err != nil {
			return Claimed{}, err
		}
	}
	key, err := s.Store.TOTPSecret(ctx, holder.ID)
	if errors.Is(err, ErrNotFound) {
		return Claimed{}, s.gone(ctx, p)
	}
	if err != nil {
		return Claimed{}, err
	}
	return Claimed{
		Pairing: p, Device: holder, Member: member, Organisation: organisation,
		TOTP: otp.URI(organisation.Name, member.Person.Email, key),
	}, nil
}

// gone tells why the phone of a pairing is not there any more: perhaps it was burned this
// very moment.
func (s *Service) gone(ctx context.Context, p Pairing) error {
	p, err := s.Store.Pairing(ctx, p.ID)
	if err == nil && p.State != Burned {
		return ErrExpired
	}
	return errors.Join(err, ErrBurned)
}

// burn ends a pairing that two phones had the code of. Which of the two is the person's
// nobody can tell, so neither stays.
func (s *Service) burn(ctx context.Context, p Pairing, actor, why string) error {
	if p.State == Paired && s.Now().After(p.Closed.Add(BurnWindow)) {
		return ErrClosed
	}
	entry := s.entry(p, actor, "pairing.burned")
	entry.Data["why"], entry.Tell = why, told(p, accounts.PairingBurned, "")
	_, err := s.moveWith(ctx, p, Move{From: []State{Open, AwaitingCode, AwaitingApproval, Paired}, To: Burned, Device: Remove}, entry)
	if err != nil {
		return err
	}
	return ErrBurned
}

// Confirm takes the six digits that the phone shows.
func (s *Service) Confirm(ctx context.Context, application accounts.Application, id string, typed secret.Secret) error {
	p, err := s.find(ctx, application, id)
	if err != nil {
		return err
	}
	if p.State != AwaitingCode {
		return ErrClosed
	}
	// Counted first: a try that is rolled back, or made beside another, is still a try.
	tries, err := s.Store.CountTry(ctx, p.ID)
	if err != nil {
		return err
	}
	if tries > Tries {
		return ErrBurned
	}
	device, err := s.Phones.Device(ctx, p.DeviceID)
	if errors.Is(err, devices.ErrUnknown) {
		return s.burn(ctx, p, "system", "phone-gone") // it unlinked itself before it was confirmed
	}
	if err != nil {
		return err
	}
	if !secret.Equal(typed, ConfirmationDigits(s.code(p), device.Key, device.ApprovalKey)) {
		if tries < Tries {
			return ErrWrongCode
		}
		return s.burn(ctx, p, "system", "wrong-digits")
	}
	phones, err := s.Phones.Of(ctx, p.PersonID)
	if err != nil {
		return err
	}
	if len(answering(phones, p)) > 0 {
		// Another pairing linked a phone since this one was claimed, and nobody asked that phone.
		return s.burn(ctx, p, "system", "not-the-first")
	}
	entry := s.entry(p, p.opener(), "pairing.confirmed")
	entry.Tell = told(p, accounts.PhoneLinked, device.Name)
	moved, err := s.moveWith(ctx, p, Move{From: []State{AwaitingCode}, To: Paired, Device: ActivateFirst}, entry)
	if err != nil {
		return err
	}
	if !moved {
		return s.unconfirmed(ctx, p)
	}
	return nil
}

// unconfirmed is for a phone that did not become active: something was quicker, or the person has
// a second factor since the pairing was opened, with the password alone.
func (s *Service) unconfirmed(ctx context.Context, p Pairing) error {
	p, err := s.Store.Pairing(ctx, p.ID)
	if err != nil {
		return err
	}
	if p.State != AwaitingCode || !p.First {
		return ErrClosed
	}
	return s.burn(ctx, p, "system", "not-the-first")
}

// answering are the phones that can be asked about a new one: those that may answer for the
// organisation, the new one aside.
func answering(phones []devices.Device, p Pairing) []devices.Device {
	return slices.DeleteFunc(slices.Clone(phones), func(d devices.Device) bool {
		return d.ID == p.DeviceID || !d.AnswersFor(p.OrganisationID)
	})
}

// Cancel ends a pairing. Where a phone was linked already it means "not my phone".
func (s *Service) Cancel(ctx context.Context, application accounts.Application, id string) error {
	p, err := s.find(ctx, application, id)
	if err != nil {
		return err
	}
	switch p.State {
	case Cancelled, Burned:
		return nil
	case AwaitingCode, AwaitingApproval, Paired:
		if err = s.burn(ctx, p, p.opener(), "not-my-phone"); !errors.Is(err, ErrBurned) {
			return err
		}
		return nil
	case Open, Expired:
	}
	moved, err := s.move(ctx, p, Move{From: []State{Open, Expired}, To: Cancelled}, p.opener(), "pairing.cancelled")
	if err == nil && !moved {
		return ErrClosed
	}
	return err
}

func (s *Service) move(ctx context.Context, p Pairing, m Move, actor, action string) (bool, error) {
	return s.moveWith(ctx, p, m, s.entry(p, actor, action))
}

func (s *Service) moveWith(ctx context.Context, p Pairing, m Move, entry audit.Entry) (bool, error) {
	m.PairingID, m.Generation, m.Now = p.ID, p.Generation, s.Now().UTC()
	moved, err := s.Store.MovePairing(ctx, m, entry)
	if moved && err == nil {
		s.Broker.Publish(Topic(p.ID))
	}
	return moved, err
}

// replacing is what is told of a phone that came while another one was linked.
func (s *Service) replacing(ctx context.Context, p Pairing) []any {
	device, _ := s.Phones.Device(ctx, p.DeviceID) // removed that very moment: then without a name
	return []any{accounts.Notice{
		PersonID: p.PersonID, OrganisationID: p.OrganisationID, Kind: accounts.PhoneLinked, Device: device.Name, Reason: accounts.Replacing,
	}}
}

// told is what the person is told of a pairing.
func told(p Pairing, kind accounts.NoticeKind, device string) []any {
	return []any{accounts.Notice{PersonID: p.PersonID, OrganisationID: p.OrganisationID, Kind: kind, Device: device}}
}

// Drop ends all that can still link a phone to the person: whoever opened it may not be the
// person, who has just said so or ended what others could be in.
func (s *Service) Drop(ctx context.Context, personID string) error {
	now := s.Now().UTC()
	dropped, err := s.Store.DropPairings(ctx, personID, now, audit.Entry{
		Actor: "system", Action: "pairing.dropped", At: now, Tell: told(Pairing{PersonID: personID}, accounts.PairingBurned, ""),
	})
	if err != nil {
		return err
	}
	for _, p := range dropped {
		s.Broker.Publish(Topic(p.ID))
	}
	return nil
}

// Disown removes the phone of a pairing that the person, on the older phone, later said was
// not theirs. It can be called again.
func (s *Service) Disown(ctx context.Context, id string) error {
	p, err := s.Store.Pairing(ctx, id)
	if err != nil {
		return err
	}
	entry := s.entry(p, "person", "pairing.disowned")
	entry.Tell = told(p, accounts.PairingBurned, "")
	_, err = s.moveWith(ctx, p, Move{From: []State{AwaitingApproval, Paired}, To: Burned, Device: Remove}, entry)
	return err
}
