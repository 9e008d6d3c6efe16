package audit_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/internal/audit"
)

func TestAWholeExport(t *testing.T) {
	t.Parallel()
	l := newLog(t, 10)
	for _, personal := range []bool{false, true} {
		report, err := audit.VerifyExport(bytes.NewReader(l.export(t, personal)), audit.Trust{Keys: l.keys(t), Sent: l.sent()})
		must(t, err)
		c := report.Chains[0]
		if report.Rows != 10 || !report.Pinned || c.First != 1 || c.Last != 10 || c.Agreed != 8 || c.Checkpoints != 2 || c.Loose {
			t.Errorf("%+v", report)
		}
		if want := map[bool]int64{true: 6}[personal]; c.Values != want {
			t.Errorf("%d personal values, not %d", c.Values, want)
		}
	}
}

// wants checks that an export is refused, and where.
func wants(t *testing.T, err error, kind audit.Kind, row, until int64) {
	t.Helper()
	var f *audit.Finding
	if !errors.As(err, &f) || !errors.Is(err, audit.ErrBroken) || f.Kind != kind || f.Row != row || f.Until != until || f.Organisation != "org_1" {
		t.Errorf("%+v %v, want %s at %d to %d", f, err, kind, row, until)
	}
}

// rewrite makes a row anew, with its hash, and all behind it too.
func rewrite(t *testing.T, l *log, from int) {
	t.Helper()
	for i := from - 1; i < len(l.rows); i++ {
		var last audit.Row
		if i > 0 {
			last = l.rows[i-1]
		}
		entry := l.rows[i].Entry
		entry.Actor = "nobody"
		row, err := audit.Append(last, entry)
		must(t, err)
		l.rows[i] = row
	}
}

// TestThreatEditedExport does to an export what somebody would who has it in hand, or the database it came from.
func TestThreatEditedExport(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		edit       func(*testing.T, *log)
		kind       audit.Kind
		row, until int64
	}{
		{"edited", func(_ *testing.T, l *log) { l.rows[4].Actor = "nobody" }, audit.Changed, 5, 5},
		{"edited with its hash", func(t *testing.T, l *log) {
			text, err := l.rows[4].Text()
			must(t, err)
			if l.rows[4].Hash != fmt.Sprintf("%x", sum(text)) {
				t.Fatal("the hash is made of something else")
			}
			l.rows[4].Subject = "case_9"
			text, err = l.rows[4].Text()
			must(t, err)
			l.rows[4].Hash = fmt.Sprintf("%x", sum(text))
		}, audit.Unlinked, 6, 6},
		{"deleted", func(_ *testing.T, l *log) { l.rows = slices.Delete(l.rows, 2, 3) }, audit.Missing, 3, 3},
		{"several deleted", func(_ *testing.T, l *log) { l.rows = slices.Delete(l.rows, 2, 5) }, audit.Missing, 3, 5},
		{"the first deleted", func(_ *testing.T, l *log) { l.rows = l.rows[2:] }, audit.Missing, 1, 2},
		{"swapped", func(_ *testing.T, l *log) { l.rows[5], l.rows[6] = l.rows[6], l.rows[5] }, audit.Missing, 6, 6},
		{"twice", func(_ *testing.T, l *log) { l.rows = slices.Insert(l.rows, 6, l.rows[5]) }, audit.Moved, 7, 7},
		{"of another chain", func(t *testing.T, l *log) {
			l.rows[5].Organisation = "org_2"
			text, err := l.rows[5].Text()
			must(t, err)
			l.rows[5].Hash = fmt.Sprintf("%x", sum(text))
		}, audit.Moved, 6, 6},
		{"cut at a signed row", func(_ *testing.T, l *log) { l.rows = l.rows[:6] }, audit.Cut, 7, 8},
		{"rewritten from a row on", func(t *testing.T, l *log) { rewrite(t, l, 6) }, audit.Rewritten, 5, 8},
		{"rewritten from the first on", func(t *testing.T, l *log) { rewrite(t, l, 1) }, audit.Rewritten, 1, 4},
		{"a personal value changed", func(_ *testing.T, l *log) { l.rows[5].Openings[1].Value = "192.0.2.9" }, audit.Value, 6, 6},
		{"a personal value added", func(_ *testing.T, l *log) {
			l.rows[6].Openings = []audit.Opening{{Name: "ip", Salt: make([]byte, 16), Value: "192.0.2.9"}}
		}, audit.Value, 7, 7},
		{"a commitment changed", func(_ *testing.T, l *log) {
			l.rows[5].Openings = nil
			l.rows[5].Commitments = map[string]string{"ip": audit.First}
		}, audit.Changed, 6, 6},
		{"a checkpoint removed", func(_ *testing.T, l *log) { l.points = l.points[1:] }, audit.Forged, 8, 8},
		{"a checkpoint of another key", func(t *testing.T, l *log) { l.points[1] = newSigner(t).sign(t, l.points[1]) }, audit.Forged, 0, 0},
		{"a checkpoint that was changed", func(_ *testing.T, l *log) {
			parts := strings.Split(l.points[1].Text, ".")
			l.points[1].Text = strings.Join([]string{parts[0], strings.Split(l.points[0].Text, ".")[1], parts[2]}, ".")
		}, audit.Forged, 0, 0},
		{"a checkpoint of another chain", func(t *testing.T, l *log) {
			c := l.points[1]
			c.Organisation = "org_2"
			l.points[1] = l.sign(t, c)
		}, audit.Forged, 8, 8},
		{"checkpoints of two signers of one number", func(t *testing.T, l *log) {
			c := l.points[1]
			c.Previous = audit.First
			l.points[1] = l.sign(t, c)
		}, audit.Forged, 8, 8},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLog(t, 10)
			test.edit(t, l)
			_, err := audit.VerifyExport(bytes.NewReader(l.export(t, true)), audit.Trust{Keys: l.keys(t)})
			wants(t, err, test.kind, test.row, test.until)
		})
	}
}

