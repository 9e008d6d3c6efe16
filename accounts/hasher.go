package accounts

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"

	"example.com/aye/internal/secret"
)

// How passwords are kept (OWASP, Password Storage; SP 800-63B-4, section 3.1.1.2).
const (
	// HashMemory is in KiB.
	HashMemory  = 19456
	HashTime    = 2
	HashThreads = 1
	saltSize    = 16
	hashSize    = 32
	// HashQueue is how many may wait for a place.
	HashQueue = 64
)

// scheme names the way in which a password is kept: argon2id, and HMAC-SHA-256 with a key that is not in the database.
const scheme = "argon2id-hmac-sha256"

// Hasher makes of passwords what is kept of them. It takes much memory by design, so it lets
// twice as many in as there are processors, some more wait, and the others go.
type Hasher struct {
	keys    *secret.Keys
	places  chan struct{}
	waiting atomic.Int64
	// decoy is compared where there is no password, so that it takes as long.
	decoy digest
	now   parameters
	// made counts how often argon2 ran.
	made atomic.Int64
}

type parameters struct {
	memory, time uint32
	threads      uint8
}

// digest is what is kept of a password.
type digest struct {
	parameters
	salt []byte
	mac  secret.Secret
}

// NewHasher makes a hasher with the key-encryption key, without which a stolen database tells
// nothing about any password. Memory is in KiB; anything but [HashMemory] is for tests alone.
func NewHasher(keys *secret.Keys, memory uint32) *Hasher {
	h := &Hasher{keys: keys, places: make(chan struct{}, 2*runtime.NumCPU()), now: parameters{memory, HashTime, HashThreads}}
	h.decoy = digest{parameters: h.now, salt: newSalt(), mac: secret.NewToken()}
	return h
}

// Hash gives what is kept of the person's password.
func (h *Hasher) Hash(ctx context.Context, personID string, password secret.Secret) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return h.hash(personID, password), nil
}

// Made is how many times a password was hashed.
func (h *Hasher) Made() int64 { return h.made.Load() }

// enter waits for a place, or gives [ErrBusy] where too many wait.
func (h *Hasher) enter(ctx context.Context) (leave func(), err error) {
	if h == nil {
		return nil, errUnset
	}
	if h.waiting.Add(1) > int64(cap(h.places)+HashQueue) {
		h.waiting.Add(-1)
		return nil, ErrBusy
	}
	select {
	case h.places <- struct{}{}:
		return func() { <-h.places; h.waiting.Add(-1) }, nil
	case <-ctx.Done():
		h.waiting.Add(-1)
		return nil, ctx.Err()
	}
}

// compare tells whether it is the password, and whether what is kept was made in an older way.
func (h *Hasher) compare(personID string, password secret.Secret, text string) (right, old bool) {
	k, ok := parse(text)
	if !ok {
		k = h.decoy
	}
	equal := secret.Equal(h.mac(personID, password, k), k.mac)
	return ok && equal, ok && k.parameters != h.now
}

func (h *Hasher) hash(personID string, password secret.Secret) string {
	k := digest{parameters: h.now, salt: newSalt()}
	k.mac = h.mac(personID, password, k)
	return fmt.Sprintf("$%s$v=%d$m=%d,t=%d,p=%d$%s$%s", scheme, argon2.Version, k.memory, k.time, k.threads, base64.RawStdEncoding.EncodeToString(k.salt), k.mac.Reveal())
}

// mac binds the hash to the person: one that is copied to another person's row opens nothing.
func (h *Hasher) mac(personID string, password secret.Secret, k digest) secret.Secret {
	h.made.Add(1)
	sum := argon2.IDKey([]byte(password.Reveal()), k.salt, k.time, k.memory, k.threads, hashSize)
	return h.keys.Code("password", personID, string(sum))
}

func newSalt() []byte {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt)
	return salt
}

// parse reads what hash wrote, now or with older parameters.
func parse(text string) (digest, bool) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[1] != scheme || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return digest{}, false
	}
	var k digest
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &k.memory, &k.time, &k.threads); err != nil || n != 3 {
		return digest{}, false
	}
	// Nobody who can write to the database makes the server use up its memory.
	if k.memory > 1<<18 || k.time < 1 || k.time > 16 || k.threads < 1 {
		return digest{}, false
	}
	var err error
	k.salt, err = base64.RawStdEncoding.DecodeString(parts[4])
	k.mac = secret.Secret(parts[5])
	return k, err == nil && len(k.salt) >= saltSize && parts[5] != ""
}

// errUnset says that the service was wired without what it needs to look at passwords.
var errUnset = errors.New("accounts: there is no hasher")
