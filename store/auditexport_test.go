package store

import "context"

// ErasePersonal is what an erasure does to the audit log.
func (s *Store) ErasePersonal(ctx context.Context, ids ...string) error {
	return s.write(ctx, func(tx *transaction) error { return erasePersonal(tx, ids) })
}
