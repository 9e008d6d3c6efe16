package audit_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"testing"
	"time"

	"example.com/aye/internal/audit"
)

// approved is the entry of a decision.
func approved() audit.Entry {
	return audit.Entry{
		Organisation: "org_01890a5d4f6c7b3e8a1d2c3b4a596877", Actor: "dev_01890a5d4f6c7b3e8a1d2c3b4a596878", Action: "approval.approved",
		Subject: "apr_01890a5d4f6c7b3e8a1d2c3b4a596879", At: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC), Data: map[string]string{
			"user": "usr_01890a5d4f6c7b3e8a1d2c3b4a596880", "from": "pending", "method": "push", "device": "dev_01890a5d4f6c7b3e8a1d2c3b4a596878",
		},
	}
}

// BenchmarkAppend is one more row, beside the bare hash of as much text.
func BenchmarkAppend(b *testing.B) {
	entry := approved()
	first, err := audit.Append(audit.Row{}, entry)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("way=aye", func(b *testing.B) {
		b.ReportAllocs()
		last := first
		for b.Loop() {
			if last, err = audit.Append(last, entry); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("way=bare", func(b *testing.B) {
		text, err := json.Marshal(first)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			_ = sha256.Sum256(text)
		}
	})
}

// Rows are made by the one who writes, while all others wait.
func TestAllocations(t *testing.T) {
	entry := approved()
	const most = 18 // with the race detector; 14 without
	got := testing.AllocsPerRun(200, func() {
		if _, err := audit.Append(audit.Row{}, entry); err != nil {
			t.Fatal(err)
		}
	})
	if got > most {
		t.Errorf("%v allocations, %v at most", got, most)
	}
}

// BenchmarkVerify is an export in memory that is verified, beside the bare hash of the same bytes.
func BenchmarkVerify(b *testing.B) {
	text := exported(b, 20_000)
	b.Run("way=aye", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := audit.VerifyExport(bytes.NewReader(text), audit.Trust{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("way=bare", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			_ = sha256.Sum256(text)
		}
	})
}

// exported has rows as they are: decisions, most of all.
func exported(tb testing.TB, n int) []byte {
	tb.Helper()
	var last audit.Row
	rows := make([]audit.Row, 0, n)
	for range n {
		var err error
		if last, err = audit.Append(last, approved()); err != nil {
			tb.Fatal(err)
		}
		rows = append(rows, last)
	}
	l := newSigner(tb)
	point := l.sign(tb, audit.Checkpoint{Organisation: last.Organisation, Number: 1, Sequence: last.Sequence, Hash: last.Hash, Previous: audit.First, At: last.At})
	var out bytes.Buffer
	e, err := audit.NewExporter(&out, audit.Header{At: last.At, All: true, Keys: []audit.PublicKey{l.public}})
	must(tb, err)
	must(tb, e.Chain(audit.Span{Organisation: last.Organisation, Previous: audit.First, Last: last.Sequence, Hash: last.Hash}, []audit.Checkpoint{point}))
	for _, row := range rows {
		must(tb, e.Row(row))
	}
	must(tb, e.End())
	return out.Bytes()
}
