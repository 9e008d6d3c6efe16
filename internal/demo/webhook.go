package demo

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"example.com/aye/internal/secret"
)

const webhookAge = 5 * time.Minute

// webhook hears that a login was reported after the release, and ends it: whoever is in
// with it is out at the next click.
func (s *shop) webhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	if err == nil {
		err = verifyWebhook(s.WebhookSecret, r.Header, body, time.Now())
	}
	if err != nil {
		slog.WarnContext(r.Context(), "shop: a webhook was refused", slog.Any("error", err))
		http.Error(w, "not signed by Aye", http.StatusUnauthorized)
		return
	}
	var event struct {
		Type string `json:"type"`
		Data struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &event) == nil && event.Type == "approval.reported" {
		s.sessions.endLogin(event.Data.ID)
	}
	w.WriteHeader(http.StatusNoContent)
}

// verifyWebhook checks what Standard Webhooks say: a MAC over id, time and body. An old
// message is refused, so that one that was overheard cannot be sent again later. Ending
// the same session twice does no harm, so the id need not be remembered.
func verifyWebhook(key secret.Secret, header http.Header, body []byte, now time.Time) error {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(key.Reveal(), "whsec_"))
	if err != nil || len(raw) == 0 {
		return errors.New("no webhook secret is configured")
	}
	id, sent := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(sent, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > webhookAge {
		return errors.New("the time of the webhook is not now")
	}
	mac := hmac.New(sha256.New, raw)
	mac.Write([]byte(id + "." + sent + "." + string(body)))
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	// While a secret is being replaced there are two signatures.
	for signature := range strings.FieldsSeq(header.Get("webhook-signature")) {
		if hmac.Equal([]byte(signature), []byte(want)) {
			return nil
		}
	}
	return errors.New("no signature fits")
}
