package portal_test

import (
	"github.com/pquerna/otp/totp"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
)

// codes gives the person an authenticator app, and what tells its code of now.
func (s *site) codes(m accounts.Member) (code func() secret.Secret) {
	s.Helper()
	e, err := s.Codes.BeginApp(s.Context(), m.Person.ID, "session", "Example", m.Person.Email)
	if err != nil {
		s.Fatal(err)
	}
	code = func() secret.Secret {
		text, failed := totp.GenerateCode(e.Secret.Reveal(), s.Clock.Now())
		if failed != nil {
			s.Fatal(failed)
		}
		return secret.Secret(text)
	}
	if _, err = s.Codes.ActivateApp(s.Context(), m.Person.ID, "session", e.ID, "My app", code().Reveal()); err != nil {
		s.Fatal(err)
	}
	return code
}
