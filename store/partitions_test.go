package store_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/internal/signing"
	"example.com/aye/pairing"
	"example.com/aye/store"
	"example.com/aye/store/storetest"
)

// served is a house on PostgreSQL, with a way past the store.
type served struct {
	*storetest.House
	*store.Store
	db  *sql.DB
	url string
}

func newServed(t *testing.T) served {
	t.Helper()
	s := served{url: newURL(t)}
	s.House = storetest.NewHouse(t, func(t *testing.T, now func() time.Time) storetest.Backend {
		s.Store = openURL(t, s.url, now)
		return s.Store
	})
	s.db = plain(t, s.url)
	return s
}

// beside opens the database as another server does.
func (s served) beside(t *testing.T) *store.Store {
	t.Helper()
	return openURL(t, s.url, s.Clock.Now)
}

// where gives the partition that the row of the table is in.
func (s served) where(t *testing.T, table, condition string, args ...any) []string {
	t.Helper()
	return texts(t, s.db, "SELECT tableoid::regclass::text FROM "+table+" WHERE "+condition+" ORDER BY 1", args...)
}

func (s served) months(t *testing.T, table string) []string {
	t.Helper()
	return texts(t, s.db, "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = $1::regclass ORDER BY 1", table)
}

// idOf is the id of a request that was made at the time.
func idOf(at time.Time) string {
	id := store.LowestID("apr", at)
	return id + secret.NewID("apr")[len(id):]
}

// TestAnIDIsOfItsMonth: the months are cut by the time in the ids, as they are made.
func TestAnIDIsOfItsMonth(t *testing.T) {
	t.Parallel()
	before := time.Now()
	id := secret.NewID("apr")
	if low, high := store.LowestID("apr", before), store.LowestID("apr", time.Now().Add(time.Second)); id < low || id >= high {
		t.Errorf("%s is not between %s and %s", id, low, high)
	}
	// The example of RFC 9562, appendix A.6: Tuesday, February 22, 2022 2:22:22.00 PM GMT-05:00.
	at := time.Date(2022, 2, 22, 19, 22, 22, 0, time.UTC)
	const example = "apr_017f22e279b07cc398c4dc0c0c07398f"
	if low, high := store.LowestID("apr", at), store.LowestID("apr", at.Add(time.Millisecond)); example < low || example >= high {
		t.Errorf("%s is not between %s and %s", example, low, high)
	}
}

// TestRowsGoToTheirMonth: a request, its deliveries and the rows of the log that tell of it lie in their month.
func TestRowsGoToTheirMonth(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	s.Clock.Pass(time.Since(s.Clock.Now())) // the log has the rooms' time
	m := s.AddPerson(t, "ada@example.com")
	phone := s.AddPhone(t, m, pairing.Paired)
	r := s.House.Request(m, "browser")
	asked := keepWith(t, s, r, phone.ID)
	month := time.Now().UTC().Format("_2006_01")
	for table, condition := range map[string]string{"approvals": "id = $1", "deliveries": "request_id = $1", "audit_rows": "organisation = $1 AND action = 'approval.asked'"} {
		value := asked.ID
		if table == "audit_rows" {
			value = asked.OrganisationID
		}
		if got := s.where(t, table, condition, value); !slices.Equal(got, []string{table + month}) {
			t.Errorf("%s: %s", table, got)
		}
	}
	for _, table := range []string{"approvals", "deliveries", "audit_rows"} {
		first := time.Now().UTC()
		first = time.Date(first.Year(), first.Month(), 1, 0, 0, 0, 0, time.UTC)
		want := []string{table + first.Format("_2006_01"), table + first.AddDate(0, 1, 0).Format("_2006_01"), table + first.AddDate(0, 2, 0).Format("_2006_01"), table + "_default"}
		if got := s.months(t, table); !slices.Equal(got, want) {
			t.Errorf("the months are %s, want %s", got, want)
		}
	}
}

