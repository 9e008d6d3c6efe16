package audit_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/jws"
)

// signer is a server's key.
type signer struct {
	private *ecdsa.PrivateKey
	public  audit.PublicKey
}

func newSigner(t testing.TB) signer {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	key, err := jws.NewKey(&private.PublicKey)
	must(t, err)
	return signer{private, audit.PublicKey{ID: key.Thumbprint(), Key: key}}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sign gives the signed form.
func (s signer) sign(t testing.TB, c audit.Checkpoint) audit.Checkpoint {
	t.Helper()
	text, err := jws.Sign(s.private, audit.CheckpointType, s.public.ID, jwt.MapClaims{
		"iss": "https://aye.example.com", "organisation": c.Organisation, "number": c.Number, "sequence": c.Sequence, "hash": c.Hash,
		"iat": c.At.Unix(), "previous": c.Previous, "floor": c.Floor,
	})
	must(t, err)
	c.Text = text
	return c
}

// announce makes the elder key introduce this one.
func (s signer) announce(t testing.TB, elder signer) signer {
	t.Helper()
	text, err := jws.Sign(elder.private, "aye-key+jwt", elder.public.ID, jwt.MapClaims{"jwk": s.public.Key})
	must(t, err)
	s.public.Announcement = text
	return s
}

func (s signer) keys(t testing.TB) audit.Keys {
	t.Helper()
	keys, err := audit.KeySet{Keys: []audit.PublicKey{s.public}}.Trusted()
	must(t, err)
	return keys
}

var start = time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)

// log is a chain as a server keeps it.
type log struct {
	signer
	rows   []audit.Row
	points []audit.Checkpoint
}

// newLog has so many rows, of which every third has personal values, and a checkpoint behind each fourth.
func newLog(t testing.TB, n int) *log {
	t.Helper()
	l := &log{signer: newSigner(t)}
	l.grow(t, n, "x")
	return l
}

func (l *log) grow(t testing.TB, n int, actor string) {
	t.Helper()
	for range n {
		var last audit.Row
		if len(l.rows) > 0 {
			last = l.rows[len(l.rows)-1]
		}
		i := int(last.Sequence) + 1
		entry := audit.Entry{
			Organisation: "org_1", Actor: actor, Action: "case.opened", Subject: fmt.Sprintf("case_%d", i), At: start.Add(time.Duration(i) * time.Minute),
			Data: map[string]string{"user": "usr_1", "ticket": "<\"&\\\u2028é>"},
		}
		if i%3 == 0 {
			entry.Personal = map[string]string{"ip": "192.0.2.1", "browser": "Mozilla/5.0 \"é\""}
		}
		row, err := audit.Append(last, entry)
		must(t, err)
		if l.rows = append(l.rows, row); i%4 == 0 {
			l.point(t, i, false)
		}
	}
}

// point signs the row.
func (l *log) point(t testing.TB, sequence int, floor bool) {
	t.Helper()
	c := audit.Checkpoint{Organisation: "org_1", Number: int64(len(l.points) + 1), Sequence: int64(sequence), Hash: l.rows[sequence-1].Hash, Previous: audit.First, Floor: floor}
	c.At = l.rows[sequence-1].At.Add(time.Second)
	if len(l.points) > 0 {
		c.Previous = l.points[len(l.points)-1].Digest()
	}
	l.points = append(l.points, l.sign(t, c))
}

// header is of an export that is made an hour after the last row.
func (l *log) header() audit.Header {
	return audit.Header{Origin: "https://aye.example.com", At: l.rows[len(l.rows)-1].At.Add(time.Hour), All: true, Keys: []audit.PublicKey{l.public}}
}

// export writes the rows from the place, with the head that the last row has.
func (l *log) export(t testing.TB, personal bool) []byte {
	t.Helper()
	return l.exportFrom(t, 0, personal, func(*audit.Header, *audit.Span) {})
}

func (l *log) exportFrom(t testing.TB, after int, personal bool, change func(*audit.Header, *audit.Span)) []byte {
	t.Helper()
	last := l.rows[len(l.rows)-1]
	header, span := l.header(), audit.Span{Organisation: "org_1", Previous: audit.First, Last: last.Sequence, Hash: last.Hash}
	if after > 0 {
		span.After, span.Previous = int64(after), l.rows[after-1].Hash
	}
	change(&header, &span)
	var out bytes.Buffer
	e, err := audit.NewExporter(&out, header)
	must(t, err)
	e.Personal = personal
	must(t, e.Chain(span, l.points))
	for _, row := range l.rows[after:] {
		must(t, e.Row(row))
	}
	must(t, e.End())
	return out.Bytes()
}

func (l *log) sent() []string {
	var texts []string
	for _, p := range l.points {
		texts = append(texts, p.Text)
	}
	return texts
}
