package demo_test

import (
	"testing"

	"example.com/aye/internal/browser"
)

// tab is one tab of somebody's browser.
type tab struct {
	*browser.Tab
	t *testing.T
}

// newBrowser is another person's browser: it shares nothing with the others.
func newBrowser(t *testing.T) *tab {
	t.Helper()
	return &tab{browser.New(t), t}
}

// another is a second tab of the same browser.
func (b *tab) another() *tab {
	b.t.Helper()
	return &tab{b.Another(), b.t}
}

// speaks sets what the person reads.
func (b *tab) speaks(language string) *tab {
	b.t.Helper()
	b.Speaks(language)
	return b
}

// qr is what the QR code in a picture of the page says.
func (b *tab) qr() string {
	b.t.Helper()
	b.Until(`[...document.querySelectorAll(".qr img")].some((i) => i.checkVisibility() && i.complete)`)
	return browser.Scan(b.t, b.Picture())
}
