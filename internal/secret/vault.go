package secret

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrSealed says that a sealed column does not open: the key is another one, or the
// ciphertext was changed or moved here from another row.
var ErrSealed = errors.New("sealed value does not open")

// Installation is the scope of what belongs to people rather than to one organisation.
const Installation = ""

// Place says where a sealed value stands. It is authenticated with the value, so that a
// ciphertext copied to another row or column does not open there.
type Place struct {
	// Scope is an organisation's id, or [Installation]; each scope has a data key of its own.
	Scope string
	Table string
	// Column and Row name the value in the table.
	Column, Row string
}

func (p Place) data() []byte {
	return []byte(strings.Join([]string{p.Table, p.Column, p.Scope, p.Row}, "|"))
}

// DataKeys keeps the wrapped data keys of a [Vault].
type DataKeys interface {
	// DataKey gives the wrapped key of the scope. When there is none it stores and gives
	// what create returns; of two callers at once both get the one that was stored.
	DataKey(ctx context.Context, scope string, create func() ([]byte, error)) ([]byte, error)
}

// Vault seals values at rest with one data key per scope, each wrapped by the
// key-encryption key. It is safe for concurrent use.
type Vault struct {
	master tink.AEAD
	keys   DataKeys
	mu     sync.RWMutex
	scopes map[string]tink.AEAD
}

// NewVault makes a vault over the stored data keys.
func NewVault(keys *Keys, stored DataKeys) (*Vault, error) {
	master, err := subtle.NewAESGCM(keys.derive("data keys"))
	if err != nil {
		return nil, fmt.Errorf("key-encryption key: %w", err)
	}
	return &Vault{master: master, keys: stored, scopes: map[string]tink.AEAD{}}, nil
}

// Seal encrypts a value for its place. The first value of a scope makes the scope's data key.
func (v *Vault) Seal(ctx context.Context, at Place, value Secret) (string, error) {
	cipher, err := v.scope(ctx, at.Scope)
	if err != nil {
		return "", err
	}
	sealed, err := cipher.Encrypt([]byte(value), at.data())
	if err != nil {
		return "", fmt.Errorf("seal %s.%s: %w", at.Table, at.Column, err)
	}
	return base64.RawStdEncoding.EncodeToString(sealed), nil
}

// Open decrypts what [Vault.Seal] gave for the same place, else [ErrSealed].
func (v *Vault) Open(ctx context.Context, at Place, sealed string) (Secret, error) {
	cipher, err := v.scope(ctx, at.Scope)
	if err != nil {
		return "", err
	}
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return "", fmt.Errorf("%s.%s: %w", at.Table, at.Column, ErrSealed)
	}
	value, err := cipher.Decrypt(raw, at.data())
	if err != nil {
		return "", fmt.Errorf("%s.%s: %w", at.Table, at.Column, ErrSealed)
	}
	return Secret(value), nil
}

func (v *Vault) scope(ctx context.Context, scope string) (tink.AEAD, error) {
	v.mu.RLock()
	cipher := v.scopes[scope]
	v.mu.RUnlock()
	if cipher != nil {
		return cipher, nil
	}
	wrapped, err := v.keys.DataKey(ctx, scope, func() ([]byte, error) { return v.newDataKey(scope) })
	if err != nil {
		return nil, fmt.Errorf("data key: %w", err)
	}
	handle, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), v.master, []byte(scope))
	if err != nil {
		return nil, fmt.Errorf("data key: %w: is the key file the one that this database was made with?", ErrSealed)
	}
	cipher, err = aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("data key: %w", err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.scopes[scope] = cipher
	return cipher, nil
}

func (v *Vault) newDataKey(scope string) ([]byte, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	var wrapped bytes.Buffer
	err = handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&wrapped), v.master, []byte(scope))
	return wrapped.Bytes(), err
}
