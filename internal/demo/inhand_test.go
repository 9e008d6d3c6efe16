package demo_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// paired is a browser with the shop in one tab and the phone, linked, in another.
func (h *theatre) paired(b *tab) (shop, inHand *tab) {
	h.t.Helper()
	h.login(b)
	inHand = b.another()
	inHand.open(h.phone)
	inHand.enter("#link", b.pairingLink())
	inHand.press("Link")
	// Nothing is sent before the person has seen whereto.
	inHand.sees("Link this phone?", h.aye)
	b.until(`document.querySelector("[data-state=open]")`)
	inHand.press("Link this phone")
	inHand.sees("Linked to Tulp & Zoon")
	inHand.press("Done")
	b.press("Continue logging in")
	b.waits()
	return b, inHand
}

func (b *tab) opensRequest() {
	b.t.Helper()
	b.sees("1 request waits")
	b.click(".row")
	b.sees("Accept login request?")
}

func TestThePhoneInTheBrowser(t *testing.T) {
	t.Parallel()
	h := newTheatre(t)
	shop, inHand := h.paired(newBrowser(t))
	inHand.opensRequest()
	inHand.sees("Tulp & Zoon", "Ada", "127.0.0.1", "Chrome", "Type the number on the screen")
	inHand.until(`document.querySelector(".actions .good").disabled`) // until a number is there
	inHand.enter("#number", shop.number())
	inHand.press("Accept")
	inHand.sees("Accepted", "The browser goes on by itself.")
	shop.sees("Welcome, Ada")

	inHand.press("Was this not you?")
	inHand.sees("Reported")
	inHand.press("Done")
	inHand.press("↺\nHistory")
	inHand.sees("Reported", "Tulp & Zoon")
	h.outAgain(shop)
}

// outAgain waits until the shop has heard that the login was not the person's.
func (h *theatre) outAgain(shop *tab) {
	h.t.Helper()
	shop.wait("the shop ends the session", func(ctx context.Context) bool {
		if err := chromedp.Do(ctx, chromedp.Navigate(h.shop)); err != nil {
			return false
		}
		title, err := chromedp.Run(ctx, chromedp.Title())
		return err == nil && strings.HasPrefix(title, "Log in")
	})
}

func TestThePhoneReadsAPicture(t *testing.T) {
	t.Parallel()
	h := newTheatre(t)
	shop := h.login(newBrowser(t))
	shop.until(`document.querySelector(".qr img")?.complete`)
	photo := filepath.Join(t.TempDir(), "photo.png")
	if err := os.WriteFile(photo, shop.picture(), 0o600); err != nil {
		t.Fatal(err)
	}
	inHand := newBrowser(t) // on another machine
	inHand.open(h.phone)
	inHand.sees("No account yet")
	inHand.do(chromedp.SetUploadFiles(chromedp.ID("picture"), []string{photo}))
	inHand.sees(h.aye)
	inHand.press("Link this phone")
	inHand.sees("Linked to Tulp & Zoon")
	shop.sees("Linked", "Chrome")

	inHand.open(h.phone) // it keeps the account
	inHand.sees("Nothing to approve")
}

func TestThePhoneFollowsTheLinkUnderTheQRCode(t *testing.T) {
	t.Parallel()
	h := newTheatre(t)
	shop := h.login(newBrowser(t))
	inHand := shop.another()
	inHand.open(shop.read(`document.querySelector('a[target="aye-phone"]').href`))
	inHand.sees("Link this phone?", h.aye)
	if address := inHand.read("location.href"); strings.Contains(address, "pair") {
		t.Errorf("the code stays in the address bar and the history: %s", address)
	}
}

func TestThePhoneSaysNo(t *testing.T) {
	t.Parallel()
	for button, words := range map[string][2]string{
		"Deny":            {"Denied", "You said no"},
		"This was not me": {"Reported", "Reported: this was not you"},
	} {
		t.Run(button, func(t *testing.T) {
			t.Parallel()
			h := newTheatre(t)
			shop, inHand := h.paired(newBrowser(t))
			inHand.opensRequest()
			inHand.press(button)
			inHand.sees(words[0])
			shop.sees(words[1])
			shop.open(h.shop)
			shop.sees("Log in")
		})
	}
}

func TestThePhonesCodeIsThatOfOathtool(t *testing.T) {
	t.Parallel()
	oathtool, err := exec.LookPath("oathtool")
	if err != nil {
		t.Fatal(err)
	}
	h := newTheatre(t)
	shop, inHand := h.paired(newBrowser(t))
	inHand.press("☰\nAccounts")
	uri := inHand.read(`new Promise((resolve) => {
		const opening = indexedDB.open("aye-phone");
		opening.onsuccess = () => {
			const all = opening.result.transaction("accounts").objectStore("accounts").getAll();
			all.onsuccess = () => resolve(new URL(all.result[0].totp).searchParams.get("secret"));
		};
	})`)
	code := ""
	inHand.wait("the phone's code is that of oathtool", func(ctx context.Context) bool {
		want, err := exec.CommandContext(ctx, oathtool, "--totp", "-b", uri).Output()
		if err != nil {
			t.Fatal(err)
		}
		code = strings.TrimSpace(string(want))
		quoted, _ := json.Marshal(code)
		same, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.querySelector("[data-totp]").textContent.replace(" ", "") === `+string(quoted)))
		return err == nil && same
	})
	shop.press("No notification received?")
	shop.enter("#code", code)
	shop.press("Use this code")
	shop.sees("Welcome, Ada", "code")
}
