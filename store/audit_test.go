package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/signing"
)

const chain = "org_x"

// logged writes so many rows, a minute apart.
func logged(t *testing.T, w *ayetest.World, n int) {
	t.Helper()
	for i := range n {
		entry := audit.Entry{
			Organisation: chain, Actor: "usr_agent", Action: "case.opened", Subject: fmt.Sprintf("case_%d", i+1), At: w.Clock.Now(),
			Data: map[string]string{"user": "usr_ada"}, Personal: map[string]string{"name": "Ada"},
		}
		must(t, w.Store.Write(audit.WithOrigin(t.Context(), audit.Origin{IP: "192.0.2.1", UserAgent: "Firefox"}), entry))
		w.Clock.Pass(time.Minute)
	}
}

func signed(t *testing.T, w *ayetest.World) {
	t.Helper()
	must(t, w.Store.AddCheckpoint(t.Context(), chain, []string{"file"}, w.Signer.Checkpoint))
}

// forge runs statements as somebody does who has the file, and the triggers out of the way.
func forge(t *testing.T, w *ayetest.World, statements ...string) {
	t.Helper()
	writer, _ := w.Store.Handles()
	for _, name := range []string{"audit_rows_stay", "audit_rows_stand", "audit_rows_follow", "audit_checkpoints_stay", "audit_checkpoints_stand", "audit_personal_stand"} {
		must(t, writer.WithContext(t.Context()).Exec("DROP TRIGGER IF EXISTS "+name).Error)
	}
	for _, statement := range statements {
		must(t, writer.WithContext(t.Context()).Exec(statement).Error)
	}
}

// rewrite makes all rows from one on anew, with good hashes, and the end of the chain too.
func rewrite(t *testing.T, w *ayetest.World, from int64) {
	t.Helper()
	forge(t, w)
	writer, _ := w.Store.Handles()
	rows, err := w.Store.AuditRows(t.Context(), chain, 0, 1000)
	must(t, err)
	var last audit.Row
	for _, row := range rows {
		if row.Sequence >= from {
			entry := row.Entry
			entry.Actor = "usr_somebody"
			fresh, err := audit.Append(last, entry)
			must(t, err)
			must(t, writer.WithContext(t.Context()).Exec("UPDATE audit_rows SET actor = ?, commitments = 'null', previous = ?, hash = ? WHERE organisation = ? AND sequence = ?",
				fresh.Actor, fresh.Previous, fresh.Hash, chain, row.Sequence).Error)
			row = fresh
		}
		last = row
	}
	must(t, writer.WithContext(t.Context()).Exec("DELETE FROM audit_personal WHERE organisation = ? AND sequence >= ?", chain, from).Error)
	must(t, writer.WithContext(t.Context()).Exec("UPDATE audit_heads SET hash = ? WHERE organisation = ?", last.Hash, chain).Error)
}

func found(t *testing.T, err error, kind audit.Kind, row, until int64) {
	t.Helper()
	var f *audit.Finding
	if !errors.As(err, &f) || !errors.Is(err, audit.ErrBroken) || f.Kind != kind || f.Row != row || f.Until != until || f.Organisation != chain {
		t.Errorf("%v, want %s at row %d to %d", err, kind, row, until)
	}
}

