package store

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/internal/signing"
)

var _ signing.Store = (*Store)(nil)

type signingKeyRow struct {
	// Generation orders keys that were made within one millisecond.
	Generation   int64 `gorm:"primaryKey"`
	ID           string
	Private      string
	Previous     string
	Created      int64
	Retired      int64
	Announcement string
}

// TableName names the table.
func (signingKeyRow) TableName() string { return "signing_keys" }

func (r signingKeyRow) place() secret.Place {
	return secret.Place{Scope: secret.Installation, Table: "signing_keys", Column: "private", Row: r.ID}
}

// SigningKeys gives all keys, newest first.
func (s *Store) SigningKeys(ctx context.Context) ([]signing.Key, error) {
	return unsealed(s.read(ctx).Order("generation DESC"), func(r signingKeyRow) (signing.Key, error) {
		text, err := s.vault.Open(ctx, r.place(), r.Private)
		if err != nil {
			return signing.Key{}, err
		}
		private, err := parsePrivate(text)
		if err != nil {
			return signing.Key{}, fmt.Errorf("signing key %s: %w", r.ID, err)
		}
		return signing.Key{
			ID: r.ID, Private: private, Created: moment(r.Created), Retired: moment(r.Retired), Announcement: r.Announcement,
		}, nil
	})
}

// AddSigningKey adds the successor of previous, which has no other.
func (s *Store) AddSigningKey(ctx context.Context, key signing.Key, previous string, entry audit.Entry) error {
	der, err := x509.MarshalPKCS8PrivateKey(key.Private)
	if err != nil {
		return fmt.Errorf("signing key: %w", err)
	}
	row := signingKeyRow{ID: key.ID, Previous: previous, Created: millis(key.Created), Announcement: key.Announcement}
	text := secret.Secret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if row.Private, err = s.vault.Seal(ctx, row.place(), text); err != nil {
		return err
	}
	return s.write(ctx, func(tx *transaction) error {
		if previous != "" {
			retired, err := changed(tx.Model(&signingKeyRow{}).Where("id = ? AND retired = 0", previous).UpdateColumn("retired", row.Created))
			if err != nil {
				return err
			}
			if !retired {
				return signing.ErrRotated
			}
		}
		if err := tx.Create(&row).Error; errors.Is(err, gorm.ErrDuplicatedKey) {
			return signing.ErrRotated
		} else if err != nil {
			return err
		}
		return record(tx, entry)
	})
}

func parsePrivate(text secret.Secret) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text.Reveal()))
	if block == nil {
		return nil, errors.New("not a PEM block")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("a %T where an ECDSA key is needed", parsed)
	}
	return private, nil
}
