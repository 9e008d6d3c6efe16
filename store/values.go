package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"
)

// millis is how a time is kept; 0 is no time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// reference is the id of another row. An empty one is NULL, so that foreign keys hold.
type reference string

// Value is how the driver gets it.
func (r reference) Value() (driver.Value, error) {
	if r == "" {
		return nil, nil
	}
	return string(r), nil
}

// Scan is how the driver gives it.
func (r *reference) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*r = ""
	case string:
		*r = reference(v)
	default:
		return fmt.Errorf("reference: %T", value)
	}
	return nil
}

// document is a value that is kept as JSON.
type document[T any] struct{ value T }

func documentOf[T any](value T) document[T] { return document[T]{value} }

// Value is how the driver gets it.
func (d document[T]) Value() (driver.Value, error) { return d.text() }

func (d document[T]) text() (string, error) {
	text, err := json.Marshal(d.value)
	return string(text), err
}

// Scan is how the driver gives it.
func (d *document[T]) Scan(value any) error {
	switch text := value.(type) {
	case string:
		return json.Unmarshal([]byte(text), &d.value)
	case []byte: // a column of the type JSON
		return json.Unmarshal(text, &d.value)
	}
	return fmt.Errorf("document: %T", value)
}
