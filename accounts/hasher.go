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
	// HashQueue is how many may wait for a place, in each of the two lines.
	HashQueue = 64
	// HashQueueEach is how many of the strangers' line may be there for one account, or from one network.
	HashQueueEach = 16
)

// scheme names the way in which a password is kept: argon2id, and HMAC-SHA-256 with a key that is not in the database.
const scheme = "argon2id-hmac-sha256"

// Hasher makes of passwords what is kept of them. That takes much memory and a whole processor by design, so so many go in, some
// more wait, and the others go. Who comes from a browser that the person was let in from, and who is let in, has as many places as
// there are processors; strangers have places of their own, for half of the processors at most, and may be hashed apart, so that
// guessing leaves room for whatever else the server does.
type Hasher struct {
	// Apart makes the hashes of strangers, where they hold up nobody; nil makes them here, as all others.
	Apart func(Work) []byte

	keys       *secret.Keys
	own, other *line
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
	processors := runtime.GOMAXPROCS(0)
	h := &Hasher{keys: keys, own: newLine(processors), other: newLine(max(1, processors/2)), now: parameters{memory, HashTime, HashThreads}}
	h.decoy = digest{parameters: h.now, salt: newSalt(), mac: secret.NewToken()}
	return h
}

// Hash gives what is kept of the person's password.
func (h *Hasher) Hash(ctx context.Context, personID string, password secret.Secret) (string, error) {
	leave, err := h.enter(ctx, comer{known: true}) // who chooses a password was let in
	if err != nil {
		return "", err
	}
	defer leave()
	return h.hash(true, personID, password), nil
}

// Made is how many times a password was hashed.
func (h *Hasher) Made() int64 { return h.made.Load() }

// comer is whose password is to be looked at.
type comer struct {
	// known says that the browser is known; account and network are looked at where it is not.
	known            bool
	account, network string
}

// enter waits for a place, or gives [ErrBusy] where too many wait.
func (h *Hasher) enter(ctx context.Context, who comer) (leave func(), err error) {
	switch {
	case h == nil:
		return nil, errUnset
	case who.known:
		return h.own.enter(ctx)
	}
	return h.other.enter(ctx, "account "+who.account, "network "+who.network)
}

// compare tells whether it is the password, and whether what is kept was made in an older way.
func (h *Hasher) compare(known bool, personID string, password secret.Secret, text string) (right, old bool) {
	k, ok := parse(text)
	if !ok {
		k = h.decoy
	}
	equal := secret.Equal(h.mac(known, personID, password, k), k.mac)
	return ok && equal, ok && k.parameters != h.now
}

func (h *Hasher) hash(known bool, personID string, password secret.Secret) string {
	k := digest{parameters: h.now, salt: newSalt()}
	k.mac = h.mac(known, personID, password, k)
	return fmt.Sprintf("$%s$v=%d$m=%d,t=%d,p=%d$%s$%s", scheme, argon2.Version, k.memory, k.time, k.threads, base64.RawStdEncoding.EncodeToString(k.salt), k.mac.Reveal())
}

// mac binds the hash to the person: one that is copied to another person's row opens nothing.
func (h *Hasher) mac(known bool, personID string, password secret.Secret, k digest) secret.Secret {
	h.made.Add(1)
	sum := Work.Sum
	if !known && h.Apart != nil {
		sum = h.Apart
	}
	return h.keys.Code("password", personID, string(sum(Work{Password: password, Salt: k.salt, Memory: k.memory, Time: k.time, Threads: k.threads})))
}

// Work is what takes the time of a hash: argon2id alone, without any key.
type Work struct {
	Password     secret.Secret
	Salt         []byte
	Memory, Time uint32 // in KiB, and passes
	Threads      uint8
}

// Sum makes it.
func (w Work) Sum() []byte {
	return argon2.IDKey([]byte(w.Password.Reveal()), w.Salt, w.Time, w.Memory, w.Threads, hashSize)
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
