package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/internal/signing"
	"example.com/aye/otp"
	"example.com/aye/pairing"
	"example.com/aye/signin"
	"example.com/aye/store"
	"example.com/aye/store/storetest"
)

// lived is a database on which a server works: it is open.
type lived struct {
	place
	*storetest.House
	store *store.Store
}

// living opens one of each kind.
func living(t *testing.T) map[string]func(*testing.T) lived {
	t.Helper()
	all := map[string]func(*testing.T) lived{}
	for name, to := range places(t) {
		all[name] = func(t *testing.T) lived {
			t.Helper()
			p := to(t)
			s, err := store.Open(t.Context(), p.Config)
			must(t, err)
			t.Cleanup(func() { _ = s.Close() }) // perhaps it was closed before
			h := storetest.NewHouse(t, func(*testing.T, func() time.Time) storetest.Backend { return s })
			_, err = signing.Load(t.Context(), s, "https://aye.example.com", time.Now)
			must(t, err)
			return lived{p, h, s}
		}
	}
	return all
}

func backupOf(t *testing.T, c store.Config) (string, store.Contents) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "aye.backup")
	contents, err := store.Backup(t.Context(), c, to, nil)
	must(t, err)
	return to, contents
}

// TestBackup makes one while servers write.
func TestBackup(t *testing.T) {
	t.Parallel()
	for name, live := range living(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := live(t)
			m := l.AddPerson(t, "ada@example.com")
			phone := l.AddPhone(t, m, pairing.Paired)
			ctx, stop := context.WithCancel(t.Context())
			var done sync.WaitGroup
			for range 3 {
				done.Go(func() {
					for ctx.Err() == nil {
						if err := l.store.Write(ctx, audit.Entry{Organisation: "org_x", Actor: "system"}); err != nil && ctx.Err() == nil {
							t.Error(err)
						}
					}
				})
			}
			before, _, err := l.store.AuditHead(t.Context(), "org_x")
			must(t, err)
			var phases []string
			to := filepath.Join(t.TempDir(), "aye.backup")
			contents, err := store.Backup(t.Context(), l.Config, to, func(p store.Progress) { phases = append(phases, p.Phase) })
			must(t, err)
			stop()
			done.Wait()
			if contents.Taken.IsZero() || contents.Rows() == 0 || len(contents.Chains) < 2 || contents.Digest == "" || len(phases) == 0 {
				t.Errorf("%+v %v", contents, phases)
			}
			info, err := os.Stat(to)
			must(t, err)
			if info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v", info.Mode())
			}
			if names, failed := os.ReadDir(filepath.Dir(to)); failed != nil || len(names) != 1 {
				t.Errorf("beside it: %v %v", names, failed)
			}
			// It stands by itself, also where nothing can be written.
			must(t, os.Chmod(to, 0o400))
			again, err := store.Verify(t.Context(), configAt(t, ""), to, nil)
			must(t, err)
			if again.Digest != contents.Digest {
				t.Error("a look at it changed it")
			}
			_, err = store.Backup(t.Context(), l.Config, to, nil)
			if !errors.Is(err, store.ErrExists) {
				t.Errorf("a file was taken the place of: %v", err)
			}
			into := configAt(t, filepath.Join(t.TempDir(), "data", "aye.db"))
			_, err = store.Restore(t.Context(), to, into, nil)
			must(t, err)
			s, err := store.Open(t.Context(), into)
			must(t, err)
			if sequence, _, err := s.AuditHead(t.Context(), "org_x"); err != nil || sequence < before {
				t.Errorf("row %d was acknowledged, %d is the last: %v", before, sequence, err)
			}
			if d, err := s.Device(t.Context(), phone.ID); err != nil || d.Push.Address != phone.Push.Address {
				t.Errorf("%+v %v", d, err)
			}
			must(t, errors.Join(s.VerifyAudit(t.Context()), s.Close()))
		})
	}
}

