package main

import (
	"context"
	"testing"

	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// phone plays a browser that can read text messages: a message is taken by the page with
// window.comes(code), what was asked stands in window.asked, what was sent in window.sent.
const phone = `
	window.OTPCredential = class {};
	navigator.credentials.get = (asked) => {
		window.asked = asked;
		return new Promise((comes, fails) => {
			window.comes = comes;
			asked.signal.addEventListener("abort", () => fails(new Error("aborted")));
		});
	};
	document.addEventListener("submit", (event) => {
		event.preventDefault();
		window.sent = event.target.querySelector("[data-texted]").value;
	});`

// reading opens the address in a browser that can read text messages.
func reading(t *testing.T, address string) *waits {
	t.Helper()
	w := &waits{t: t, tab: open(t)}
	ctx, cancel := context.WithTimeout(w.tab, patience)
	defer cancel()
	if _, err := chromedp.Call(ctx, cdp.AddScriptToEvaluateOnNewDocument, cdp.AddScriptToEvaluateOnNewDocumentParams{Source: phone}); err != nil {
		t.Fatal(err)
	}
	w.do(chromedp.Navigate(address))
	return w
}

// The code of a text message is typed by the browser, where it can and the person agrees.
func TestTheBrowserTypesTheCode(t *testing.T) {
	t.Parallel()
	address := serving(t)
	for _, story := range []string{"code/sms-sent", "setup/number-code", "security/number-code"} {
		t.Run(story, func(t *testing.T) {
			t.Parallel()
			w := reading(t, address+"/en/"+story)
			w.until(`window.asked && asked.otp.transport.join() === "sms" && !asked.signal.aborted`)
			w.until(`(comes({ code: "048271" }), true)`)
			w.until(`window.sent === "048271" && asked.signal.aborted`)
		})
	}
}

// Who types the code gives up that the browser does; where no message comes nothing happens.
func TestTheCodeIsTyped(t *testing.T) {
	t.Parallel()
	w := reading(t, serving(t)+"/en/code/sms-sent")
	w.until(`window.asked`)
	w.until(`(document.querySelector("[data-texted]").value = "123456", document.querySelector("[data-texted]").form.requestSubmit(), true)`)
	w.until(`window.sent === "123456" && asked.signal.aborted`)
}

// A page that becomes another waits for no message any more.
func TestTheMessageIsNotWaitedForAnyMore(t *testing.T) {
	t.Parallel()
	w := newWaits(t, func(*waits) {})
	ctx, cancel := context.WithTimeout(w.tab, patience)
	defer cancel()
	if _, err := chromedp.Call(ctx, cdp.AddScriptToEvaluateOnNewDocument, cdp.AddScriptToEvaluateOnNewDocumentParams{Source: phone}); err != nil {
		t.Fatal(err)
	}
	w.do(chromedp.Navigate(w.address + "/wait"))
	w.until(`window.asked && (window.first = asked.signal, !first.aborted)`)
	w.set(func() { w.state = "" })
	w.until(heading + `"State " && first.aborted`)
}

// No code of an app is waited for as if it came in a text message.
func TestNoMessageForOtherCodes(t *testing.T) {
	t.Parallel()
	w := reading(t, serving(t)+"/en/code/totp")
	w.until(`document.readyState === "complete" && document.querySelector('[autocomplete="one-time-code"]') && !window.asked`)
}

// Another code can be asked for when the time has run down in front of the person.
func TestThePauseRunsDown(t *testing.T) {
	t.Parallel()
	w := reading(t, serving(t)+"/en/code/sms-pause")
	const form = `document.querySelector("form[data-pause]")`
	w.until(form + `.querySelector("button").disabled && /^0:2[0-8]$/.test(` + form + `.querySelector("strong").textContent)`)
	w.until(`(` + form + `.dataset.until = Date.now() + 1500, true)`)
	w.until(`/^0:0[012]$/.test(` + form + `.querySelector("strong").textContent)`)
	w.until(`!` + form + `.querySelector("button").disabled && ` + form + `.querySelector("p").hidden`)
}
