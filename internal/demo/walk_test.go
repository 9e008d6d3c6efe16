package demo_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"example.com/aye/internal/browser"
)

// walk goes along every page of the shop and of the phone, and looks at each.
type walk struct {
	*theatre
	b, inHand *tab
	look      func(b *tab, scene string)
}

func walkThrough(t *testing.T, language string, look func(b *tab, scene string)) {
	t.Helper()
	w := &walk{theatre: newTheatre(t), look: look}
	w.b = newBrowser(t).speaks(language)
	w.inHand = w.b.another().speaks(language)
	w.links()
	w.tapsOnce()
	w.asks()
	w.ends()
}

// shows waits for a state of the shop's page and looks.
func (w *walk) shows(scene, state string) {
	w.t.Helper()
	w.b.Until(`document.querySelector('main[data-state="` + state + `"]')`)
	w.look(w.b, "shop-"+scene)
	w.b.looks(1280, 900, 1, false)
}

// holds waits for something on the phone and looks.
func (w *walk) holds(scene string, css chromedp.CSS) {
	w.t.Helper()
	w.inHand.Do(chromedp.WaitVisible(css))
	w.look(w.inHand, "phone-"+scene)
	w.inHand.looks(1280, 900, 1, false)
}

func (w *walk) links() {
	w.t.Helper()
	w.b.Open(w.shop)
	w.look(w.b, "shop-login")
	w.inHand.Open(w.phone)
	w.holds("empty", ".blank")
	w.login(w.b)
	w.b.qr()
	w.shows("qr", "open")
	w.pass(3 * time.Minute)
	w.b.Open(w.shop + "/link")
	w.shows("qr-expired", "expired")
	w.b.Click(`form[action="/link/renew"] button`)
	w.b.qr()

	w.inHand.Enter("#link", w.b.pairingLink())
	w.inHand.Click(".inline button")
	w.holds("confirm", ".origin")
	w.inHand.Click(".actions .good")
	w.holds("paired", ".mark.paired")
	w.shows("linked", "paired")
	w.inHand.Click(".actions .good")
	w.holds("calm", ".blank")
	w.inHand.Click(".tabs button:nth-child(2)")
	w.inHand.Until(`/\d/.test(document.querySelector("[data-totp]")?.textContent)`)
	w.holds("accounts", "[data-totp]")
	w.inHand.Click(".tabs button:nth-child(1)")
}

func (w *walk) tapsOnce() {
	w.t.Helper()
	w.asksByTap()
	w.inHand.Click(".row")
	w.holds("tap", ".actions .good")
	w.inHand.Click(".actions .good")
	w.inHand.Click(".mark.approved ~ .actions .good")
}

func (w *walk) asks() {
	w.t.Helper()
	w.b.Click(`[data-show=paired] form[action="/again"] button`)
	w.b.waits()
	w.b.Until(`document.querySelector("[data-is=fetched]")`)
	w.shows("waiting", "pending")
	w.b.Click("summary")
	w.shows("help", "pending")
	w.holds("list", ".row")
	w.inHand.Click(".row")
	w.holds("request", "#number")
}

func (w *walk) ends() {
	w.t.Helper()
	w.ended("denied", ".actions .plain")
	w.again()
	w.inHand.Enter("#number", wrong(w.b.number()))
	w.ended("mismatched", ".actions .good")
	w.again()
	w.ended("reported", ".actions .danger")
	w.again()
	w.inHand.Enter("#number", w.b.number())
	w.inHand.Click(".actions .good")
	w.holds("approved", ".mark.approved")
	w.b.Do(chromedp.WaitVisible(chromedp.CSS("dl")))
	w.look(w.b, "shop-released")
	w.b.looks(1280, 900, 1, false)
	w.inHand.Click(".actions .good")
	w.inHand.Click(".tabs button:nth-child(3)")
	w.holds("history", ".state")

	w.b.Click("nav form button")
	w.b.Do(chromedp.WaitVisible(chromedp.CSS("#email")))
	w.login(w.b)
	w.b.waits()
	w.pass(3 * time.Minute)
	w.b.Open(w.shop + "/wait")
	w.shows("expired", "expired")
	w.stops()
}

// stops is a case that was opened in the person's name.
func (w *walk) stops() {
	w.t.Helper()
	w.inHand.Click(".tabs button:nth-child(1)")
	w.lost(w.support())
	w.holds("case-list", ".alarm")
	w.inHand.Click(".alarm")
	w.holds("case", ".stop")
	w.inHand.Click(".stop")
	w.holds("case-stopped", ".mark.stopped")
}

// ended answers on the phone and looks at both sides.
func (w *walk) ended(state string, button chromedp.CSS) {
	w.t.Helper()
	w.inHand.Click(button)
	w.holds(state, chromedp.CSS(".mark."+state))
	w.shows(state, state)
	w.inHand.Click(".actions .good")
}

func (w *walk) again() {
	w.t.Helper()
	w.login(w.b)
	w.b.waits()
	w.inHand.Click(".row")
}

// asksByTap is an application that shows all that it can.
func (w *walk) asksByTap() {
	w.t.Helper()
	body, err := json.Marshal(map[string]any{
		"user": map[string]string{"email": ada}, "confirm": "tap", "message": "Confirm the order of 50 tulip bulbs",
		"context": map[string]string{"ip": "203.0.113.7", "browser": "the shop's own", "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
		"details": []map[string]string{{"label": "Amount", "value": "€ 12.50"}, {"label": "Deliver to", "value": "Keizersgracht 1, Amsterdam"}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.aye+"/v1/approvals", bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.SetBasicAuth(w.config.ClientID, w.config.ClientSecret.Reveal())
	request.Header.Set("Content-Type", "application/json")
	response, err := (&http.Client{Timeout: browser.Patience}).Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		w.t.Fatalf("asking answered %s", response.Status)
	}
}
