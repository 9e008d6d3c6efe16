package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
	"example.com/aye/store"
	"example.com/aye/store/storetest"
)

// textDraft is what an administrator fills in, with these secrets.
func textDraft(h *storetest.House, m accounts.Member, name, key, signing, number string) sms.Draft {
	now := h.Clock.Now()
	return sms.Draft{
		ID: "smp_" + name, Kind: sms.Bird, KeyEnd: "_end", MessageID: "sms_" + name, To: number, Created: now, Sent: now,
		Setup: sms.Setup{
			OrganisationID: m.OrganisationID, Description: name, Sender: "Tulp", Key: secret.Secret(key), Signing: secret.Secret(signing),
			By: sms.Administrator{ID: m.ID + name, PersonID: m.Person.ID},
		},
	}
}

// addText sends a message to the number, that is about what has the id.
func addText(t *testing.T, h *storetest.House, s *store.Store, m accounts.Member, id, about, number string) {
	t.Helper()
	now := h.Clock.Now()
	must(t, s.AddMessage(t.Context(), sms.Message{
		ID: id, OrganisationID: m.OrganisationID, ProviderID: "smp_one", Purpose: accounts.TextCheck, Payer: sms.PaidByOrganisation, About: about,
		PersonID: m.Person.ID, Number: number, Index: "index", State: sms.Sending, At: now, Updated: now,
	}, sms.Counting{}, func(sms.Spent) error { return nil }))
}

// addTextProvider makes the draft a provider.
func addTextProvider(t *testing.T, s *store.Store, d sms.Draft) {
	t.Helper()
	must(t, s.AddDraft(t.Context(), d))
	_, err := s.SaveDraft(t.Context(), d, sms.Provider{
		ID: d.ID, OrganisationID: d.OrganisationID, Kind: d.Kind, Description: d.Description, Sender: d.Sender, Key: d.Key, KeyEnd: d.KeyEnd, Signing: d.Signing,
	}, 100, d.Created, audit.Entry{Organisation: d.OrganisationID})
	must(t, err)
}

// plantTexts plants canaries in keys and numbers: of a draft, of a provider and of a message.
func plantTexts(t *testing.T, h *storetest.House, s *store.Store, m accounts.Member) {
	t.Helper()
	addTextProvider(t, s, textDraft(h, m, "kept", "CANARYINTHEPROVIDER", "CANARYINITSSIGNING", "CANARYINTHEUSEDDRAFT"))
	must(t, s.AddDraft(t.Context(), textDraft(h, m, "draft", "CANARYINTHEDRAFT", "CANARYINTHEDRAFTSSIGNING", "CANARYINTHEDRAFTSNUMBER")))
	addText(t, h, s, m, "sms_one", "about", "CANARYINTHEMESSAGE")
}

