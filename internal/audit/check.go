package audit

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// Check goes along one chain, row by row in order, from its beginning or from the floor behind which older rows were
// dropped, and holds it to the checkpoints.
type Check struct {
	organisation string
	// sequence and hash are of the last good row.
	sequence int64
	hash     [hashSize]byte
	// ahead are the checkpoints that the rows have not come to yet.
	ahead []Checkpoint
	// points are all checkpoints by their number, sent those that left the house. By their text, own are those that stand
	// beside the chain, late those that need not be met, and met those that were.
	points, sent   []Checkpoint
	own, late, met map[string]bool
	report         ChainReport
}

// ChainReport is what was found good.
type ChainReport struct {
	Organisation string
	// First and Last are the rows that were looked at; both 0 where there was none.
	First, Last int64
	// Values is how many personal values were there and right, Erased how many were there once.
	Values, Erased int64
	// Floor is the row up to which older ones were dropped; 0 for none.
	Floor int64
	// Agreed is the last row that a checkpoint signed, at AgreedAt; 0 where none did.
	Agreed   int64
	AgreedAt time.Time
	// Checkpoints is how many there were.
	Checkpoints int
	// Loose says that nothing proves what stands before the first row: it is a part of a chain that no checkpoint begins.
	Loose bool
	// Comparison is with the checkpoints that left the house.
	Comparison
}

// NewCheck begins a chain. The points are all its checkpoints, in any order, sent are those that left the house; of both
// the signatures were checked. A number that both have must be one text.
func NewCheck(organisation string, points, sent []Checkpoint) (*Check, error) {
	c := &Check{organisation: organisation, sent: slices.Clone(sent), own: texts(points), late: map[string]bool{}, met: map[string]bool{}}
	copy(c.hash[:], First)
	points, err := c.merge(points, sent)
	c.points = points
	if err != nil {
		return nil, err
	}
	var floor Checkpoint
	for i, p := range points {
		if p.Organisation != organisation {
			return nil, c.found(p.Sequence, p.Sequence, Forged, "checkpoint %d is of another chain", p.Number)
		}
		if i > 0 && points[i-1].Number == p.Number-1 && points[i-1].Digest() != p.Previous || p.Number == 1 && p.Previous != First {
			return nil, c.found(p.Sequence, p.Sequence, Forged, "checkpoint %d does not follow the one before", p.Number)
		}
		if p.Floor && p.Sequence > floor.Sequence {
			floor = p
		}
	}
	c.report = ChainReport{Organisation: organisation, Checkpoints: len(points), Floor: floor.Sequence}
	c.ahead = slices.SortedStableFunc(slices.Values(points), bySequence)
	if floor.Sequence == 0 {
		return c, nil
	}
	c.sequence = floor.Sequence
	copy(c.hash[:], floor.Hash)
	c.ahead = slices.DeleteFunc(c.ahead, func(p Checkpoint) bool { return p.Sequence < floor.Sequence })
	return c, c.meet()
}

// merge puts both lists together, by number.
func (c *Check) merge(points, sent []Checkpoint) ([]Checkpoint, error) {
	points = slices.SortedFunc(slices.Values(points), byNumber)
	for i, p := range points {
		if p.Number != int64(i)+1 {
			return nil, c.found(p.Sequence, p.Sequence, Forged, "checkpoint %d is missing, or stands twice", i+1)
		}
	}
	return c.join(points, sent)
}

func byNumber(a, b Checkpoint) int { return cmp.Compare(a.Number, b.Number) }

// join puts those that are not there yet among the others; a number that both have must be one text.
func (c *Check) join(points, sent []Checkpoint) ([]Checkpoint, error) {
	points = slices.Clone(points)
	for _, s := range sent {
		at, known := slices.BinarySearchFunc(points, s, byNumber)
		if known && points[at].Text != s.Text {
			return nil, c.found(min(s.Sequence, points[at].Sequence), s.Sequence, Rewritten, "there are two checkpoints %d: the one that was sent off the host is not the one here", s.Number)
		}
		if !known {
			points = slices.Insert(points, at, s)
		}
	}
	return points, nil
}

// Begin starts behind a row whose hash somebody says, for the part of a chain that is of a time and later. It is proven
// where a checkpoint says the same. What was written behind a checkpoint of that time must not stand before the part.
func (c *Check) Begin(after int64, previous string, from time.Time) error {
	if !isHash(previous) {
		return c.found(after, after, Malformed, "the hash of row %d is none", after)
	}
	for _, p := range c.ahead {
		// One with a floor signs an old row.
		if p.Sequence < after && !p.Floor && !p.At.Before(from.Add(rowWaits)) {
			return c.found(p.Sequence+1, after, Missing, "rows %d to %d are missing: they were written after checkpoint %d was signed on %s, and the part is of %s and later",
				p.Sequence+1, after, p.Number, p.At.Format(time.RFC3339), from.Format(time.RFC3339))
		}
	}
	c.sequence, c.report.Loose = after, true
	copy(c.hash[:], previous)
	c.ahead = slices.DeleteFunc(c.ahead, func(p Checkpoint) bool { return p.Sequence < after })
	if len(c.ahead) > 0 && c.ahead[0].Sequence == after {
		c.report.Loose = false
	}
	return c.meet()
}

