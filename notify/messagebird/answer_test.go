package messagebird

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/aye/notify/wire"
	"example.com/aye/sms"
)

// FuzzAnswer holds every answer to two rules: it is a refusal only where the vendor, or a status that
// ends before the vendor, says so; and nothing of it that has digits becomes a detail.
func FuzzAnswer(f *testing.F) {
	f.Add(201, `{"id":"6fe65f90454aa61536e6a88b88972670","recipients":{"items":[{"status":"sent","price":{"amount":0.056,"currency":"EUR"}}]}}`, "")
	f.Add(401, `{"errors":[{"code":2,"description":"x","parameter":"access_key"}]}`, "")
	f.Add(500, `{"errors":[{"code":99}]}`, "1")
	f.Add(429, `<html>`, "Sun, 22 Nov 2026 09:30:30 GMT")
	f.Fuzz(func(t *testing.T, status int, body, after string) {
		header := http.Header{}
		header.Set("Retry-After", after)
		now := time.Unix(1_795_339_800, 0)
		err := judge(wire.Answer{Status: status, Header: header, Body: []byte(body)}, now)
		var refused *sms.VendorError
		switch {
		case errors.As(err, &refused):
			if status < 400 || refused.Class == "" || refused.After < 0 || strings.ContainsAny(refused.Detail, "0123456789") || len(refused.Detail) > 80 {
				t.Errorf("%d %q: %+v", status, body, refused)
			}
			if status >= 500 && !strings.Contains(strings.ToLower(body), "code") {
				t.Errorf("%d %q: a refusal without a word", status, body)
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
		if outcome.State == "" || outcome.Price < 0 || outcome.Parts < 0 || (outcome.Price > 0) != (outcome.Currency != "") || len(outcome.Detail) > 70 {
			t.Errorf("%q: %+v", body, outcome)
		}
	})
}
