package store_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"
)

// node is a step of a plan of PostgreSQL.
type node struct {
	Type      string  `json:"Node Type"`
	Relation  string  `json:"Relation Name"`
	Index     string  `json:"Index Name"`
	IndexCond string  `json:"Index Cond"`
	Rows      float64 `json:"Plan Rows"`
	Plans     []node  `json:"Plans"`
}

// filled gives each table three thousand rows, none of them with a meaning, and says that they are three million: with no
// rows in it, one index is as good as another. No constraint holds any more, and of parted tables only the default part is
// left. A person has a history of many requests. What is in an index of few rows, such as that of the pending ones, is none of these.
const filled = `DO $$
DECLARE t record;
BEGIN
	FOR t IN SELECT conrelid::regclass AS name, conname FROM pg_constraint
		WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f') AND conparentid = 0 AND coninhcount = 0 LOOP
		EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I', t.name, t.conname);
	END LOOP;
	FOR t IN SELECT c.oid::regclass AS name FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid WHERE c.relkind = 'r' AND c.relname NOT LIKE '%default' LOOP
		EXECUTE format('DROP TABLE %s CASCADE', t.name);
	END LOOP;
	FOR t IN SELECT c.oid::regclass AS name, string_agg(CASE WHEN c.relname LIKE 'approvals%' AND a.attname = 'person_id' THEN 'md5((g / 100)::text)' ELSE CASE a.atttypid::regtype::text
			WHEN 'bigint' THEN 'g' WHEN 'integer' THEN 'g' WHEN 'bytea' THEN 'decode(md5(g::text), ''hex'')' WHEN 'json' THEN 'json_build_object(''user'', md5(g::text))'
			WHEN 'timestamp with time zone' THEN 'now()' ELSE format('md5(%L || g)', a.attname) END END, ', ' ORDER BY a.attnum) AS columns
		FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'goose%' GROUP BY c.oid LOOP
		EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', t.name);
		EXECUTE format('INSERT INTO %s OVERRIDING SYSTEM VALUE SELECT %s FROM generate_series(1, 3000) AS g', t.name, t.columns);
		EXECUTE format('ANALYZE %s', t.name);
	END LOOP;
	UPDATE pg_class SET reltuples = reltuples * 1000 WHERE relnamespace = 'public'::regnamespace AND reltuples > 0;
END $$`

// explainPostgres asks for the plan of each statement with the walk through a table forbidden: where one is walked through
// all the same, no index can serve. An index without a condition is walked through too.
func (s *statements) explainPostgres(t *testing.T) {
	// Those that list everything there is, or walk all chains.
	everything := []string{
		`FROM "organisations" ORDER BY name, id`, `FROM "applications" WHERE kind = 'client' ORDER BY name, id`, `FROM "signing_keys"`, "SELECT organisation FROM audit_heads UNION",
	}
	_, reader := openURL(t, newURL(t), time.Now).Handles()
	if err := reader.Exec(filled).Error; err != nil {
		t.Fatal(err)
	}
	var few, histories []string
	mustScan(t, reader, &few, "SELECT relname FROM pg_class WHERE relkind IN ('i', 'I') AND reltuples = 0")
	mustScan(t, reader, &histories, "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'approvals_history'::regclass")
	looked := 0
	err := reader.Transaction(func(tx *gorm.DB) error {
		if err := tx.Exec("SET LOCAL enable_seqscan = off").Error; err != nil {
			return err
		}
		for statement, values := range s.all {
			verb, _, _ := strings.Cut(strings.TrimSpace(statement), " ")
			if !slices.Contains([]string{"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}, verb) {
				continue
			}
			looked++
			top := planPostgres(t, tx, statement, values)
			listed := slices.ContainsFunc(everything, func(part string) bool { return strings.Contains(statement, part) })
			top.each(nil, func(n node, above []node) {
				if n.walks() && !listed && !slices.Contains(few, n.Index) {
					t.Errorf("%s of %s %s: %s", n.Type, n.Relation, n.Index, statement)
				}
				// A person's history grows for years; what is pending, and what made a browser known, does not.
				if slices.Contains(histories, n.Index) && !strings.Contains(statement, "created >= ") {
					t.Errorf("walks through a person's history: %s", statement)
				}
				// Before each message the writer sums up a month of them: from the index alone.
				if strings.Contains(statement, "price ELSE estimate END), 0)") && n.Index != "" && n.Type != "Index Only Scan" {
					t.Errorf("reads each message of a month: %s: %s", n.Type, statement)
				}
				if n.Type == "Sort" && n.Rows > 1000 && slices.ContainsFunc(above, func(n node) bool { return n.Type == "Limit" }) {
					t.Errorf("sorts before it cuts off: %s", statement)
				}
			})
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if looked < 50 {
		t.Fatalf("only %d statements were seen", looked)
	}
}

func mustScan(t *testing.T, db *gorm.DB, to any, query string) {
	t.Helper()
	if err := db.Raw(query).Scan(to).Error; err != nil {
		t.Fatal(err)
	}
}

// walks tells whether the step goes through all rows of a table, or of an index.
func (n node) walks() bool {
	switch n.Type {
	case "Seq Scan":
		return true
	case "Index Scan", "Index Only Scan", "Bitmap Index Scan":
		return n.IndexCond == ""
	}
	return false
}

// each calls look with each step and those above it.
func (n node) each(above []node, look func(n node, above []node)) {
	look(n, above)
	for _, below := range n.Plans {
		below.each(append(slices.Clone(above), n), look)
	}
}

// planPostgres gives the plan that is kept of the statement, whatever its values are: that is how it is made.
func planPostgres(t *testing.T, tx *gorm.DB, statement string, values []any) node {
	t.Helper()
	// As it was sent: gorm would look for places of its own.
	ctx, pool := context.WithoutCancel(t.Context()), tx.Statement.ConnPool
	execute := "EXECUTE looked_at"
	if len(values) > 0 {
		execute += "(NULL" + strings.Repeat(", NULL", len(values)-1) + ")"
	}
	var text string
	_, err := pool.ExecContext(ctx, "PREPARE looked_at AS "+statement)
	if err == nil {
		err = pool.QueryRowContext(ctx, "EXPLAIN (FORMAT JSON) "+execute).Scan(&text)
	}
	if err == nil {
		_, err = pool.ExecContext(ctx, "DEALLOCATE looked_at")
	}
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	var plans []struct{ Plan node }
	if err = json.Unmarshal([]byte(text), &plans); err != nil || len(plans) != 1 {
		t.Fatalf("%s: %v", text, err)
	}
	return plans[0].Plan
}
