package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"example.com/aye/internal/audit"
)

const disarm = "DROP TRIGGER audit_rows_stay; DROP TRIGGER audit_rows_stand;"

// TestThreatEditedAudit changes the log as somebody with the file in hand would, and expects the
// first bad row to be named.
func TestThreatEditedAudit(t *testing.T) {
	t.Parallel()
	const chain = " WHERE organisation = 'org_x'"
	tests := []struct {
		name, statement string
		row             int
	}{
		{"untouched", "SELECT 1", 0},
		{"text changed", "UPDATE audit_rows SET actor = 'nobody'" + chain + " AND sequence = 3", 3},
		{"data changed", "UPDATE audit_rows SET data = '{\"n\":\"9\"}'" + chain + " AND sequence = 4", 4},
		{"time changed", "UPDATE audit_rows SET at = at + 1" + chain + " AND sequence = 1", 1},
		{"hash changed", "UPDATE audit_rows SET hash = previous" + chain + " AND sequence = 2", 2},
		{"row deleted", "DELETE FROM audit_rows" + chain + " AND sequence = 3", 3},
		{"first row deleted", "DELETE FROM audit_rows" + chain + " AND sequence = 1", 1},
		{"rows renumbered over a gap", "DELETE FROM audit_rows" + chain + " AND sequence = 3; UPDATE audit_rows SET sequence = sequence - 1" + chain + " AND sequence > 3", 3},
		{"rows swapped", `UPDATE audit_rows SET sequence = 100` + chain + ` AND sequence = 2; UPDATE audit_rows SET sequence = 2` + chain +
			` AND sequence = 4; UPDATE audit_rows SET sequence = 4` + chain + ` AND sequence = 100`, 2},
		{"cut at its end", "DELETE FROM audit_rows" + chain + " AND sequence = 5", 5},
		{"cut to nothing", "DELETE FROM audit_rows" + chain, 1},
		{"moved to another chain", "UPDATE audit_rows SET organisation = 'org_z'" + chain + " AND sequence = 5", 5},
		{"head removed", "DELETE FROM audit_heads" + chain, 6},
		{"head changed", "UPDATE audit_heads SET hash = 'x'" + chain, 6},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			h, s := house(t, path)
			for i := range 5 {
				entry := audit.Entry{Organisation: "org_x", Actor: "system", Action: "x", At: h.Clock.Now(), Data: map[string]string{"n": fmt.Sprint(i)}}
				must(t, s.Write(t.Context(), entry))
			}
			run(t, raw(t, path), disarm, test.statement)
			err := s.VerifyAudit(t.Context())
			if test.row == 0 {
				must(t, err)
				return
			}
			if want := fmt.Sprintf("at row %d of chain \"org_x\"", test.row); !errors.Is(err, audit.ErrBroken) || !strings.Contains(err.Error(), want) {
				t.Fatalf("error is %v, it should name the place %s", err, want)
			}
		})
	}
}

// TestAuditRowsStay: the store itself, or somebody at its SQL prompt, does not change the log by mistake.
func TestAuditRowsStay(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	_, s := house(t, path)
	must(t, s.Write(t.Context(), audit.Entry{Actor: "system"}))
	for _, statement := range []string{"UPDATE audit_rows SET actor = 'x'", "DELETE FROM audit_rows"} {
		if _, err := raw(t, path).ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s is possible", statement)
		}
	}
}
