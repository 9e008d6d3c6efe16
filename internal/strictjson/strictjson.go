// Package strictjson reads JSON that comes from outside, and refuses what two readers could
// understand differently: a name twice (RFC 8725 section 2.8, RFC 8259 section 4), also when
// only the case differs because encoding/json ignores case, a field's name in other letters, anything
// behind the value, half of a surrogate pair (RFC 8259 section 8.2), and nesting without end.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
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
	if err := check(raw, namesOf(into)); err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// DecodeKnown reads one JSON object and refuses fields that into does not have.
func DecodeKnown(raw []byte, into any) error {
	if err := check(raw, namesOf(into)); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func check(raw []byte, fields names) error {
	if !utf8.Valid(raw) || !json.Valid(raw) {
		return ErrMalformed
	}
	if halfPair(raw) {
		return fmt.Errorf("%w: half of a surrogate pair", ErrMalformed)
	}
	w := walker{raw: raw, fields: fields}
	if w.space(); w.raw[w.at] != '{' {
		return ErrMalformed
	}
	return w.object(1)
}

// halfPair finds an escape, in a text that is known to be JSON, that stands for no character without
// another: some readers refuse it, others put something in its place.
func halfPair(raw []byte) bool {
	for at := bytes.IndexByte(raw, '\\'); at >= 0 && at < len(raw); {
		high := surrogate(raw[at:], 0xd800)
		switch {
		case high && !surrogate(raw[at+6:], 0xdc00), surrogate(raw[at:], 0xdc00):
			return true
		case high:
			at += 12
		default:
			at += 2
		}
		next := bytes.IndexByte(raw[min(at, len(raw)):], '\\')
		if next < 0 {
			return false
		}
		at += next
	}
	return false
}

// surrogate tells whether the text begins with an escape of the 1024 from first.
func surrogate(text []byte, first uint64) bool {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return false
	}
	code, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return err == nil && code >= first && code < first+0x400
}

// walker goes through a text that is known to be JSON, without making anything of it.
type walker struct {
	raw []byte
	at  int
	// names are those of the objects that are open, folded, one behind the other; starts tells
	// where each begins.
	names  []byte
	starts []int
	// fields are what names must be written as exactly, where they are the same but for the case.
	fields names
}

// fewNames are compared one by one; more are looked up.
const fewNames = 32

// object goes past an object, from its opening bracket. Its names end with it.
func (w *walker) object(depth int) error {
	outer, before := len(w.starts), len(w.names)
	var many map[string]bool
	w.at++
	for w.space(); w.raw[w.at] != '}'; w.space() {
		name, exact := w.name()
		if !exact {
			return fmt.Errorf("%w: a name is written in other letters than the field's", ErrMalformed)
		}
		if many == nil && len(w.starts)-outer > fewNames {
			many = map[string]bool{}
			for i := outer; i < len(w.starts)-1; i++ {
				many[string(w.names[w.starts[i]:w.starts[i+1]])] = true
			}
		}
		if many[string(name)] || (many == nil && w.stands(name, outer)) {
			return fmt.Errorf("%w: a name stands twice", ErrMalformed)
		}
		if many != nil {
			many[string(name)] = true
		}
		w.space()
		w.at++ // the colon
		if err := w.value(depth); err != nil {
			return err
		}
		w.comma()
	}
	w.at++
	w.starts, w.names = w.starts[:outer], w.names[:before]
	return nil
}

// stands tells whether the last name of an object is one of those before it.
func (w *walker) stands(name []byte, outer int) bool {
	for i := outer; i < len(w.starts)-1; i++ {
		if bytes.Equal(name, w.names[w.starts[i]:w.starts[i+1]]) {
			return true
		}
	}
	return false
}

// value goes past a value.
func (w *walker) value(depth int) error {
	w.space()
	opens := w.raw[w.at] == '{' || w.raw[w.at] == '['
	if opens && depth >= MaxDepth {
		return fmt.Errorf("%w: nested more than %d deep", ErrMalformed, MaxDepth)
	}
	switch w.raw[w.at] {
	case '{':
		return w.object(depth + 1)
	case '[':
		w.at++
		for w.space(); w.raw[w.at] != ']'; w.space() {
			if err := w.value(depth + 1); err != nil {
				return err
			}
			w.comma()
		}
		w.at++
	case '"':
		w.text()
	default: // a number, or a word
		for w.at < len(w.raw) && bytes.IndexByte([]byte(",]} \t\r\n"), w.raw[w.at]) < 0 {
			w.at++
		}
	}
	return nil
}

func (w *walker) space() {
	for w.at < len(w.raw) && (w.raw[w.at] == ' ' || w.raw[w.at] == '\t' || w.raw[w.at] == '\r' || w.raw[w.at] == '\n') {
		w.at++
	}
}

func (w *walker) comma() {
	if w.space(); w.raw[w.at] == ',' {
		w.at++
	}
}

// text goes past a text and gives it with its quotes.
func (w *walker) text() []byte {
	start := w.at
	for w.at++; w.raw[w.at] != '"'; w.at++ {
		if w.raw[w.at] == '\\' {
			w.at++
		}
	}
	w.at++
	return w.raw[start:w.at]
}

// name goes past a name and gives it folded. It is exact unless it is a field's but for the case.
func (w *walker) name() (folded []byte, exact bool) {
	quoted, start := w.text(), len(w.names)
	w.starts = append(w.starts, start)
	written := quoted[1 : len(quoted)-1]
	for _, c := range written {
		if c == '\\' || c >= utf8.RuneSelf {
			var plain string
			_ = json.Unmarshal(quoted, &plain) // it is known to be a text
			w.names = append(w.names[:start], strings.Map(fold, plain)...)
			return w.names[start:], w.fields.take([]byte(plain), w.names[start:])
		}
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		w.names = append(w.names, c)
	}
	return w.names[start:], w.fields.take(written, w.names[start:])
}

// fold gives the least of the letters that encoding/json takes for the same: not only "S" and
// "s", but the long s too. Of the letters of ASCII that is the capital.
func fold(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return least
}
