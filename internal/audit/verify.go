package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"time"

	"example.com/aye/internal/strictjson"
)

// ErrExport says that a text is no export, or not all of one.
var ErrExport = errors.New("this is no whole export of the audit log")

// maxLine is the longest line that is read.
const maxLine = 1 << 18

// Trust is what an export is held to.
type Trust struct {
	// Keys are trusted, and what they announced; nil trusts the keys that the export names itself.
	Keys Keys
	// Sent are checkpoints that left the house, in their signed form.
	Sent []string
}

// Report is what was found good.
type Report struct {
	Header Header
	// Pinned says that the keys were given, and not taken from the export.
	Pinned bool
	Chains []ChainReport
	Rows   int64
	// Comparison is with the checkpoints that left the house, of all chains.
	Comparison
}

// VerifyExport reads an export and checks all of it. The error is a [Finding], or [ErrExport], or [ErrCheckpoint].
func VerifyExport(from io.Reader, trust Trust) (Report, error) {
	v := exportReader{lines: bufio.NewReaderSize(from, maxLine)}
	if err := v.header(trust); err != nil {
		return v.report, err
	}
	for {
		text, err := v.next()
		if err != nil {
			return v.report, err
		}
		var end endLine
		if canonical(text, &end) {
			return v.report, v.end(end.End)
		}
		var span spanLine
		if !canonical(text, &span) {
			return v.report, v.malformed("neither a chain nor the end")
		}
		if err := v.chain(span.Chain); err != nil {
			return v.report, err
		}
	}
}

type exportReader struct {
	lines  *bufio.Reader
	number int
	// again is a line that was looked at and not used.
	again  []byte
	report Report
	keys   Keys
	// sent are checkpoints by their chain, later those that are younger than the export says that it is.
	sent, later map[string][]Checkpoint
	bounds      bounds
}

// next gives a line, good until the next call.
func (v *exportReader) next() ([]byte, error) {
	if text := v.again; text != nil {
		v.again = nil
		return text, nil
	}
	v.number++
	text, err := v.lines.ReadSlice('\n')
	if err == nil {
		return text[:len(text)-1], nil
	}
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: it ends at line %d, without its last line", ErrExport, v.number)
	}
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil, v.malformed("too long")
	}
	return nil, err
}

func (v *exportReader) malformed(why string) error {
	return fmt.Errorf("%w: line %d is %s", ErrExport, v.number, why)
}

// canonical reads a line that is spelt as this program spells it.
func canonical(text []byte, into any) bool {
	if strictjson.DecodeKnown(text, into) != nil {
		return false
	}
	again, err := json.Marshal(into)
	return err == nil && bytes.Equal(text, again)
}

func (v *exportReader) header(trust Trust) error {
	text, err := v.next()
	if err != nil {
		return err
	}
	h := &v.report.Header
	if !canonical(text, h) || h.Version != ExportVersion {
		return v.malformed("not the beginning of an export")
	}
	set := KeySet{Keys: h.Keys}
	if v.report.Pinned = trust.Keys != nil; v.report.Pinned {
		v.keys = trust.Keys.Follow(set)
	} else if v.keys, err = set.Trusted(); err != nil {
		return err
	}
	points, err := v.keys.Sent(trust.Sent)
	v.bounds, v.sent, v.later = h.bounds(), map[string][]Checkpoint{}, map[string][]Checkpoint{}
	for _, p := range points {
		into := v.sent
		// The time of a checkpoint is in whole seconds.
		if !p.At.Add(time.Second).Before(h.At) {
			into = v.later
		}
		into[p.Organisation] = append(into[p.Organisation], p)
	}
	return err
}

// Sent reads checkpoints that left the house.
func (k Keys) Sent(texts []string) ([]Checkpoint, error) {
	var points []Checkpoint
	for _, text := range texts {
		p, err := k.Checkpoint(text)
		if err != nil {
			return nil, err
		}
		points = append(points, p)
	}
	return points, nil
}

// FindCheckpoints finds the signed texts in what a sink wrote: a file of Aye, of a syslog server, of who took webhooks.
func FindCheckpoints(text []byte) []string {
	var found []string
	for _, each := range compact.FindAll(text, -1) {
		found = append(found, string(each))
	}
	return found
}

