package signin

import "example.com/aye/accounts"

// Meets tells whether a session that is in would live on under these rules of its organisation.
func (s *Service) Meets(session Session, rules accounts.Organisation) bool {
	return session.Level == Full && session.OrganisationID == rules.ID && session.barred(home{rules, session.Member}, s.now()) == nil
}
