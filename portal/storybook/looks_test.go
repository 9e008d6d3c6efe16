package main

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// sizes are how people look who zoom, or have large letters (WCAG 2.2, 1.4.4 and 1.4.10): 320
// pixels are 1280 at 400 %.
var sizes = []struct {
	width int64
	text  string
}{{320, "100%"}, {390, "200%"}, {640, "100%"}}

// cut names what sticks out of the window to the side, or cannot be scrolled to.
const cut = `(() => {
	const name = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (e.className ? "." + e.className : "") + " “" + (e.innerText ?? "").slice(0, 30) + "”";
	const found = [];
	for (const e of document.querySelectorAll("body *")) {
		if (!e.checkVisibility() || e.closest(".skip, .unseen, svg, thead")) continue;
		const box = e.getBoundingClientRect(), style = getComputedStyle(e);
		if (box.width && (box.left < -1 || box.right > innerWidth + 1)) found.push(name(e));
		if (!["INPUT", "IMG", "SELECT", "TEXTAREA"].includes(e.tagName) && style.overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1) found.push(name(e) + " scrolls sideways");
		if (style.overflowY === "hidden" && e.scrollHeight > e.clientHeight + 1 && e.clientHeight) found.push(name(e) + " hides its end");
	}
	return found.slice(0, 3).join(", ");
})()`

// fits looks whether something of the page that is open is cut off.
func fits(t *testing.T, ctx context.Context, address string) {
	t.Helper()
	for _, size := range sizes {
		looks(t, ctx, size.width, false)
		found, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.documentElement.style.fontSize = "`+size.text+`"; `+cut))
		if err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		if found != "" {
			t.Errorf("%s, %d wide, text %s: cut off: %s", address, size.width, size.text, found)
		}
	}
}

// Every QR code is read from the screen by a program that has nothing to do with Aye, on a narrow
// and dark page.
func TestEveryQRCodeIsRead(t *testing.T) {
	t.Parallel()
	address, ctx := serving(t), open(t)
	found := 0
	for _, one := range stories() {
		page := address + "/nl/" + one.name
		if !strings.Contains(get(t, page), `class="qr"`) {
			continue
		}
		found++
		looks(t, ctx, 360, true)
		limited, cancel := context.WithTimeout(ctx, patience)
		err := chromedp.Do(limited, chromedp.Navigate(page))
		var picture []byte
		if err == nil {
			picture, err = chromedp.Run(limited, chromedp.FullScreenshot(100))
		}
		cancel()
		if err != nil {
			t.Fatalf("%s: %v", page, err)
		}
		if said := scan(t, picture); !strings.HasPrefix(said, "https://") && !strings.HasPrefix(said, "otpauth://") {
			t.Errorf("the QR code of %s says %q", one.name, said)
		}
	}
	if found == 0 {
		t.Error("no page has a QR code")
	}
}

// scan reads the QR code of a picture.
func scan(t *testing.T, picture []byte) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", "-")
	command.Stdin = bytes.NewReader(picture)
	text, err := command.Output()
	if err != nil {
		t.Errorf("zbarimg found no QR code: %v", err)
	}
	return strings.TrimSpace(string(text))
}
