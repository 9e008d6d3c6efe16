package audit

import (
	"crypto/ecdsa"
	"errors"
	"fmt"
	"time"

	"example.com/aye/internal/jws"
)

// CheckpointType is the typ of a signed checkpoint.
const CheckpointType = "aye-checkpoint+jwt"

// ErrCheckpoint says that a text is no checkpoint, or not one that a known key of this server signed.
var ErrCheckpoint = errors.New("this is no checkpoint that the server signed")

// Checkpoint says, with the server's signature, which row a chain had come to. Who rewrites the chain later, and all its
// hashes, cannot make it fit again.
type Checkpoint struct {
	Organisation string
	// Number counts from 1 in each chain.
	Number int64
	// Sequence and Hash are of the row.
	Sequence int64
	Hash     string
	// At is when it was signed, in whole seconds.
	At time.Time
	// Previous is the SHA-256, in hexadecimal, of the signed text of the checkpoint before; 64 zeros for the first.
	Previous string
	// Floor says that the rows up to this one may be dropped, and that verification starts behind it.
	Floor bool
	// Text is the signed form, a compact JWS.
	Text string
}

// CheckpointClaims is what is signed.
type CheckpointClaims struct {
	Issuer       string `json:"iss"`
	Organisation string `json:"organisation"`
	Number       int64  `json:"number"`
	Sequence     int64  `json:"sequence"`
	Hash         string `json:"hash"`
	At           int64  `json:"iat"`
	Previous     string `json:"previous"`
	Floor        bool   `json:"floor"`
}

// Digest is what the checkpoint behind this one says of it.
func (c Checkpoint) Digest() string { return hash([]byte(c.Text)) }

// Keys are those of a server by their thumbprint, old ones included.
type Keys map[string]*ecdsa.PublicKey

// Checkpoint reads one and checks its signature, else it is [ErrCheckpoint].
func (k Keys) Checkpoint(text string) (Checkpoint, error) {
	message, err := jws.Parse(CheckpointType, text)
	if err != nil {
		return Checkpoint{}, ErrCheckpoint
	}
	key, known := k[message.KeyID]
	if !known {
		return Checkpoint{}, fmt.Errorf("%w: its key %s is not among those that are trusted", ErrCheckpoint, message.KeyID)
	}
	var c CheckpointClaims
	if err := message.Verify(key, &c); err != nil {
		return Checkpoint{}, fmt.Errorf("%w: its signature is wrong", ErrCheckpoint)
	}
	if c.Number < 1 || c.Sequence < 1 || !isHash(c.Hash) || !isHash(c.Previous) {
		return Checkpoint{}, ErrCheckpoint
	}
	return Checkpoint{
		Organisation: c.Organisation, Number: c.Number, Sequence: c.Sequence, Hash: c.Hash, At: time.Unix(c.At, 0).UTC(),
		Previous: c.Previous, Floor: c.Floor, Text: text,
	}, nil
}

// isHash tells whether it is of hexadecimal digits, small ones. It looks at all, because the digits of a hash cannot be guessed:
// a branch at each would cost more than the hash.
func isHash[T string | []byte](text T) bool {
	var wrong byte
	for i := range len(text) {
		wrong |= notDigit[text[i]]
	}
	return wrong == 0 && len(text) == hashSize
}

// notDigit is 1 for what is no digit.
var notDigit = func() (table [256]byte) {
	for c := range table {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			table[c] = 1
		}
	}
	return table
}()

// hashSize is that of a hash in hexadecimal.
const hashSize = len(First)