// keepWith stores a question with a delivery.
func keepWith(t *testing.T, s served, r approval.Request, phone string) approval.Request {
	t.Helper()
	kept, err := s.Ask(t.Context(), approval.Creation{PersonID: r.PersonID, ApplicationID: r.ApplicationID, Browser: r.Context.Browser, Key: r.CreationKey}, func(now approval.Situation) (approval.Admission, error) {
		a := approval.Admission{Request: r, Budget: now.Budget, Entries: []audit.Entry{{Organisation: r.OrganisationID, Action: "approval.asked", Subject: r.ID, At: s.Clock.Now()}}}
		if phone != "" {
			a.Deliveries = []approval.Delivery{{RequestID: r.ID, DeviceID: phone, State: approval.Queued, Updated: s.Clock.Now()}}
		}
		return a, nil
	})
	must(t, err)
	return kept
}

// TestStrayRows: what fits no month is kept, found and counted, and keeps no other month from being made.
func TestStrayRows(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	m := s.AddPerson(t, "ada@example.com")
	far := time.Now().AddDate(0, 5, 0)
	r := s.House.Request(m, "browser")
	r.ID = idOf(far)
	keepWith(t, s, r, "")
	if got := s.where(t, "approvals", "id = $1", r.ID); !slices.Equal(got, []string{"approvals_default"}) {
		t.Errorf("it lies in %s", got)
	}
	if _, err := s.Store.Request(t.Context(), r.ID); err != nil {
		t.Error(err)
	}
	if s.Stray() != nil {
		t.Errorf("counted before anybody looked: %v", s.Stray())
	}
	_, err := s.db.ExecContext(t.Context(), "DELETE FROM changes") // nothing of it counts
	must(t, err)
	kept, err := s.KeepPartitions(t.Context())
	must(t, err)
	// The rooms' clock is another one than that of ids, so that rows of the log are astray here too.
	if kept.Stray["approvals"] != 1 || kept.Stray["deliveries"] != 0 || kept.Stray["audit_rows"] == 0 || s.Stray()["approvals"] != 1 {
		t.Errorf("%+v %v", kept, s.Stray())
	}
	if len(kept.Made)+len(kept.Dropped) > 0 {
		t.Errorf("%+v", kept)
	}
	made, err := s.MakePartitions(t.Context(), far, far)
	must(t, err)
	if suffix := far.UTC().Format("_2006_01"); !slices.Equal(made, []string{"deliveries" + suffix, "audit_rows" + suffix}) {
		t.Errorf("made %s", made)
	}
}

// TestEmptyMonthsGo: of old months those go that never had anything, and no other.
func TestEmptyMonthsGo(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	m := s.AddPerson(t, "ada@example.com")
	now := time.Now()
	old := now.Add(-audit.Life).AddDate(0, -2, 0)
	made, err := s.MakePartitions(t.Context(), old.AddDate(0, -1, 0), now.AddDate(0, -1, 0))
	must(t, err)
	r := s.House.Request(m, "browser")
	r.ID = idOf(old)
	phone := s.AddPhone(t, m, pairing.Paired)
	keepWith(t, s, r, phone.ID)
	kept, err := s.KeepPartitions(t.Context())
	must(t, err)
	var want []string
	end := audit.Before(now)
	for _, table := range []string{"audit_rows", "deliveries", "approvals"} {
		for _, name := range made {
			month, err := time.Parse(table+"_2006_01", name)
			if err == nil && !month.AddDate(0, 1, 0).After(end) && (table == "audit_rows" || month.Format("2006-01") != old.UTC().Format("2006-01")) {
				want = append(want, name)
			}
		}
	}
	if !slices.Equal(kept.Dropped, want) || len(want) < 4 {
		t.Errorf("dropped %s\nwant    %s", kept.Dropped, want)
	}
	if got, err := s.Store.Request(t.Context(), r.ID); err != nil || got.ID != r.ID {
		t.Errorf("a request of an old month: %v", err)
	}
}