// TestThreatForkedLog: who has the database and no key writes everything anew, and takes the checkpoints away that do not
// fit. What left the house shows it, and which rows.
func TestThreatForkedLog(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, change func(*log)) (audit.Report, error) {
		t.Helper()
		l := newLog(t, 10)
		sent, keys := l.sent(), l.keys(t)
		change(l)
		return audit.VerifyExport(bytes.NewReader(l.export(t, false)), audit.Trust{Keys: keys, Sent: sent})
	}
	_, err := check(t, func(l *log) { l.points = nil; rewrite(t, l, 6) })
	wants(t, err, audit.Rewritten, 5, 8)
	_, err = check(t, func(l *log) { l.points = nil; l.rows = l.rows[:3] })
	wants(t, err, audit.Cut, 4, 8)

	// Somebody with the key signs another history: of one number there are two checkpoints.
	l := newLog(t, 10)
	sent := l.sent()
	rewrite(t, l, 6)
	l.points = l.points[:1]
	l.point(t, 8, false)
	_, err = audit.VerifyExport(bytes.NewReader(l.export(t, false)), audit.Trust{Sent: sent})
	wants(t, err, audit.Rewritten, 8, 8)

	// A chain that is gone as a whole.
	l = newLog(t, 10)
	other := l.sign(t, audit.Checkpoint{Organisation: "org_1", Number: 1, Sequence: 4, Hash: audit.First, Previous: audit.First, At: start})
	var out bytes.Buffer
	e, err := audit.NewExporter(&out, l.header())
	must(t, err)
	must(t, e.End())
	_, err = audit.VerifyExport(&out, audit.Trust{Sent: []string{other.Text}})
	wants(t, err, audit.Cut, 1, 4)
}

// TestTheFloor: rows that were dropped because of their age are not missed, where a checkpoint says so, and only there.
func TestTheFloor(t *testing.T) {
	t.Parallel()
	l := newLog(t, 10)
	l.point(t, 5, true)
	verify := func(after int, change func(*audit.Header, *audit.Span)) (audit.Report, error) {
		return audit.VerifyExport(bytes.NewReader(l.exportFrom(t, after, false, change)), audit.Trust{Keys: l.keys(t), Sent: l.sent()})
	}
	whole := func(*audit.Header, *audit.Span) {}
	report, err := verify(5, whole)
	must(t, err)
	if c := report.Chains[0]; c.Floor != 5 || c.First != 6 || c.Last != 10 || c.Loose {
		t.Errorf("%+v", c)
	}
	_, err = verify(6, whole)
	wants(t, err, audit.Missing, 6, 6)
	l.points = l.points[:2]
	_, err = verify(5, whole)
	wants(t, err, audit.Missing, 1, 5)
	l.point(t, 5, true)
	l.rows[4].Hash = audit.First // what the floor signs is not what was there
	rewrite(t, l, 6)
	_, err = verify(5, whole)
	wants(t, err, audit.Unlinked, 6, 6)
}

