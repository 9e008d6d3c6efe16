package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/notify"
	"example.com/aye/support"
)

// adasEnd is what agents see of Ada's number.
var adasEnd = adas[len(adas)-3:]

// caller is a person with a password, a phone, and a number.
func (s *site) caller() (accounts.Member, *ayetest.Phone) {
	s.Helper()
	m := s.WithNumber(s.person("Ada"), adas)
	return m, s.Pair(m)
}

// discreet opens every page about the person and the case, and fails where one has what no agent may see.
func (b *browser) discreet(m accounts.Member, caseID string) {
	b.Helper()
	never := []string{adas, strings.TrimPrefix(adas, "+"), "Elsewhere", "scalated"}
	for _, kind := range []accounts.LetterKind{accounts.LetterAccess, accounts.LetterCheck, accounts.LetterNewPhone} {
		for _, l := range b.Announcer.Letters(kind, m.Person.ID) {
			for _, text := range []string{l.Token.Reveal(), l.Code.Reveal()} {
				if text != "" {
					never = append(never, text)
				}
			}
		}
	}
	for _, n := range b.Announcer.Notices(m.Person.ID) {
		if n.Link != "" {
			never = append(never, n.Link.Reveal())
		}
	}
	for _, path := range []string{
		"/support", "/support/people?q=ada", "/support/people?q=" + strings.TrimPrefix(adas, "+"), "/support/people/" + m.ID, "/support/people/" + m.ID + "/lost", "/support/people/" + m.ID + "/forgotten",
		"/support/cases", "/support/cases?ended", "/support/cases/" + caseID, "/support/cases/" + caseID + "/approve", "/support/cases/" + caseID + "/send", "/support/cases/" + caseID + "/cancel",
	} {
		found := b.get(path)
		if found.status >= http.StatusInternalServerError {
			b.Fatalf("%s came with %d", path, found.status)
		}
		for _, text := range never {
			if strings.Contains(found.body, text) && !strings.Contains(path, text) {
				b.Fatalf("%s shows %q:\n%s", path, text, found.text())
			}
		}
	}
}

