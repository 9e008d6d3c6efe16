package audit_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"example.com/aye/internal/audit"
)

// held verifies what is left of a log of ten rows, whose checkpoints at 4 and 8 left the house, after somebody cut it and
// wrote another first line.
func held(t *testing.T, after int, cut func(*log), change func(*audit.Header, *audit.Span)) (audit.Report, error) {
	t.Helper()
	l := newLog(t, 10)
	whole := l.header()
	trust := audit.Trust{Keys: l.keys(t), Sent: append(l.sent(), l.sent()...)} // each came twice
	cut(l)
	text := l.exportFrom(t, after, false, func(h *audit.Header, s *audit.Span) {
		*h = whole
		change(h, s)
	})
	return audit.VerifyExport(bytes.NewReader(text), trust)
}

func uncut(*log) {}

func keep(rows, points int) func(*log) {
	return func(l *log) { l.rows, l.points = l.rows[:rows], l.points[:points] }
}

func minutes(n float64) *time.Time {
	at := start.Add(time.Duration(n * float64(time.Minute)))
	return &at
}

// TestThreatCutExportUntil: nobody signs that an export is of before a time. A checkpoint that was signed by then is missed.
func TestThreatCutExportUntil(t *testing.T) {
	t.Parallel()
	for _, points := range []int{0, 1, 2} {
		_, err := held(t, 0, keep(5, points), func(h *audit.Header, _ *audit.Span) { h.Until = minutes(1000) })
		wants(t, err, audit.Cut, 6, 8)
	}
	// Also where the export says that it is older: its own checkpoint stands in it.
	_, err := held(t, 0, keep(5, 2), func(h *audit.Header, _ *audit.Span) { h.Until, h.At = minutes(8.1), start })
	wants(t, err, audit.Cut, 6, 8)
	// The checkpoint of row 8 is of the second in which the part ends.
	report, err := held(t, 0, keep(5, 1), func(h *audit.Header, _ *audit.Span) { h.Until = minutes(8 + 1.0/60) })
	if err != nil || report.Whole() || report.Compared != 1 || report.Outside != 1 || report.Later != 0 {
		t.Errorf("%+v %v", report, err)
	}
	// Rows that are not of that time.
	if _, err = held(t, 0, uncut, func(h *audit.Header, _ *audit.Span) { h.Until = minutes(10) }); !errors.Is(err, audit.ErrExport) {
		t.Error(err)
	}
	if report, err = held(t, 0, uncut, func(h *audit.Header, _ *audit.Span) { h.Until = minutes(10.5) }); err != nil || report.Whole() || report.Compared != 2 {
		t.Errorf("%+v %v", report, err)
	}
}

// TestThreatCutExportAt: nobody signs when an export was made. What checkpoints sign that are younger than it says is missed,
// and the rows that are there must fit these too.
func TestThreatCutExportAt(t *testing.T) {
	t.Parallel()
	report, err := held(t, 0, keep(5, 1), func(h *audit.Header, _ *audit.Span) { h.At = *minutes(5.1) })
	if err != nil || report.Whole() || report.Later != 1 || report.Compared != 1 || report.Outside != 0 {
		t.Errorf("%+v %v", report, err)
	}
	if report, err = held(t, 0, uncut, func(h *audit.Header, _ *audit.Span) { h.At = start }); err != nil || !report.Whole() || report.Compared != 2 {
		t.Errorf("%+v %v", report, err)
	}
	if report, err = held(t, 0, keep(10, 0), func(h *audit.Header, _ *audit.Span) { h.At = start }); err != nil || report.Compared != 2 {
		t.Errorf("%+v %v", report, err)
	}
	_, err = held(t, 0, func(l *log) { l.points = nil; rewrite(t, l, 6) }, func(h *audit.Header, _ *audit.Span) { h.At = start })
	wants(t, err, audit.Rewritten, 5, 8)
	// No chain is left of which they are.
	l := newLog(t, 10)
	report, err = audit.VerifyExport(bytes.NewReader(none(t, l, func(h *audit.Header) { h.At = start })), audit.Trust{Sent: append(l.sent(), l.sent()...)})
	if err != nil || report.Whole() || report.Later != 2 {
		t.Errorf("%+v %v", report, err)
	}
	// Another history of one number, younger than the export.
	l = newLog(t, 10)
	sent := l.sent()
	rewrite(t, l, 6)
	l.points = l.points[:1]
	l.point(t, 8, false)
	text := l.exportFrom(t, 0, false, func(h *audit.Header, _ *audit.Span) { h.At = start })
	_, err = audit.VerifyExport(bytes.NewReader(text), audit.Trust{Sent: sent})
	wants(t, err, audit.Rewritten, 8, 8)
	l.points = l.points[:1]
	l.rows = l.rows[:7]
	l.point(t, 6, false) // the one that was sent signs a row that is not there
	text = l.exportFrom(t, 0, false, func(h *audit.Header, _ *audit.Span) { h.At = start })
	_, err = audit.VerifyExport(bytes.NewReader(text), audit.Trust{Sent: sent})
	wants(t, err, audit.Rewritten, 6, 8)
}

