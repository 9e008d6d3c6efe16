package privacy

import (
	"context"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
)

// Export gives what is kept of the person, and writes down that it was given. It is for the person, in a session that was
// proven, and for the operator; by is one of the two. It fails with [ErrForbidden] or [ErrNotFound].
func (s *Service) Export(ctx context.Context, personID, by string) (Document, error) {
	if err := checkOwn(personID, by); err != nil {
		return Document{}, err
	}
	now := s.Now().UTC()
	sections, err := s.Store.ExportPerson(ctx, personID, s.entry("", by, "person.exported", personID))
	if err != nil {
		return Document{}, err
	}
	return Document{PersonID: personID, At: now, Sections: sections}, nil
}

// checkOwn is nil for the operator, and for the person about themself.
func checkOwn(personID, by string) error {
	if by == accounts.Operator || (by != "" && by == personID) {
		return nil
	}
	return ErrForbidden
}

// entry belongs to the chain of the organisation that acts. What a person or the operator does stands in the installation's: no organisation
// learns from it where else the person belongs.
func (s *Service) entry(organisationID, by, action, subject string) audit.Entry {
	return audit.Entry{Organisation: organisationID, Actor: by, Action: action, Subject: subject, At: s.Now().UTC()}
}
