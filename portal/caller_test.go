package portal_test

import (
	"net/http"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/support"
)

// calls opens a case about Ada and asks her by mail. It gives the case, the page and the code.
func (s *site) calls() (support.Case, accounts.Member, string, secret.Secret) {
	s.Helper()
	ada := s.person("Ada")
	s.Pair(ada)
	agent := s.Agent(accounts.RoleSupport)
	c := s.Opens(agent, ada, support.Lost)
	_, err := s.Desk(agent).Verify(s.Context(), c.ID, support.ByMail)
	ayetest.Fails(s, err, nil)
	letters := s.Announcer.Letters(accounts.LetterCheck, ada.Person.ID)
	last := letters[len(letters)-1]
	return c, ada, "/caller/" + last.Token.Reveal(), last.Code
}

// The caller types the code on the page of the link, and nowhere else.
func TestCaller(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c, _, path, code := s.calls()
	b := s.browser()
	b.get(path)
	b.says("caller.title", "Agent", "The support")
	b.says("caller.warning", "Agent", "The support")
	b.submit(path, "code", "")
	b.is(http.StatusUnprocessableEntity)
	b.says("caller.missing")
	b.submit(path, "code", "000000")
	b.says("caller.wrong")
	b.submit(path, "code", code.Reveal()[:3]+" "+code.Reveal()[3:])
	b.says("caller.right.title")
	ayetest.Same(t, "shown", s.Case(c.ID).Shown, support.Remaining)
	b.get(path)
	b.says("caller.right.title")
	b.get("/caller/none")
	b.is(http.StatusNotFound)
	b.says("caller.old.title")
}

// After five wrong codes the right one is not taken; that it was somebody else can still be said.
func TestCallerGuesses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c, _, path, code := s.calls()
	b := s.browser()
	for range support.CheckTries {
		b.get(path)
		b.post(path, "code", "000000")
	}
	b.post(path, "code", code.Reveal())
	b.is(http.StatusUnprocessableEntity)
	b.says("caller.late", "Agent", "The support")
	ayetest.Same(t, "shown", s.Case(c.ID).Shown, support.Nothing)
	b.submit(path + "/nobody")
	b.says("stop.title.stopped")
	ayetest.Same(t, "state", s.Case(c.ID).State, support.Stopped)
}

func TestCallerTooLate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c, _, path, code := s.calls()
	s.Clock.Pass(support.CheckLife)
	b := s.browser()
	b.post(path, "code", code.Reveal())
	b.says("caller.late", "Agent", "The support")
	ayetest.Same(t, "shown", s.Case(c.ID).Shown, support.Nothing)
}

// Who talks to nobody stops the case.
func TestCallerIsNobody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c, _, path, code := s.calls()
	b := s.browser()
	b.get(path)
	b.submit(path + "/nobody")
	b.says("stop.title.stopped")
	ayetest.Same(t, "state", s.Case(c.ID).State, support.Stopped)
	b.get(path)
	b.says("stop.title.stopped")
	b.post(path, "code", code.Reveal())
	ayetest.Same(t, "shown", s.Case(c.ID).Shown, support.Nothing)
}
