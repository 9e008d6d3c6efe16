package support

import (
	"context"
	"strconv"
	"strings"

	"example.com/aye/internal/secret"
)

// The ways on which a stop link goes out; each has a code of its own, so that it is known which was used.
const (
	byMail = "mail"
	byText = "text"
)

// stopLink is the whole address at which the person stops the case.
func (s *Service) stopLink(caseID, way string) secret.Secret {
	return secret.Secret(s.Origin + "/stop/" + s.stopToken(caseID, way).Reveal())
}

func (s *Service) stopToken(caseID, way string) secret.Secret {
	return token(caseID, s.stopCode(caseID, way))
}

func (s *Service) stopCode(caseID, way string) secret.Secret {
	if way == byText {
		return s.Keys.Code("case stop", caseID, byText)
	}
	return s.Keys.Code("case stop", caseID)
}

func (s *Service) checkToken(checkID string) secret.Secret {
	return token(checkID, s.Keys.Code("caller check", checkID))
}

// checkCode is what the caller types, and tells nobody.
func (s *Service) checkCode(checkID string) secret.Secret {
	return s.Keys.Digits(6, "caller code", checkID)
}

func (s *Service) linkToken(caseID string, number int) secret.Secret {
	return token(caseID, s.linkCode(caseID, number))
}

func (s *Service) linkCode(caseID string, number int) secret.Secret {
	return s.Keys.Code("case link", caseID, strconv.Itoa(number))
}

// token is what stands behind the last slash: nothing of it is stored.
func token(id string, code secret.Secret) secret.Secret {
	return secret.Secret(id + "." + code.Reveal())
}

func split(token secret.Secret) (id string, code secret.Secret) {
	id, rest, _ := strings.Cut(token.Reveal(), ".")
	return id, secret.Secret(rest)
}

// stopOf finds the case of a stop link, and on which way the link went out; else [ErrLink].
func (s *Service) stopOf(ctx context.Context, token secret.Secret) (Case, string, error) {
	id, code := split(token)
	for _, way := range []string{byMail, byText} {
		if secret.Equal(code, s.stopCode(id, way)) {
			c, err := s.Store.Case(ctx, id)
			return c, way, gone(err)
		}
	}
	return Case{}, "", ErrLink
}