// TestALaterFloor: rows that were dropped after the export was made may be in it, and its own beginning stands.
func TestALaterFloor(t *testing.T) {
	t.Parallel()
	l := newLog(t, 10)
	text := l.export(t, false)
	l.rows[4].At = l.rows[4].At.Add(2 * time.Hour) // when it is signed
	l.point(t, 5, true)
	report, err := audit.VerifyExport(bytes.NewReader(text), audit.Trust{Keys: l.keys(t), Sent: l.sent()})
	if err != nil || !report.Whole() || report.Compared != 3 || report.Chains[0].First != 1 || report.Chains[0].Floor != 0 {
		t.Errorf("%+v %v", report, err)
	}
}

func none(t *testing.T, l *log, change func(*audit.Header)) []byte {
	t.Helper()
	h := l.header()
	change(&h)
	var out bytes.Buffer
	e, err := audit.NewExporter(&out, h)
	must(t, err)
	must(t, e.End())
	return out.Bytes()
}

// TestThreatCutExportChains: an export that is not of all chains says nothing of the others, and is of one at least.
func TestThreatCutExportChains(t *testing.T) {
	t.Parallel()
	l := newLog(t, 10)
	_, err := audit.VerifyExport(bytes.NewReader(none(t, l, func(h *audit.Header) { h.All = false })), audit.Trust{Sent: l.sent()})
	if !errors.Is(err, audit.ErrExport) {
		t.Error(err)
	}
	other := func(h *audit.Header, s *audit.Span) {
		h.All, s.Organisation, s.Last, s.Hash = false, "org_2", 0, audit.First
	}
	for _, at := range []time.Time{start, *minutes(1000)} {
		report, failed := held(t, 10, keep(10, 0), func(h *audit.Header, s *audit.Span) { other(h, s); h.At = at })
		if failed != nil || report.Whole() || report.Outside != 2 || report.Compared != 0 {
			t.Errorf("%+v %v", report, failed)
		}
	}
	report, err := held(t, 0, uncut, func(h *audit.Header, _ *audit.Span) { h.All = false })
	if err != nil || report.Whole() || report.Compared != 2 || report.Outside != 0 {
		t.Errorf("%+v %v", report, err)
	}
}

// TestThreatCutExportFrom: nobody signs that an export is of a time and later. It is a part, and what was signed in that
// time is missed.
func TestThreatCutExportFrom(t *testing.T) {
	t.Parallel()
	from := func(after int, at float64) (audit.Report, error) {
		return held(t, after, uncut, func(h *audit.Header, _ *audit.Span) { h.From = minutes(at) })
	}
	report, err := from(4, 4.5) // at a checkpoint
	if err != nil || report.Whole() || report.Chains[0].Loose || report.Compared != 2 || report.Outside != 0 {
		t.Errorf("%+v %v", report, err)
	}
	report, err = from(6, 7)
	if err != nil || report.Whole() || !report.Chains[0].Loose || report.Compared != 1 || report.Outside != 1 {
		t.Errorf("%+v %v", report, err)
	}
	report, err = from(0, -1000)
	if err != nil || report.Whole() || report.Compared != 2 {
		t.Errorf("%+v %v", report, err)
	}
	if _, err = from(4, 5.5); !errors.Is(err, audit.ErrExport) {
		t.Error(err)
	}
	// Rows 5 and 6 are of the time that the part says it is of: checkpoint 1 was signed before them, and in it.
	_, err = from(6, -1000)
	wants(t, err, audit.Missing, 5, 6)
	// A row that waited to be written stands behind one that is dated later.
	l := newLog(t, 4)
	at := l.rows[3].At.Add(time.Hour)
	for i, ahead := range []time.Duration{time.Second, -time.Second, -time.Hour} {
		row, err := audit.Append(l.rows[3+i], audit.Entry{Organisation: "org_1", Actor: "x", Action: "case.opened", Subject: "case_1", At: at.Add(ahead)})
		must(t, err)
		l.rows = append(l.rows, row)
		_, err = audit.VerifyExport(bytes.NewReader(l.exportFrom(t, 4, false, func(h *audit.Header, _ *audit.Span) { h.From = &at })), audit.Trust{Sent: l.sent()})
		if (err == nil) != (i < 2) {
			t.Errorf("%s: %v", ahead, err)
		}
	}
}
