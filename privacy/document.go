package privacy

import "time"

// Document is everything that is kept of a person, in sections by name, ready to be written as JSON.
type Document struct {
	PersonID string
	At       time.Time
	// Sections have rows of plain values: texts, numbers, times as RFC 3339. Never a secret or a hash of one.
	Sections []Section
}

// Section is a part of it.
type Section struct {
	Name string
	// Why says what it is kept for, and how long.
	Why  string
	Rows []map[string]any
}