// TestThreatRewrittenAudit: a chain that was written anew as a whole fits itself. What the server signed tells, here, and elsewhere where
// somebody took the signed ones away too.
func TestThreatRewrittenAudit(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	for range 3 {
		logged(t, w, 4)
		signed(t, w)
	}
	reports, err := w.Store.CheckAudit(t.Context(), nil)
	must(t, err)
	at := slices.IndexFunc(reports, func(r audit.ChainReport) bool { return r.Organisation == chain })
	if r := reports[at]; r.Agreed != 12 || r.Last != 12 || r.Checkpoints != 3 || r.Values != 36 {
		t.Errorf("%+v", r)
	}
	var sent []string
	pending, err := w.Store.PendingCheckpoints(t.Context(), "file", w.Clock.Now(), 10)
	must(t, err)
	for _, p := range pending {
		sent = append(sent, p.Signature)
	}
	rewrite(t, w, 7)
	found(t, w.Store.VerifyAudit(t.Context()), audit.Rewritten, 5, 8)
	forge(t, w, "DELETE FROM audit_checkpoints WHERE number > 1")
	must(t, w.Store.VerifyAudit(t.Context()))
	_, err = w.Store.CheckAudit(t.Context(), sent)
	found(t, err, audit.Rewritten, 5, 8)
	forge(t, w, "DELETE FROM audit_checkpoints", "DELETE FROM audit_rows WHERE organisation = 'org_x'", "DELETE FROM audit_personal", "DELETE FROM audit_heads WHERE organisation = 'org_x'")
	must(t, w.Store.VerifyAudit(t.Context()))
	_, err = w.Store.CheckAudit(t.Context(), sent)
	found(t, err, audit.Cut, 1, 12)
	_, err = w.Store.CheckAudit(t.Context(), []string{sent[0] + "x"})
	if !errors.Is(err, audit.ErrCheckpoint) {
		t.Error(err)
	}
}

// TestThreatForgedCheckpoints: what stands beside the chain is signed, linked and counted.
func TestThreatForgedCheckpoints(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, statement string
		kind            audit.Kind
		row, until      int64
	}{
		{"one taken out", "DELETE FROM audit_checkpoints WHERE number = 1", audit.Forged, 4, 4},
		{"moved to another row", "UPDATE audit_checkpoints SET sequence = 3 WHERE number = 2", audit.Forged, 3, 3},
		{"made a floor", "UPDATE audit_checkpoints SET floor = 1 WHERE number = 2", audit.Forged, 4, 4},
		{"not signed", "UPDATE audit_checkpoints SET signature = 'x' WHERE number = 2", audit.Forged, 4, 4},
		{"a value changed", "UPDATE audit_personal SET value = 'Eve' WHERE sequence = 3 AND name = 'name'", audit.Value, 3, 3},
		{"a value added", "INSERT INTO audit_personal VALUES ('org_x', 3, 'email', zeroblob(16), 'x', 0)", audit.Value, 3, 3},
		{"a salt changed", "UPDATE audit_personal SET salt = zeroblob(16) WHERE sequence = 3 AND name = 'name'", audit.Value, 3, 3},
		{"cut behind what was signed", "DELETE FROM audit_rows WHERE sequence > 3 AND organisation = 'org_x'", audit.Cut, 4, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := ayetest.New(t)
			logged(t, w, 2)
			signed(t, w)
			logged(t, w, 2)
			signed(t, w)
			must(t, w.Store.VerifyAudit(t.Context()))
			forge(t, w, test.statement)
			found(t, w.Store.VerifyAudit(t.Context()), test.kind, test.row, test.until)
		})
	}
}

// TestTheLogStands: the database itself refuses what must not be, and lets be what must.
func TestTheLogStands(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	logged(t, w, 3)
	signed(t, w)
	writer, _ := w.Store.Handles()
	try := func(statement string) error { return writer.WithContext(t.Context()).Exec(statement).Error }
	insert := "INSERT INTO audit_rows (organisation, sequence, actor, action, subject, at, data, previous, hash) VALUES ('org_x', %d, '', '', '', 0, 'null', '', '')"
	replace := strings.Replace(insert, "INSERT", "INSERT OR REPLACE", 1)
	for _, statement := range []string{
		fmt.Sprintf(replace, 2), fmt.Sprintf(replace, 3), "INSERT OR REPLACE INTO audit_checkpoints VALUES ('org_x', 1, 3, 0, 1, 'x')",
		"INSERT OR REPLACE INTO audit_personal VALUES ('org_x', 3, 'name', zeroblob(16), 'Eve', 0)",
		"UPDATE audit_rows SET actor = 'x'", "UPDATE audit_rows SET commitments = 'null'", "DELETE FROM audit_rows WHERE organisation = 'org_x' AND sequence = 3",
		"DELETE FROM audit_rows WHERE organisation = 'org_x' AND sequence = 1", fmt.Sprintf(insert, 2), "UPDATE audit_checkpoints SET floor = 1",
		"DELETE FROM audit_checkpoints", "UPDATE audit_personal SET value = 'Eve'", "UPDATE OR REPLACE audit_personal SET name = 'x'",
	} {
		if try(statement) == nil {
			t.Errorf("%s is possible", statement)
		}
	}
	must(t, try("DELETE FROM audit_personal WHERE sequence = 1"))
	must(t, w.Store.VerifyAudit(t.Context()))
	// Behind a floor, and there alone.
	must(t, try("INSERT INTO audit_checkpoints VALUES ('org_x', 2, 2, 0, 1, 'x')"))
	must(t, try("DELETE FROM audit_rows WHERE organisation = 'org_x' AND sequence <= 2"))
	if try("DELETE FROM audit_rows WHERE organisation = 'org_x' AND sequence = 3") == nil || try("DELETE FROM audit_rows WHERE organisation = ''") == nil {
		t.Error("rows above a floor can be deleted")
	}
}

