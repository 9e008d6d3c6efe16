package store

import (
	"context"
	"errors"
)

// CopyAll copies and compares, without a look at what it means.
func CopyAll(ctx context.Context, from, to Config) ([]TableRows, error) {
	source, err := from.alone(ctx)
	if err != nil {
		return nil, err
	}
	target, err := to.alone(ctx)
	if err != nil {
		return nil, errors.Join(err, source.whole.Close())
	}
	var rows []TableRows
	c, err := newCopier(ctx, source, target, from.Now, nil)
	if err == nil {
		err = c.copy(ctx)
	}
	if err == nil {
		rows, err = c.compare(ctx)
	}
	return rows, errors.Join(err, source.whole.Close(), target.whole.Close())
}
