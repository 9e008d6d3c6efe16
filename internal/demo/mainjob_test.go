package demo_test

import "testing"

// The main job: what stands in the picture of the QR code is all that the phone gets to
// know, and the number that it is given is read from the page.
func TestFromTheQRCodeToTheWelcome(t *testing.T) {
	t.Parallel()
	h := newTheatre(t)
	b := h.login(newBrowser(t))
	link := b.qr()
	if shown := b.pairingLink(); link != shown {
		t.Fatalf("the QR code says %q and the page %q", link, shown)
	}
	handset := h.handset(link)
	b.Sees("Linked", "Pixel 9")
	b.Press("Continue logging in")
	b.Sees("Confirm on your phone", "Sent to Pixel 9")
	if asked, err := handset.List(t.Context()); err != nil || len(asked) != 1 || asked[0].ID != b.request() {
		t.Fatalf("the phone is asked %+v, %v", asked, err)
	}
	b.Sees("Pixel 9 shows the request")
	h.approves(handset, b)
	b.Sees("Welcome, Ada", ada, "Pixel 9")
	b.Press("Log out")
	b.Sees("Log in")
}
