package api_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/api"
	"example.com/aye/internal/app"
	"example.com/aye/internal/phone"
	"example.com/aye/internal/stage"
	"example.com/aye/support"
)

// desk is an organisation with somebody who has a phone and a password, and two agents.
type desk struct {
	*shop
	member  accounts.Member
	phone   *handset
	sam, ed stage.Agent
}

func (w *world) desk(change ...func(*phone.Details)) *desk {
	w.t.Helper()
	return w.deskFor(ada, change...)
}

func (w *world) deskFor(email string, change ...func(*phone.Details)) *desk {
	w.t.Helper()
	d := &desk{shop: w.shop()}
	d.member = w.member(d.organisation, email, accounts.RoleMember)
	d.phone = d.shop.phone(email, change...)
	w.password(d.member)
	d.sam, d.ed = w.agent(d.organisation, "Sam", accounts.RoleSupport), w.agent(d.organisation, "Ed", accounts.RoleAdministrator)
	return d
}

func (w *world) password(m accounts.Member) {
	w.t.Helper()
	if err := w.App.Accounts.SetPassword(w.t.Context(), m.Person.ID, "correct horse battery staple"); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) agent(o accounts.Organisation, name string, role accounts.Role) stage.Agent {
	w.t.Helper()
	a, err := w.AddAgent(w.t.Context(), o.ID, name, role)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// opens opens a case about Ada.
func (d *desk) opens(kind support.Kind, by stage.Agent) support.Case {
	d.w.t.Helper()
	c, err := d.w.OpenCase(d.w.t.Context(), by, d.member, kind)
	if err != nil {
		d.w.t.Fatal(err)
	}
	return c
}

func (d *desk) signs(by stage.Agent, caseID string) {
	d.w.t.Helper()
	if err := d.w.SignCase(d.w.t.Context(), by, caseID); err != nil {
		d.w.t.Fatal(err)
	}
}

// told is the one case of which a phone is told.
func (d *desk) told() phone.Case {
	d.w.t.Helper()
	cases, err := d.phone.Cases(d.w.t.Context())
	if err != nil || len(cases) != 1 {
		d.w.t.Fatalf("%+v %v", cases, err)
	}
	return cases[0]
}

func TestPhoneHearsOfACaseAndStopsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.desk()
	if none, err := d.phone.Cases(t.Context()); err != nil || len(none) != 0 {
		t.Errorf("%+v %v", none, err)
	}
	opened := d.opens(support.Lost, d.sam)
	push := w.nextPush(d.phone, "case")
	for _, word := range []string{"Sam", "Ada", ada, "Tulip", "lost"} {
		if strings.Contains(push, word) {
			t.Errorf("Google reads %q: %s", word, push)
		}
	}
	if !strings.Contains(push, opened.ID) || !strings.Contains(push, "Somebody asked support for help in your name") {
		t.Error(push)
	}
	told := d.told()
	if told.ID != opened.ID || told.Kind != "lost" || told.State != "open" || told.Agent != "Sam" || told.Organisation.Name != "Tulip" || !told.DueAt.IsZero() {
		t.Errorf("%+v", told)
	}
	d.signs(d.ed, opened.ID)
	if told = d.told(); told.State != "waiting" || told.DueAt.Sub(w.now()).Round(time.Hour) != support.DefaultWait {
		t.Errorf("%+v", told)
	}
	for range 2 { // the answer may be lost
		if stopped, err := d.phone.StopCase(t.Context(), opened.ID); err != nil || stopped.State != "stopped" {
			t.Errorf("%+v %v", stopped, err)
		}
	}
	w.pass(support.DefaultWait)
	if err := w.App.Support.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.phone.Status(t.Context()); err != nil {
		t.Errorf("the phone is linked no more: %v", err)
	}
	if _, err := w.OpenCase(t.Context(), d.ed, d.member, support.Lost); err == nil {
		t.Error("support goes on as if nobody had said anything")
	}
}

func TestStopCaseRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.desk(polls)
	opened := d.opens(support.Lost, d.sam)
	path := "/v1/device/cases/" + opened.ID + "/stop"
	w.member(d.organisation, "bob@example.com", accounts.RoleMember)
	bob := d.shop.phone("bob@example.com", polls)
	elsewhere := w.shop("eve@example.com")
	eve := elsewhere.phone("eve@example.com", polls)
	for name, p := range map[string]*handset{"a colleague": bob, "another organisation": eve} {
		equal(t, name, p.call(t, http.MethodPost, path, ""), p.call(t, http.MethodPost, "/v1/device/cases/"+neverWas(opened.ID)+"/stop", ""))
		if cases, err := p.Cases(t.Context()); err != nil || len(cases) != 0 {
			t.Errorf("%s hears of %+v %v", name, cases, err)
		}
	}
	w.anybody().post(t, path, nil).problem(http.StatusUnauthorized, "invalid-proof")
	d.post(t, path, nil).problem(http.StatusUnauthorized, "invalid-proof")
	if d.told().State != "open" {
		t.Fatal("somebody else stopped it")
	}
	// A proof that somebody overheard stops nothing a second time.
	c := w.anybody().with("Authorization", "Bearer "+d.phone.proof(http.MethodPost, path, ""))
	c.post(t, path, nil).want(http.StatusOK)
	c.post(t, path, nil).problem(http.StatusUnauthorized, "proof-used")
	d.phone.call(t, http.MethodPost, "/v1/device/cases/nonsense/stop", "").problem(http.StatusNotFound, "not-found")
}

// A case that was refused can still be stopped, because somebody tried; but not for ever, and the phone is told so.
func TestStopCaseThatIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.desk(polls)
	opened := d.opens(support.Lost, d.sam)
	if err := w.Desk(d.ed).Refuse(t.Context(), opened.ID); err != nil {
		t.Fatal(err)
	}
	if told := d.told(); told.State != "refused" {
		t.Errorf("%+v", told)
	}
	w.pass(support.StopLife + time.Minute)
	d.phone.call(t, http.MethodPost, "/v1/device/cases/"+opened.ID+"/stop", "").problem(http.StatusConflict, "case-closed")
	if cases, err := d.phone.Cases(t.Context()); err != nil || len(cases) != 0 {
		t.Errorf("%+v %v", cases, err)
	}
}

// Who is asked whether it is them on the line, and says that it is not, stops the case by that.
func TestCallerWhoIsNotMe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.desk(polls)
	opened := d.opens(support.Lost, d.sam)
	checking, err := w.Desk(d.sam).Verify(t.Context(), opened.ID, support.ByPush)
	if err != nil {
		t.Fatal(err)
	}
	requests, err := d.phone.List(t.Context())
	if err != nil || len(requests) != 1 || requests[0].ID != checking.ApprovalID || requests[0].Confirm != "number" || !strings.Contains(requests[0].Message, "Sam") {
		t.Fatalf("%+v %v", requests, err)
	}
	if _, err = d.phone.Report(t.Context(), checking.ApprovalID); err != nil {
		t.Fatal(err)
	}
	c, err := w.App.Support.Store.Case(t.Context(), opened.ID)
	if err != nil || c.State != support.Stopped || c.StoppedBy != "report" {
		t.Errorf("%+v %v", c, err)
	}
}

// The server itself carries a case out when its time has come: the phone is linked no more.
func TestServerCarriesACaseOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.desk(polls)
	opened := d.opens(support.Lost, d.sam)
	d.signs(d.ed, opened.ID)
	w.pass(support.DefaultWait)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 600 {
		if a := d.phone.call(t, http.MethodGet, "/v1/device", ""); a.status == http.StatusUnauthorized {
			a.problem(http.StatusUnauthorized, "device-unknown")
			return
		}
		<-tick.C
	}
	t.Error("nothing happened")
}