// TestOldRowsAreDropped: whole months go behind a signed floor, from which verification then starts; no day of a month goes before the rest.
func TestOldRowsAreDropped(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ctx := t.Context()
	to := func(day string) {
		t.Helper()
		at, err := time.Parse(time.DateOnly, day)
		must(t, err)
		w.Clock.Pass(at.Sub(w.Clock.Now()))
	}
	year := w.Clock.Now().Year() + 1
	to(fmt.Sprintf("%d-03-05", year))
	logged(t, w, 2)
	signed(t, w)
	to(fmt.Sprintf("%d-03-31", year))
	logged(t, w, 2)
	to(fmt.Sprintf("%d-04-01", year))
	logged(t, w, 3)
	drop := func() {
		t.Helper()
		for more := true; more; {
			var err error
			more, err = w.Store.DropAudit(ctx, audit.Before(w.Clock.Now()), []string{"file"}, w.Signer.Checkpoint)
			must(t, err)
		}
	}
	first := func() int64 {
		t.Helper()
		rows, err := w.Store.AuditRows(ctx, chain, 0, 1)
		must(t, err)
		must(t, w.Store.VerifyAudit(ctx))
		if len(rows) == 0 {
			return 0
		}
		return rows[0].Sequence
	}
	april := time.Date(year, 4, 1, 0, 0, 0, 0, time.UTC)
	w.Clock.Pass(april.Add(audit.Life - time.Second).Sub(w.Clock.Now()))
	drop()
	ayetest.Same(t, "the month is not over for all of it", first(), int64(1))
	w.Clock.Pass(time.Second)
	drop()
	ayetest.Same(t, "March is gone", first(), int64(5))
	writer, _ := w.Store.Handles()
	for _, table := range []string{"audit_personal", "audit_about"} {
		var left int64
		must(t, writer.WithContext(ctx).Table(table).Where("organisation = ? AND sequence < 5", chain).Count(&left).Error)
		ayetest.Same(t, table, left, int64(0))
	}
	drop()
	pending, err := w.Store.PendingCheckpoints(ctx, "file", w.Clock.Now(), 10)
	must(t, err)
	floors := 0
	for _, p := range pending {
		if p.Organisation == chain {
			floors++
		}
	}
	ayetest.Same(t, "one checkpoint, one floor", floors, 2)
	// The chain goes on behind all that is left.
	w.Clock.Pass(60 * 24 * time.Hour)
	drop()
	ayetest.Same(t, "all is gone", first(), int64(0))
	logged(t, w, 1)
	ayetest.Same(t, "the chain goes on", first(), int64(8))
}

