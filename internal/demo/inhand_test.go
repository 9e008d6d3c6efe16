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
	inHand.Open(h.phone)
	inHand.Enter("#link", b.pairingLink())
	inHand.Press("Link")
	// Nothing is sent before the person has seen whereto.
	inHand.Sees("Link this phone?", h.aye)
	b.Until(`document.querySelector("[data-state=open]")`)
	inHand.Press("Link this phone")
	inHand.Sees("Linked to Tulp & Zoon")
	inHand.Press("Done")
	b.Press("Continue logging in")
	b.waits()
	return b, inHand
}

func (b *tab) opensRequest() {
	b.t.Helper()
	b.Sees("1 request waits")
	b.Click(".row")
	b.Sees("Accept login request?")
}

func TestThePhoneInTheBrowser(t *testing.T) {
	t.Parallel()
	h := newTheatre(t)
	shop, inHand := h.paired(newBrowser(t))
	inHand.opensRequest()
	inHand.Sees("Tulp & Zoon", "Ada", "127.0.0.1", "Chrome", "Type the number on the screen")
	inHand.Until(`document.querySelector(".actions .good").disabled`) // until a number is there
	inHand.Enter("#number", shop.number())
	inHand.Press("Accept")
	inHand.Sees("Accepted", "The browser goes on by itself.")
	shop.Sees("Welcome, Ada")

	inHand.Press("Was this not you?")
	inHand.Sees("Reported")
	inHand.Press("Done")
	inHand.Press("↺\nHistory")
	inHand.Sees("Reported", "Tulp & Zoon")
	h.outAgain(shop)
}

// outAgain waits until the shop has heard that the login was not the person's.
func (h *theatre) outAgain(shop *tab) {
	h.t.Helper()
	shop.Wait("the shop ends the session", func(ctx context.Context) bool {
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
	shop.Until(`document.querySelector(".qr img")?.complete`)
	photo := filepath.Join(t.TempDir(), "photo.png")
	if err := os.WriteFile(photo, shop.Picture(), 0o600); err != nil {
		t.Fatal(err)
	}
	inHand := newBrowser(t) // on another machine
	inHand.Open(h.phone)
	inHand.Sees("No account yet")
	inHand.Do(chromedp.SetUploadFiles(chromedp.ID("picture"), []string{photo}))
	inHand.Sees(h.aye)
	inHand.Press("Link this phone")
	inHand.Sees("Linked to Tulp & Zoon")
	shop.Sees("Linked", "Chrome")

	inHand.Open(h.phone) // it keeps the account
	inHand.Sees("Nothing to approve")
}

func TestThePhoneFollowsTheLinkUnderTheQRCode(t *testing.T) {
	t.Parallel()
	h := newTheatre(t)
	shop := h.login(newBrowser(t))
	inHand := shop.another()
	inHand.Open(shop.Read(`document.querySelector('a[target="aye-phone"]').href`))
	inHand.Sees("Link this phone?", h.aye)
	if address := inHand.Read("location.href"); strings.Contains(address, "pair") {
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
			inHand.Press(button)
			inHand.Sees(words[0])
			shop.Sees(words[1])
			shop.Open(h.shop)
			shop.Sees("Log in")
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
	inHand.Press("☰\nAccounts")
	uri := inHand.Read(`new Promise((resolve) => {
		const opening = indexedDB.open("aye-phone");
		opening.onsuccess = () => {
			const all = opening.result.transaction("accounts").objectStore("accounts").getAll();
			all.onsuccess = () => resolve(new URL(all.result[0].totp).searchParams.get("secret"));
		};
	})`)
	code := ""
	inHand.Wait("the phone's code is that of oathtool", func(ctx context.Context) bool {
		want, err := exec.CommandContext(ctx, oathtool, "--totp", "-b", uri).Output()
		if err != nil {
			t.Fatal(err)
		}
		code = strings.TrimSpace(string(want))
		quoted, _ := json.Marshal(code)
		same, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.querySelector("[data-totp]").textContent.replace(" ", "") === `+string(quoted)))
		return err == nil && same
	})
	shop.Press("No notification received?")
	shop.Enter("#code", code)
	shop.Press("Use this code")
	shop.Sees("Welcome, Ada", "code")
}
