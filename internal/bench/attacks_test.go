package bench

import "testing"

// What two processes say together adds up; what is open the next time was not open before.
func TestFought(t *testing.T) {
	t.Parallel()
	one, two := fought{Times: 1, Answered: 2, Refused: 3, Limited: 4, Most: 5}, fought{Times: 10, Answered: 20, Refused: 30, Limited: 40, Most: 50}
	if got, want := one.with(two), (fought{Times: 11, Answered: 22, Refused: 33, Limited: 44, Most: 55}); got != want {
		t.Errorf("together: %+v, want %+v", got, want)
	}
	if got, want := two.then(one), (fought{Times: 11, Answered: 22, Refused: 33, Limited: 44, Most: 50}); got != want {
		t.Errorf("one after the other: %+v, want %+v", got, want)
	}
}
