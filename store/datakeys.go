package store

import (
	"context"
	"errors"

	"gorm.io/gorm/clause"

	"example.com/aye/internal/secret"
)

var _ secret.DataKeys = (*Store)(nil)

type dataKeyRow struct {
	Scope   string `gorm:"primaryKey"`
	Wrapped []byte
	Created int64
}

// TableName names the table.
func (dataKeyRow) TableName() string { return "data_keys" }

// DataKey gives the wrapped key of the scope. Of two that make one at once, the first stays.
func (s *Store) DataKey(ctx context.Context, scope string, create func() ([]byte, error)) ([]byte, error) {
	row, err := s.storedDataKey(ctx, scope)
	if err != nil || row != nil {
		return row, err
	}
	fresh := dataKeyRow{Scope: scope, Created: millis(s.now())}
	if fresh.Wrapped, err = create(); err != nil {
		return nil, err
	}
	err = s.write(ctx, func(tx *transaction) error {
		return tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&fresh).Error
	})
	if err != nil {
		return nil, err
	}
	return s.storedDataKey(ctx, scope)
}

func (s *Store) storedDataKey(ctx context.Context, scope string) ([]byte, error) {
	row, err := find[dataKeyRow](s.read(ctx).Where("scope = ?", scope), errRefused)
	if errors.Is(err, errRefused) {
		return nil, nil
	}
	return row.Wrapped, err
}
