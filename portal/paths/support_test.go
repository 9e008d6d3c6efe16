package paths_test

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"example.com/aye/accounts"
	"example.com/aye/internal/browser"
	"example.com/aye/internal/emulate"
	"example.com/aye/internal/phone"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
	"example.com/aye/support"
)

// colleague gives support, in a browser and with a phone of their own.
type colleague struct {
	*browser.Tab
	w      *town
	member accounts.Member
	phone  *handset
}

// colleague makes a member of the organisation with the role, who is logged in.
func (w *town) colleague(name string, role accounts.Role) *colleague {
	w.t.Helper()
	ctx, people := w.t.Context(), w.stage.App.Accounts
	address := strings.ToLower(name) + "@example.com"
	m, _, err := people.AddMember(ctx, w.organisation.ID, accounts.Person{Email: address, Display: name, Locale: w.language}, role)
	if err == nil {
		err = people.SetPassword(ctx, m.Person.ID, secret.Secret(password))
	}
	if err != nil {
		w.t.Fatal(err)
	}
	c := &colleague{Tab: browser.New(w.t).Speaks(w.language), w: w, member: m, phone: w.handset("Phone of " + name)}
	shown, err := w.stage.App.Pairings.Open(ctx, pairing.Opening{OrganisationID: w.organisation.ID, User: accounts.UserReference{ID: m.ID}})
	if err == nil {
		_, err = c.phone.Pair(ctx, shown.URL.Reveal(), w.details(c.phone))
	}
	if err != nil {
		w.t.Fatal(err)
	}
	c.phone.watches()
	c.goes("/login")
	c.Enter(`[name="email"]`, address)
	c.Enter(`[name="password"]`, password)
	c.Press(w.say("login.button"))
	c.At("/login/wait")
	c.phone.answers(c.phone.request(), numberOn(c.Tab), "approved")
	c.At("/apps")
	return c
}

func (c *colleague) goes(path string) { c.w.t.Helper(); c.Open(c.w.stage.Origin + path) }

func (c *colleague) sees(id string, values ...any) {
	c.w.t.Helper()
	c.Sees(c.w.say(id, values...))
}

// finds looks for the person, as the caller says the address, and opens the card.
func (c *colleague) finds(text string) {
	c.w.t.Helper()
	c.goes("/support")
	c.Enter(`[name="q"]`, text)
	c.Click(`search button`)
	c.At("/support/people")
	c.Press("Ada")
	c.sees("desk.advice.title")
}

// opens a case from the card, and gives its path.
func (c *colleague) opens(kind support.Kind) string {
	c.w.t.Helper()
	c.Click(chromedp.CSS(`main a[href$="/` + string(kind) + `"]`))
	c.sees("desk.open.happens")
	c.Click(`input[name="identified"][value="called-back"]`)
	c.Enter(`[name="ticket"]`, "T-4711")
	c.Click(chromedp.CSS(`main form[action$="/` + string(kind) + `"] .actions button`))
	return c.atCase()
}

// atCase waits for the page of a case, and gives its path.
func (c *colleague) atCase() string {
	c.w.t.Helper()
	c.Until(`/^\/support\/cases\/case_[0-9a-f]+$/.test(location.pathname) && document.readyState === "complete"`)
	return c.Read("location.pathname")
}

// approves a case as the second one: what is signed, the number, the own phone.
func (c *colleague) approves(path string) {
	c.w.t.Helper()
	c.goes("/support")
	c.Click(chromedp.CSS(`main a[href="` + path + `"]`))
	c.atCase()
	c.Click(`main a[href$="/approve"]`)
	c.sees("desk.approve.what")
	c.Click(`form[action$="/approve"] button`)
	asked := c.phone.request()
	if asked.Message == "" || len(asked.Details) == 0 {
		c.w.t.Errorf("the phone of the approver shows %+v", asked)
	}
	c.phone.answers(asked, numberOn(c.Tab), "approved")
	c.atCase()
}

// numberOn is what a page shows to be typed on a phone.
func numberOn(b *browser.Tab) string {
	b.Until(`document.querySelector(".number")`)
	return b.Read(`[...document.querySelector(".number").innerText].filter((c) => c >= "0" && c <= "9").join("")`)
}

// post is the next mail to Ada that fits.
func (w *town) post(fits func(emulate.Mail) bool) emulate.Mail {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), browser.Patience)
	defer cancel()
	for {
		mail, err := w.stage.Mailbox.Next(ctx, email)
		if err != nil {
			w.t.Fatalf("the mail does not come: %v", err)
		}
		if fits(mail) {
			return mail
		}
	}
}

