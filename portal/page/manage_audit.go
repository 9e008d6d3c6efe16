package page

import "time"

// AuditLog is what was done in an organisation, the newest first.
type AuditLog struct {
	// Who, Whom, What, From and Until are what was searched for; What is a family of actions.
	Who, Whom, What, From, Until string
	Families                     []Choice
	Rows                         []LoggedRow
	// Next is the address of the next page, First of the first one; empty where there is none.
	Next, First string
	// Address is that of this page.
	Address string
	Faults
}

// Searched tells whether anything was asked for.
func (a AuditLog) Searched() bool {
	return a.Who != "" || a.Whom != "" || a.What != "" || a.From != "" || a.Until != ""
}

// Self is where a change of language leads.
func (a AuditLog) Self() string { return a.Address }

// Page names the template.
func (AuditLog) Page() string { return "manage-audit" }

// Wide uses the whole width.
func (AuditLog) Wide() bool { return true }

// LoggedRow is one thing that was done.
type LoggedRow struct {
	Sequence int64
	At       time.Time
	// What says it in words.
	What Text
	// IP and Browser are where it was done from; empty where nobody knows. Erased says that something of that was erased.
	IP      string
	Browser Text
	Erased  bool
	// Signed says that a phone's signature stands with it.
	Signed bool
	// Action, Actor, Subject, Data and Hash are the row itself.
	Action, Actor, Subject, Hash string
	Data                         []LoggedValue
}

// LoggedValue is one of a row's data.
type LoggedValue struct{ Name, Value string }
