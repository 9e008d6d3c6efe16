package paths_test

import (
	"strings"
	"testing"
	"time"
)

// From the invitation in the mailbox to the first login with a notification, as a new colleague goes.
func TestFromTheInvitationToTheFirstLogin(t *testing.T) {
	inBoth(t, func(w *town) {
		h := w.enrolled()
		w.logsIn(h)
		w.Sees("Ada", "Tulp & Zoon books")
	})
}

// The wizard can be left, and is taken up where it was.
func TestTheWizardIsTakenUpAgain(t *testing.T) {
	inBoth(t, func(w *town) {
		w.joins()
		w.press("setup.choice.stop")
		w.At("/login")
		w.types()
		w.At("/setup/method")
		w.goes("/apps")
		w.At("/setup/method") // nothing else is open before there is a second factor
		w.links(w.handset("Pixel 9"))
	})
}

// An authenticator app by the QR code: zbarimg reads it, oathtool makes the codes.
func TestAnAuthenticatorAppByItsQRCode(t *testing.T) {
	inBoth(t, func(w *town) {
		w.joins()
		w.opensApp()
		uri := w.qr()
		if !strings.HasPrefix(uri, "otpauth://totp/") || !strings.Contains(uri, "issuer=Tulp%20%26%20Zoon") {
			t.Fatal(uri)
		}
		_, rest, _ := strings.Cut(uri, "secret=")
		key, _, _ := strings.Cut(rest, "&")
		w.activates(key)
		w.logsInByCode(key)
	})
}

// An authenticator app by the secret as text, as an extension of the browser takes it.
func TestAnAuthenticatorAppByItsSecret(t *testing.T) {
	inBoth(t, func(w *town) {
		w.joins()
		w.opensApp()
		key := strings.ReplaceAll(w.Read(`document.querySelector("code.secret").innerText`), " ", "")
		w.Enter(`[name="code"]`, "000000")
		w.press("link.app.activate")
		w.sees("link.app.code-wrong")
		w.activates(key)
		w.logsInByCode(key)
	})
}

// opensApp takes the way of the authenticator app, as far as its QR code.
func (w *town) opensApp() {
	w.t.Helper()
	w.Click(`input[value="totp"]`)
	w.press("link.next")
	w.At("/setup/app")
	w.press("link.next")
	w.sees("link.app.secret")
}

// activates types the code that an app makes.
func (w *town) activates(key string) {
	w.t.Helper()
	w.Enter(`[name="code"]`, w.oathtool(key))
	w.press("link.app.activate")
	w.At("/setup/done")
	w.sees("setup.done.title")
	w.Click(`form[action="/setup/done"] button`)
	w.At("/login")
}

// logsInByCode is the everyday way of somebody without a linked phone.
func (w *town) logsInByCode(key string) {
	w.t.Helper()
	w.pass(30 * time.Second) // the code that activated the app is used
	w.types()
	w.sees("code.title.totp")
	w.Enter(`[name="code"]`, w.oathtool(key))
	w.press("code.button.enter")
	w.At("/apps")
}

// From codes to notifications, with a QR code that ran out in between.
func TestFromCodesToNotifications(t *testing.T) {
	inBoth(t, func(w *town) {
		w.joins()
		w.opensApp()
		key := strings.ReplaceAll(w.Read(`document.querySelector("code.secret").innerText`), " ", "")
		w.activates(key)
		w.logsInByCode(key)
		w.press("frame.security")
		w.sees("security.how.title")
		w.press("security.push.button")
		w.At("/security/push")
		w.press("link.phone.title.change")
		w.sees("link.open.wait")
		old := w.qr()
		w.pass(121 * time.Second)
		w.sees("link.is.expired.title")
		w.press("link.renew")
		w.sees("link.open.wait")
		if w.qr() == old {
			t.Fatal("the new code is the old one")
		}
		h := w.handset("Pixel 9")
		w.scans(h)
		w.Until(`document.querySelector(".mark.good")`)
		w.Sees("Pixel 9")
		w.goes("/security")
		w.sees("security.how.phone", "Name", "Pixel 9")
		w.logsOff()
		w.logsIn(h)
	})
}

