package accounts

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// The largest file of people.
const (
	MaxRosterBytes = 1 << 20
	MaxRosterLines = 10_000
)

// RosterRow is a line of a file of people.
type RosterRow struct {
	// Line is where it stands in the file, of which the header is the first.
	Line     int
	Email    string
	Name     string
	Role     Role
	Language string
}

// LineProblem is what is wrong with a line.
type LineProblem string

// What can be wrong with a line.
const (
	// BadLine: it has more or fewer values than the header, or a quotation mark is missing.
	BadLine LineProblem = "bad-line"
	// BadAddress: the value is no e-mail address.
	BadAddress LineProblem = "bad-address"
	// DoubleAddress: the address stands on an earlier line too.
	DoubleAddress LineProblem = "double"
	// BadName: there is no name, or not one that can be shown.
	BadName LineProblem = "bad-name"
	// BadRole: there is no such role.
	BadRole LineProblem = "bad-role"
	// RoleNotYours: only an owner makes owners.
	RoleNotYours LineProblem = "role-not-yours"
	// BadLanguage: it is neither en nor nl.
	BadLanguage LineProblem = "bad-language"
)

// LineError is a line that nobody is invited by.
type LineError struct {
	Line    int
	Problem LineProblem
	// Value is what stands there, shortened.
	Value string
}

// RosterProblem is why a file cannot be read at all.
type RosterProblem string

// What can be wrong with a file.
const (
	RosterTooLarge  RosterProblem = "too-large"
	RosterTooLong   RosterProblem = "too-long"
	RosterNotText   RosterProblem = "not-text"
	RosterEmpty     RosterProblem = "empty"
	RosterBadHeader RosterProblem = "bad-header"
)

// RosterError is [ErrRoster] with the reason.
type RosterError struct {
	Problem RosterProblem
	// Value is the word of the header that is missing, or stands there and means nothing.
	Value string
}

func (e *RosterError) Error() string { return ErrRoster.Error() + ": " + string(e.Problem) }

// Is makes errors.Is(err, ErrRoster) true.
func (e *RosterError) Is(target error) bool { return target == ErrRoster }

// ReadRoster reads a file of people: CSV in UTF-8 with commas or semicolons, and a header with
// email and name, and role and language where they are given, in any order. Without a role
// somebody is a member.
func ReadRoster(r io.Reader) ([]RosterRow, []LineError, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxRosterBytes+1))
	if err != nil {
		return nil, nil, err
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	switch {
	case len(data) > MaxRosterBytes:
		return nil, nil, &RosterError{Problem: RosterTooLarge}
	case !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0:
		return nil, nil, &RosterError{Problem: RosterNotText}
	}
	first, _, _ := bytes.Cut(data, []byte("\n"))
	lines := csv.NewReader(bytes.NewReader(data))
	lines.FieldsPerRecord, lines.TrimLeadingSpace = -1, true
	if bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		lines.Comma = ';'
	}
	header, err := lines.Read()
	if err != nil {
		return nil, nil, &RosterError{Problem: RosterEmpty}
	}
	columns, err := readHeader(header)
	if err != nil {
		return nil, nil, err
	}
	return readRows(lines, columns, len(header))
}

// readHeader tells where each value stands.
func readHeader(header []string) (map[string]int, error) {
	columns := map[string]int{}
	for i, word := range header {
		word = strings.ToLower(strings.TrimSpace(word))
		_, double := columns[word]
		switch word {
		case "email", "name", "role", "language":
		default:
			double = true
		}
		if double {
			return nil, &RosterError{Problem: RosterBadHeader, Value: short(word)}
		}
		columns[word] = i
	}
	for _, word := range []string{"email", "name"} {
		if _, ok := columns[word]; !ok {
			return nil, &RosterError{Problem: RosterBadHeader, Value: word}
		}
	}
	return columns, nil
}

func readRows(lines *csv.Reader, columns map[string]int, width int) (rows []RosterRow, wrong []LineError, err error) {
	for {
		record, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return rows, wrong, nil
		}
		if len(rows)+len(wrong) == MaxRosterLines {
			return nil, nil, &RosterError{Problem: RosterTooLong}
		}
		if broken := (*csv.ParseError)(nil); errors.As(err, &broken) {
			wrong = append(wrong, LineError{Line: broken.StartLine, Problem: BadLine})
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		line, _ := lines.FieldPos(0)
		if len(record) != width {
			wrong = append(wrong, LineError{Line: line, Problem: BadLine, Value: short(strings.Join(record, " "))})
			continue
		}
		value := func(word string) string {
			if i, ok := columns[word]; ok {
				return strings.TrimSpace(record[i])
			}
			return ""
		}
		rows = append(rows, RosterRow{
			Line: line, Email: value("email"), Name: value("name"), Role: Role(strings.ToLower(value("role"))), Language: strings.ToLower(value("language")),
		})
	}
}

// short is what is shown of a value that may be long.
func short(value string) string {
	if runes := []rune(value); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return value
}
