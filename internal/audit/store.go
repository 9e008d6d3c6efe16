package audit

import "context"

// Reader reads chains.
type Reader interface {
	// AuditRows gives the rows of an organisation's chain with a sequence above after, in
	// order, at most limit.
	AuditRows(ctx context.Context, organisationID string, after int64, limit int) ([]Row, error)
	// AuditChains gives the organisations that have a chain, the empty one for the installation's.
	AuditChains(ctx context.Context) ([]string, error)
	// AuditHead gives the last row's sequence and hash as they were written down beside the
	// chain, so that a chain cut at its end is noticed.
	AuditHead(ctx context.Context, organisationID string) (sequence int64, hash string, err error)
}
