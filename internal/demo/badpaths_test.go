package demo_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/aye/internal/phone"
)

func TestTheQRCodeRunsOut(t *testing.T) {
	t.Parallel()
	h := newTheatre(t)
	b := h.login(newBrowser(t))
	old := b.pairingLink()
	h.pass(3 * time.Minute)
	b.Open(h.shop + "/link")
	b.Sees("The code has run out")
	b.Press("Show new code")
	link := b.qr()
	if link == old {
		t.Fatal("the new code is the old one")
	}
	h.handset(link)
	b.Sees("Linked", "Pixel 9")
}

// How a request ends without a login.
func TestNobodyIsLetIn(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		answer func(*theatre, *tab, *phone.Phone) (phone.Outcome, error)
		status string
		words  string
		again  bool
	}{
		"wrong number": {func(h *theatre, b *tab, p *phone.Phone) (phone.Outcome, error) {
			return p.Approve(h.t.Context(), b.request(), wrong(b.number()), phone.Biometric)
		}, "mismatched", "That was another number", true},
		"denied": {func(h *theatre, b *tab, p *phone.Phone) (phone.Outcome, error) {
			return p.Deny(h.t.Context(), b.request())
		}, "denied", "You said no", true},
		"reported": {func(h *theatre, b *tab, p *phone.Phone) (phone.Outcome, error) {
			return p.Report(h.t.Context(), b.request())
		}, "reported", "Reported: this was not you", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newTheatre(t)
			b, handset := h.linked(newBrowser(t))
			outcome, err := one.answer(h, b, handset)
			if err != nil || outcome.Status != one.status {
				t.Fatalf("the answer became %q, %v", outcome.Status, err)
			}
			b.Sees(one.words)
			if one.again {
				b.Press("Ask again")
				h.approves(handset, b)
				b.Sees("Welcome, Ada")
				return
			}
			b.Open(h.shop)
			b.Sees("Log in")
		})
	}
}

func TestTheRequestExpires(t *testing.T) {
	t.Parallel()
	h := newTheatre(t)
	b, handset := h.linked(newBrowser(t))
	id := b.request()
	h.pass(3 * time.Minute)
	b.Open(h.shop + "/wait")
	b.Sees("Time is up")
	if _, err := handset.Approve(t.Context(), id, "000", phone.Biometric); err == nil {
		t.Error("the phone could answer after the end")
	}
	b.Press("Ask again")
	h.approves(handset, b)
	b.Sees("Welcome, Ada")
}

func TestReportedAfterTheReleaseInTheBrowser(t *testing.T) {
	t.Parallel()
	h := newTheatre(t)
	b, handset := h.linked(newBrowser(t))
	id := b.request()
	h.approves(handset, b)
	b.Sees("Welcome, Ada")
	if outcome, err := handset.Report(t.Context(), id); err != nil || outcome.Status != "reported" {
		t.Fatalf("the report became %q, %v", outcome.Status, err)
	}
	h.outAgain(b)
}

// Somebody with the password cannot ride on a login of the person: the number decides
// which browser goes on.
func TestTwoBrowsersAtOnce(t *testing.T) {
	t.Parallel()
	h := newTheatre(t)
	own, handset := h.linked(newBrowser(t))
	other := h.login(newBrowser(t))
	other.waits()
	asked, err := handset.List(t.Context())
	if err != nil || len(asked) != 2 {
		t.Fatalf("the phone is asked %d times, %v", len(asked), err)
	}
	h.approves(handset, own)
	own.Sees("Welcome, Ada")
	other.Sees("Confirm on your phone")
	other.Until(`document.querySelector("main").dataset.state === "pending"`)
}

func TestTwoTabsOfOneBrowser(t *testing.T) {
	t.Parallel()
	h := newTheatre(t)
	first, handset := h.linked(newBrowser(t))
	second := first.another()
	second.Open(h.shop + "/wait")
	first.Sees("Continued in another tab")
	first.Press("Continue here instead")
	first.waits()
	second.Sees("Continued in another tab")
	h.approves(handset, first)
	first.Sees("Welcome, Ada")
}

func TestTheNetworkGoesAndComes(t *testing.T) {
	t.Parallel()
	h := newTheatre(t)
	b, handset := h.linked(newBrowser(t))
	b.Until(`document.querySelector("main").dataset.way === "socket"`) // before that there is no page that could speak
	b.Online(false)
	h.line.fail()
	b.Sees("No connection.")
	h.approves(handset, b)
	h.line.mend()
	b.Online(true)
	b.Sees("Welcome, Ada")
}

// Aye restarts, and nobody needs to do anything.
func TestAyeRestarts(t *testing.T) {
	t.Parallel()
	h := newTheatre(t)
	b, handset := h.linked(newBrowser(t))
	if err := h.stage.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.approves(handset, b)
	b.Sees("Welcome, Ada")
}

func TestWithoutWebSockets(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]func(*testing.T) http.HandlerFunc{
		"refused": func(*testing.T) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadGateway) }
		},
		"swallowed": func(t *testing.T) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				if silent, _, err := http.NewResponseController(w).Hijack(); err == nil {
					t.Cleanup(func() { _ = silent.Close() })
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newTheatre(t)
			h.line.treat(one(t))
			b, handset := h.linked(newBrowser(t))
			b.Until(`performance.getEntriesByType("resource").some((e) => e.name.includes("/state"))`) // it asks instead
			h.approves(handset, b)
			b.Sees("Welcome, Ada")
		})
	}
}

func TestWithoutJavaScript(t *testing.T) {
	t.Parallel()
	h := newTheatre(t)
	b := newBrowser(t)
	b.Scripts(false)
	h.login(b)
	handset := h.handset(b.qr())
	b.Sees("Linked", "Pixel 9") // the page looks by itself
	b.Click(`[data-show=paired] form[action="/again"] button`)
	b.Sees("This page looks for your answer every five seconds.")
	h.approves(handset, b)
	b.Sees("Welcome, Ada")
}

func TestInDutch(t *testing.T) {
	t.Parallel()
	h := newTheatre(t)
	b := newBrowser(t).speaks("nl-NL")
	b.Open(h.shop)
	b.Sees("Inloggen", "Verder")
	h.login(b)
	b.Sees("Koppel je telefoon")
	inHand := b.another().speaks("nl-NL")
	inHand.Open(h.phone)
	inHand.Sees("Nog geen account")
	inHand.Enter("#link", b.pairingLink())
	inHand.Press("Koppel")
	inHand.Press("Koppel deze telefoon")
	inHand.Sees("Gekoppeld aan Tulp & Zoon")
	inHand.Press("Klaar")
	b.Press("Verder met inloggen")
	number := b.number()
	b.Sees("Bevestig op je telefoon")
	inHand.Click(".row")
	inHand.Sees("Inlogverzoek accepteren?")
	inHand.Enter("#number", number)
	inHand.Press("Accepteren")
	b.Sees("Welkom, Ada")
	if language := b.Read("document.documentElement.lang"); !strings.HasPrefix(language, "nl") {
		t.Errorf("the page calls its language %q", language)
	}
}
