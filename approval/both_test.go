package approval

import (
	"errors"
	"runtime"
	"testing"
)

// TestBoth: both are done, the first failure is told, and a panic comes where the caller can take it up.
func TestBoth(t *testing.T) {
	t.Parallel()
	a, b := errors.New("a"), errors.New("b")
	for name, c := range map[string]struct{ one, other, want error }{
		"neither": {nil, nil, nil}, "the first": {a, nil, a}, "the second": {nil, b, b}, "both": {a, b, a},
	} {
		done := 0
		err := both(func() error { return c.one }, func() error {
			done++
			return c.other
		})
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || done != 1 {
			t.Errorf("%s: %v, done %d times", name, err, done)
		}
	}
	err := both(func() error { return nil }, func() error {
		runtime.Goexit()
		return nil
	})
	if err == nil {
		t.Error("what ended before its end did not fail")
	}
	defer func() {
		if value := recover(); value != "x" {
			t.Errorf("it panicked with %v", value)
		}
	}()
	_ = both(func() error { return nil }, func() error { panic("x") })
}
