package demo_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// From the page on which people begin to the apps: the mail appears by itself, its button opens
// the wizard, and the phone in the browser is linked and answers.
func TestFromTheStartPageToTheApps(t *testing.T) {
	t.Parallel()
	h := newTheatre(t)
	b := newBrowser(t)
	box := b.another()
	box.open(h.stage.Mailbox.URL())
	box.sees("No mail yet")
	b.open(h.start)
	b.enter("#name", "Bo")
	b.enter("#email", "bo@example.com")
	b.press("Invite me")
	b.sees("The invitation is on its way")
	box.sees("Tulp & Zoon invites you", "bo@example.com")
	box.click(".mails a")

	portal := box.opensMail(h.aye + "/invitations/")
	portal.sees("Tulp & Zoon", "bo@example.com")
	portal.click(`main a[href$="/password"]`)
	const password = "seven quiet herons by the canal"
	portal.enter("#field-password", password)
	portal.enter("#field-again", password)
	portal.press("Next")
	portal.until(`location.pathname === "/setup/method"`)
	portal.press("Next")
	portal.until(`location.pathname === "/setup/link"`)
	portal.press("Next")
	code := portal.read(`document.querySelector('a[href*="/p#"]').href`)

	inHand := b.another()
	inHand.open(h.phone)
	inHand.enter("#link", code)
	inHand.press("Link")
	inHand.press("Link this phone")
	inHand.sees("Linked to Tulp & Zoon")
	inHand.press("Done")
	portal.click(`form[action="/setup/done"] button`)

	portal.enter("#field-email", "bo@example.com")
	portal.enter("#field-password", password+kb.Enter)
	inHand.opensRequest()
	inHand.press("Accept")
	inHand.sees("Accepted")
	portal.until(`location.pathname === "/apps"`)
	portal.sees("Tulp & Zoon")
}

// opensMail presses the button in the mail, and gives the tab that it opens. What is in a mail
// is shut off from the page around it, and from this test: so it presses down along the mail
// until it comes to the button.
func (b *tab) opensMail(address string) *tab {
	b.t.Helper()
	b.until(`document.querySelector("iframe") && document.readyState === "complete"`)
	var left, top, height float64
	if _, err := fmt.Sscan(b.read(`(({ left, top, height }) => [left, top, height].join(" "))(document.querySelector("iframe").getBoundingClientRect())`), &left, &top, &height); err != nil {
		b.t.Fatal(err)
	}
	var id target.ID
	down := 0.0
	b.wait("the mail opens "+address, func(ctx context.Context) bool {
		all, err := chromedp.Targets(ctx)
		for _, info := range all {
			if info.Type == "page" && strings.HasPrefix(info.URL, address) {
				id = info.TargetID
			}
		}
		if err != nil || id != "" {
			return err == nil
		}
		down = math.Mod(down+12, height)
		_ = chromedp.Do(ctx, chromedp.MouseClickXY(left+200, top+down)) // it is tried again
		return false
	})
	return openTab(b.t, b.ctx, chromedp.WithTargetID(id))
}
