package demo_test

import (
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/app"
	"example.com/aye/internal/demo"
	"example.com/aye/internal/phone"
	"example.com/aye/internal/stage"
)

const ada = "ada@example.com"

// theatre is a real Aye with a shop and the phone page in front of it.
type theatre struct {
	t      *testing.T
	stage  *stage.Stage
	line   *line
	aye    string // the origin of Aye, at the end of the line
	shop   string // its origin
	phone  string // the origin of the phone page
	start  string // the origin of the page on which people begin
	config demo.ShopConfig
	passed atomic.Int64
}

// now is the server's clock: the real one, and the time that a test let pass.
func (h *theatre) now() time.Time { return time.Now().Add(time.Duration(h.passed.Load())) }

func (h *theatre) pass(d time.Duration) { h.passed.Add(int64(d)) }

func newTheatre(t *testing.T) *theatre {
	t.Helper()
	h := &theatre{t: t}
	shop, page, first, front := httptest.NewUnstartedServer(nil), httptest.NewUnstartedServer(nil), httptest.NewUnstartedServer(nil), httptest.NewUnstartedServer(nil)
	h.shop, h.phone, h.start, h.aye = originOf(t, shop), originOf(t, page), originOf(t, first), originOf(t, front)
	var err error
	h.stage, err = stage.New(t.Context(), stage.Options{
		PhoneOrigins: []string{h.phone}, WebhookPrivate: true, Mailbox: true, LightPasswords: true, Now: h.now, Change: func(c *app.Config) { c.Origin = h.aye },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if closing := h.stage.Close(context.WithoutCancel(t.Context())); closing != nil {
			t.Error(closing)
		}
	})
	h.line = newLine(t, h.stage.Origin)
	start(t, front, h.line)
	h.furnish(shop, page, first)
	return h
}

// furnish makes the shop known to Aye, and opens shop, phone and the page to begin.
func (h *theatre) furnish(shop, page, first *httptest.Server) {
	t := h.t
	t.Helper()
	organisation, err := h.stage.App.Accounts.CreateOrganisation(t.Context(), accounts.Organisation{
		Name: "Tulp & Zoon", Profile: accounts.Standard, AllowTap: true, Locale: "en",
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = h.stage.App.Accounts.AddMember(t.Context(), organisation.ID, accounts.Person{Email: ada, Display: "Ada"}, accounts.RoleMember); err != nil {
		t.Fatal(err)
	}
	application, secret, err := h.stage.App.Accounts.CreateApplication(t.Context(), accounts.Application{
		OrganisationID: organisation.ID, Name: "Tulp & Zoon", Link: h.shop, Origins: []string{h.shop}, MayEnrol: true, WebhookURL: h.shop + "/webhook",
	})
	if err != nil {
		t.Fatal(err)
	}
	h.config = demo.ShopConfig{
		AyeURL: h.aye, ClientID: application.ID, ClientSecret: secret, WebhookSecret: application.WebhookSecret,
		Origin: h.shop, PhoneURL: h.phone, People: []string{ada},
	}
	start(t, shop, demo.NewShop(h.config))
	start(t, page, demo.NewPhonePage(demo.PhonePageConfig{AyeURL: h.aye, InboxURL: h.stage.FCM.ControlURL(), PushApp: stage.PushApp}))
	start(t, first, demo.NewStart(demo.StartConfig{
		AyeURL: h.aye, ShopURL: h.shop, PhoneURL: h.phone, MailboxURL: h.stage.Mailbox.URL(), Shopper: ada,
		Invite: func(ctx context.Context, g demo.Guest) error {
			_, err := h.stage.App.Accounts.Invite(ctx, organisation.ID, accounts.Person{Email: g.Email, Display: g.Name, Locale: g.Language}, accounts.RoleMember)
			return err
		},
	}))
}

func originOf(t *testing.T, server *httptest.Server) string {
	t.Helper()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return "http://localhost:" + port
}

func start(t *testing.T, server *httptest.Server, handler http.Handler) {
	t.Helper()
	server.Config.Handler = handler
	server.Start()
	t.Cleanup(server.Close)
}

// login passes the first factor.
func (h *theatre) login(b *tab) *tab {
	b.t.Helper()
	b.Open(h.shop)
	b.Enter("#email", ada)
	b.Enter("#password", "anything")
	b.Click("main form button")
	return b
}

// handset is a phone that is linked by the text of a QR code.
func (h *theatre) handset(link string) *phone.Phone {
	h.t.Helper()
	handset, err := phone.Open("")
	if err != nil {
		h.t.Fatal(err)
	}
	handset.Inbox = h.stage.FCM.ControlURL()
	address := rand.Text() + rand.Text()
	_, err = handset.Pair(h.t.Context(), link, phone.Details{
		Model: "Pixel 9", Platform: "android", OSVersion: "16", AppVersion: "1.0.0", Locale: "en",
		Push: phone.Push{Provider: "fcm", App: stage.PushApp, Kind: "token", Address: phone.Secret(address)},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return handset
}

// linked is a browser that waits at the number, and the phone that is asked.
func (h *theatre) linked(b *tab) (*tab, *phone.Phone) {
	h.t.Helper()
	h.login(b)
	handset := h.handset(b.pairingLink())
	b.Click(`[data-show=paired] form[action="/again"] button`)
	b.waits()
	return b, handset
}

// pairingLink is the text of the QR code, which the page shows too for who has no camera.
func (b *tab) pairingLink() string {
	b.t.Helper()
	return b.Read(`document.querySelector("[data-select]").value`)
}

// waits until the number is there and the page's script is at work.
func (b *tab) waits() {
	b.t.Helper()
	b.Until(`document.readyState === "complete" && document.querySelector("[data-page=approval][data-state=pending] .number")`)
}

// number is what the page shows to the person.
func (b *tab) number() string {
	b.t.Helper()
	b.waits()
	return b.Read(`[...document.querySelectorAll(".number span")].map((s) => s.innerText).join("")`)
}

// wrong is any number but the one that is shown.
func wrong(number string) string {
	if strings.HasPrefix(number, "9") {
		return "8" + number[1:]
	}
	return "9" + number[1:]
}

// request is the id of the request of which this page waits for the answer.
func (b *tab) request() string {
	b.t.Helper()
	b.waits()
	parts := strings.Split(b.Read(`document.querySelector("main").dataset.stateUrl`), "/")
	return parts[len(parts)-2]
}

// approves answers the page's own request with the number of the page.
func (h *theatre) approves(handset *phone.Phone, b *tab) {
	h.t.Helper()
	outcome, err := handset.Approve(h.t.Context(), b.request(), b.number(), phone.Biometric)
	if err != nil || outcome.Status != "approved" {
		h.t.Fatalf("approving gave %q, %v", outcome.Status, err)
	}
}
