package secret

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// KeySize is the length of the key-encryption key in bytes.
const KeySize = 32

// ErrKeyFile says that the file of the key-encryption key cannot be trusted.
var ErrKeyFile = errors.New("key file")

// Keys derives from the one key-encryption key what the server needs: codes that can be
// made again instead of being stored, and the key that seals the data keys.
type Keys struct {
	root []byte
	// derived keeps what was derived, by purpose: there are few.
	derived sync.Map
}

// NewKeys takes the key-encryption key, which must be [KeySize] random bytes.
func NewKeys(root []byte) (*Keys, error) {
	if len(root) != KeySize {
		return nil, fmt.Errorf("%w: %d bytes where %d are needed", ErrKeyFile, len(root), KeySize)
	}
	return &Keys{root: root}, nil
}

// LoadKeys reads the key-encryption key from a file of 32 bytes in base64, and makes the
// file with mode 0400 when it does not exist. A file that other users can read is refused.
func LoadKeys(path string) (*Keys, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if errors.Is(err, fs.ErrNotExist) {
		return makeKeys(path)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s can be read by others (mode %04o); run chmod 0400 on it", ErrKeyFile, path, info.Mode().Perm())
	}
	return ParseKeys(string(text))
}

// ParseKeys reads the key-encryption key from 32 bytes in base64.
func ParseKeys(text string) (*Keys, error) {
	root := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(root, []byte(trimSpace(text)))
	if err != nil {
		return nil, fmt.Errorf("%w: not base64: make one with: head -c 32 /dev/urandom | base64", ErrKeyFile)
	}
	return NewKeys(root[:n])
}

func makeKeys(path string) (*Keys, error) {
	root := make([]byte, KeySize)
	_, _ = rand.Read(root)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	// O_EXCL: of two processes that start at once, one makes the key and the other fails
	// loudly instead of sealing with a key that is then overwritten.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o400) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(root) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	return NewKeys(root)
}

// Code derives 256 bits for a purpose and the parts that name what it is for (a row's id,
// a generation). The same parts give the same code again, so it need not be stored; who
// does not have the key cannot tell it from random.
func (k *Keys) Code(purpose string, parts ...string) Secret {
	return Secret(base64.RawURLEncoding.EncodeToString(k.mac(purpose, parts)))
}

// Digits derives a decimal code of 1 to 9 digits, with leading zeros.
func (k *Keys) Digits(count int, purpose string, parts ...string) Secret {
	modulus := uint64(1)
	for range count {
		modulus *= 10
	}
	// 64 bits modulo at most 10^9: the bias is below 10^-10.
	n := binary.BigEndian.Uint64(k.mac(purpose, parts)) % modulus
	return Secret(fmt.Sprintf("%0*d", count, n))
}

// Equal compares two secrets in a time that does not depend on where they differ.
func Equal(a, b Secret) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return hmac.Equal(x[:], y[:])
}

func (k *Keys) mac(purpose string, parts []string) []byte {
	m := hmac.New(sha256.New, k.derive(purpose))
	var length [8]byte
	for _, part := range parts {
		// The length in front keeps ("ab", "c") apart from ("a", "bc").
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		m.Write(length[:])
		m.Write([]byte(part))
	}
	return m.Sum(nil)
}

func (k *Keys) derive(purpose string) []byte {
	if kept, ok := k.derived.Load(purpose); ok {
		return kept.([]byte)
	}
	key, err := hkdf.Key(sha256.New, k.root, nil, "aye/v1/"+purpose, KeySize)
	if err != nil {
		panic(err) // only for a length that HKDF cannot give
	}
	k.derived.Store(purpose, key)
	return key
}

func trimSpace(s string) string {
	for len(s) > 0 && s[len(s)-1] <= ' ' {
		s = s[:len(s)-1]
	}
	return s
}
