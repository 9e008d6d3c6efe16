package accounts

import (
	"context"

	"example.com/aye/internal/secret"
)

// Enter takes a place among the passwords of strangers that are looked at.
func (h *Hasher) Enter(ctx context.Context, account, network string) (leave func(), err error) {
	return h.enter(ctx, comer{account: account, network: network})
}

// EnterKnown takes a place among those of known browsers.
func (h *Hasher) EnterKnown(ctx context.Context) (leave func(), err error) {
	return h.enter(ctx, comer{known: true})
}

// Places is how many there are for strangers, and for known browsers.
func (h *Hasher) Places() (strangers, known int) { return cap(h.other.places), cap(h.own.places) }

// NewOldHasher hashes as an earlier version could have.
func NewOldHasher(keys *secret.Keys) *Hasher {
	h := NewHasher(keys, HashMemory)
	h.now.memory, h.now.time = 8192, 1
	return h
}
