package page

import "time"

// Upload asks for a file of people.
type Upload struct {
	// Left are imports to go back to.
	Left []ImportLine
	Faults
}

// ImportLine is one import in the list.
type ImportLine struct {
	ID string
	At time.Time
	// State is the last part of the text's id.
	State       string
	Total, Done int
}

// Page names the template.
func (Upload) Page() string { return "manage-upload" }

// Wide uses the whole width.
func (Upload) Wide() bool { return true }

// Import is one import: what it would do, how far it is, or what it did.
type Import struct {
	ID string
	// State is planned, running, done or stopped.
	State string
	// New are invited, Known need no invitation, Wrong stand in lines that are left out.
	New, Known, Wrong int
	Total, Done       int
	// Errors are the first of the lines that are left out, More how many follow.
	Errors []ImportError
	More   int
}

// ImportError is a line of the file and what is wrong with it.
type ImportError struct {
	Line int
	// Problem is the last part of the text's id.
	Problem, Value string
}

// Page names the template.
func (Import) Page() string { return "manage-import" }

// Wide uses the whole width.
func (Import) Wide() bool { return true }

// Waiting makes the page look again while it runs.
func (i Import) Waiting() Waiting {
	if i.State != "running" {
		return Waiting{}
	}
	return Waiting{State: i.State}
}