// TestAChangedMonthStays: what was changed is not dropped behind a signature that would make it good.
func TestAChangedMonthStays(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*testing.T, *ayetest.World){
		"changed": func(t *testing.T, w *ayetest.World) {
			forge(t, w, "UPDATE audit_rows SET actor = 'x' WHERE organisation = 'org_x' AND sequence = 2")
		},
		"rewritten": func(t *testing.T, w *ayetest.World) { rewrite(t, w, 2) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := ayetest.New(t)
			logged(t, w, 4)
			signed(t, w)
			spoil(t, w)
			w.Clock.Pass(audit.Life + 62*24*time.Hour)
			_, err := w.Store.DropAudit(t.Context(), audit.Before(w.Clock.Now()), nil, w.Signer.Checkpoint)
			if !errors.Is(err, audit.ErrBroken) {
				t.Error(err)
			}
			rows, err := w.Store.AuditRows(t.Context(), chain, 0, 9)
			must(t, err)
			ayetest.Same(t, "rows", len(rows), 4)
		})
	}
}

// TestPersonalValuesGo: whoever is erased leaves no value in any chain, and no chain breaks; where rows were written from is forgotten.
func TestPersonalValuesGo(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ctx := t.Context()
	logged(t, w, 2)
	must(t, w.Store.Write(ctx, audit.Entry{Organisation: "org_y", Actor: "per_ada", At: w.Clock.Now(), Personal: map[string]string{"email": "ada@example.com"}}))
	must(t, w.Store.Write(ctx, audit.Entry{
		Organisation: "org_y", Actor: "usr_eve", At: w.Clock.Now(), Data: map[string]string{"found": "usr_bob usr_ada"}, Personal: map[string]string{"email": "ada"},
	}))
	must(t, w.Store.Write(ctx, audit.Entry{Organisation: chain, Actor: "usr_eve", At: w.Clock.Now(), Personal: map[string]string{"name": "Eve"}}))
	values := func(organisation string) (all []string) {
		t.Helper()
		rows, err := w.Store.SearchAudit(ctx, audit.Query{OrganisationID: organisation, Limit: 10})
		must(t, err)
		for _, row := range rows {
			for _, name := range []string{"browser", "email", "ip", "name"} {
				if value, there := row.Personal[name]; there {
					all = append(all, name+" "+value)
				}
			}
		}
		must(t, w.Store.VerifyAudit(ctx))
		return all
	}
	one := []string{"browser Firefox", "ip 192.0.2.1", "name Ada"}
	ayetest.Same(t, "all", values(chain), slices.Concat([]string{"name Eve"}, one, one))
	w.Clock.Pass(audit.OriginLife - time.Minute)
	_, err := w.Store.EraseOrigins(ctx, w.Clock.Now().Add(-audit.OriginLife))
	must(t, err)
	ayetest.Same(t, "after 90 days the first one's origin is gone", values(chain), slices.Concat([]string{"name Eve"}, one, []string{"name Ada"}))
	must(t, w.Store.ErasePersonal(ctx, "usr_ada", "per_ada"))
	ayetest.Same(t, "Ada is gone; from where somebody else did it is theirs", values(chain), []string{"name Eve", "browser Firefox", "ip 192.0.2.1"})
	ayetest.Same(t, "everywhere", values("org_y"), []string(nil))
}

// TestOriginsStay: from where somebody did something goes with them, and not what they did with the power over others.
func TestOriginsStay(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ctx := audit.WithOrigin(t.Context(), audit.Origin{IP: "192.0.2.1", UserAgent: "Firefox"})
	actions := []string{"case.opened", "support.looked", "member.ended", "access-code.used", "session.started", "cases", "application.case.made"}
	for _, action := range actions {
		must(t, w.Store.Write(ctx, audit.Entry{Organisation: chain, Actor: "usr_rogue", Action: action, Subject: "usr_ada", At: w.Clock.Now(), Personal: map[string]string{"name": "Ada"}}))
	}
	kept := func(ids ...string) map[string]int {
		t.Helper()
		must(t, w.Store.ErasePersonal(ctx, ids...))
		must(t, w.Store.VerifyAudit(ctx))
		rows, err := w.Store.SearchAudit(ctx, audit.Query{OrganisationID: chain, Limit: 99})
		must(t, err)
		left := map[string]int{}
		for _, row := range rows {
			if len(row.Personal) > 0 {
				left[row.Action] = len(row.Personal)
			}
		}
		return left
	}
	all := map[string]int{}
	for _, action := range actions {
		all[action] = 2
	}
	ayetest.Same(t, "who it was done to is gone", kept("usr_ada"), all)
	ayetest.Same(t, "who did it is gone", kept("usr_rogue"), map[string]int{"case.opened": 2, "support.looked": 2, "member.ended": 2, "access-code.used": 2})
	w.Clock.Pass(audit.OriginLife + time.Minute)
	_, err := w.Store.EraseOrigins(ctx, w.Clock.Now().Add(-audit.OriginLife))
	must(t, err)
	ayetest.Same(t, "after 90 days", kept(), map[string]int{})
}