// What was erased is in no backup that is made afterwards: the file of a database has it until its page is used again.
func TestBackupHasNothingErased(t *testing.T) {
	t.Parallel()
	l := living(t)["sqlite"](t)
	canary := strings.Repeat("CANARY", 1000)
	run(t, l.db, "INSERT INTO tries (scope, times) VALUES ('x', '"+canary+"')", "DELETE FROM tries WHERE scope = 'x'", "PRAGMA wal_checkpoint(TRUNCATE)")
	database, err := os.ReadFile(l.Path)
	must(t, err)
	if !bytes.Contains(database, []byte("CANARYCANARY")) {
		t.Fatal("it is not in the database, so this proves nothing")
	}
	to, _ := backupOf(t, l.Config)
	copied, err := os.ReadFile(to)
	must(t, err)
	if bytes.Contains(copied, []byte("CANARYCANARY")) {
		t.Error("what was erased is in the backup")
	}
}

func TestBackupRefuses(t *testing.T) {
	t.Parallel()
	_, err := store.Backup(t.Context(), configAt(t, filepath.Join(t.TempDir(), "aye.db")), filepath.Join(t.TempDir(), "b"), nil)
	if !errors.Is(err, store.ErrNone) {
		t.Errorf("no database: %v", err)
	}
	from, _ := settled(t)
	half := configAt(t, newPath(t))
	moveUntil(t, from, half, 500)
	folder := t.TempDir()
	if _, err = store.Backup(t.Context(), half, filepath.Join(folder, "b"), nil); !errors.Is(err, store.ErrHalf) {
		t.Errorf("half a copy: %v", err)
	}
	// One that was moved away can still be kept.
	_, contents := backupOf(t, from)
	if contents.Rows() < triesIn {
		t.Errorf("%+v", contents)
	}
	// What is damaged is not kept as a backup, and leaves nothing behind.
	l := living(t)["sqlite"](t)
	l.AddPhone(t, l.AddPerson(t, "ada@example.com"), pairing.Paired)
	run(t, l.db, "PRAGMA foreign_keys = OFF", "DELETE FROM persons")
	if _, err = store.Backup(t.Context(), l.Config, filepath.Join(folder, "b"), nil); !errors.Is(err, store.ErrNoBackup) || !strings.Contains(err.Error(), "persons") {
		t.Errorf("damaged: %v", err)
	}
	if names, err := os.ReadDir(folder); err != nil || len(names) != 0 {
		t.Errorf("left behind: %v %v", names, err)
	}
}

// TestVerify finds what is wrong with a backup.
func TestVerify(t *testing.T) {
	t.Parallel()
	l := living(t)["sqlite"](t)
	l.AddPhone(t, l.AddPerson(t, "ada@example.com"), pairing.Paired)
	to, _ := backupOf(t, l.Config)
	good, err := os.ReadFile(to)
	must(t, err)
	spoilt := func(statements ...string) func(*testing.T, string) {
		return func(t *testing.T, path string) { t.Helper(); run(t, raw(t, path), statements...) }
	}
	for name, test := range map[string]struct {
		spoil func(*testing.T, string)
		want  error
	}{
		"nothing":             {func(*testing.T, string) {}, nil},
		"half of it":          {func(t *testing.T, path string) { must(t, os.Truncate(path, int64(len(good)/2))) }, store.ErrNoBackup},
		"nothing in it":       {func(t *testing.T, path string) { must(t, os.Truncate(path, 0)) }, store.ErrNoBackup},
		"another file":        {func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte(strings.Repeat("x", 5000)), 0o600)) }, store.ErrNoBackup},
		"another database":    {spoilt("DROP TABLE goose_db_version"), store.ErrNoBackup},
		"an index":            {spoilt("PRAGMA writable_schema = ON", "DELETE FROM sqlite_schema WHERE name = 'devices_person'"), store.ErrNoBackup},
		"a reference":         {spoilt("PRAGMA foreign_keys = OFF", "DELETE FROM memberships"), store.ErrNoBackup},
		"a row of the log":    {spoilt("DROP TRIGGER audit_rows_stand", "UPDATE audit_rows SET action = 'nothing'"), audit.ErrBroken},
		"the log's end":       {spoilt("DROP TRIGGER audit_rows_stay", "DELETE FROM audit_rows WHERE sequence = (SELECT MAX(sequence) FROM audit_rows AS o WHERE o.organisation = audit_rows.organisation)"), audit.ErrBroken},
		"the sealed keys":     {spoilt("DELETE FROM data_keys"), store.ErrNoBackup},
		"a newer schema":      {spoilt("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)"), store.ErrNewer},
		"changes beside it":   {func(t *testing.T, path string) { must(t, os.WriteFile(path+"-wal", []byte("x"), 0o600)) }, store.ErrNoBackup},
		"half a copy":         {spoilt("INSERT INTO marks (name, value, at) VALUES ('copying', 'x', 1)"), store.ErrHalf},
		"the key was another": {nil, store.ErrKey},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "aye.backup")
			must(t, os.WriteFile(path, good, 0o600))
			c := configAt(t, "")
			if test.spoil != nil {
				test.spoil(t, path)
			} else {
				c.Keys, err = secret.NewKeys([]byte("another-key-of-32-bytes-in-all--"))
				must(t, err)
			}
			if _, err := store.Verify(t.Context(), c, path, nil); !errors.Is(err, test.want) {
				t.Errorf("error is %v", err)
			}
			// And nothing of the kind is restored.
			into := configAt(t, filepath.Join(t.TempDir(), "data", "aye.db"))
			into.Keys = c.Keys
			if _, err := store.Restore(t.Context(), path, into, nil); !errors.Is(err, test.want) {
				t.Errorf("restored: %v", err)
			}
			if names, _ := os.ReadDir(filepath.Dir(into.Path)); test.want != nil && len(names) != 0 {
				t.Errorf("left behind: %v", names)
			}
		})
	}
}

