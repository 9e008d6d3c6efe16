package store_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"os"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
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
	plantErrands(t, h, s, m)
	plantTexts(t, h, s, m)
	must(t, s.SetAlertHook(ctx, alerts.Hook{OrganisationID: h.Organisation.ID, URL: "https://alerts.example.com", Secret: "whsec_CANARYINTHEALERTS"}, audit.Entry{Organisation: h.Organisation.ID}))
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

// plantErrands plants canaries in what people began: another address, another number, mails, an import.
func plantErrands(t *testing.T, h *storetest.House, s *store.Store, m accounts.Member) {
	t.Helper()
	ctx, now := t.Context(), h.Clock.Now()
	_, _, err := s.AddLetter(ctx, accounts.MailedLetter{Hash: "hash", Kind: accounts.LetterEmail, PersonID: m.Person.ID, Email: "CANARY@example.com", Created: now}, 1, time.Hour)
	must(t, err)
	proof := accounts.NumberProof{ID: "num_one", PersonID: m.Person.ID, Number: "CANARYINTHENUMBER", Index: "index", Code: "code", Created: now}
	_, err = s.AddNumberProof(ctx, proof, func(accounts.Sent) bool { return true })
	must(t, err)
	must(t, s.SetNumber(ctx, proof, now, audit.Entry{}))
	must(t, s.Tell(ctx, accounts.Notice{Kind: accounts.PhoneLinked, PersonID: m.Person.ID, Link: "CANARYINTHENOTICE"}, accounts.Letter{Kind: accounts.LetterReset, PersonID: m.Person.ID, Token: "CANARYINTHELETTER", Code: "CANARYINTHECODE"}))
	must(t, s.AddImport(ctx, accounts.Import{
		ID: "imp_one", OrganisationID: h.Organisation.ID, State: accounts.ImportPlanned, Created: now,
		Rows: []accounts.RosterRow{{Email: "CANARYINTHEROWS"}}, Errors: []accounts.LineError{{Value: "CANARYINTHEERRORS"}},
	}, audit.Entry{Organisation: h.Organisation.ID}))
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
			"secret of alerts", "UPDATE alert_hooks SET secret = (SELECT secret FROM alert_hooks WHERE organisation_id = '')",
			func(ctx context.Context, h *storetest.House, _ devices.Device, s *store.Store) error {
				_, err := s.AlertHook(ctx, h.Organisation.ID)
				return err
			},
		},
		{
			"emptied secret of alerts", "UPDATE alert_hooks SET secret = ''",
			func(ctx context.Context, _ *storetest.House, _ devices.Device, s *store.Store) error {
				_, err := s.AlertHook(ctx, "")
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
			"phone number", "UPDATE persons SET number = (SELECT max(number) FROM persons)",
			func(ctx context.Context, h *storetest.House, phone devices.Device, s *store.Store) error {
				if _, err := s.Person(ctx, phone.PersonID); err != nil {
					return err
				}
				_, err := s.MemberList(ctx, h.Organisation.ID)
				return err
			},
		},
		{
			"number to prove", "UPDATE number_proofs SET number = (SELECT number FROM number_proofs ORDER BY person_id DESC LIMIT 1)",
			func(ctx context.Context, h *storetest.House, phone devices.Device, s *store.Store) error {
				_, _, err := s.TryNumber(ctx, phone.PersonID, h.Clock.Now().Add(-time.Minute), h.Clock.Now())
				return err
			},
		},
		{
			"address to come", "UPDATE letters SET email = (SELECT email FROM letters WHERE hash = 'b') WHERE hash = 'a'",
			func(ctx context.Context, h *storetest.House, _ devices.Device, s *store.Store) error {
				_, err := s.FindLetter(ctx, "a", accounts.LetterEmail, h.Clock.Now().Add(-time.Minute))
				return err
			},
		},
		{
			"mail that waits", "UPDATE outbox SET next = 0, message = (SELECT max(message) FROM outbox)",
			func(ctx context.Context, h *storetest.House, _ devices.Device, s *store.Store) error {
				_, err := s.TakePosts(ctx, store.Soon, h.Clock.Now(), 9)
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
			numbersAndLetters(t, h, s, m, h.AddPerson(t, "bea@example.com"))
			for _, organisationID := range []string{"", h.Organisation.ID} {
				must(t, s.SetAlertHook(t.Context(), alerts.Hook{OrganisationID: organisationID, URL: "https://alerts.example.com", Secret: "whsec_secret"}, audit.Entry{}))
			}
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

// numbersAndLetters gives two people numbers, letters, and mails that wait.
func numbersAndLetters(t *testing.T, h *storetest.House, s *store.Store, people ...accounts.Member) {
	t.Helper()
	ctx, now := t.Context(), h.Clock.Now()
	for i, hash := range []string{"a", "b"} {
		m := people[i]
		proved := accounts.NumberProof{ID: secret.NewID("num"), PersonID: m.Person.ID, Number: "+3161234567" + hash, Index: hash, Code: "code", Created: now.Add(-time.Second)}
		asked := proved
		asked.ID, asked.Created = secret.NewID("num"), now
		for _, proof := range []accounts.NumberProof{proved, asked} {
			_, err := s.AddNumberProof(ctx, proof, func(accounts.Sent) bool { return true })
			must(t, err)
		}
		must(t, s.SetNumber(ctx, proved, now, audit.Entry{}))
		must(t, s.Tell(ctx, accounts.Notice{Kind: accounts.PhoneLinked, PersonID: m.Person.ID}))
		_, _, err := s.AddLetter(ctx, accounts.MailedLetter{Hash: hash, Kind: accounts.LetterEmail, PersonID: m.Person.ID, Email: hash + "@example.com", Created: now}, 5, time.Hour)
		must(t, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
