package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"

	"example.com/aye/internal/secret"
)

// relyingParty speaks to Aye as an application.
type relyingParty struct {
	origin string // of Aye
	id     string
	secret secret.Secret
	page   string // the shop's own origin
	http   *http.Client
	keys   *keySet
}

func newRelyingParty(c ShopConfig) *relyingParty {
	return &relyingParty{
		origin: c.AyeURL, id: c.ClientID, secret: c.ClientSecret, page: c.Origin, http: c.HTTP,
		keys: &keySet{url: c.AyeURL + "/.well-known/jwks.json", http: c.HTTP},
	}
}

// refusal is what Aye answers when it does not do what was asked (RFC 9457).
type refusal struct {
	Status    int    `json:"status"`
	Code      string `json:"code"`
	Detail    string `json:"detail"`
	RequestID string `json:"request_id"`
}

func (r *refusal) Error() string {
	return fmt.Sprintf("aye refused: %s (%s, request %s)", r.Detail, r.Code, r.RequestID)
}

// visitor is who asks to be let in, as the person will be told.
type visitor struct {
	IP        string `json:"ip"`
	UserAgent string `json:"user_agent"`
	Browser   string `json:"browser"`
}

func visitorOf(r *http.Request, browser string) visitor {
	ip, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		ip = r.RemoteAddr
	}
	return visitor{IP: ip, UserAgent: r.UserAgent(), Browser: browser}
}

func (a *relyingParty) ask(ctx context.Context, email, confirm string, from visitor) (*approval, error) {
	var made approval
	return &made, a.call(ctx, http.MethodPost, "/v1/approvals", rand.Text(), map[string]any{
		"user": map[string]string{"email": email}, "context": from, "confirm": confirm,
	}, &made)
}

func (a *relyingParty) openPairing(ctx context.Context, email string) (*pairing, error) {
	var opened pairing
	body := map[string]any{"user": map[string]string{"email": email}}
	return &opened, a.call(ctx, http.MethodPost, "/v1/pairings", rand.Text(), body, &opened)
}

// do makes a call whose answer is of no interest.
func (a *relyingParty) do(ctx context.Context, method, path string, body any) error {
	return a.call(ctx, method, path, "", body, nil)
}

func (a *relyingParty) call(ctx context.Context, method, path, key string, body, out any) error {
	request, err := a.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	request.SetBasicAuth(a.id, a.secret.Reveal())
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	return a.send(request, out)
}

// state asks as the browser would, with its ticket. It is for browsers without scripts.
func (a *relyingParty) state(ctx context.Context, path string, ticket secret.Secret, out any) error {
	request, err := a.request(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Ticket "+ticket.Reveal())
	request.Header.Set("Origin", a.page)
	return a.send(request, out)
}

func (a *relyingParty) request(ctx context.Context, method, path string, body any) (*http.Request, error) {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return nil, fmt.Errorf("calling aye: %w", err)
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, a.origin+path, bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("calling aye: %w", err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

func (a *relyingParty) send(request *http.Request, out any) error {
	response, err := a.http.Do(request)
	if err != nil {
		return fmt.Errorf("calling aye: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("calling aye: %w", err)
	}
	if response.StatusCode >= 300 {
		refused := &refusal{Status: response.StatusCode, Code: "unreadable", Detail: response.Status}
		_ = json.Unmarshal(text, refused) // an answer of something in between stays "unreadable"
		return refused
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("calling aye: the answer: %w", err)
	}
	return nil
}