// A backup of an older version is looked at as it is, and brought up to date where it is restored.
func TestVerifyOlder(t *testing.T) {
	t.Parallel()
	golden, err := os.ReadFile(filepath.Join("testdata", "first.sql"))
	must(t, err)
	path := filepath.Join(t.TempDir(), "old.db")
	old := raw(t, path)
	run(t, old, string(golden), "INSERT INTO organisations VALUES ('org_1', 'Example', 'strict', 1, '1.2.3', 'nl', 1700000000000)")
	must(t, old.Close())
	before, err := os.ReadFile(path)
	must(t, err)
	contents, err := store.Verify(t.Context(), configAt(t, ""), path, nil)
	must(t, err)
	after, err := os.ReadFile(path)
	must(t, err)
	if contents.Schema != 1 || !bytes.Equal(before, after) {
		t.Errorf("%+v", contents)
	}
	into := configAt(t, filepath.Join(t.TempDir(), "aye.db"))
	_, err = store.Restore(t.Context(), path, into, nil)
	must(t, err)
	openAndClose(t, into)
	// The newer program makes backups of the older database too, and leaves it as it is.
	to, contents := backupOf(t, configAt(t, path))
	if contents.Schema != 1 {
		t.Errorf("%s: %+v", to, contents)
	}
	if at, err := os.ReadFile(path); err != nil || !bytes.Equal(before, at) {
		t.Errorf("the database was changed: %v", err)
	}
}

