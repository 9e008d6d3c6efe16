package store

import (
	"context"

	"example.com/aye/internal/secret"
)

// seal encrypts the value of a column that may be empty, and then stays so. The first value of
// a scope writes the scope's data key, so it is called before a transaction and never inside one.
func (s *Store) seal(ctx context.Context, at secret.Place, value secret.Secret) (string, error) {
	if value == "" {
		return "", nil
	}
	return s.vault.Seal(ctx, at, value)
}

// unseal decrypts a column that may be empty. One that may not is opened by the vault alone:
// a key that somebody emptied in the file must not be taken for a key of nothing. What was
// sealed has its data key, so this writes nothing and can be called inside a transaction.
func (s *Store) unseal(ctx context.Context, at secret.Place, sealed string) (secret.Secret, error) {
	if sealed == "" {
		return "", nil
	}
	return s.vault.Open(ctx, at, sealed)
}
