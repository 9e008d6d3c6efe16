// Package signing holds the server's own signing keys: the one that signs challenges and
// assertions now, and older ones that overlap it for [Overlap], so that whoever pinned or
// cached an older key learns of the newer one by a statement which the older one signed.
package signing