// link is that of the next mail with one that begins so.
func (w *town) link(path string) string {
	w.t.Helper()
	return w.post(func(m emulate.Mail) bool { return strings.HasPrefix(m.Link(), w.stage.Origin+path) }).Link()
}

var accessCode = regexp.MustCompile(`\b[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}\b`)

// settles goes from a mailed link for a new phone to the first login on it.
func (w *town) settles(link string) *handset {
	w.t.Helper()
	w.Open(link)
	w.sees("newphone.title")
	w.Enter(`[name="password"]`, password)
	w.press("link.next")
	w.At("/setup/method")
	next := w.handset("iPhone 17")
	w.links(next)
	w.types()
	w.At("/login/wait")
	next.answers(next.finds(), w.number(), "approved")
	w.At("/apps")
	return next
}

// finds is the request that the person finds who opens the app: after a day has passed at once, Google's stand-in
// takes no token of before.
func (h *handset) finds() (found phone.Request) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), browser.Patience)
	defer cancel()
	for {
		requests, err := h.List(ctx)
		if err != nil {
			h.t.Fatal(err)
		}
		if len(requests) == 1 {
			return requests[0]
		}
	}
}

// isGone fails where the phone is still linked.
func (h *handset) isGone() {
	h.t.Helper()
	if _, err := h.Status(h.t.Context()); err == nil {
		h.t.Error("the old phone is still linked")
	}
}

// The phone lies at home: support has a code sent, a second agent approves, the code lets the person in, and
// changes nothing else.
func TestAForgottenPhone(t *testing.T) {
	inBoth(t, func(w *town) {
		h := w.enrolled()
		eve, bo := w.colleague("Eve", accounts.RoleSupport), w.colleague("Bo", accounts.RoleAdministrator)
		eve.finds(email)
		path := eve.opens(support.Forgotten)
		eve.Until(`!document.querySelector("main").innerText.match(/[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}/)`)
		bo.approves(path)
		code := accessCode.FindString(w.post(func(m emulate.Mail) bool { return accessCode.MatchString(m.Text) }).Text)

		w.types()
		w.At("/login/wait")
		w.Click(`main a[href*="method=temporary"]`)
		w.Enter(`[name="code"]`, strings.ToLower(strings.ReplaceAll(code, "-", " ")))
		w.Click(`form[action="/login/wait/code"] button`)
		w.At("/apps")
		w.Sees(strings.Split(w.say("care.temporary.notice"), " [")[0])
		w.goes("/security")
		w.sees("care.temporary.title")
		w.logsOff()
		w.types() // it worked once
		w.At("/login/wait")
		w.Until(`!document.querySelector('a[href*="method=temporary"]')`)
		h.answers(h.finds(), w.number(), "approved") // and the phone as ever
		w.At("/apps")
	})
}

// The phone is lost: two agents, a day, a mailed link, the password, the new phone, the first login.
func TestALostPhone(t *testing.T) {
	inBoth(t, func(w *town) {
		old := w.enrolled()
		eve, bo := w.colleague("Eve", accounts.RoleSupport), w.colleague("Bo", accounts.RoleAdministrator)
		eve.finds("ada")
		path := eve.opens(support.Lost)
		eve.Until(`!document.querySelector('main a[href$="/approve"]')`) // not by who opened it
		w.link("/stop/")
		bo.approves(path)
		bo.goes("/manage/audit")
		bo.Sees("Ada", "Eve")
		bo.sees("manage.audit.signed")
		w.goes("/login") // the old phone still works, until it is time
		w.logsIn(old)
		w.pass(support.DefaultWait + time.Minute)
		link := w.link("/new-phone/")
		old.isGone()
		w.goes("/apps")
		w.At("/login") // all that was open is over
		w.settles(link)
		w.Open(link) // once
		w.sees("newphone.old.title")
		w.post(func(m emulate.Mail) bool { return strings.Contains(m.Text, w.stage.Origin+"/stop/") })
	})
}

