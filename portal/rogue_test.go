package portal_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/signin"
	"example.com/aye/support"
)

// TestThreatRogueAgent gives one agent alone every address of the portal, every id there is, every form that a
// page offers, the phone that is the agent's own, the password of the person too, and days of time; one who manages also
// mailboxes enough to be the second person too, as support and as administrator. No case is carried out, and nothing that lets
// the person in changes.
func TestThreatRogueAgent(t *testing.T) {
	t.Parallel()
	for _, role := range []accounts.Role{accounts.RoleSupport, accounts.RoleAdministrator} {
		t.Run(string(role), func(t *testing.T) {
			t.Parallel()
			r := newRogue(t, role)
			if role == accounts.RoleAdministrator {
				r.invites(accounts.RoleSupport)
				r.invites(accounts.RoleAdministrator)
			}
			for range 2 {
				r.tries()
				r.Clock.Pass(support.DefaultWait + time.Hour)
				r.must(r.Support.Sweep(t.Context()))
				r.gotNowhere()
			}
			// Else the test itself would prove nothing: it was let in, and it opened cases.
			if r.sent < 500 || r.answered < 200 || len(r.cases()) == 0 {
				t.Errorf("%d tries, %d of them were let in, %d cases", r.sent, r.answered, len(r.cases()))
			}
			if len(r.others) > 0 && (r.tooNew["open"] < len(r.others) || r.tooNew["sign"] < len(r.others)) {
				t.Errorf("that the roles are new stopped nothing: %v", r.tooNew)
			}
		})
	}
}

// rogue is an agent who wants a person's account.
type rogue struct {
	*site
	agent ayetest.Agent
	// others are who the agent is too, by other mailboxes and phones.
	others []ayetest.Agent
	ada    accounts.Member
	phone  *ayetest.Phone
	// ids are those that were seen, and fields what was ever asked for in a form.
	ids    map[string]bool
	fields map[string]string

	sent, answered int
	// tooNew counts what was refused because a role is too new.
	tooNew map[string]int
}

func newRogue(t *testing.T, role accounts.Role) *rogue {
	t.Helper()
	s := newSite(t)
	r := &rogue{site: s, agent: s.Agent(role), ids: map[string]bool{}, fields: map[string]string{}, tooNew: map[string]int{}}
	r.ada = s.WithNumber(s.person("Ada"), adas)
	r.phone = s.Pair(r.ada)
	asked := s.Ask(r.ada)
	r.LogIn(r.ada, r.phone)
	other := s.Pair(s.person("Bob"))
	for _, id := range []string{
		r.ada.ID, r.ada.Person.ID, r.ada.OrganisationID, r.phone.Device.ID, other.Device.ID, asked.ID, r.agent.ID, r.agent.Person.ID, r.agent.Phone.Device.ID,
	} {
		r.ids[id] = true
	}
	return r
}

func (r *rogue) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

var anyID = regexp.MustCompile(`\b[a-z]{2,5}_[0-9a-f]{32}\b`)

// invites gives the role to a mailbox that is the agent's own, and follows what is mailed there as far as a phone.
func (r *rogue) invites(role accounts.Role) {
	r.Helper()
	b, email := r.agents(), string(role)+"@mallory.example.com"
	b.get("/manage/people/new")
	b.submit("/manage/people/new", "name", "Mallory", "email", email, "role", string(role))
	m := r.found(r.Organisation, email)
	letters := r.Announcer.Letters(accounts.LetterInvitation, m.Person.ID)
	if len(letters) != 1 {
		r.Fatalf("%d invitations were mailed", len(letters))
	}
	own, number, place := r.browser(), fmt.Sprintf("+3161111111%d", len(r.others)), "/invitations/"+letters[0].Token.Reveal()+"/password"
	own.get(place)
	own.submit(place, "password", ayetest.Password.Reveal(), "again", ayetest.Password.Reveal())
	own.submit("/setup/number", "number", number)
	own.submit("/setup/number/code", "code", r.Texts.LastCode(number))
	own.submit("/setup/method", "method", "push")
	own.submit("/setup/link")
	phone := r.NewPhone()
	_, err := r.Claim(phone, own.scan())
	r.must(err)
	own.get(own.page.path)
	own.submit("/setup/done")
	m = r.found(r.Organisation, email)
	if m.Role != role || m.Status != accounts.Active {
		r.Fatalf("%s is %s and %s", email, m.Role, m.Status)
	}
	r.others = append(r.others, ayetest.Agent{Member: m, Phone: phone})
	for _, id := range []string{m.ID, m.Person.ID, phone.Device.ID} {
		r.ids[id] = true
	}
}

