package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var shots = flag.String("shots", "", "a folder for pictures of every page, for people to look at")

// TestScreenshots makes pictures: go test ./internal/demo -run TestScreenshots -args -shots DIR.
func TestScreenshots(t *testing.T) {
	if *shots == "" {
		t.Skip("pictures are made on demand")
	}
	for _, language := range []string{"en", "nl"} {
		walk(t, language, func(b *tab, scene string) {
			for _, dark := range []bool{false, true} {
				for _, width := range []int64{390, 1280} {
					b.looks(width, 860, 1, dark)
					name := strings.Join([]string{scene, language, map[bool]string{true: "dark", false: "light"}[dark], map[bool]string{true: "wide", false: "narrow"}[width > 400]}, "-")
					ctx, cancel := context.WithTimeout(b.ctx, patience)
					png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
					cancel()
					if err == nil {
						err = os.WriteFile(filepath.Join(*shots, name+".png"), png, 0o600)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

// Whoever zooms to 200 % or has large letters can still read and press everything
// (WCAG 2.2, 1.4.4 and 1.4.10).
func TestNothingIsCut(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "nl"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			walk(t, language, func(b *tab, scene string) {
				for _, one := range []struct {
					width, height, text int64
				}{{640, 400, 1}, {320, 568, 1}, {390, 844, 2}} {
					b.looks(one.width, one.height, one.text, false)
					if cut := b.read(cut); cut != "" {
						t.Errorf("%s in %s, %d wide, text × %d: cut off: %s", scene, language, one.width, one.text, cut)
					}
				}
			})
		})
	}
}

// cut names what sticks out of the window to the side, or cannot be scrolled to.
const cut = `(() => {
	const name = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (e.className ? "." + e.className : "") + " “" + (e.innerText ?? "").slice(0, 30) + "”";
	const found = [];
	for (const e of document.querySelectorAll("body *")) {
		if (!e.checkVisibility() || e.closest(".skip, .hidden")) continue;
		const box = e.getBoundingClientRect(), style = getComputedStyle(e);
		if (box.width && (box.left < -1 || box.right > innerWidth + 1)) found.push(name(e));
		if (!["INPUT", "IMG"].includes(e.tagName) && style.overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1) found.push(name(e) + " scrolls sideways");
		if (style.overflowY === "hidden" && e.scrollHeight > e.clientHeight + 1 && e.clientHeight) found.push(name(e) + " hides its end");
	}
	return found.slice(0, 3).join(", ");
})()`

// looks sets the size of the window, the size of the letters and the colours.
func (b *tab) looks(width, height, text int64, dark bool) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height))
	scheme := map[bool]string{true: "dark", false: "light"}[dark]
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	b.until(`document.documentElement.style.fontSize = "` + map[bool]string{true: "200%", false: "100%"}[text == 2] + `"`)
	b.until(`matchMedia("(prefers-color-scheme: ` + scheme + `)").matches`)
}

// walk visits every page of the shop and of the phone.
func walk(t *testing.T, language string, look func(b *tab, scene string)) {
	t.Helper()
	h := newTheatre(t)
	b := newBrowser(t).speaks(language)
	inHand := b.another().speaks(language)
	shows := func(scene, state string) {
		t.Helper()
		b.until(`document.querySelector('main[data-state="` + state + `"]')`)
		look(b, "shop-"+scene)
		b.looks(1280, 900, 1, false)
	}
	holds := func(scene, css string) {
		t.Helper()
		inHand.do(chromedp.WaitVisible(chromedp.CSS(css)))
		look(inHand, "phone-"+scene)
		inHand.looks(1280, 900, 1, false)
	}
	b.open(h.shop)
	look(b, "shop-login")
	inHand.open(h.phone)
	holds("empty", ".blank")
	h.login(b)
	b.until(`document.querySelector(".qr img")?.complete`)
	shows("qr", "open")
	link := b.pairingLink()
	b.until(`(ended => { for (const s of document.querySelectorAll("[data-show]")) s.hidden = s.dataset.show !== ended; document.querySelector("main").dataset.state = ended; return true })("expired")`)
	shows("qr-expired", "expired")

	inHand.enter("#link", link)
	inHand.click(".inline button")
	holds("confirm", ".origin")
	inHand.click(".actions .good")
	holds("paired", ".mark.paired")
	inHand.click(".actions .good")
	holds("calm", ".blank")
	inHand.click(".tabs button:nth-child(2)")
	inHand.until(`/\d/.test(document.querySelector("[data-totp]")?.textContent)`)
	holds("accounts", "[data-totp]")
	inHand.click(".tabs button:nth-child(1)")

	b.open(h.shop + "/link")
	shows("linked", "paired")
	b.click(`[data-show=paired] form[action="/again"] button`)
	b.waits()
	b.until(`document.querySelector("[data-delivery]").dataset && document.querySelector('[data-is=fetched]')`)
	shows("waiting", "pending")
	b.click("summary")
	shows("help", "pending")
	holds("list", ".row")
	inHand.click(".row")
	holds("request", "#number")
	end := func(state, button string) {
		t.Helper()
		inHand.click(chromedp.CSS(button))
		holds(state, ".mark."+state)
		shows(state, state)
		inHand.click(".actions .good")
	}
	again := func() {
		t.Helper()
		h.login(b)
		b.waits()
		inHand.click(".row")
	}
	end("denied", ".actions .plain")
	again()
	inHand.enter("#number", wrong(b.number()))
	end("mismatched", ".actions .good")
	again()
	end("reported", ".actions .danger")
	again()
	inHand.enter("#number", b.number())
	inHand.click(".actions .good")
	holds("approved", ".mark.approved")
	b.until(`document.querySelector("dl")`)
	look(b, "shop-released")
	b.looks(1280, 900, 1, false)
	inHand.click(".actions .good")
	inHand.click(".tabs button:nth-child(3)")
	holds("history", ".state")
	inHand.click(".tabs button:nth-child(1)")
	h.asksByTap()
	inHand.click(".row")
	holds("tap", ".actions .good")
}

// asksByTap is an application that shows all that it can.
func (h *theatre) asksByTap() {
	h.t.Helper()
	body, err := json.Marshal(map[string]any{
		"user": map[string]string{"email": ada}, "confirm": "tap", "message": "Confirm the order of 50 tulip bulbs",
		"context": map[string]string{"ip": "203.0.113.7", "browser": "the shop's own", "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
		"details": []map[string]string{{"label": "Amount", "value": "€ 12.50"}, {"label": "Deliver to", "value": "Keizersgracht 1, Amsterdam"}},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.stage.Origin+"/v1/approvals", bytes.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	request.SetBasicAuth(h.config.ClientID, h.config.ClientSecret.Reveal())
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		h.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		h.t.Fatalf("asking answered %s", response.Status)
	}
}
