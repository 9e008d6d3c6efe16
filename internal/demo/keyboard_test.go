package demo_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// types sends keys to whatever has the focus.
func (b *tab) types(keys string) { b.t.Helper(); b.Do(chromedp.KeyEvent(keys)) }

// tabsTo moves the focus to the element, as somebody without a mouse does.
func (b *tab) tabsTo(css string) {
	b.t.Helper()
	for range 30 {
		if b.Read(`String(document.activeElement.matches(`+"`"+css+"`"+`))`) == "true" {
			return
		}
		b.types(kb.Tab)
	}
	b.t.Fatalf("the Tab key never comes to %s", css)
}

// Nothing needs a mouse, and the focus is where the person goes on.
func TestByKeyboardAlone(t *testing.T) {
	t.Parallel()
	h := newTheatre(t)
	b := newBrowser(t)
	b.Open(h.shop)
	b.Until(`document.activeElement.id === "email"`)
	b.types(ada + kb.Tab + "anything" + kb.Enter)
	link := b.pairingLink()
	inHand := b.another()
	inHand.Open(h.phone)
	inHand.Sees("No account yet")
	inHand.tabsTo("#picture")
	inHand.tabsTo("#link")
	inHand.types(link + kb.Enter)
	inHand.Sees("Link this phone?")
	inHand.tabsTo(".actions .good")
	inHand.types(kb.Enter)
	inHand.Sees("Linked to Tulp & Zoon")
	inHand.tabsTo(".actions .good")
	inHand.types(kb.Enter)
	inHand.Sees("Nothing to approve")

	b.Until(`document.activeElement.matches("[data-show=paired]")`) // a screen reader reads on from here
	b.tabsTo(`form[action="/again"] button`)
	b.types(kb.Enter)
	number := b.number()
	inHand.Until(`document.querySelector("#news").textContent === "1 request waits"`) // a screen reader says so
	inHand.tabsTo(".row")
	inHand.types(kb.Enter)
	inHand.Sees("Accept login request?")
	inHand.tabsTo("#number")
	inHand.types(number + kb.Enter)
	inHand.Sees("Accepted")
	b.Sees("Welcome, Ada")
}
