package pairing

import (
	"context"

	"example.com/aye/accounts"
)

// What can stand in for the older phone.
const (
	// ByTOTP is a code of another phone or of an authenticator app.
	ByTOTP = "totp"
	// ByRecovery is a recovery code.
	ByRecovery = "recovery"
)

// ProveInstead links the phone of a pairing that waits for the person's older phone, when that
// phone is gone: another factor stands in for it. A one-time code must count everywhere, as the
// new phone will, and so must not come from a phone that an application linked. The question
// to the older phone is taken back. It fails with [ErrNotFound], [ErrClosed], [ErrMethod],
// otp.ErrWrong, otp.ErrNone or otp.ErrTooMany.
func (s *Service) ProveInstead(ctx context.Context, id, method, code string) error {
	p, err := s.find(ctx, accounts.Application{}, id)
	if err != nil {
		return err
	}
	if p.State != AwaitingApproval {
		return ErrClosed
	}
	if err = s.standIn(ctx, p, method, code); err != nil {
		return err
	}
	entry := s.entry(p, p.opener(), "pairing.proven")
	entry.Data["method"], entry.Tell = method, s.replacing(ctx, p)
	moved, err := s.moveWith(ctx, p, Move{From: []State{AwaitingApproval}, To: Paired, Device: Activate}, entry)
	if err != nil {
		return err
	}
	if !moved {
		return s.overtaken(ctx, p)
	}
	if p.ApprovalID == "" { // the older phone was not asked yet
		return nil
	}
	return s.Elder.DropElder(ctx, p.ApprovalID)
}

// standIn checks what was typed, if that is taken at all where the phone will count.
func (s *Service) standIn(ctx context.Context, p Pairing, method, code string) error {
	r, err := s.rules(ctx, p)
	if err != nil {
		return err
	}
	switch allowed := r.strictest; {
	case method == ByTOTP && allowed.Allows(accounts.TOTP):
		return s.Codes.ProveFor(ctx, p.PersonID, p.ID, code, p.DeviceID)
	case method == ByRecovery && allowed.Allows(accounts.Recovery):
		return s.Codes.VerifyRecovery(ctx, p.PersonID, "", p.ID, code)
	}
	return ErrMethod
}

// overtaken is for an answer of the older phone that came meanwhile.
func (s *Service) overtaken(ctx context.Context, p Pairing) error {
	p, err := s.Store.Pairing(ctx, p.ID)
	if err == nil && p.State != Paired {
		return ErrClosed
	}
	return err
}