// After is the row behind which the next one is expected.
func (c *Check) After() int64 { return c.sequence }

// Row checks the next one. The error is a [Finding].
func (c *Check) Row(row Row) error {
	text, err := row.Text()
	if err != nil {
		return err
	}
	if row.Organisation != c.organisation {
		return c.found(c.sequence+1, c.sequence+1, Moved, "a row of another chain stands there")
	}
	if err := c.link(row.Sequence, []byte(row.Previous), []byte(row.Hash), text); err != nil {
		return err
	}
	for _, o := range row.Openings {
		if !row.Fits(o) {
			return c.unfit(o.Name)
		}
	}
	c.report.Values += int64(len(row.Openings))
	c.report.Erased += int64(len(row.Commitments) - len(row.Openings))
	return nil
}

func (c *Check) unfit(name string) error {
	return c.found(c.sequence, c.sequence, Value, "the value %q that stands beside it is not the one that was written", name)
}

// link puts a row behind the last one; text is what its hash covers.
func (c *Check) link(sequence int64, previous, said, text []byte) error {
	next := c.sequence + 1
	switch {
	case sequence > next+1:
		return c.found(next, sequence-1, Missing, "rows %d to %d are missing", next, sequence-1)
	case sequence == next+1:
		return c.found(next, next, Missing, "the row is missing")
	case sequence < next:
		return c.found(next, next, Moved, "row %d stands there", sequence)
	}
	sum := sha256.Sum256(text)
	var spelt [hashSize]byte
	hex.Encode(spelt[:], sum[:])
	if string(said) != string(spelt[:]) {
		return c.found(next, next, Changed, "the row was changed: it does not fit its hash")
	}
	if string(previous) != string(c.hash[:]) {
		return c.found(next, next, Unlinked, "the row does not follow row %d: one of the two was written anew, or all from here on", c.sequence)
	}
	c.sequence, c.hash = sequence, spelt
	if c.report.First == 0 {
		c.report.First = sequence
	}
	c.report.Last = sequence
	if len(c.ahead) > 0 {
		return c.meet()
	}
	return nil
}

// meet holds the row where the check stands to the checkpoints of it.
func (c *Check) meet() error {
	for len(c.ahead) > 0 && c.ahead[0].Sequence == c.sequence {
		p := c.ahead[0]
		if p.Hash != string(c.hash[:]) {
			from := min(max(c.report.Agreed, c.report.Floor)+1, c.sequence)
			if c.report.First > 0 {
				from = max(from, c.report.First)
			}
			return c.found(from, c.sequence, Rewritten, "rows %d to %d fit each other, but not checkpoint %d, which was signed on %s: at least one of them, or all, were written anew",
				from, c.sequence, p.Number, p.At.Format(time.RFC3339))
		}
		c.report.Agreed, c.report.AgreedAt, c.ahead = c.sequence, p.At, c.ahead[1:]
		c.met[p.Text] = true
	}
	return nil
}

// End is behind the last row: the chain must have come as far as its end, which is written down beside it, says, and as far
// as checkpoints say.
func (c *Check) End(sequence int64, hash string) (ChainReport, error) {
	next := c.sequence + 1
	c.report.Comparison = c.compared()
	c.ahead = slices.DeleteFunc(c.ahead, func(p Checkpoint) bool { return c.late[p.Text] })
	if len(c.ahead) > 0 {
		p := c.ahead[len(c.ahead)-1]
		return c.report, c.found(next, p.Sequence, Cut, "the chain was cut there: rows up to %d were there when checkpoint %d was signed on %s", p.Sequence, p.Number, p.At.Format(time.RFC3339))
	}
	switch {
	case sequence > c.sequence:
		return c.report, c.found(next, sequence, Cut, "the chain was cut there: its end is row %d", sequence)
	case sequence != c.sequence || sequence > 0 && hash != string(c.hash[:]):
		return c.report, c.found(next, next, Cut, "what is written beside the chain about its end is something else: it is said to be row %d", sequence)
	}
	return c.report, nil
}

// Part ends the part of a chain that is of before a time. Behind it there may be more, of which only checkpoints can tell that
// were not signed before that time: what the others sign was written by then.
func (c *Check) Part(sequence int64, hash string, until time.Time) (ChainReport, error) {
	c.ahead = slices.DeleteFunc(c.ahead, func(p Checkpoint) bool {
		// The time of a checkpoint is in whole seconds.
		return p.Sequence > sequence && p.At.Add(time.Second).After(until)
	})
	return c.End(sequence, hash)
}

func (c *Check) found(row, until int64, kind Kind, words string, values ...any) error {
	return &Finding{Organisation: c.organisation, Row: row, Until: until, Kind: kind, Words: fmt.Sprintf(words, values...)}
}
