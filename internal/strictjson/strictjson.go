// Package strictjson reads JSON that comes from outside, and refuses what two readers could
// understand differently: a name twice (RFC 8725 section 2.8, RFC 8259 section 4), also when
// only the case differs because encoding/json ignores case, anything behind the value, and
// nesting without end.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxDepth is how deep objects and arrays may nest.
const MaxDepth = 8

// ErrMalformed says that a text is not one JSON object that can be read in one way only.
var ErrMalformed = errors.New("not one JSON object in UTF-8")

// Decode reads one JSON object. Fields that into does not have are ignored.
func Decode(raw []byte, into any) error {
	if err := check(raw); err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// DecodeKnown reads one JSON object and refuses fields that into does not have.
func DecodeKnown(raw []byte, into any) error {
	if err := check(raw); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func check(raw []byte) error {
	if !utf8.Valid(raw) {
		return ErrMalformed
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	first, err := d.Token()
	if err != nil || first != json.Delim('{') {
		return ErrMalformed
	}
	if err := object(d, 1); err != nil {
		return err
	}
	if d.InputOffset() != int64(len(bytes.TrimRight(raw, " \t\r\n"))) {
		return fmt.Errorf("%w: something follows the object", ErrMalformed)
	}
	return nil
}

func object(d *json.Decoder, depth int) error {
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return ErrMalformed
		}
		name, ok := t.(string)
		if !ok {
			return ErrMalformed
		}
		if folded := strings.Map(fold, name); seen[folded] {
			return fmt.Errorf("%w: a name stands twice", ErrMalformed)
		} else {
			seen[folded] = true
		}
		if err := value(d, depth); err != nil {
			return err
		}
	}
	return end(d)
}

// fold gives the least of the letters that encoding/json takes for the same: not only "S" and
// "s", but the long s too.
func fold(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return least
}

func value(d *json.Decoder, depth int) error {
	t, err := d.Token()
	if err != nil {
		return ErrMalformed
	}
	opens := t == json.Delim('{') || t == json.Delim('[')
	if opens && depth >= MaxDepth {
		return fmt.Errorf("%w: nested more than %d deep", ErrMalformed, MaxDepth)
	}
	switch t {
	case json.Delim('{'):
		return object(d, depth+1)
	case json.Delim('['):
		for d.More() {
			if err := value(d, depth+1); err != nil {
				return err
			}
		}
		return end(d)
	}
	return nil
}

func end(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return ErrMalformed
	}
	return nil
}