// Somebody calls in the person's name. The old phone says stop, and nobody is helped until an administrator looked.
func TestTheOldPhoneSaysStop(t *testing.T) {
	inBoth(t, func(w *town) {
		old := w.enrolled()
		eve, bo := w.colleague("Eve", accounts.RoleSupport), w.colleague("Bo", accounts.RoleAdministrator)
		eve.finds(email)
		path := eve.opens(support.Lost)
		bo.approves(path)
		told, err := old.Cases(w.t.Context())
		if err != nil || len(told) != 1 || told[0].Kind != string(support.Lost) || told[0].Agent != "Eve" {
			t.Fatalf("%+v %v", told, err)
		}
		if _, err = old.StopCase(w.t.Context(), told[0].ID); err != nil {
			t.Fatal(err)
		}
		eve.goes(path)
		eve.sees("desk.state.stopped")
		w.pass(5 * time.Minute) // Apple's and Google's clocks too
		eve.finds(email)
		eve.Until(`document.querySelector("button[disabled]")`)
		w.logsIn(old)

		bo.goes("/support") // who had a part in the case does not judge it
		bo.sees("desk.home.frozen")
		bo.Until(`!document.querySelector('a[href$="/lift"]')`)
		cleo := w.colleague("Cleo", accounts.RoleAdministrator)
		cleo.goes("/support")
		cleo.Click(`main a[href$="/lift"]`)
		cleo.Click(`form[action$="/lift"] button`)
		cleo.Until(`!document.querySelector('a[href$="/lift"]')`)
		eve.finds(email)
		eve.Until(`document.querySelector('main a[href$="/lost"]')`)
	})
}

// The caller has another phone: the agent reads the number out, the person types it there, and once a second
// agent has approved nobody waits.
func TestTheCallerIsVerified(t *testing.T) {
	inBoth(t, func(w *town) {
		lost := w.enrolled()
		tablet := w.second(lost)
		eve, bo := w.colleague("Eve", accounts.RoleSupport), w.colleague("Bo", accounts.RoleAdministrator)
		eve.finds(email)
		path := eve.opens(support.Lost)
		eve.Click(`form[action$="/verify"]:has(input[value="push"]) button`)
		asked := tablet.request()
		if !strings.Contains(asked.Message+detailsOf(asked), "Eve") {
			t.Errorf("the phone of the caller shows %+v", asked)
		}
		tablet.answers(asked, numberOn(eve.Tab), "approved")
		eve.sees("desk.check.end.right", "Name", "Ada")
		bo.approves(path)
		link := w.link("/new-phone/") // at once
		lost.isGone()
		tablet.isGone()
		w.settles(link)
	})
}

func detailsOf(r phone.Request) string {
	var all strings.Builder
	for _, d := range r.Details {
		all.WriteString(d.Label + " " + d.Value + "\n")
	}
	return all.String()
}

// second links another phone, which the first one approves.
func (w *town) second(first *handset) *handset {
	w.t.Helper()
	ctx := w.t.Context()
	ada, err := w.stage.App.Accounts.Member(ctx, w.organisation.ID, accounts.UserReference{Email: email})
	if err != nil {
		w.t.Fatal(err)
	}
	shown, err := w.stage.App.Pairings.Open(ctx, pairing.Opening{OrganisationID: w.organisation.ID, User: accounts.UserReference{ID: ada.ID}})
	if err != nil {
		w.t.Fatal(err)
	}
	next := w.handset("iPad")
	if _, err = next.Pair(ctx, shown.URL.Reveal(), w.details(next)); err != nil {
		w.t.Fatal(err)
	}
	view, err := w.stage.App.Pairings.View(ctx, accounts.Application{}, shown.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	first.answers(first.request(), view.Number.Reveal(), "approved")
	next.watches()
	return next
}

// An address of a caller who has nothing but the mailbox: the code is typed on the page behind the link, and the
// wait is an hour.
func TestTheCallerHasTheMailbox(t *testing.T) {
	inBoth(t, func(w *town) {
		old := w.enrolled()
		eve, bo := w.colleague("Eve", accounts.RoleSupport), w.colleague("Bo", accounts.RoleAdministrator)
		eve.finds(email)
		path := eve.opens(support.Lost)
		eve.Click(`form[action$="/verify"]:has(input[value="mail"]) button`)
		mail := w.post(func(m emulate.Mail) bool { return strings.HasPrefix(m.Link(), w.stage.Origin+"/caller/") })
		code := regexp.MustCompile(`(?m)\b[0-9]{3} ?[0-9]{3}\b`).FindString(mail.Text)
		w.Open(mail.Link())
		w.sees("caller.title", "Agent", "Eve")
		w.Enter(`[name="code"]`, code)
		w.press("caller.button")
		w.sees("caller.right.title")
		eve.sees("desk.check.end.right", "Name", "Ada")
		eve.Until(`!document.querySelector("main").innerText.includes("` + code + `")`)
		bo.approves(path)
		w.pass(support.RemainingWait - time.Minute)
		if _, err := old.Status(w.t.Context()); err != nil {
			t.Fatal(err)
		}
		w.pass(2 * time.Minute)
		w.settles(w.link("/new-phone/"))
	})
}
