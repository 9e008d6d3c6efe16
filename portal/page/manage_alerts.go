package page

import "time"

// AlertHook is where an organisation hears of what somebody should look at.
type AlertHook struct {
	URL string
	// Kinds are all there are, with what is chosen; none chosen stands for all.
	Kinds []AlertKind
	// Set tells whether there is an address by now.
	Set bool
	// Last is when something was last tried, Why why it was not taken; empty where it was.
	Last time.Time
	Why  Text
	// Tried is what became of the test.
	Tried Notice
	Faults
}

// AlertKind is a kind of alert, and whether it is sent.
type AlertKind struct {
	Kind string
	On   bool
}

// Label is what it is called.
func (k AlertKind) Label() Text { return Say("manage.alerts.kind." + k.Kind) }

// Self is where a change of language leads.
func (AlertHook) Self() string { return "/manage/alerts" }

// Page names the template.
func (AlertHook) Page() string { return "manage-alerts" }

// Wide uses the whole width.
func (AlertHook) Wide() bool { return true }

// AlertSecret shows the secret that signs, this once.
type AlertSecret struct{ Secret string }

// Self is where a change of language leads.
func (AlertSecret) Self() string { return "/manage/alerts" }

// Page names the template.
func (AlertSecret) Page() string { return "manage-alerts-secret" }
