// Package jws reads and writes the signed messages of the protocol: JWS in compact form
// (RFC 7515) with ES256 (RFC 7518 section 3.4) and nothing else.
//
// Reading is strict, because every message comes from outside: one algorithm, a header of
// exactly alg, typ and kid, a typ that the caller names, canonical base64url without
// padding, JSON without double keys, a signature of 64 bytes. The key is always the
// caller's; nothing in a message chooses it. What fails is [ErrInvalid], without a reason
// that a forger could learn from.
package jws