// A lost phone, from the search to the link, with two agents and the caller verified. Ada is a member elsewhere too,
// which nobody here learns.
func TestSupportLost(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, phone := s.caller()
	s.Join(s.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" }), ada)
	opener, b := s.agent(accounts.RoleSupport)
	colleague, second := s.agent(accounts.RoleSupport)

	b.get("/support")
	b.says("desk.home.heading")
	b.get("/support/people?q=ad")
	b.is(http.StatusUnprocessableEntity)
	b.says("desk.search.short")
	b.get("/support/people?q=nobody")
	b.says("desk.found.none", "Search", "nobody")
	b.get("/support/people?q=ada")
	if !strings.Contains(b.page.body, `href="/support/people/`+ada.ID+`"`) {
		t.Fatalf("Ada is not found:\n%s", b.page.text())
	}
	card := "/support/people/" + ada.ID
	b.get(card)
	b.says("desk.advice.lost.say")
	b.says("desk.card.number", "Number", adasEnd)

	b.get(card + "/lost")
	b.says("desk.open.weak")
	b.says("desk.step.wait", "Wait", "24 hours")
	b.says("desk.told.mail", "Address", "m••••@example.com")
	b.submit(card+"/lost", "identified", "", "ticket", "T-7")
	b.is(http.StatusUnprocessableEntity)
	b.says("desk.open.identified-bad")
	b.submit(card+"/lost", "identified", "called-back", "ticket", "")
	b.says("desk.open.ticket-bad")
	b.submit(card+"/lost", "identified", "called-back", "ticket", "T-7")
	b.says("desk.said.opened.lost")
	opened, _, _ := strings.Cut(b.page.path, "?")
	id := strings.TrimPrefix(opened, "/support/cases/")
	b.says("desk.operator-looks")
	ayetest.Same(t, "state", s.Case(id).State, support.Open)
	b.discreet(ada, id)
	b.get(card)
	b.says("desk.refused.live")
	b.post(card+"/lost", "identified", "called-back", "ticket", "T-8")
	b.is(http.StatusConflict)
	b.says("desk.refused.live")

	// Alone it goes no further.
	b.get(opened + "/approve")
	b.at(opened)
	b.says("problem.closed.text")
	b.post(opened + "/approve")
	ayetest.Same(t, "state", s.Case(id).State, support.Open)

	// The caller types on the phone what the agent reads out.
	b.get(opened)
	b.submit(opened+"/verify", "channel", "push")
	if !strings.HasPrefix(b.page.path, opened+"/checks/") {
		t.Fatalf("the browser is at %s", b.page.path)
	}
	waiting := b.page.path
	b.says("desk.check.say.push", "Agent", "The support")
	b.says("desk.check.never.push")
	second.get(waiting)
	second.says("desk.check.colleague")
	if shown.MatchString(second.page.body) {
		t.Error("the number is for who talks to the caller")
	}
	b.approves(phone)
	b.get(waiting)
	b.says("desk.check.end.right")
	b.says("desk.check.at-once")
	ayetest.Same(t, "shown", s.Case(id).Shown, support.Verified)

	// The second person reads it in full, and signs on their own phone.
	second.get("/support")
	second.says("desk.home.approve")
	second.get(opened + "/approve")
	second.says("desk.approve.sentence.lost", "Name", "Ada", "Opener", "The support")
	second.says("desk.step.no-wait")
	second.submit(opened + "/approve")
	second.at(opened + "/approve/wait")
	second.says("desk.signing.title")
	ayetest.Same(t, "digits", len(second.number()), 6)
	second.approves(colleague.Phone)
	second.get(opened + "/approve/wait")
	second.at(opened)
	second.says("desk.said.approved")
	ayetest.Same(t, "state", s.Case(id).State, support.Waiting)

	// The operator must sign too, and the page tells no more than it always does.
	ayetest.Fails(t, s.Support.Sweep(t.Context()), nil)
	b.get(opened)
	b.says("desk.now.overdue", "Name", "Ada")
	b.discreet(ada, id)
	ayetest.Fails(t, s.Support.SignAsOperator(t.Context(), id, "looked at it"), nil)
	ayetest.Fails(t, s.Support.Sweep(t.Context()), nil)
	ayetest.Same(t, "who signs late leaves the person time to stop it", s.Case(id).State, support.Waiting)
	s.Clock.Pass(support.LateWait)
	b = s.enters(opener.Member, opener.Phone) // the session was left alone too long
	ayetest.Fails(t, s.Support.Sweep(t.Context()), nil)
	ayetest.Same(t, "state", s.Case(id).State, support.Revoked)
	b.discreet(ada, id)
	b.get(opened)
	b.says("desk.past.approved", "Name", "The support")
	b.get(opened + "/send")
	b.submit(opened + "/send")
	b.says("desk.said.send")
	ayetest.Same(t, "letters", len(s.Announcer.Letters(accounts.LetterNewPhone, ada.Person.ID)), 2)
}

// A forgotten phone: an administrator's code goes out at once, that of support after a signature. Nobody sees it.
func TestSupportForgotten(t *testing.T) {
	t.Parallel()
	for role, state := range map[accounts.Role]support.State{accounts.RoleAdministrator: support.Sent, accounts.RoleSupport: support.Open} {
		t.Run(string(role), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			ada, _ := s.caller()
			_, b := s.agent(role)
			colleague, second := s.agent(accounts.RoleSupport)
			form := "/support/people/" + ada.ID + "/forgotten"
			b.get(form)
			if b.page.reads(b.said("desk.step.second", "Life", "24 hours")) != (role == accounts.RoleSupport) {
				t.Errorf("a second person is needed for support alone:\n%s", b.page.text())
			}
			for field, wrong := range map[string]string{"channel": "pigeon", "life": "99999", "uses": "9"} {
				b.get(form)
				b.saves(form, "identified", "in-person", "ticket", "T-1", field, wrong)
				b.is(http.StatusUnprocessableEntity)
				b.says("desk.open." + field + "-bad")
			}
			b.get(form)
			b.saves(form, "identified", "in-person", "ticket", "T-1", "channel", "mail", "life", "240", "uses", "2")
			b.says("desk.said.opened.forgotten")
			id := strings.TrimPrefix(b.page.path, "/support/cases/")
			ayetest.Same(t, "state", s.Case(id).State, state)
			if state == support.Open {
				second.get("/support/cases/" + id + "/approve")
				second.says("desk.approve.sentence.forgotten", "Name", "Ada", "Opener", "The support")
				second.submit("/support/cases/" + id + "/approve")
				second.approves(colleague.Phone)
				second.get(second.page.path)
				second.says("desk.said.approved")
			}
			c := s.Case(id)
			ayetest.Same(t, "sent", []any{c.State, c.Life, c.Uses, c.Channel}, []any{support.Sent, 4 * time.Hour, 2, support.ByMail})
			ayetest.Same(t, "letters", len(s.Announcer.Letters(accounts.LetterAccess, ada.Person.ID)), 1)
			b.discreet(ada, id)
			second.discreet(ada, id)
		})
	}
}

