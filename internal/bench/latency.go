package bench

import (
	"slices"
	"time"
)

// latencies are times that something took, in any order.
type latencies []time.Duration

// at gives the times at the percentiles, by the nearest rank: the smallest time that at
// least that part of all did not exceed. No time at all gives zeros.
func (l latencies) at(percentiles ...float64) []time.Duration {
	sorted := slices.Sorted(slices.Values(l))
	out := make([]time.Duration, len(percentiles))
	if len(sorted) == 0 {
		return out
	}
	for i, p := range percentiles {
		// Whole hundredths of a percent, because 0.99 x 100 is not 99 in binary.
		rank := (int(p*10_000+0.5)*len(sorted) + 9_999) / 10_000
		out[i] = sorted[min(max(rank, 1), len(sorted))-1]
	}
	return out
}

// p50, p95 and p99 are what a report tells of many times.
const p50, p95, p99 = 0.50, 0.95, 0.99
