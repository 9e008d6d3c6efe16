package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ErrBroken says that a chain was changed.
var ErrBroken = errors.New("audit chain is broken")

// Entry says who did what to whom.
type Entry struct {
	// Organisation is whose chain the entry belongs to; empty for the installation's own.
	Organisation string `json:"organisation"`
	// Actor is the id of who did it: an application, a device, a person, "operator" or "system".
	Actor string `json:"actor"`
	// Action is a noun and a verb, for example "approval.approved".
	Action string `json:"action"`
	// Subject is the id of what it was done to.
	Subject string `json:"subject"`
	// At is when, in UTC with milliseconds.
	At time.Time `json:"at"`
	// Data is what else belongs to it: ids, states, counts. Never a secret or personal data.
	Data map[string]string `json:"data,omitempty"`
}

// Row is an entry in its place in the chain.
type Row struct {
	Entry
	// Sequence counts from 1 in each chain without a gap.
	Sequence int64 `json:"sequence"`
	// Previous is the hash of the row before, 64 zeros for the first.
	Previous string `json:"previous"`
	// Hash is the SHA-256, in hexadecimal, of the row as JSON without this field.
	Hash string `json:"hash"`
}

// First is the Previous of a chain's first row.
const First = "0000000000000000000000000000000000000000000000000000000000000000"

// Append gives the row for an entry behind the last one; the zero Row starts a chain.
func Append(last Row, entry Entry) (Row, error) {
	entry.At = entry.At.UTC().Truncate(time.Millisecond)
	row := Row{Entry: entry, Sequence: last.Sequence + 1, Previous: last.Hash}
	if row.Sequence == 1 {
		row.Previous = First
	}
	hash, err := row.hash()
	row.Hash = hash
	return row, err
}

func (r Row) hash() (string, error) {
	r.Hash = ""
	text, err := json.Marshal(r) // struct order is fixed and map keys are sorted
	if err != nil {
		return "", fmt.Errorf("audit row: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// Verifier checks a chain row by row, in order. The zero value starts at the first row.
type Verifier struct{ last Row }

// Next checks one row. The error names the row and is [ErrBroken].
func (v *Verifier) Next(row Row) error {
	want, err := Append(v.last, row.Entry)
	if err != nil {
		return err
	}
	if row.Sequence != want.Sequence || row.Previous != want.Previous || row.Hash != want.Hash {
		return fmt.Errorf("%w at row %d of chain %q", ErrBroken, want.Sequence, row.Organisation)
	}
	v.last = row
	return nil
}
