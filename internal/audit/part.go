package audit

import (
	"fmt"
	"time"
)

// Everything tells whether the export says that it is of all chains, from their beginning to their end.
func (h Header) Everything() bool { return h.All && h.From == nil && h.Until == nil }

// Whole tells whether all of the log was there, as far as checkpoints know of it. Nobody signs the first line of an export:
// what it says that the export is of can make it a part, and never all.
func (r Report) Whole() bool { return r.Header.Everything() && r.Later == 0 && r.Outside == 0 }

// ReportOf is the report of all chains, where they themselves were looked at and not an export.
func ReportOf(chains []ChainReport) Report {
	r := Report{Header: Header{All: true}, Chains: chains}
	for _, chain := range chains {
		r.add(chain.Comparison)
	}
	return r
}

// Comparison is what became of the checkpoints that left the house. Each is counted once.
type Comparison struct {
	// Compared agree with the rows, or with the checkpoints of rows that were dropped because of their age.
	Compared int
	// Later were signed after the export was made, as it says itself, and sign rows that it does not have.
	Later int
	// Outside are of rows or chains that the export says it is not of.
	Outside int
}

func (c *Comparison) add(more Comparison) {
	c.Compared += more.Compared
	c.Later += more.Later
	c.Outside += more.Outside
}

// rowWaits is how long a row may be dated before it is written: it waits for its turn, and longer for a slow provider.
const rowWaits = 10 * time.Minute

// bounds are what the first line states; the zero time where it states none. Rows have milliseconds.
type bounds struct{ from, until time.Time }

func (h Header) bounds() (b bounds) {
	if h.From != nil {
		b.from = h.From.Truncate(time.Millisecond)
	}
	if h.Until != nil {
		b.until = h.Until.Truncate(time.Millisecond)
	}
	return b
}

// hold tells why a row does not lie within; empty where it does. A part begins at the first row of its time: behind that
// one some may stand that were dated a little earlier.
func (b bounds) hold(said []byte, first bool) string {
	if b == (bounds{}) {
		return ""
	}
	at, err := time.Parse(time.RFC3339Nano, string(said))
	if err != nil {
		return "has no time"
	}
	from := b.from
	if !first {
		from = from.Add(-rowWaits)
	}
	if !b.from.IsZero() && at.Before(from) {
		return fmt.Sprintf("is of %s, before %s, where the part begins", said, b.from.Format(time.RFC3339Nano))
	}
	if !b.until.IsZero() && !at.Before(b.until) {
		return fmt.Sprintf("is of %s, not before %s, where the part ends", said, b.until.Format(time.RFC3339Nano))
	}
	return ""
}
