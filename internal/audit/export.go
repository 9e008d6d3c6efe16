package audit

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"io"
	"time"
)

// An export is text in lines, each a JSON object:
//
//	{"aye_audit":1,"origin":…,"at":…,"keys":[…]}                                    once, at the beginning
//	{"chain":{"organisation":…,"after":0,"previous":"00…","until":9,"hash":"…"}}   a chain begins
//	{"checkpoint":"eyJ…"}                                                          all checkpoints of the chain
//	{"hash":"…","row":{…}}                                                         its rows
//	{"end":{"chains":1,"rows":9}}                                                  once, at the end

// ExportVersion is the only form there is.
const ExportVersion = 1

// Selection says what is exported.
type Selection struct {
	// Organisations are the chains; nil for all. Personal writes the personal values too.
	Organisations []string
	Personal      bool
	// From and Until hold the time of rows, at or after the one, before the other; nil for all.
	From, Until *time.Time
}

// Header is the first line.
type Header struct {
	Version int       `json:"aye_audit"`
	Origin  string    `json:"origin"`
	At      time.Time `json:"at"`
	// All says that every chain follows.
	All bool `json:"all"`
	// From and Until are what was asked for; without them every chain is whole.
	From  *time.Time  `json:"from,omitempty"`
	Until *time.Time  `json:"until,omitempty"`
	Keys  []PublicKey `json:"keys"`
}

// Span is which part of a chain follows.
type Span struct {
	Organisation string `json:"organisation"`
	// After is the row behind which the part begins, and Previous its hash; 0 and zeros at the very beginning.
	After    int64  `json:"after"`
	Previous string `json:"previous"`
	// Last is the last row of it, and Hash its hash. Of a whole chain they are what is written beside the chain about its end.
	Last int64  `json:"last"`
	Hash string `json:"hash"`
}

type spanLine struct {
	Chain Span `json:"chain"`
}

type checkpointLine struct {
	Checkpoint string `json:"checkpoint"`
}

type endLine struct {
	End total `json:"end"`
}

type total struct {
	Chains int   `json:"chains"`
	Rows   int64 `json:"rows"`
}

// Exporter writes an export.
type Exporter struct {
	out   *bufio.Writer
	total total
	// Personal says that the personal values are written too.
	Personal bool
}

// NewExporter begins one.
func NewExporter(w io.Writer, header Header) (*Exporter, error) {
	e := &Exporter{out: bufio.NewWriterSize(w, 1<<16)}
	header.Version, header.At = ExportVersion, header.At.UTC().Truncate(time.Second)
	return e, e.line(header)
}

// Chain begins a chain, with its checkpoints.
func (e *Exporter) Chain(span Span, points []Checkpoint) error {
	e.total.Chains++
	err := e.line(spanLine{span})
	for _, p := range points {
		if err == nil {
			err = e.line(checkpointLine{p.Text})
		}
	}
	return err
}

// Row writes a row, with the very bytes that its hash must cover.
func (e *Exporter) Row(row Row) error {
	e.total.Rows++
	text, err := row.Text()
	if err != nil {
		return err
	}
	parts := []string{`{"hash":"`, row.Hash, `","row":`, string(text)}
	if e.Personal && len(row.Openings) > 0 {
		values := map[string]opened{}
		for _, o := range row.Openings {
			values[o.Name] = opened{hex.EncodeToString(o.Salt), o.Value}
		}
		personal, err := json.Marshal(values)
		if err != nil {
			return err
		}
		parts = append(parts, `,"personal":`, string(personal))
	}
	for _, part := range append(parts, "}\n") {
		_, _ = e.out.WriteString(part) // the first failure comes again from Flush
	}
	return nil
}

type opened struct {
	Salt  string `json:"salt"`
	Value string `json:"value"`
}

// End writes the last line.
func (e *Exporter) End() error {
	if err := e.line(endLine{e.total}); err != nil {
		return err
	}
	return e.out.Flush()
}

func (e *Exporter) line(value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	_, err = e.out.Write(append(text, '\n'))
	return err
}
