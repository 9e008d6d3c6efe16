package approval

import (
	"context"
	"time"
)

// LoginRequest is a request by which the person was let in.
type LoginRequest struct {
	Request
	// Phone is the name of the phone that answered; empty when a code was typed.
	Phone string
}

// SignIn is one time that a person was let in.
type SignIn struct {
	// RequestID is what the person can say "this was not me" of; Reported tells that they did.
	RequestID string
	Reported  bool
	// Reportable tells that they still can.
	Reportable bool
	// Organisation and Asker are the names of where they were let in.
	OrganisationID, Organisation, Asker string
	// Message is what it was for, where the asker said so.
	Message string
	At      time.Time
	// IP, Place and Browser are where from; Browser is in a few words, UserAgent what it came of.
	IP, Place, Browser, UserAgent string
	Method                        Method
	// Phone is the name of the phone that answered; empty when a code was typed.
	Phone string
}

// SignIns gives where the person was let in during the last 30 days, newest first, and the
// cursor of the next page, empty after the last one.
func (s *Service) SignIns(ctx context.Context, personID, cursor string, limit int) ([]SignIn, string, error) {
	limit = min(max(limit, 1), HistoryPage)
	now := s.Now()
	page, err := s.Store.Logins(ctx, personID, now.Add(-HistoryLife), cursor, limit+1)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1].ID
	}
	all := make([]SignIn, 0, len(page))
	for _, r := range page {
		all = append(all, r.signIn(now))
	}
	return all, next, nil
}

// SignIn gives one of [Service.SignIns], else [ErrNotFound].
func (s *Service) SignIn(ctx context.Context, personID, requestID string) (SignIn, error) {
	r, err := s.Store.Request(ctx, requestID)
	if err != nil {
		return SignIn{}, err
	}
	now := s.Now()
	if r.PersonID != personID || r.Purpose != Login || r.Released.IsZero() || r.Created.Before(now.Add(-HistoryLife)) {
		return SignIn{}, ErrNotFound
	}
	login := LoginRequest{Request: r}
	if r.DecidedBy != "" {
		device, err := s.Phones.Known(ctx, r.DecidedBy)
		if err != nil {
			return SignIn{}, err
		}
		login.Phone = device.Name
	}
	return login.signIn(now), nil
}

func (r LoginRequest) signIn(now time.Time) SignIn {
	return SignIn{
		RequestID: r.ID, Reported: r.State == Reported, Reportable: r.State != Reported && !now.After(r.Created.Add(ReportLife)),
		OrganisationID: r.OrganisationID, Organisation: r.Organisation, Asker: r.Asker, Message: r.Message, At: r.Released,
		IP: r.Context.IP, Place: r.Place, Browser: BrowserName(r.Context.UserAgent), UserAgent: r.Context.UserAgent,
		Method: r.Method, Phone: r.Phone,
	}
}