func (w *town) logsOff() {
	w.t.Helper()
	w.Click("details.menu summary")
	w.press("frame.logout")
	w.At("/login")
	w.sees("login.logged-out")
}

// After logging off, nothing private is behind the back button.
func TestLoggingOff(t *testing.T) {
	inBoth(t, func(w *town) {
		w.logsIn(w.enrolled())
		w.logsOff()
		w.Read(`(history.back(), "")`)
		w.Until(`location.pathname === "/login" && !document.body.innerText.includes("Tulp & Zoon books")`)
	})
}

// Somebody of several organisations accepts by signing in, chooses, and changes by the name in the corner.
func TestSeveralOrganisations(t *testing.T) {
	inBoth(t, func(w *town) {
		h := w.enrolled()
		other := w.found("Orchard & Sons")
		w.Open(w.invite(other))
		w.press("invitation.login-button")
		w.At("/login")
		w.Enter(`[name="email"]`, email)
		w.Enter(`[name="password"]`, password)
		w.press("login.button")
		w.At("/login/wait")
		h.answers(h.request(), w.number(), "approved")
		w.sees("invitation.accept")
		w.press("invitation.accept-button")
		w.Until(`location.pathname === "/organisations" || location.pathname === "/apps"`)
		w.logsOff()
		w.types()
		h.answers(h.request(), w.number(), "approved")
		w.At("/organisations")
		w.Click(`main li:nth-child(1) button`)
		w.At("/apps")
		first := w.Read(`document.querySelector("header .brand").innerText.trim()`)
		w.Click("details.menu summary")
		w.press("frame.organisations")
		w.At("/organisations")
		w.Click(`main li:nth-child(2) button`)
		w.At("/apps")
		if second := w.Read(`document.querySelector("header .brand").innerText.trim()`); second == first {
			t.Errorf("it is still %s", first)
		}
	})
}

// A forgotten password: the mail alone is not enough.
func TestAForgottenPassword(t *testing.T) {
	inBoth(t, func(w *town) {
		h := w.enrolled()
		w.press("login.forgot")
		w.Enter(`[name="email"]`, email)
		w.press("forgot.button")
		w.sees("forgot.sent.title")
		w.Open(w.mailed())
		w.sees("reset.title")
		w.press("reset.button")
		w.At("/login/wait")
		h.answers(h.request(), w.number(), "approved")
		w.sees("password.title.new")
		const better = "eight loud geese on the meadow"
		w.Enter(`[name="password"]`, better)
		w.Enter(`[name="again"]`, better)
		w.press("password.button")
		w.sees("reset.done.title")
		w.press("reset.done.button")
		w.At("/apps")
		w.logsOff()
		w.types() // the old one
		w.sees("login.wrong")
	})
}

// A new phone while the old one still works: the old one is asked, and goes afterwards.
func TestANewPhone(t *testing.T) {
	inBoth(t, func(w *town) {
		old := w.enrolled()
		w.logsIn(old)
		w.pass(6 * time.Minute)
		w.secures("/security", old)
		w.press("security.phones.replace")
		w.At("/security/phones/replace")
		w.press("link.next")
		w.sees("link.open.wait")
		next := w.handset("iPhone 17")
		w.scans(next)
		w.sees("link.is.awaiting-approval.title")
		asked := old.request()
		if asked.Purpose != "new-phone" || len(asked.Details) == 0 || asked.Details[0].Value != "iPhone 17" {
			t.Errorf("%+v", asked)
		}
		old.answers(asked, w.number(), "approved")
		w.Sees("iPhone 17")
		w.goes("/security/phones")
		w.Sees("iPhone 17", "Pixel 9")
		w.Click(`main section:has(h2:first-child) a[href$="/remove"]`)
		w.sees("security.phone-remove.title")
		w.press("security.phone-remove.button")
		w.sees("security.phones.removed")
		w.Until(`!document.querySelector("main").innerText.includes("Pixel 9")`)
	})
}