var compact = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}`)

// chain checks one, up to the line that is no row of it.
func (v *exportReader) chain(span Span) error {
	if slices.ContainsFunc(v.report.Chains, func(r ChainReport) bool { return r.Organisation == span.Organisation }) {
		return v.malformed(fmt.Sprintf("the second beginning of chain %q", span.Organisation))
	}
	points, err := v.checkpoints(span.Organisation)
	if err != nil {
		return err
	}
	check, err := NewCheck(span.Organisation, points, v.sent[span.Organisation])
	if err == nil {
		err = check.Later(v.later[span.Organisation])
	}
	if err != nil {
		return err
	}
	delete(v.sent, span.Organisation)
	delete(v.later, span.Organisation)
	if v.report.Header.From != nil && span.After > check.After() {
		if err = check.Begin(span.After, span.Previous, v.bounds.from); err != nil {
			return err
		}
	}
	if err = v.rows(check, span.Organisation); err != nil {
		return err
	}
	var report ChainReport
	if v.report.Header.Until != nil {
		report, err = check.Part(span.Last, span.Hash, v.bounds.until)
	} else {
		report, err = check.End(span.Last, span.Hash)
	}
	v.report.Chains = append(v.report.Chains, report)
	v.report.add(report.Comparison)
	return err
}

func (v *exportReader) checkpoints(organisation string) ([]Checkpoint, error) {
	var points []Checkpoint
	for {
		text, err := v.next()
		if err != nil {
			return nil, err
		}
		var p checkpointLine
		if !canonical(text, &p) {
			v.again = text
			return points, nil
		}
		point, err := v.keys.Checkpoint(p.Checkpoint)
		if err != nil {
			return nil, &Finding{Organisation: organisation, Kind: Forged, Words: fmt.Sprintf("line %d: %v", v.number, err)}
		}
		points = append(points, point)
	}
}

var rowBegins = []byte(`{"hash":`)

func (v *exportReader) rows(check *Check, organisation string) error {
	quoted, err := json.Marshal(organisation)
	if err != nil {
		return err
	}
	whose := quoted[1 : len(quoted)-1]
	var row line
	for {
		text, err := v.next()
		if err != nil {
			return err
		}
		if !bytes.HasPrefix(text, rowBegins) {
			v.again = text
			return nil
		}
		if !row.read(text) {
			next := check.After() + 1
			return check.found(next, next, Malformed, "line %d is not spelt as a row is", v.number)
		}
		if err := check.line(&row, whose); err != nil {
			return err
		}
		if why := v.bounds.hold(row.at, check.report.First == row.sequence); why != "" {
			return fmt.Errorf("%w: row %d of chain %q %s", ErrExport, row.sequence, organisation, why)
		}
		v.report.Rows++
	}
}

// line checks the next row as it stands in an export.
func (c *Check) line(row *line, whose []byte) error {
	if !bytes.Equal(row.organisation, whose) {
		return c.found(c.sequence+1, c.sequence+1, Moved, "a row of another chain stands there")
	}
	if err := c.link(row.sequence, row.previous, row.hash, row.text); err != nil {
		return err
	}
	if len(row.personal) > 0 {
		if name := row.unfit(); name != "" {
			return c.unfit(name)
		}
	}
	c.report.Values += int64(len(row.personal))
	c.report.Erased += int64(len(row.commitments) - len(row.personal))
	return nil
}

// end is the last line.
func (v *exportReader) end(said total) error {
	if said.Chains != len(v.report.Chains) || said.Rows != v.report.Rows {
		return fmt.Errorf("%w: its last line says %d rows of %d chains, there are %d of %d", ErrExport, said.Rows, said.Chains, v.report.Rows, len(v.report.Chains))
	}
	if _, err := v.lines.ReadByte(); !errors.Is(err, io.EOF) {
		return v.malformed("not the last one, though it says so")
	}
	if !v.report.Header.All && len(v.report.Chains) == 0 {
		return fmt.Errorf("%w: it has no chain, and does not say that it is of all", ErrExport)
	}
	return v.gone()
}

// gone looks at the checkpoints of chains that are not there.
func (v *exportReader) gone() error {
	for _, organisation := range slices.Sorted(maps.Keys(v.sent)) {
		points := v.sent[organisation]
		if v.report.Header.All {
			last := slices.MaxFunc(points, bySequence).Sequence
			return &Finding{Organisation: organisation, Row: 1, Until: last, Kind: Cut, Words: "the whole chain is missing, of which checkpoints were sent"}
		}
		v.report.Outside += len(texts(points))
	}
	for _, points := range v.later {
		if v.report.Header.All {
			v.report.Later += len(texts(points))
		} else {
			v.report.Outside += len(texts(points))
		}
	}
	return nil
}
