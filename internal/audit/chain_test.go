package audit_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/internal/audit"
)

func chain(t *testing.T, n int) []audit.Row {
	t.Helper()
	var rows []audit.Row
	var last audit.Row
	for i := range n {
		at := time.Date(2026, 2, 3, 4, 5, i, 123_456_789, time.FixedZone("", 3600))
		row, err := audit.Append(last, audit.Entry{
			Organisation: "org_1", Actor: "app_1", Action: "approval.asked", Subject: fmt.Sprint(i), At: at, Data: map[string]string{"b": "1", "a": "2"},
		})
		if err != nil {
			t.Fatal(err)
		}
		rows, last = append(rows, row), row
	}
	return rows
}

// verify gives the place of the first bad row, and 0 where all are good.
func verify(t *testing.T, rows []audit.Row) int {
	t.Helper()
	var v audit.Verifier
	for i, row := range rows {
		if err := v.Next(row); err != nil {
			if !errors.Is(err, audit.ErrBroken) || !strings.Contains(err.Error(), fmt.Sprintf("row %d of chain", i+1)) {
				t.Fatal(err)
			}
			return i + 1
		}
	}
	return 0
}

func TestChain(t *testing.T) {
	t.Parallel()
	rows := chain(t, 5)
	if verify(t, rows) != 0 {
		t.Fatal("a good chain is refused")
	}
	if rows[0].Previous != audit.First || rows[0].Sequence != 1 || rows[1].Previous != rows[0].Hash {
		t.Errorf("%+v", rows[0])
	}
	if at := rows[0].At; at.Location() != time.UTC || at.Nanosecond() != 123_000_000 {
		t.Errorf("time %v", at)
	}
}

// Whatever is done to a chain is noticed at the row where it was done.
func TestEditedChains(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		edit func([]audit.Row) []audit.Row
		at   int
	}{
		{"actor", func(r []audit.Row) []audit.Row { r[2].Actor = "x"; return r }, 3},
		{"action", func(r []audit.Row) []audit.Row { r[2].Action = "x"; return r }, 3},
		{"subject", func(r []audit.Row) []audit.Row { r[2].Subject = "x"; return r }, 3},
		{"organisation", func(r []audit.Row) []audit.Row { r[2].Organisation = "x"; return r }, 3},
		{"time", func(r []audit.Row) []audit.Row { r[2].At = r[2].At.Add(time.Millisecond); return r }, 3},
		{"data", func(r []audit.Row) []audit.Row { r[2].Data = map[string]string{"a": "3"}; return r }, 3},
		{"hash", func(r []audit.Row) []audit.Row { r[2].Hash = audit.First; return r }, 3},
		{"previous", func(r []audit.Row) []audit.Row { r[2].Previous = audit.First; return r }, 3},
		{"sequence", func(r []audit.Row) []audit.Row { r[2].Sequence = 4; return r }, 3},
		{"first removed", func(r []audit.Row) []audit.Row { return r[1:] }, 1},
		{"removed", func(r []audit.Row) []audit.Row { return slices.Delete(r, 2, 3) }, 3},
		{"reordered", func(r []audit.Row) []audit.Row { r[1], r[2] = r[2], r[1]; return r }, 2},
		{"twice", func(r []audit.Row) []audit.Row { return slices.Insert(r, 2, r[1]) }, 3},
		{"edited, with its hash", func(r []audit.Row) []audit.Row {
			entry := r[2].Entry
			entry.Actor = "x"
			r[2], _ = audit.Append(r[1], entry)
			return r
		}, 4},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if at := verify(t, test.edit(chain(t, 5))); at != test.at {
				t.Errorf("noticed at row %d, not %d", at, test.at)
			}
		})
	}
}
