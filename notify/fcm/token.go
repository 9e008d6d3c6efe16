package fcm

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/jwt"

	"example.com/aye/notify"
)

const (
	// early is how long before its end an access token is replaced.
	early = 5 * time.Minute
	// refusedPause keeps a refused key from being offered by every waiting push at once.
	refusedPause = time.Second
)

// tokens keeps one access token for all pushes. The OAuth2 library's own source ignores
// the deadline of the push that needs the token and lets all others wait behind it, so
// that a silent login server would hold up everything; this one obeys each caller's.
type tokens struct {
	config *jwt.Config
	base   *http.Client
	now    func() time.Time

	turn    chan struct{} // guards what follows
	current *oauth2.Token
	refused error
	until   time.Time // of refused
}

func newTokens(config *jwt.Config, base *http.Client, now func() time.Time) *tokens {
	return &tokens{config: config, base: base, now: now, turn: make(chan struct{}, 1)}
}

// get gives the access token, and asks for a new one when there is none or when the one
// that there is equals stale.
func (t *tokens) get(ctx context.Context, stale string) (string, error) {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	now := t.now()
	if c := t.current; c != nil && c.AccessToken != stale && (c.Expiry.IsZero() || now.Before(c.Expiry.Add(-early))) {
		return c.AccessToken, nil
	}
	if t.refused != nil && now.Before(t.until) {
		return "", t.refused
	}
	t.refused = nil
	token, err := t.fetch(ctx)
	if err != nil {
		if _, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
			t.refused, t.until = err, now.Add(refusedPause)
		}
		return "", err
	}
	t.current = token
	return token.AccessToken, nil
}

func (t *tokens) fetch(ctx context.Context) (*oauth2.Token, error) {
	client := *t.base
	client.Transport = bound{ctx: ctx, base: t.base.Transport}
	token, err := t.config.TokenSource(context.WithValue(ctx, oauth2.HTTPClient, &client)).Token()
	if err != nil {
		return nil, err
	}
	if token.AccessToken == "" {
		return nil, errors.New("fcm: the login server gave no access token")
	}
	return token, nil
}

// bound gives the OAuth2 library's request the deadline that it forgets.
type bound struct {
	ctx  context.Context
	base http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (b bound) RoundTrip(request *http.Request) (*http.Response, error) {
	return b.base.RoundTrip(request.WithContext(b.ctx))
}

// classifyLogin reads why there is no access token.
func classifyLogin(ctx context.Context, err error, now time.Time) notify.Outcome {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return notify.Unanswered(ctx, "Google")
	}
	var answer struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(refused.Body, &answer) != nil {
		answer.Error = ""
	}
	status := refused.Response.StatusCode
	outcome := notify.Outcome{Status: status, Reason: notify.CleanReason(answer.Error)}
	if status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		outcome.Class, outcome.Detail = notify.Retry, "Google's login server is in trouble."
		outcome.After = notify.RetryAfter(refused.Response.Header.Get("Retry-After"), now)
		return outcome
	}
	outcome.Class = notify.Misconfigured
	outcome.Detail = "Google refuses our service account: its key was revoked, its file is wrong, or this server's clock is off."
	return outcome
}
