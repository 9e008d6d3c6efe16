package paths_test

import (
	"context"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/app"
	"example.com/aye/internal/browser"
	"example.com/aye/internal/phone"
	"example.com/aye/internal/secret"
	"example.com/aye/internal/stage"
	"example.com/aye/portal/locales"
)

func TestMain(m *testing.M) { browser.Main(m) }

const (
	email    = "ada@example.com"
	password = "seven quiet herons by the canal"
)

// inBoth runs a story in each language.
func inBoth(t *testing.T, story func(w *town)) {
	t.Helper()
	t.Parallel()
	for _, language := range locales.All {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			story(newTown(t, language))
		})
	}
}

// town is a whole Aye with a person's browser in front of it.
type town struct {
	*browser.Tab
	t            *testing.T
	language     string
	words        *locales.Words
	stage        *stage.Stage
	organisation accounts.Organisation
	passed       atomic.Int64
}

// now is the server's clock: the real one, and the time that a test let pass.
func (w *town) now() time.Time { return time.Now().Add(time.Duration(w.passed.Load())) }

func (w *town) pass(d time.Duration) { w.passed.Add(int64(d)) }

func newTown(t *testing.T, language string) *town { return newTownWith(t, language, nil) }

// newTownWith is a town whose settings differ.
func newTownWith(t *testing.T, language string, change func(*app.Config)) *town {
	t.Helper()
	all, err := locales.New()
	if err != nil {
		t.Fatal(err)
	}
	w := &town{t: t, language: language, words: all[language]}
	w.stage, err = stage.New(t.Context(), stage.Options{LightPasswords: true, Mailbox: true, Texts: true, Now: w.now, Change: change})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if closing := w.stage.Close(context.WithoutCancel(t.Context())); closing != nil {
			t.Error(closing)
		}
	})
	w.organisation = w.found("Tulp & Zoon")
	w.Tab = browser.New(t).Speaks(language)
	return w
}

// found makes an organisation with an app that people see.
func (w *town) found(name string) accounts.Organisation {
	w.t.Helper()
	people := w.stage.App.Accounts
	o, err := people.CreateOrganisation(w.t.Context(), accounts.Organisation{
		Name: name, Profile: accounts.Standard, Locale: w.language, Methods: []accounts.SecondFactor{accounts.TOTP, accounts.Recovery},
	})
	if err == nil {
		_, _, err = people.CreateApplication(w.t.Context(), accounts.Application{OrganisationID: o.ID, Name: name + " books", Origins: []string{"https://books.example.com"}, Link: "https://books.example.com/"})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// say is a text of the portal in the language of the story.
func (w *town) say(id string, values ...any) string {
	w.t.Helper()
	gaps := locales.Values{}
	for i := 0; i < len(values); i += 2 {
		gaps[values[i].(string)] = values[i+1]
	}
	text, err := w.words.Say(id, gaps)
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.ReplaceAll(text, "**", "")
}

func (w *town) sees(id string, values ...any)  { w.t.Helper(); w.Sees(w.say(id, values...)) }
func (w *town) press(id string, values ...any) { w.t.Helper(); w.Press(w.say(id, values...)) }
func (w *town) goes(path string)               { w.t.Helper(); w.Open(w.stage.Origin + path) }

// invite mails an invitation of the organisation, and gives the link in the mail.
func (w *town) invite(o accounts.Organisation) string {
	w.t.Helper()
	if _, err := w.stage.App.Accounts.Invite(w.t.Context(), o.ID, accounts.Person{Email: email, Display: "Ada", Locale: w.language}, accounts.RoleMember); err != nil {
		w.t.Fatal(err)
	}
	return w.mailed()
}

// mailed is the link in the next mail with one.
func (w *town) mailed() string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), browser.Patience)
	defer cancel()
	for {
		mail, err := w.stage.Mailbox.Next(ctx, email)
		if err != nil {
			w.t.Fatalf("no mail with a link: %v", err)
		}
		if link := mail.Link(); strings.HasPrefix(link, w.stage.Origin) {
			return link
		}
	}
}

// joins goes from an invitation to the choice of the method.
func (w *town) joins() {
	w.t.Helper()
	w.Open(w.invite(w.organisation))
	w.sees("invitation.title")
	w.Sees("Tulp & Zoon", email)
	w.press("link.next")
	w.choosesPassword("link.next")
	w.At("/setup/method")
	w.sees("setup.choice.required")
}

