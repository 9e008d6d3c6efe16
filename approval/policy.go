package approval

import "time"

// The numbers of docs/policy.md.
const (
	// DefaultLife, MinimumLife and MaximumLife bound how long a request waits for the phone.
	DefaultLife, MinimumLife, MaximumLife = 120 * time.Second, 30 * time.Second, 300 * time.Second
	// RedeemLife is how long an approval can be redeemed after the decision, and
	// ReleaseLife how long after the code was first handed to the browser.
	RedeemLife, ReleaseLife = 120 * time.Second, 30 * time.Second
	// ReportLife is how long "this was not me" can be said.
	ReportLife = 24 * time.Hour
	// MaxPending is how many requests of a person may stand side by side.
	MaxPending = 3
	// PushesPerTenMinutes and PushesPerHour bound how often a person is asked.
	PushesPerTenMinutes, PushesPerHour = 5, 10
	// StreakBeforeMute is how many requests in a row may be denied or unanswered before pushes
	// stop for FirstMute, doubling up to LastMute.
	StreakBeforeMute = 3
	// FirstMute and LastMute bound that pause.
	FirstMute, LastMute = 15 * time.Minute, 24 * time.Hour
	// Caution is how long six digits are asked after a failure or a report, and how long pushes
	// stop after a report.
	Caution = 24 * time.Hour
	// AssertionLife is how long an assertion can be used.
	AssertionLife = 60 * time.Second
	// HistoryLife is how far back a phone sees.
	HistoryLife = 30 * 24 * time.Hour
	// MaxMessage, MaxDetails, MaxLabel and MaxValue bound what a page may show on the phone.
	MaxMessage, MaxDetails, MaxLabel, MaxValue = 200, 10, 40, 200

	fewDigits, manyDigits = 3, 6
)
