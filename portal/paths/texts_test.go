package paths_test

import (
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/app"
	"example.com/aye/internal/emulate"
	"example.com/aye/internal/stage"
	"example.com/aye/portal/locales"
	"example.com/aye/sms"
)

const mobile = "+31612345678"

// inBothUntil runs a story in each language, where the operator pays for logging in until so many days from now.
func inBothUntil(t *testing.T, days int, story func(w *town, ends string)) {
	t.Helper()
	t.Parallel()
	for _, language := range locales.All {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			ends := time.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly)
			story(newTownWith(t, language, func(c *app.Config) { c.SMS.LoginEnds = ends }), ends)
		})
	}
}

// texts lets the organisation's people log in by text message, and the operator have a provider.
func (w *town) texts() {
	w.t.Helper()
	w.organisation.Methods = append(w.organisation.Methods, accounts.SMS)
	err := w.stage.App.Accounts.UpdateRules(w.t.Context(), w.organisation)
	if err == nil {
		_, err = w.stage.AddTextProvider(w.t.Context(), "")
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// provides gives the organisation a provider of its own.
func (w *town) provides() {
	w.t.Helper()
	if _, err := w.stage.AddTextProvider(w.t.Context(), w.organisation.ID); err != nil {
		w.t.Fatal(err)
	}
}

// texted is the code in the next message to the number, which ends as browsers want to read it.
func (w *town) texted() string {
	w.t.Helper()
	text, err := w.stage.MessageBird.NextText(w.t.Context(), mobile)
	if err != nil {
		w.t.Fatal(err)
	}
	code, err := stage.CodeIn(text)
	if err != nil {
		w.t.Fatal(err)
	}
	if !strings.HasSuffix(text.Body, "\n@localhost #"+code) {
		w.t.Fatalf("%q", text.Body)
	}
	return code
}

// joinsByText goes from an invitation to a login with a code in a text message.
func (w *town) joinsByText() {
	w.t.Helper()
	w.Open(w.invite(w.organisation))
	w.press("link.next")
	w.choosesPassword("link.next")
	w.At("/setup/number")
	w.Enter(`[name="number"]`, mobile)
	w.press("setup.number.button")
	w.At("/setup/number/code")
	w.Enter(`[name="code"]`, w.texted())
	w.press("link.next")
	w.At("/setup/method")
	w.Click(`input[value="sms"]`)
	w.press("link.next")
	w.At("/setup/done")
	w.sees("setup.done.title")
	w.Click(`form[action="/setup/done"] button`)
	w.At("/login")
}

// logsInByText is the everyday way of somebody whose second factor are text messages.
func (w *town) logsInByText() {
	w.t.Helper()
	w.types()
	w.sees("code.title.sms")
	w.Enter(`[name="code"]`, w.texted())
	w.press("code.button.enter")
	w.At("/apps")
}

// The set-up as an administrator does it, in the words of the page: description, sender, key, Next, the
// code that comes by that very provider, Save.
func TestSettingUpATextMessageProvider(t *testing.T) {
	inBoth(t, func(w *town) {
		words := map[string][]string{
			"en": {"Management", "Text message provider", "New", "Description", "Sender", "API key", "Next", "Save"},
			"nl": {"Beheer", "SMS-provider", "Nieuw", "Omschrijving", "Afzender", "API-sleutel", "Volgende", "Opslaan"},
		}[w.language]
		h := w.enrolled()
		w.texts()
		ada := w.owner()
		if err := w.stage.ProveNumber(w.t.Context(), ada, mobile); err != nil {
			w.t.Fatal(err)
		}
		w.logsIn(h)
		w.Press(words[0])
		w.Press(words[1])
		w.At("/manage/texts")
		w.Press(words[2])
		w.At("/manage/texts/new")
		w.Sees(words[3:6]...)
		w.fillsIn("wrongwrongwrongwrongwrong", words[6])
		w.sees("manage.texts.trouble.bad-key", "Vendor", "MessageBird")
		w.nothingInUse()

		w.stage.MessageBird.SetBalance(0)
		w.fillsIn(w.stage.MessageBird.Key().Reveal(), words[6])
		w.sees("manage.texts.trouble.no-balance", "Vendor", "MessageBird")
		w.nothingInUse()

		w.stage.MessageBird.SetBalance(10)
		w.fillsIn(w.stage.MessageBird.Key().Reveal(), words[6])
		w.sees("manage.texts.code.title")
		w.sees("manage.texts.code.pays")
		text, err := w.stage.MessageBird.NextText(w.t.Context(), mobile)
		if err != nil || text.From != "Tulp en Zn" {
			w.t.Fatalf("%+v %v", text, err)
		}
		code, err := stage.CodeIn(text)
		if err != nil {
			w.t.Fatal(err)
		}
		wrong := "000000"
		if code == wrong {
			wrong = "000001"
		}
		w.Enter(`[name="code"]`, wrong)
		w.Press(words[7])
		w.sees("manage.texts.code.wrong")
		w.nothingInUse()
		w.Enter(`[name="code"]`, code)
		w.Press(words[7])
		w.sees("manage.texts.said-saved")
		w.Sees("For logging in", "Tulp en Zn", "MessageBird", w.stage.MessageBird.Key().Reveal()[len(w.stage.MessageBird.Key().Reveal())-4:])
		if strings.Contains(w.Read("document.documentElement.outerHTML"), w.stage.MessageBird.Key().Reveal()) {
			w.t.Fatal("the page shows the key")
		}
		active, err := w.stage.App.SMS.List(w.t.Context(), w.organisation.ID)
		if err != nil || len(active) != 1 || !active[0].Active {
			w.t.Fatalf("%+v %v", active, err)
		}
	})
}

// owner makes the person of the story an owner of the organisation.
func (w *town) owner() accounts.Member {
	w.t.Helper()
	people := w.stage.App.Accounts
	m, err := people.Member(w.t.Context(), w.organisation.ID, accounts.UserReference{Email: email})
	if err == nil {
		err = people.SetRole(w.t.Context(), m, accounts.RoleOwner)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// fillsIn fills the form in, with the key, and goes on.
func (w *town) fillsIn(key, next string) {
	w.t.Helper()
	w.Enter(`[name="description"]`, "For logging in")
	w.Enter(`[name="sender"]`, "Tulp en Zn")
	w.Enter(`[name="key"]`, key)
	w.Press(next)
}

func (w *town) nothingInUse() {
	w.t.Helper()
	if all, err := w.stage.App.SMS.List(w.t.Context(), w.organisation.ID); err != nil || len(all) > 0 {
		w.t.Fatalf("in use before the code was right: %+v %v", all, err)
	}
}

// From the invitation to a login by text message: the operator pays for the number, the organisation for the login.
func TestLoggingInByTextMessage(t *testing.T) {
	inBoth(t, func(w *town) {
		w.texts()
		w.provides()
		w.joinsByText()
		w.logsInByText()
		w.Sees("Ada", "Tulp & Zoon books")
		if err := w.stage.MessageBird.ReportsDone(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		want := map[sms.Purpose]sms.Payer{accounts.TextLogin: sms.PaidByOrganisation, accounts.TextRegistration: sms.PaidByOperator, accounts.TextCheck: sms.PaidByOrganisation}
		costs, err := w.stage.App.SMS.Costs(w.t.Context(), sms.CostQuery{OrganisationID: w.organisation.ID, From: w.now().AddDate(0, -1, 0), Until: w.now().AddDate(0, 1, 0)})
		if err != nil || len(costs) != len(want) {
			w.t.Fatalf("%+v %v", costs, err)
		}
		for _, c := range costs {
			if c.Payer != want[c.Purpose] || c.Messages != 1 || c.Unknown != 0 {
				w.t.Errorf("%+v", c)
			}
		}
	})
}

// No notification comes, and a text message does.
func TestNoNotificationButATextMessage(t *testing.T) {
	inBoth(t, func(w *town) {
		w.texts()
		w.provides()
		w.joinsByText()
		w.logsInByText()
		w.changesToNotifications()
		w.stage.FCM.Script(emulate.Everyone, emulate.Behaviour{Reason: "UNREGISTERED"}) // no notification comes
		w.logsOff()
		w.types()
		w.At("/login/wait")
		w.sees("wait.reason.setup") // what is clicked moves then
		w.Click("details:not(.menu) summary")
		w.Click(`form[action="/login/wait/text"] button`)
		w.sees("code.title.sms")
		w.Enter(`[name="code"]`, w.texted())
		w.press("code.button.enter")
		w.At("/apps")
	})
}

// From text messages to notifications, while the operator still pays for them: told at the login,
// tab Security, the button, a QR code that runs out, a new one, the green mark.
func TestFromTextMessagesToNotifications(t *testing.T) {
	inBothUntil(t, 20, func(w *town, ends string) {
		w.texts()
		w.joinsByText()
		w.types()
		w.sees("code.title.sms")
		day, err := time.Parse(time.DateOnly, ends)
		if err != nil {
			w.t.Fatal(err)
		}
		w.Sees(w.inWords(day))
		w.Enter(`[name="code"]`, w.texted())
		w.press("code.button.enter")
		w.At("/apps")
		w.Sees(w.inWords(day))
		h := w.changesToNotifications()
		w.logsOff()
		w.logsIn(h)
	})
}

// inWords is the day as the pages write it, without its year.
func (w *town) inWords(day time.Time) string {
	months := map[string][]string{
		"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		"nl": {"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"},
	}[w.language]
	return day.Format("2 ") + months[day.Month()-1]
}

// changesToNotifications links a phone, with a QR code that runs out in between. No other code is asked so
// soon after the login.
func (w *town) changesToNotifications() *handset {
	w.t.Helper()
	w.press("frame.security")
	w.At("/security")
	w.press("security.push.button")
	w.At("/security/push")
	w.press("link.phone.title.change")
	w.sees("link.open.wait")
	old := w.qr()
	w.pass(121 * time.Second)
	w.sees("link.is.expired.title")
	w.Press(map[string]string{"en": "Show new code", "nl": "Toon nieuwe code"}[w.language])
	w.sees("link.open.wait")
	if w.qr() == old {
		w.t.Fatal("the new code is the old one")
	}
	h := w.handset("Pixel 9")
	w.scans(h)
	w.Until(`document.querySelector(".mark.good")`)
	w.Sees("Pixel 9")
	w.goes("/security")
	w.sees("security.how.phone", "Name", "Pixel 9")
	return h
}

// The day passes on which the operator stops to pay. Who did not change gets no further, and comes to no page where
// a phone can be linked; an organisation's own provider lets them in again.
func TestTheLastDayOfTextMessages(t *testing.T) {
	inBothUntil(t, 20, func(w *town, _ string) {
		w.texts()
		w.joinsByText()
		w.logsInByText()
		w.logsOff()
		w.pass(21 * 24 * time.Hour)
		w.types()
		w.sees("wait.end.texts.title")
		w.sees("wait.sms.why.over")
		for _, path := range []string{"/setup", "/setup/link", "/security/push", "/apps"} {
			w.goes(path)
			w.sees("wait.end.texts.title")
		}
		w.provides()
		w.logsInByText()
		w.Sees("Tulp & Zoon books")
	})
}
