package store_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"os"
	"testing"
	"time"

	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/internal/signing"
	"example.com/aye/notify"
	"example.com/aye/pairing"
	"example.com/aye/store"
	"example.com/aye/store/storetest"
)

// house furnishes a store at the path.
func house(t *testing.T, path string) (*storetest.House, *store.Store) {
	t.Helper()
	var s *store.Store
	h := storetest.NewHouse(t, func(t *testing.T, now func() time.Time) storetest.Backend {
		s = open(t, path, now)
		return s
	})
	return h, s
}

// TestThreatThiefOfTheDatabase plants a canary in each secret column and looks for it in the
// bytes of the database, as who steals the file would.
func TestThreatThiefOfTheDatabase(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	h, s := house(t, path)
	ctx := t.Context()
	application := h.Application
	application.WebhookSecret = "whsec_CANARYINTHEWEBHOOK"
	must(t, s.UpdateApplication(ctx, application, audit.Entry{Organisation: h.Organisation.ID}))
	m := h.AddPerson(t, "visible@example.com")
	c := h.ClaimOf(h.OpenOne(t, m))
	c.TOTP, c.Device.Push.Address = "CANARYINTHETOTP", "CANARYINTHECLAIM"
	_, err := s.Claim(ctx, c, audit.Entry{Organisation: h.Organisation.ID})
	must(t, err)
	updated := h.AddPhone(t, m, pairing.Paired)
	updated.Push = devices.Address{Provider: notify.ProviderFCM, App: "app", Kind: "fid", Address: "CANARYINTHEUPDATE"}
	must(t, s.UpdateDevice(ctx, updated.ID, devices.Details{}, updated.Details, audit.Entry{Organisation: h.Organisation.ID}))
	signer, err := signing.Load(ctx, s, "https://aye.example.com", h.Clock.Now)
	must(t, err)
	must(t, signer.Rotate(ctx))

	canaries := [][]byte{[]byte("CANARY"), []byte("PRIVATE KEY")}
	keys, err := s.SigningKeys(ctx)
	must(t, err)
	for _, key := range keys {
		der, err := x509.MarshalPKCS8PrivateKey(key.Private)
		must(t, err)
		scalar, err := key.Private.Bytes()
		must(t, err)
		canaries = append(canaries, der, scalar)
	}
	look := func(when string) {
		var whole []byte
		for _, name := range []string{"", "-wal"} {
			part, err := os.ReadFile(path + name)
			must(t, err)
			whole = append(whole, part...)
		}
		if !bytes.Contains(whole, []byte("visible@example.com")) {
			t.Fatal("these are not the bytes of the database")
		}
		for _, canary := range canaries {
			if bytes.Contains(whole, canary) {
				t.Errorf("%s: a secret stands in the file: %q", when, canary)
			}
		}
	}
	look("in the log")
	run(t, raw(t, path), "PRAGMA wal_checkpoint(TRUNCATE)")
	look("in the file")
}

// TestThreatThiefSwapsCiphertexts copies sealed values to other rows, as who can write the file would
// to make a phone of one person answer for another.
func TestThreatThiefSwapsCiphertexts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, statement string
		read            func(context.Context, *storetest.House, devices.Device, *store.Store) error
	}{
		{
			"push address", "UPDATE devices SET push_address = (SELECT max(push_address) FROM devices)",
			func(ctx context.Context, _ *storetest.House, phone devices.Device, s *store.Store) error {
				_, err := s.DevicesOf(ctx, phone.PersonID)
				return err
			},
		},
		{
			"one-time password secret", "UPDATE authenticators SET secret = (SELECT max(secret) FROM authenticators)",
			func(ctx context.Context, _ *storetest.House, phone devices.Device, s *store.Store) error {
				_, err := s.Authenticators(ctx, phone.PersonID)
				return err
			},
		},
		{
			"webhook secret", "UPDATE applications SET webhook_secret = (SELECT max(webhook_secret) FROM applications)",
			func(ctx context.Context, _ *storetest.House, _ devices.Device, s *store.Store) error {
				_, err := s.ApplicationList(ctx, "")
				return err
			},
		},
		{
			"signing key", "UPDATE signing_keys SET private = (SELECT max(private) FROM signing_keys)",
			func(ctx context.Context, _ *storetest.House, _ devices.Device, s *store.Store) error {
				_, err := s.SigningKeys(ctx)
				return err
			},
		},
		{
			"emptied one-time password secret", "UPDATE authenticators SET secret = ''",
			func(ctx context.Context, _ *storetest.House, phone devices.Device, s *store.Store) error {
				if _, err := s.TOTPSecret(ctx, phone.ID); err == nil {
					return nil
				}
				_, err := s.Authenticators(ctx, phone.PersonID)
				return err
			},
		},
		{
			"emptied webhook secret", "PRAGMA ignore_check_constraints = 1; UPDATE applications SET webhook_secret = ''",
			func(ctx context.Context, h *storetest.House, _ devices.Device, s *store.Store) error {
				_, err := s.Application(ctx, h.Application.ID)
				return err
			},
		},
		{
			"column", "UPDATE devices SET push_address = (SELECT secret FROM authenticators WHERE device_id = devices.id)",
			func(ctx context.Context, _ *storetest.House, phone devices.Device, s *store.Store) error {
				_, err := s.Device(ctx, phone.ID)
				return err
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			h, s := house(t, path)
			m := h.AddPerson(t, "ada@example.com")
			phone := h.AddPhone(t, m, pairing.Paired)
			h.AddPhone(t, m, pairing.Paired)
			h.AddApplication(t, h.AddOrganisation(t, "Other"), "Other")
			signer, err := signing.Load(t.Context(), s, "https://aye.example.com", h.Clock.Now)
			must(t, err)
			must(t, signer.Rotate(t.Context()))
			must(t, test.read(t.Context(), h, phone, s))
			run(t, raw(t, path), test.statement)
			if err := test.read(t.Context(), h, phone, s); !errors.Is(err, secret.ErrSealed) {
				t.Fatalf("error is %v", err)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