// TestThreatRestored restores a database in which everything is under way that works once, and tries to use it again.
func TestThreatRestored(t *testing.T) {
	t.Parallel()
	for name, to := range places(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := living(t)["sqlite"](t)
			now := time.Now()
			m := l.AddPerson(t, "ada@example.com")
			phone := l.AddPhone(t, m, pairing.Paired)
			awaited := l.AddPhone(t, l.AddPerson(t, "bo@example.com"), pairing.AwaitingCode)
			open := l.OpenOne(t, m)
			asked := l.AskOne(t, l.Request(m, "b"))
			session := sessionOf(t, l, m)
			add(t, l, m, now)
			must(t, l.store.Close())
			l.letGo(t)
			from, contents := backupOf(t, l.Config)

			target := to(t)
			target.letGo(t)
			into := target.Config
			into.Path = filepath.Join(t.TempDir(), "data", "aye.db")
			r, err := store.Restore(t.Context(), from, into, nil)
			must(t, err)
			if names, _ := os.ReadDir(filepath.Dir(into.Path)); into.URL != "" && len(names) != 0 {
				t.Errorf("left behind: %v", names)
			}
			want := store.Ended{
				Sessions: 1, Requests: 2, Pairings: 2, Authenticators: 2, RecoveryCodes: 2, Links: 2, Invitations: 1, Cases: 3, Imports: 1, Drafts: 1, Messages: 1,
			}
			if r.Ended != want || r.Digest != contents.Digest || !r.Taken.Equal(contents.Taken) {
				t.Errorf("%+v", r)
			}
			s, err := store.Open(t.Context(), into)
			must(t, err)
			t.Cleanup(func() { must(t, s.Close()) })
			ctx := t.Context()
			if at, failed := s.Restored(ctx); failed != nil || !at.Equal(r.At.Truncate(time.Millisecond)) {
				t.Errorf("restored at %v, %v", at, failed)
			}
			if _, failed := s.Session(ctx, session.TokenHash); !errors.Is(failed, signin.ErrNone) {
				t.Errorf("a session is there: %v", failed)
			}
			if q, failed := s.Request(ctx, asked.ID); failed != nil || q.State != "expired" {
				t.Errorf("a request is %v, %v", q.State, failed)
			}
			if p, failed := s.Pairing(ctx, open.ID); failed != nil || p.State != pairing.Cancelled {
				t.Errorf("a pairing is %v, %v", p.State, failed)
			}
			if d, failed := s.Device(ctx, awaited.ID); failed != nil || d.Status != "removed" {
				t.Errorf("a phone that was not let in is %v, %v", d.Status, failed)
			}
			if d, failed := s.Device(ctx, phone.ID); failed != nil || d.Status != "active" {
				t.Errorf("a phone that was let in is %v, %v", d.Status, failed)
			}
			// No code of until now, however far its clock was ahead.
			all, err := s.Authenticators(ctx, m.Person.ID)
			must(t, err)
			for _, a := range all {
				used, failed := s.UseStep(ctx, a.ID, r.At.Unix()/int64(otp.Step/time.Second)+otp.Window, time.Now())
				if failed != nil || used {
					t.Errorf("a code works that a clock that is ahead could have shown before: %v", failed)
				}
				if used, failed = s.UseStep(ctx, a.ID, r.At.Unix()/int64(otp.Step/time.Second)+otp.Window+1, time.Now()); failed != nil || !used {
					t.Errorf("a code of later does not: %v", failed)
				}
			}
			if len(all) != 2 {
				t.Errorf("%d authenticators", len(all))
			}
			ended(t, s)
			must(t, s.VerifyAudit(ctx))
			rows, err := s.AuditRows(ctx, "", 0, 1000)
			must(t, err)
			last := rows[len(rows)-1]
			if last.Action != "store.restored" || last.Data["digest"] != contents.Digest || last.Data["sessions"] != "1" {
				t.Errorf("%+v", last)
			}
			if _, err := store.Restore(ctx, from, into, nil); !errors.Is(err, store.ErrNotEmpty) && !errors.Is(err, store.ErrInUse) {
				t.Errorf("restored twice: %v", err)
			}
		})
	}
}

func sessionOf(t *testing.T, l lived, m accounts.Member) signin.Session {
	t.Helper()
	now := l.Clock.Now()
	s := signin.Session{
		ID: secret.NewID("ses"), PersonID: m.Person.ID, Level: signin.Full, Created: now, Seen: now, Ends: now.Add(time.Hour), Until: now.Add(time.Minute),
		Idle: time.Hour, Browser: "b", TokenHash: secret.Hash(secret.NewToken()), OrganisationID: m.OrganisationID,
	}
	s.Organisation.ID, s.Member.ID = m.OrganisationID, m.ID
	must(t, l.store.StartSession(t.Context(), s, audit.Entry{Organisation: m.OrganisationID, Action: "session.started", Subject: s.ID}))
	return s
}

