package signin

import (
	"context"
	"errors"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

// finish redeems what was approved, and gives the session what it was asked for.
func (s *Service) finish(ctx context.Context, session Session, st standing, application accounts.Application, asked approval.Asked, view approval.View) (Waiting, Session, secret.Secret, error) {
	redemption, err := s.Asker.Redeem(ctx, approval.Redeeming{
		Application: application, RequestID: view.ID, Code: view.ReleaseCode, Key: session.ID + ":" + view.ID,
	})
	if errors.Is(err, approval.ErrLapsed) || errors.Is(err, approval.ErrNotApproved) || errors.Is(err, approval.ErrRedeemed) {
		// Reported, too late, or taken by another page, between the look and the redeem.
		if view, err = s.Asker.View(ctx, application.ID, view.ID); err != nil {
			return Waiting{}, session, "", err
		}
		view.ReleaseCode = ""
		return show(session, asked, view), session, "", nil
	}
	if err != nil {
		return Waiting{}, session, "", err
	}
	next, err := s.proven(session, st, redemption)
	if err != nil {
		return Waiting{}, session, "", err
	}
	token := renew(&next)
	data := map[string]string{"purpose": string(session.Purpose), "request": view.ID, "method": string(redemption.Method)}
	held, err := s.Store.ChangeSession(ctx, Change{From: session, To: next, Proof: view.ID}, s.entry(next, "session.proven", data))
	if err == nil && !held {
		err = ErrNone // another page of the browser was quicker, or the session has just ended
	}
	if err != nil {
		return Waiting{}, session, "", err
	}
	s.entered(ctx, next)
	view.State, view.ReleaseCode = approval.Released, ""
	return show(session, asked, view), next, token, nil
}

// proven is the session behind the proof.
func (s *Service) proven(session Session, st standing, r approval.Redemption) (Session, error) {
	now, next := s.now(), session
	next.Purpose, next.WaitingID, next.Pause = "", "", 0
	if r.Method == approval.Temporary && session.Purpose != ToEnter {
		return Session{}, ErrMethodNotAllowed
	}
	counts := st.counts(r.Within) && r.Method != approval.Temporary
	switch session.Purpose {
	case ToEnter:
		next.Method, next.Within, next.RequestID = r.Method, r.Within, r.ID
		if err := st.enter(&next, now); err != nil {
			return Session{}, err
		}
		if r.Method == approval.Temporary {
			next.Ends = earlier(next.Ends, st.accessUntil(session))
		}
		if counts {
			next.Proven, next.ProvenBy = now, r.Method
		}
		return next, nil
	case ToReset:
		next.Method, next.Within, next.RequestID = r.Method, r.Within, r.ID
	case ToProve:
	}
	if !counts { // such a phone was not even asked
		return Session{}, ErrWithin
	}
	next.Proven, next.ProvenBy = now, r.Method
	return next, nil
}

// Again asks anew, once the request before has come to an end. One that is pending stays.
func (s *Service) Again(ctx context.Context, session Session) (Waiting, Session, secret.Secret, error) {
	if err := s.waits(session); err != nil {
		return Waiting{}, session, "", err
	}
	w, session, token, err := s.Wait(ctx, session)
	if err != nil || token != "" || !w.State.Final() {
		return w, session, token, err
	}
	if w.State == approval.Reported {
		return Waiting{}, session, "", ErrReported
	}
	next, err := s.anew(ctx, session)
	if err != nil {
		return Waiting{}, session, "", err
	}
	held, err := s.Store.ChangeSession(ctx, Change{From: session, To: next}, s.entry(session, "session.asks-again", nil))
	if err == nil && !held {
		next, err = s.newest(ctx, session)
	}
	if err != nil {
		return Waiting{}, session, "", err
	}
	return s.Wait(ctx, next)
}

// anew is the session that asks once more: in the name of an organisation that sent a temporary code meanwhile, if one did.
func (s *Service) anew(ctx context.Context, session Session) (Session, error) {
	next, now := session, s.now()
	next.WaitingID, next.Attempt = "", session.Attempt+1
	if session.Level != Password || session.Member.HasAccess(now) {
		return next, nil
	}
	st, err := s.standing(ctx, session.PersonID)
	if gave, ok := st.giver(session.Organisation.ID, now); ok {
		next.at(gave)
		next.Ends = session.Ends // the time for the second factor goes on
	}
	return next, err
}

// Code answers with a code that the person types. It fails as approval.Service.Verify does, or with
// [ErrMethodNotAllowed] for a temporary code that is to do more than let the person in.
func (s *Service) Code(ctx context.Context, session Session, method approval.Method, code secret.Secret) (Waiting, Session, secret.Secret, error) {
	if method == approval.Temporary && session.Purpose != ToEnter { // before a use of it is lost
		return Waiting{}, session, "", ErrMethodNotAllowed
	}
	application, err := s.waitsFor(ctx, session)
	if err != nil {
		return Waiting{}, session, "", err
	}
	if _, err = s.Asker.Verify(ctx, application, session.WaitingID, method, code); err != nil {
		return Waiting{}, session, "", err
	}
	return s.Wait(ctx, session)
}

// Resend notifies the phones once more, within what the person may be asked.
func (s *Service) Resend(ctx context.Context, session Session) error {
	application, err := s.waitsFor(ctx, session)
	if err != nil {
		return err
	}
	_, err = s.Asker.Resend(ctx, application, session.WaitingID)
	return err
}

// SendCode sends a code in a text message to answer with. It fails with [ErrNotWaiting], or as
// approval.Service.SendCode does.
func (s *Service) SendCode(ctx context.Context, session Session) (sms.Posted, error) {
	application, err := s.waitsFor(ctx, session)
	if err != nil {
		return sms.Posted{}, err
	}
	return s.Asker.SendCode(ctx, application, session.WaitingID, approval.SMS, session.TextPurpose())
}

// CancelWait takes the request back. A session that is not in yet ends with it; a full one goes
// on without the proof.
func (s *Service) CancelWait(ctx context.Context, session Session) error {
	if session.WaitingID != "" {
		application, err := s.Directory.PortalOf(ctx, session.Organisation.ID)
		if err != nil {
			return err
		}
		if err = s.Asker.Cancel(ctx, application, session.WaitingID); err != nil && !errors.Is(err, approval.ErrDecided) {
			return err
		}
	}
	if session.Level != Full {
		return s.End(ctx, session, session.ID)
	}
	next := session
	next.Purpose, next.WaitingID = "", ""
	held, err := s.Store.ChangeSession(ctx, Change{From: session, To: next}, s.entry(session, "session.unproven", nil))
	if err == nil && !held {
		err = ErrNone
	}
	return err
}

// waitsFor gives the application whose request the session waits for.
func (s *Service) waitsFor(ctx context.Context, session Session) (accounts.Application, error) {
	if err := s.waits(session); err != nil {
		return accounts.Application{}, err
	}
	if session.WaitingID == "" {
		return accounts.Application{}, ErrNotWaiting
	}
	return s.Directory.PortalOf(ctx, session.Organisation.ID)
}