// TestAPart: what was asked for from a day on begins where a checkpoint stands, or it is told that nothing proves its beginning.
func TestAPart(t *testing.T) {
	t.Parallel()
	l := newLog(t, 10)
	part := func(after int, until *time.Time) audit.ChainReport {
		t.Helper()
		from := l.rows[after].At
		text := l.exportFrom(t, after, false, func(h *audit.Header, _ *audit.Span) { h.From, h.Until = &from, until })
		report, err := audit.VerifyExport(bytes.NewReader(text), audit.Trust{Sent: l.sent()})
		must(t, err)
		if report.Whole() || report.Compared != 1 || report.Outside != 1 {
			t.Errorf("%+v", report)
		}
		return report.Chains[0]
	}
	if c := part(6, nil); !c.Loose || c.First != 7 || c.Agreed != 8 {
		t.Errorf("%+v", c)
	}
	until := l.rows[7].At
	l.rows = l.rows[:7]
	if c := part(4, &until); c.Last != 7 || c.Agreed != 4 {
		t.Errorf("%+v", c)
	}
}

// TestKeys: with keys that were kept, only those count, and those that they announced.
func TestKeys(t *testing.T) {
	t.Parallel()
	l := newLog(t, 10)
	elder, stranger := newSigner(t), newSigner(t)
	verify := func(kept signer) error {
		text := l.exportFrom(t, 0, false, func(h *audit.Header, _ *audit.Span) { h.Keys = []audit.PublicKey{elder.public, l.public} })
		report, err := audit.VerifyExport(bytes.NewReader(text), audit.Trust{Keys: kept.keys(t)})
		if err == nil && !report.Pinned {
			t.Error("not pinned")
		}
		return err
	}
	must(t, verify(l.signer))
	wants(t, verify(elder), audit.Forged, 0, 0)
	l.signer = l.announce(t, elder)
	must(t, verify(elder))
	wants(t, verify(stranger), audit.Forged, 0, 0)
	l.signer = l.announce(t, stranger)
	wants(t, verify(elder), audit.Forged, 0, 0)
	l.signer = l.announce(t, signer{stranger.private, elder.public}) // in the elder's name
	wants(t, verify(elder), audit.Forged, 0, 0)
	l.public.Announcement = newSigner(t).announce(t, elder).public.Announcement // another key's
	wants(t, verify(elder), audit.Forged, 0, 0)
	text, err := audit.KeySet{Keys: []audit.PublicKey{l.public}}.Text()
	must(t, err)
	if _, err = audit.ParseKeySet(text); err != nil {
		t.Error(err)
	}
	if _, err = audit.ParseKeySet(bytes.ReplaceAll(text, []byte(l.public.ID), []byte(elder.public.ID))); err == nil {
		t.Error("a key by another's name is taken")
	}
}

