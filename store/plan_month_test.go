package store_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"
)

// TestPlansOfANewMonth: a plan that is made while a month is empty serves until PostgreSQL has counted its rows, which may be many by
// then. To an empty table any index looks as good as another: so each statement of a login must be one that no index serves but the right
// one, which finds its rows by its first columns.
func TestPlansOfANewMonth(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	seen := oneLogin(t, s)
	var follows string
	empty := openURL(t, newURL(t), s.Clock.Now)
	_, reader := empty.Handles()
	mustScan(t, reader, &follows, "SELECT prosrc FROM pg_proc WHERE proname = 'audit_rows_follow'")
	// A trigger's own statement is planned as any other one.
	look := regexp.MustCompile(`SELECT [^;]* FROM audit_rows [^;)]*`).FindString(follows)
	if look == "" {
		t.Fatalf("the trigger does not look: %s", follows)
	}
	seen.all[strings.NewReplacer("NEW.organisation", "$1", "NEW.sequence", "$2").Replace(look)] = make([]any, 1+strings.Count(look, "NEW.sequence"))
	var indexes []struct{ Name, Columns string }
	mustScan(t, reader, &indexes, `SELECT c.relname AS name, string_agg(COALESCE(a.attname, ''), ' ' ORDER BY k.place) AS columns
		FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (number, place)
		LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number GROUP BY c.relname`)
	columns := map[string][]string{}
	for _, index := range indexes {
		columns[index.Name] = strings.Fields(index.Columns)
	}
	for _, looked := range []string{"", "VACUUM (ANALYZE)"} { // known to be empty, and not known
		if looked != "" {
			if err := reader.Exec(looked).Error; err != nil {
				t.Fatal(err)
			}
		}
		plansOfAMonth(t, reader, seen, columns)
	}
}

func plansOfAMonth(t *testing.T, reader *gorm.DB, seen *statements, columns map[string][]string) {
	t.Helper()
	looked := 0
	err := reader.Transaction(func(tx *gorm.DB) error {
		// Shown is each month, also of what looks into one.
		if err := tx.Exec("SET LOCAL enable_partition_pruning = off").Error; err != nil {
			return err
		}
		for statement, values := range seen.all {
			if verb, _, _ := strings.Cut(strings.TrimSpace(statement), " "); !slices.Contains([]string{"SELECT", "INSERT", "UPDATE"}, verb) {
				continue
			}
			planPostgres(t, tx, statement, values).each(nil, func(n node, _ []node) {
				if n.Type == "Seq Scan" {
					t.Errorf("walks through %s: %s", n.Relation, statement)
				}
				if n.Index == "" || !slices.ContainsFunc([]string{"approvals", "deliveries", "audit_rows"}, func(table string) bool { return strings.HasPrefix(n.Index, table+"_") }) {
					return
				}
				looked++
				if !n.byFirst(columns[n.Index]) {
					t.Errorf("looks through %s by %s: %s", n.Index, n.IndexCond, statement)
				}
			})
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if looked < 10 {
		t.Errorf("only %d looks into an index", looked)
	}
}

// byFirst tells whether the step looks for its rows by the first columns of the index, with none left out between two.
func (n node) byFirst(columns []string) bool {
	found := 0
	for i, column := range columns {
		if !regexp.MustCompile(`\b` + regexp.QuoteMeta(column) + `\b`).MatchString(n.IndexCond) {
			continue
		}
		if i != found {
			return false
		}
		found++
	}
	return found > 0
}
