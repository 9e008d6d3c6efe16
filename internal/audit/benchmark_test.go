package audit_test

import (
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