// oneLogin gives the statements that a login is made of.
func oneLogin(t *testing.T, s served) *statements {
	t.Helper()
	m := s.AddPerson(t, "ada@example.com")
	phone := s.AddPhone(t, m, pairing.Paired)
	seen := &statements{}
	s.Watch(seen.keep)
	ctx := t.Context()
	r := keepWith(t, s, s.House.Request(m, "browser"), phone.ID)
	_, err := s.Store.Request(ctx, r.ID)
	must(t, err)
	_, _, err = s.View(ctx, r.ID)
	must(t, err)
	_, err = s.PendingOf(ctx, m.Person.ID, phone.ID)
	must(t, err)
	_, err = s.Deliveries(ctx, r.ID)
	must(t, err)
	_, err = s.Deliver(ctx, approval.Delivery{RequestID: r.ID, DeviceID: phone.ID, State: approval.Accepted, Updated: s.Clock.Now()})
	must(t, err)
	edge := s.Approve(r, phone)
	edge.Budget = func(b approval.Budget) approval.Budget { return b.After(approval.Approved, false, edge.Now) }
	_, err = s.Move(ctx, edge, audit.Entry{Organisation: r.OrganisationID})
	must(t, err)
	alone := edge
	alone.Alone = true // as where it is confirmed with a tap; this one comes too late
	_, err = s.Move(ctx, alone, audit.Entry{Organisation: r.OrganisationID})
	must(t, err)
	_, err = s.HandOut(ctx, r.ID, s.Clock.Now(), s.Clock.Now().Add(time.Minute))
	must(t, err)
	_, err = s.Move(ctx, s.Redeem(r), audit.Entry{Organisation: r.OrganisationID})
	must(t, err)
	return seen
}

// TestReadsTouchOneMonth: who has an id looks in its month alone, however many there are.
func TestReadsTouchOneMonth(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	_, err := s.MakePartitions(t.Context(), time.Now().AddDate(-2, 0, 0), time.Now())
	must(t, err)
	seen := oneLogin(t, s)
	ctx := t.Context()
	_, reader := s.beside(t).Handles()
	looked := 0
	for statement, values := range seen.all {
		verb, _, _ := strings.Cut(statement, " ")
		byID := verb != "INSERT" && (strings.Contains(statement, "approvals") || strings.Contains(statement, "deliveries")) &&
			slices.ContainsFunc([]string{"WHERE id = ", "WHERE approvals.id = ", "WHERE request_id = "}, func(by string) bool { return strings.Contains(statement, by) })
		if !byID {
			continue
		}
		looked++
		var plan string
		must(t, reader.WithContext(ctx).Raw("EXPLAIN (FORMAT JSON) "+statement, values...).Scan(&plan).Error)
		touched := map[string]bool{}
		for rest := plan; ; {
			_, after, more := strings.Cut(rest, `"Relation Name": "`)
			if !more {
				break
			}
			name, remaining, _ := strings.Cut(after, `"`)
			touched[name], rest = true, remaining
		}
		month := time.Now().UTC().Format("_2006_01")
		for name := range touched {
			if (strings.HasPrefix(name, "approvals") || strings.HasPrefix(name, "deliveries")) && name != "approvals" && name != "deliveries" && !strings.HasSuffix(name, month) && !strings.Contains(statement, "beside") {
				t.Errorf("touches %s: %s", name, statement)
			}
		}
		if len(touched) == 0 || !json.Valid([]byte(plan)) {
			t.Errorf("no plan of %s", statement)
		}
	}
	if looked < 5 {
		t.Errorf("only %d statements by id were seen", looked)
	}
}

// TestOneCreationKeyInAllMonths: the same key makes nothing twice, in whatever month the first was.
func TestOneCreationKeyInAllMonths(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	m := s.AddPerson(t, "ada@example.com")
	r := s.House.Request(m, "browser")
	r.CreationKey, r.BodyHash = "once", "body"
	r.ID = idOf(time.Now().AddDate(0, 1, 0))
	first := keepWith(t, s, r, "")
	r.ID = secret.NewID("apr")
	if again := keepWith(t, s, r, ""); again.ID != first.ID {
		t.Errorf("the key made %s and %s", first.ID, again.ID)
	}
	columns := texts(t, s.db, "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = 'approvals'::regclass AND attnum > 0 AND attname <> 'id'")[0]
	_, err := s.db.ExecContext(t.Context(), "INSERT INTO approvals (id, "+columns+") SELECT $1, "+columns+" FROM approvals WHERE id = $2", secret.NewID("apr"), first.ID)
	if err == nil || !strings.Contains(err.Error(), "23505") {
		t.Errorf("the key is there twice: %v", err)
	}
	// A day later it is free.
	s.Clock.Pass(25 * time.Hour)
	if again := keepWith(t, s, r, ""); again.ID != r.ID {
		t.Errorf("the key still stands for %s", again.ID)
	}
	if kept := texts(t, s.db, "SELECT request_id FROM approval_keys"); !slices.Equal(kept, []string{r.ID}) {
		t.Errorf("the keys are of %s", kept)
	}
	_, err = s.db.ExecContext(t.Context(), "DELETE FROM approvals WHERE id = $1", r.ID)
	must(t, err)
	if kept := texts(t, s.db, "SELECT request_id FROM approval_keys"); len(kept) > 0 {
		t.Errorf("keys of nothing: %s", kept)
	}
}

