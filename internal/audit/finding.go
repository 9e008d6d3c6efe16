package audit

import "fmt"

// Kind says what was done to a chain.
type Kind string

// The kinds.
const (
	// Changed is a row that does not fit its hash.
	Changed Kind = "changed"
	// Missing are rows that are not there though later ones are.
	Missing Kind = "missing"
	// Moved is a row that stands where it does not belong: twice, in another order, in another chain.
	Moved Kind = "moved"
	// Unlinked is a row that fits its own hash but does not follow the row before.
	Unlinked Kind = "unlinked"
	// Cut are rows at the end that somebody took away.
	Cut Kind = "cut"
	// Rewritten are rows that fit each other and not what the server signed.
	Rewritten Kind = "rewritten"
	// Value is a personal value that is not the one that was written.
	Value Kind = "value"
	// Forged is a checkpoint that the server did not sign, or that does not follow the one before.
	Forged Kind = "forged"
	// Malformed is a line that is not spelt as an export spells it.
	Malformed Kind = "malformed"
)

// Finding is the first that is wrong with a chain. It is [ErrBroken].
type Finding struct {
	Organisation string
	// Row is the first bad row, Until the last one that is known to be of it; they are the same where it is one row.
	Row, Until int64
	Kind       Kind
	// Words say what was found.
	Words string
}

// Error says it in one line.
func (f *Finding) Error() string {
	return fmt.Sprintf("%v at row %d of chain %q: %s", ErrBroken, f.Row, f.Organisation, f.Words)
}

// Unwrap is [ErrBroken].
func (f *Finding) Unwrap() error { return ErrBroken }
