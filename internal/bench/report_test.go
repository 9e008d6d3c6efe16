package bench

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the golden files anew")

func containsAll(text string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

func example() *Report {
	cycles := &Group{Phase: Cycles, Title: "whole logins", Notes: []string{strings.Repeat("Words that are wrapped where a line is full. ", 5), "Another."}}
	cycles.add(Row{Name: "a", What: "logins, 64 in flight", Unit: PerSecond, Aye: new(312.4), Limit: new(1234.5)})
	cycles.add(Row{Name: "b", What: "decision to release p99", Unit: Seconds, Aye: seconds(12340 * time.Microsecond), Limit: seconds(850 * time.Microsecond), Goal: atMost(3)})
	cycles.add(Row{Name: "c", What: "bytes allocated a login", Unit: Bytes, Aye: new(325_000.0), Limit: new(89_958.0)})
	cycles.add(Row{Name: "d", What: "statements a login", Unit: Count, Limit: new(41.25)})
	cycles.add(Row{Name: "e", What: "the slowest", Unit: Seconds, Aye: seconds(90 * time.Second)})
	waiters := &Group{Phase: Waiters, Title: "pages that wait"}
	waiters.add(Row{Name: "f", What: "bytes a page", Unit: Bytes, Aye: new(7000.0), Limit: new(4000.0), Goal: &Goal{Of: OfNumber, AtMost: new(8192.0)}})
	waiters.add(Row{Name: "g", What: "bytes a page, fewer than asked", Unit: Bytes, Aye: new(7000.0), Goal: &Goal{Of: OfNumber, AtMost: new(8192.0)}, Asked: 50_000, Held: 19_000})
	waiters.add(Row{Name: "h", What: "pushes", Unit: PerSecond, Aye: new(8_000_000.0), Limit: new(10_000_000.0), Goal: atLeast(0.8)})
	waiters.add(Row{Name: "i", What: "not measured", Unit: PerSecond, Goal: atLeast(0.8)})
	return &Report{
		Machine: Machine{Processors: 2, System: "linux/amd64", Go: "go1.26"}, Duration: "10s", Took: "3m2s", Groups: []*Group{cycles, waiters},
		Failures: []Failure{{Cycles, "Aye: ask: 503 unavailable", 12}},
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	if err := example().Table(&got); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "table.txt")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
	for line := range strings.Lines(got.String()) {
		if utf8.RuneCountInString(line) > 101 { // with its end
			t.Errorf("too wide: %s", line)
		}
	}
}

func TestNumbersForPeople(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		unit  Unit
		value float64
		want  string
	}{
		{Count, 0, "0"},
		{Count, 1234567, "1,234,567"},
		{Count, -1234, "-1,234"},
		{Count, 6.125, "6.12"},
		{Bytes, -23232.5, "-23,232 B"},
		{PerSecond, 99.94, "99.9 /s"},
		{PerSecond, 100.4, "100 /s"},
		{Seconds, 0.0000125, "12.5 µs"},
		{Seconds, 0.0123, "12.3 ms"},
		{Seconds, 2.5, "2.50 s"},
		{Bytes, 8192, "8,192 B"},
		{Bytes, 300 << 10, "300 KiB"},
		{Bytes, 5.5 * (1 << 20), "5.50 MiB"},
	} {
		if got := test.unit.show(&test.value); got != test.want {
			t.Errorf("%v %s is shown as %q, want %q", test.value, test.unit, got, test.want)
		}
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	var f failures
	if len(f.list()) != 0 || !(&Report{Failures: f.list()}).Good() {
		t.Error("nothing failed, and it is not good")
	}
	f.add(Kills, "lost")
	f.add(Cycles, "rare")
	for range 3 {
		f.add(Cycles, "often")
	}
	want := []Failure{{Cycles, "often", 3}, {Cycles, "rare", 1}, {Kills, "lost", 1}}
	got := f.list()
	if len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("%v, want %v", got, want)
	}
	for i := range 2 * mostReasons {
		f.add(Pushes, strings.Repeat("x", i))
	}
	if got := f.list(); len(got) > mostReasons+1 {
		t.Errorf("%d reasons are told apart", len(got))
	}
}