// logAt writes rows into a chain, as they were written at a time.
func (s served) logAt(t *testing.T, chain string, at time.Time, n int) {
	t.Helper()
	for range n {
		must(t, s.Write(t.Context(), audit.Entry{Organisation: chain, Actor: "usr_agent", Action: "case.opened", Subject: "case_1", At: at, Personal: map[string]string{"name": "Ada"}}))
	}
}

// TestOldMonthsOfTheLogGo: a month goes as a whole once every chain has signed past it, with what was kept of people beside it. A chain
// that somebody changed keeps its rows, and no other keeps any because of it.
func TestOldMonthsOfTheLogGo(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	ctx, now := t.Context(), time.Now()
	s.Clock.Pass(now.Sub(s.Clock.Now()))
	signer, err := signing.Load(ctx, s.Store, "https://aye.example.com", s.Clock.Now)
	must(t, err)
	before := audit.Before(s.Clock.Now())
	old := before.AddDate(0, -1, 0)
	_, err = s.MakePartitions(ctx, old.AddDate(0, -1, 0), now)
	must(t, err)
	elder, month := "audit_rows"+old.AddDate(0, -1, 0).Format("_2006_01"), "audit_rows"+old.Format("_2006_01")
	s.logAt(t, "org_good", old.AddDate(0, -1, 3), 600) // more than go at once
	s.logAt(t, "org_bad", old.AddDate(0, 0, 3), 3)
	s.logAt(t, "org_good", old.AddDate(0, 0, 4), 3)
	s.logAt(t, "org_good", before, 2)
	s.logAt(t, "org_bad", now, 1)
	drop := func() (failure error) {
		for more := true; more; {
			more, failure = s.DropAudit(ctx, before, []string{"file"}, signer.Checkpoint)
		}
		return failure
	}
	_, err = s.db.ExecContext(ctx, "ALTER TABLE audit_rows DISABLE TRIGGER audit_rows_stand")
	must(t, err)
	_, err = s.db.ExecContext(ctx, "UPDATE audit_rows SET actor = 'usr_somebody' WHERE organisation = 'org_bad' AND sequence = 2")
	must(t, err)
	_, err = s.db.ExecContext(ctx, "ALTER TABLE audit_rows ENABLE TRIGGER audit_rows_stand")
	must(t, err)
	if err = drop(); err == nil || !strings.Contains(err.Error(), "org_bad") {
		t.Errorf("a chain that was changed: %v", err)
	}
	months := s.months(t, "audit_rows")
	if slices.Contains(months, elder) || !slices.Contains(months, month) {
		t.Errorf("the months are %s: %s should be gone, %s not", months, elder, month)
	}
	left := texts(t, s.db, "SELECT organisation || ' ' || COUNT(*) || ' ' || MIN(sequence) FROM audit_rows WHERE organisation IN ('org_good', 'org_bad') GROUP BY organisation ORDER BY organisation")
	if !slices.Equal(left, []string{"org_bad 4 1", "org_good 2 604"}) {
		t.Errorf("left is %s", left)
	}
	for _, table := range []string{"audit_personal", "audit_about"} {
		if kept := texts(t, s.db, "SELECT organisation || ' ' || MIN(sequence) FROM "+table+" WHERE organisation IN ('org_good', 'org_bad') GROUP BY organisation ORDER BY organisation"); !slices.Equal(kept, []string{"org_bad 1", "org_good 604"}) {
			t.Errorf("%s has %s", table, kept)
		}
	}
	// The row is put right, and then the month goes.
	_, err = s.db.ExecContext(ctx, "ALTER TABLE audit_rows DISABLE TRIGGER audit_rows_stand")
	must(t, err)
	_, err = s.db.ExecContext(ctx, "UPDATE audit_rows SET actor = 'usr_agent' WHERE organisation = 'org_bad' AND sequence = 2")
	must(t, err)
	must(t, drop())
	if months = s.months(t, "audit_rows"); slices.Contains(months, month) {
		t.Errorf("the months are %s: %s should be gone", months, month)
	}
	if floors := texts(t, s.db, "SELECT organisation || ' ' || sequence FROM audit_checkpoints WHERE floor = 1 AND organisation IN ('org_good', 'org_bad') ORDER BY organisation"); !slices.Equal(floors, []string{"org_bad 3", "org_good 603"}) {
		t.Errorf("the floors are %s", floors)
	}
	must(t, s.VerifyAudit(ctx))
	s.logAt(t, "org_bad", now, 1)
	must(t, s.VerifyAudit(ctx))
}