// TestExportsThatAreNone: an export is whole or it is refused.
func TestExportsThatAreNone(t *testing.T) {
	t.Parallel()
	l := newLog(t, 5)
	text := string(l.export(t, true))
	lines := strings.SplitAfter(text, "\n")
	lines = lines[:len(lines)-1]
	join := func(lines ...string) string { return strings.Join(lines, "") }
	row := lines[3]
	for name, edited := range map[string]string{
		"nothing":               "",
		"no beginning":          join(lines[1:]...),
		"no end":                join(lines[:len(lines)-1]...),
		"torn off":              text[:len(text)-1],
		"more behind the end":   text + "\n",
		"another number":        strings.Replace(text, `"rows":5`, `"rows":4`, 1),
		"another version":       strings.Replace(text, `"aye_audit":1`, `"aye_audit":2`, 1),
		"a field more":          strings.Replace(text, `"aye_audit":1`, `"aye_audit":1,"x":1`, 1),
		"two headers":           lines[0] + text,
		"spaces":                strings.Replace(text, `{"chain":`, `{ "chain":`, 1),
		"the chain twice":       join(join(lines[:len(lines)-1]...), lines[1], lines[2], row, lines[len(lines)-1]),
		"the whole chain twice": strings.Replace(join(join(lines[:len(lines)-1]...), join(lines[1:len(lines)-1]...), lines[len(lines)-1]), `{"chains":1,"rows":5}`, `{"chains":2,"rows":10}`, 1),
		"rows before chains":    join(lines[0], row, join(lines[1:]...)),
		"a line of nothing":     join(lines[0], "\n", join(lines[1:]...)),
		"a very long line":      join(lines[0], strings.Repeat("x", 2<<20), join(lines[1:]...)),
		"line breaks of DOS":    strings.ReplaceAll(text, "\n", "\r\n"),
		"a key by another name": strings.Replace(text, l.public.ID, strings.Repeat("A", 43), 1),
	} {
		if _, err := audit.VerifyExport(strings.NewReader(edited), audit.Trust{}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := audit.VerifyExport(strings.NewReader(text), audit.Trust{Sent: []string{newSigner(t).sign(t, l.points[0]).Text}}); !errors.Is(err, audit.ErrCheckpoint) {
		t.Errorf("a stranger's checkpoint: %v", err)
	}
}

// TestRowsInAnotherSpelling: a row that a reader of JSON could understand in another way than its bytes were
// meant is refused, also when its hash is right.
func TestRowsInAnotherSpelling(t *testing.T) {
	t.Parallel()
	l := newLog(t, 3)
	good := string(l.export(t, true))
	for _, c := range []struct{ name, from, to string }{
		{"a name twice", `"actor":"x"`, `"actor":"x","actor":"y"`},
		{"a name twice in capitals", `"actor":"x"`, `"actor":"x","ACTOR":"y"`},
		{"a field more", `"actor":"x"`, `"actor":"x","actress":"y"`},
		{"another order", `"actor":"x","action":"case.opened"`, `"action":"case.opened","actor":"x"`},
		{"a space", `"actor":"x"`, `"actor": "x"`},
		{"an escape", `"actor":"x"`, `"actor":"\u0078"`},
		{"an escape of another kind", `\u003c`, `<`},
		{"capitals in an escape", `\u003c`, `\u003C`},
		{"half a pair", `"actor":"x"`, `"actor":"\ud800"`},
		{"not UTF-8", `"actor":"x"`, "\"actor\":\"\xff\""},
		{"a control character", `"actor":"x"`, "\"actor\":\"\x01\""},
		{"data twice", `"user":"usr_1"`, `"user":"usr_1","user":"usr_2"`},
		{"data in another order", `"user":"usr_1"`, `"aser":"usr_1"`},
		{"data that is empty", `"sequence":1,`, `"data":{},"sequence":1,`},
		{"a number with a zero", `"sequence":1,`, `"sequence":01,`},
		{"a number with a point", `"sequence":1,`, `"sequence":1.0,`},
		{"a number with a power", `"sequence":1,`, `"sequence":1e0,`},
		{"a number as text", `"sequence":1,`, `"sequence":"1",`},
		{"a huge number", `"sequence":1,`, `"sequence":1000000000000000000000001,`},
		{"a time that is none", `T04:06:06Z`, `T24:06:06Z`},
		{"a day that is none", `2026-02-03T04:06:06Z`, `2026-02-30T04:06:06Z`},
		{"a month that is none", `2026-02-03T04:06:06Z`, `2026-13-03T04:06:06Z`},
		{"a zone", `T04:06:06Z`, `T04:06:06+00:00`},
		{"zeros behind the second", `T04:06:06Z`, `T04:06:06.100Z`},
		{"a hash in the row", `"hash":""}`, `"hash":"0"}`},
		{"a name for a row", `,"row":{"organisation"`, `,"row":{"hash":"","organisation"`},
		{"something behind the row", `"hash":""}}`, `"hash":""},"more":1}`},
		{"something behind the line", `"hash":""}}`, `"hash":""}} `},
		{"a row twice", `"hash":""}}`, `"hash":""},"row":{}}`},
		{"a value without a commitment", `"hash":""}}`, `"hash":""},"personal":{"x":{"salt":"00000000000000000000000000000000","value":"x"}}}`},
		{"no values", `"hash":""}}`, `"hash":""},"personal":{}}`},
	} {
		if !strings.Contains(good, c.from) {
			t.Fatalf("%s: there is no %s", c.name, c.from)
		}
		lines := strings.Split(strings.Replace(good, c.from, c.to, 1), "\n")
		for i, line := range lines { // with the hash that it has now
			begin, end := strings.Index(line, `"row":`), strings.LastIndex(line, "}")
			if begin < 0 {
				continue
			}
			if at := strings.Index(line, `"hash":""}`); at >= 0 {
				end = at + len(`"hash":""}`)
			}
			lines[i] = fmt.Sprintf(`{"hash":"%x`, sum([]byte(line[begin+6:end]))) + line[9+64:]
		}
		_, err := audit.VerifyExport(strings.NewReader(strings.Join(lines, "\n")), audit.Trust{})
		if f := (*audit.Finding)(nil); !errors.As(err, &f) || (f.Kind != audit.Malformed && f.Kind != audit.Value) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
