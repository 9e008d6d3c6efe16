package sms

import (
	"time"

	"example.com/aye/internal/secret"
)

// Kind is whose interface a provider speaks.
type Kind string

// The kinds.
const (
	// MessageBird is the classic REST API, which ends on 31 December 2026.
	MessageBird Kind = "messagebird"
	// Bird is its successor, Bird v1.
	Bird Kind = "bird"
)

// Provider is an account at a vendor of text messages that was proven by a code.
type Provider struct {
	ID string
	// OrganisationID is whose it is; empty for the operator's own.
	OrganisationID string
	Kind           Kind
	// Description is for administrators alone.
	Description string
	// Sender is what people see: 1 to 11 letters and digits, or a number in E.164.
	Sender string
	// Key lets Aye send. It is never shown again; KeyEnd is its last four characters.
	Key    secret.Secret
	KeyEnd string
	// Signing is what the vendor signs its reports with; empty where no reports are taken.
	Signing secret.Secret
	// Signed tells whether there is one, also where the provider comes without its keys.
	Signed bool
	// Active tells whether it is the one that is used.
	Active bool
	// Trouble is why the vendor took no message since TroubleAt; empty while it takes them.
	Trouble   Class
	TroubleAt time.Time
	Created   time.Time
	// Proven is when the last code came back that went by it.
	Proven time.Time
}

// Setup is what an administrator fills in.
type Setup struct {
	// OrganisationID is whose the provider will be; empty for the operator's own.
	OrganisationID string
	// ProviderID is the one that is changed; empty for a new one.
	ProviderID  string
	Description string
	Sender      string
	// Key and Signing are empty where those of the provider that is changed stay.
	Key, Signing secret.Secret
	// NoSigning takes the signing key away.
	NoSigning bool
	// By is who gets the code.
	By Administrator
}

// Administrator is who sets a provider up, and gets the code.
type Administrator struct {
	// ID is the membership's, or accounts.Operator.
	ID       string
	PersonID string
	// Number is in any form that accounts.NormalNumber takes.
	Number string
	Locale string
}

// Draft is what is not in use yet, because its code was not typed.
type Draft struct {
	// ID is that of the provider that it becomes, if it becomes a new one.
	ID string
	Setup
	Kind   Kind
	KeyEnd string
	// MessageID is the newest message with a code; the ones before count no longer.
	MessageID string
	// To is where it went, in E.164.
	To string
	// Created is when the draft was made, Sent when the newest code went out, Until until when it counts.
	Created, Sent, Until time.Time
	// Tries is how many codes were looked at for it.
	Tries int
}

// Settings are what an organisation decides about its messages; the operator has its own.
type Settings struct {
	OrganisationID string
	// Countries are those that messages may go to, as two letters of ISO 3166-1. Empty stands for the
	// installation's own country.
	Countries []string
	// Cap is the most that messages may cost in a calendar month (UTC), in the currency of the
	// installation's prices; 0 for [DefaultCap].
	Cap Amount
	// Stopped is when the breaker stopped the messages; zero while they go out.
	Stopped time.Time
	// Resumed is since when codes count for the breaker.
	Resumed time.Time
}