// What the second person does not approve is not done: a no on the phone, a code instead, a refusal, taking it back.
func TestSupportRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.caller()
	opener, first := s.agent(accounts.RoleSupport)
	colleague, b := s.agent(accounts.RoleSupport)
	c := s.Opens(opener, ada, support.Lost)
	at := "/support/cases/" + c.ID
	b.get(at + "/approve/wait") // nobody was asked
	b.at(at + "/approve")
	b.submit(at + "/approve")
	b.answers(colleague.Phone, approval.Deny, "")
	b.get(at + "/approve/wait")
	b.says("desk.signing.text.denied", "Name", "Ada")
	first.get(at)
	first.says("desk.coming.second") // for the opener it waits as before
	b.submit(at + "/approve")
	b.at(at + "/approve/wait")
	s.Clock.Pass(approval.MaximumLife + time.Second)
	b.get(at + "/approve/wait")
	b.says("desk.signing.end.expired")
	ayetest.Same(t, "state", s.Case(c.ID).State, support.Open)

	b = s.enters(colleague.Member, colleague.Phone)
	b.get(at + "/refuse")
	b.says("desk.refuse.text", "Name", "Ada")
	b.submit(at + "/refuse")
	b.says("desk.said.refuse")
	b.says("desk.now.refused")
	ayetest.Same(t, "state", s.Case(c.ID).State, support.Refused)
	for _, what := range []string{"/refuse", "/cancel", "/send", "/approve"} {
		b.get(at + what)
		b.at(at)
		b.says("problem.closed.text")
	}
	first = s.enters(opener.Member, opener.Phone)
	c = s.Opens(opener, ada, support.Forgotten)
	at = "/support/cases/" + c.ID
	first.get(at + "/cancel")
	first.submit(at + "/cancel")
	first.says("desk.said.cancel")
	ayetest.Same(t, "state", s.Case(c.ID).State, support.Cancelled)
	first.get("/support/cases?ended")
	first.says("desk.state.cancelled")
}

// A code instead of the signature of the phone approves nothing, and the page says so.
func TestSupportUnsigned(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.caller()
	c := s.Opens(s.Agent(accounts.RoleSupport), ada, support.Lost)
	colleague, b := s.agent(accounts.RoleSupport)
	b.get("/support/cases/" + c.ID + "/approve")
	b.submit("/support/cases/" + c.ID + "/approve")
	asker, err := s.Accounts.PortalOf(t.Context(), s.Organisation.ID)
	ayetest.Fails(t, err, nil)
	_, err = s.Approvals.Verify(t.Context(), asker, b.asked().ID, approval.TOTP, colleague.Phone.CodeNow())
	ayetest.Fails(t, err, nil)
	b.get("/support/cases/" + c.ID + "/approve/wait")
	b.is(http.StatusForbidden)
	b.says("desk.signing.text.unsigned", "Name", "Ada")
	ayetest.Same(t, "state", s.Case(c.ID).State, support.Open)
}

// What the agent says is what happened to the push: and the phone that was never asked is offered.
func TestSupportSays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.caller()
	_, b := s.agent(accounts.RoleSupport)
	s.Ask(ada)
	s.Clock.Pass(3 * time.Second)
	taken := s.Pusher.Taken(notify.MessageApproval)
	report := notify.Report{Push: taken[len(taken)-1], Outcome: notify.Outcome{Class: notify.Accepted}}
	ayetest.Fails(t, s.Approvals.Pushed(t.Context(), report), nil)
	card := "/support/people/" + ada.ID
	b.get(card)
	b.says("desk.delivery.accepted", "Phone", "Pixel 9", "Channel", "Google", "After", "3 seconds")
	s.Clock.Pass(5 * time.Minute)
	b.get(card)
	b.says("desk.delivery.never-fetched", "Phone", "Pixel 9", "Channel", "Google", "After", "3 seconds")
	b.says("desk.advice.not-fetched.say")
	b.says("desk.never-ask")
	b.language = "nl"
	b.get(card)
	b.says("desk.delivery.never-fetched", "Phone", "Pixel 9", "Channel", "Google", "After", "3 seconden")

	admin := s.Agent(accounts.RoleAdministrator)
	b.get("/support/people/" + admin.ID)
	b.says("desk.refused.rank")
	for _, kind := range []string{"/lost", "/forgotten"} {
		b.get("/support/people/" + admin.ID + kind)
		b.at("/prove")
	}
}

