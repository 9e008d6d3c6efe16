package portal_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/support"
)

// The link leads to a new phone, after the password and nothing else.
func TestNewPhoneByLink(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	s.Pair(ada)
	c, token := s.Revoke(ada)
	path := "/new-phone/" + token.Reveal()
	b := s.browser()
	b.get(path)
	b.says("newphone.title")
	if strings.Contains(b.page.body, ada.Person.Email) {
		t.Error("the page says the whole address to who has the link alone")
	}
	b.submit(path, "password", "")
	b.is(http.StatusUnprocessableEntity)
	b.submit(path, "password", "not the password of Ada")
	b.is(http.StatusUnauthorized)
	b.says("newphone.wrong")
	b.submit(path, "password", ayetest.Password.Reveal())
	b.at("/setup/method")
	b.says("setup.choice.push")
	if strings.Contains(b.page.body, `value="sms"`) {
		t.Error("text messages are offered to who lost the phone")
	}
	b.post("/setup/method", "method", "sms")
	b.is(http.StatusUnprocessableEntity)
	other := s.browser()
	other.get(path) // it works once
	other.is(http.StatusNotFound)
	other.says("newphone.old.title")
	other.post(path, "password", ayetest.Password.Reveal())
	other.says("newphone.old.title")
	b.submit("/setup/method", "method", "push")
	b.at("/setup/link")
	b.submit("/setup/link")
	phone, waits := s.NewPhone(), b.page.path
	_, err := s.Claim(phone, b.scan())
	ayetest.Fails(s, err, nil)
	b.get(waits)
	b.at("/setup/done")
	b.says("newphone.done.title")
	ayetest.Same(t, "state", s.Case(c.ID).State, support.Done)
	b.submit("/setup/done")
	b.at("/login")
	b.logIn(ada, phone)
	b.at("/apps")
}

// The password alone leads nowhere while somebody is recovering, and says so.
func TestRecoveringWithoutTheLink(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Change(func(o *accounts.Organisation) { o.SupportContact = "Call 1234" })
	ada := s.person("Ada")
	s.Pair(ada)
	s.Revoke(ada)
	b := s.browser()
	b.password(ada)
	b.at("/login/wait")
	b.says("wait.end.recovering.title")
	if !b.page.reads("Call 1234") {
		t.Error("the page does not say whom to call")
	}
	for _, path := range []string{"/setup", "/setup/method", "/setup/link", "/setup/app", "/security", "/apps"} {
		b.get(path)
		b.at("/login/wait")
	}
	b = s.browser()
	path := b.forgets(ada)
	b.get(path)
	b.submit(path)
	b.post("/reset", "password", newPassword, "again", newPassword)
	b.get("/setup/method")
	if strings.HasPrefix(b.page.path, "/setup") {
		t.Error("a mailed link for a password leads to a new phone")
	}
}

// A temporary code lets somebody in, and changes nothing.
func TestTemporaryCode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	phone := s.Pair(ada)
	_, code := s.SendAccess(ada, support.AccessLife, 1)
	b := s.browser()
	b.password(ada)
	b.says("wait.temporary")
	b.get("/login/wait/code?method=temporary")
	b.says("code.title.temporary")
	b.submit("/login/wait/code", "code", "aaaa-bbbb-cccc")
	b.is(http.StatusUnprocessableEntity)
	b.says("code.wrong.temporary")
	b.submit("/login/wait/code", "code", strings.ToUpper(strings.ReplaceAll(code.Reveal(), "-", "")))
	b.at("/apps")
	b.says("care.temporary.notice")
	for _, path := range []string{"/security", "/security/phones/link", "/security/password", "/security/data", "/security/recovery", "/prove"} {
		b.get(path)
		b.at(path)
		b.is(http.StatusForbidden)
		b.says("care.temporary.title")
	}
	b.post("/prove", "password", ayetest.Password.Reveal())
	b.says("care.temporary.title")
	b.post("/security/password", "password", newPassword, "again", newPassword)
	b.says("care.temporary.title")
	again := s.browser()
	again.password(ada) // one use
	if again.page.reads(again.said("wait.temporary")) {
		t.Error("a used code is asked for")
	}
	b.post("/logout")
	b.logIn(ada, phone) // the phone goes on working
	b.get("/security")
	b.says("security.how.title")
}

// Who manages, and is in by a temporary code, changes nothing there either.
func TestTemporaryManager(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	olga := s.AddMember(s.Organisation, "Olga", accounts.RoleAdministrator)
	s.SetPassword(olga)
	s.Pair(olga)
	_, code := s.SendAccess(olga, support.AccessLife, 1)
	b := s.browser()
	b.password(olga)
	b.post("/login/wait/code", "method", string(approval.Temporary), "code", code.Reveal())
	b.at("/apps")
	b.get("/manage/rules")
	b.is(http.StatusForbidden)
	b.says("care.temporary.title")
	b.post("/manage/rules", "sure", "yes")
	b.at("/manage/rules")
	b.says("care.temporary.title")
	invited, _ := s.Invite("Ivo", accounts.RoleMember)
	before := s.heads(s.Organisation)
	b.post("/manage/people/" + invited.ID + "/invite")
	b.is(http.StatusForbidden)
	b.says("care.temporary.title")
	b.sends("/manage/import", "file", people)
	b.is(http.StatusForbidden)
	b.says("care.temporary.title")
	ayetest.Same(t, "what was changed", s.heads(s.Organisation), before)
}

// All ways are said to everybody, and whom to call to who typed the password.
func TestHelp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Change(func(o *accounts.Organisation) { o.SupportContact = "Call 1234" })
	ada := s.person("Ada")
	s.Pair(ada)
	b := s.browser()
	b.get("/login")
	b.says("help.link")
	b.get("/login/help")
	b.says("help.contact-before")
	b.password(ada)
	b.says("wait.help.lost-link")
	b.get("/login/help")
	b.says("help.contact", "Organisation", s.Organisation.Name)
	if !b.page.reads("Call 1234") {
		t.Error("the page does not say whom to call")
	}
	b.says("help.back-wait")
}