// revoked carries a lost phone's case out at its time.
func (d *desk) revoked() support.Case {
	d.w.t.Helper()
	opened := d.opens(support.Lost, d.sam)
	d.signs(d.ed, opened.ID)
	d.w.pass(support.DefaultWait)
	if err := d.w.App.Support.Sweep(d.w.t.Context()); err != nil {
		d.w.t.Fatal(err)
	}
	return opened
}

// The phone that a case removed can list that case, and stop it after all: who had it at hand all the time need not find the mail first.
func TestRemovedPhoneStopsItsCase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.desk(polls)
	opened := d.revoked()
	if told := d.told(); told.ID != opened.ID || told.State != "revoked" {
		t.Errorf("%+v", told)
	}
	if stopped, err := d.phone.StopCase(t.Context(), opened.ID); err != nil || stopped.State != "stopped" {
		t.Errorf("%+v %v", stopped, err)
	}
	if c, err := w.App.Support.Store.Case(t.Context(), opened.ID); err != nil || c.State != support.Stopped || c.StoppedBy != "phone" {
		t.Errorf("%+v %v", c, err)
	}
	if _, err := w.OpenCase(t.Context(), d.ed, d.member, support.Lost); err == nil {
		t.Error("support goes on as if nobody had said anything")
	}
}

// That phone calls no other route, stops no other case, and stops nothing for ever.
func TestRemovedPhoneDoesNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.desk(polls)
	other := d.opens(support.Lost, d.sam)
	if err := w.Desk(d.ed).Refuse(t.Context(), other.ID); err != nil {
		t.Fatal(err)
	}
	opened := d.revoked()
	tried := 0
	for route := range api.Routes() {
		method, path, _ := strings.Cut(strings.ReplaceAll(route, ":id", opened.ID), " ")
		if method == http.MethodOptions || strings.HasPrefix(path, "/v1/device/cases") {
			continue
		}
		if !strings.HasPrefix(path, "/v1/device/") && path != "/v1/device" && !strings.HasSuffix(path, "/decision") {
			continue
		}
		tried++
		d.phone.call(t, method, path, "{}").problem(http.StatusUnauthorized, "device-unknown")
	}
	if tried < 7 {
		t.Errorf("only %d routes were tried", tried)
	}
	if told := d.told(); told.ID != opened.ID {
		t.Errorf("%+v", told)
	}
	d.phone.call(t, http.MethodPost, "/v1/device/cases/"+other.ID+"/stop", "").problem(http.StatusNotFound, "not-found")
	w.pass(support.LinkDays + time.Minute)
	if err := w.App.Support.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.pass(support.StopLife + time.Minute)
	d.phone.call(t, http.MethodPost, "/v1/device/cases/"+opened.ID+"/stop", "").problem(http.StatusConflict, "case-closed")
	if cases, err := d.phone.Cases(t.Context()); err != nil || len(cases) != 0 {
		t.Errorf("%+v %v", cases, err)
	}
}

// Who is taken out of the organisation is helped by it no more.
func TestCaseOfWhoLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.desk(polls)
	opened := d.opens(support.Lost, d.sam)
	if err := w.App.Accounts.EndMembership(t.Context(), d.member); err != nil {
		t.Fatal(err)
	}
	if c, err := w.App.Support.Store.Case(t.Context(), opened.ID); err != nil || c.State != support.Cancelled {
		t.Errorf("%+v %v", c, err)
	}
}

// A phone that was not let in yet hears of nothing.
func TestCasesOfAPhoneThatWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shopOf(w.organisation(func(o *accounts.Organisation) { o.Profile = accounts.Strict }), nil, ada)
	p := w.handset(polls)
	if _, err := p.scan(s.pairing(ada).URL); err != nil {
		t.Fatal(err)
	}
	p.call(t, http.MethodGet, "/v1/device/cases", "").problem(http.StatusForbidden, "device-not-active")
	p.call(t, http.MethodPost, "/v1/device/cases/"+neverWas("case_")+"/stop", "").problem(http.StatusForbidden, "device-not-active")
}

