package accounts

import (
	"context"

	"example.com/aye/internal/secret"
)

// Enter takes a place among the passwords that are looked at.
func (h *Hasher) Enter(ctx context.Context) (leave func(), err error) { return h.enter(ctx) }

// Places is how many there are.
func (h *Hasher) Places() int { return cap(h.places) }

// NewOldHasher hashes as an earlier version could have.
func NewOldHasher(keys *secret.Keys) *Hasher {
	h := NewHasher(keys, HashMemory)
	h.now.memory, h.now.time = 8192, 1
	return h
}
