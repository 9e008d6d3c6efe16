package paths_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"example.com/aye/approval"
)

// No notification came: the code of the phone's own app helps.
func TestNoNotificationButACode(t *testing.T) {
	inBoth(t, func(w *town) {
		h := w.enrolled()
		w.types()
		w.At("/login/wait")
		h.request()
		w.press("wait.help.title")
		w.sees("wait.help.open-text")
		w.sees("wait.sms.why.not-allowed")
		w.press("wait.help.code-button")
		w.At("/login/wait/code")
		w.Enter(`[name="code"]`, "12345")
		w.press("code.button.enter")
		w.sees("code.wrong.totp")
		code, err := h.Code(w.now())
		if err != nil {
			t.Fatal(err)
		}
		w.Enter(`[name="code"]`, code)
		w.press("code.button.enter")
		w.At("/apps")
	})
}

// Each end has a page of its own, and a way on.
func TestEnds(t *testing.T) {
	inBoth(t, func(w *town) {
		h := w.enrolled()
		w.types()
		w.At("/login/wait")
		if _, err := h.Deny(t.Context(), h.request().ID); err != nil {
			t.Fatal(err)
		}
		w.sees("wait.end.denied.title")
		w.press("wait.again")

		number := w.number()
		wrong := "000"
		if number == wrong {
			wrong = "001"
		}
		h.answers(h.request(), wrong, "mismatched")
		w.sees("wait.end.mismatched.title")
		w.press("wait.again")

		h.request()
		if number = w.number(); len(number) != 6 {
			t.Errorf("%q after a wrong number", number)
		}
		w.pass(approval.DefaultLife + time.Second)
		w.sees("wait.end.expired.title")
		w.press("wait.again")
		w.At("/login/wait")
		w.number() // the page is there; the third in a row sends no notification
		asked, err := h.List(t.Context())
		if err != nil || len(asked) != 1 {
			t.Fatalf("%d %v", len(asked), err)
		}
		if _, err = h.Report(t.Context(), asked[0].ID); err != nil {
			t.Fatal(err)
		}
		w.sees("wait.end.reported.title")
		w.press("wait.end.reported.password")
		w.At("/forgot")
	})
}

// The network drops while the person answers; the page says so, and heals.
func TestTheNetworkDrops(t *testing.T) {
	inBoth(t, func(w *town) {
		h := w.enrolled()
		w.types()
		w.At("/login/wait")
		asked, number := h.request(), w.number()
		w.Online(false)
		w.sees("wait.offline")
		h.answers(asked, number, "approved")
		w.Online(true)
		w.At("/apps")
	})
}

// Without scripts the page looks again by itself.
func TestWithoutScripts(t *testing.T) {
	inBoth(t, func(w *town) {
		h := w.enrolled()
		w.Scripts(false)
		w.types()
		w.At("/login/wait")
		w.sees("wait.refreshes")
		h.answers(h.request(), w.number(), "approved")
		w.At("/apps")
	})
}

// With the keyboard alone, and never without a place for it.
func TestWithTheKeyboard(t *testing.T) {
	inBoth(t, func(w *town) {
		h := w.enrolled()
		w.goes("/login")
		w.reaches(`[name="email"]`)
		w.Key(email)
		w.reaches(`[name="password"]`)
		w.Key(password + kb.Enter)
		w.At("/login/wait")
		asked := h.request()
		w.reaches("details summary")
		w.Key(kb.Enter)
		w.Until(`document.querySelector("main details[open]")`)
		h.answers(asked, w.number(), "approved")
		w.At("/apps")
		w.reaches(`a[href="/security"]`)
		w.Key(kb.Enter)
		w.Until(`location.pathname === "/prove" || location.pathname === "/security"`)
	})
}

// reaches presses Tab until it stands on the element, which then shows it.
func (w *town) reaches(css string) {
	w.t.Helper()
	for range 40 {
		if w.Read(`String(document.activeElement.matches('main `+css+`, header `+css+`'))`) == "true" {
			w.Until(`(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== "none" || s.boxShadow !== "none"; })()`)
			return
		}
		w.Key(kb.Tab)
	}
	w.t.Fatalf("Tab does not reach %s", css)
}
