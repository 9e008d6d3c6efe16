package approval

import "time"

// The numbers of docs/policy.md.
const (
	// DefaultLife is how long a request waits for the phone where nothing else is asked.
	DefaultLife = 120 * time.Second
	// MinimumLife is the shortest that can be asked.
	MinimumLife = 30 * time.Second
	// MaximumLife is the longest that can be asked.
	MaximumLife = 300 * time.Second
	// RedeemLife is how long an approval can be redeemed after the decision.
	RedeemLife = 120 * time.Second
	// ReleaseLife is how long a release code works after it was first handed to the browser.
	ReleaseLife = 30 * time.Second
	// ReportLife is how long "this was not me" can be said.
	ReportLife = 24 * time.Hour
	// MaxPending is how many requests of a person may stand side by side; one more from a browser
	// that the person was let in from, or to choose a new password.
	MaxPending = 3
	// PushesPerTenMinutes is how often a person is asked within ten minutes.
	PushesPerTenMinutes = 5
	// PushesPerHour is how often a person is asked within an hour.
	PushesPerHour = 10
	// StreakBeforeMute is how many requests in a row may be denied or unanswered before pushes
	// pause.
	StreakBeforeMute = 3
	// AnswerTime is after how long a request that goes away counts as unanswered.
	AnswerTime = 30 * time.Second
	// FirstMute is the first such pause; each further one is twice as long.
	FirstMute = 15 * time.Minute
	// LastMute is the longest.
	LastMute = 24 * time.Hour
	// Caution is how long six digits are asked after a failure or a report, and how long pushes
	// stop after a report.
	Caution = 24 * time.Hour
	// AssertionLife is how long an assertion can be used.
	AssertionLife = 60 * time.Second
	// EvidenceLife is how long it is kept where a request came from; after that the challenge,
	// the address and the browser are erased, and the decision with its hash stays.
	EvidenceLife = 90 * 24 * time.Hour
	// HistoryLife is how far back a phone sees.
	HistoryLife = 30 * 24 * time.Hour
	// MaxMessage is how long a message on the phone may be, in characters.
	MaxMessage = 200
	// MaxDetails is how many lines may stand below it.
	MaxDetails = 10
	// MaxLabel is how long a line's label may be, in characters.
	MaxLabel = 40
	// MaxValue is how long a line's value may be, in characters.
	MaxValue = 200

	fewDigits, manyDigits = 3, 6
)
