package audit_test

import (
	"strings"
	"testing"

	"example.com/aye/internal/audit"
)

// FuzzKeySet: a set that is taken is of keys that are named by their thumbprints; written and read again it is the same.
func FuzzKeySet(f *testing.F) {
	l := newLog(f, 2)
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := audit.ParseKeySet(text)
		if err != nil {
			return
		}
		keys, err := set.Trusted()
		if err != nil || len(keys) > len(set.Keys) {
			t.Fatalf("%d of %d, %v", len(keys), len(set.Keys), err)
		}
		for id, key := range keys {
			if len(id) != 43 || key == nil {
				t.Errorf("%q", id)
			}
		}
		written, err := set.Text()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := audit.ParseKeySet(written); err != nil || len(again.Keys) != len(set.Keys) {
			t.Errorf("%v", err)
		}
		if followed := l.keys(t).Follow(set); len(followed) > len(set.Keys)+len(l.keys(t)) {
			t.Errorf("%d keys are followed", len(followed))
		}
	})
}

// FuzzCheckpoints: whatever a sink wrote around them, those that the server signed are found, and none that it did not sign counts.
func FuzzCheckpoints(f *testing.F) {
	l := newLog(f, 6)
	var real []string
	for line := range strings.SplitSeq(string(l.export(f, true)), "\n") {
		real = append(real, audit.FindCheckpoints([]byte(line))...)
	}
	if len(real) == 0 {
		f.Fatal("there is no checkpoint")
	}
	keys := l.keys(f)
	f.Fuzz(func(t *testing.T, before, after []byte) {
		text := append(append(append(append([]byte{}, before...), '\n'), real[0]...), append([]byte{'\n'}, after...)...)
		found := audit.FindCheckpoints(text)
		taken := 0
		for _, each := range found {
			if point, err := keys.Checkpoint(each); err == nil {
				if each != real[0] || point.Text != each {
					t.Errorf("%q counts", each)
				}
				taken++
			}
		}
		if taken == 0 {
			t.Errorf("not found in %q", text)
		}
	})
}