// add puts the rest there: what works once, and what goes on by itself.
func add(t *testing.T, l lived, m accounts.Member, now time.Time) {
	t.Helper()
	at := fmt.Sprint(now.UnixMilli())
	org, person := "'"+m.OrganisationID+"'", "'"+m.Person.ID+"'"
	asked := l.AskOne(t, l.Request(l.AddPerson(t, "di@example.com"), "b"))
	_, err := l.store.AddMember(t.Context(), memberOf(l, "ed@example.com"), secret.Hash("token"), audit.Entry{})
	must(t, err)
	statements := []string{
		"UPDATE approvals SET state = 'approved', decided = " + at + ", redeem_by = " + at + " WHERE id = '" + asked.ID + "'",
		"UPDATE memberships SET status = 'invited', invitation = 'hash' WHERE person_id = (SELECT id FROM persons WHERE email = 'ed@example.com')",
		"INSERT INTO recovery_codes (person_id, hash, created, used) VALUES (" + person + ", 'a', 1, 0), (" + person + ", 'b', 1, 1)",
		"UPDATE persons SET recovery_codes = 1 WHERE id = " + person,
		"INSERT INTO letters (hash, kind, person_id, address, email, created, used) VALUES ('l', 'reset', " + person + ", 'a', '', " + at + ", 0), ('m', 'reset', " + person + ", 'a', '', " + at + ", 1)",
		"INSERT INTO number_proofs (id, person_id, number, number_index, code, tries, created, used) VALUES ('n', " + person + ", '', 'i', 'c', 0, 1, 0)",
		"INSERT INTO imports (id, organisation_id, state, planned_by, role, known, total, done, people, wrong, created) VALUES ('i', " + org + ", 'running', 'operator', '', 0, 2, 1, 'sealed', '', 1)",
		"INSERT INTO sms_drafts (id, kind, description, sender, key, key_end, signing, no_signing, begun_by, locale, number, message_id, created, sent, tries) VALUES ('d', 'bird', '', '', '', '', '', 1, 'operator', '', '', '', 1, 1, 0)",
	}
	for i, state := range []string{"waiting", "sent", "revoked", "done"} {
		id := fmt.Sprintf("'case_%d'", i)
		who := l.AddPerson(t, fmt.Sprintf("case%d@example.com", i))
		statements = append(statements, "INSERT INTO cases (id, kind, state, organisation_id, membership_id, person_id, opener_id, opener_person_id, identified, ticket, note, shown, escalated, approver_id, "+
			"approver_person_id, approval_id, operator_id, operator_approval_id, life, uses, uses_left, channel, link, link_until, link_used, opened, expires, approved, due, closed, stopped_by, told) VALUES ("+
			id+", 'lost', '"+state+"', "+org+", '"+who.ID+"', '"+who.Person.ID+"', '', '', '', '', '', '', 0, '', '', '', '', '', 0, 1, 1, '', 1, 1, 0, 1, 1, 1, 1, 0, '', 0)",
			"INSERT INTO case_checks (id, case_id, channel, agent_id, approval_id, state, tries, asked, expires, answered) VALUES ("+fmt.Sprintf("'check_%d'", i)+", "+id+", 'mail', '"+m.ID+"', '', 'asked', 0, 1, 1, 0)")
	}
	must(t, l.store.Tell(t.Context(), accounts.Notice{Kind: accounts.PhoneRemoved, PersonID: m.Person.ID}))
	run(t, l.db, statements...)
	addApps(t, l, m)
}

func memberOf(l lived, email string) accounts.Member {
	now := l.Clock.Now()
	return accounts.Member{
		ID: secret.NewID("usr"), OrganisationID: l.Organisation.ID, Role: accounts.RoleMember, Created: now,
		Person: accounts.Person{ID: secret.NewID("per"), Email: email, Display: "Ed", Locale: "nl", Created: now},
	}
}

// addApps adds one that is activated and one that is begun.
func addApps(t *testing.T, l lived, m accounts.Member) {
	t.Helper()
	e := otp.Enrolment{ID: secret.NewID("aut"), PersonID: m.Person.ID, By: "session", Secret: otp.NewSecret(), Created: l.Clock.Now()}
	must(t, l.store.BeginApp(t.Context(), e, 5, audit.Entry{}))
	run(t, l.db, "UPDATE authenticators SET name = 'App', begun_by = '', confirmed = 1 WHERE id = '"+e.ID+"'")
	e.ID = secret.NewID("aut")
	must(t, l.store.BeginApp(t.Context(), e, 5, audit.Entry{}))
}

