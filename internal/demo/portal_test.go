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
	box.Open(h.stage.Mailbox.URL())
	box.Sees("No mail yet")
	b.Open(h.start)
	b.Enter("#name", "Bo")
	b.Enter("#email", "bo@example.com")
	b.Press("Invite me")
	b.Sees("The invitation is on its way")
	box.Sees("Tulp & Zoon invites you", "bo@example.com")
	box.Click(".mails a")

	portal := box.opensMail(h.aye + "/invitations/")
	portal.Sees("Tulp & Zoon", "bo@example.com")
	portal.Click(`main a[href$="/password"]`)
	const password = "seven quiet herons by the canal"
	portal.Enter("#field-password", password)
	portal.Enter("#field-again", password)
	portal.Press("Next")
	portal.Until(`location.pathname === "/setup/method"`)
	portal.Press("Next")
	portal.Until(`location.pathname === "/setup/link"`)
	portal.Press("Next")
	code := portal.Read(`document.querySelector('a[href*="/p#"]').href`)

	inHand := b.another()
	inHand.Open(h.phone)
	inHand.Enter("#link", code)
	inHand.Press("Link")
	inHand.Press("Link this phone")
	inHand.Sees("Linked to Tulp & Zoon")
	inHand.Press("Done")
	portal.Click(`form[action="/setup/done"] button`)

	portal.Enter("#field-email", "bo@example.com")
	portal.Enter("#field-password", password+kb.Enter)
	inHand.opensRequest()
	inHand.Press("Accept")
	inHand.Sees("Accepted")
	portal.Until(`location.pathname === "/apps"`)
	portal.Sees("Tulp & Zoon")
}

// opensMail presses the button in the mail, and gives the tab that it opens. What is in a mail
// is shut off from the page around it, and from this test: so it presses down along the mail
// until it comes to the button.
func (b *tab) opensMail(address string) *tab {
	b.t.Helper()
	b.Until(`document.querySelector("iframe") && document.readyState === "complete"`)
	var left, top, height float64
	if _, err := fmt.Sscan(b.Read(`(({ left, top, height }) => [left, top, height].join(" "))(document.querySelector("iframe").getBoundingClientRect())`), &left, &top, &height); err != nil {
		b.t.Fatal(err)
	}
	var id target.ID
	down := 0.0
	b.Wait("the mail opens "+address, func(ctx context.Context) bool {
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
	return &tab{b.Target(id), b.t}
}
