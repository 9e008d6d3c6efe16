package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/signing"
	"example.com/aye/pairing"
	"example.com/aye/store"
	"example.com/aye/support"
)

// topics are those of the changes, each once.
func topics(changes []store.Change) []string {
	var all []string
	for _, c := range changes {
		all = append(all, c.Topic)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// cursor is one server's look at what changed.
type cursor struct {
	*store.Store
	next time.Time
}

func (c *cursor) look(t *testing.T) []store.Change {
	t.Helper()
	changes, next, err := c.Changed(t.Context(), c.next)
	must(t, err)
	if next.Before(c.next) {
		t.Errorf("from %s to %s", c.next, next)
	}
	c.next = next
	return changes
}

// TestChangesAreSeenElsewhere: whatever a page or a phone may wait for is told to every server, by the name that those wait on.
func TestChangesAreSeenElsewhere(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	ctx := t.Context()
	m := s.AddPerson(t, "ada@example.com")
	phone := s.AddPhone(t, m, pairing.Paired)
	other := cursor{Store: s.beside(t)}
	if begun := other.look(t); len(begun) > 0 || other.next.IsZero() {
		t.Fatalf("a beginning gives %v", begun)
	}
	_, err := s.db.ExecContext(ctx, "DELETE FROM changes WHERE topic <> ''") // of the furnishing
	must(t, err)
	r := keepWith(t, s, s.House.Request(m, "browser"), phone.ID)
	p := s.OpenOne(t, m)
	if got := topics(other.look(t)); len(got) > 0 {
		t.Errorf("nobody can wait yet on %s", got)
	}
	of := func(name string, want string, change func() error) {
		t.Helper()
		must(t, one(s.db.ExecContext(ctx, "DELETE FROM changes WHERE topic <> ''")))
		must(t, change())
		if got := topics(other.look(t)); !slices.Equal(got, []string{want}) { //nolint:contextcheck // it takes the test's
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	of("a delivery", approval.Topic(r.ID), func() error {
		return one(s.Deliver(ctx, approval.Delivery{RequestID: r.ID, DeviceID: phone.ID, State: approval.Accepted, Updated: s.Clock.Now()}))
	})
	of("a decision", approval.Topic(r.ID), func() error {
		return one(s.Move(ctx, s.Approve(r, phone), audit.Entry{Organisation: r.OrganisationID}))
	})
	of("a claim", pairing.Topic(p.ID), func() error {
		return one(s.Claim(ctx, s.ClaimOf(p), audit.Entry{Organisation: r.OrganisationID}))
	})
	_, err = s.db.ExecContext(ctx, `INSERT INTO cases SELECT 'case_1', 'lost', 'open', $1, $2, $3, 'usr_agent', 'per_agent', '', '', '', '', 0, '', '', '', '', '', 0, 0, 0, '', 0, 0, 0, 1, 1, 0, 0, 0, '', 0`,
		m.OrganisationID, m.ID, m.Person.ID)
	must(t, err)
	of("a question to the caller", support.Topic("case_1"), func() error {
		return one(s.db.ExecContext(ctx, "INSERT INTO case_checks VALUES ('chk_1', 'case_1', 'mail', '', '', 'asked', 0, 1, 2, 0)"))
	})
	of("an answer", support.Topic("case_1"), func() error {
		return one(s.db.ExecContext(ctx, "UPDATE case_checks SET state = 'right'"))
	})
	of("a case", support.Topic("case_1"), func() error {
		return one(s.db.ExecContext(ctx, "UPDATE cases SET state = 'cancelled', closed = 1"))
	})
	// What was told before is told again for a while, with the same time.
	again := other.look(t)
	if got := topics(again); !slices.Equal(got, []string{support.Topic("case_1")}) {
		t.Errorf("again: %s", got)
	}
	if twice := other.look(t); !slices.Equal(again, twice) {
		t.Errorf("%v and %v", again, twice)
	}
}

// TestALateCommitIsSeen: a change is written down at its moment and seen at its commit. One that is committed behind the look
// that should have seen it is seen by a later one.
func TestALateCommitIsSeen(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	ctx := t.Context()
	r := keepWith(t, s, s.House.Request(s.AddPerson(t, "ada@example.com"), "browser"), "")
	other := cursor{Store: s.beside(t)}
	other.look(t)
	late, err := s.db.BeginTx(ctx, nil)
	must(t, err)
	_, err = late.ExecContext(ctx, "UPDATE approvals SET state = 'cancelled' WHERE id = $1", r.ID)
	must(t, err)
	for range 3 { // the cursor goes past it
		if got := other.look(t); len(got) > 0 {
			t.Errorf("what is not committed is told: %v", got)
		}
	}
	// As late as is healed: the look is at 9 seconds behind it.
	_, err = late.ExecContext(ctx, "UPDATE changes SET at = $2 WHERE topic = $1", approval.Topic(r.ID), other.next.Add(-9*time.Second))
	must(t, err)
	must(t, late.Commit())
	if got := topics(other.look(t)); !slices.Equal(got, []string{approval.Topic(r.ID)}) {
		t.Errorf("a late commit is not seen: %s", got)
	}
}

// TestChangesAreForgotten: changes are pruned, and who looks too late, or after a crash of the database, is told so and does not
// believe that nothing happened.
func TestChangesAreForgotten(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	ctx := t.Context()
	first, two := cursor{Store: s.Store}, cursor{Store: s.beside(t)}
	first.look(t)
	two.look(t)
	// They began long ago.
	must(t, one(s.db.ExecContext(ctx, "UPDATE changes SET at = at - interval '1 hour' WHERE topic = ''")))
	_, err := s.db.ExecContext(ctx, "INSERT INTO changes (at, topic) VALUES (now() - interval '6 minutes', 'approval:old'), (now() - interval '4 minutes', 'approval:young')")
	must(t, err)
	must(t, s.PruneChanges(ctx))
	if left := texts(t, s.db, "SELECT topic FROM changes ORDER BY topic"); !slices.Equal(left, []string{"", "approval:young"}) {
		t.Errorf("left is %q", left)
	}
	first.look(t)
	if _, _, err = first.Changed(ctx, first.next.Add(-5*time.Minute)); !errors.Is(err, store.ErrChangesGone) {
		t.Errorf("a look that comes too late: %v", err)
	}
	// What a crash does to a table that is not logged.
	_, err = s.db.ExecContext(ctx, "TRUNCATE changes")
	must(t, err)
	if _, _, err = first.Changed(ctx, first.next); !errors.Is(err, store.ErrChangesGone) {
		t.Errorf("after a crash: %v", err)
	}
	first.next = time.Time{}
	first.look(t)
	first.look(t)
	if _, _, err = two.Changed(ctx, two.next); !errors.Is(err, store.ErrChangesGone) {
		t.Errorf("after a crash of which another server has heard: %v", err)
	}
	if kind := texts(t, s.db, "SELECT relpersistence::text FROM pg_class WHERE relname = 'changes'"); !slices.Equal(kind, []string{"u"}) {
		t.Errorf("each change waits for the disk once more: %s", kind)
	}
}

// TestOneServerHasNoChangesToTell: on SQLite nothing is told, and nothing fails.
func TestOneServerHasNoChangesToTell(t *testing.T) {
	t.Parallel()
	s := open(t, newPath(t), time.Now)
	changes, _, err := s.Changed(t.Context(), time.Time{})
	must(t, err)
	if len(changes) > 0 {
		t.Error(changes)
	}
	must(t, s.PruneChanges(t.Context()))
	kept, err := s.KeepPartitions(t.Context())
	must(t, err)
	if len(kept.Made)+len(kept.Dropped)+len(kept.Stray) > 0 {
		t.Errorf("%+v", kept)
	}
}

// TestPlansOfWhatServersShare: what each server asks every second, and what is dropped with a month, is found by an index.
func TestPlansOfWhatServersShare(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	ctx := t.Context()
	s.Clock.Pass(time.Since(s.Clock.Now()))
	signer, err := signing.Load(ctx, s.Store, "https://aye.example.com", s.Clock.Now)
	must(t, err)
	before := audit.Before(s.Clock.Now())
	s.logAt(t, "org_x", before.AddDate(0, -1, 3), 2)
	var seen statements
	s.Watch(seen.keep)
	other := cursor{Store: s.Store}
	other.look(t)
	other.look(t)
	must(t, s.PruneChanges(ctx))
	must(t, one(s.DropAudit(ctx, before, []string{"file"}, signer.Checkpoint)))
	must(t, one(s.PendingCheckpoints(ctx, "file", s.Clock.Now(), 10)))
	_, reader := s.beside(t).Handles()
	looked := 0
	must(t, reader.Transaction(func(tx *gorm.DB) error {
		if err := tx.Exec("SET LOCAL enable_seqscan = off").Error; err != nil {
			return err
		}
		for statement, values := range seen.all {
			if !slices.ContainsFunc([]string{"changes", "audit_personal", "audit_about", "audit_outbox"}, func(table string) bool { return strings.Contains(statement, table) }) {
				continue
			}
			looked++
			planPostgres(t, tx, statement, values).each(nil, func(n node, _ []node) {
				// min(at) reads one row of an index that has one.
				if n.walks() && n.Index != "changes_begun" {
					t.Errorf("%s of %s %s: %s", n.Type, n.Relation, n.Index, statement)
				}
			})
		}
		return nil
	}))
	if looked < 8 {
		t.Errorf("only %d statements were seen", looked)
	}
}
