package ayetest

import "example.com/aye/internal/secret"

// Wrong gives digits that are not these.
func Wrong(digits secret.Secret) secret.Secret {
	text := []byte(digits.Reveal())
	text[len(text)-1] = '0' + (text[len(text)-1]-'0'+1)%10
	return secret.Secret(text)
}
