package demo

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"example.com/aye/internal/phone"
)

// Once is the whole main job with nobody there: a phone is linked, a page asks, the phone
// answers, the page is released and redeemed.
type Once struct {
	Shop ShopConfig
	// Phone is the pretend phone, and Details what it says of itself.
	Phone   *phone.Phone
	Details phone.Details
	// Email is who logs in.
	Email string
	// Tap asks for one tap instead of the number.
	Tap bool
	// Step is told of each step as it is done.
	Step func(what string)
}

// Run goes through every step, and fails at the first that does not hold.
func (o Once) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop() // the phone need not be woken any more
	aye := newRelyingParty(o.Shop)
	if err := o.link(ctx, aye); err != nil {
		return err
	}
	return o.login(ctx, aye)
}

func (o Once) link(ctx context.Context, aye *relyingParty) error {
	opened, err := aye.openPairing(ctx, o.Email)
	if err != nil {
		return err
	}
	o.Step("the shop opens a pairing and shows its QR code")
	paired, err := o.Phone.Pair(ctx, opened.URL.Reveal(), o.Details)
	if err != nil {
		return err
	}
	o.Step(fmt.Sprintf("the phone scans it, makes two keys and is linked to %s", paired.Person))
	return o.confirm(ctx, aye, opened.ID, paired)
}

func (o Once) login(ctx context.Context, aye *relyingParty) error {
	confirm := "number"
	if o.Tap {
		confirm = "tap"
	}
	woken := watch(ctx, o.Phone)
	asked, err := aye.ask(ctx, o.Email, confirm, visitor{
		IP: "203.0.113.7", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Browser: rand.Text(),
	})
	if err != nil {
		return err
	}
	o.Step("the shop asks for an approval" + numberWords(asked.Number))
	events, err := o.listen(ctx, asked)
	if err != nil {
		return err
	}
	defer func() { _ = events.Close() }()
	o.Step("the browser waits on its WebSocket")
	if err = o.answer(ctx, woken, asked.Number); err != nil {
		return err
	}
	code, err := released(events)
	if err != nil {
		return err
	}
	o.Step("the browser is released")
	in, err := aye.redeem(ctx, asked.ID, rand.Text(), code)
	if err != nil {
		return err
	}
	o.Step(fmt.Sprintf("the shop redeems and verifies the assertion: welcome, %s (approved on %s)", in.Name, in.Phone))
	return nil
}

// confirm types the six digits of the profile strict from the phone into the page.
func (o Once) confirm(ctx context.Context, aye *relyingParty, id string, paired phone.Pairing) error {
	if paired.Status != "awaiting-code" {
		return nil
	}
	digits, err := o.Phone.On(paired.Device).ConfirmationDigits()
	if err != nil {
		return err
	}
	if err = aye.do(ctx, http.MethodPost, "/v1/pairings/"+id+"/confirm", map[string]string{"code": digits}); err != nil {
		return err
	}
	o.Step("the person types the phone's six digits " + digits + " into the page")
	return nil
}

func numberWords(number string) string {
	if number == "" {
		return ", by one tap"
	}
	return " and shows the number " + number
}

// watch gives the requests for which the phone is woken.
func watch(ctx context.Context, handset *phone.Phone) <-chan phone.Request {
	requests := make(chan phone.Request, 1)
	go func() {
		_ = handset.Watch(ctx, func(r phone.Request) { // ends with ctx
			select {
			case requests <- r:
			default:
			}
		})
	}()
	return requests
}

func (o Once) answer(ctx context.Context, woken <-chan phone.Request, number string) error {
	var request phone.Request
	select {
	case request = <-woken:
	case <-ctx.Done():
		return errors.New("the phone was not woken")
	}
	o.Step(fmt.Sprintf("the phone is woken, fetches the request and shows it: %s, %s", request.Application, request.Browser))
	outcome, err := o.Phone.Approve(ctx, request.ID, number, "biometric")
	if err != nil {
		return err
	}
	if outcome.Status != "approved" {
		return fmt.Errorf("the decision became %q", outcome.Status)
	}
	o.Step("the person approves: the phone signs the decision")
	return nil
}

// listen opens the browser's WebSocket.
func (o Once) listen(ctx context.Context, asked *approval) (*websocket.Conn, error) {
	dialer := websocket.Dialer{HandshakeTimeout: 5 * time.Second, Subprotocols: []string{"aye.v1", "aye.ticket." + asked.Ticket.Reveal()}}
	events, response, err := dialer.DialContext(ctx, asked.EventsURL, http.Header{"Origin": {o.Shop.Origin}})
	if err != nil {
		return nil, fmt.Errorf("the page's WebSocket: %w", err)
	}
	_ = response.Body.Close()
	if events.Subprotocol() != "aye.v1" {
		return nil, errors.Join(errors.New("the WebSocket speaks something else than aye.v1"), events.Close())
	}
	return events, nil
}

// released waits for the release code, as the page's script does.
func released(events *websocket.Conn) (string, error) {
	for {
		if err := events.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			return "", err
		}
		_, message, err := events.ReadMessage()
		if err != nil {
			return "", fmt.Errorf("the page's WebSocket: %w", err)
		}
		var now struct {
			Status string `json:"status"`
			Code   string `json:"release_code"`
		}
		if err := json.Unmarshal(message, &now); err != nil {
			return "", fmt.Errorf("the page's WebSocket: %w", err)
		}
		switch now.Status {
		case "pending":
		case "approved":
			return now.Code, nil
		default:
			return "", fmt.Errorf("the request became %q", now.Status)
		}
	}
}
