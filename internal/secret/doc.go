// Package secret keeps what must not be seen: texts that never print themselves,
// random tokens, codes derived from a server key instead of being stored, and the
// sealing of columns at rest.
package secret
