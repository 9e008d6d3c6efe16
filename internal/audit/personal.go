package audit

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"maps"
	"slices"
)

// SaltSize is how many random bytes stand before each value. Without them who has the log could try all names and
// addresses there are.
const SaltSize = 16

// Opening is a personal value with the salt that proves it. Who forgets it leaves nothing of the value: the hash alone
// tells nobody anything.
type Opening struct {
	Name  string
	Salt  []byte
	Value string
}

// Commitment gives what stands in the row: the SHA-256 of the salt and the value behind it, in hexadecimal.
func (o Opening) Commitment() string {
	sum := sha256.New()
	sum.Write(o.Salt)
	sum.Write([]byte(o.Value))
	return hex.EncodeToString(sum.Sum(nil))
}

// Fits tells whether the row was written with this value.
func (r Row) Fits(o Opening) bool {
	said, there := r.Commitments[o.Name]
	return there && len(o.Salt) == SaltSize && subtle.ConstantTimeCompare([]byte(said), []byte(o.Commitment())) == 1
}

// commit turns the entry's personal values into commitments, under fresh salts.
func (r *Row) commit() {
	if len(r.Personal) == 0 {
		return
	}
	r.Commitments = make(map[string]string, len(r.Personal))
	for _, name := range slices.Sorted(maps.Keys(r.Personal)) {
		o := Opening{Name: name, Salt: make([]byte, SaltSize), Value: r.Personal[name]}
		_, _ = rand.Read(o.Salt) // never fails
		r.Commitments[name] = o.Commitment()
		r.Openings = append(r.Openings, o)
	}
}