// helpsItself lets those others approve what there is, and send every form of support about the person and each case.
func (r *rogue) helpsItself() {
	r.Helper()
	for _, other := range r.others {
		r.signs(other)
		b := r.enters(other.Member, other.Phone)
		for _, route := range r.supporting() {
			if route[0] != http.MethodPost || strings.Contains(route[1], ":freeze") { // those the agent itself tries
				continue
			}
			for _, c := range r.cases() {
				r.posts(b, strings.NewReplacer(":person", r.ada.ID, ":case", c.ID).Replace(route[1]), r.everyField())
			}
		}
	}
}

// tries everything once: first the way that the pages show, then each address by hand.
func (r *rogue) tries() {
	r.Helper()
	for _, other := range r.others {
		if r.openCase(other, support.Lost) {
			r.Errorf("who is %s since just now opened a case of a lost phone", other.Role)
		}
	}
	r.openCase(r.agent, support.Lost)
	r.openCase(r.agent, support.Forgotten)
	r.helpsItself()
	for _, b := range []*browser{r.agents(), r.impostors()} {
		for _, route := range r.portal.Routes() {
			if route[0] == http.MethodGet && !strings.HasPrefix(route[1], "/static") && !strings.HasPrefix(route[1], "/look/") {
				r.walks(b, route[1])
			}
		}
	}
	b := r.agents()
	for _, route := range r.portal.Routes() {
		// Logging off, and taking people out, keeps nobody in.
		if route[0] != http.MethodPost || slices.Contains([]string{"/logout", "/language"}, route[1]) || strings.HasSuffix(route[1], "/end") || strings.HasSuffix(route[1], "/data") {
			continue
		}
		for _, path := range r.paths(route[1]) {
			r.posts(b, path, r.everyField())
		}
	}
	r.signs(r.agent)
	for _, other := range r.others {
		r.openCase(other, support.Forgotten) // the code goes to the person's own address
	}
	r.helpsItself()
}

// openCase is what an agent may: where one goes on, or the agent is frozen, it is refused.
func (r *rogue) openCase(by ayetest.Agent, kind support.Kind) bool {
	opening := support.Opening{MembershipID: r.ada.ID, Kind: kind, Identified: support.Questions, Ticket: "1"}
	if kind == support.Forgotten {
		opening.Channel = support.ByMail
	}
	c, err := r.Desk(by).Open(r.Context(), opening)
	if errors.Is(err, support.ErrNew) {
		r.tooNew["open"]++
	}
	if err == nil { // a refusal is as good
		r.ids[c.ID] = true
	}
	return err == nil
}

// agents is the agent's browser, in which they were proven just now.
func (r *rogue) agents() *browser {
	b := r.browser()
	b.cookies["__Host-aye_session"] = r.LogIn(r.agent.Member, r.agent.Phone).Token.Reveal()
	return b
}

// impostors is a browser in which the person's password was typed.
func (r *rogue) impostors() *browser {
	b := r.browser()
	b.post("/login", "email", r.ada.Person.Email, "password", ayetest.Password.Reveal())
	return b
}

// paths are the addresses of a route with every id in every place that it could stand, and with what never was.
func (r *rogue) paths(route string) []string {
	parts := strings.Split(route, "/")
	places := 0
	for _, part := range parts {
		if strings.HasPrefix(part, ":") {
			places++
		}
	}
	if places == 0 {
		return []string{route}
	}
	var all []string
	for id := range r.ids {
		path := slices.Clone(parts)
		for i, part := range path {
			if strings.HasPrefix(part, ":") {
				path[i] = id
			}
		}
		all = append(all, strings.Join(path, "/"))
	}
	// Two places are a case and what belongs to it.
	if places > 1 {
		for first := range r.ids {
			if !strings.HasPrefix(first, "case_") {
				continue
			}
			for second := range r.ids {
				path := slices.Clone(parts)
				place := 0
				for i, part := range path {
					if strings.HasPrefix(part, ":") {
						path[i] = []string{first, second}[min(place, 1)]
						place++
					}
				}
				all = append(all, strings.Join(path, "/"))
			}
		}
	}
	slices.Sort(all)
	return all
}

// walks looks at the pages of a route and sends each form that is there.
func (r *rogue) walks(b *browser, route string) {
	r.Helper()
	for _, path := range r.paths(route) {
		page := r.call(b, b.request(http.MethodGet, path, nil))
		for _, id := range anyID.FindAllString(page.body, -1) {
			r.ids[id] = true
		}
		for _, found := range formTag.FindAllStringSubmatch(page.body, -1) {
			about := attributes(found[1])
			if about["method"] != "post" || !strings.HasPrefix(about["action"], "/") || slices.Contains([]string{"/logout", "/language"}, about["action"]) {
				continue
			}
			form, _ := fill(found[2], nil)
			for _, input := range inputTag.FindAllStringSubmatch(found[2], -1) {
				if field := attributes(input[1]); field["name"] != "" {
					r.fields[field["name"]] = r.likely(field)
				}
			}
			for name := range form {
				if form.Get(name) == "" {
					form.Set(name, r.fields[name])
				}
			}
			if strings.HasSuffix(about["action"], "/end") || strings.HasSuffix(about["action"], "/data") {
				continue
			}
			r.posts(b, about["action"], form)
		}
	}
}

