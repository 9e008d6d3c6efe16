package page

// Caller asks a person whether it is them who talks to an agent.
type Caller struct {
	// Action is where the form goes; Deny is where it is stopped.
	Action, Deny        string
	Agent, Organisation string
	// Late says that the code is not taken any more; that it was somebody else can still be said.
	Late bool
	Faults
}

// Page names the template.
func (Caller) Page() string { return "caller" }

// Self is where a change of language leads.
func (c Caller) Self() string { return c.Action }