// TestSearchAudit finds rows by each of what can be asked for.
func TestSearchAudit(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	began := w.Clock.Now()
	for i, e := range []audit.Entry{
		{Actor: "usr_1", Action: "case.opened", Subject: "case_1", Data: map[string]string{"user": "usr_9"}},
		{Actor: "usr_2", Action: "case.approved", Subject: "case_1", Data: map[string]string{"user": "usr_9"}},
		{Actor: "usr_1", Action: "support.looked", Subject: "usr_9"},
		{Actor: "system", Action: "case.revoked", Subject: "case_1", Data: map[string]string{"user": "usr_9"}},
		{Actor: "usr_1", Action: "case.opened", Subject: "case_2", Data: map[string]string{"user": "usr_8"}},
	} {
		e.Organisation, e.At = chain, began.Add(time.Duration(i)*time.Hour)
		must(t, w.Store.Write(t.Context(), e))
		e.Organisation = "org_other"
		must(t, w.Store.Write(t.Context(), e))
	}
	for _, test := range []struct {
		name  string
		query audit.Query
		want  []int64
	}{
		{"all", audit.Query{}, []int64{5, 4, 3, 2, 1}},
		{"a page", audit.Query{Before: 4, Limit: 2}, []int64{3, 2}},
		{"who", audit.Query{Actors: []string{"usr_1"}}, []int64{5, 3, 1}},
		{"who of two", audit.Query{Actors: []string{"usr_1", "usr_2", "nobody"}, Limit: 3}, []int64{5, 3, 2}},
		{"to whom", audit.Query{Subjects: []string{"usr_9"}}, []int64{4, 3, 2, 1}},
		{"to whom of two", audit.Query{Subjects: []string{"usr_9", "case_1", "case_2"}}, []int64{5, 4, 3, 2, 1}},
		{"who to whom", audit.Query{Actors: []string{"usr_1"}, Subjects: []string{"usr_9"}}, []int64{3, 1}},
		{"what", audit.Query{Actions: []string{"case.opened", "case.revoked"}}, []int64{5, 4, 1}},
		{"what, a part of the name", audit.Query{Actions: []string{"case"}}, nil},
		{"when", audit.Query{From: began.Add(time.Hour), Until: began.Add(3 * time.Hour)}, []int64{3, 2}},
		{"all of it", audit.Query{Actors: []string{"usr_1"}, Subjects: []string{"usr_9"}, Actions: []string{"case.opened"}, From: began, Before: 5}, []int64{1}},
	} {
		test.query.OrganisationID = chain
		if test.query.Limit == 0 {
			test.query.Limit = 10
		}
		rows, err := w.Store.SearchAudit(t.Context(), test.query)
		must(t, err)
		var got []int64
		for _, row := range rows {
			got = append(got, row.Sequence)
			ayetest.Same(t, "chain", row.Organisation, chain)
		}
		ayetest.Same(t, test.name, got, test.want)
	}
}

