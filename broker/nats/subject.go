package nats

import (
	"crypto/sha256"
	"encoding/base64"
)

// Subjects are those that a server must be allowed to publish and to subscribe to.
const Subjects = prefix + ">"

const (
	prefix = "aye.hint."
	// subjectBytes of the hash make topics distinct: two that met would get each other's hints, and no more.
	subjectBytes = 16
)

// subjectOf names a topic at NATS. A topic may hold what a caller made up: a wildcard, a dot, a
// blank, or more than the server takes in a line, which ends the connection for all. Its hash has
// none of these.
func subjectOf(topic string) string {
	sum := sha256.Sum256([]byte(topic))
	return prefix + base64.RawURLEncoding.EncodeToString(sum[:subjectBytes])
}