// "This was not me" stops support for the person until an administrator, who is somebody else, lifts it.
func TestSupportFrozen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.caller()
	opener, b := s.agent(accounts.RoleSupport)
	_, admin := s.agent(accounts.RoleAdministrator)
	c := s.freezes(opener, ada)
	b.get("/support/cases/" + c.ID)
	b.says("desk.now.stopped", "Name", "Ada")
	b.get("/support/people/" + ada.ID)
	b.says("desk.advice.frozen.say")
	b.says("desk.frozen.person")
	b.post("/support/people/"+ada.ID+"/lost", opening...)
	b.is(http.StatusForbidden)
	b.says("desk.frozen.person")
	frozen, err := s.Store.Freezes(t.Context(), s.Organisation.ID)
	ayetest.Fails(t, err, nil)
	lift := "/support/freezes/" + frozen[0].ID + "/lift"
	b.get("/support")
	if strings.Contains(b.page.body, lift) {
		t.Error("support is offered to lift it")
	}
	b.post(lift)
	b.is(http.StatusForbidden)
	admin.get("/support")
	if !strings.Contains(admin.page.body, lift) {
		t.Errorf("an administrator is not offered to lift it:\n%s", admin.page.text())
	}
	admin.get(lift)
	admin.says("desk.lift.text.person", "Name", "Ada")
	admin.submit(lift)
	admin.says("desk.said.lifted")
	admin.get(lift)
	admin.is(http.StatusNotFound)
	b.get("/support/people/" + ada.ID + "/lost")
	b.at("/support/people/" + ada.ID + "/lost")
}

// Who opens more cases than one person does is told so on every page, and helps nobody.
func TestSupportFrozenAgent(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.agent(accounts.RoleSupport)
	for range support.CasesPerAgent + 1 {
		m := s.person("Ida")
		b.post("/support/people/"+m.ID+"/lost", opening...)
	}
	b.is(http.StatusForbidden)
	b.says("desk.frozen.agent")
	for _, path := range []string{"/support", "/support/people?q=ida", "/support/cases"} {
		b.get(path)
		b.is(http.StatusForbidden)
		b.says("desk.frozen.agent")
	}
}

// The operator's support finds by the whole address alone, sees which organisation it is, and signs what needs it.
func TestSupportOfTheOperator(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.caller()
	s.Join(s.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" }), ada)
	operator := s.AgentOf(s.OperatorSupport(), accounts.RoleSupport)
	c := s.Opens(s.Agent(accounts.RoleSupport), ada, support.Lost)
	s.Signs(s.Agent(accounts.RoleSupport), c.ID)
	b := s.enters(operator.Member, operator.Phone)
	b.get("/support/people?q=ada")
	b.says("desk.found.none-operator")
	b.get("/support/people?q=" + ada.Person.Email)
	b.says("desk.person.organisation")
	if !b.page.reads("Elsewhere") || !b.page.reads(s.Organisation.Name) {
		t.Errorf("the organisations are not named:\n%s", b.page.text())
	}
	at := "/support/cases/" + c.ID
	b.get("/support")
	b.says("desk.home.approve")
	b.get(at + "/approve")
	b.submit(at + "/approve")
	b.approves(operator.Phone)
	b.get(at + "/approve/wait")
	b.says("desk.said.approved")
	ayetest.Same(t, "signed", s.Case(c.ID).OperatorID, operator.ID)
}

// The caller's answer to a message is seen as it comes; the code is on no page of the agent's.
func TestSupportCheckByMail(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.caller()
	agent, b := s.agent(accounts.RoleSupport)
	c := s.Opens(agent, ada, support.Lost)
	at := "/support/cases/" + c.ID
	b.get(at)
	b.submit(at+"/verify", "channel", "mail")
	b.says("desk.check.never.code")
	waiting := b.page
	letters := s.Announcer.Letters(accounts.LetterCheck, ada.Person.ID)
	last := letters[len(letters)-1]
	for _, text := range []string{last.Code.Reveal(), last.Token.Reveal()} {
		if strings.Contains(waiting.everything(), text) {
			t.Error("the agent sees what only the caller may have")
		}
	}
	b.get(at)
	b.says("desk.verify.look")
	ayetest.Fails(t, s.Support.AnswerCaller(t.Context(), last.Token, last.Code), nil)
	b.get(waiting.path)
	b.says("desk.check.end.right")
	b.says("desk.check.shorter", "Wait", "60 minutes")
	b.get(at + "/verify")
	b.at(at)
	b.says("desk.shown.remaining")
	b.post(at+"/verify", "channel", "pigeon")
	b.says("desk.said.no-channel")
	for range support.ChecksPerCase {
		s.Clock.Pass(time.Second)
		b.post(at+"/verify", "channel", "mail")
		b.get(at)
		letters = s.Announcer.Letters(accounts.LetterCheck, ada.Person.ID)
		last = letters[len(letters)-1]
		_ = s.Support.AnswerCaller(t.Context(), last.Token, last.Code)
	}
	b.post(at+"/verify", "channel", "mail")
	b.at(at)
	b.says("desk.said.asked-enough")
	ayetest.Fails(t, s.Support.DenyCaller(t.Context(), last.Token), nil)
	b.get(at)
	b.says("desk.now.stopped", "Name", "Ada")
}
