package portal_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/signin"
	"example.com/aye/support"
)

// supporting are all routes of support.
func (s *site) supporting() [][2]string {
	return slices.DeleteFunc(s.portal.Routes(), func(r [2]string) bool { return r[1] != "/support" && !strings.HasPrefix(r[1], "/support/") })
}

// helping are one of each thing that has an id in an address of support.
type helping struct{ person, opened, check, freeze string }

func (one helping) put(path string) string {
	return strings.NewReplacer(":person", one.person, ":case", one.opened, ":check", one.check, ":freeze", one.freeze).Replace(path)
}

// helping makes them in an organisation: a person, a case with a question to the caller, and a freeze of somebody else.
func (s *site) helping(o accounts.Organisation) helping {
	s.Helper()
	m, other, opener := s.AddMember(o, "Ada", accounts.RoleMember), s.AddMember(o, "Fay", accounts.RoleMember), s.AgentOf(o, accounts.RoleSupport)
	s.SetPassword(m)
	s.SetPassword(other)
	s.Pair(m)
	opened := s.Opens(opener, m, support.Lost)
	checking, err := s.Desk(opener).Verify(s.Context(), opened.ID, support.ByPush)
	ayetest.Fails(s, err, nil)
	s.freezes(opener, other)
	frozen, err := s.Store.Freezes(s.Context(), o.ID)
	ayetest.Fails(s, err, nil)
	return helping{m.ID, opened.ID, checking.ID, frozen[0].ID}
}

// freezes opens a case about somebody who says "this was not me".
func (s *site) freezes(opener ayetest.Agent, m accounts.Member) support.Case {
	s.Helper()
	c := s.Opens(opener, m, support.Lost)
	_, err := s.Support.StopOwn(s.Context(), m.Person.ID, c.ID)
	ayetest.Fails(s, err, nil)
	return c
}

// agent is a browser in which an agent has just logged in.
func (s *site) agent(role accounts.Role) (ayetest.Agent, *browser) {
	s.Helper()
	a := s.Agent(role)
	return a, s.enters(a.Member, a.Phone)
}

// opening is a form that every route of support would take.
var opening = []string{"identified", "called-back", "ticket", "T-1", "channel", "mail", "life", "60", "uses", "1"}

// Who has no role of support sees and changes nothing of it, and is told so.
func TestOnlySupportGivesSupport(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ours := s.helping(s.Organisation)
	if len(s.supporting()) < 20 {
		t.Fatalf("only %d routes are of support", len(s.supporting()))
	}
	_, _, member := s.joins(s.Organisation, "Mel", accounts.RoleMember)
	stranger, before := s.browser(), s.heads(s.Organisation)
	for _, r := range s.supporting() {
		got := member.once(r[0], ours.put(r[1]), opening...)
		if got.status != http.StatusForbidden || !got.reads(member.said("problem.support.title")) {
			t.Errorf("a member: %s %s came with %d", r[0], r[1], got.status)
		}
		if got = stranger.once(r[0], ours.put(r[1]), opening...); !strings.HasPrefix(got.header.Get("Location"), "/login") {
			t.Errorf("a stranger: %s %s came with %d", r[0], r[1], got.status)
		}
	}
	ayetest.Same(t, "what was changed", s.heads(s.Organisation), before)
	if strings.Contains(member.get("/apps").body, `href="/support"`) {
		t.Error("a member is offered support")
	}
	for _, role := range []accounts.Role{accounts.RoleSupport, accounts.RoleAdministrator, accounts.RoleOwner} {
		_, b := s.agent(role)
		for _, r := range s.supporting() {
			got := b.once(http.MethodGet, ours.put(r[1]))
			if got.status == 500 {
				t.Log(s.log.String())
			}
			lifts := strings.HasPrefix(r[1], "/support/freezes/") && role == accounts.RoleSupport
			if r[0] == http.MethodGet && (got.status >= http.StatusNotFound || (got.status == http.StatusForbidden) != lifts) {
				t.Errorf("%s: %s came with %d\n%s", role, r[1], got.status, got.text())
			}
		}
		if !strings.Contains(b.get("/apps").body, `href="/support"`) {
			t.Errorf("%s is not offered support", role)
		}
	}
}

// entered is a browser whose session came about by another means than it did.
func (s *site) entered(a ayetest.Agent, method approval.Method) *browser {
	s.Helper()
	v := s.LogIn(a.Member, a.Phone)
	next := v.Session
	next.Method = method
	held, err := s.Store.ChangeSession(s.Context(), signin.Change{From: v.Session, To: next}, audit.Entry{Organisation: a.OrganisationID, Action: "test", At: s.Clock.Now()})
	if ayetest.Fails(s, err, nil); !held {
		s.Fatal("the session did not change")
	}
	b := s.browser()
	b.cookies["__Host-aye_session"] = v.Token.Reveal()
	return b
}

