package sms

import (
	"time"

	"example.com/aye/otp"
)

// The numbers of docs/policy.md.
const (
	// CodeDigits are those of a code in a text message.
	CodeDigits = otp.TextDigits
	// CodeLife is how long it counts, and how long the vendor tries to deliver it.
	CodeLife = otp.TextLife
	// CodeTries is how many codes are looked at for one message.
	CodeTries = 5
	// FirstPause is before a second message for the same thing; each further pause is twice as
	// long, up to LastPause.
	FirstPause = 30 * time.Second
	LastPause  = 2 * time.Minute
	// NumberPerHour and NumberPerDay are how many messages go to one number, whatever they are for.
	NumberPerHour = 5
	NumberPerDay  = 10
	// KnownPerHour and KnownPerDay are how many more go to it for who asks from a browser that they were
	// let in from before: who knows only the password cannot use those up.
	KnownPerHour = 2
	KnownPerDay  = 4
	// OrganisationPerDay is how many go out for one organisation, whoever pays.
	OrganisationPerDay = 500
	// NumberPause is how long a changed number does not let its person log in.
	NumberPause = 7 * 24 * time.Hour
	// BreakerCodes is how many of the last codes are looked at, BreakerUsed how many of a hundred
	// must have been used. A code counts once its time has passed, or it was used; one that did not
	// arrive does not.
	BreakerCodes = 50
	BreakerUsed  = 30
	// DefaultCap is the most that an organisation's messages cost in a month where it says nothing.
	DefaultCap Amount = 50_000_000
	// MinimumCap is the least that it can say, MaximumCap the most.
	MinimumCap Amount = 1_000_000
	MaximumCap Amount = 100_000_000_000
	// NumberLife is how long the ledger knows a whole number; then what is shown of it stays.
	NumberLife = 30 * 24 * time.Hour
	// SendTime is how long the vendor may take to answer, CheckTime how long when it is asked for the
	// key, and SetupTime for both together: less than what a page may take.
	SendTime  = 10 * time.Second
	CheckTime = 3 * time.Second
	SetupTime = 11 * time.Second
	// DraftLife is how long what an administrator filled in waits for its code.
	DraftLife = time.Hour
	// FirstLook is after how long the vendor is asked what became of a message.
	FirstLook = time.Minute
	// MaximumProviders is how many an organisation can keep.
	MaximumProviders = 10
)
