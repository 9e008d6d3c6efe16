package portal_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/support"
)

// mailed is the path of the newest link by which the person can stop a case.
func (s *site) mailed(m accounts.Member) string {
	s.Helper()
	for _, n := range slices.Backward(s.Announcer.Notices(m.Person.ID)) {
		if strings.Contains(n.Link.Reveal(), "/stop/") {
			return strings.TrimPrefix(n.Link.Reveal(), ayetest.Origin)
		}
	}
	s.Fatal("nothing was mailed")
	return ""
}

// Whoever has the mailed link can stop a case, without logging in, and only by pressing the button.
func TestStop(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Change(func(o *accounts.Organisation) { o.SupportContact = "Call 1234" })
	ada := s.person("Ada")
	s.Pair(ada)
	agent, second := s.Agent(accounts.RoleSupport), s.Agent(accounts.RoleAdministrator)
	opened := s.Opens(agent, ada, support.Lost)
	b := s.browser()
	path := s.mailed(ada)
	b.get(path)
	b.says("stop.title.live")
	b.says("stop.lead.lost", "Organisation", s.Organisation.Name)
	b.says("stop.will.lost.open")
	if !b.page.reads(agent.Person.Display) {
		t.Error("the page does not say who was asked")
	}
	s.Signs(second, opened.ID)
	b.get(path) // looking stops nothing
	b.says("stop.will.lost.waiting")
	if due := s.Case(opened.ID).Due.Format(time.RFC3339); !strings.Contains(b.page.body, due) {
		t.Errorf("the page does not say %s", due)
	}
	b.submit(path)
	b.says("stop.title.stopped")
	b.says("stop.password-button")
	if !b.page.reads("Call 1234") {
		t.Error("the page does not say whom to call")
	}
	ayetest.Same(t, "state", s.Case(opened.ID).State, support.Stopped)
	b.get(path)
	b.says("stop.title.stopped")
	b.post(path) // again, without harm
	b.says("stop.title.stopped")
	for _, wrong := range []string{"/stop/none", path + "x", "/stop/" + opened.ID + "."} {
		b.get(wrong)
		b.is(http.StatusNotFound)
		b.says("stop.old.title")
		b.post(wrong)
		b.says("stop.old.title")
	}
}

// What was taken away already stays away, and the page does not promise a way in.
func TestStopAfterTheRevocation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	s.Pair(ada)
	c := s.Lost(s.Agent(accounts.RoleSupport), s.Agent(accounts.RoleAdministrator), ada)
	b := s.browser()
	path := s.mailed(ada)
	b.get(path)
	b.says("stop.will.lost.revoked")
	b.says("stop.then.undone")
	b.submit(path)
	b.says("stop.locked")
	ayetest.Same(t, "state", s.Case(c.ID).State, support.Stopped)
	link := s.browser()
	link.get("/new-phone/" + s.Link(c.ID, 1).Reveal())
	link.is(http.StatusNotFound)
}

// Who is in sees it on the first page, and stops it without proving anything.
func TestStopOnTheOwnPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	phone := s.Pair(ada)
	bob := s.person("Bob")
	b, his := s.browser(), s.browser()
	b.logIn(ada, phone)
	his.logIn(bob, s.Pair(bob))
	c := s.Opens(s.Agent(accounts.RoleSupport), ada, support.Lost)
	path := "/security/cases/" + c.ID
	s.Clock.Pass(10 * time.Minute)
	b.get("/apps")
	b.says("stop.look")
	b.get("/security")
	b.prove(phone)
	b.at("/security")
	b.says("stop.look")
	s.Clock.Pass(10 * time.Minute)
	his.get("/apps")
	if his.page.reads(his.said("stop.look")) {
		t.Error("Bob is told of it")
	}
	his.get(path)
	his.is(http.StatusNotFound)
	his.post(path)
	his.is(http.StatusNotFound)
	b.get(path)
	b.submit(path)
	b.says("stop.title.stopped")
	ayetest.Same(t, "state", s.Case(c.ID).State, support.Stopped)
	b.get("/apps")
	if b.page.reads(b.said("stop.look")) {
		t.Error("it is still shown")
	}
}
