package audit

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"time"
)

// A line of an export with a row is
//
//	{"hash":"…","row":{…}}
//	{"hash":"…","row":{…},"personal":{"ip":{"salt":"…","value":"…"}}}
//
// where the row is, byte by byte, what the hash covers. It is read as it is spelt by [Row.Text] and in no other way: the
// bytes that were hashed can then mean one thing only, to every reader of JSON.

// line is a row as it stands in an export, in the bytes of the line.
type line struct {
	hash, text             []byte
	organisation, previous []byte
	// at is the time, as it is spelt.
	at       []byte
	sequence int64
	// commitments and personal are pairs of what stands between the quotes: name and hash; name, salt and value.
	commitments [][2][]byte
	personal    [][3][]byte
}

// read takes the line apart, and tells whether it is spelt right. What it gives lives as long as the text. Whether the two hashes
// are some shows when they are compared with those that they must be.
func (l *line) read(text []byte) bool {
	c := cursor{text: text}
	l.commitments, l.personal = l.commitments[:0], l.personal[:0]
	c.skip(`{"hash":"`)
	l.hash = c.take(hashSize)
	c.skip(`","row":`)
	start := c.at
	l.row(&c)
	if c.bad {
		return false
	}
	l.text = text[start:c.at]
	if c.next(`,"personal":{`) {
		l.values(&c)
	}
	c.skip(`}`)
	return !c.bad && c.at == len(text)
}

func (l *line) row(c *cursor) {
	c.skip(`{"organisation":"`)
	l.organisation = c.words()
	c.skip(`,"actor":"`)
	c.words()
	c.skip(`,"action":"`)
	c.words()
	c.skip(`,"subject":"`)
	c.words()
	c.skip(`,"at":"`)
	start := c.at
	c.time()
	if !c.bad {
		l.at = c.text[start : c.at-1]
	}
	if c.next(`,"data":{`) {
		c.names(func([]byte) {
			c.skip(`"`)
			c.words()
		})
	}
	if c.next(`,"commitments":{`) {
		c.names(func(name []byte) {
			c.skip(`"`)
			l.commitments = append(l.commitments, [2][]byte{name, c.hash()})
			c.skip(`"`)
		})
	}
	c.skip(`,"sequence":`)
	l.sequence = c.number()
	c.skip(`,"previous":"`)
	l.previous = c.take(hashSize)
	c.skip(`","hash":""}`)
}

func (l *line) values(c *cursor) {
	c.names(func(name []byte) {
		c.skip(`{"salt":"`)
		salt := c.take(2 * SaltSize)
		c.skip(`","value":"`)
		l.personal = append(l.personal, [3][]byte{name, salt, c.words()})
		c.skip(`}`)
	})
}

// unfit names a personal value that is not what the row was written with; empty where all are right.
func (l *line) unfit() string {
	for _, p := range l.personal {
		o := Opening{Name: unquote(p[0]), Salt: make([]byte, SaltSize), Value: unquote(p[2])}
		_, err := hex.Decode(o.Salt, p[1])
		want := o.Commitment()
		fits := false
		for _, c := range l.commitments {
			fits = fits || bytes.Equal(c[0], p[0]) && string(c[1]) == want
		}
		if err != nil || !fits {
			return o.Name
		}
	}
	return ""
}

// cursor goes along a text once. After the first thing that is not as it must be it is bad, and stays so.
type cursor struct {
	text []byte
	at   int
	bad  bool
}

// next goes past what may stand there.
func (c *cursor) next(what string) bool {
	rest := c.text[c.at:]
	if c.bad || len(rest) < len(what) || string(rest[:len(what)]) != what {
		return false
	}
	c.at += len(what)
	return true
}

// skip goes past what must stand there.
func (c *cursor) skip(what string) { c.bad = !c.next(what) || c.bad }

// take gives so many bytes.
func (c *cursor) take(n int) []byte {
	if c.bad || len(c.text)-c.at < n {
		c.bad = true
		return nil
	}
	c.at += n
	return c.text[c.at-n : c.at]
}

func (c *cursor) hash() []byte {
	taken := c.take(hashSize)
	c.bad = c.bad || !isHash(taken)
	return taken
}

// number is of 1 to 18 digits, of which the first is no zero.
func (c *cursor) number() (n int64) {
	start := c.at
	for c.at < len(c.text) && c.text[c.at] >= '0' && c.text[c.at] <= '9' && c.at-start < 18 {
		n = 10*n + int64(c.text[c.at]-'0')
		c.at++
	}
	c.bad = c.bad || c.at == start || c.text[start] == '0'
	return n
}

