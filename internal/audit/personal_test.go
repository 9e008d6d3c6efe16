package audit_test

import (
	"crypto/sha256"
	"strings"
	"testing"

	"example.com/aye/internal/audit"
)

func sum(text []byte) [32]byte { return sha256.Sum256(text) }

// TestCommitments: the same value has another hash each time, so nobody finds out by trying whose it is.
func TestCommitments(t *testing.T) {
	t.Parallel()
	entry := audit.Entry{Personal: map[string]string{"ip": "192.0.2.1", "name": "Ada\xff"}}
	first, err := audit.Append(audit.Row{}, entry)
	must(t, err)
	second, err := audit.Append(first, entry)
	must(t, err)
	if len(first.Commitments) != 2 || len(first.Openings) != 2 || first.Commitments["ip"] == second.Commitments["ip"] {
		t.Fatalf("%+v %+v", first, second)
	}
	for i, o := range first.Openings {
		if !first.Fits(o) || second.Fits(o) || first.Fits(audit.Opening{Name: o.Name, Salt: o.Salt, Value: o.Value + "x"}) {
			t.Errorf("%+v", o)
		}
		if o.Value != []string{"192.0.2.1", "Ada\ufffd"}[i] {
			t.Errorf("%q", o.Value)
		}
	}
	var v audit.Verifier
	must(t, v.Next(first))
	second.Openings, second.Personal = nil, nil // erased
	must(t, v.Next(second))
	second.Commitments["ip"] = first.Commitments["ip"]
	v = audit.Verifier{}
	must(t, v.Next(first))
	if v.Next(second) == nil {
		t.Error("a commitment can be changed")
	}
}

// TestOrigin: where somebody sat stands beside the row, and what the entry says itself counts.
func TestOrigin(t *testing.T) {
	t.Parallel()
	ctx := audit.WithOrigin(t.Context(), audit.Origin{IP: "192.0.2.1", UserAgent: "curl"})
	e := audit.Entry{Personal: map[string]string{"ip": "mine"}}
	got := e.From(audit.OriginOf(ctx))
	if got.Personal["ip"] != "mine" || got.Personal["browser"] != "curl" || len(e.Personal) != 1 {
		t.Errorf("%+v %+v", got, e)
	}
	long := (audit.Entry{}).From(audit.Origin{UserAgent: strings.Repeat("é", 9999)})
	row, err := audit.Append(audit.Row{}, long)
	must(t, err)
	if n := len(row.Personal["browser"]); n > 514 || !row.Fits(row.Openings[0]) {
		t.Errorf("%d bytes are kept of a browser's name", n)
	}
	if e = (audit.Entry{}).From(audit.OriginOf(t.Context())); e.Personal != nil {
		t.Errorf("%+v", e)
	}
}
