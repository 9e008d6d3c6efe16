package approval

import "time"

// Budget is what is remembered of how a person answered, to decide how often and how
// carefully to ask. Its methods give the budget that follows and change nothing.
type Budget struct {
	// Asked are the times of the pushes of the last hour, oldest first.
	Asked []time.Time
	// Streak counts what was denied or unanswered in a row, Mutes how often that led to a mute.
	Streak, Mutes int
	// MutedUntil is until when no push goes out, CautiousUntil until when six digits are asked.
	MutedUntil, CautiousUntil time.Time
}

// allows tells whether one more push may go out now.
func (b Budget) allows(now time.Time) bool {
	lately := 0
	for _, at := range b.Asked {
		if at.After(now.Add(-10 * time.Minute)) {
			lately++
		}
	}
	return !now.Before(b.MutedUntil) && lately < PushesPerTenMinutes && len(b.hour(now)) < PushesPerHour
}

// cautious tells whether six digits are asked now.
func (b Budget) cautious(now time.Time) bool { return now.Before(b.CautiousUntil) }

// asked counts a push.
func (b Budget) asked(now time.Time) Budget {
	b.Asked = append(b.hour(now), now)
	return b
}

func (b Budget) hour(now time.Time) []time.Time {
	var kept []time.Time
	for _, at := range b.Asked {
		if at.After(now.Add(-time.Hour)) {
			kept = append(kept, at)
		}
	}
	return kept
}

// After gives the budget behind a request that came to the state. A request whose push was
// withheld says nothing of the person.
func (b Budget) After(state State, withheld bool, now time.Time) Budget {
	switch state {
	case Approved:
		b.Streak, b.Mutes = 0, 0
	case Reported:
		b.MutedUntil = later(b.MutedUntil, now.Add(Caution))
		b.CautiousUntil = now.Add(Caution)
	case Mismatched:
		b.CautiousUntil = now.Add(Caution)
		b = b.refused(now)
	case Denied:
		b = b.refused(now)
	case Expired:
		if !withheld {
			b = b.refused(now)
		}
	case Pending, Released, Cancelled, Superseded, Lapsed:
	}
	return b
}

// ignored gives the budget behind a pushed request that ends because its page goes away. One
// that the person had time to answer, and did not, is as good as unanswered: a thief who
// reloads the page must not go round the pause.
func ignored(b Budget, r Request, now time.Time) Budget {
	if r.Withheld || now.Sub(r.Created) < AnswerTime {
		return b
	}
	return b.refused(now)
}

func (b Budget) refused(now time.Time) Budget {
	b.Streak++
	if b.Streak < StreakBeforeMute {
		return b
	}
	mute := LastMute
	if b.Mutes < 7 { // 15 min doubled 7 times is past 24 h
		mute = FirstMute << b.Mutes
	}
	b.MutedUntil = later(b.MutedUntil, now.Add(mute))
	b.Streak, b.Mutes = 0, b.Mutes+1
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
