package bench

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A measurement is made in turns: what is compared takes turns, so that a machine that becomes
// slower or faster meanwhile is so for all of it. Many turns show how much the ratio varies;
// one that is too short measures little but its own beginning.
const (
	turnTime    = 1250 * time.Millisecond
	fewestTurns = 2
	mostTurns   = 8
)

// turnsIn is in how many turns a measurement of the duration is made.
func turnsIn(duration time.Duration) int {
	return min(max(int(duration/turnTime), fewestTurns), mostTurns)
}

// inTurn gives the order of a turn, counted from 0: there, and the next time back again, so
// that nothing always comes after the same other.
func inTurn[T any](turn int, all []T) []T {
	order := slices.Clone(all)
	if turn%2 == 1 {
		slices.Reverse(order)
	}
	return order
}

// Ratios is how far the ratio of Aye's number to the limit went in the turns.
type Ratios struct {
	Lowest  float64 `json:"lowest"`
	Highest float64 `json:"highest"`
}

// ratiosOf compares the numbers turn by turn; nil where no turn has both.
func ratiosOf(ours, limits []float64) *Ratios {
	var all []float64
	for i := range min(len(ours), len(limits)) {
		if ours[i] > 0 && limits[i] > 0 {
			all = append(all, ours[i]/limits[i])
		}
	}
	if len(all) == 0 {
		return nil
	}
	return &Ratios{slices.Min(all), slices.Max(all)}
}

// words say between what the ratios lay, with what they are of.
func (r *Ratios) words(of string) string {
	return fmt.Sprintf("between %s and %s %s", part(r.Lowest), part(r.Highest), of)
}

// turnsNote says in how many turns something was measured, and between what the ratios lay.
func (r *run) turnsNote(lay []string) string {
	text := fmt.Sprintf("All took turns, %d of each.", turnsIn(r.Duration))
	if len(lay) > 0 {
		text += " The turns' ratios lay " + enumerate(lay) + "."
	}
	return text
}

// enumerate joins parts of a sentence.
func enumerate(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + ", and " + parts[last]
}

// mean is that of the numbers; 0 where there are none.
func mean(numbers []float64) float64 {
	sum := 0.0
	for _, n := range numbers {
		sum += n
	}
	return sum / float64(max(1, len(numbers)))
}