// TestTwoServersDropTheLog: two that come to it at one time sign one floor, and neither fails.
func TestTwoServersDropTheLog(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	ctx := t.Context()
	s.Clock.Pass(time.Since(s.Clock.Now()))
	signer, err := signing.Load(ctx, s.Store, "https://aye.example.com", s.Clock.Now)
	must(t, err)
	before := audit.Before(s.Clock.Now())
	must(t, one(s.MakePartitions(ctx, before.AddDate(0, -1, 0), before)))
	for i := range 20 {
		s.logAt(t, fmt.Sprintf("org_%02d", i), before.AddDate(0, -1, 3), 2)
		s.logAt(t, fmt.Sprintf("org_%02d", i), before, 1)
	}
	var dropping sync.WaitGroup
	for _, server := range []*store.Store{s.Store, s.beside(t)} {
		dropping.Go(func() {
			for more := true; more; {
				var err error
				if more, err = server.DropAudit(ctx, before, []string{"file"}, signer.Checkpoint); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	dropping.Wait()
	if floors := texts(t, s.db, "SELECT organisation || ' ' || COUNT(*) FROM audit_checkpoints WHERE floor = 1 GROUP BY organisation HAVING COUNT(*) > 1"); len(floors) > 0 {
		t.Errorf("floors that were signed twice: %s", floors)
	}
	if left := texts(t, s.db, "SELECT COUNT(*)::text FROM audit_rows WHERE organisation LIKE 'org@___' ESCAPE '@'"); !slices.Equal(left, []string{"20"}) {
		t.Errorf("left is %s", left)
	}
	must(t, s.VerifyAudit(ctx))
}

// TestTheLogStandsPostgres: the database itself refuses what must not be, and lets be what must.
func TestTheLogStandsPostgres(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	ctx, now := t.Context(), time.Now()
	s.Clock.Pass(now.Sub(s.Clock.Now()))
	signer, err := signing.Load(ctx, s.Store, "https://aye.example.com", s.Clock.Now)
	must(t, err)
	s.logAt(t, "org_x", now, 3)
	must(t, s.AddCheckpoint(ctx, "org_x", []string{"file"}, signer.Checkpoint))
	month := "audit_rows" + now.UTC().Format("_2006_01")
	try := func(statement string) error {
		_, err := s.db.ExecContext(ctx, statement)
		return err
	}
	row := func(sequence int, at int64) string {
		return fmt.Sprintf("INSERT INTO audit_rows (organisation, sequence, actor, action, subject, at, data, previous, hash) VALUES ('org_x', %d, '', '', '', %d, 'null', '', '')", sequence, at)
	}
	at := now.UnixMilli()
	personal := "INSERT INTO audit_personal VALUES ('org_x', 3, 'name', '\\x000102030405060708090a0b0c0d0e0f', 'Eve', 0)"
	for _, statement := range []string{
		row(2, at), row(3, at), row(3, 0), row(2, at) + " ON CONFLICT DO NOTHING", row(3, at) + " ON CONFLICT (organisation, sequence, at) DO UPDATE SET actor = 'x'",
		strings.Replace(row(2, at), "INTO audit_rows", "INTO "+month, 1),
		"UPDATE audit_rows SET actor = 'x'", "UPDATE audit_rows SET at = 0", "UPDATE audit_rows SET commitments = 'null'", "UPDATE " + month + " SET actor = 'x'",
		"DELETE FROM audit_rows WHERE organisation = 'org_x' AND sequence = 3", "DELETE FROM " + month + " WHERE organisation = 'org_x' AND sequence = 1",
		"TRUNCATE audit_rows", "TRUNCATE audit_rows_default", "TRUNCATE " + month, "TRUNCATE audit_checkpoints", "TRUNCATE audit_personal", "TRUNCATE audit_rows CASCADE",
		"UPDATE audit_checkpoints SET floor = 1", "DELETE FROM audit_checkpoints", "INSERT INTO audit_checkpoints VALUES ('org_x', 1, 3, 0, 1, 'x')",
		"INSERT INTO audit_checkpoints VALUES ('org_x', 1, 3, 0, 1, 'x') ON CONFLICT (organisation, number) DO UPDATE SET floor = 1",
		"UPDATE audit_personal SET value = 'Eve'", personal, personal + " ON CONFLICT (organisation, sequence, name) DO UPDATE SET value = 'Eve'",
	} {
		if err := try(statement); err == nil || !strings.Contains(err.Error(), "23001") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	// Whatever shape a partition gets, later ones have the guard too.
	must(t, one(s.MakePartitions(ctx, now.AddDate(0, 4, 0), now.AddDate(0, 4, 0))))
	if err := try("TRUNCATE audit_rows" + now.UTC().AddDate(0, 4, 0).Format("_2006_01")); err == nil {
		t.Error("a month that was made later can be emptied")
	}
	must(t, try("DELETE FROM audit_personal WHERE sequence = 1"))
	must(t, s.VerifyAudit(ctx))
	// Behind a floor, and there alone.
	must(t, try("INSERT INTO audit_checkpoints VALUES ('org_x', 2, 2, 0, 1, 'x')"))
	must(t, try("DELETE FROM audit_rows WHERE organisation = 'org_x' AND sequence <= 2"))
	if try("DELETE FROM audit_rows WHERE organisation = 'org_x' AND sequence = 3") == nil || try("DELETE FROM audit_rows WHERE organisation = ''") == nil {
		t.Error("rows above a floor can be deleted")
	}
}

func one[T any](_ T, err error) error { return err }

// TestASequenceIsThereOnce: two transactions cannot both append the same row, whatever the time in it; and one that looks at
// the past cannot append at all.
func TestASequenceIsThereOnce(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	ctx, now := t.Context(), time.Now()
	const insert = "INSERT INTO audit_rows (organisation, sequence, actor, action, subject, at, data, previous, hash) VALUES ('org_once', 1, '', '', '', $1, 'null', '', '')"
	first, err := s.db.BeginTx(ctx, nil)
	must(t, err)
	_, err = first.ExecContext(ctx, insert, now.UnixMilli())
	must(t, err)
	second := make(chan error, 1)
	go func() { second <- one(s.db.ExecContext(ctx, insert, now.AddDate(0, 1, 0).UnixMilli())) }() // in another month
	waitFor(t, func() bool {
		return len(texts(t, s.db, "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")) > 0
	})
	must(t, first.Commit())
	if err = <-second; err == nil || !strings.Contains(err.Error(), "audit rows come at the end") {
		t.Errorf("the row is there twice: %v", err)
	}
	past, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
	must(t, err)
	_, err = past.ExecContext(ctx, strings.Replace(insert, ", 1,", ", 2,", 1), now.UnixMilli())
	if err == nil || !strings.Contains(err.Error(), "READ COMMITTED") {
		t.Errorf("who looks at the past appends: %v", err)
	}
	must(t, past.Rollback())
}

// waitFor waits until it is so.
func waitFor(t *testing.T, so func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(30 * time.Second); !so(); {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("it did not come to that")
		}
	}
}

// TestABusyTableKeepsAMonthFromBeingMade: a month is made beside changes that wait for nothing: whoever has a table for long keeps a month from being
// made, and is not kept by it.
func TestABusyTableKeepsAMonthFromBeingMade(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	ctx := t.Context()
	busy, err := s.db.BeginTx(ctx, nil)
	must(t, err)
	_, err = busy.ExecContext(ctx, "LOCK TABLE approvals_default IN ROW EXCLUSIVE MODE")
	must(t, err)
	far := time.Now().AddDate(0, 6, 0)
	began := time.Now()
	_, err = s.MakePartitions(ctx, far, far)
	if took := time.Since(began); !errors.Is(err, store.ErrUnavailable) || took > 4*time.Second {
		t.Errorf("a month in a table that is in use: %v after %s, and whoever came behind waited as long", err, took)
	}
	must(t, busy.Commit())
	must(t, one(s.MakePartitions(ctx, far, far)))
}