// Support is given in sessions that a phone or an authenticator app opened, and in no other; a page says why, and what to do.
func TestSupportNeedsTheOwnPhone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.AllowSMS(s.Organisation)
	ours, a := s.helping(s.Organisation), s.Agent(accounts.RoleOwner)
	for method, allowed := range map[approval.Method]bool{
		approval.Push: true, approval.TOTP: true, approval.SMS: false, approval.Recovery: false, approval.Temporary: false,
	} {
		b := s.entered(a, method)
		before := s.heads(s.Organisation)
		for _, r := range s.supporting() {
			if allowed && r[0] != http.MethodGet {
				continue
			}
			got := b.once(r[0], ours.put(r[1]), opening...)
			if locked := got.status == http.StatusForbidden && got.reads(b.said("desk.locked.title")); locked == allowed {
				t.Errorf("by %q: %s %s came with %d", method, r[0], r[1], got.status)
			}
		}
		if !allowed {
			ayetest.Same(t, "what was changed", s.heads(s.Organisation), before)
			b.get("/support")
			b.says("desk.locked.text")
			b.submit("/logout")
			b.at("/login")
		}
	}
}

// Who is in with the password alone, where that is enough, helps nobody into an account either.
func TestSupportNeedsAFactor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.free()
	m := s.AddMember(s.Organisation, "Sam", accounts.RoleSupport)
	s.SetPassword(m)
	b := s.browser()
	b.password(m)
	b.get("/support")
	b.is(http.StatusForbidden)
	b.says("desk.locked.text")
}

// What changes something is done by who was proven within five minutes.
func TestSupportIsProven(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ours := s.helping(s.Organisation)
	a, b := s.agent(accounts.RoleAdministrator)
	s.Clock.Pass(6 * time.Minute)
	before := s.heads(s.Organisation)
	for _, r := range s.supporting() {
		if r[0] != http.MethodPost {
			continue
		}
		path := ours.put(r[1])
		if got := b.once(http.MethodPost, path, opening...); got.header.Get("Location") != "/prove?next="+url.QueryEscape(path) {
			t.Errorf("%s goes to %q (%d)", r[1], got.header.Get("Location"), got.status)
		}
		if got := b.once(http.MethodGet, path); got.status == http.StatusNotFound {
			t.Errorf("%s has no page to come back to", r[1])
		}
	}
	ayetest.Same(t, "what was changed", s.heads(s.Organisation), before)
	b.get("/support/cases/" + ours.opened + "/approve")
	b.prove(a.Phone)
	b.at("/support/cases/" + ours.opened + "/approve")
}

// Who was proven again by a code that somebody could have taken from them, or sent them, opens and approves nothing by that: the page says that a
// phone or an authenticator app must do it.
func TestSupportIsProvenByTheOwnPhone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ours, a := s.helping(s.Organisation), s.Agent(accounts.RoleAdministrator)
	for method, allowed := range map[approval.Method]bool{
		approval.Push: true, approval.TOTP: true, approval.SMS: false, approval.Recovery: false, approval.Temporary: false, "": false,
	} {
		v := s.LogIn(a.Member, a.Phone)
		next := v.Session
		next.ProvenBy = method
		held, err := s.Store.ChangeSession(s.Context(), signin.Change{From: v.Session, To: next}, audit.Entry{Organisation: a.OrganisationID, Action: "test", At: s.Clock.Now()})
		if ayetest.Fails(s, err, nil); !held {
			t.Fatal("the session did not change")
		}
		b := s.browser()
		b.cookies["__Host-aye_session"] = v.Token.Reveal()
		before, path := s.heads(s.Organisation), "/support/cases/"+ours.opened+"/approve"
		if allowed {
			b.get(path)
			b.at(path)
			continue
		}
		for _, r := range s.supporting() {
			if r[0] != http.MethodPost {
				continue
			}
			if got := b.once(http.MethodPost, ours.put(r[1]), opening...); !strings.HasPrefix(got.header.Get("Location"), "/prove?next=") {
				t.Errorf("by %q: %s goes to %q (%d)", method, r[1], got.header.Get("Location"), got.status)
			}
		}
		ayetest.Same(t, "what was changed", s.heads(s.Organisation), before)
		b.get(path)
		b.at("/prove")
		b.says("prove.support")
		b.prove(a.Phone)
		b.at(path)
	}
}

var helpParameter = regexp.MustCompile(`:(person|case|check|freeze)`)

// What another organisation has is as if it never was: every route, every place of an id, byte by byte.
func TestSupportOfOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	elsewhere := s.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" })
	ours, theirs := s.helping(s.Organisation), s.helping(elsewhere)
	unknown := helping{secret.NewID("usr"), secret.NewID("case"), secret.NewID("chk"), secret.NewID("frz")}
	_, b := s.agent(accounts.RoleOwner)
	before, tried := s.heads(elsewhere), 0
	for _, r := range s.supporting() {
		for _, place := range helpParameter.FindAllString(r[1], -1) {
			tried++
			with := func(foreign helping) opened {
				return b.once(r[0], ours.put(strings.Replace(r[1], place, foreign.put(place), 1)), opening...)
			}
			got, want := with(theirs), with(unknown)
			if r[1] == "/support/cases/:case/verify" && r[0] == http.MethodGet { // leads to the case, which says so
				got, want = b.once(http.MethodGet, theirs.put("/support/cases/:case")), b.once(http.MethodGet, unknown.put("/support/cases/:case"))
			}
			plain := strings.ReplaceAll(got.body, theirs.put(place), unknown.put(place))
			if got.status != http.StatusNotFound || want.status != http.StatusNotFound || plain != want.body {
				t.Errorf("%s %s with another's %s: %d and %d, want 404 twice and the same bytes", r[0], r[1], place, got.status, want.status)
			}
		}
	}
	if tried < 20 {
		t.Errorf("only %d places were tried", tried)
	}
	ayetest.Same(t, "what was changed", s.heads(elsewhere), before)
}
