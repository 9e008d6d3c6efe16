package accounts

import (
	"bytes"
	"context"
	"fmt"
)

// MaxLogo is how large a logo may be, in bytes: it is part of every page.
const MaxLogo = 32 << 10

// Logo is the picture of an organisation.
type Logo struct {
	// Type is the media type; empty where there is no logo.
	Type string
	Data []byte
}

// NewLogo looks at the bytes to tell what picture it is, else [ErrInvalid]. Nothing is taken
// that can hold a script, such as SVG.
func NewLogo(data []byte) (Logo, error) {
	if len(data) > MaxLogo {
		return Logo{}, fmt.Errorf("%w: the logo has %d bytes, it may have %d", ErrInvalid, len(data), MaxLogo)
	}
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return Logo{Type: "image/png", Data: data}, nil
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return Logo{Type: "image/jpeg", Data: data}, nil
	case len(data) >= 16 && string(data[:4]) == "RIFF" && string(data[8:14]) == "WEBPVP":
		return Logo{Type: "image/webp", Data: data}, nil
	}
	return Logo{}, fmt.Errorf("%w: the logo must be a PNG, JPEG or WebP picture", ErrInvalid)
}

// SetLogo gives the organisation a logo, or none where the bytes are none.
func (s *Service) SetLogo(ctx context.Context, organisationID string, data []byte) error {
	if err := s.may(ctx, organisationID); err != nil {
		return err
	}
	var logo Logo
	if len(data) > 0 {
		var err error
		if logo, err = NewLogo(data); err != nil {
			return err
		}
	}
	return s.Organisations.SetLogo(ctx, organisationID, logo, s.entry(organisationID, "organisation.logo-changed", organisationID))
}

// OrganisationLogo gives the logo, or [ErrNotFound].
func (s *Service) OrganisationLogo(ctx context.Context, organisationID string) (Logo, error) {
	return s.Organisations.OrganisationLogo(ctx, organisationID)
}
