package accounts

import (
	"crypto/rand"
	"encoding/base64"

	"example.com/aye/internal/secret"
)

// webhookKey makes the 24 random bytes that Standard Webhooks asks for, in its base64.
func webhookKey() secret.Secret {
	key := make([]byte, 24)
	_, _ = rand.Read(key)
	return secret.Secret(base64.StdEncoding.EncodeToString(key))
}

func newWebhookSecret() secret.Secret { return "whsec_" + webhookKey() }