// TestExportOfTheStore: what is exported is verified with nothing else in hand, all of it or some.
func TestExportOfTheStore(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	logged(t, w, 5)
	signed(t, w)
	must(t, w.Signer.Rotate(t.Context()))
	w.Clock.Pass(signing.Settling)
	day := w.Clock.Now()
	logged(t, w, 5)
	signed(t, w)
	set, err := w.Signer.Ever()
	must(t, err)
	export := func(ctx context.Context, what audit.Selection) audit.Report {
		t.Helper()
		var out bytes.Buffer
		e, err := audit.NewExporter(&out, audit.Header{At: w.Clock.Now().Add(time.Minute), All: what.Organisations == nil, From: what.From, Until: what.Until, Keys: set.Keys})
		must(t, err)
		must(t, w.Store.ExportAudit(ctx, what, e))
		pinned, err := audit.KeySet{Keys: set.Keys[:1]}.Trusted()
		must(t, err)
		report, err := audit.VerifyExport(&out, audit.Trust{Keys: pinned})
		must(t, err)
		return report
	}
	whole := export(t.Context(), audit.Selection{Personal: true})
	at := slices.IndexFunc(whole.Chains, func(r audit.ChainReport) bool { return r.Organisation == chain })
	if r := whole.Chains[at]; len(whole.Chains) < 2 || r.Last != 10 || r.Agreed != 10 || r.Values != 30 {
		t.Errorf("%+v", whole)
	}
	mine := audit.Selection{Organisations: []string{chain, "org_nobody"}, From: &day}
	if r := export(t.Context(), mine).Chains; r[0].First != 6 || r[0].Loose || r[0].Values != 0 || r[1].Last != 0 {
		t.Errorf("%+v", r)
	}
	mine.From, mine.Until = nil, &day
	if r := export(t.Context(), mine).Chains; r[0].First != 1 || r[0].Last != 5 || r[0].Agreed != 5 {
		t.Errorf("%+v", r)
	}
}

// TestAuditPlans: no statement about the log looks at every row of it.
func TestAuditPlans(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ctx := t.Context()
	var seen statements
	w.Store.Watch(seen.keep)
	logged(t, w, 3)
	signed(t, w)
	_, err := w.Store.UnsignedChains(ctx, w.Clock.Now())
	must(t, err)
	pending, err := w.Store.PendingCheckpoints(ctx, "file", w.Clock.Now(), 10)
	must(t, err)
	must(t, w.Store.CheckpointTold(ctx, pending[0], false, w.Clock.Now()))
	must(t, w.Store.CheckpointTold(ctx, pending[0], true, w.Clock.Now()))
	_, err = w.Store.EraseOrigins(ctx, w.Clock.Now())
	must(t, err)
	must(t, w.Store.ErasePersonal(ctx, "usr_ada"))
	ids, now := []string{"usr_1", "usr_2"}, w.Clock.Now()
	for _, q := range []audit.Query{
		{}, {Actors: ids}, {Subjects: ids}, {Actors: ids, Subjects: ids}, {Actions: ids, From: now, Until: now, Before: 7}, {Subjects: ids, Actions: ids, From: now, Until: now, Before: 7},
	} {
		q.OrganisationID, q.Limit = chain, 10
		_, err = w.Store.SearchAudit(ctx, q)
		must(t, err)
	}
	w.Clock.Pass(2 * audit.Life)
	_, err = w.Store.DropAudit(ctx, w.Clock.Now(), nil, w.Signer.Checkpoint)
	must(t, err)
	must(t, w.Store.VerifyAudit(ctx))
	w.Store.Watch(func(string, []any) {})
	_, reader := w.Store.Handles()
	looked := 0
	for statement, values := range seen.all {
		if !strings.Contains(statement, "audit_") || strings.Contains(statement, "FROM audit_heads") {
			continue // all chains are looked at there
		}
		looked++
		for _, step := range plan(t, reader, statement, values) {
			if strings.HasPrefix(step, "SCAN") || strings.HasPrefix(step, "USE TEMP B-TREE FOR ORDER BY") && strings.Contains(statement, "LIMIT") {
				t.Errorf("%s: %s", step, statement)
			}
		}
	}
	if looked < 20 {
		t.Errorf("only %d statements were seen", looked)
	}
}