var accessCode = regexp.MustCompile(`\b[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}\b`)

// Who forgot the phone types the code that was mailed, at a login page of that organisation, once.
func TestTemporaryCode(t *testing.T) {
	t.Parallel()
	mails := mailServer(t)
	w := newWorld(t, func(o *stage.Options) {
		o.Mail = app.Mail{Host: "127.0.0.1", Port: mails.port, From: "aye@example.com", Plain: true}
	})
	d := w.desk(polls)
	elsewhere := w.shop()
	before := d.ask(ada)
	if strings.Contains(strings.Join(before.Methods, " "), "temporary") {
		t.Errorf("%v", before.Methods)
	}
	d.post(t, "/v1/approvals/"+before.ID+"/verify", object{"method": "temporary", "code": "abcd-efgh-ijkl"}).problem(http.StatusConflict, "method-unavailable")

	d.opens(support.Forgotten, d.ed) // an administrator needs nobody beside
	code := ""
	for code == "" {
		code = accessCode.FindString(<-mails.taken)
	}
	asked := d.ask(ada, browser("b-2"))
	if !strings.Contains(strings.Join(asked.Methods, " "), "temporary") {
		t.Errorf("%v", asked.Methods)
	}
	verify := func(s *shop, id, code string) *answer {
		return s.post(t, "/v1/approvals/"+id+"/verify", object{"method": "temporary", "code": code})
	}
	verify(d.shop, asked.ID, "abcd-efgh-ijkl").problem(http.StatusForbidden, "wrong-code")
	verify(elsewhere, asked.ID, code).problem(http.StatusNotFound, "not-found")
	var approved state
	verify(d.shop, asked.ID, strings.ToUpper(strings.ReplaceAll(code, "-", " "))).want(http.StatusOK).into(&approved)
	if approved.Method != "temporary" || approved.Status != "approved" {
		t.Errorf("%+v", approved)
	}
	var released struct {
		Method string `json:"method"`
	}
	d.redeem(asked.ID, approved.ReleaseCode).want(http.StatusOK).into(&released)
	if released.Method != "temporary" {
		t.Errorf("%+v", released)
	}
	again := d.ask(ada, browser("b-3"))
	verify(d.shop, again.ID, code).problem(http.StatusConflict, "method-unavailable")
	if strings.Contains(strings.Join(again.Methods, " "), "temporary") {
		t.Errorf("%v", again.Methods)
	}
}

// Whoever the operator's break-glass was about cannot be given a phone by an application: the mailed link alone leads on.
func TestNoApplicationLinksWhoRecovers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.desk(polls)
	if _, _, err := w.App.Support.BreakGlass(t.Context(), ada, "The phone is in the canal."); err != nil {
		t.Fatal(err)
	}
	d.post(t, "/v1/pairings", object{"user": object{"email": ada}}).problem(http.StatusConflict, "enrol-refused")
	d.phone.call(t, http.MethodGet, "/v1/device", "").problem(http.StatusUnauthorized, "device-unknown")
	if told := d.told(); told.State != "revoked" || told.Agent != "" { // the one thing that it still hears of
		t.Errorf("%+v", told)
	}
	d.post(t, "/v1/approvals", question(ada)).problem(http.StatusConflict, "not-enrolled")
}

// nextPush waits for a push of a kind to the phone.
func (w *world) nextPush(h *handset, kind string) string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	for {
		push, err := w.FCM.Next(ctx, h.address())
		if err != nil {
			w.t.Fatalf("no push of kind %s came: %v", kind, err)
		}
		if strings.Contains(string(push.Payload), `"`+kind+`"`) {
			return string(push.Payload)
		}
	}
}
