package bench

import (
	"slices"
	"testing"
	"time"
)

func TestTurns(t *testing.T) {
	t.Parallel()
	for duration, want := range map[time.Duration]int{
		100 * time.Millisecond: 2, 3 * time.Second: 2, 4 * time.Second: 3, 5 * time.Second: 4, 10 * time.Second: 8, 10 * time.Minute: 8,
	} {
		if got := turnsIn(duration); got != want {
			t.Errorf("%s is measured in %d turns, want %d", duration, got, want)
		}
	}
	names := []string{"a", "b", "c"}
	for turn, want := range [][]string{{"a", "b", "c"}, {"c", "b", "a"}, {"a", "b", "c"}} {
		if got := inTurn(turn, names); !slices.Equal(got, want) {
			t.Errorf("turn %d goes %v, want %v", turn, got, want)
		}
	}
}

func TestRatios(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ours, limits []float64
		want         *Ratios
	}{
		"nothing":               {nil, nil, nil},
		"one":                   {[]float64{1}, []float64{2}, &Ratios{0.5, 0.5}},
		"many":                  {[]float64{6, 10, 4}, []float64{8, 5, 16}, &Ratios{0.25, 2}},
		"some measured nothing": {[]float64{6, 0, 4}, []float64{8, 5, 0}, &Ratios{0.75, 0.75}},
		"all measured nothing":  {[]float64{0}, []float64{0}, nil},
	} {
		got := ratiosOf(test.ours, test.limits)
		if (got == nil) != (test.want == nil) || (got != nil && *got != *test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
	r := &run{Options: Options{Duration: 5 * time.Second}}
	if got := r.turnsNote(nil); got != "All took turns, 4 of each." {
		t.Error(got)
	}
	got := r.turnsNote([]string{(&Ratios{0.521, 0.6}).words("with 64 in flight"), (&Ratios{1, 20}).words("with 256 in flight")})
	if got != "All took turns, 4 of each. The turns' ratios lay between 0.52 and 0.60 with 64 in flight, and between 1.00 and 20 with 256 in flight." {
		t.Error(got)
	}
}
