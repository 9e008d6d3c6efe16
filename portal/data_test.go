package portal_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
)

// The person gets all that is kept, and only after a proof.
func TestDownloadData(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	phone := s.Pair(ada)
	b := s.browser()
	b.logIn(ada, phone)
	s.Clock.Pass(10 * time.Minute)
	b.post("/security/data/download")
	b.at("/prove")
	b.get("/security/data")
	b.prove(phone)
	b.at("/security/data")
	b.submit("/security/data/download")
	b.is(http.StatusOK)
	if about := b.page.header.Get("Content-Disposition"); !strings.HasPrefix(about, `attachment; filename="aye-2026-02-03.json"`) {
		t.Errorf("the file is %q", about)
	}
	var file struct {
		Person   string
		Sections []struct {
			Name, Why string
			Rows      []map[string]any
		}
	}
	if err := json.Unmarshal([]byte(b.page.body), &file); err != nil {
		t.Fatal(err)
	}
	ayetest.Same(t, "person", file.Person, ada.Person.ID)
	if len(file.Sections) == 0 || !strings.Contains(b.page.body, ada.Person.Email) {
		t.Errorf("little is in it: %.500s", b.page.body)
	}
	if strings.Contains(b.page.body, ayetest.Password.Reveal()) {
		t.Error("the password is in it")
	}
}

// An account is erased by who types its address.
func TestErase(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	b := s.browser()
	b.logIn(ada, s.Pair(ada))
	b.get("/security/data/erase")
	for _, wrong := range []string{"", "bob@example.com"} {
		b.submit("/security/data/erase", "email", wrong)
		b.is(http.StatusUnprocessableEntity)
	}
	b.says("data.erase.differs")
	b.submit("/security/data/erase", "email", strings.ToUpper(ada.Person.Email))
	b.says("data.erased.title")
	b.get("/apps")
	b.at("/login")
	b.password(ada)
	b.says("login.wrong")
}

func TestTheLastOwnerIsNotErased(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner, b := s.manager(accounts.RoleOwner)
	b.get("/security/data/erase")
	b.submit("/security/data/erase", "email", owner.Person.Email)
	b.is(http.StatusConflict)
	b.says("data.erase.last-owner")
}

// An administrator erases whom the organisation alone knows, and learns of no other.
func TestEraseMember(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	bob := s.person("Bob")
	_, b := s.manager(accounts.RoleAdministrator)
	path := "/manage/people/" + bob.ID + "/data"
	b.get("/manage/people/" + bob.ID)
	b.says("manage.data.section")
	b.get(path)
	b.submit(path, "email", "ada@example.com")
	b.is(http.StatusUnprocessableEntity)
	b.submit(path, "email", bob.Person.Email)
	b.at("/manage/people")
	b.says("manage.data.said-erased")
	his := s.browser()
	his.password(bob)
	his.says("login.wrong")
}

func TestEraseMemberOfAnother(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	bob := s.person("Bob")
	elsewhere := s.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" })
	s.Join(elsewhere, bob)
	_, b := s.manager(accounts.RoleAdministrator)
	path := "/manage/people/" + bob.ID + "/data"
	b.get(path)
	b.submit(path, "email", bob.Person.Email)
	b.at("/manage/people")
	b.says("manage.data.said-erased") // the same words as of somebody whom nobody else knows
	if b.page.reads("Elsewhere") {
		t.Error("the page names the other organisation")
	}
	b.get("/manage/people/" + bob.ID)
	b.is(http.StatusNotFound)
	his := s.browser()
	his.password(bob)
	if his.page.reads(his.said("login.wrong")) {
		t.Error("Bob is erased")
	}
}