// likely is what would be typed into a field.
func (r *rogue) likely(field map[string]string) string {
	switch {
	case field["value"] != "":
		return field["value"]
	case field["name"] == "email":
		return "mallory@example.com"
	case field["name"] == "number":
		return "+31687654321"
	case strings.Contains(field["name"], "password"), field["name"] == "again":
		return ayetest.Password.Reveal()
	case field["name"] == "code":
		return "123456"
	}
	return "1"
}

func (r *rogue) everyField() url.Values {
	form := url.Values{}
	for name, value := range r.fields {
		form.Set(name, value)
	}
	return form
}

func (r *rogue) posts(b *browser, path string, form url.Values) {
	r.Helper()
	page := r.call(b, b.request(http.MethodPost, path, form))
	for _, id := range anyID.FindAllString(page.body+page.header.Get("Location"), -1) {
		r.ids[id] = true
	}
}

func (r *rogue) call(b *browser, request *http.Request) opened {
	r.Helper()
	page := b.call(request)
	if r.sent++; page.status < http.StatusBadRequest {
		r.answered++
	}
	if page.status >= http.StatusInternalServerError {
		r.Errorf("%s %s answers %d", request.Method, request.URL, page.status)
	}
	return page
}

// signs approves, on their own phone, whatever somebody is asked there.
func (r *rogue) signs(by ayetest.Agent) {
	r.Helper()
	for _, c := range r.cases() {
		signing, err := r.Desk(by).Approve(r.Context(), c.ID)
		if errors.Is(err, support.ErrNew) {
			r.tooNew["sign"]++
		}
		if err == nil {
			_, err = r.Approve(by.Phone, signing.Asked)
		}
		if err == nil {
			_, err = r.Desk(by).Signing(r.Context(), c.ID)
		}
		if err == nil {
			r.Errorf("a %s case that %s opened is signed by %s", c.Kind, c.OpenerID, by.ID)
		}
	}
}

func (r *rogue) cases() []support.Case {
	r.Helper()
	all, err := r.Store.Cases(r.Context(), support.Filter{PersonID: r.ada.Person.ID}, 100)
	r.must(err)
	return all
}

// gotNowhere fails where anything came of it.
func (r *rogue) gotNowhere() {
	r.Helper()
	for _, c := range r.cases() {
		sent := c.Kind == support.Forgotten && r.agent.Role == accounts.RoleAdministrator // to the person's own address
		if c.State != support.Open && c.State != support.Cancelled && c.State != support.Expired && c.State != support.Refused && !sent {
			r.Errorf("a %s case is %s", c.Kind, c.State)
		}
	}
	person, err := r.Accounts.Person(r.Context(), r.ada.Person.ID)
	r.must(err)
	if person.Email != r.ada.Person.Email || person.Number != r.ada.Person.Number || person.Recovering != "" || person.Apps != 0 || !person.Texts.IsZero() {
		r.Errorf("the person is %+v", person)
	}
	phones, err := r.Devices.Of(r.Context(), person.ID)
	r.must(err)
	if len(phones) != 1 || phones[0].ID != r.phone.Device.ID {
		r.Errorf("the person's phones are %v", phones)
	}
	sessions, err := r.Store.SessionsOf(r.Context(), person.ID, r.Clock.Now())
	r.must(err)
	for _, one := range sessions {
		if one.Level != signin.Password && one.RequestID == "" {
			r.Errorf("a session of the person is %s", one.Level)
		}
	}
	for _, kind := range []accounts.LetterKind{accounts.LetterReset, accounts.LetterEmail, accounts.LetterNewPhone, accounts.LetterAccess, accounts.LetterCheck} {
		for _, letter := range r.Announcer.Letters(kind, person.ID) {
			if letter.Email != "" || kind == accounts.LetterNewPhone || kind == accounts.LetterEmail {
				r.Errorf("a %s letter of the person went to %q", kind, letter.Email)
			}
		}
	}
	if r.agent.Role == accounts.RoleSupport {
		b := r.browser() // and the person still gets in as before
		b.password(r.ada)
		b.at("/login/wait")
	}
	r.must(r.stillIn())
}

// stillIn logs the person in by the phone.
func (r *rogue) stillIn() error {
	if _, err := r.Accounts.CheckPassword(r.Context(), accounts.PasswordAttempt{
		Email: r.ada.Person.Email, Password: ayetest.Password, Network: "203.0.113.0/24",
	}); err != nil {
		return fmt.Errorf("the password of the person: %w", err)
	}
	return nil
}