// TestThreatThiefSwapsKeysOfTexts copies sealed values of providers, drafts and messages to other
// places, as who can write the file would to send by another's account, or to get its reports believed.
func TestThreatThiefSwapsKeysOfTexts(t *testing.T) {
	t.Parallel()
	provider := func(ctx context.Context, s *store.Store, _ string) error {
		_, err := s.ProviderWithKeys(ctx, "*", "smp_one")
		return err
	}
	active := func(ctx context.Context, s *store.Store, organisationID string) error {
		_, err := s.ActiveProvider(ctx, organisationID)
		return err
	}
	draft := func(ctx context.Context, s *store.Store, _ string) error {
		_, err := s.Draft(ctx, "*", "smp_three", time.Time{})
		return err
	}
	tries := func(ctx context.Context, s *store.Store, organisationID string) error {
		_, err := s.TryDraft(ctx, organisationID, "smp_three", time.Time{})
		return err
	}
	message := func(ctx context.Context, s *store.Store, _ string) error {
		_, _, err := s.LastAbout(ctx, "one")
		return err
	}
	tests := []struct {
		name, statement string
		read            func(ctx context.Context, s *store.Store, organisationID string) error
	}{
		{"key", "UPDATE sms_providers SET key = (SELECT key FROM sms_providers WHERE id = 'smp_two')", provider},
		{"key of the active one", "UPDATE sms_providers SET key = (SELECT key FROM sms_providers WHERE id = 'smp_one')", active},
		{"signing key", "UPDATE sms_providers SET signing = (SELECT signing FROM sms_providers WHERE id = 'smp_two')", provider},
		{"key as signing key", "UPDATE sms_providers SET signing = key", provider},
		{"emptied key", "PRAGMA ignore_check_constraints = 1; UPDATE sms_providers SET key = ''", provider},
		{"provider of another organisation", "UPDATE sms_providers SET organisation_id = NULL, active = 0 WHERE id = 'smp_one'", provider},
		{"key of a draft", "UPDATE sms_drafts SET key = (SELECT key FROM sms_drafts WHERE id = 'smp_four')", draft},
		{"key of a provider in a draft", "UPDATE sms_drafts SET key = (SELECT key FROM sms_providers WHERE id = 'smp_two')", draft},
		{"signing key of a draft", "UPDATE sms_drafts SET signing = (SELECT signing FROM sms_drafts WHERE id = 'smp_four')", tries},
		{"number of a draft", "UPDATE sms_drafts SET number = (SELECT number FROM sms_drafts WHERE id = 'smp_four')", tries},
		{"emptied number of a draft", "UPDATE sms_drafts SET number = ''", draft},
		{"number of a message", "UPDATE sms_messages SET number = (SELECT number FROM sms_messages WHERE id = 'sms_five')", message},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			h, s := house(t, path)
			m := h.AddPerson(t, "ada@example.com")
			for i, name := range []string{"one", "two", "three", "four"} {
				d := textDraft(h, m, name, "key "+name, "signing "+name, "+3161234567"+name)
				if i < 2 {
					addTextProvider(t, s, d)
				} else {
					must(t, s.AddDraft(t.Context(), d))
				}
			}
			addText(t, h, s, m, "sms_one", "one", "+31612345678")
			addText(t, h, s, m, "sms_five", "five", "+31687654321")
			must(t, test.read(t.Context(), s, m.OrganisationID))
			run(t, raw(t, path), test.statement)
			if err := test.read(t.Context(), s, m.OrganisationID); !errors.Is(err, secret.ErrSealed) {
				t.Fatalf("error is %v", err)
			}
		})
	}
}

// TestRemovedKeysAreGone: what is removed or was replaced stands in the file no more, not even sealed.
func TestRemovedKeysAreGone(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	h, s := house(t, path)
	m := h.AddPerson(t, "ada@example.com")
	addTextProvider(t, s, textDraft(h, m, "one", "key", "signing", "+31612345678"))
	change := textDraft(h, m, "change", "another key", "", "+31612345678")
	change.ProviderID = "smp_one"
	must(t, s.AddDraft(t.Context(), change))
	sealed := func() (kept string) {
		t.Helper()
		must(t, raw(t, path).QueryRowContext(t.Context(), `SELECT (SELECT count(*) FROM sms_drafts) || ' ' ||
			(SELECT group_concat(key || signing || key_end) FROM sms_providers)`).Scan(&kept))
		return kept
	}
	if kept := sealed(); len(kept) < 50 {
		t.Fatal(kept)
	}
	removed, err := s.RemoveProvider(t.Context(), m.OrganisationID, "smp_one", h.Clock.Now(), audit.Entry{Organisation: m.OrganisationID})
	must(t, err)
	if kept := sealed(); !removed || kept != "0 " {
		t.Fatalf("kept %q", kept)
	}
}

