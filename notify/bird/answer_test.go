package bird

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/aye/internal/secret"
	"example.com/aye/notify/wire"
	"example.com/aye/sms"
)

// Only a region becomes part of a host: the key goes to no other than Bird's.
func TestThreatKeyLeadsElsewhere(t *testing.T) {
	t.Parallel()
	v := New(Config{})
	for key, want := range map[secret.Secret]string{
		"bk_us1_Ab3xKq":              "https://us1.platform.bird.com",
		"bk_eu1_Ab3xKq":              "https://eu1.platform.bird.com",
		"bk_ap-south-1_Ab3xKq":       "https://ap-south-1.platform.bird.com",
		"bird_live_xxxxxxxx":         defaultEndpoint,
		"bk_evil.example.com/_x":     defaultEndpoint,
		"bk_evil.example.com_x":      defaultEndpoint,
		"bk_a@b_x":                   defaultEndpoint,
		"bk_a:1_x":                   defaultEndpoint,
		"bk_EU1_x":                   defaultEndpoint,
		"bk_é1_x":                    defaultEndpoint,
		"bk_e_x":                     defaultEndpoint,
		"bk_aaaaaaaaaaaaaaaaaaaaa_x": defaultEndpoint,
		"bk_eu1_":                    defaultEndpoint,
		"bk_eu1":                     defaultEndpoint,
		"bk__x":                      defaultEndpoint,
		"xbk_eu1_x":                  defaultEndpoint,
		"bk_eu1\n_x":                 defaultEndpoint,
		"":                           defaultEndpoint,
	} {
		if got := v.base(key.Reveal()); got != want {
			t.Errorf("%q leads to %s, want %s", key.Reveal(), got, want)
		}
		if got := New(Config{Endpoint: "https://stand-in.example.com/"}).base(key.Reveal()); got != "https://stand-in.example.com" {
			t.Errorf("%q leads to %s in spite of the settings", key.Reveal(), got)
		}
	}
}

func FuzzBase(f *testing.F) {
	f.Add("bk_eu1_x")
	f.Fuzz(func(t *testing.T, key string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, New(Config{}).base(key)+messages, nil)
		if err != nil || request.URL.Scheme != "https" || request.URL.User != nil || request.URL.Port() != "" || request.URL.Path != messages ||
			!strings.HasSuffix(request.URL.Host, ".bird.com") {
			t.Errorf("%q leads to %v, %v", key, request, err)
		}
	})
}

// FuzzAnswer holds every answer to two rules: it is a refusal only with a status that says so, and nothing of
// it that has digits becomes a detail.
func FuzzAnswer(f *testing.F) {
	f.Add(202, `{"id":"sms_01krdgeqcxet5s7t44vh8rt9mg","status":"accepted","cost":{"amount":"0.056","currency_code":"EUR"}}`, "")
	f.Add(422, `{"error":{"type":"validation_error","code":"E01001","name":"ValidationError","details":[{"param":"to"}]}}`, "")
	f.Add(401, `{"type":"authentication_failed"}`, "")
	f.Add(429, `<html>`, "Sun, 22 Nov 2026 09:30:30 GMT")
	f.Fuzz(func(t *testing.T, status int, body, after string) {
		header := http.Header{}
		header.Set("Retry-After", after)
		now := time.Unix(1_795_339_800, 0)
		err := judge(wire.Answer{Status: status, Header: header, Body: []byte(body)}, now)
		var refused *sms.VendorError
		switch {
		case errors.As(err, &refused):
			if status < 400 || status >= 500 || refused.Class == "" || refused.Code == "" || refused.After < 0 || strings.ContainsAny(refused.Detail, "0123456789") || len(refused.Detail) > 90 {
				t.Errorf("%d %q: %+v", status, body, refused)
			}
		case err != nil:
			if status >= 200 && status <= 202 {
				t.Errorf("%d: %v", status, err)
			}
		case status != 200 && status != 201 && status != 202:
			t.Errorf("%d is no success", status)
		}
		var m message
		if read([]byte(body), &m) != nil {
			return
		}
		outcome := m.outcome(now)
		if outcome.State == "" || outcome.Price < 0 || outcome.Parts < 0 || (outcome.Price > 0) != (outcome.Currency != "") || len(outcome.Detail) > 50 {
			t.Errorf("%q: %+v", body, outcome)
		}
	})
}
