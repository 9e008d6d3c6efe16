package storetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/signing"
)

func signingKey(t *testing.T, id string, created time.Time) signing.Key {
	t.Helper()
	return signing.Key{ID: id, Private: got(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t), Created: created, Announcement: "follows"}
}

func testSigning(t *testing.T, open Opener) {
	ctx, clock := t.Context(), NewClock()
	b := open(t, clock.Now)
	entry := audit.Entry{Actor: "operator", Action: "signing-key.created", At: clock.Now()}
	first, second, third := signingKey(t, "first", clock.Now()), signingKey(t, "second", clock.Now()), signingKey(t, "third", clock.Now())
	first.Announcement = ""
	must(t, b.AddSigningKey(ctx, first, "", entry))
	fails(t, b.AddSigningKey(ctx, second, "", entry), signing.ErrRotated)
	fails(t, b.AddSigningKey(ctx, second, "unknown", entry), signing.ErrRotated)
	must(t, b.AddSigningKey(ctx, second, "first", entry)) // within the same millisecond
	fails(t, b.AddSigningKey(ctx, third, "first", entry), signing.ErrRotated)
	clock.Pass(time.Hour)
	third.Created = clock.Now()
	must(t, b.AddSigningKey(ctx, third, "second", entry))
	first.Retired, second.Retired = second.Created, third.Created
	keys := got(b.SigningKeys(ctx))(t)
	same(t, "how many", len(keys), 3)
	for i, want := range []signing.Key{third, second, first} {
		if !keys[i].Private.Equal(want.Private) {
			t.Fatal("another key", want.ID)
		}
		keys[i].Private, want.Private = nil, nil
		same(t, "key", keys[i], want)
	}
	sequence, _, err := b.AuditHead(ctx, "")
	must(t, err)
	same(t, "audit rows", sequence, 3)
}

func testAudit(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	ctx, other := t.Context(), h.AddOrganisation(t, "Other")
	entry := h.entry(h.Organisation.ID, "something.happened")
	entry.At = entry.At.Add(1234567 * time.Nanosecond)
	for range 5 {
		must(t, h.Write(ctx, entry))
	}
	must(t, h.Write(ctx, audit.Entry{Actor: "system", Action: "nothing.else"}))
	same(t, "chains", len(got(h.AuditChains(ctx))(t)), 3)
	must(t, h.VerifyAudit(ctx))

	var verifier audit.Verifier
	var last audit.Row
	for {
		rows := got(h.AuditRows(ctx, h.Organisation.ID, last.Sequence, 3))(t)
		if len(rows) == 0 {
			break
		}
		for _, row := range rows {
			must(t, verifier.Next(row))
			last = row
		}
	}
	sequence, hash, err := h.AuditHead(ctx, h.Organisation.ID)
	must(t, err)
	same(t, "sequence", sequence, 7) // the organisation, the application, and these five
	same(t, "hash", hash, last.Hash)
	entry.At = entry.At.Truncate(time.Millisecond)
	same(t, "entry", last.Entry, entry)
	same(t, "the other's", len(got(h.AuditRows(ctx, other.ID, 0, 10))(t)), 1)
	same(t, "nobody's", len(got(h.AuditRows(ctx, "org_none", 0, 10))(t)), 0)
	sequence, hash, err = h.AuditHead(ctx, "org_none")
	must(t, err)
	if sequence != 0 || hash != "" {
		t.Fatal("a head without a chain")
	}
}

func testDataKeys(t *testing.T, open Opener) {
	ctx, b := t.Context(), open(t, NewClock().Now)
	make1 := func() ([]byte, error) { return []byte("one"), nil }
	same(t, "made", string(got(b.DataKey(ctx, "org_1", make1))(t)), "one")
	unwanted := func() ([]byte, error) { return nil, errors.New("made again") }
	same(t, "kept", string(got(b.DataKey(ctx, "org_1", unwanted))(t)), "one")
	_, err := b.DataKey(ctx, "org_2", unwanted)
	if err == nil {
		t.Fatal("a key that could not be made was given")
	}
	// Somebody else stores one while this caller is making its own: both get the first.
	same(t, "raced", string(got(b.DataKey(ctx, "org_3", func() ([]byte, error) {
		got(b.DataKey(ctx, "org_3", make1))(t)
		return []byte("two"), nil
	}))(t)), "one")
}
