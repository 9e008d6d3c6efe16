package page

import "time"

// SignIns are the times that a person was let in.
type SignIns struct {
	SignIns []SignIn
	// More is the address of those before; empty after the last ones.
	More string
}

// Page names the template.
func (SignIns) Page() string { return "security-sign-ins" }

// Wide tells that it needs room.
func (SignIns) Wide() bool { return true }

// SignIn is one of them.
type SignIn struct {
	ID string
	At time.Time
	// Asker is the application, What was to be allowed where it was not a login; both as they were told.
	Asker, What, Organisation string
	Place, IP                 string
	// Browser is in words.
	Browser Text
	// How is by which means.
	How Text
	// Reported tells that the person said "this was not me", Reportable that they can.
	Reported, Reportable bool
}

// NotMe asks whether somebody else was let in.
type NotMe struct{ SignIn SignIn }

// Page names the template.
func (NotMe) Page() string { return "security-not-me" }

// Reported says what happened after "this was not me".
type Reported struct {
	SignIn SignIn
	// Out tells that the reader's own session came of it, and has ended.
	Out bool
}

// Page names the template.
func (Reported) Page() string { return "security-reported" }

// Sessions are where a person is logged in.
type Sessions struct{ Sessions []Session }

// Page names the template.
func (Sessions) Page() string { return "security-sessions" }

// Wide tells that it needs room.
func (Sessions) Wide() bool { return true }

// Session is one browser in which the person is logged in, or nearly.
type Session struct {
	ID      string
	Browser Text
	// Place and IP are where the password was typed last.
	Place, IP    string
	Organisation string
	Began, Seen  time.Time
	// This is the one that looks; Half one that is not in yet.
	This, Half bool
}
