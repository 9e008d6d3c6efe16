package store_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"example.com/aye/pairing"
)

// TestConditionsOfRequests: what must hold of a request is looked at whoever writes it, into the table or into one of its months.
func TestConditionsOfRequests(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	m := s.AddPerson(t, "ada@example.com")
	phone := s.AddPhone(t, m, pairing.Paired)
	r := keepWith(t, s, s.House.Request(m, "browser"), phone.ID)
	month := s.where(t, "approvals", "id = $1", r.ID)[0]
	refused := func(statement string, values ...any) {
		t.Helper()
		_, err := s.db.ExecContext(t.Context(), statement, values...)
		if failure, said := errors.AsType[*pgconn.PgError](err); !said || failure.Code != "23514" {
			t.Errorf("%s: %v", statement, err)
		}
	}
	columns := strings.Join(texts(t, s.db, "SELECT attname FROM pg_attribute WHERE attrelid = 'approvals'::regclass AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('id', 'state') ORDER BY attnum"), ", ")
	for _, table := range []string{"approvals", month} {
		for _, wrong := range []string{
			"purpose = 'x'", "state = 'x'", "confirm = 'x'", "new_browser = 2", "withheld = -1", "everywhere = 2", "local = 2",
			"purpose = 'login', application_id = NULL", "state = 'approved'", "state = 'approved', decided = 1", "state = 'approved', redeem_by = 1",
			"state = 'released', decided = 1, redeem_by = 1", "state = 'reported'", "previous = 'approved'",
		} {
			refused("UPDATE "+table+" SET "+wrong+" WHERE id = $1", r.ID)
		}
		refused("INSERT INTO "+table+" (id, state, "+columns+") SELECT id || 'x', 'released', "+columns+" FROM approvals WHERE id = $1", r.ID)
		_, err := s.db.ExecContext(t.Context(), "UPDATE "+table+" SET state = 'approved', decided = 1, redeem_by = 1 WHERE id = $1", r.ID)
		must(t, err)
		_, err = s.db.ExecContext(t.Context(), "UPDATE "+table+" SET state = 'pending', decided = 0, redeem_by = 0 WHERE id = $1", r.ID)
		must(t, err)
	}
}
