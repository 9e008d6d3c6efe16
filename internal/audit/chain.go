package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
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
	// Personal are values that name somebody, for example "ip", "email", "name". The chain has a salted commitment of
	// each, and the value stands beside it, where it can be erased.
	Personal map[string]string `json:"-"`
	// Tell is what people are told because of it: an accounts.Notice, accounts.Letter or alerts.Alert each. It is kept in the
	// transaction of the entry, and told until it was heard. What the store cannot keep fails the change.
	Tell []any `json:"-"`
}

// Row is an entry in its place in the chain.
type Row struct {
	Entry
	// Commitments are salted hashes of the personal values, by name. They stay when the values are erased.
	Commitments map[string]string `json:"commitments,omitempty"`
	// Sequence counts from 1 in each chain without a gap.
	Sequence int64 `json:"sequence"`
	// Previous is the hash of the row before, 64 zeros for the first.
	Previous string `json:"previous"`
	// Hash is the SHA-256, in hexadecimal, of the row as JSON without this field.
	Hash string `json:"hash"`
	// Openings are the personal values that were not erased, with what proves them.
	Openings []Opening `json:"-"`
}

// First is the Previous of a chain's first row.
const First = "0000000000000000000000000000000000000000000000000000000000000000"

// Append gives the row for an entry behind the last one; the zero Row starts a chain. The entry's personal values become
// commitments and openings.
func Append(last Row, entry Entry) (Row, error) {
	entry.At = entry.At.UTC().Truncate(time.Millisecond)
	entry.clean()
	row := Row{Entry: entry, Sequence: last.Sequence + 1, Previous: last.Hash}
	if row.Sequence == 1 {
		row.Previous = First
	}
	row.commit()
	text, err := row.Text()
	row.Hash = hash(text)
	return row, err
}

// clean makes all texts UTF-8. JSON can hold nothing else: what is read back would not be what was hashed.
func (e *Entry) clean() {
	for _, text := range []*string{&e.Organisation, &e.Actor, &e.Action, &e.Subject} {
		*text = textOf(*text)
	}
	e.Data, e.Personal = cleaned(e.Data), cleaned(e.Personal)
}

// textOf puts the sign for something unknown in the place of what no database keeps as text: bytes that are no UTF-8, and
// U+0000.
func textOf(value string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(value, "\ufffd"), "\x00", "\ufffd")
}

func cleaned(values map[string]string) map[string]string {
	for _, value := range values {
		if textOf(value) != value {
			valid := make(map[string]string, len(values))
			for name, value := range values {
				valid[name] = textOf(value)
			}
			return valid
		}
	}
	return values
}

// Text gives the bytes that the row's hash covers: the row as JSON with an empty hash.
func (r Row) Text() ([]byte, error) {
	r.Hash = ""
	text, err := json.Marshal(r) // struct order is fixed and map keys are sorted
	if err != nil {
		return nil, fmt.Errorf("audit row: %w", err)
	}
	return text, nil
}

func hash(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Verifier checks a chain row by row, in order. The zero value starts at the first row.
type Verifier struct{ last Row }

// Next checks one row. The error names the row and is [ErrBroken].
func (v *Verifier) Next(row Row) error {
	text, err := row.Text()
	if err != nil {
		return err
	}
	sequence, previous := v.last.Sequence+1, v.last.Hash
	if sequence == 1 {
		previous = First
	}
	if row.Sequence != sequence || row.Previous != previous || row.Hash != hash(text) {
		return fmt.Errorf("%w at row %d of chain %q", ErrBroken, sequence, row.Organisation)
	}
	v.last = row
	return nil
}
