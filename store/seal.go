package store

import (
	"context"

	"example.com/aye/internal/secret"
)

// seal encrypts a column's value; an empty one stays empty. The first value of a scope writes
// the scope's data key, so it is called before a transaction and never inside one.
func (s *Store) seal(ctx context.Context, at secret.Place, value secret.Secret) (string, error) {
	if value == "" {
		return "", nil
	}
	return s.vault.Seal(ctx, at, value)
}

// unseal decrypts a column. What was sealed has its data key, so this writes nothing.
func (s *Store) unseal(ctx context.Context, at secret.Place, sealed string) (secret.Secret, error) {
	if sealed == "" {
		return "", nil
	}
	return s.vault.Open(ctx, at, sealed)
}