// ended looks at what has no look of its own in the store.
func ended(t *testing.T, s *store.Store) {
	t.Helper()
	_, reader := s.Handles()
	for _, query := range []string{
		"SELECT COUNT(*) FROM approvals WHERE state IN ('pending', 'approved')",
		"SELECT COUNT(*) FROM memberships WHERE status = 'invited' AND invitation NOT LIKE 'restored %'",
		"SELECT COUNT(*) FROM authenticators WHERE device_id IS NULL AND confirmed = 0",
		"SELECT COUNT(*) FROM recovery_codes", "SELECT COUNT(*) FROM persons WHERE recovery_codes > 0",
		"SELECT COUNT(*) FROM letters WHERE used = 0", "SELECT COUNT(*) FROM number_proofs WHERE used = 0",
		"SELECT COUNT(*) FROM imports WHERE state = 'running' OR people <> ''", "SELECT COUNT(*) FROM sms_drafts",
		"SELECT COUNT(*) FROM cases WHERE state IN ('open', 'waiting', 'sent', 'revoked')", "SELECT COUNT(*) FROM case_checks WHERE state = 'asked'",
	} {
		var n sql.NullInt64
		if err := reader.WithContext(t.Context()).Raw(query).Scan(&n).Error; err != nil || n.Int64 != 0 {
			t.Errorf("%s: %d, %v", query, n.Int64, err)
		}
	}
}

func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	l := living(t)["sqlite"](t)
	from, _ := backupOf(t, l.Config)
	for _, there := range []string{"", "-wal", "-shm", "-journal"} {
		into := configAt(t, filepath.Join(t.TempDir(), "aye.db"))
		must(t, os.WriteFile(into.Path+there, nil, 0o600))
		if _, err := store.Restore(t.Context(), from, into, nil); !errors.Is(err, store.ErrNotEmpty) {
			t.Errorf("over %q: %v", there, err)
		}
	}
	// What a restore that was killed left is no hindrance.
	into := configAt(t, filepath.Join(t.TempDir(), "aye.db"))
	must(t, os.WriteFile(into.Path+".restoring", []byte("half"), 0o600))
	_, err := store.Restore(t.Context(), from, into, nil)
	must(t, err)
	openAndClose(t, into)
}

// TestAStoppedRestoreGoesOn: what was made ready is used again, so that nothing is copied of two restores.
func TestAStoppedRestoreGoesOn(t *testing.T) {
	t.Parallel()
	c, phone := settled(t)
	from, _ := backupOf(t, c)
	target := places(t)["postgres"](t)
	target.letGo(t)
	into := target.Config
	into.Path = filepath.Join(t.TempDir(), "aye.db")
	ctx, stop := context.WithCancel(t.Context())
	_, err := store.Restore(ctx, from, into, func(p store.Progress) {
		if p.Phase == "copy" && p.Table == "tries" && p.Done >= 1000 {
			stop()
		}
	})
	stop()
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err = store.Open(t.Context(), into); !errors.Is(err, store.ErrHalf) {
		t.Errorf("it opens half copied: %v", err)
	}
	first := int64(-1)
	r, err := store.Restore(t.Context(), from, into, func(p store.Progress) {
		if p.Phase == "copy" && p.Table == "tries" && first < 0 {
			first = p.Done
		}
	})
	must(t, err)
	if first != 1000 {
		t.Errorf("it went on at %d", first)
	}
	s, err := store.Open(t.Context(), into)
	must(t, err)
	if at, failed := s.Restored(t.Context()); failed != nil || !at.Equal(r.At.Truncate(time.Millisecond)) {
		t.Errorf("%v %v %v", at, r.At, failed)
	}
	_, err = s.Device(t.Context(), phone)
	must(t, errors.Join(err, s.VerifyAudit(t.Context()), s.Close()))
}
