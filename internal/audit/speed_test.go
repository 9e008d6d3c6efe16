package audit_test

import (
	"bytes"
	"crypto/sha256"
	"testing"
	"time"

	"example.com/aye/internal/audit"
)

// BenchmarkVerifyBesideBare verifies an export beside the bare hash of the same bytes. Both take turns, and of each the best
// turn counts: what else the machine does makes turns slower and none faster. The goal is 0.3 at least.
func BenchmarkVerifyBesideBare(b *testing.B) {
	text := exported(b, 2_000)
	best := func(before time.Duration, work func()) time.Duration {
		began := time.Now()
		work()
		return min(before, time.Since(began))
	}
	bare, aye := time.Hour, time.Hour
	for b.Loop() {
		bare = best(bare, func() { _ = sha256.Sum256(text) })
		aye = best(aye, func() {
			if _, err := audit.VerifyExport(bytes.NewReader(text), audit.Trust{}); err != nil {
				b.Fatal(err)
			}
		})
	}
	b.ReportMetric(float64(bare)/float64(aye), "of-bare")
	b.ReportMetric(float64(len(text))*1000/float64(bare), "bare-MB/s")
}