// TestUpgradeOfNumbers: of a number that was proven before anybody wrote down since when it is another
// one, it is not known what it was before; nobody chose text messages.
func TestUpgradeOfNumbers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "aye.db")
	old := raw(t, path)
	steps, err := goose.NewProvider(goose.DialectSQLite3, old, os.DirFS("migrations/sqlite"), goose.WithDisableGlobalRegistry(true))
	must(t, err)
	_, err = steps.UpTo(t.Context(), 5)
	must(t, err)
	run(t, old, "INSERT INTO organisations (id, name, profile, allow_tap, minimum_app_version, locale, created) VALUES ('org_1', 'Example', 'strict', 1, '', 'nl', 1)",
		"INSERT INTO persons (id, email, display, locale, created, number, number_index, number_proven) VALUES ('per_1', 'ada@example.com', 'Ada', 'nl', 1, '', 'index', 1700000000000)",
		"INSERT INTO persons (id, email, display, locale, created) VALUES ('per_2', 'bea@example.com', 'Bea', 'nl', 1)",
		"INSERT INTO memberships (id, organisation_id, person_id, role, status, invitation, created) VALUES ('usr_1', 'org_1', 'per_1', 'owner', 'active', '', 1)",
		"INSERT INTO applications (id, organisation_id, name, origins, may_enrol, webhook_url, webhook_secret, created) VALUES ('app_1', 'org_1', 'Shop', '[]', 1, '', '', 1)")
	s := open(t, path, time.Now)
	for id, want := range map[string]time.Time{"per_1": time.UnixMilli(1700000000000).UTC(), "per_2": {}} {
		p, failure := s.Person(t.Context(), id)
		must(t, failure)
		if p.NumberChanged != want || !p.Texts.IsZero() {
			t.Errorf("%s: changed %v, chosen %v", id, p.NumberChanged, p.Texts)
		}
	}
	m, err := s.MemberByID(t.Context(), "org_1", "usr_1")
	must(t, err)
	a, err := s.Application(t.Context(), "app_1")
	must(t, err)
	if m.Vouched || a.MayManageTexts || !a.MayEnrol {
		t.Errorf("%+v, %+v", m, a)
	}
}

// TestWhatIsSettledIsNotLookedAt: what is due is found in an index that old messages are not in, or each look
// would walk through all that were ever sent.
func TestWhatIsSettledIsNotLookedAt(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	h, s := house(t, path)
	m := h.AddPerson(t, "ada@example.com")
	for id, state := range map[string]sms.State{"sms_1": sms.Refused, "sms_2": sms.Delivered, "sms_3": sms.Failed, "sms_4": sms.Expired, "sms_5": sms.Sent, "sms_6": sms.Unknown} {
		addText(t, h, s, m, id, id, "+31612345678")
		moved, err := s.Settle(t.Context(), id, sms.Outcome{State: state, At: h.Clock.Now()})
		must(t, err)
		if !moved {
			t.Fatal(id)
		}
	}
	var due string
	must(t, raw(t, path).QueryRowContext(t.Context(), "SELECT group_concat(id) FROM (SELECT id FROM sms_messages WHERE look > 0 ORDER BY id)").Scan(&due))
	if due != "sms_5,sms_6" {
		t.Errorf("due are %s", due)
	}
}

// TestTwoProcessesKeepTheCap: the server and its command line send beside one another, and together
// never more than the money allows.
func TestTwoProcessesKeepTheCap(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	h, one := house(t, path)
	two := open(t, path, time.Now)
	m := h.AddPerson(t, "ada@example.com")
	const most, price = 7, sms.Amount(56_000)
	var done sync.WaitGroup
	var sent atomic.Int64
	for i := range 40 {
		s := []*store.Store{one, two}[i%2]
		done.Go(func() {
			now := h.Clock.Now()
			err := s.AddMessage(t.Context(), sms.Message{
				ID: secret.NewID("sms"), OrganisationID: m.OrganisationID, ProviderID: "smp_one", Purpose: accounts.TextLogin, Payer: sms.PaidByOrganisation,
				Estimate: price, State: sms.Sending, At: now, Updated: now,
			}, sms.Counting{}, func(before sms.Spent) error {
				if before.Month+price > most*price {
					return errRefused
				}
				return nil
			})
			if err == nil {
				sent.Add(1)
			} else if !errors.Is(err, errRefused) {
				t.Error(err)
			}
		})
	}
	done.Wait()
	spent, err := two.MonthSpent(t.Context(), m.OrganisationID, sms.PaidByOrganisation, "EUR", h.Clock.Now())
	must(t, err)
	if sent.Load() != most || spent != most*price {
		t.Errorf("%d were sent for %v", sent.Load(), spent)
	}
}
