package approval

import (
	"context"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
)

// Report is "this was not me", said by the person on a page: as the report of a phone it is
// possible in every state until 24 hours after the request was made. It can be said again.
// It fails with [ErrNotFound] where the request is another person's, and with [ErrTooLate].
func (s *Service) Report(ctx context.Context, personID, requestID string) error {
	r, err := s.Find(ctx, requestID)
	if err != nil {
		return err
	}
	if r.PersonID != personID {
		return ErrNotFound
	}
	d := Decision{RequestID: r.ID, Verdict: Report, Verified: Unverified, State: Reported, At: s.Now().UTC()}
	m, err := reporting(r, &d)
	if err != nil {
		return err
	}
	m.Budget = func(b Budget) Budget { return b.After(Reported, r.Withheld, d.At) }
	moved, err := s.move(ctx, r, m, r.MembershipID)
	if err != nil {
		return err
	}
	if !moved { // it was reported before; the server may have ended between that and what follows from it
		return s.undo(ctx, r)
	}
	return s.decided(ctx, r, d)
}

// reporting is the edge by which a request is reported.
func reporting(r Request, d *Decision) (Move, error) {
	if d.At.After(r.Created.Add(ReportLife)) {
		return Move{}, ErrTooLate
	}
	m := Move{From: allButReported, To: Reported, Decision: d}
	// The store keeps it only behind a release, which may happen between this look and the move.
	if r.ApplicationID != "" {
		m.Webhook = &Webhook{ID: secret.NewID("msg"), ApplicationID: r.ApplicationID, Request: r, At: d.At}
	}
	return m, nil
}

var allButReported = []State{Pending, Approved, Released, Denied, Mismatched, Expired, Cancelled, Superseded, Lapsed}

// undo takes back what came of a request that was reported. It can be done again.
func (s *Service) undo(ctx context.Context, r Request) error {
	if s.Reported != nil {
		if err := s.Reported(ctx, r); err != nil {
			return err
		}
	}
	return s.disown(ctx, r)
}

func (s *Service) disown(ctx context.Context, r Request) error {
	if r.Purpose != NewPhone || s.Disown == nil {
		return nil
	}
	return s.Disown(ctx, r.Subject)
}

// warning is what the person and the administrators are told of a report.
func (s *Service) warning(ctx context.Context, r Request) []any {
	notice := accounts.Notice{PersonID: r.PersonID, OrganisationID: r.OrganisationID, Kind: accounts.RequestReported, IP: r.Context.IP}
	if application, err := s.Directory.Application(ctx, r.ApplicationID); err == nil {
		notice.Application = application.Name
	}
	others := notice
	others.Kind = accounts.MemberReported
	return []any{notice, others}
}
