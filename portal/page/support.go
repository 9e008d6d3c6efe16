package page

import (
	"net/url"
	"time"
)

// SupportHome is where support begins: who calls, and what waits.
type SupportHome struct {
	// Search is what was searched for, with [Faults] where it was too little.
	Search string
	// Approve are cases that wait for the reader, Live the others that go on.
	Approve, Live []CaseLine
	Frozen        []FreezeLine
	// Operator says that the reader is of the operator's support: everything then has an organisation.
	Operator bool
	Faults
}

// Page names the template.
func (SupportHome) Page() string { return "support" }

// Wide uses the whole width.
func (SupportHome) Wide() bool { return true }

// Self is where a change of language leads.
func (SupportHome) Self() string { return "/support" }

// SupportFound are the people that were found.
type SupportFound struct {
	Search   string
	People   []Helped
	Operator bool
	// Faults are those of the box to search again, which has none.
	Faults
}

// Page names the template.
func (SupportFound) Page() string { return "support-people" }

// Wide uses the whole width.
func (SupportFound) Wide() bool { return true }

// Self is where a change of language leads.
func (v SupportFound) Self() string { return "/support/people?q=" + url.QueryEscape(v.Search) }

// Helped is a person as support may see: nothing of what the person is elsewhere.
type Helped struct {
	// ID is the membership's.
	ID, Name, Email string
	// Role is the last part of the text's id.
	Role string
	// Organisation is said to the operator's support alone; empty for others.
	Organisation string
	Since        time.Time
}

// Support is the address of the person's card.
func (h Helped) Support() string { return "/support/people/" + h.ID }

// CaseLine is a case in a list.
type CaseLine struct {
	ID, Name, Organisation string
	// Kind and State are the last parts of the texts' ids.
	Kind, State string
	Opener      string
	Opened      time.Time
	// Next says what it waits for.
	Next Stance
}

// Stance says how something stands: a word that texts are known by, and a time that they name, which each reader
// sees by the clock of the place they are in.
type Stance struct {
	Word string
	At   time.Time
}

// Tone is that of the state's word.
func (c CaseLine) Tone() string { return caseTone(c.State) }

func caseTone(state string) string {
	switch state {
	case "open", "waiting":
		return "warn"
	case "sent", "revoked":
		return "info"
	case "done":
		return "good"
	case "stopped":
		return "bad"
	}
	return "plain"
}

// FreezeLine is something that support does not touch until somebody has looked.
type FreezeLine struct {
	ID string
	// What is person, agent or organisation.
	What, Name, Organisation string
	At                       time.Time
	// CaseID is the case that it came of; empty for none.
	CaseID string
	// MayLift says that the reader may end it.
	MayLift bool
}

// SupportCases is the list of all cases: those that go on, or those that ended.
type SupportCases struct {
	Ended    bool
	Cases    []CaseLine
	Operator bool
}

// Page names the template.
func (SupportCases) Page() string { return "support-cases" }

// Wide uses the whole width.
func (SupportCases) Wide() bool { return true }

// Self is where a change of language leads.
func (v SupportCases) Self() string {
	if v.Ended {
		return "/support/cases?ended"
	}
	return "/support/cases"
}