// time is 2006-01-02T15:04:05Z, with up to three decimals of which the last is no zero. It goes past the quote too.
func (c *cursor) time() {
	year := 100*c.pair(99) + c.pair(99)
	c.skip("-")
	month := c.pair(12)
	c.skip("-")
	day := c.pair(31)
	c.skip("T")
	c.pair(23)
	c.skip(":")
	c.pair(59)
	c.skip(":")
	c.pair(59)
	if month < 1 || day < 1 || day > 28 && day > time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day() {
		c.bad = true
	}
	if c.next(".") {
		start := c.at
		for c.at < len(c.text) && c.text[c.at] >= '0' && c.text[c.at] <= '9' {
			c.at++
		}
		c.bad = c.bad || c.at == start || c.at-start > 3 || c.text[c.at-1] == '0'
	}
	c.skip(`Z"`)
}

// pair is two digits.
func (c *cursor) pair(most int) int {
	two := c.take(2)
	if c.bad || two[0] < '0' || two[0] > '9' || two[1] < '0' || two[1] > '9' {
		c.bad = true
		return 0
	}
	n := 10*int(two[0]-'0') + int(two[1]-'0')
	c.bad = n > most
	return n
}

// names goes through an object, from behind its bracket to behind its end. Names rise, so that none stands twice.
func (c *cursor) names(value func(name []byte)) {
	var last []byte
	for first := true; !c.bad; first = false {
		if !first {
			if c.next("}") {
				return
			}
			c.skip(",")
		}
		c.skip(`"`)
		name := c.words()
		c.skip(":")
		if !first && !c.bad && compare(last, name) >= 0 {
			c.bad = true
		}
		last = name
		if !c.bad {
			value(name)
		}
	}
}

func compare(a, b []byte) int {
	if bytes.IndexByte(a, '\\') < 0 && bytes.IndexByte(b, '\\') < 0 {
		return bytes.Compare(a, b)
	}
	return bytes.Compare([]byte(unquote(a)), []byte(unquote(b)))
}

// words goes from behind a quote past the next one, and gives what is between.
func (c *cursor) words() []byte {
	if c.bad {
		return nil
	}
	rest := c.text[c.at:]
	end := bytes.IndexByte(rest, '"')
	if end < 0 {
		c.bad = true
		return nil
	}
	if !plain(rest[:end]) {
		return c.escaped(c.at)
	}
	c.at += end + 1
	return rest[:end]
}

// escaped is words for a text with bytes that JSON writes in more than one way: it must be the way of this program.
func (c *cursor) escaped(start int) []byte {
	for ; c.at < len(c.text) && c.text[c.at] != '"'; c.at++ {
		if c.text[c.at] == '\\' {
			c.at++
		}
	}
	if c.at >= len(c.text) { // behind a last backslash it is past the end
		c.at, c.bad = len(c.text), true
		return nil
	}
	c.at++
	quoted := c.text[start-1 : c.at]
	var value string
	if json.Unmarshal(quoted, &value) != nil {
		c.bad = true
		return nil
	}
	again, err := json.Marshal(value)
	c.bad = err != nil || !bytes.Equal(again, quoted)
	return quoted[1 : len(quoted)-1]
}

// unquote gives what stands between quotes as text.
func unquote(between []byte) string {
	if bytes.IndexByte(between, '\\') < 0 {
		return string(between)
	}
	var value string
	_ = json.Unmarshal([]byte(`"`+string(between)+`"`), &value) // it was read before
	return value
}

// plain tells whether all bytes stand for themselves in JSON as this program writes it: ASCII from the space on, without \, <, > and &.
// It looks at eight at a time.
func plain(text []byte) bool {
	var found uint64
	for ; len(text) >= 8; text = text[8:] {
		found |= special(binary.LittleEndian.Uint64(text))
	}
	if len(text) > 0 {
		last := [8]byte{'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a'}
		copy(last[:], text)
		found |= special(binary.LittleEndian.Uint64(last[:]))
	}
	return found&highs == 0
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special has the highest bit of a byte set where one of the eight is not plain, and perhaps of those above it.
func special(eight uint64) uint64 {
	const notTwo = ones * (0xff &^ ('<' ^ '>')) // takes > for <
	return eight |                              // not ASCII
		(eight - ones*' ') | // below the space: it borrows
		((eight ^ ones*'\\') - ones) | // a byte that became zero borrows
		((eight ^ ones*'&') - ones) |
		((eight&notTwo ^ ones*('<'&^('<'^'>'))) - ones)
}
