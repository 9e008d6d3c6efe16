package soak

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"example.com/aye/internal/phone"
)

// unhurried are people who log in one time after the other, and take their time at the phone, so that sockets are open at each
// moment. Their page, phone and server do what docs/protocol.md says when a server goes, and nothing more: the page connects
// again at 1012 and asks again when a poll is answered, and nobody does anything twice. Whatever else comes in the way is a
// failure.
type unhurried struct {
	town   *town
	front  *balancer
	client *http.Client

	ids atomic.Int64
	// in counts who was let in, and again the pages that were told to connect again.
	in, again atomic.Int64
}

func (u *unhurried) work(ctx context.Context, people []*person) {
	var all sync.WaitGroup
	for i, p := range people {
		p.phone.HTTP = u.client
		all.Go(func() {
			for ctx.Err() == nil {
				// A login that has begun is seen to its end.
				if err := u.login(context.WithoutCancel(ctx), p, i%3 == 0); err != nil {
					u.front.fail("%s: %v", p.email, err)
				}
			}
		})
	}
	all.Wait()
}

// login is one login that must succeed, with a page that polls or that has a WebSocket.
func (u *unhurried) login(ctx context.Context, p *person, polls bool) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var question struct {
		asked

		Events string `json:"events_url"`
	}
	body := fmt.Sprintf(`{"user":{"email":%q},"context":{"ip":"203.0.113.7","user_agent":"rolling","browser":"b-%s"}}`, p.email, p.email)
	status, text, err := u.application(ctx, p.shop, "/v1/approvals", body)
	switch {
	case err != nil:
		return fmt.Errorf("ask: %w", err)
	case status == http.StatusTooManyRequests: // the person has had enough for now
		wait(ctx, time.Second)
		return nil
	case status != http.StatusCreated:
		return fmt.Errorf("ask: %d %s", status, text)
	}
	if err = json.Unmarshal(text, &question); err != nil {
		return err
	}
	deciding := make(chan error, 1)
	go func() {
		wait(ctx, 200*time.Millisecond+time.Duration(below(int(thinking))))
		_, failed := p.phone.Approve(ctx, question.ID, question.Number, phone.Biometric)
		deciding <- failed
	}()
	var code string
	if polls {
		code, err = u.poll(ctx, question.ID, question.Ticket)
	} else {
		code, err = u.listen(ctx, question.Events, question.Ticket)
	}
	if err = errors.Join(err, <-deciding); err != nil {
		return err
	}
	status, text, err = u.application(ctx, p.shop, "/v1/approvals/"+question.ID+"/redeem", fmt.Sprintf(`{"release_code":%q}`, code))
	if err != nil || status != http.StatusOK {
		return fmt.Errorf("redeem: %d %s %w", status, text, err)
	}
	u.in.Add(1)
	return nil
}

// told is what a page is told.
type told struct {
	Status state  `json:"status"`
	Code   string `json:"release_code"`
}

// listen is a page with a WebSocket.
func (u *unhurried) listen(ctx context.Context, address, ticket string) (string, error) {
	dialer := websocket.Dialer{Subprotocols: []string{"aye.v1", "aye.ticket." + ticket}, HandshakeTimeout: 10 * time.Second}
	for ctx.Err() == nil {
		conn, answer, err := dialer.DialContext(ctx, address, http.Header{"Origin": {pageOrigin}}) //nolint:bodyclose // the library gives a copy of the body
		if err != nil {
			status := 0
			if answer != nil {
				status = answer.StatusCode
			}
			return "", fmt.Errorf("a page cannot connect: %d %w", status, err)
		}
		code, err := hear(ctx, conn)
		_ = conn.Close()
		if closed := (*websocket.CloseError)(nil); !errors.As(err, &closed) || closed.Code != websocket.CloseServiceRestart {
			return code, err
		}
		u.again.Add(1)
		wait(ctx, time.Duration(below(300))*time.Millisecond) // after a random moment
	}
	return "", ctx.Err()
}

// hear reads until the person is let in, or the socket ends.
func hear(ctx context.Context, conn *websocket.Conn) (string, error) {
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetReadDeadline(deadline)
	}
	for {
		var now told
		if err := conn.ReadJSON(&now); err != nil {
			return "", fmt.Errorf("a page that waits: %w", err)
		}
		switch {
		case now.Code != "":
			return now.Code, nil
		case now.Status != pending:
			return "", fmt.Errorf("a page that waits is told %s", now.Status)
		}
	}
}

// poll is a page that asks and asks.
func (u *unhurried) poll(ctx context.Context, id, ticket string) (string, error) {
	for ctx.Err() == nil {
		header := http.Header{"Authorization": {"Ticket " + ticket}, "Origin": {pageOrigin}}
		status, text, err := call(ctx, u.client, http.MethodGet, u.town.origin+"/v1/approvals/"+id+"/state?wait=20", header, "")
		if err != nil || status != http.StatusOK {
			return "", fmt.Errorf("a page that asks: %d %s %w", status, text, err)
		}
		var now told
		if err = json.Unmarshal(text, &now); err != nil {
			return "", err
		}
		switch {
		case now.Code != "":
			return now.Code, nil
		case now.Status != pending:
			return "", fmt.Errorf("a page that asks is told %s", now.Status)
		}
	}
	return "", ctx.Err()
}

// application is one call of the relying party, by its balancer.
func (u *unhurried) application(ctx context.Context, s *shop, path, body string) (int, []byte, error) {
	authorization := "Basic " + base64.StdEncoding.EncodeToString([]byte(s.id+":"+s.secret.Reveal()))
	return call(ctx, u.client, http.MethodPost, u.town.origin+path, http.Header{"Authorization": {authorization}, "Idempotency-Key": {fmt.Sprintf("rolling-%d", u.ids.Add(1))}}, body)
}
