package audit_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"example.com/aye/internal/audit"
)

// FuzzRow: a row that is taken means, to a reader who knows JSON and nothing of this program, what was hashed: read and
// written again it gives the same bytes.
func FuzzRow(f *testing.F) {
	l := newLog(f, 6)
	for line := range strings.SplitSeq(string(l.export(f, true)), "\n") {
		if _, row, ok := strings.Cut(line, `,"row":`); ok {
			f.Add([]byte(row[:len(row)-1]))
		}
	}
	for _, row := range []string{
		`{"organisation":"","actor":"","action":"","subject":"","at":"0000-01-01T00:00:00Z","sequence":1,"previous":"` + audit.First + `","hash":""}`,
		`{"organisation":"","actor":"\ud800","action":"","subject":"","at":"2024-02-29T00:00:00.01Z","data":{"a":"\u2028"},"sequence":1,"previous":"` + audit.First + `","hash":""}`,
		`{"organisation":"","actor":"","action":"","subject":"","at":"2023-02-29T00:00:00Z","data":{"\u0000":"","\u003c":""},"sequence":1,"previous":"` + audit.First + `","hash":""}`,
		`{"organisation":"","actor":"","actor":"","action":"","subject":"","at":"2026-01-01T00:00:00Z","sequence":1,"previous":"` + audit.First + `","hash":""}`,
		`{"organisation":"a\"b\`,
	} {
		f.Add([]byte(row))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		line := append(append([]byte(`{"hash":"`+audit.First+`","row":`), text...), '}')
		_, _, _ = audit.ReadLine(line[:len(line)-1]) // torn off anywhere, it is read to its end and no further
		row, _, taken := audit.ReadLine(line)
		if !taken {
			return
		}
		var read audit.Row
		d := json.NewDecoder(bytes.NewReader(row))
		d.DisallowUnknownFields()
		if err := d.Decode(&read); err != nil {
			t.Fatalf("%q: %v", row, err)
		}
		again, err := read.Text()
		if err != nil || !bytes.Equal(again, row) {
			t.Fatalf("%q became %q, %v", row, again, err)
		}
	})
}

// FuzzExport: whatever comes, it is refused or it is what was exported, but for values that the chain says nothing of.
func FuzzExport(f *testing.F) {
	l := newLog(f, 6)
	good := l.export(f, true)
	keys := l.keys(f)
	f.Add(uint16(0), uint16(0), []byte{})
	f.Add(uint16(700), uint16(1), []byte(`\u0078`))
	f.Add(uint16(1500), uint16(300), []byte("\n"))
	rows := func(text []byte) (all []string) {
		for line := range strings.SplitSeq(string(text), "\n") {
			if row, _, taken := audit.ReadLine([]byte(line)); taken {
				all = append(all, string(row))
			}
		}
		return all
	}
	signed := rows(good)[:4] // up to the checkpoint
	f.Fuzz(func(t *testing.T, at, length uint16, put []byte) {
		start := min(int(at), len(good))
		end := min(start+int(length), len(good))
		text := append(append(bytes.Clone(good[:start]), put...), good[end:]...)
		report, err := audit.VerifyExport(bytes.NewReader(text), audit.Trust{Keys: keys})
		if err != nil || report.Header.From != nil || report.Header.Until != nil || len(report.Chains) == 0 || report.Chains[0].Agreed == 0 {
			return
		}
		if found := rows(text); len(found) < 4 || strings.Join(found[:4], "") != strings.Join(signed, "") {
			t.Fatalf("%q is taken for the signed rows", found)
		}
	})
}