// choosesPassword types a new one twice.
func (w *town) choosesPassword(button string) {
	w.t.Helper()
	w.Enter(`[name="password"]`, password)
	w.Enter(`[name="again"]`, password)
	w.press(button)
}

// handset is a phone in somebody's hand, which Google wakes.
type handset struct {
	*phone.Phone
	t     *testing.T
	woken chan phone.Request
	model string
}

// handset makes a phone that is linked to nothing yet.
func (w *town) handset(model string) *handset {
	w.t.Helper()
	p, err := phone.Open("")
	if err != nil {
		w.t.Fatal(err)
	}
	p.Inbox, p.Now = w.stage.FCM.ControlURL(), w.now
	return &handset{Phone: p, t: w.t, woken: make(chan phone.Request, 10), model: model}
}

// scans links the phone by the QR code on the page.
func (w *town) scans(h *handset) {
	w.t.Helper()
	if _, err := h.Pair(w.t.Context(), w.qr(), w.details(h)); err != nil {
		w.t.Fatal(err)
	}
	h.watches()
}

// details are what the phone says of itself.
func (w *town) details(h *handset) phone.Details {
	return phone.Details{
		Model: h.model, Platform: "android", OSVersion: "16", AppVersion: "2.1.0", Locale: w.language,
		Push: phone.Push{Provider: "fcm", App: stage.PushApp, Kind: "token", Address: phone.Secret(secret.NewToken().Reveal())},
	}
}

// watches lets Google wake the phone until the test ends.
func (h *handset) watches() {
	go func() { _ = h.Watch(h.t.Context(), func(r phone.Request) { h.woken <- r }) }()
}

// qr is what the QR code in a picture of the page says.
func (w *town) qr() string {
	w.t.Helper()
	w.Until(`document.querySelector("svg.qr")?.checkVisibility()`)
	w.Read(`(document.querySelector("svg.qr").scrollIntoView({block: "center"}), "")`)
	return browser.Scan(w.t, w.Picture())
}

// request is what the phone was woken for.
func (h *handset) request() phone.Request {
	h.t.Helper()
	select {
	case r := <-h.woken:
		return r
	case <-time.After(browser.Patience):
		h.t.Fatal("the phone was not woken")
		return phone.Request{}
	}
}

// answers decides; a number is typed where there is one.
func (h *handset) answers(r phone.Request, number, want string) {
	h.t.Helper()
	outcome, err := h.Approve(h.t.Context(), r.ID, number, "biometric")
	if err != nil || outcome.Status != want {
		h.t.Fatalf("%+v %v", outcome, err)
	}
}

// number is what the page shows.
func (w *town) number() string { w.t.Helper(); return numberOn(w.Tab) }

// types the e-mail address and the password.
func (w *town) types() {
	w.t.Helper()
	w.goes("/login")
	w.Enter(`[name="email"]`, email)
	w.Enter(`[name="password"]`, password)
	w.press("login.button")
}

// logsIn goes the everyday way, as far as the apps.
func (w *town) logsIn(h *handset) {
	w.t.Helper()
	w.types()
	w.At("/login/wait")
	h.answers(h.request(), w.number(), "approved")
	w.At("/apps")
}

// enrolled is a person with a linked phone, at the page to log in.
func (w *town) enrolled() *handset {
	w.t.Helper()
	w.joins()
	h := w.handset("Pixel 9")
	w.links(h)
	return h
}

// links takes the way of the notification through the wizard.
func (w *town) links(h *handset) {
	w.t.Helper()
	w.Click(`input[value="push"]`)
	w.press("link.next")
	w.At("/setup/link")
	w.press("link.next")
	w.scans(h)
	w.At("/setup/done")
	w.sees("setup.done.title")
	w.Click(`form[action="/setup/done"] button`)
	w.At("/login")
}

// secures goes to a page that asks the person once more.
func (w *town) secures(path string, h *handset) {
	w.t.Helper()
	w.goes(path)
	w.At("/prove")
	w.sees("prove.lead")
	w.Enter(`[name="password"]`, password)
	w.press("prove.button")
	w.At("/prove/wait")
	h.answers(h.request(), w.number(), "approved")
	w.At(path)
}

// oathtool makes a code, as an authenticator app does.
func (w *town) oathtool(key string) string {
	w.t.Helper()
	out, err := exec.CommandContext(w.t.Context(), "oathtool", "--totp", "--base32", "--now", w.now().UTC().Format("2006-01-02 15:04:05 UTC"), key).Output()
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
