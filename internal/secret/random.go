package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/google/uuid"
)

// NewID makes an identifier: the prefix, an underscore, and a UUIDv7 (RFC 9562) as 32
// hexadecimal digits. The time in front keeps new rows side by side in an index.
func NewID(prefix string) string {
	id := uuid.Must(uuid.NewV7())
	return prefix + "_" + hex.EncodeToString(id[:])
}

// ValidID tells whether s has the form that [NewID] gives for the prefix.
func ValidID(prefix, s string) bool {
	digits, ok := strings.CutPrefix(s, prefix+"_")
	return ok && len(digits) == 32 && strings.Trim(digits, "0123456789abcdef") == ""
}

// NewToken makes 256 random bits in base64url, 43 characters.
func NewToken() Secret {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return Secret(base64.RawURLEncoding.EncodeToString(b[:]))
}

// Hash gives the SHA-256 of a random token in hexadecimal, the form in which one is stored.
// Only for texts of 128 random bits or more: a short code would be found by trying.
func Hash(token Secret) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
